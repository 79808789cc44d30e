#include "drift-gates/mutants_apply/patch.h"

#include "common/memory.h"
#include "common/number.h"
#include "common/text.h"
#include "drift-gates/lines.h"

#define HUNK_LINES_MAX 1000000

struct reading {
    struct arena *arena;
    struct lines lines;
    struct line line; /* the one looked at */
    bool end;
    struct patch *out;
    struct error *e;
};

static bool bad(struct reading *r, const char *what)
{
    return error_set(r->e, "line %d: %s", r->line.number, what);
}

static void step(struct reading *r)
{
    r->end = !lines_next(&r->lines, &r->line);
}

static bool starts(const struct reading *r, const char *prefix)
{
    size_t len = strlen(prefix);
    return !r->end && r->line.text.len >= len && memcmp(r->line.text.data, prefix, len) == 0;
}

/* ---- the header ---- */

static bool read_header(struct reading *r)
{
    struct patch *p = r->out;
    for (; !r->end && r->line.text.len > 0; step(r)) {
        char *text = line_text(r->arena, r->line), *colon = strchr(text, ':');
        if (starts(r, "---") || starts(r, "@@") || colon == NULL)
            return bad(r, "the header is lines `key: value`, and an empty line behind them");
        p->fields =
            arena_grow(r->arena, p->fields, p->n_fields, &p->fields_room, sizeof(*p->fields));
        p->fields[p->n_fields++] =
            (struct patch_field){ .key = arena_strndup(r->arena, text, (size_t)(colon - text)),
                                  .value = text_trim(r->arena, colon + 1),
                                  .line = r->line.number };
    }
    return !r->end || bad(r, "the patch ends with its header");
}

/* ---- hunks ---- */

/* "12,3" or "12", up to `stop`; the second number is 1 when it is not there. */
static bool take_range(struct reading *r, const char **at, char stop, size_t *start, size_t *count)
{
    int64_t first, second = 1;
    const char *end = strchr(*at, stop);
    if (end == NULL)
        return false;
    char *range = arena_strndup(r->arena, *at, (size_t)(end - *at)), *comma = strchr(range, ',');
    if (comma != NULL)
        *comma = '\0';
    if (!number_parse(range, 0, INT32_MAX, &first) ||
        (comma != NULL && !number_parse(comma + 1, 0, HUNK_LINES_MAX, &second)))
        return false;
    *start = (size_t)first;
    *count = (size_t)second;
    *at = end + 1;
    return true;
}

static bool read_range(struct reading *r, struct patch_hunk *h)
{
    const char *at = line_text(r->arena, r->line);
    size_t new_start;
    if (!text_starts(at, "@@ -"))
        return false;
    at += 4;
    return take_range(r, &at, ' ', &h->old_start, &h->old_count) && *at == '+' &&
           (at++, take_range(r, &at, ' ', &new_start, &h->new_count)) && text_starts(at, "@@") &&
           (h->old_start > 0 || h->old_count == 0);
}

static void add_line(struct reading *r, struct patch_hunk *h, char sign, struct bytes text)
{
    h->lines = arena_grow(r->arena, h->lines, h->n, &h->room, sizeof(*h->lines));
    h->lines[h->n++] = (struct patch_line){ sign, text, true };
}

/* The lines of a hunk are as many as its head says. */
static bool read_lines(struct reading *r, struct patch_hunk *h)
{
    size_t old = h->old_count, new = h->new_count;
    bool changes = false;
    while (old > 0 || new > 0 || starts(r, "\\")) {
        if (r->end)
            return bad(r, "the hunk is shorter than it says");
        if (!r->line.newline)
            return bad(r, "the patch breaks off inside a line");
        char sign = r->line.text.len == 0 ? ' ' : (char)r->line.text.data[0];
        struct bytes text = r->line.text;
        if (text.len > 0)
            text = (struct bytes){ text.data + 1, text.len - 1 };
        if (sign == '\\' && h->n > 0)
            h->lines[h->n - 1].newline = false;
        else if ((sign != ' ' && sign != '+' && sign != '-') || (sign != '+' && old == 0) ||
                 (sign != '-' && new == 0))
            return bad(r, "this is no line of the hunk, which says how many it has");
        else
            add_line(r, h, sign, text);
        if (sign != '\\') {
            old -= sign != '+';
            new -= sign != '-';
        }
        changes = changes || sign == '+' || sign == '-';
        step(r);
    }
    return changes || error_set(r->e, "line %d: the hunk changes nothing", h->line);
}

static bool read_hunk(struct reading *r, struct patch_file *f)
{
    struct patch_hunk h = { .line = r->line.number };
    const struct patch_hunk *last = f->n == 0 ? NULL : &f->hunks[f->n - 1];
    if (!read_range(r, &h))
        return bad(r, "a hunk begins with `@@ -START,COUNT +START,COUNT @@`");
    if (last != NULL && h.old_start < last->old_start + last->old_count)
        return bad(r, "the hunk stands before the end of the one above it");
    step(r);
    if (!read_lines(r, &h))
        return false;
    f->hunks = arena_grow(r->arena, f->hunks, f->n, &f->room, sizeof(*f->hunks));
    f->hunks[f->n++] = h;
    return true;
}

/* ---- files ---- */

/* "--- a/x.c" or "+++ b/x.c", a tab and a time behind it or not. */
static bool read_path(struct reading *r, const char *mark, const char *prefix, const char **out)
{
    char *text = line_text(r->arena, r->line);
    if (r->end || !text_starts(text, mark))
        return bad(r, "a file begins with `--- a/PATH` and `+++ b/PATH`");
    text += strlen(mark);
    text[strcspn(text, "\t\r")] = '\0';
    *out = NULL;
    if (!text_equal(text, "/dev/null")) {
        if (!text_starts(text, prefix) || text[2] == '\0' ||
            path_beside(r->arena, NULL, text + 2) == NULL)
            return bad(r, "a path begins with a/ or b/ and stays inside the tree");
        *out = text + 2;
    }
    step(r);
    return true;
}

static void skip_git(struct reading *r)
{
    while (!r->end && (r->line.text.len == 0 || starts(r, "diff --git ") || starts(r, "index ") ||
                       starts(r, "new file mode ") || starts(r, "deleted file mode ")))
        step(r);
}

static bool read_file(struct reading *r)
{
    struct patch_file f = { .line = r->line.number };
    if (!read_path(r, "--- ", "a/", &f.before) || !read_path(r, "+++ ", "b/", &f.after))
        return false;
    if ((f.before == NULL && f.after == NULL) ||
        (f.before != NULL && f.after != NULL && !text_equal(f.before, f.after)))
        return error_set(r->e, "line %d: a patch renames nothing", f.line);
    while (starts(r, "@@")) {
        if (!read_hunk(r, &f))
            return false;
    }
    if (f.n == 0)
        return error_set(r->e, "line %d: the file has no hunk", f.line);
    r->out->files = arena_grow(r->arena, r->out->files, r->out->n, &r->out->room, sizeof(f));
    r->out->files[r->out->n++] = f;
    return true;
}

bool patch_read(struct arena *a, struct bytes text, struct patch *out, struct error *e)
{
    struct reading r = { .arena = a, .lines = lines_of(text), .out = out, .e = e };
    *out = (struct patch){ .n = 0 };
    if (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)
        return error_set(e, "line 1: holds a NUL byte");
    step(&r);
    if (!read_header(&r))
        return false;
    for (skip_git(&r); !r.end; skip_git(&r)) {
        if (!read_file(&r))
            return false;
    }
    return out->n > 0 || bad(&r, "the patch changes no file");
}
