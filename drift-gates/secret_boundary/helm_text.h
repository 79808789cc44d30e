/* drift-gates/secret_boundary/helm_text.h — Helm templates read as text: found, never executed.
 *
 * A template is text with actions ({{ … }}). The reader finds the actions, which block each stands
 * in, and what an expression is worth when it needs no more than values: paths below .Values and a
 * handful of functions (required, default, quote, join, …). Everything else is unknown, and stays
 * in the text as a token that names it.
 *
 * Nothing here trusts the text: blocks that do not close, actions without an end and expressions
 * nested past a limit are told in `problem`; what was read up to there holds. */
#ifndef DRIFT_GATES_SECRET_BOUNDARY_HELM_TEXT_H
#define DRIFT_GATES_SECRET_BOUNDARY_HELM_TEXT_H

#include <jansson.h>

#include "common/base.h"

struct arena;

enum helm_kind {
    HELM_VALUE, /* prints something */
    HELM_IF,
    HELM_ELSE,
    HELM_WITH,
    HELM_RANGE,
    HELM_DEFINE, /* and block */
    HELM_END,
    HELM_QUIET, /* comment, assignment: prints nothing */
};

struct helm_action {
    enum helm_kind kind;
    size_t from, to; /* the bytes of {{ … }} */
    int line;
    const char *text; /* what stands inside, without white space around it */
    size_t parent;    /* the block around it as index + 1; 0: none */
    size_t end;       /* of a block: the index + 1 of its end; 0: it has none */
    bool in_else;     /* it stands behind the else of its parent */
    bool alone;       /* nothing else stands on its lines */
};

struct helm_text {
    struct bytes text;
    struct helm_action *actions;
    size_t n;
    const char *problem; /* NULL: none */
    int problem_line;
};

void helm_scan(struct arena *a, struct bytes text, struct helm_text *out);

/* The text of an action with the inside of its string literals blanked: for looking at names. */
const char *helm_bare(struct arena *a, const char *action);
/* Does a bare action call the function, or name the word? */
bool helm_calls(const char *bare, const char *function);
/* The paths below .Values that a bare action names, "a.b", in order; ends with NULL. */
const char **helm_paths(struct arena *a, const char *bare);
/* The innermost block of this kind around an action, as index + 1; 0: none. */
size_t helm_around(const struct helm_text *t, size_t action, enum helm_kind kind);

/* Worth of an expression: NULL is unknown, json null is nil. `text` in pieces of a pipeline. */
const json_t *helm_eval(struct arena *a, const json_t *values, const char *expression);
bool helm_truth(const json_t *value);

/* A token of a rendered text: what it stands for. */
struct helm_token {
    const char *action;  /* its text */
    const json_t *items; /* the list that a range around it goes over, or NULL */
    struct helm_token *next;
};

/* The text with every action replaced by what it is worth, or by a token "hlm_N_"; lines stay where
 * they are. Branches that values rule out are blank, and so are else branches of what is unknown;
 * but a branch that holds whole documents is kept, and helm_document_guard() says what rules it. */
char *helm_render(struct arena *a, const struct helm_text *t, const json_t *values,
                  struct helm_token **tokens);
/* The condition of the blocks around a line, or NULL; *active: values do not rule it out. */
const char *helm_document_guard(struct arena *a, const struct helm_text *t, const json_t *values,
                                int line, bool *active);
/* Texts that a rendered scalar stands for: itself, or the items of the lists behind its tokens. */
const char **helm_texts(struct arena *a, const struct helm_token *tokens, const char *text);
bool helm_has_token(const char *text);
/* The text with tokens shown as "{{ … }}": for messages and for comparing. */
const char *helm_shown(struct arena *a, const struct helm_token *tokens, const char *text);

#endif
