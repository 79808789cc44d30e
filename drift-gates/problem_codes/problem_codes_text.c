#include <ctype.h>

#include "common/number.h"
#include "common/text.h"
#include "drift-gates/code_text.h"
#include "drift-gates/problem_codes/problem_codes.h"

#define ENUM_PREFIX "PROBLEM_"

static bool is_word(unsigned char c)
{
    return isalnum(c) || c == '_';
}

/* "403" and nothing of a longer number at `at`: a status that refuses. */
static int status_at(struct bytes t, size_t at)
{
    if (at + 3 > t.len || (at > 0 && is_word(t.data[at - 1])) ||
        (t.data[at] != '4' && t.data[at] != '5') || !isdigit(t.data[at + 1]) ||
        !isdigit(t.data[at + 2]) || (at + 3 < t.len && is_word(t.data[at + 3])))
        return 0;
    return (t.data[at] - '0') * 100 + (t.data[at + 1] - '0') * 10 + (t.data[at + 2] - '0');
}

/* The code between two `quote`s at `at`; with `joined` it must have words joined by _ or -. */
static const char *code_at(struct arena *a, struct bytes t, size_t at, char quote, bool joined)
{
    size_t end = at + 1;
    bool has_joint = false;
    if (at >= t.len || t.data[at] != quote)
        return NULL;
    while (end < t.len && (islower(t.data[end]) || isdigit(t.data[end]) || t.data[end] == '_' ||
                           t.data[end] == '-')) {
        has_joint = has_joint || t.data[end] == '_';
        end++;
    }
    if (end >= t.len || t.data[end] != quote || end == at + 1 || (joined && !has_joint))
        return NULL;
    return arena_strndup(a, (const char *)t.data + at + 1, end - at - 1);
}

void problem_codes_pairs(struct arena *a, struct bytes text,
                         void (*pair)(void *self, int line, int status, const char *code),
                         void *self)
{
    struct lines lines = lines_of(text);
    struct line line;
    while (lines_next(&lines, &line)) {
        for (size_t i = 0; i + 5 < line.text.len; i++) {
            int status = status_at(line.text, i);
            const char *code = status == 0 || line.text.data[i + 3] != ' '
                                   ? NULL
                                   : code_at(a, line.text, i + 4, '`', false);
            if (code != NULL)
                pair(self, line.number, status, code);
        }
    }
}

bool problem_codes_table_row(struct arena *a, struct line line, int *status, const char **code)
{
    size_t n;
    int64_t number;
    const char *text = line_text(a, line);
    if (!text_starts(text, "PROBLEM_ROW("))
        return false;
    char **cells = text_split(a, text + strlen("PROBLEM_ROW("), ',', &n);
    if (n < 3 || !number_parse(text_trim(a, cells[1]), 100, 599, &number))
        return false;
    const char *quoted = text_trim(a, cells[2]);
    *status = (int)number;
    *code = code_at(a, bytes_of_text(quoted), 0, '"', false);
    return *code != NULL;
}

/* ---- sources ---- */

struct source {
    struct codes *c;
    const char *path;
    struct bytes text;
};

static struct place here(const struct source *s, size_t at)
{
    return (struct place){ .file = s->path, .line = line_at(s->text, at) };
}

static bool is_own(const struct codes *c, const char *name)
{
    const json_t *row;
    size_t i;
    json_array_foreach (c->own, i, row) {
        if (text_equal(json_string_value(row), name))
            return true;
    }
    return false;
}

static void mark(struct source *s, struct problem *p, size_t at)
{
    p->used = true;
    if (p->named_at.file == NULL)
        p->named_at = here(s, at);
}

static size_t take_name(struct source *s, size_t at)
{
    size_t end = at;
    while (end < s->text.len && is_word(s->text.data[end]))
        end++;
    char *name = arena_strndup(s->c->g->arena, (const char *)s->text.data + at, end - at);
    struct problem *p = problem_set_named(&s->c->set, name);
    if (p != NULL)
        mark(s, p, at);
    else if (!is_own(s->c, name))
        finding(s->c->g, "CODE-01", here(s, at), "%s is no code of the catalogue", name);
    s->c->n_sources++;
    s->c->n_named++;
    return end;
}

/* `403, "token_consumed"`. */
static void take_pair(struct source *s, size_t at)
{
    int status = status_at(s->text, at);
    size_t quote = at + 3;
    if (status == 0 || quote >= s->text.len || s->text.data[quote] != ',')
        return;
    for (quote++; quote < s->text.len && isspace(s->text.data[quote]); quote++)
        ;
    const char *code = code_at(s->c->g->arena, s->text, quote, '"', true);
    if (code == NULL || text_equal(code, "permission_denied"))
        return;
    s->c->n_sources++;
    if (problem_set_find(&s->c->set, code, status) == NULL)
        finding(s->c->g, "CODE-01", here(s, at), "the catalogue has no %d %s", status, code);
}

/* A text that is a code is a use of it, under whatever status. */
static void take_text(struct source *s, size_t at)
{
    const char *code = code_at(s->c->g->arena, s->text, at, '"', true);
    for (size_t i = 0; code != NULL && i < s->c->set.n; i++) {
        if (text_equal(s->c->set.rows[i].code, code))
            s->c->set.rows[i].used = true;
    }
}

static void read_source(struct codes *c, const struct tree_file *file)
{
    struct error e = { .text = "" };
    struct bytes text;
    if (!code_text_is_source(file->path))
        return;
    if (!tree_map(c->g->tree, file, &text, &e)) {
        gate_unlooked(c->g, file->path, e.text);
        return;
    }
    struct arena *scratch = arena_create(); /* a large tree's sources are not kept */
    struct source s = { c, file->path, code_text(scratch, file->path, text) };
    tree_unmap(text);
    for (size_t i = 0; i < s.text.len; i++) {
        bool begins = i == 0 || !is_word(s.text.data[i - 1]);
        if (s.text.data[i] == '"')
            take_text(&s, i);
        else if (begins && isdigit(s.text.data[i]))
            take_pair(&s, i);
        else if (begins && s.text.len - i > strlen(ENUM_PREFIX) &&
                 memcmp(s.text.data + i, ENUM_PREFIX, strlen(ENUM_PREFIX)) == 0)
            i = take_name(&s, i) - 1;
    }
    arena_destroy(scratch);
}

static void read_folder(struct codes *c, const char *folder)
{
    size_t n;
    const struct tree_file *files = tree_below(c->g->tree, folder, &n);
    for (size_t i = 0; i < n; i++)
        read_source(c, &files[i]);
}

void problem_codes_sources(struct codes *c, const json_t *folders)
{
    const json_t *row;
    size_t i;
    json_array_foreach (folders, i, row) {
        if (json_is_string(row))
            read_folder(c, json_string_value(row));
    }
    if (folders != NULL)
        return;
    for (i = 0; c->g->settings->sources[i] != NULL; i++)
        read_folder(c, c->g->settings->sources[i]);
    for (size_t k = 0; i == 0 && k < c->g->tree->n; k++)
        read_source(c, &c->g->tree->files[k]);
}
