/* JavaScript and TypeScript. What a slash means is told by what stands before it. In JSX, text
 * between tags is read as if it were code: an apostrophe there is a mark, not a fault. */
#include "drift-gates/sources/lexer.h"

/* Words behind which an expression begins, so that a slash begins a regular expression. */
static bool is_operator_word(const struct tokens *t, size_t i)
{
    static const char *const words[] = { "return", "typeof", "case", "in",        "of",
                                         "delete", "void",   "do",   "else",      "throw",
                                         "yield",  "await",  "new",  "instanceof" };
    for (size_t k = 0; k < ARRAY_LEN(words); k++) {
        if (token_is(t, i, words[k]))
            return true;
    }
    return false;
}

static bool regex_may_stand(const struct lexer *x)
{
    const struct tokens *t = x->out;
    size_t i = t->n;
    bool new_line = false;
    for (; i > 0 && (t->rows[i - 1].kind == TOKEN_NEWLINE || t->rows[i - 1].kind == TOKEN_COMMENT);
         i--)
        new_line = true;
    if (i-- == 0)
        return true;
    if (t->rows[i].kind == TOKEN_NAME)
        return is_operator_word(t, i) && !(i > 0 && token_is(t, i - 1, "."));
    if (t->rows[i].kind != TOKEN_MARK)
        return false;
    if (token_is(t, i, ")")) {
        size_t open = t->rows[i].pair;
        return open > 0 && open < i &&
               (token_is(t, open - 1, "if") || token_is(t, open - 1, "while") ||
                token_is(t, open - 1, "for"));
    }
    if (token_is(t, i, "}"))
        return new_line;
    return !token_is(t, i, "]") && !token_is(t, i, "++") && !token_is(t, i, "--") &&
           !token_is(t, i, "<");
}

/* Moves behind the regular expression at p. False: there is none, p stays. */
static bool regex(struct lexer *x)
{
    const unsigned char *p = x->p + 1;
    bool set = false;
    for (; p < x->end && *p != '\n' && (*p != '/' || set); p++) {
        if (*p == '[')
            set = true;
        else if (*p == ']')
            set = false;
        else if (*p == '\\' && p + 1 < x->end && p[1] != '\n')
            p++;
    }
    if (p == x->end || *p != '/') {
        x->looked += (size_t)(p - x->p);
        return false;
    }
    const unsigned char *from = x->p;
    x->p = p + 1;
    lexer_name(x); /* flags */
    lexer_push(x, TOKEN_NUMBER, from, x->line);
    return true;
}

static void quoted(struct lexer *x, bool lenient)
{
    const unsigned char *from = x->p;
    uint32_t line = x->line;
    unsigned char quote = *x->p++;
    if (lexer_quoted(x, quote, true, false)) {
        lexer_push(x, TOKEN_STRING, from, line);
        return;
    }
    if (!lenient)
        lexer_fault(x, line, "a string has no end");
    x->looked += (size_t)(x->p - from);
    if (x->looked < LOOKED_MAX) {
        x->p = from + 1;
        x->line = line;
    }
    lexer_push(x, TOKEN_MARK, from, line);
}

static void open_template(struct lexer *x)
{
    const unsigned char *from = x->p++;
    lexer_enter(x, '`');
    lexer_open(x, TOKEN_TEMPLATE, BRACKET_TEMPLATE, from);
}

/* Inside the text of a template. */
static void template_text(struct lexer *x, struct template_frame *f)
{
    const unsigned char *from = x->p;
    uint32_t line = x->line;
    while (x->p < x->end && *x->p != '`' && !lexer_at(x, "${")) {
        if (*x->p == '\\' && x->p + 1 < x->end)
            x->p++;
        if (*x->p == '\n')
            x->line++;
        x->p++;
    }
    if (x->p > from)
        lexer_push(x, TOKEN_PIECE, from, line);
    if (x->p == x->end)
        return;
    from = x->p;
    if (*x->p == '`') {
        x->p++;
        x->n_frames--;
        lexer_close(x, TOKEN_TEMPLATE, BRACKET_TEMPLATE, from);
    } else {
        f->depth = 1;
        x->p += 2;
        lexer_open(x, TOKEN_MARK, BRACKET_CURLY, from);
    }
}

static size_t mark_length(const struct lexer *x)
{
    static const char *const marks[] = { "===", "!==", "...", "||=", "&&=", "?\?=",
                                         "=>",  "==",  "!=",  "&&",  "||",  "??",
                                         "++",  "--",  "+=",  "<=",  ">=",  "**" };
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        if (lexer_at(x, marks[i]))
            return strlen(marks[i]);
    }
    /* a?.5:b has no "?." */
    return lexer_at(x, "?.") && !is_digit(x->p[2]) ? 2 : 1;
}

static void mark(struct lexer *x, struct template_frame *f)
{
    if (f != NULL && *x->p == '{')
        f->depth++;
    else if (f != NULL && *x->p == '}')
        f->depth--;
    lexer_mark(x, mark_length(x));
}

static void one_token(struct lexer *x, struct template_frame *f, bool lenient)
{
    unsigned char c = *x->p;
    const unsigned char *from = x->p;
    if (c == '\n') {
        lexer_push(x, TOKEN_NEWLINE, from, x->line);
        lexer_step(x);
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
        lexer_step(x);
    } else if (lexer_at(x, "//") || (lexer_at(x, "#!") && x->p == x->text)) {
        lexer_line_comment(x, false);
    } else if (lexer_at(x, "/*")) {
        lexer_block_comment(x);
    } else if (c == '/' && x->looked < LOOKED_MAX && regex_may_stand(x) && regex(x)) {
        return;
    } else if (is_name_start(c) || c == '$') {
        lexer_name(x);
        lexer_push(x, TOKEN_NAME, from, x->line);
    } else if (is_digit(c) || (c == '.' && x->p + 1 < x->end && is_digit(x->p[1]))) {
        x->p++;
        lexer_number(x);
        lexer_push(x, TOKEN_NUMBER, from, x->line);
    } else if (c == '"' || c == '\'') {
        quoted(x, lenient);
    } else if (c == '`') {
        open_template(x);
    } else {
        mark(x, f);
    }
}

void lex_javascript(struct lexer *x)
{
    size_t n = (size_t)(x->end - x->p);
    bool lenient = n > 0 && (memmem(x->p, n, "</", 2) != NULL || memmem(x->p, n, "/>", 2) != NULL);
    while (x->p < x->end) {
        struct template_frame *f = lexer_frame(x);
        if (f != NULL && f->depth == 0)
            template_text(x, f);
        else
            one_token(x, f, lenient);
    }
    if (lexer_frame(x) != NULL)
        lexer_fault(x, x->line, "a template has no end");
}
