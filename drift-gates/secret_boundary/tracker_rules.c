/* What a programme's tracker says must agree with itself, and with the tree. */
#include <ctype.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "drift-gates/secret_boundary/rules_data.h"
#include "drift-gates/secret_boundary/tracker.h"

struct desk {
    struct boundary *b;
    const struct tracker *t;
    const json_t *data, *settings; /* data.tracker, gates.secret-boundary.tracker */
};

static struct place at_line(const struct desk *d, int line, const char *name)
{
    return (struct place){ .file = d->t->file, .line = line, .path = name };
}

static const char *status_name(enum status s)
{
    static const char *const names[] = { "none", "complete", "pending", "regression", "retired" };
    return names[s];
}

static const struct box *open_box(const struct section *s)
{
    for (size_t i = 0; i < s->n_boxes; i++) {
        if (!s->boxes[i].closed)
            return &s->boxes[i];
    }
    return NULL;
}

static const struct box *box_named(const struct section *s, const char *name)
{
    for (size_t i = 0; i < s->n_boxes; i++) {
        if (text_equal(s->boxes[i].name, name))
            return &s->boxes[i];
    }
    return NULL;
}

/* ---- B-38, B-39 ---- */

static void check_agreement(const struct desk *d, const struct section *s, const struct entry *row)
{
    struct boundary *b = d->b;
    const struct box *open = open_box(s);
    struct place at = at_line(d, row->line, s->name);
    if (s->n_boxes == 0 || row->status == STATUS_RETIRED)
        return;
    if (row->status == STATUS_COMPLETE && open != NULL)
        boundary_report(b, "B-38", at, s->name, NULL,
                        "the tracker says complete, and %s is open (line %d)", open->name,
                        open->line);
    else if (row->status == STATUS_COMPLETE && s->regression_line != 0)
        boundary_report(b, "B-38", at, s->name, NULL,
                        "the tracker says complete, and a regression is not resolved (line %d)",
                        s->regression_line);
    else if (s->status != STATUS_NONE && s->status != row->status)
        boundary_report(b, "B-38", at, s->name, NULL,
                        "the tracker says %s, its section %s (line %d)", status_name(row->status),
                        status_name(s->status), s->status_line);
    else if (row->status == STATUS_PENDING && open == NULL)
        boundary_report(b, "B-38", at, s->name, NULL,
                        "the tracker says pending, and no box is open (line %d)", s->line);
    gate_compared(b->g, 1, "services of the tracker");
}

static void check_regression(const struct desk *d, const struct section *s)
{
    const struct box *validate = box_named(s, "Validate");
    struct place at = at_line(d, s->regression_line, s->name);
    if (s->regression_line == 0)
        return;
    if (s->status != STATUS_REGRESSED)
        boundary_report(d->b, "B-39", at, s->name, NULL,
                        "a regression is not resolved, and the section's status is %s (line %d)",
                        status_name(s->status), s->status_line);
    else if (validate != NULL && validate->closed)
        boundary_report(d->b, "B-39", at, s->name, NULL,
                        "a regression is not resolved, and Validate is still ticked (line %d)",
                        validate->line);
}

/* ---- B-36 ---- */

static bool is_evidence(const struct desk *d, const char *line)
{
    return data_within(d->b->a, d->data, "evidence_words", line);
}

static void check_evidence(const struct desk *d, const struct section *s)
{
    const struct box *validate = box_named(s, "Validate");
    size_t i;
    json_t *name;
    if (validate == NULL || !validate->closed || s->regression_line != 0)
        return;
    json_array_foreach (json_object_get(d->settings, "environments"), i, name) {
        bool seen = false;
        for (size_t k = s->from; k < s->to && !seen; k++) {
            const char *line = d->t->lines[k];
            seen =
                is_evidence(d, line) && (text_contains(line, json_string_value(name)) ||
                                         data_within(d->b->a, d->data, "everywhere_words", line));
        }
        if (!seen)
            boundary_report(d->b, "B-36", at_line(d, validate->line, s->name), s->name, NULL,
                            "Validate is ticked, and no render for %s is on record",
                            json_string_value(name));
    }
}

/* ---- B-37 ---- */

static bool secrets_are_told(const struct desk *d, const char *rest)
{
    return text_contains(text_lower(d->b->a, rest), "none") ||
           (strchr(rest, '`') != NULL && text_contains(rest, "sync"));
}

static void check_note(const struct desk *d, const struct section *s)
{
    struct boundary *b = d->b;
    size_t i;
    json_t *field;
    if (s->status == STATUS_RETIRED)
        return;
    json_array_foreach (json_object_get(d->data, "fields"), i, field) {
        const char *wanted = json_string_value(field), *rest = NULL, *found = NULL;
        int line = s->line;
        for (size_t k = s->from; k < s->to && found == NULL; k++) {
            const char *label = bullet_label(b->a, d->t->lines[k], &rest);
            /* "ConfigMap/Secrets" is both. */
            if (label != NULL && text_contains(label, wanted)) {
                found = rest;
                line = (int)k + 1;
            }
        }
        if (found == NULL)
            boundary_report(b, "B-37", at_line(d, line, s->name), s->name, NULL, "has no field %s",
                            wanted);
        else if (text_equal(wanted, "Secrets") && !secrets_are_told(d, found))
            boundary_report(b, "B-37", at_line(d, line, s->name), s->name, NULL,
                            "Secrets names no Secret with its sync object, and not 'none'");
    }
}

/* ---- B-40 ---- */

static bool is_superseding(const struct desk *d, const char *line)
{
    return date_in(d->b->a, line) != NULL && text_contains(text_lower(d->b->a, line), "superseded");
}

/* A line below a finding, or outside the sections with the service's name, that says it is gone. */
static int declared_gone(const struct desk *d, const struct section *s, size_t finding_line)
{
    for (size_t k = finding_line + 1; k < s->to; k++) {
        if (data_within(d->b->a, d->data, "gone_phrases", d->t->lines[k]))
            return (int)k + 1;
    }
    const struct tracker *t = d->t;
    size_t last = t->n_sections == 0 ? 0 : t->sections[t->n_sections - 1].to;
    for (size_t k = last; k < t->n_lines; k++) {
        if (text_contains(t->lines[k], s->name) &&
            data_within(d->b->a, d->data, "gone_phrases", t->lines[k]))
            return (int)k + 1;
    }
    return 0;
}

static void check_history(const struct desk *d, const struct section *s)
{
    for (size_t k = s->from; k < s->to; k++) {
        const char *rest;
        if (bullet_label(d->b->a, d->t->lines[k], &rest) == NULL ||
            !data_within(d->b->a, d->data, "credential_phrases", rest) ||
            data_within(d->b->a, d->data, "gone_phrases", rest))
            continue;
        int gone = declared_gone(d, s, k);
        bool told = false;
        for (size_t i = k + 1; i < s->to; i++)
            told = told || is_superseding(d, d->t->lines[i]);
        if (gone != 0 && !told)
            boundary_report(
                d->b, "B-40", at_line(d, (int)k + 1, s->name), s->name, NULL,
                "still says there is a credential; line %d says it is gone, and no dated comment "
                "here says so",
                gone);
    }
}

/* A document that says it is superseded and yet asks for additions. */
static void check_superseded(const struct desk *d)
{
    bool superseded = false;
    for (size_t k = 0; k < d->t->n_lines; k++) {
        const char *lower = text_lower(d->b->a, d->t->lines[k]);
        superseded = superseded || (k < 20 && text_contains(lower, "**superseded"));
        if (superseded && text_contains(lower, "append the activity")) {
            boundary_report(d->b, "B-40", at_line(d, (int)k + 1, NULL), NULL, NULL,
                            "asks for additions to a document that is superseded");
            return;
        }
    }
}

/* ---- B-41 ---- */

/* What the settings call another name for the same service. */
static const char *known_as(const struct desk *d, const char *name)
{
    const char *other = json_text(json_object_get(d->settings, "aliases"), name);
    return other == NULL ? name : other;
}

static bool chart_exists(const struct desk *d, const char *name)
{
    const char *folder = json_text(d->settings, "charts");
    const char *path = path_join(d->b->a, folder, name);
    size_t n;
    (void)tree_below(d->b->g->tree, path, &n);
    if (n > 0)
        return true;
    (void)tree_below(d->b->g->tree,
                     path_join(d->b->a, folder, text_replace_char(d->b->a, name, '-', '_')), &n);
    return n > 0;
}

static void check_paths(const struct desk *d, const struct entry *e)
{
    for (const char *at = e->text; (at = strchr(at, '`')) != NULL;) {
        const char *end = strchr(at + 1, '`');
        if (end == NULL)
            return;
        const char *path = arena_strndup(d->b->a, at + 1, (size_t)(end - at) - 1);
        size_t n;
        (void)tree_below(d->b->g->tree, path, &n);
        if (strchr(path, '/') != NULL && strchr(path, ' ') == NULL && n == 0 &&
            tree_find(d->b->g->tree, path) == NULL)
            boundary_report(d->b, "B-41", at_line(d, e->line, e->name), e->name, NULL,
                            "%s is not there", path);
        at = end + 1;
    }
}

static void check_set(const struct desk *d)
{
    struct boundary *b = d->b;
    const struct tracker *t = d->t;
    for (size_t i = 0; i < t->scope.n; i++) {
        const struct entry *e = &t->scope.rows[i];
        const char *name = known_as(d, e->name);
        const struct entry *row = entry_named(&t->rows, name);
        struct place at = at_line(d, e->line, e->name);
        if (row == NULL)
            boundary_report(b, "B-41", at, e->name, NULL, "%s is in scope and has no row", e->name);
        else if (section_named(t, name) == NULL)
            boundary_report(b, "B-41", at, e->name, NULL, "%s is in scope and has no section",
                            e->name);
        else if (json_text(d->settings, "charts") != NULL && row->status != STATUS_RETIRED &&
                 !chart_exists(d, e->name))
            boundary_report(b, "B-41", at, e->name, NULL, "%s is in scope and has no chart",
                            e->name);
        check_paths(d, e);
    }
    for (size_t i = 0; t->scope.n > 0 && i < t->rows.n; i++) {
        bool found = false;
        for (size_t k = 0; k < t->scope.n; k++)
            found = found || text_equal(known_as(d, t->scope.rows[k].name), t->rows.rows[i].name);
        if (!found)
            boundary_report(b, "B-41", at_line(d, t->rows.rows[i].line, t->rows.rows[i].name),
                            t->rows.rows[i].name, NULL, "%s has a row and is not in scope",
                            t->rows.rows[i].name);
    }
    for (size_t i = 0; i < t->n_sections; i++) {
        if (entry_named(&t->rows, t->sections[i].name) == NULL)
            boundary_report(b, "B-41", at_line(d, t->sections[i].line, t->sections[i].name),
                            t->sections[i].name, NULL, "%s has a section and no row",
                            t->sections[i].name);
    }
}

/* ---- B-42 ---- */

static bool is_left_behind(const char *text, size_t len, const char *name, size_t *offset)
{
    const char *at = text, *end = text + len;
    size_t size = strlen(name);
    while (size > 0 && (at = memmem(at, (size_t)(end - at), name, size)) != NULL) {
        bool before = at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '-');
        bool after = at + size == end || !isalnum((unsigned char)at[size]);
        if (before && after) {
            *offset = (size_t)(at - text);
            return true;
        }
        at += size;
    }
    return false;
}

static void check_retired(struct boundary *b, const char *name)
{
    for (size_t i = 0; i < b->g->tree->n; i++) {
        const struct tree_file *f = &b->g->tree->files[i];
        struct bytes text;
        struct error e = { .text = "" };
        size_t offset;
        /* Documents keep their tombstones. */
        if (text_ends(f->path, ".md") || text_equal(f->path, SETTINGS_FILE))
            continue;
        if (!tree_map(b->g->tree, f, &text, &e)) {
            report_unreadable(b, f->path, 0, e.text);
            continue;
        }
        if (is_left_behind((const char *)text.data, text.len, name, &offset))
            boundary_report(b, "B-42",
                            (struct place){ .file = f->path, .line = line_at(text, offset) }, name,
                            NULL, "still names %s, which is retired", name);
        else if (text_contains(f->path, arena_printf(b->a, "/%s/", name)))
            boundary_report(b, "B-42", (struct place){ .file = f->path }, name, NULL,
                            "still belongs to %s, which is retired", name);
        tree_unmap(text);
    }
    gate_compared(b->g, 1, "retired names");
}

static void check_sections(const struct desk *d)
{
    for (size_t i = 0; i < d->t->n_sections; i++) {
        const struct section *s = &d->t->sections[i];
        const struct entry *row = entry_named(&d->t->rows, s->name);
        if (row != NULL)
            check_agreement(d, s, row);
        check_regression(d, s);
        check_evidence(d, s);
        check_note(d, s);
        check_history(d, s);
    }
}

void check_tracker(struct boundary *b)
{
    const json_t *settings = json_object_get(b->settings, "tracker");
    const char *file = json_text(settings, "file");
    struct tracker t;
    struct error e = { .text = "" };
    size_t i;
    json_t *name;
    json_array_foreach (json_object_get(b->settings, "retired"), i, name) {
        if (json_is_string(name))
            check_retired(b, json_string_value(name));
    }
    if (file == NULL)
        return;
    if (!tracker_read(b, file, &t, &e)) {
        report_unreadable(b, file, 0, e.text);
        return;
    }
    if (t.rows.n == 0 || t.n_sections == 0) {
        report_unreadable(b, file, 0,
                          "no table of services, or no section below a heading "
                          "'Per-service …'");
        return;
    }
    struct desk d = { b, &t, json_object_get(b->data, "tracker"), settings };
    check_sections(&d);
    check_superseded(&d);
    check_set(&d);
    for (i = 0; i < t.rows.n; i++) {
        if (t.rows.rows[i].status == STATUS_RETIRED)
            check_retired(b, t.rows.rows[i].name);
    }
}
