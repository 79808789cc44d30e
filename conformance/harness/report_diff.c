#include "harness/report_diff.h"

#include <stdlib.h>
#include <string.h>

#include "common/json.h"

static bool is_bad(enum standing s)
{
    return s == STANDING_FAILED || s == STANDING_BROKEN || s == STANDING_VACUOUS;
}

static bool is_unjudged(enum standing s)
{
    return s == STANDING_SKIPPED || s == STANDING_UNSUPPORTED || s == STANDING_UNPROVISIONED;
}

static enum change_kind kind_of(enum standing before, enum standing after)
{
    if (is_bad(after) && !is_bad(before))
        return CHANGE_NEWLY_FAILING;
    if (before == STANDING_PASSED && is_unjudged(after))
        return CHANGE_NO_LONGER_JUDGED;
    return after == STANDING_PASSED ? CHANGE_NEWLY_PASSING : CHANGE_OTHER;
}

static void add(struct report_diff *d, enum change_kind kind, const char *id, const char *before,
                const char *after, const char *message)
{
    d->changes[d->n++] = (struct change){ kind, id, before, after, message };
    d->counts[kind]++;
}

static void compare(const struct report *a, const struct report *b, const json_t *x,
                    const json_t *y, struct report_diff *d)
{
    enum standing before = report_standing(a, x), after = report_standing(b, y);
    if (before == after)
        d->unchanged++;
    else
        add(d, kind_of(before, after), json_text(y, "id"), report_standing_text(before),
            report_standing_text(after), json_text(y, "message"));
}

static void add_new(const struct report *b, const json_t *y, struct report_diff *d)
{
    enum standing after = report_standing(b, y);
    add(d, is_bad(after) ? CHANGE_NEWLY_FAILING : CHANGE_ADDED, json_text(y, "id"), NULL,
        report_standing_text(after), json_text(y, "message"));
}

static int compare_changes(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    return x->kind != y->kind ? (x->kind < y->kind ? -1 : 1) : strcmp(x->id, y->id);
}

void report_diff(const struct report *a, const struct report *b, struct report_diff *out)
{
    size_t na = json_array_size(a->cases), nb = json_array_size(b->cases), i = 0, k = 0;
    *out = (struct report_diff){ 0 };
    out->changes = arena_alloc_array(b->arena, na + nb + 1, sizeof(*out->changes));
    /* Both are sorted by id. */
    while (i < na || k < nb) {
        const json_t *x = json_array_get(a->cases, i), *y = json_array_get(b->cases, k);
        int order = x == NULL ? 1 : y == NULL ? -1 : strcmp(json_text(x, "id"), json_text(y, "id"));
        if (order == 0)
            compare(a, b, x, y, out);
        else if (order > 0)
            add_new(b, y, out);
        else
            add(out, CHANGE_REMOVED, json_text(x, "id"),
                report_standing_text(report_standing(a, x)), NULL, NULL);
        i += order <= 0;
        k += order >= 0;
    }
    qsort(out->changes, out->n, sizeof(*out->changes), compare_changes);
    out->worse = out->counts[CHANGE_NEWLY_FAILING] + out->counts[CHANGE_NO_LONGER_JUDGED] > 0;
}

void report_diff_print(const struct report_diff *d, FILE *out)
{
    static const char *const titles[CHANGE_KINDS] = { "newly failing", "no longer judged",
                                                      "newly passing", "otherwise changed",
                                                      "added",         "removed" };
    for (size_t i = 0; i < d->n; i++) {
        const struct change *c = &d->changes[i];
        if (i == 0 || d->changes[i - 1].kind != c->kind)
            fprintf(out, "%s (%zu)\n", titles[c->kind], d->counts[c->kind]);
        fprintf(out, "  %s: %s → %s\n", c->id, c->before == NULL ? "not there" : c->before,
                c->after == NULL ? "not there" : c->after);
        if (c->kind == CHANGE_NEWLY_FAILING && c->message != NULL)
            fprintf(out, "      %.*s\n", (int)strcspn(c->message, "\n"), c->message);
    }
    fprintf(out,
            "%zu newly failing, %zu no longer judged, %zu newly passing, %zu otherwise changed, "
            "%zu added, %zu removed, %zu unchanged\n",
            d->counts[CHANGE_NEWLY_FAILING], d->counts[CHANGE_NO_LONGER_JUDGED],
            d->counts[CHANGE_NEWLY_PASSING], d->counts[CHANGE_OTHER], d->counts[CHANGE_ADDED],
            d->counts[CHANGE_REMOVED], d->unchanged);
}
