#include "drift-gates/secret_boundary/tracker.h"

#include <ctype.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "drift-gates/secret_boundary/rules_data.h"

#define LINES_MAX 200000

/* Hyphens of other kinds inside dates (U+2010, U+2011) become plain ones. */
static const char *plain_hyphens(struct arena *a, const char *text)
{
    size_t n = 0;
    char *out = arena_alloc(a, strlen(text) + 1);
    while (*text != '\0') {
        if (text_starts(text, "\xe2\x80\x90") || text_starts(text, "\xe2\x80\x91")) {
            out[n++] = '-';
            text += 3;
        } else {
            out[n++] = *text++;
        }
    }
    return out;
}

enum status status_of(const char *text)
{
    static const struct {
        const char *word;
        enum status status;
    } words[] = { { "egress", STATUS_REGRESSED },
                  { "etired", STATUS_RETIRED },
                  { "ending", STATUS_PENDING },
                  { "omplete", STATUS_COMPLETE },
                  { "o refactor required", STATUS_COMPLETE } };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (text_contains(text, words[i].word))
            return words[i].status;
    }
    return STATUS_NONE;
}

const char *date_in(struct arena *a, const char *text)
{
    static const char form[] = "dddd-dd-dd";
    for (; strlen(text) >= sizeof(form) - 1; text++) {
        size_t i = 0;
        while (i < sizeof(form) - 1 &&
               (form[i] == 'd' ? isdigit((unsigned char)text[i]) != 0 : text[i] == form[i]))
            i++;
        if (i == sizeof(form) - 1)
            return arena_strndup(a, text, i);
    }
    return NULL;
}

const char *bullet_label(struct arena *a, const char *line, const char **rest)
{
    const char *at = line + strspn(line, " \t");
    if (*at != '-' && *at != '*')
        return NULL;
    at++;
    at += strspn(at, " \t");
    if (!text_starts(at, "**"))
        return NULL;
    at += 2;
    const char *end = strstr(at, "**");
    if (end == NULL)
        return NULL;
    *rest = end + 2;
    return text_trim(a, arena_strndup(a, at, strcspn(at, "(:*")));
}

const struct entry *entry_named(const struct entries *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++) {
        if (text_equal(list->rows[i].name, name))
            return &list->rows[i];
    }
    return NULL;
}

const struct section *section_named(const struct tracker *t, const char *name)
{
    for (size_t i = 0; i < t->n_sections; i++) {
        if (text_equal(t->sections[i].name, name))
            return &t->sections[i];
    }
    return NULL;
}

static void add_entry(struct arena *a, struct entries *list, struct entry row)
{
    list->rows = arena_grow(a, list->rows, list->n, &list->room, sizeof(row));
    list->rows[list->n++] = row;
}

/* "- name (`path`)". */
static void read_scope(struct arena *a, struct tracker *t, size_t i)
{
    const char *line = t->lines[i];
    if (!text_starts(line, "- "))
        return;
    const char *paren = strstr(line, " (");
    size_t len = paren == NULL ? strlen(line) - 2 : (size_t)(paren - line) - 2;
    add_entry(a, &t->scope,
              (struct entry){ text_trim(a, arena_strndup(a, line + 2, len)), line, (int)i + 1,
                              STATUS_NONE });
}

/* "| name | status | …" below a header that begins with Service. */
static void read_row(struct arena *a, struct tracker *t, size_t i)
{
    size_t n;
    char **cells = text_split(a, t->lines[i], '|', &n);
    if (n < 4)
        return;
    const char *name = text_trim(a, cells[1]), *status = text_trim(a, cells[2]);
    if (text_equal_nocase(name, "service") || text_starts(name, "---") || text_starts(name, ":-"))
        return;
    add_entry(a, &t->rows, (struct entry){ name, t->lines[i], (int)i + 1, status_of(status) });
}

static void add_section(struct arena *a, struct tracker *t, size_t i)
{
    t->sections =
        arena_grow(a, t->sections, t->n_sections, &t->sections_room, sizeof(*t->sections));
    t->sections[t->n_sections++] = (struct section){
        .name = text_trim(a, t->lines[i] + 4), .line = (int)i + 1, .from = i + 1, .to = i + 1
    };
}

static void read_outline(struct arena *a, struct tracker *t)
{
    enum { ELSEWHERE, SCOPE, TABLE, NOTES } in = ELSEWHERE;
    for (size_t i = 0; i < t->n_lines; i++) {
        const char *line = t->lines[i], *lower = text_lower(a, line);
        if (text_starts(line, "## ") || text_starts(line, "# "))
            in = text_contains(lower, "in scope")      ? SCOPE
                 : text_contains(lower, "per-service") ? NOTES
                                                       : ELSEWHERE;
        else if (text_starts(lower, "| service"))
            in = TABLE;
        else if (in == TABLE && line[0] != '|')
            in = ELSEWHERE;
        if (in == NOTES && text_starts(line, "### "))
            add_section(a, t, i);
        else if (in == NOTES && t->n_sections > 0)
            t->sections[t->n_sections - 1].to = i + 1;
        else if (in == SCOPE)
            read_scope(a, t, i);
        else if (in == TABLE)
            read_row(a, t, i);
    }
}

/* "- [x] Name *(reason)*": closed when ticked, or when the reason is one that closes. */
static void read_box(struct boundary *b, struct section *s, const char *line, int number)
{
    const json_t *data = json_object_get(b->data, "tracker");
    const char *at = line + strspn(line, " \t");
    size_t i;
    json_t *name;
    if (!text_starts(at, "- [") || at[3] == '\0' || at[4] != ']')
        return;
    const char *text = at + 5 + strspn(at + 5, " ");
    json_array_foreach (json_object_get(data, "boxes"), i, name) {
        if (text_starts(text, json_string_value(name)) &&
            s->n_boxes < json_array_size(json_object_get(data, "boxes")))
            s->boxes[s->n_boxes++] =
                (struct box){ json_string_value(name),
                              at[3] == 'x' || at[3] == 'X' ||
                                  data_within(b->a, data, "closed_reasons", text),
                              number };
    }
}

static void read_section(struct boundary *b, const struct tracker *t, struct section *s)
{
    size_t boxes = json_array_size(json_at(b->data, "/tracker/boxes"));
    s->boxes = arena_alloc_array(b->a, boxes, sizeof(*s->boxes));
    s->status = text_contains(t->lines[s->from < t->n_lines ? s->from : 0], "Retired")
                    ? STATUS_RETIRED
                    : STATUS_NONE;
    for (size_t i = s->from; i < s->to; i++) {
        const char *rest, *label = bullet_label(b->a, t->lines[i], &rest);
        read_box(b, s, t->lines[i], (int)i + 1);
        if (text_equal(label, "Status") && s->status_line == 0) {
            s->status = status_of(rest);
            s->status_line = (int)i + 1;
        }
        if (text_equal(label, "Regression"))
            s->regression_line = (int)i + 1;
        if (text_equal(label, "Resolved") && date_in(b->a, t->lines[i]) != NULL)
            s->regression_line = 0;
    }
}

bool tracker_read(struct boundary *b, const char *file, struct tracker *out, struct error *e)
{
    struct bytes text;
    *out = (struct tracker){ .file = file };
    if (!tree_read(b->g->tree, file, &text, e))
        return false;
    out->lines =
        text_split(b->a, plain_hyphens(b->a, (const char *)text.data), '\n', &out->n_lines);
    if (out->n_lines > LINES_MAX)
        return error_set(e, "%s: more than %d lines", file, LINES_MAX);
    read_outline(b->a, out);
    for (size_t i = 0; i < out->n_sections; i++)
        read_section(b, out, &out->sections[i]);
    return true;
}
