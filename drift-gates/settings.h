/* drift-gates/settings.h — where things are in a tree: .plexconf-gates.yaml at its root.
 *
 * All members are optional:
 *
 *     renders:
 *       dev: { file: kind/rendered/dev.yaml, overlay: kind/overlays/dev, kind: development }
 *       prod: { file: kind/rendered/prod.yaml, kind: production }
 *     sources: [reference/plexsphere]
 *     contract: conformance/contract
 *     ignore: [drift-gates/violations, "*.min.js"]
 *     require: [env-contract, image-pins]
 *     waivers:
 *       - rule: PIN-01
 *         file: kind/rendered/dev.yaml
 *         path: "Deployment/default/web *"
 *         owner: ana@example.org
 *         reason: built here until the mirror is up
 *         until: 2027-01-31
 *     gates:
 *       secret-boundary: { a-member-of-its-own: 1 }
 *
 * renders: rendered streams by environment; `overlay` is the kustomization one is made from.
 * sources: folders whose sources are read.
 * contract: a folder with contract files that stand in for those inside plexconf.
 * ignore: patterns of files and folders that are no part of the tree.
 * require: gates that must find something to judge here; else the run ends with 3.
 * waivers: waivers.h.
 * gates: what a gate alone understands, under its name.
 *
 * Without the file every YAML file below a folder named "rendered" is a render, named by its file,
 * a production one when the name begins with "prod"; sources are the whole tree. Unknown members
 * are refused. */
#ifndef DRIFT_GATES_SETTINGS_H
#define DRIFT_GATES_SETTINGS_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "harness/contract_data.h"

#define SETTINGS_FILE ".plexconf-gates.yaml"

struct tree;

struct render_source {
    const char *name;    /* "dev" */
    const char *file;    /* relative to the tree; "-" is standard input */
    const char *overlay; /* kustomization folder it is made from, or NULL */
    bool production;
    struct bytes text; /* data NULL: read `file`; else the stream, from outside the tree */
    int line;          /* of the settings file; 0: found without one */
};

struct settings_waiver {
    const char *rule, *file, *path; /* file and path are patterns, NULL: any */
    const char *owner, *reason, *until;
    int line;
};

struct settings {
    struct arena *arena;
    const struct tree *tree;
    bool from_file; /* the tree has a settings file */
    struct render_source *renders;
    size_t n_renders;
    const char *const *sources; /* folders, end with NULL */
    const char *const *ignore;  /* patterns, end with NULL */
    const char *const *require; /* names of gates, end with NULL */
    const char *contract;       /* folder relative to the tree, or NULL: the one inside plexconf */
    struct settings_waiver *waivers;
    size_t n_waivers;
    const json_t *gates;      /* the member `gates`, or NULL */
    const char *observations; /* report.json of a run, as the command line names it, or NULL */
    const char *file;         /* the settings file, for messages and places */
    int require_line, gates_line;
};

/* Reads the file at `path`, or the one at the root of the folder when `path` is NULL (none: the
 * defaults). Before tree_open(), because it says what to ignore; settings_complete() afterwards
 * finds the default renders. Refuses unknown members, with file and line. */
MUST_CHECK bool settings_read(struct arena *a, const char *root, const char *path,
                              struct settings **out, struct error *e);
/* The same from the bytes of a file of that name. */
MUST_CHECK bool settings_parse(struct arena *a, const char *file, struct bytes text,
                               struct settings **out, struct error *e);
MUST_CHECK bool settings_complete(struct settings *s, const struct tree *t, struct error *e);

/* A render that the command line names, in place of one with its name. Between the two above. */
void settings_put_render(struct settings *s, struct render_source r);

/* A file of the contract: the tree's own when settings name one, else the one inside plexconf. */
MUST_CHECK bool settings_contract(const struct settings *s, enum contract_file f,
                                  const json_t **out, struct error *e);
/* The member of `gates` with this name, or NULL. */
const json_t *settings_of_gate(const struct settings *s, const char *gate);
/* As above, refusing members that are not among `known`, which ends with NULL. */
MUST_CHECK bool settings_of_gate_known(const struct settings *s, const char *gate,
                                       const char *const *known, const json_t **out,
                                       struct error *e);
/* Whether every member of `object` (NULL: fine), which stands below `gates`, is one of `known`. */
MUST_CHECK bool settings_known(const struct settings *s, const json_t *object,
                               const char *const *known, struct error *e);

#endif
