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

void *findings_grow(struct arena *a, void *rows, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return rows;
    *room = *room == 0 ? 16 : *room * 2;
    void *more = arena_alloc_array(a, *room, size);
    if (n > 0)
        memcpy(more, rows, n * size);
    return more;
}

static void add_outcome(struct findings *f, struct gate_outcome o)
{
    f->outcomes = findings_grow(f->arena, f->outcomes, f->n_outcomes, &f->outcomes_room, sizeof(o));
    f->outcomes[f->n_outcomes++] = o;
}

static bool has_finding_on(const struct findings *f, const char *file)
{
    for (size_t i = f->first; i < f->n; i++) {
        if (text_equal(f->rows[i].where.file, file))
            return true;
    }
    return false;
}

/* Nothing that a gate needed and could not have goes by in silence. */
static void tell_failures(struct gate_run *g, size_t before)
{
    size_t n;
    const struct tree_file *failures = tree_failures(g->tree, &n);
    for (size_t i = before; i < n; i++) {
        const char *path = failures[i].path;
        if (!has_finding_on(g->findings, path))
            findings_add(g, gate_rule_named(&framework_gate, "TREE-01"),
                         (struct place){ .file = path }, (struct place){ 0 },
                         arena_printf(g->arena, "%s could not be looked at: %s", g->gate->name,
                                      failures[i].problem));
    }
}

static void finish(struct gate_run *g, struct gate_outcome *o)
{
    struct findings *f = g->findings;
    size_t kept = f->n - f->first;
    if (kept > 1)
        qsort(f->rows + f->first, kept, sizeof(*f->rows), compare);
    if (f->dropped > 0)
        gate_unlooked(g, arena_printf(g->arena, "%zu more findings", f->dropped),
                      "only the first 100,000 are kept");
    o->n_findings = kept + f->dropped;
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
    tell_failures(&g, failures);
    finish(&g, &o);
    add_outcome(f, o);
}
