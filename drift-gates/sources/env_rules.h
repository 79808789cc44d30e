/* drift-gates/sources/env_rules.h — which calls read the environment: the table inside plexconf
 * (env_reads.rules.json) and the helpers a tree names in its settings.
 *
 * Rules of a language form a tree of the parts of their paths, because a reader meets "os", then
 * "environ", then "get", and any of the three may have another name in a file. Read-only once made:
 * threads may share it. */
#ifndef DRIFT_GATES_ENV_RULES_H
#define DRIFT_GATES_ENV_RULES_H

#include "drift-gates/sources/lex.h"
#include "drift-gates/settings.h"

enum env_rule_kind {
    RULE_CALL,    /* f(name) */
    RULE_MAP,     /* m[name] */
    RULE_EXPANDS, /* f("$NAME/x") */
    RULE_WHOLE,   /* f(): every variable at once */
};

struct env_rule {
    enum language language;
    enum env_rule_kind kind;
    const char *path;   /* "os.Getenv"; Go: import path, dot, name */
    const char *needle; /* a source that reads by this rule has these bytes in it */
    int argument;       /* from 0 */
    bool presence;      /* asks only whether the variable is set */
    bool members;       /* RULE_MAP: m.NAME is a read, too */
    const char *type;   /* what a helper takes a value for ("url"), or NULL: not said */
    const char *before; /* of a helper "config.Env": "config", which must stand before; or NULL */
};

struct env_node {
    const char *name;
    size_t len;
    const struct env_rule *rule; /* NULL: only a part of longer paths */
    struct env_node *child, *next;
};

struct env_rules {
    struct arena *arena;
    struct env_rule *rows;
    size_t n;
    struct env_node paths[LANGUAGES];   /* roots */
    struct env_node helpers[LANGUAGES]; /* by their last name, whatever stands before it */
    struct env_node blank[LANGUAGES];   /* functions that ask whether a text holds anything */
    struct env_node own[LANGUAGES];     /* variables that the language sets by itself */
    struct env_node through[LANGUAGES]; /* functions that hand a value on to such a question */
};

/* The error names file and line of a helper that cannot be used. `s` may be NULL: no helpers. */
MUST_CHECK bool env_rules_make(struct arena *a, const struct settings *s, struct env_rules **out,
                               struct error *e);
/* NULL: no such child. */
const struct env_node *env_node_child(const struct env_node *node, const void *name, size_t len);
/* The node of a path such as "os.environ", or NULL. */
const struct env_node *env_rules_at(const struct env_rules *r, enum language l, const char *path);

#endif
