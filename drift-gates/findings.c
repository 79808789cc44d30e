#include "drift-gates/findings.h"

#include <stdlib.h>

#include "common/text.h"
#include "common/timestamp.h"

struct findings *findings_create(struct arena *a)
{
    struct findings *f = arena_alloc(a, sizeof(*f));
    f->arena = a;
    return f;
}

static int compare_text(const char *a, const char *b)
{
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b);
}

static int compare(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;
    int order = compare_text(a->where.file, b->where.file);
    if (order == 0)
        order = (a->where.line > b->where.line) - (a->where.line < b->where.line);
    if (order == 0)
        order = strcmp(a->rule->id, b->rule->id);
    return order != 0 ? order : strcmp(a->message, b->message);
}

static void add_outcome(struct findings *f, struct gate_outcome o)
{
    f->outcomes = arena_grow(f->arena, f->outcomes, f->n_outcomes, &f->outcomes_room, sizeof(o));
    f->outcomes[f->n_outcomes++] = o;
}

static void sort_from(struct findings *f, size_t from)
{
    if (f->n - from > 1)
        qsort(f->rows + from, f->n - from, sizeof(*f->rows), compare);
}

/* In rows [from, to), which are sorted. */
static bool has_finding_on(const struct findings *f, size_t from, size_t to, const char *file)
{
    size_t end = to;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (compare_text(f->rows[middle].where.file, file) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from < end && text_equal(f->rows[from].where.file, file);
}

/* Nothing that a gate needed and could not have goes by in silence. */
static void tell_failures(struct gate_run *g, size_t before)
{
    const struct gate_rule *rule = gate_rule_named(&framework_gate, "TREE-01");
    const size_t from = g->findings->first, to = g->findings->n;
    size_t n;
    const struct tree_file *failures = tree_failures(g->tree, &n);
    for (size_t i = before; i < n; i++) {
        const char *path = failures[i].path;
        if (!has_finding_on(g->findings, from, to, path))
            findings_add(g, rule, (struct place){ .file = path }, (struct place){ 0 },
                         arena_printf(g->arena, "%s could not be looked at: %s", g->gate->name,
                                      failures[i].problem));
    }
}

static void finish(struct gate_run *g, struct gate_outcome *o)
{
    struct findings *f = g->findings;
    if (f->dropped > 0)
        gate_unlooked(g, arena_printf(g->arena, "%zu more findings", f->dropped),
                      "only the first 100,000 are kept");
    o->n_findings = f->n - f->first + f->dropped;
    if (o->state == GATE_BROKEN)
        return;
    if (o->n_findings > 0)
        o->state = GATE_FOUND;
    else
        o->state = g->compared > 0 ? GATE_CLEAN : GATE_NOT_APPLICABLE;
}

void gate_execute(const struct gate *gate, const struct tree *t, const struct settings *s,
                  struct findings *f)
{
    struct gate_run g = {
        .arena = f->arena, .gate = gate, .tree = t, .settings = s, .findings = f
    };
    struct gate_outcome o = { .gate = gate };
    struct error e = { .text = "" };
    size_t failures;
    f->first = f->n;
    f->dropped = 0;
    (void)tree_failures(t, &failures);
    int64_t started = clock_monotonic_nanos();
    if (!gate->run(&g, &e)) {
        o.state = GATE_BROKEN;
        o.error = arena_strdup(f->arena, e.text);
    }
    o.nanos = clock_monotonic_nanos() - started;
    sort_from(f, f->first);
    tell_failures(&g, failures);
    sort_from(f, f->first);
    finish(&g, &o);
    add_outcome(f, o);
}
