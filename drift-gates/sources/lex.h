/* drift-gates/sources/lex.h — sources as tokens: what is code, what a string, what a comment.
 *
 * One lexer per language (lex_c.c, lex_go.c, lex_python.c, lex_javascript.c, lex_shell.c), one
 * shape of tokens. A lexer takes any bytes: time is linear, memory bounded by TOKENS_MAX, and after
 * a fault (a string without an end) it goes on behind it, so that the rest of a file is still seen.
 *
 *     struct tokens tokens = { 0 };
 *     bool whole = lex(LANGUAGE_C, text, LEX_COMMENTS, &tokens, e);
 *     for (size_t i = 0; i < tokens.n; i++)
 *         if (tokens.rows[i].kind == TOKEN_STRING)
 *             puts(token_string(a, &tokens, i));
 *     tokens_release(&tokens);
 *
 * A text with expressions inside (JavaScript's `a${b}`, Python's f"a{b}", the shell's "a$b") is no
 * TOKEN_STRING but a pair of TOKEN_TEMPLATE with TOKEN_PIECEs and the expressions' tokens between.
 * C: what stands in a group that no compiler sees (#if 0, the #else of #if 1) gives no tokens. */
#ifndef DRIFT_GATES_LEX_H
#define DRIFT_GATES_LEX_H

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"

/* A source with more is not read further: lex() answers false. */
#define TOKENS_MAX ((size_t)1 << 22)

enum language {
    LANGUAGE_C,
    LANGUAGE_GO,
    LANGUAGE_PYTHON,
    LANGUAGE_JAVASCRIPT, /* and TypeScript */
    LANGUAGE_SHELL,      /* POSIX sh and bash */
    LANGUAGES,
};

enum token_kind {
    TOKEN_NAME,      /* identifier or keyword; shell: a plain part of a word */
    TOKEN_NUMBER,    /* and C's and Go's character constants */
    TOKEN_STRING,    /* with prefix and quotes; JavaScript's regular expressions are TOKEN_NUMBER */
    TOKEN_MARK,      /* operator or bracket */
    TOKEN_TEMPLATE,  /* opening or closing quote of a text with expressions inside */
    TOKEN_PIECE,     /* literal run inside a template */
    TOKEN_EXPANSION, /* shell: the name in $NAME, ${NAME…} or an arithmetic expression */
    TOKEN_COMMENT,   /* only with LEX_COMMENTS; with its marks */
    TOKEN_NEWLINE,   /* Go, JavaScript, Python, shell: the line ends, and a statement may */
    TOKEN_DIRECTIVE, /* C: "#" up to the name; its line's tokens follow up to TOKEN_NEWLINE */
};

enum token_style {
    STYLE_RAW = 1,   /* backslashes are characters */
    STYLE_HEADER = 2 /* C: <name> of an #include */
};

struct token {
    uint32_t at, len; /* its bytes in the source */
    uint32_t line;    /* from 1 */
    uint32_t pair;    /* bracket or template: index of its partner; its own index: it has none */
    uint8_t kind;     /* enum token_kind */
    uint8_t style;    /* enum token_style */
    uint8_t gap;      /* white space or a comment stands before it on its line */
};

struct tokens {
    enum language language;
    struct bytes text; /* borrowed: must live as long as the tokens are asked */
    struct token *rows;
    size_t n, room;
    uint32_t *open; /* the lexers' own: brackets not closed yet */
    size_t n_open, open_room;
};

enum lex_option { LEX_COMMENTS = 1 };

const char *language_name(enum language l); /* "javascript" */
MUST_CHECK bool language_named(const char *name, enum language *out);
/* By the file's suffix; of a file without one by its first line (#!/bin/sh, #!/usr/bin/env
 * python3). `text` may be empty: then only the suffix speaks. */
MUST_CHECK bool language_of(const char *path, struct bytes text, enum language *out);

/* Replaces what `out` holds, but keeps its memory: one struct serves many files. False: not a
 * source of this language as a whole ("line 12: a string has no end"); the tokens are there all the
 * same.
 */
MUST_CHECK bool lex(enum language l, struct bytes text, unsigned options, struct tokens *out,
                    struct error *e);
void tokens_release(struct tokens *t);

/* Is the token this name, mark or directive ("#include")? False beyond the end. */
static inline bool token_is(const struct tokens *t, size_t i, const char *text)
{
    /* Inline: asked many times a token, mostly of a literal whose length the compiler knows. */
    size_t n = strlen(text);
    return i < t->n && t->rows[i].len == n && t->rows[i].kind != TOKEN_STRING &&
           t->rows[i].kind != TOKEN_PIECE && memcmp(t->text.data + t->rows[i].at, text, n) == 0;
}
bool token_kind_is(const struct tokens *t, size_t i, enum token_kind kind);
/* Its bytes as they stand in the source. */
char *token_text(struct arena *a, const struct tokens *t, size_t i);
/* What a TOKEN_STRING or TOKEN_PIECE means: without prefix and quotes, escapes decoded. It ends at
 * the first NUL, should there be one. */
char *token_string(struct arena *a, const struct tokens *t, size_t i);

#endif
