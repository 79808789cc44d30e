/* POSIX sh and bash. A word is a run of tokens without a gap: plain parts are TOKEN_NAME, '…' is
 * TOKEN_STRING, "…" a template. NAME= at a word's beginning is a name and a mark. $NAME is a
 * TOKEN_EXPANSION; ${NAME…} is one between marks "${" and "}", with its operator as a mark; in
 * arithmetic every name is one. The text of a here-document is a template, too, unless its
 * delimiter is quoted: then it is a string. */
#include "drift-gates/sources/lexer.h"

#define DOCUMENTS_MAX 8 /* that one line begins */
#define DELIMITER_MAX 128

enum {
    CODE_ROUND = ')',
    CODE_CURLY = '}', /* the word of ${NAME…} */
    CODE_BACK = '`',
    QUOTED = '"',
    ARITHMETIC = '+',
    DOCUMENT = '<',
};

struct document {
    char delimiter[DELIMITER_MAX];
    bool quoted, tabs;
};

struct shell {
    struct lexer *x;
    struct document documents[DOCUMENTS_MAX];
    size_t n_documents;
    const unsigned char *limit; /* end of the here-document being read, or NULL */
    size_t document_frame;      /* its frame's number */
};

static bool is_blank(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Characters that end a plain part of a word. */
static bool is_special(unsigned char c)
{
    return is_blank(c) || c == '\0' || strchr("\n;&|<>()'\"`$\\", c) != NULL;
}

/* How a double-quoted text or a here-document reads on: both count as templates. */
static bool is_text(const struct template_frame *f)
{
    return f != NULL && (f->quote == QUOTED || f->quote == DOCUMENT);
}

static bool begins_word(const struct lexer *x)
{
    const struct tokens *t = x->out;
    if (x->gap || t->n == 0)
        return true;
    const struct token *last = &t->rows[t->n - 1];
    return last->kind == TOKEN_NEWLINE ||
           (last->kind == TOKEN_MARK && strchr(";&|(){`", x->text[last->at]) != NULL);
}

static void name_token(struct lexer *x, enum token_kind kind)
{
    const unsigned char *from = x->p;
    while (x->p < x->end && is_name(*x->p))
        x->p++;
    lexer_push(x, kind, from, x->line);
}

static void enter(struct lexer *x, unsigned char mode, size_t mark, int bracket)
{
    const unsigned char *from = x->p;
    x->p += mark;
    lexer_enter(x, mode);
    lexer_open(x, bracket == BRACKET_TEMPLATE ? TOKEN_TEMPLATE : TOKEN_MARK, bracket, from);
}

static void leave(struct lexer *x, size_t mark, int bracket)
{
    const unsigned char *from = x->p;
    x->p += mark;
    x->n_frames--;
    lexer_close(x, bracket == BRACKET_TEMPLATE ? TOKEN_TEMPLATE : TOKEN_MARK, bracket, from);
}

/* ${ is at p: up to the operator; the word behind it is code. */
static void braced(struct lexer *x)
{
    enter(x, CODE_CURLY, 2, BRACKET_CURLY);
    if ((*x->p == '#' || *x->p == '!') && is_name(x->p[1]))
        lexer_mark(x, 1);
    if (is_name_start(*x->p))
        name_token(x, TOKEN_EXPANSION);
    else if (x->p < x->end && *x->p != '}' && *x->p != '\n')
        lexer_mark(x, 1); /* a special parameter */
    if (*x->p == '[' || *x->p == '}')
        return;
    size_t n = *x->p == ':' && x->p[1] != '\0' && strchr("-+?=", x->p[1]) != NULL ? 2 : 1;
    if (x->p < x->end && strchr(":-+?=#%/^,@", *x->p) != NULL)
        lexer_mark(x, n);
}

/* p is at "$". */
static void dollar(struct lexer *x)
{
    bool text = is_text(lexer_frame(x));
    if (lexer_at(x, "$((")) {
        enter(x, ARITHMETIC, 3, BRACKET_ROUND);
    } else if (lexer_at(x, "$(")) {
        enter(x, CODE_ROUND, 2, BRACKET_ROUND);
    } else if (lexer_at(x, "${")) {
        braced(x);
    } else if (is_name_start(x->p[1])) {
        x->p++;
        name_token(x, TOKEN_EXPANSION);
    } else if (lexer_at(x, "$'") && !text) {
        const unsigned char *from = x->p;
        uint32_t line = x->line;
        x->p += 2;
        if (!lexer_quoted(x, '\'', true, true))
            lexer_fault(x, line, "a string has no end");
        lexer_push(x, TOKEN_STRING, from, line);
    } else {
        lexer_mark(x, x->p + 1 < x->end && strchr("0123456789@*#?!-", x->p[1]) != NULL ? 2 : 1);
    }
}

static void single_quoted(struct lexer *x)
{
    const unsigned char *from = x->p++;
    uint32_t line = x->line;
    if (!lexer_quoted(x, '\'', false, true))
        lexer_fault(x, line, "a string has no end");
    if (lexer_push(x, TOKEN_STRING, from, line))
        x->out->rows[x->out->n - 1].style = STYLE_RAW;
}

/* Inside "…" or a here-document. */
static void text_token(struct shell *s, const struct template_frame *f)
{
    struct lexer *x = s->x;
    const unsigned char *from = x->p, *end = s->limit != NULL ? s->limit : x->end;
    uint32_t line = x->line;
    while (x->p < end && *x->p != '$' && *x->p != '`' && (*x->p != '"' || f->quote != QUOTED)) {
        if (*x->p == '\\' && x->p + 1 < end)
            x->p++;
        if (*x->p == '\n')
            x->line++;
        x->p++;
    }
    if (x->p > from)
        lexer_push(x, TOKEN_PIECE, from, line);
    if (x->p >= end)
        return;
    if (*x->p == '$')
        dollar(x);
    else if (*x->p == '`')
        enter(x, CODE_BACK, 1, BRACKET_TEMPLATE);
    else
        leave(x, 1, BRACKET_TEMPLATE);
}

static void arithmetic_token(struct lexer *x, struct template_frame *f)
{
    if (is_name_start(*x->p)) {
        name_token(x, TOKEN_EXPANSION);
    } else if (is_digit(*x->p)) {
        name_token(x, TOKEN_NUMBER); /* 0x10 and 16#ff, too */
    } else if (*x->p == '$') {
        dollar(x);
    } else if (lexer_at(x, "))") && f->depth == 0) {
        leave(x, 2, BRACKET_ROUND);
    } else if (*x->p == '\n' || is_blank(*x->p)) {
        lexer_step(x);
    } else {
        if (*x->p == '(')
            f->depth++;
        else if (*x->p == ')' && f->depth > 0)
            f->depth--;
        lexer_mark(x, 1);
    }
}

/* << is at p: what ends the document, which begins on the next line. */
static void document_begins(struct shell *s)
{
    struct lexer *x = s->x;
    struct document d = { .tabs = x->p[2] == '-' };
    size_t n = 0;
    lexer_mark(x, d.tabs ? 3 : 2);
    while (x->p < x->end && is_blank(*x->p))
        lexer_step(x);
    while (x->p < x->end && n + 1 < sizeof(d.delimiter)) {
        unsigned char c = *x->p;
        if (c == '\'' || c == '"' || c == '\\')
            d.quoted = true;
        else if (is_special(c))
            break;
        else
            d.delimiter[n++] = (char)c;
        x->p++;
    }
    if (n > 0 && s->n_documents < DOCUMENTS_MAX)
        s->documents[s->n_documents++] = d;
}

/* The line that ends the document whose text begins at p; *behind is where the code goes on. */
static const unsigned char *document_end(const struct lexer *x, const struct document *d,
                                         const unsigned char **behind)
{
    size_t n = strlen(d->delimiter);
    for (const unsigned char *line = x->p; line < x->end;) {
        const unsigned char *end = memchr(line, '\n', (size_t)(x->end - line)), *at = line;
        end = end == NULL ? x->end : end;
        while (d->tabs && at < end && *at == '\t')
            at++;
        size_t len = (size_t)(end - at);
        if (len > n && at[n] == '\r')
            len--;
        if (len == n && memcmp(at, d->delimiter, n) == 0) {
            *behind = end;
            return line;
        }
        line = end + 1;
    }
    *behind = x->end;
    return x->end;
}

/* A document's text at p: a string, or a template that is read next. */
static void document_text(struct shell *s, const struct document *d)
{
    struct lexer *x = s->x;
    const unsigned char *behind, *from = x->p, *end = document_end(x, d, &behind);
    if (end == x->end)
        lexer_fault(x, x->line, "a here-document has no end");
    if (!d->quoted) {
        s->limit = end;
        enter(x, DOCUMENT, 0, BRACKET_TEMPLATE);
        s->document_frame = x->n_frames;
        return;
    }
    uint32_t line = x->line;
    for (; x->p < end; x->p++)
        x->line += *x->p == '\n';
    if (lexer_push(x, TOKEN_STRING, from, line))
        x->out->rows[x->out->n - 1].style = STYLE_RAW;
    x->p = behind;
}

static void next_document(struct shell *s)
{
    while (s->n_documents > 0 && s->limit == NULL) {
        struct document d = s->documents[0];
        s->n_documents--;
        memmove(s->documents, s->documents + 1, s->n_documents * sizeof(*s->documents));
        document_text(s, &d);
    }
}

/* The document's text is read: what was left open in it is closed. */
static void document_ends(struct shell *s)
{
    struct lexer *x = s->x;
    x->n_frames = s->document_frame;
    leave(x, 0, BRACKET_TEMPLATE);
    s->limit = NULL;
    while (x->p < x->end && *x->p != '\n')
        x->p++; /* the delimiter */
    if (s->n_documents > 0 && x->p < x->end) {
        lexer_step(x);
        next_document(s);
    }
}

/* Plain characters of a word; "NAME=" becomes a name and a mark. */
static void word_part(struct shell *s)
{
    struct lexer *x = s->x;
    const struct template_frame *f = lexer_frame(x);
    const unsigned char *from = x->p;
    bool first = begins_word(x), curly = f != NULL && f->quote == CODE_CURLY;
    if (first && is_name_start(*x->p)) {
        while (x->p < x->end && is_name(*x->p))
            x->p++;
        if (*x->p == '=' || lexer_at(x, "+=")) {
            lexer_push(x, TOKEN_NAME, from, x->line);
            lexer_mark(x, *x->p == '=' ? 1 : 2);
            return;
        }
    }
    while (x->p < x->end && !is_special(*x->p) && !(curly && *x->p == '}'))
        x->p++;
    if (x->p == from)
        lexer_mark(x, 1);
    else
        lexer_push(x, TOKEN_NAME, from, x->line);
}

/* A closing round bracket: of a frame, or of a pattern in a case. */
static void round_close(struct lexer *x, const struct template_frame *f)
{
    if (f != NULL && f->quote == CODE_ROUND && f->depth == 0) {
        leave(x, 1, BRACKET_ROUND);
    } else {
        const unsigned char *from = x->p++;
        lexer_push(x, TOKEN_MARK, from, x->line);
    }
}

/* case … esac: brackets of its patterns close nothing. */
static void count_cases(struct lexer *x)
{
    struct template_frame *f = lexer_frame(x);
    size_t last = x->out->n - 1;
    if (f == NULL || f->quote != CODE_ROUND || x->out->n == 0)
        return;
    if (token_is(x->out, last, "case"))
        f->depth++;
    else if (token_is(x->out, last, "esac") && f->depth > 0)
        f->depth--;
}

/* A brace that is a word of its own groups commands. */
static bool is_group(const struct lexer *x)
{
    unsigned char next = x->p[1];
    return begins_word(x) && (next == '\0' || is_blank(next) || strchr("\n;)&|", next) != NULL);
}

static void newline(struct shell *s)
{
    lexer_push(s->x, TOKEN_NEWLINE, s->x->p, s->x->line);
    lexer_step(s->x);
    if (s->limit == NULL)
        next_document(s);
    else
        s->n_documents = 0; /* documents in documents are read as code */
}

static void backslash(struct lexer *x)
{
    const unsigned char *from = x->p++;
    if (x->p < x->end && *x->p == '\n') {
        lexer_step(x);
        return;
    }
    x->p += x->p < x->end;
    lexer_push(x, TOKEN_NAME, from, x->line);
}

static void code_token(struct shell *s, const struct template_frame *f)
{
    struct lexer *x = s->x;
    unsigned char c = *x->p;
    if (c == '\n') {
        newline(s);
    } else if (is_blank(c)) {
        lexer_step(x);
    } else if (c == '#' && begins_word(x) && !(f != NULL && f->quote == CODE_CURLY)) {
        lexer_line_comment(x, false);
    } else if (c == '\\') {
        backslash(x);
    } else if (c == '\'' && !(f != NULL && f->quote == CODE_CURLY && f->raw)) {
        single_quoted(x);
    } else if (c == '"') {
        enter(x, QUOTED, 1, BRACKET_TEMPLATE);
    } else if (c == '$') {
        dollar(x);
    } else if (c == '`' && f != NULL && f->quote == CODE_BACK) {
        leave(x, 1, BRACKET_TEMPLATE);
    } else if (c == '`') {
        enter(x, CODE_BACK, 1, BRACKET_TEMPLATE);
    } else if (c == '}' && f != NULL && f->quote == CODE_CURLY) {
        leave(x, 1, BRACKET_CURLY);
    } else if (lexer_at(x, "((") && begins_word(x)) {
        enter(x, ARITHMETIC, 2, BRACKET_ROUND);
    } else if (c == '(') {
        enter(x, CODE_ROUND, 1, BRACKET_ROUND);
    } else if (c == ')') {
        round_close(x, f);
    } else if (lexer_at(x, "<<<")) {
        lexer_mark(x, 3);
    } else if (lexer_at(x, "<<")) {
        document_begins(s);
    } else if (lexer_at(x, ";;") || lexer_at(x, "&&") || lexer_at(x, "||")) {
        lexer_mark(x, 2);
    } else if (strchr(";&|<>", c) != NULL && c != '\0') {
        lexer_mark(x, 1);
    } else if ((c == '{' || c == '}') && is_group(x)) {
        lexer_mark(x, 1);
    } else {
        word_part(s);
        count_cases(x);
    }
}

void lex_shell(struct lexer *x)
{
    struct shell s = { .x = x };
    while (x->p < x->end || s.limit != NULL) {
        struct template_frame *f = lexer_frame(x);
        if (s.limit != NULL && x->p >= s.limit)
            document_ends(&s);
        else if (is_text(f))
            text_token(&s, f);
        else if (f != NULL && f->quote == ARITHMETIC)
            arithmetic_token(x, f);
        else
            code_token(&s, f);
    }
    if (lexer_frame(x) != NULL)
        lexer_fault(x, x->line, "a quote or bracket has no end");
}
