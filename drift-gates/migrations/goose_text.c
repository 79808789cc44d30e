#include "drift-gates/migrations/goose_text.h"

#include <ctype.h>

#include "common/memory.h"
#include "common/text.h"
#include "drift-gates/lines.h"

#define MARK "-- +goose"

struct scan {
    const struct goose_reader *r;
    struct goose_migration_text *out;
    struct bytes t;
    size_t i;
    int line;
    struct goose_part *part;       /* NULL before the first annotation */
    struct goose_words *statement; /* NULL: none begun */
    bool block;                    /* between StatementBegin and StatementEnd */
    const char *dollar;            /* the quote we are inside of, or NULL */
};

static void tell(const struct scan *s, const char *what)
{
    s->r->fault(s->r->self, s->line, what);
}

static bool at(const struct scan *s, const char *text)
{
    size_t len = strlen(text);
    return s->t.len - s->i >= len && memcmp(s->t.data + s->i, text, len) == 0;
}

static bool is_word(unsigned char c)
{
    return isalnum(c) || c == '_' || c >= 0x80;
}

/* ---- statements ---- */

static void begin_statement(struct scan *s)
{
    struct goose_part *p = s->part;
    p->statements = arena_grow(s->r->arena, p->statements, p->n, &p->room, sizeof(*p->statements));
    s->statement = &p->statements[p->n++];
    *s->statement = (struct goose_words){ .line = s->line };
}

static void add_word(struct scan *s, const char *text)
{
    if (s->part == NULL) {
        tell(s, "SQL before `-- +goose Up`");
        s->part = &s->out->up; /* told once */
    }
    if (s->statement == NULL)
        begin_statement(s);
    struct goose_words *w = s->statement;
    w->words = arena_grow(s->r->arena, w->words, w->n, &w->room, sizeof(*w->words));
    w->words[w->n++] = (struct goose_word){ text, s->dollar != NULL };
}

static void end_part(struct scan *s)
{
    if (s->dollar != NULL)
        tell(s, "a dollar quote is not closed");
    if (s->block)
        tell(s, "StatementBegin without StatementEnd");
    if (s->statement != NULL)
        tell(s, "the last statement does not end with `;`");
    s->statement = NULL;
    s->block = false;
    s->dollar = NULL;
}

/* ---- annotations ---- */

static void take_part(struct scan *s, struct goose_part *part, const char *again)
{
    end_part(s);
    if (part->line != 0)
        tell(s, again);
    part->line = s->line;
    s->part = part;
}

static void take_block(struct scan *s, bool begins)
{
    if (s->part == NULL || s->block == begins || (begins && s->statement != NULL))
        tell(s, begins ? "StatementBegin out of place" : "StatementEnd out of place");
    s->block = begins;
    if (!begins)
        s->statement = NULL;
}

static void take_annotation(struct scan *s, const char *line)
{
    const char *word = text_trim(s->r->arena, line + strlen(MARK));
    if (text_equal_nocase(word, "Up"))
        take_part(s, &s->out->up, "`-- +goose Up` is there twice");
    else if (text_equal_nocase(word, "Down"))
        take_part(s, &s->out->down, "`-- +goose Down` is there twice");
    else if (text_equal_nocase(word, "StatementBegin"))
        take_block(s, true);
    else if (text_equal_nocase(word, "StatementEnd"))
        take_block(s, false);
    else if (!text_equal_nocase(word, "NO TRANSACTION"))
        tell(s, "an annotation that is not used here");
    if (s->part == &s->out->down && s->out->up.line == 0)
        tell(s, "`-- +goose Down` before `-- +goose Up`");
}

/* Goose reads lines: one that ends in `;` ends a statement outside a block, quotes or not. */
static void end_line(struct scan *s, bool quoted)
{
    size_t last = s->i;
    while (last > 0 && (s->t.data[last - 1] == ' ' || s->t.data[last - 1] == '\r'))
        last--;
    if (quoted && !s->block && last > 0 && s->t.data[last - 1] == ';')
        tell(s, "goose would cut the statement inside its quotes here: use StatementBegin");
    s->line++;
}

/* ---- words ---- */

static void skip_line_comment(struct scan *s)
{
    const unsigned char *end = memchr(s->t.data + s->i, '\n', s->t.len - s->i);
    size_t stop = end == NULL ? s->t.len : (size_t)(end - s->t.data);
    bool first = s->i == 0 || s->t.data[s->i - 1] == '\n';
    if (at(s, MARK) && first && (s->dollar == NULL || s->block))
        take_annotation(s, arena_strndup(s->r->arena, (const char *)s->t.data + s->i, stop - s->i));
    s->i = stop;
}

static void skip_block_comment(struct scan *s)
{
    int depth = 0;
    do {
        if (at(s, "/*") || at(s, "*/")) {
            depth += at(s, "/*") ? 1 : -1;
            s->i += 2;
        } else {
            if (s->t.data[s->i] == '\n')
                end_line(s, true);
            s->i++;
        }
    } while (depth > 0 && s->i < s->t.len);
    if (depth > 0)
        tell(s, "a comment is not closed");
}

static void take_quoted(struct scan *s, unsigned char quote)
{
    size_t from = s->i++;
    while (s->i < s->t.len) {
        if (s->t.data[s->i] == quote && s->i + 1 < s->t.len && s->t.data[s->i + 1] == quote)
            s->i++; /* doubled: one of itself */
        else if (s->t.data[s->i] == quote)
            break;
        else if (s->t.data[s->i] == '\n')
            end_line(s, true);
        s->i++;
    }
    if (s->i >= s->t.len)
        tell(s, "a quote is not closed");
    else
        s->i++;
    bool name = quote == '"' && s->i - from >= 2;
    const char *text = (const char *)s->t.data + from;
    add_word(s, name ? arena_strndup(s->r->arena, text + 1, s->i - from - 2)
                     : arena_strndup(s->r->arena, text, s->i - from));
}

static void take_word(struct scan *s)
{
    size_t from = s->i;
    while (s->i < s->t.len && (is_word(s->t.data[s->i]) || s->t.data[s->i] == '.'))
        s->i++;
    add_word(s, text_lower(s->r->arena, arena_strndup(s->r->arena, (const char *)s->t.data + from,
                                                      s->i - from)));
}

/* "$tag$" at `i`: its length; 0: there is none. */
static size_t dollar_at(const struct scan *s)
{
    size_t end = s->i + 1;
    while (end < s->t.len && is_word(s->t.data[end]))
        end++;
    return end < s->t.len && s->t.data[end] == '$' ? end + 1 - s->i : 0;
}

static void take_dollar(struct scan *s)
{
    size_t len = dollar_at(s);
    if (len == 0) {
        s->i++;
        return;
    }
    const char *tag = arena_strndup(s->r->arena, (const char *)s->t.data + s->i, len);
    s->i += len;
    if (s->dollar == NULL) {
        add_word(s, "$$");
        s->dollar = tag;
    } else if (text_equal(s->dollar, tag)) {
        s->dollar = NULL;
    }
}

static void take_sign(struct scan *s, unsigned char c)
{
    static const char signs[][2] = { "(", ")", ",", "=", ";" };
    s->i++;
    if (c == ';' && s->dollar == NULL) {
        if (!s->block)
            s->statement = NULL;
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
        if (c == (unsigned char)signs[i][0])
            add_word(s, signs[i]);
    }
}

void goose_text_read(const struct goose_reader *r, struct bytes text,
                     struct goose_migration_text *out)
{
    struct scan s = { .r = r, .out = out, .t = text, .line = 1 };
    *out = (struct goose_migration_text){ .up = { .n = 0 } };
    while (s.i < text.len) {
        unsigned char c = text.data[s.i];
        if (c == '\n') {
            end_line(&s, s.dollar != NULL);
            s.i++;
        } else if (at(&s, "--")) {
            skip_line_comment(&s);
        } else if (at(&s, "/*")) {
            skip_block_comment(&s);
        } else if (c == '\'' || c == '"') {
            take_quoted(&s, c);
        } else if (c == '$') {
            take_dollar(&s);
        } else if (is_word(c)) {
            take_word(&s);
        } else {
            take_sign(&s, c);
        }
    }
    end_part(&s);
    if (out->up.line == 0)
        r->fault(r->self, 1, "there is no `-- +goose Up`");
}

bool goose_words_at(const struct goose_words *s, size_t i, const char *const *words)
{
    for (size_t k = 0; words[k] != NULL; k++) {
        if (i + k >= s->n || !text_equal(s->words[i + k].text, words[k]))
            return false;
    }
    return true;
}
