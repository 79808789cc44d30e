/* Python. Newlines are tokens where a logical line ends: outside of brackets. An f-string is a
 * template; its expressions may hold f-strings, with the same quotes, too. */
#include "drift-gates/sources/lexer.h"

static bool at_end_quote(const struct lexer *x, unsigned char quote, bool triple)
{
    size_t n = triple ? 3 : 1;
    if ((size_t)(x->end - x->p) < n)
        return false;
    return x->p[0] == quote && (!triple || (x->p[1] == quote && x->p[2] == quote));
}

/* One byte of a literal, or two with a backslash: a raw string's backslash keeps the quote, too. */
static void literal_step(struct lexer *x)
{
    if (*x->p == '\\' && x->p + 1 < x->end)
        x->p++;
    if (*x->p == '\n')
        x->line++;
    x->p++;
}

static void push_literal(struct lexer *x, enum token_kind kind, const unsigned char *from,
                         uint32_t line, bool raw)
{
    if (lexer_push(x, kind, from, line) && raw)
        x->out->rows[x->out->n - 1].style = STYLE_RAW;
}

/* p is at the opening quote. */
static void plain_string(struct lexer *x, const unsigned char *from, bool triple, bool raw)
{
    uint32_t line = x->line;
    unsigned char quote = *x->p;
    x->p += triple ? 3 : 1;
    while (x->p < x->end && !at_end_quote(x, quote, triple)) {
        if (*x->p == '\n' && !triple)
            break;
        literal_step(x);
    }
    if (at_end_quote(x, quote, triple))
        x->p += triple ? 3 : 1;
    else
        lexer_fault(x, line, "a string has no end");
    push_literal(x, TOKEN_STRING, from, line, raw);
}

static void open_template(struct lexer *x, const unsigned char *from, bool triple, bool raw)
{
    struct template_frame *f = lexer_enter(x, *x->p);
    f->triple = triple;
    f->raw = raw;
    x->p += triple ? 3 : 1;
    lexer_open(x, TOKEN_TEMPLATE, BRACKET_TEMPLATE, from);
}

static void close_template(struct lexer *x, size_t quotes)
{
    const unsigned char *from = x->p;
    x->p += quotes;
    x->n_frames--;
    lexer_close(x, TOKEN_TEMPLATE, BRACKET_TEMPLATE, from);
}

/* A run of text in an f-string up to a brace that means something, the end, or a fault. */
static void template_piece(struct lexer *x, struct template_frame *f)
{
    const unsigned char *from = x->p;
    uint32_t line = x->line;
    while (x->p < x->end && !at_end_quote(x, f->quote, f->triple)) {
        bool brace = *x->p == '{' || *x->p == '}';
        if (brace && x->p[1] == *x->p && !f->format) {
            x->p++; /* {{ is a brace: one of them stays in the piece */
            push_literal(x, TOKEN_PIECE, from, line, f->raw);
            from = ++x->p;
            continue;
        }
        if (brace || (*x->p == '\n' && !f->triple))
            break;
        if (*x->p == '\\' && x->p + 1 < x->end && (x->p[1] == '{' || x->p[1] == '}'))
            x->p++; /* the brace counts all the same */
        else
            literal_step(x);
    }
    if (x->p > from)
        push_literal(x, TOKEN_PIECE, from, line, f->raw);
}

/* Inside the text of an f-string. */
static void template_text(struct lexer *x, struct template_frame *f)
{
    template_piece(x, f);
    if (x->p == x->end)
        return;
    if (*x->p == '{') {
        f->depth = (uint32_t)1;
        f->format = false;
        lexer_mark(x, 1);
    } else if (*x->p == '}') {
        f->format = false; /* the expression it belongs to ends */
        lexer_mark(x, 1);
    } else if (*x->p == '\n') {
        lexer_fault(x, x->line, "a string has no end");
        close_template(x, 0);
    } else {
        close_template(x, f->triple ? 3 : 1);
    }
}

/* Letters before a quote: any case and order of r, b, u, f, t. */
static bool is_prefix(const unsigned char *from, size_t n, bool *raw, bool *format)
{
    *raw = *format = false;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = from[i] | 0x20;
        if (strchr("rbuft", c) == NULL)
            return false;
        *raw = *raw || c == 'r';
        *format = *format || c == 'f' || c == 't';
    }
    return n <= 3;
}

static void name_or_string(struct lexer *x)
{
    const unsigned char *from = x->p;
    bool raw = false, format = false;
    while (x->p < x->end && is_name(*x->p))
        x->p++;
    bool quote = *x->p == '"' || *x->p == '\'';
    if (!quote || !is_prefix(from, (size_t)(x->p - from), &raw, &format)) {
        lexer_push(x, TOKEN_NAME, from, x->line);
        return;
    }
    bool triple = x->end - x->p >= 3 && x->p[1] == *x->p && x->p[2] == *x->p;
    if (format)
        open_template(x, from, triple, raw);
    else
        plain_string(x, from, triple, raw);
}

static void newline(struct lexer *x)
{
    if (x->out->n_open == 0)
        lexer_push(x, TOKEN_NEWLINE, x->p, x->line);
    lexer_step(x);
}

/* A bracket counts towards the expression of an f-string it stands in. */
static void mark(struct lexer *x, struct template_frame *f)
{
    unsigned char c = *x->p;
    static const char *const marks[] = { ":=", "==", "!=", "+=", "->", "<=", ">=", "**", "//" };
    size_t n = 1;
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        if (lexer_at(x, marks[i]))
            n = 2;
    }
    if (f != NULL && f->depth == 1 && c == ':')
        n = 1;
    if (f != NULL && (c == '(' || c == '[' || c == '{'))
        f->depth++;
    else if (f != NULL && (c == ')' || c == ']' || c == '}'))
        f->depth--;
    else if (f != NULL && c == ':' && f->depth == 1 && n == 1) {
        f->format = true;
        f->depth = 0;
    }
    lexer_mark(x, n);
}

static void one_token(struct lexer *x, struct template_frame *f)
{
    unsigned char c = *x->p;
    if (c == '\n') {
        newline(x);
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f') {
        lexer_step(x);
    } else if (c == '\\' && (x->p[1] == '\n' || x->p[1] == '\r')) {
        x->p++;
        lexer_step(x);
        if (x->p[-1] == '\r' && x->p < x->end && *x->p == '\n')
            lexer_step(x);
    } else if (c == '#') {
        lexer_line_comment(x, false);
    } else if (is_name_start(c) || c == '"' || c == '\'') {
        name_or_string(x);
    } else if (is_digit(c) || (c == '.' && x->p + 1 < x->end && is_digit(x->p[1]))) {
        const unsigned char *from = x->p++;
        lexer_number(x);
        lexer_push(x, TOKEN_NUMBER, from, x->line);
    } else {
        mark(x, f);
    }
}

void lex_python(struct lexer *x)
{
    while (x->p < x->end) {
        struct template_frame *f = lexer_frame(x);
        if (f != NULL && f->depth == 0)
            template_text(x, f);
        else
            one_token(x, f);
    }
    if (lexer_frame(x) != NULL)
        lexer_fault(x, x->line, "a string has no end");
}
