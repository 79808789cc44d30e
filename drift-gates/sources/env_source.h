/* drift-gates/sources/env_source.h — one source, its tokens, functions and names, and what it
 * reads.
 *
 * What a language does in its own way (where functions are, what a constant is) is in env_c.c,
 * env_go.c, env_python.c, env_javascript.c and env_shell.c; what they share in env_source.c
 * (functions, bindings), env_value.c (what an expression is as text) and env_find.c (the reads).
 *
 * A source belongs to one thread. What it finds is on its arena. */
#ifndef DRIFT_GATES_ENV_SOURCE_H
#define DRIFT_GATES_ENV_SOURCE_H

#include "drift-gates/sources/env_reads.h"
#include "drift-gates/sources/env_rules.h"
#include "drift-gates/sources/lex.h"

#define NOWHERE UINT32_MAX
#define ALIASES_MAX 32
#define SCOPE_FILE (-1)
#define SCOPE_FUNCTIONS                                                                            \
    (-2) /* names of functions are bindings of their own: param is the index                       \
          */

struct function {
    const char *name;  /* of a function without a name: that of the one around it */
    uint32_t name_at;  /* token, NOWHERE: it has none */
    uint32_t params;   /* token of the bracket before its parameters, NOWHERE: none */
    uint32_t from, to; /* tokens of its parameters and body, both included */
    int around;        /* index of the function it stands in, -1: none */
    bool local;        /* no other file can call it */
    bool method;       /* called on an object */
    bool escapes;      /* its name is used otherwise than in a call */
    int64_t helper;    /* its argument that is the name of a variable it reads, -1: none */
    enum read_shape helper_shape;
    unsigned helper_round; /* when that was found out */
    bool called;
};

/* What a name stands for in one function (or the file): the last expression given to it, and
 * whether it was the only one. */
struct binding {
    uint32_t name;     /* a token that spells it */
    int scope;         /* function, -1: the file */
    uint32_t from, to; /* tokens of the value, from == to: not known */
    int param;         /* it is this parameter of `scope`, -1: none */
    unsigned times;    /* how often it was given a value */
    uint32_t key; /* token: the value's member with this name is meant, NOWHERE: the value itself */
};

struct alias {
    const char *name;
    const struct env_node *node;
};

/* A read as long as the file is looked at. */
struct found {
    struct env_read read;
    int function; /* index, -1: none */
    int helper;   /* its name is a parameter of this function, whose callers are seen; -1: not so */
};

struct env_source {
    struct arena *arena;
    const struct env_rules *rules;
    const char *path;
    struct tokens tokens; /* its memory outlives the source: one struct, many files */

    struct function *functions; /* by `from` */
    size_t n_functions, functions_room;

    struct binding *bindings;
    size_t n_bindings, bindings_room;
    uint32_t *slots; /* table of binding numbers + 1 by name and scope */
    size_t n_slots, slots_room;

    struct alias aliases[ALIASES_MAX]; /* what imports bring; bindings come before them */
    size_t n_aliases;

    struct found *rows; /* by line */
    size_t n, room;
};

/* Which function a token stands in, asked for growing tokens. */
struct cursor_of_functions {
    const struct env_source *s;
    size_t next;
    int now;
};

/* Reads what the source at `path` reads. False: it is no source of its language as a whole; what
 * could be read is in rows all the same. */
MUST_CHECK bool env_source_read(struct env_source *s, const char *path, enum language l,
                                struct bytes text, struct error *e);
void env_source_release(struct env_source *s);

/* For the languages' files. */
struct function *source_function(struct env_source *s, uint32_t name_at, uint32_t params,
                                 uint32_t from, uint32_t to);
/* Once all are known: sorted, each knowing the one around it; one without a name takes that one's.
 */
void source_settle_functions(struct env_source *s);
void source_bind(struct env_source *s, int scope, uint32_t name, uint32_t from, uint32_t to);
/* const { key: name } = value */
void source_bind_key(struct env_source *s, int scope, uint32_t name, uint32_t key, uint32_t from,
                     uint32_t to);
void source_bind_param(struct env_source *s, int scope, uint32_t name, int param);
/* A package or object under this name, should it be part of a rule's path (node not NULL). */
void source_alias(struct env_source *s, const char *name, const struct env_node *node);
/* Everything that stands below it under its own name: import . "os", from os import *. */
void source_alias_all(struct env_source *s, const struct env_node *node);
/* The function that a name token calls, -1: none of this file. */
int source_function_named(const struct env_source *s, uint32_t name);
int function_at(struct cursor_of_functions *c, uint32_t token);
/* The binding a name has where it is used, or NULL. */
const struct binding *source_binding(const struct env_source *s, uint32_t name, int function);
/* The end of the expression that begins at `from`: where a comma, semicolon or closing bracket
 * stands outside of brackets, or (with `lines`) a line ends that an operator does not continue. */
uint32_t expression_end(const struct tokens *t, uint32_t from, bool lines);
/* The argument of the call whose bracket is at `open`. False: there is none with this number. */
bool argument_of(const struct tokens *t, uint32_t open, int number, uint32_t *from, uint32_t *to);
bool tokens_same(const struct tokens *t, uint32_t a, uint32_t b);
/* Behind the bracket at i, or the next token. */
uint32_t token_skip(const struct tokens *t, uint32_t i);

/* env_value.c */
struct value {
    const char *text; /* with * for what is not known */
    bool exact;
    int param; /* the expression is this parameter of the function `param_of`, -1: it is not */
    int param_of;
};
struct value source_value(const struct env_source *s, uint32_t from, uint32_t to, int function);

/* env_find.c */
void source_find(struct env_source *s);
struct found *source_add(struct env_source *s, const char *name, enum read_shape shape,
                         int function, uint32_t line);

/* env_entries.c */
void source_find_entries(struct env_source *s);

/* Each finds functions and bindings of its language; the shell's finds the reads, too. */
void source_c(struct env_source *s);
void source_go(struct env_source *s);
void source_python(struct env_source *s);
void source_javascript(struct env_source *s);
void source_shell(struct env_source *s);

#endif
