/* C. Groups that no compiler sees (#if 0, the #else of #if 1) give no tokens; every other condition
 * may be true, so all of its groups do. The brackets of a directive are a world of their own, and
 * those that one group opened are forgotten in the next (#if A … if (a) { #else if (b) { #endif).
 */
#include "drift-gates/sources/lexer.h"

#define NESTED_MAX 64

struct group {
    size_t height; /* of the stack of brackets before it */
    bool skipped;  /* by what stands around it */
    bool taken;    /* an arm was certain: the rest is not seen */
};

struct c_lexer {
    struct lexer *x;
    struct group groups[NESTED_MAX];
    size_t depth; /* may grow beyond NESTED_MAX; deeper groups are all read */
    bool skipping;
};

/* Backslash and newline: the line goes on. */
static bool splice(struct lexer *x)
{
    size_t n = lexer_at(x, "\\\n") ? 2 : lexer_at(x, "\\\r\n") ? 3 : 0;
    if (n == 0)
        return false;
    x->p += n;
    x->line++;
    x->gap = true;
    return true;
}

static bool comment_or_splice(struct lexer *x)
{
    if (lexer_at(x, "//"))
        return lexer_line_comment(x, true);
    if (lexer_at(x, "/*"))
        return lexer_block_comment(x);
    return splice(x);
}

static void quoted(struct lexer *x, const unsigned char *from)
{
    uint32_t line = x->line;
    unsigned char quote = *x->p++;
    if (!lexer_quoted(x, quote, true, false))
        lexer_fault(x, line, quote == '"' ? "a string has no end" : "a character has no end");
    lexer_push(x, quote == '"' ? TOKEN_STRING : TOKEN_NUMBER, from, line);
}

/* The name, or the string whose prefix it is. */
static void name_or_string(struct lexer *x)
{
    const unsigned char *from = x->p;
    lexer_name(x);
    size_t n = (size_t)(x->p - from);
    bool prefix =
        (n == 1 && strchr("LuU", *from) != NULL) || (n == 2 && memcmp(from, "u8", 2) == 0);
    if (prefix && (*x->p == '"' || *x->p == '\''))
        quoted(x, from);
    else
        lexer_push(x, TOKEN_NAME, from, x->line);
}

static size_t mark_length(const struct lexer *x)
{
    static const char *const marks[] = { "...", "->", "==", "!=", "<=", ">=", "&&", "||",
                                         "##",  "++", "--", "+=", "-=", "|=", "&=" };
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        if (lexer_at(x, marks[i]))
            return strlen(marks[i]);
    }
    return 1;
}

static void one_token(struct lexer *x)
{
    unsigned char c = *x->p;
    if (comment_or_splice(x))
        return;
    if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
        lexer_step(x);
    } else if (is_name_start(c)) {
        name_or_string(x);
    } else if (is_digit(c) || (c == '.' && x->p + 1 < x->end && is_digit(x->p[1]))) {
        const unsigned char *from = x->p++;
        lexer_number(x);
        lexer_push(x, TOKEN_NUMBER, from, x->line);
    } else if (c == '"' || c == '\'') {
        quoted(x, x->p);
    } else {
        lexer_mark(x, mark_length(x));
    }
}

/* The rest of a line that is no code: of #error, of a group not seen. Comments still count. */
static void skip_line(struct lexer *x)
{
    while (x->p < x->end && *x->p != '\n') {
        if (*x->p == '"') {
            x->p++;
            (void)lexer_quoted(x, '"', true, false);
        } else if (!comment_or_splice(x)) {
            x->p++;
        }
    }
}

static void header_name(struct lexer *x)
{
    while (x->p < x->end && (*x->p == ' ' || *x->p == '\t'))
        lexer_step(x);
    const unsigned char *from = x->p;
    if (x->p == x->end || *x->p != '<')
        return;
    x->p++;
    if (lexer_quoted(x, '>', false, false) && lexer_push(x, TOKEN_STRING, from, x->line))
        x->out->rows[x->out->n - 1].style = STYLE_HEADER;
}

/* Tokens up to the end of the directive's line, their brackets apart from those of the code. */
static void directive_tokens(struct lexer *x)
{
    size_t floor = x->floor, count[BRACKETS];
    memcpy(count, x->count, sizeof(count));
    memset(x->count, 0, sizeof(x->count));
    x->floor = x->out->n_open;
    while (x->p < x->end && *x->p != '\n')
        one_token(x);
    lexer_drop_open(x, x->floor);
    x->floor = floor;
    memcpy(x->count, count, sizeof(count));
    lexer_push(x, TOKEN_NEWLINE, x->p, x->line);
}

/* What the condition at p is: '0', '1' or 0 for anything that is not plain. */
static char plain_condition(const struct lexer *x)
{
    const unsigned char *p = x->p;
    while (p < x->end && (*p == ' ' || *p == '\t'))
        p++;
    char c = p < x->end && (*p == '0' || *p == '1') ? (char)*p++ : 0;
    while (p < x->end && (*p == ' ' || *p == '\t' || *p == '\r'))
        p++;
    bool ends = p == x->end || *p == '\n' || (p + 1 < x->end && p[0] == '/' && strchr("/*", p[1]));
    return (char)(ends ? c : 0);
}

static void condition_begins(struct c_lexer *c, bool plain)
{
    if (c->depth < NESTED_MAX) {
        char known = (char)(plain ? plain_condition(c->x) : 0);
        c->groups[c->depth] = (struct group){ c->x->out->n_open, c->skipping, known == '1' };
        c->skipping = c->skipping || known == '0';
    }
    c->depth++;
}

static void condition_turns(struct c_lexer *c)
{
    if (c->depth == 0 || c->depth > NESTED_MAX)
        return;
    struct group *g = &c->groups[c->depth - 1];
    c->skipping = g->skipped || g->taken;
    if (c->x->out->n_open > g->height)
        lexer_drop_open(c->x, g->height);
}

static void condition_ends(struct c_lexer *c)
{
    if (c->depth > 0 && --c->depth < NESTED_MAX)
        c->skipping = c->groups[c->depth].skipped;
}

static bool directive_is(const unsigned char *name, size_t n, const char *text)
{
    return strlen(text) == n && memcmp(name, text, n) == 0;
}

/* p is at "#". */
static void directive(struct c_lexer *c)
{
    struct lexer *x = c->x;
    const unsigned char *from = x->p++;
    uint32_t line = x->line;
    while (x->p < x->end && (*x->p == ' ' || *x->p == '\t'))
        x->p++;
    const unsigned char *name = x->p;
    lexer_name(x);
    size_t n = (size_t)(x->p - name);
    if (directive_is(name, n, "if") || directive_is(name, n, "ifdef") ||
        directive_is(name, n, "ifndef"))
        condition_begins(c, n == 2);
    else if (directive_is(name, n, "else") || directive_is(name, n, "elif") ||
             directive_is(name, n, "elifdef") || directive_is(name, n, "elifndef"))
        condition_turns(c);
    else if (directive_is(name, n, "endif"))
        condition_ends(c);
    bool prose = directive_is(name, n, "error") || directive_is(name, n, "warning");
    if (c->skipping || prose) {
        skip_line(x);
        return;
    }
    lexer_push(x, TOKEN_DIRECTIVE, from, line);
    if (directive_is(name, n, "include"))
        header_name(x);
    directive_tokens(x);
}

void lex_c(struct lexer *x)
{
    struct c_lexer c = { .x = x };
    bool begins = true; /* of a line: only here "#" makes a directive */
    while (x->p < x->end) {
        if (*x->p == '\n') {
            lexer_step(x);
            begins = true;
        } else if (begins && *x->p == '#') {
            directive(&c);
        } else if (c.skipping) {
            bool blank = *x->p == ' ' || *x->p == '\t';
            if (blank)
                x->p++;
            else
                skip_line(x);
        } else {
            size_t n = x->out->n;
            one_token(x);
            begins = begins && x->out->n == n;
        }
    }
}
