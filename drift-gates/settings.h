/* drift-gates/settings.h — where things are in a tree: .plexconf-gates.yaml at its root.
 *
 *     renders:                       # rendered streams, by environment
 *       dev: { file: kind/rendered/dev.yaml, overlay: kind/overlays/dev, kind: development }
 *       prod-reference: { file: kind/rendered/prod-reference.yaml, kind: production }
 *     sources: [reference/plexsphere]     # where production_*_config_from_env live
 *     contract: conformance/contract      # instead of the contract inside plexconf
 *     ignore: [drift-gates/violations, "*.min.js"]
 *     require: [env-contract, image-pins] # gates that must find something to judge here
 *     waivers:
 *       - { rule: PIN-01, file: kind/rendered/dev.yaml, path: "Deployment/*", owner:
 * ana@example.org, reason: built here, until: 2027-01-31 } gates:                              #
 * what a gate alone understands, under its name secret-boundary: { … }
 *
 * Without the file: every YAML file below a folder named `rendered` is a render named by its file,
 * `production` when the name begins with "prod"; sources are the whole tree. Unknown members are
 * refused. */
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
    const char *file;    /* relative to the tree; "-": `text` came over standard input */
    const char *overlay; /* kustomization folder it is made from, or NULL */
    bool production;
    struct bytes text; /* set for "-" alone */
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
};

/* Reads the file at `path`, or the one at the root of the folder when `path` is NULL (none: the
 * defaults). Before tree_open(), because it says what to ignore; settings_complete() afterwards
 * finds the default renders. Refuses unknown members, with file and line. */
MUST_CHECK bool settings_read(struct arena *a, const char *root, const char *path,
                              struct settings **out, struct error *e);
MUST_CHECK bool settings_complete(struct settings *s, const struct tree *t, struct error *e);

/* A file of the contract: the tree's own when settings name one, else the one inside plexconf. */
MUST_CHECK bool settings_contract(const struct settings *s, enum contract_file f,
                                  const json_t **out, struct error *e);
/* The member of `gates` with this name, or NULL. */
const json_t *settings_of_gate(const struct settings *s, const char *gate);
/* As above, refusing members that are not among `known`, which ends with NULL. */
MUST_CHECK bool settings_of_gate_known(const struct settings *s, const char *gate,
                                       const char *const *known, const json_t **out,
                                       struct error *e);

#endif
