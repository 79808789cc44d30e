#include "drift-gates/verdict.h"

#include "common/options.h"
#include "common/text.h"
#include "drift-gates/baseline.h"
#include "drift-gates/prepare.h"
#include "drift-gates/waivers.h"
#include "harness/exit_code.h"

#define GATES_ROOM 64

const char *gate_nearest(const struct gate *const *table, const char *name)
{
    const char *names[GATES_ROOM] = { NULL };
    for (size_t i = 0; table[i] != NULL && i + 1 < GATES_ROOM; i++)
        names[i] = table[i]->name;
    return options_nearest(name, names);
}

static struct gate_outcome *outcome_of(struct findings *f, const struct gate *gate)
{
    for (size_t i = 0; i < f->n_outcomes; i++) {
        if (f->outcomes[i].gate == gate)
            return &f->outcomes[i];
    }
    return NULL;
}

static void add_stale(struct gate_run *g, const char *rule, struct place where, const char *message)
{
    findings_add(g, gate_rule_named(&framework_gate, rule), where, (struct place){ 0 }, message);
}

static void tell_waivers(struct gate_run *g, const struct gate_waivers *w)
{
    for (size_t i = 0; i < w->n; i++) {
        if (w->rows[i].fault != NULL)
            add_stale(g, w->rows[i].fault, w->rows[i].where, w->rows[i].told);
    }
}

static void tell_baseline(struct gate_run *g, const struct gate *const *table,
                          const struct findings *f, const struct baseline *b)
{
    for (size_t i = 0; b != NULL && i < b->n; i++) {
        const struct baseline_row *row = &b->rows[i];
        bool known = rule_in(table, row->rule, NULL) != NULL;
        if (row->seen == row->count || (known && !rule_was_judged(f, row->rule)))
            continue;
        const char *message =
            known ? arena_printf(g->arena, "%s is found %lld times less than the baseline says: %s",
                                 row->rule, (long long)(row->count - row->seen),
                                 row->message == NULL ? row->fingerprint : row->message)
                  : arena_printf(g->arena, "no gate has a rule %s", row->rule);
        add_stale(g, "BSL-01", (struct place){ .file = b->path, .line = row->line }, message);
    }
}

/* What is excused does not decide: each outcome is counted again. */
static void recount(struct findings *f)
{
    for (size_t i = 0; i < f->n_outcomes; i++) {
        f->outcomes[i].n_findings += f->outcomes[i].n_excused;
        f->outcomes[i].n_excused = 0;
    }
    for (size_t i = 0; i < f->n; i++) {
        if (f->rows[i].excused == NULL)
            continue;
        struct gate_outcome *o = outcome_of(f, f->rows[i].gate);
        o->n_findings--;
        o->n_excused++;
        if (o->n_findings == 0 && o->state == GATE_FOUND)
            o->state = GATE_CLEAN;
    }
}

static void excuse(struct arena *a, const struct gate *const *table, const struct gate_options *o,
                   struct verdict *v, struct baseline *b)
{
    struct gate_waivers w = { .arena = a };
    struct gate_run stale = { .arena = a, .gate = &framework_gate, .findings = v->stale };
    gate_waivers_collect(&w, v->tree, v->settings, v->findings);
    gate_waivers_check(&w, table, o->today);
    gate_waivers_apply(&w, v->findings);
    gate_waivers_settle(&w, v->findings);
    if (b != NULL)
        baseline_apply(b, v->findings);
    tell_waivers(&stale, &w);
    tell_baseline(&stale, table, v->findings, b);
    recount(v->findings);
}

static void count(struct verdict *v)
{
    const struct findings *f = v->findings;
    for (size_t i = 0; i < f->n_outcomes; i++) {
        const struct gate_outcome *o = &f->outcomes[i];
        v->n_findings += o->n_findings;
        v->n_excused += o->n_excused;
        if (o->gate == &framework_gate)
            continue;
        v->n_clean += o->state == GATE_CLEAN;
        v->n_found += o->state == GATE_FOUND;
        v->n_broken += o->state == GATE_BROKEN;
        v->n_not_applicable += o->state == GATE_NOT_APPLICABLE;
    }
    v->n_stale = v->stale->n + v->stale->dropped;
    v->n_unlooked = f->n_notes;
    for (const char *const *name = v->settings->require; *name != NULL; name++) {
        for (size_t i = 0; i < f->n_outcomes && v->missing == NULL; i++) {
            if (text_equal(f->outcomes[i].gate->name, *name) &&
                f->outcomes[i].state == GATE_NOT_APPLICABLE)
                v->missing = *name;
        }
    }
}

static int exit_of(const struct verdict *v)
{
    if (v->n_broken > 0 || v->missing != NULL)
        return EXIT_BROKEN;
    if (v->n_findings > 0)
        return EXIT_TARGET_FAILED;
    if (v->n_stale > 0)
        return EXIT_STALE;
    return v->n_clean + v->n_found == 0 ? EXIT_NOTHING : EXIT_CONFORMANT;
}

static bool is_chosen(const struct gate_options *o, const char *name)
{
    for (const char *const *chosen = o->names; *chosen != NULL; chosen++) {
        if (text_equal(*chosen, name))
            return true;
    }
    return o->names[0] == NULL;
}

static void run(const struct gate *const *table, const struct gate_options *o, struct verdict *v)
{
    for (size_t i = 0; table[i] != NULL; i++) {
        if (is_chosen(o, table[i]->name))
            gate_execute(table[i], v->tree, v->settings, v->findings);
    }
    gate_execute(&framework_gate, v->tree, v->settings, v->findings);
}

/* With the baseline that stands the tree passes, whatever was found: that is what it is for. What a
 * gate that broke had found is no whole: then none is written, and the verdict says 3. */
static bool write_baseline(struct arena *a, const char *path, struct verdict *v, struct error *e)
{
    struct baseline *b;
    for (size_t i = 0; i < v->findings->n_outcomes; i++) {
        if (v->findings->outcomes[i].state == GATE_BROKEN)
            return true;
    }
    if (!baseline_write(a, path, v->findings, &v->n_written, e) || !baseline_read(a, path, &b, e))
        return false;
    baseline_apply(b, v->findings);
    recount(v->findings);
    return true;
}

bool gates_judge(struct arena *a, const struct gate *const *table, const struct gate_options *o,
                 struct verdict *out, int *code, struct error *e)
{
    struct prepared p = { 0 };
    struct baseline *b = NULL;
    *code = EXIT_USAGE;
    *out = (struct verdict){ .findings = findings_create(a), .stale = findings_create(a) };
    if (!gates_prepare(a, table, o, &p, code, e) ||
        (o->baseline != NULL && !baseline_read(a, o->baseline, &b, e)))
        return false;
    out->tree = p.tree;
    out->settings = p.settings;
    run(table, o, out);
    excuse(a, table, o, out, b);
    *code = EXIT_BROKEN;
    if (o->write_baseline != NULL && !write_baseline(a, o->write_baseline, out, e))
        return false;
    count(out);
    out->exit = *code = exit_of(out);
    return true;
}
