/* Go. Newlines are tokens where a statement may end; which of them do is the reader's matter. */
#include "drift-gates/sources/lexer.h"

static void quoted(struct lexer *x)
{
    const unsigned char *from = x->p;
    uint32_t line = x->line;
    unsigned char quote = *x->p++;
    bool raw = quote == '`';
    if (!lexer_quoted(x, quote, !raw, raw))
        lexer_fault(x, line, quote == '\'' ? "a rune has no end" : "a string has no end");
    if (lexer_push(x, quote == '\'' ? TOKEN_NUMBER : TOKEN_STRING, from, line) && raw)
        x->out->rows[x->out->n - 1].style = STYLE_RAW;
}

static size_t mark_length(const struct lexer *x)
{
    static const char *const marks[] = { "...", ":=", "==", "!=", "<=", ">=", "&&", "||",
                                         "<-",  "++", "--", "+=", "-=", "|=", "&=" };
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        if (lexer_at(x, marks[i]))
            return strlen(marks[i]);
    }
    return 1;
}

static void one_token(struct lexer *x)
{
    unsigned char c = *x->p;
    const unsigned char *from = x->p;
    if (c == '\n') {
        lexer_push(x, TOKEN_NEWLINE, from, x->line);
        lexer_step(x);
    } else if (c == ' ' || c == '\t' || c == '\r') {
        lexer_step(x);
    } else if (lexer_at(x, "//")) {
        lexer_line_comment(x, false);
    } else if (lexer_at(x, "/*")) {
        lexer_block_comment(x);
    } else if (is_name_start(c)) {
        lexer_name(x);
        lexer_push(x, TOKEN_NAME, from, x->line);
    } else if (is_digit(c) || (c == '.' && x->p + 1 < x->end && is_digit(x->p[1]))) {
        x->p++;
        lexer_number(x);
        lexer_push(x, TOKEN_NUMBER, from, x->line);
    } else if (c == '"' || c == '\'' || c == '`') {
        quoted(x);
    } else {
        lexer_mark(x, mark_length(x));
    }
}

void lex_go(struct lexer *x)
{
    while (x->p < x->end)
        one_token(x);
}
