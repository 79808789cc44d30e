#include "drift-gates/sources/lexer.h"

#include "common/memory.h"
#include "common/text.h"

static const struct {
    const char *name;
    void (*lex)(struct lexer *x);
    const char *suffixes[9];
    const char *interpreters[6];
} languages[LANGUAGES] = {
    [LANGUAGE_C] = { "c", lex_c, { ".c", ".h" }, { NULL } },
    [LANGUAGE_GO] = { "go", lex_go, { ".go" }, { NULL } },
    [LANGUAGE_PYTHON] = { "python", lex_python, { ".py", ".pyi" }, { "python", "python3" } },
    [LANGUAGE_JAVASCRIPT] = { "javascript",
                              lex_javascript,
                              { ".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx" },
                              { "node", "deno", "bun" } },
    [LANGUAGE_SHELL] = { "shell",
                         lex_shell,
                         { ".sh", ".bash" },
                         { "sh", "bash", "dash", "ash", "ksh" } },
};

const char *language_name(enum language l)
{
    return languages[l].name;
}

bool language_named(const char *name, enum language *out)
{
    for (int l = 0; l < LANGUAGES; l++) {
        if (text_equal(languages[l].name, name)) {
            *out = (enum language)l;
            return true;
        }
    }
    return false;
}

/* The last word of "#!/usr/bin/env -S python3 -u" that is a path's name: what runs the file. */
static bool interpreter_is(const char *line, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = line; (at = strstr(at, name)) != NULL; at++) {
        bool begins = at[-1] == '/' || at[-1] == ' ';
        if (begins && strchr(" .0123456789", at[n]) != NULL)
            return true;
    }
    return false;
}

static bool language_of_first_line(struct bytes text, enum language *out)
{
    char line[128] = "";
    if (text.len < 3 || text.data[0] != '#' || text.data[1] != '!')
        return false;
    for (size_t i = 0; i < sizeof(line) - 1 && i < text.len && text.data[i] != '\n'; i++)
        line[i] = (char)text.data[i];
    for (int l = 0; l < LANGUAGES; l++) {
        for (size_t i = 0; i < 6 && languages[l].interpreters[i] != NULL; i++) {
            if (interpreter_is(line, languages[l].interpreters[i])) {
                *out = (enum language)l;
                return true;
            }
        }
    }
    return false;
}

bool language_of(const char *path, struct bytes text, enum language *out)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash == NULL ? path : slash, '.');
    if (dot == NULL)
        return language_of_first_line(text, out);
    for (int l = 0; l < LANGUAGES; l++) {
        for (size_t i = 0; i < 9 && languages[l].suffixes[i] != NULL; i++) {
            if (text_equal(dot, languages[l].suffixes[i])) {
                *out = (enum language)l;
                return true;
            }
        }
    }
    return false;
}

void lexer_fault(struct lexer *x, uint32_t line, const char *what)
{
    if (!x->failed)
        error_set(x->e, "line %u: %s", (unsigned)line, what);
    x->failed = true;
}

bool lexer_push(struct lexer *x, enum token_kind kind, const unsigned char *from, uint32_t line)
{
    struct tokens *t = x->out;
    if (t->n == t->room) {
        if (t->n >= TOKENS_MAX) {
            lexer_fault(x, line, "more than 4194304 words and marks before here");
            x->p = x->end;
            return false;
        }
        t->room = t->room == 0 ? 4096 : t->room * 2;
        t->rows = mem_resize(t->rows, t->room, sizeof(*t->rows));
    }
    t->rows[t->n] = (struct token){ .at = (uint32_t)(from - x->text),
                                    .len = (uint32_t)(x->p - from),
                                    .line = line,
                                    .pair = (uint32_t)t->n,
                                    .kind = (uint8_t)kind,
                                    .gap = x->gap };
    t->n++;
    x->gap = false;
    return true;
}

/* The kind of a bracket that is on the stack of open ones. */
static int bracket_of(const struct lexer *x, uint32_t index)
{
    const struct token *t = &x->out->rows[index];
    if (t->kind == TOKEN_TEMPLATE)
        return BRACKET_TEMPLATE;
    switch (x->text[t->at + t->len - 1]) {
    case '(': return BRACKET_ROUND;
    case '[': return BRACKET_SQUARE;
    default: return BRACKET_CURLY;
    }
}

bool lexer_open(struct lexer *x, enum token_kind kind, int bracket, const unsigned char *from)
{
    struct tokens *t = x->out;
    if (!lexer_push(x, kind, from, x->line))
        return false;
    if (t->n_open == t->open_room) {
        t->open_room = t->open_room == 0 ? 256 : t->open_room * 2;
        t->open = mem_resize(t->open, t->open_room, sizeof(*t->open));
    }
    t->open[t->n_open++] = (uint32_t)(t->n - 1);
    x->count[bracket]++;
    return true;
}

bool lexer_close(struct lexer *x, enum token_kind kind, int bracket, const unsigned char *from)
{
    struct tokens *t = x->out;
    if (!lexer_push(x, kind, from, x->line))
        return false;
    if (x->count[bracket] == 0)
        return true; /* closes nothing */
    for (;;) {
        uint32_t open = t->open[--t->n_open];
        int kind_of_open = bracket_of(x, open);
        x->count[kind_of_open]--;
        if (kind_of_open == bracket) {
            t->rows[open].pair = (uint32_t)(t->n - 1);
            t->rows[t->n - 1].pair = open;
            return true;
        }
    }
}

void lexer_drop_open(struct lexer *x, size_t height)
{
    struct tokens *t = x->out;
    while (t->n_open > height)
        x->count[bracket_of(x, t->open[--t->n_open])]--;
}

bool lexer_mark(struct lexer *x, size_t len)
{
    const unsigned char *from = x->p;
    x->p += len;
    switch (len == 1 ? *from : 0) {
    case '(': return lexer_open(x, TOKEN_MARK, BRACKET_ROUND, from);
    case '[': return lexer_open(x, TOKEN_MARK, BRACKET_SQUARE, from);
    case '{': return lexer_open(x, TOKEN_MARK, BRACKET_CURLY, from);
    case ')': return lexer_close(x, TOKEN_MARK, BRACKET_ROUND, from);
    case ']': return lexer_close(x, TOKEN_MARK, BRACKET_SQUARE, from);
    case '}': return lexer_close(x, TOKEN_MARK, BRACKET_CURLY, from);
    default: return lexer_push(x, TOKEN_MARK, from, x->line);
    }
}

struct template_frame *lexer_enter(struct lexer *x, unsigned char quote)
{
    if (x->n_frames == x->frames_room) {
        x->frames_room = x->frames_room == 0 ? 16 : x->frames_room * 2;
        x->frames = mem_resize(x->frames, x->frames_room, sizeof(*x->frames));
    }
    x->frames[x->n_frames] = (struct template_frame){ .quote = quote };
    return &x->frames[x->n_frames++];
}

struct template_frame *lexer_frame(struct lexer *x)
{
    return x->n_frames == 0 ? NULL : &x->frames[x->n_frames - 1];
}

void lexer_step(struct lexer *x)
{
    if (*x->p == '\n')
        x->line++;
    x->p++;
    x->gap = true;
}

bool lexer_quoted(struct lexer *x, unsigned char quote, bool escapes, bool lines)
{
    while (x->p < x->end) {
        unsigned char c = *x->p;
        if (c == '\n' && !lines)
            return false;
        if (c == '\n')
            x->line++;
        x->p++;
        if (c == quote)
            return true;
        if (c == '\\' && escapes && x->p < x->end) {
            if (*x->p == '\r' && x->p + 1 < x->end && x->p[1] == '\n')
                x->p++;
            if (*x->p == '\n')
                x->line++;
            x->p++;
        }
    }
    return false;
}

void lexer_name(struct lexer *x)
{
    while (x->p < x->end && (is_name(*x->p) || *x->p == '$'))
        x->p++;
}

void lexer_number(struct lexer *x)
{
    while (x->p < x->end) {
        unsigned char c = *x->p, before = x->p[-1] | 0x20;
        bool exponent = (c == '+' || c == '-') && (before == 'e' || before == 'p');
        bool separator = c == '\'' && x->p + 1 < x->end && is_name(x->p[1]);
        if (!is_name(c) && c != '.' && !exponent && !separator)
            return;
        x->p++;
    }
}

static bool comment(struct lexer *x, const unsigned char *from, uint32_t line)
{
    if (x->comments && !lexer_push(x, TOKEN_COMMENT, from, line))
        return false;
    x->gap = true;
    return true;
}

bool lexer_line_comment(struct lexer *x, bool continues)
{
    const unsigned char *from = x->p;
    uint32_t line = x->line;
    for (; x->p < x->end && *x->p != '\n'; x->p++) {
        bool splice = continues && *x->p == '\\' && x->p + 1 < x->end;
        if (splice && x->p[1] == '\r' && x->p + 2 < x->end)
            x->p++;
        if (splice && x->p[1] == '\n') {
            x->line++;
            x->p++;
        }
    }
    return comment(x, from, line);
}

bool lexer_block_comment(struct lexer *x)
{
    const unsigned char *from = x->p;
    uint32_t line = x->line;
    x->p += 2;
    while (x->p < x->end && !lexer_at(x, "*/")) {
        if (*x->p == '\n')
            x->line++;
        x->p++;
    }
    if (x->p < x->end)
        x->p += 2;
    else
        lexer_fault(x, line, "a comment has no end");
    return comment(x, from, line);
}

static uint32_t last_open(const struct lexer *x)
{
    return x->out->rows[x->out->open[x->out->n_open - 1]].line;
}

bool lex(enum language l, struct bytes text, unsigned options, struct tokens *out, struct error *e)
{
    struct lexer x = { .out = out,
                       .text = text.data,
                       .p = text.data,
                       .end = text.data + text.len,
                       .line = 1,
                       .comments = (options & LEX_COMMENTS) != 0,
                       .e = e };
    const unsigned char *nul = text.len == 0 ? NULL : memchr(text.data, 0, text.len);
    out->language = l;
    out->text = text;
    out->n = out->n_open = 0;
    if (lexer_at(&x, "\xEF\xBB\xBF"))
        x.p += 3;
    languages[l].lex(&x);
    mem_free(x.frames);
    /* In C and Go a body that does not end would hide what stands in it. */
    if ((l == LANGUAGE_C || l == LANGUAGE_GO) && x.count[BRACKET_CURLY] > 0)
        lexer_fault(&x, last_open(&x), "a brace has no end");
    if (nul != NULL && !x.failed)
        lexer_fault(&x, 1, "holds NUL bytes: no source text");
    return !x.failed;
}

void tokens_release(struct tokens *t)
{
    mem_free(t->rows);
    mem_free(t->open);
    *t = (struct tokens){ 0 };
}

bool token_kind_is(const struct tokens *t, size_t i, enum token_kind kind)
{
    return i < t->n && t->rows[i].kind == kind;
}

char *token_text(struct arena *a, const struct tokens *t, size_t i)
{
    return arena_strndup(a, (const char *)t->text.data + t->rows[i].at, t->rows[i].len);
}
