/* drift-gates/secret_boundary/boundary.h — what the gate has read before its rules look.
 *
 * One shape for three origins: manifests are objects of renders, of Kustomize sources and of chart
 * templates as one environment's values make them. Values files stay files. A rule looks at these
 * lists and says boundary_report(); declared differences are asked there and nowhere else.
 *
 * Everything is on the run's arena. */
#ifndef DRIFT_GATES_SECRET_BOUNDARY_BOUNDARY_H
#define DRIFT_GATES_SECRET_BOUNDARY_BOUNDARY_H

#include <jansson.h>

#include "drift-gates/gate.h"
#include "drift-gates/secret_boundary/classify.h"
#include "drift-gates/secret_boundary/helm_text.h"

enum origin { FROM_RENDER, FROM_KUSTOMIZE, FROM_CHART };

struct chart {
    const char *folder, *name;
    struct chart_template *templates;
    size_t n;
};

struct chart_template {
    const char *file;
    const struct chart *chart;
    struct helm_text text;
};

struct release {
    const char *name, *file; /* file: helmfile, or the chart's Chart.yaml */
    const struct chart *chart;
    bool installed;
    int64_t layer;       /* INT64_MAX: none stated */
    const json_t *needs; /* list of names, or NULL */
};

struct values_file {
    const char *file, *service;
    const char *environment; /* "" is the base */
    const json_t *value;
};

struct manifest {
    enum origin origin;
    const char *file, *environment; /* environment "" is the base */
    bool production;
    const json_t *value;
    const char *kind, *name, *namespace;
    struct arena *lines;
    const struct release *release;     /* FROM_CHART */
    const struct chart_template *from; /* FROM_CHART */
    const struct helm_token *tokens;   /* FROM_CHART */
    const char *guard;                 /* condition of a block around it, or NULL */
    bool active;                       /* no value rules it out, and its release is installed */
};

struct difference {
    const char *id, *reason, *owner, *expires;
    const json_t *rules, *overlays;        /* overlays NULL: all */
    const json_t *objects, *keys, *values; /* patterns of the first two; NULL: any */
    int line;
    size_t used;
    size_t *objects_used, *keys_used; /* of each pattern */
};

struct environment {
    const char *name, *folder;
    bool production;
};

struct boundary {
    struct gate_run *g;
    struct arena *a;
    const json_t *data;      /* secret_boundary.rules.json */
    const json_t *settings;  /* gates.secret-boundary, or NULL */
    const json_t *catalogue; /* key → class */
    const json_t *contract;  /* rows of env-contract.json */
    const char *differences_file;
    struct difference *differences;
    size_t n_differences;
    struct environment *environments;
    size_t n_environments, environments_room;
    struct chart *charts;
    size_t n_charts;
    struct release *releases;
    size_t n_releases, releases_room;
    struct values_file *values;
    size_t n_values, values_room;
    struct manifest *manifests;
    size_t n_manifests, manifests_room;
};

/* load.c, load_charts.c, differences.c */
MUST_CHECK bool boundary_load(struct boundary *b, struct error *e);
void load_charts(struct boundary *b);
MUST_CHECK bool load_differences(struct boundary *b, struct error *e);
void add_manifest(struct boundary *b, struct manifest m);
void add_values(struct boundary *b, struct values_file v);
/* A finding of B-44: a file that a rule needed and nobody could read. */
void report_unreadable(struct boundary *b, const char *file, int line, const char *what);
/* The environment whose folder a path lies in, or whose name its file name ends in; "" none. */
const struct environment *environment_of(const struct boundary *b, const char *path);
/* Any documents of a YAML file; false when it cannot be read, which has been reported. */
bool read_yaml(struct boundary *b, const char *file, const json_t **documents);

/* report.c */
struct place manifest_place(const struct boundary *b, const struct manifest *m, const json_t *at,
                            const char *key, const char *inside);
/* A finding, unless a declared difference covers it. `key` and `value` may be NULL; the value is
 * compared with declared ones and goes nowhere else. */
void boundary_report(struct boundary *b, const char *rule, struct place where, const char *key,
                     const char *value, const char *format, ...) PRINTF_LIKE(6, 7);
/* Is it declared? Counts as use of the declaration. */
bool is_declared(struct boundary *b, const char *rule, struct place where, const char *key,
                 const char *value);
struct classified class_of(const struct boundary *b, const char *key, const char *value);

/* walk.c: scalars below a value with their paths ("a.b[name].c"). `siblings` is the mapping the
 * scalar stands in, or NULL. */
struct leaf {
    const char *path, *key, *text; /* text of numbers and booleans as YAML writes them; null: "" */
    const json_t *parent;          /* mapping or list, for yaml_line_of() */
    bool in_list;
};
void walk_leaves(struct arena *a, const json_t *value, void (*each)(void *context, struct leaf),
                 void *context);
/* The last part of a path. */
const char *file_name_of(const char *path);
/* Does a mapping name a Secret (existingSecret, secretKeyRef, …)? */
bool has_reference(const struct boundary *b, const json_t *group);
/* Text of a scalar, or NULL for mappings and lists. */
const char *scalar_text(struct arena *a, const json_t *value);

/* secrets.c: who produces Secrets and who reads them. */
struct secret_read {
    const struct manifest *m;
    const char *secret, *key; /* key NULL: all of it */
    const char *variable;     /* NULL: a file */
    const char *container;    /* NULL: of the Pod */
    bool optional, preflight, env_from, literal;
    const json_t *at;
};
struct secret_reads {
    struct secret_read *rows;
    size_t n, room;
};
void secret_reads_of(const struct boundary *b, const struct manifest *m, struct secret_reads *out);
bool is_sync(const struct manifest *m);
/* The Secret an ExternalSecret fills: spec.target.name, or its own name. */
const char *sync_target(const struct manifest *m);
bool is_preflight(const struct boundary *b, const char *container);
bool is_controller_secret(const struct boundary *b, const char *name);
/* The sync object of an environment that fills a Secret; NULL: none. `active` as well. */
const struct manifest *producer_of(const struct boundary *b, const char *environment,
                                   const char *namespace, const char *secret, bool active);
bool is_bundle(const struct boundary *b, const struct release *r);
bool is_migration(const struct boundary *b, const struct manifest *m);
/* Data of a Secret that is more than an empty shell. */
bool secret_has_data(const struct manifest *m);

/* The rules, by idea. */
void check_values(struct boundary *b);      /* B-01, B-03, B-04, B-14 in values and overlays */
void check_manifests(struct boundary *b);   /* B-01 to B-06 in manifests */
void check_scripts(struct boundary *b);     /* B-03, B-04, B-07, B-21 in scripts, images, sources */
void check_external(struct boundary *b);    /* B-08 to B-12 */
void check_guards(struct boundary *b);      /* B-13, B-15 to B-20 */
void check_places(struct boundary *b);      /* B-16, B-22, B-23, B-26 */
void check_parity(struct boundary *b);      /* B-14, B-24, B-25 on renders and overlays */
void check_order(struct boundary *b);       /* B-19, B-27 to B-31 */
void check_fixtures(struct boundary *b);    /* B-34, B-35 */
void check_matrix(struct boundary *b);      /* B-32, B-33 */
void check_tracker(struct boundary *b);     /* B-36 to B-42 */
void check_differences(struct boundary *b); /* B-43 */

#endif
