#include "drift-gates/findings.h"

#include <stdlib.h>

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
    struct gate_outcome *more = arena_alloc_array(f->arena, f->n_outcomes + 1, sizeof(*more));
    if (f->n_outcomes > 0)
        memcpy(more, f->outcomes, f->n_outcomes * sizeof(*more));
    more[f->n_outcomes++] = o;
    f->outcomes = more;
}

void gate_execute(const struct gate *gate, const struct tree *t, const struct settings *s,
                  struct findings *f)
{
    struct gate_run g = {
        .arena = f->arena, .gate = gate, .tree = t, .settings = s, .findings = f
    };
    struct gate_outcome o = { .gate = gate };
    struct error e = { .text = "" };
    size_t before = f->n;
    int64_t started = clock_monotonic_nanos();
    bool finished = gate->run(&g, &e);
    o.nanos = clock_monotonic_nanos() - started;
    o.n_findings = f->n - before;
    if (o.n_findings > 1)
        qsort(f->rows + before, o.n_findings, sizeof(*f->rows), compare);
    if (!finished) {
        o.state = GATE_BROKEN;
        o.error = arena_strdup(f->arena, e.text);
    } else if (o.n_findings > 0) {
        o.state = GATE_FOUND;
    } else {
        o.state = g.compared > 0 ? GATE_CLEAN : GATE_NOT_APPLICABLE;
    }
    add_outcome(f, o);
}
