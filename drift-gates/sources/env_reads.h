/* drift-gates/sources/env_reads.h — which environment variables sources read, and where.
 *
 * Readers for C, Go, Python, JavaScript/TypeScript and shell, each with a real lexer: what stands
 * in a comment, or in a string that is no argument of a read, is no read; raw strings, concatenated
 * literals, names wrapped over lines and constants of the same file are followed. A read whose name
 * the reader cannot follow is READ_COMPUTED, never silence.
 *
 * The calls that read are data (env_reads.rules.json): the languages' own (getenv, os.Getenv,
 * os.LookupEnv, os.environ[…], process.env.X, ${X}), and a tree's own helpers, which it names in
 * its settings:
 *
 *     gates: { env-contract: { helpers: [ { language: c, function: env_text, argument: 2, type:
 * string } ] } }
 */
#ifndef DRIFT_GATES_ENV_READS_H
#define DRIFT_GATES_ENV_READS_H

#include "drift-gates/gate.h"

enum read_shape {
    READ_VALUE,    /* the value is used */
    READ_PRESENCE, /* only whether it is set, or not blank, is asked */
    READ_COMPUTED, /* the name cannot be followed: `name` is what is known, with * for the rest */
    READ_WHOLE,    /* all variables at once are taken or handed on (os.Environ()): `name` is "*" */
};

struct env_read {
    const char *name;
    enum read_shape shape;
    const char *function; /* the function it stands in, "" at top level */
    /* The functions of the same file that lead to it and that no other of the file calls; the
     * function itself where nobody does. Ends with NULL, empty at top level. So a read in a helper
     * of production_x_config_from_env has that among its entries. */
    const char *const *entries;
    const char *type; /* what the helper that reads it takes it for, as its settings say; or NULL */
    const char *language; /* "c", "go", "python", "javascript", "shell" */
    struct place where;
};

struct env_reads {
    struct env_read *rows; /* by file and line */
    size_t n;
    size_t n_files; /* sources looked at */
};

/* Reads below settings->sources (none: the whole tree). Files that cannot be read as their language
 * are findings of `rule_unreadable`. */
MUST_CHECK bool env_reads_find(struct gate_run *g, const char *rule_unreadable,
                               struct env_reads *out, struct error *e);

#endif
