#include "drift-gates/lines.h"
#include "drift-gates/mutants_apply/patch.h"

struct target {
    struct line *lines;
    size_t n;
};

static struct target target_of(struct arena *a, struct bytes text)
{
    struct target t = { .n = 0 };
    struct lines lines = lines_of(text);
    struct line line;
    while (lines_next(&lines, &line))
        t.n++;
    t.lines = arena_alloc_array(a, t.n + 1, sizeof(*t.lines));
    lines = lines_of(text);
    for (size_t i = 0; lines_next(&lines, &t.lines[i]); i++)
        ;
    return t;
}

static bool same(const struct patch_line *p, const struct line *line)
{
    return p->newline == line->newline && p->text.len == line->text.len &&
           (p->text.len == 0 || memcmp(p->text.data, line->text.data, p->text.len) == 0);
}

static bool fits(const struct target *t, const struct patch_hunk *h, size_t at)
{
    /* As git: what begins at the first line, or ends without context, stands at that end. */
    bool to_the_end = h->lines[h->n - 1].sign != ' ';
    if (h->old_count > t->n || at > t->n - h->old_count ||
        (to_the_end && at + h->old_count != t->n) || (h->old_start <= 1 && at != 0))
        return false;
    for (size_t i = 0; i < h->n; i++) {
        if (h->lines[i].sign != '+' && !same(&h->lines[i], &t->lines[at++]))
            return false;
    }
    return true;
}

/* Where the hunk fits from `from` on: the place it says, else the only other one. */
static bool find(const struct target *t, const struct patch_hunk *h, size_t from, size_t *at,
                 struct error *e)
{
    size_t places = 0, said = h->old_count == 0 ? h->old_start : h->old_start - 1;
    *at = said;
    if (said >= from && fits(t, h, said))
        return true;
    for (size_t i = from; i + h->old_count <= t->n; i++) {
        if (fits(t, h, i)) {
            *at = i;
            places++;
        }
    }
    if (places == 0)
        return error_set(e, "line %d: the file has no such lines", h->line);
    return places == 1 || error_set(e,
                                    "line %d: the file has such lines in %zu places, none of "
                                    "them where the hunk says",
                                    h->line, places);
}

bool patch_applies(struct arena *a, const struct patch_file *file, struct bytes text, size_t *moved,
                   struct error *e)
{
    struct target t = target_of(a, text);
    size_t from = 0, at;
    for (size_t i = 0; i < file->n; i++) {
        const struct patch_hunk *h = &file->hunks[i];
        if (!find(&t, h, from, &at, e))
            return false;
        *moved += at != (h->old_count == 0 ? h->old_start : h->old_start - 1);
        from = at + h->old_count;
    }
    return true;
}

static bool same_text(const struct patch_line *a, const struct patch_line *b)
{
    return a->newline == b->newline && a->text.len == b->text.len &&
           (a->text.len == 0 || memcmp(a->text.data, b->text.data, a->text.len) == 0);
}

/* The next line at or after `i` that is not of `sign`. */
static size_t skip(const struct patch_hunk *h, size_t i, char sign)
{
    while (i < h->n && h->lines[i].sign == sign)
        i++;
    return i;
}

static bool hunk_is_idle(const struct patch_hunk *h)
{
    size_t old = skip(h, 0, '+'), new = skip(h, 0, '-');
    while (old < h->n && new < h->n) {
        if (!same_text(&h->lines[old], &h->lines[new]))
            return false;
        old = skip(h, old + 1, '+');
        new = skip(h, new + 1, '-');
    }
    return old == h->n && new == h->n;
}

bool patch_is_idle(const struct patch_file *file)
{
    for (size_t i = 0; i < file->n; i++) {
        if (!hunk_is_idle(&file->hunks[i]))
            return false;
    }
    return true;
}
