/* drift-gates/sources/lexer.h — what the lexers share among themselves; users want lex.h. */
#ifndef DRIFT_GATES_LEXER_H
#define DRIFT_GATES_LEXER_H

#include "drift-gates/sources/lex.h"

enum { BRACKET_ROUND, BRACKET_SQUARE, BRACKET_CURLY, BRACKET_TEMPLATE, BRACKETS };

/* A text with expressions inside that is not closed yet. */
struct template_frame {
    unsigned char quote;
    bool triple, raw, format; /* Python: quotes, prefix r, and behind the ":" of an expression */
    uint32_t depth;           /* brackets open in its expression */
};

struct lexer {
    struct tokens *out;
    const unsigned char *text, *p, *end; /* *end is readable and NUL */
    uint32_t line;
    bool comments; /* wanted */
    bool gap;      /* before the token at p */
    bool failed;   /* e holds the first fault */
    struct error *e;
    size_t floor;           /* brackets below are not to be closed now */
    size_t count[BRACKETS]; /* open ones above the floor, by kind */
    struct template_frame *frames;
    size_t n_frames, frames_room;
    size_t looked; /* bytes looked at in vain: what a lexer may go back over is bounded */
};

/* Beyond so many it takes the first reading, so that time stays linear. */
#define LOOKED_MAX ((size_t)4 << 20)

/* A token from `from` to p, on `line`. False when there is no room left: the lexer then stops. */
bool lexer_push(struct lexer *x, enum token_kind kind, const unsigned char *from, uint32_t line);
/* The same for brackets, which find their partners. */
bool lexer_open(struct lexer *x, enum token_kind kind, int bracket, const unsigned char *from);
bool lexer_close(struct lexer *x, enum token_kind kind, int bracket, const unsigned char *from);
/* The mark of `len` bytes at p, bracket or not. */
bool lexer_mark(struct lexer *x, size_t len);
/* Forgets what was opened since the stack was `height` high. */
void lexer_drop_open(struct lexer *x, size_t height);

/* Templates may stand in expressions of templates: a stack, not a recursion. */
struct template_frame *lexer_enter(struct lexer *x, unsigned char quote);
struct template_frame *lexer_frame(struct lexer *x); /* the innermost, or NULL */

/* The first fault of a file is kept. */
void lexer_fault(struct lexer *x, uint32_t line, const char *what);
/* One byte of white space, a newline or anything else: counts lines. */
void lexer_step(struct lexer *x);
/* p is behind the opening quote of length 1: moves behind the closing one. A backslash takes the
 * next byte along. False: the line (or, with `lines`, the text) ends first; p stands there. */
bool lexer_quoted(struct lexer *x, unsigned char quote, bool escapes, bool lines);
void lexer_name(struct lexer *x);   /* p behind letters, digits, _, $ and bytes from 0x80 */
void lexer_number(struct lexer *x); /* p behind digits, letters, dots, signs of exponents */
/* p is at the comment's first mark. */
bool lexer_line_comment(struct lexer *x, bool continues);
bool lexer_block_comment(struct lexer *x);

static inline bool lexer_at(const struct lexer *x, const char *text)
{
    size_t n = strlen(text);
    return (size_t)(x->end - x->p) >= n && memcmp(x->p, text, n) == 0;
}

static inline bool is_name_start(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static inline bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_name(unsigned char c)
{
    return is_name_start(c) || is_digit(c);
}

void lex_c(struct lexer *x);
void lex_go(struct lexer *x);
void lex_python(struct lexer *x);
void lex_javascript(struct lexer *x);
void lex_shell(struct lexer *x);

#endif
