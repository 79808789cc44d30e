#include "reference/plexsphere/store/goose_file.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/arena.h"
#include "common/number.h"
#include "common/text.h"
#include "reference/plexsphere/store/sql_text.h"

enum annotation {
    ANNOTATION_UP,
    ANNOTATION_DOWN,
    ANNOTATION_BEGIN,
    ANNOTATION_END,
    ANNOTATION_NO_TRANSACTION,
};

struct reader {
    struct arena *arena;
    const char *name;
    struct error *error;
    struct goose_file *out;
    struct goose_section *section; /* NULL before Up */
    size_t section_size;
    struct sql_scan scan;
    const char *begin; /* of the statement being read; NULL between statements */
    int begin_line;
    int line;
    bool block; /* between StatementBegin and StatementEnd */
};

struct line {
    const char *text, *end; /* without the newline */
};

static bool fail(struct reader *r, int line, const char *what)
{
    return error_set(r->error, "%s:%d: %s", r->name, line, what);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

static void keep_statement(struct reader *r, const char *end)
{
    const char *begin = r->begin;
    while (end > begin && is_blank(end[-1]))
        end--;
    struct goose_section *s = r->section;
    if (s->n == r->section_size) {
        size_t size = r->section_size ? 2 * r->section_size : 16;
        struct goose_statement *more = arena_alloc_array(r->arena, size, sizeof(*more));
        if (s->n > 0)
            memcpy(more, s->statements, s->n * sizeof(*more));
        s->statements = more;
        r->section_size = size;
    }
    s->statements[s->n++] =
        (struct goose_statement){ .sql = arena_strndup(r->arena, begin, (size_t)(end - begin)),
                                  .line = r->begin_line };
    r->begin = NULL;
}

/* As goose looks for them: a comment at the start of a line with the word in it. */
static bool is_annotation(struct line l)
{
    const char *p = l.text;
    while (p < l.end && is_blank(*p))
        p++;
    return l.end - p >= 2 && p[0] == '-' && p[1] == '-' &&
           memmem(p, (size_t)(l.end - p), "+goose", 6) != NULL;
}

static const struct {
    const char *words;
    enum annotation meaning;
} annotations[] = {
    { "Up", ANNOTATION_UP },
    { "Down", ANNOTATION_DOWN },
    { "StatementBegin", ANNOTATION_BEGIN },
    { "StatementEnd", ANNOTATION_END },
    { "NO TRANSACTION", ANNOTATION_NO_TRANSACTION },
};

static bool read_annotation(struct reader *r, struct line l, enum annotation *out)
{
    char *text = arena_strndup(r->arena, l.text, (size_t)(l.end - l.text));
    char *words = text_trim(r->arena, text + 2);
    if (is_blank(*text) || !text_starts(words, "+goose"))
        return fail(r, r->line,
                    "an annotation is written \"-- +goose WORD\" from the line's start");
    words = text_trim(r->arena, words + strlen("+goose"));
    for (size_t i = 0; i < ARRAY_LEN(annotations); i++)
        if (strcasecmp(words, annotations[i].words) == 0) {
            *out = annotations[i].meaning;
            return true;
        }
    return fail(r, r->line,
                "unknown annotation: known are Up, Down, StatementBegin, StatementEnd, "
                "NO TRANSACTION");
}

static bool between_statements(struct reader *r)
{
    if (!r->begin)
        return true;
    if (sql_scan_inside(&r->scan))
        return fail(r, r->begin_line,
                    "a quote or comment in this statement is not closed before its section ends");
    return fail(r, r->begin_line, "this statement is not ended by ';' before its section ends");
}

static bool enter_section(struct reader *r, struct goose_section *section)
{
    r->section = section;
    r->section_size = 0;
    return true;
}

static bool obey(struct reader *r, enum annotation what)
{
    if (r->block && what != ANNOTATION_END)
        return fail(r, r->line, "only StatementEnd may follow StatementBegin");
    if (!r->block && !between_statements(r))
        return false;
    switch (what) {
    case ANNOTATION_UP:
        return r->section ? fail(r, r->line, "a second Up") : enter_section(r, &r->out->up);
    case ANNOTATION_DOWN:
        if (r->section != &r->out->up)
            return fail(r, r->line, r->section ? "a second Down" : "Down before Up");
        return enter_section(r, &r->out->down);
    case ANNOTATION_BEGIN:
        if (!r->section)
            return fail(r, r->line, "StatementBegin before Up");
        r->block = true;
        r->begin_line = r->line;
        return true;
    case ANNOTATION_END:
        if (!r->block)
            return fail(r, r->line, "StatementEnd without StatementBegin");
        if (!r->begin)
            return fail(r, r->begin_line, "nothing between StatementBegin and StatementEnd");
        r->block = false;
        return true;
    case ANNOTATION_NO_TRANSACTION: r->out->no_transaction = true; return true;
    }
    return false;
}

static bool read_block_line(struct reader *r, struct line l)
{
    const char *p = l.text;
    while (p < l.end && is_blank(*p))
        p++;
    if (!r->begin && p < l.end) {
        r->begin = p;
        r->begin_line = r->line;
    }
    return true;
}

/* What goose does: the last word before a word that starts with "--" ends with ';'. */
static bool goose_sees_end(struct line l)
{
    char last = '\0';
    for (const char *p = l.text; p < l.end;) {
        while (p < l.end && is_blank(*p))
            p++;
        const char *word = p;
        while (p < l.end && !is_blank(*p))
            p++;
        if (p - word >= 2 && word[0] == '-' && word[1] == '-')
            break;
        if (p > word)
            last = p[-1];
    }
    return last == ';';
}

/* One line outside a block. Comments between statements belong to none, as in goose. */
static bool read_sql_line(struct reader *r, struct line l)
{
    bool ended_here = false;
    for (const char *p = l.text; p < l.end;) {
        struct sql_token t = sql_scan_next(&r->scan, p, l.end);
        if (t.kind == SQL_TOKEN_OTHER && !r->begin) {
            r->begin = p;
            r->begin_line = r->line;
        }
        p += t.len;
        if (t.kind == SQL_TOKEN_END) {
            if (r->begin)
                keep_statement(r, p);
            ended_here = true;
        } else if (t.kind == SQL_TOKEN_OTHER) {
            ended_here = false;
        }
    }
    sql_scan_newline(&r->scan);
    if (goose_sees_end(l) && r->begin)
        return fail(
            r, r->line,
            "goose would end the statement at this ';', which is inside a quote or comment: "
            "use StatementBegin and StatementEnd");
    if (ended_here && !goose_sees_end(l))
        return fail(r, r->line,
                    "goose would not see this ';': end the line with it, or put a blank before --");
    return true;
}

static bool read_line(struct reader *r, struct line l)
{
    enum annotation what = ANNOTATION_UP;
    if (is_annotation(l)) {
        if (!read_annotation(r, l, &what) || !obey(r, what))
            return false;
        if (what == ANNOTATION_END)
            keep_statement(r, l.text);
        return true;
    }
    if (r->block)
        return read_block_line(r, l);
    if (!r->section) {
        struct sql_token t = { SQL_TOKEN_SPACE, 0 };
        for (const char *p = l.text; p < l.end && t.kind == SQL_TOKEN_SPACE; p += t.len)
            t = sql_scan_next(&r->scan, p, l.end);
        sql_scan_newline(&r->scan);
        return t.kind == SQL_TOKEN_SPACE ||
               fail(r, r->line, "only comments may stand before -- +goose Up");
    }
    return read_sql_line(r, l);
}

static bool check_end(struct reader *r)
{
    if (!r->section)
        return fail(r, r->line, "no -- +goose Up section");
    if (r->block)
        return fail(r, r->begin_line, "StatementBegin without StatementEnd");
    return between_statements(r);
}

bool goose_parse(struct arena *a, const char *name, struct bytes text, struct goose_file *out,
                 struct error *e)
{
    *out = (struct goose_file){ .no_transaction = false };
    struct reader r = { .arena = a, .name = name, .error = e, .out = out, .line = 1 };
    const char *all = text.len > 0 ? (const char *)text.data : "";
    const char *end = all + text.len;
    if (memchr(all, '\0', text.len))
        return fail(&r, 1, "the file holds a NUL byte");
    for (struct line l = { .text = all }; l.text < end; l.text = l.end + 1, r.line++) {
        l.end = memchr(l.text, '\n', (size_t)(end - l.text));
        if (!l.end)
            l.end = end;
        if (!read_line(&r, l))
            return false;
    }
    return check_end(&r);
}

bool goose_version_of_name(const char *name, int64_t *version)
{
    size_t digits = 0;
    while (name[digits] >= '0' && name[digits] <= '9')
        digits++;
    if (digits == 0 || name[digits] != '_' || !text_ends(name, ".sql"))
        return false;
    size_t zeros = strspn(name, "0");
    char number[20];
    size_t len = zeros < digits ? digits - zeros : 0;
    if (len == 0 || len >= sizeof(number))
        return false;
    memcpy(number, name + zeros, len);
    number[len] = '\0';
    return number_parse(number, 1, INT64_MAX, version);
}
