#include "drift-gates/waivers.h"

#include "common/text.h"
#include "common/timestamp.h"

const struct gate_rule *rule_in(const struct gate *const *table, const char *id,
                                const struct gate **gate)
{
    for (size_t i = 0; table[i] != NULL; i++) {
        const struct gate_rule *rule = gate_rule_named(table[i], id);
        if (rule == NULL)
            continue;
        if (gate != NULL)
            *gate = table[i];
        return rule;
    }
    if (gate != NULL)
        *gate = &framework_gate;
    return gate_rule_named(&framework_gate, id);
}

bool rule_was_judged(const struct findings *f, const char *id)
{
    /* TREE-01 may come from any gate: only its own look at the tree is sure to have been. */
    for (size_t i = 0; i < f->n_outcomes; i++) {
        if (gate_rule_named(f->outcomes[i].gate, id) != NULL)
            return f->outcomes[i].state != GATE_BROKEN;
    }
    return false;
}

static void fail(struct gate_waivers *w, struct gate_waiver *row, const char *rule,
                 const char *format, ...) PRINTF_LIKE(4, 5);

static void fail(struct gate_waivers *w, struct gate_waiver *row, const char *rule,
                 const char *format, ...)
{
    va_list args;
    va_start(args, format);
    row->fault = rule;
    row->told = arena_vprintf(w->arena, format, args);
    va_end(args);
}

static void check(struct gate_waivers *w, struct gate_waiver *row, const struct gate *const *table,
                  const char *today)
{
    int64_t midnight;
    if (row->fault != NULL)
        return;
    if (text_blank(row->rule))
        fail(w, row, "WVR-01", "this waiver names no rule");
    else if (rule_in(table, row->rule, NULL) == NULL)
        fail(w, row, "WVR-01", "no gate has a rule %s", row->rule);
    else if (text_blank(row->reason))
        fail(w, row, "WVR-01", "the waiver of %s has no reason", row->rule);
    else if (row->first == 0 && text_blank(row->owner))
        fail(w, row, "WVR-01", "the waiver of %s has no owner", row->rule);
    else if (text_blank(row->until))
        fail(w, row, "WVR-01", "the waiver of %s has no last day (until)", row->rule);
    else if (strlen(row->until) != strlen("YYYY-MM-DD") ||
             !timestamp_parse(arena_printf(w->arena, "%sT00:00:00Z", row->until), &midnight))
        fail(w, row, "WVR-01", "the waiver of %s ends on '%s', which is no day YYYY-MM-DD",
             row->rule, row->until);
    else if (strcmp(row->until, today) < 0)
        fail(w, row, "WVR-02", "the waiver of %s ended on %s", row->rule, row->until);
}

void gate_waivers_check(struct gate_waivers *w, const struct gate *const *table, const char *today)
{
    for (size_t i = 0; i < w->n; i++)
        check(w, &w->rows[i], table, today);
}

static bool fits(const struct gate_waiver *w, const struct finding *f)
{
    if (w->fault != NULL || !text_equal(w->rule, f->rule->id))
        return false;
    if (w->first > 0)
        return text_equal(w->where.file, f->where.file) && f->where.line >= w->first &&
               f->where.line <= w->last;
    return (w->file == NULL || text_glob(w->file, f->where.file)) &&
           (w->path == NULL || text_glob(w->path, f->where.path));
}

void gate_waivers_apply(struct gate_waivers *w, struct findings *f)
{
    for (size_t i = 0; w->n > 0 && i < f->n; i++) {
        struct finding *row = &f->rows[i];
        for (size_t k = 0; k < w->n; k++) {
            if (!fits(&w->rows[k], row))
                continue;
            w->rows[k].used = true;
            if (row->excused != NULL)
                continue;
            row->excused = w->rows[k].reason;
            row->excused_by = w->rows[k].first > 0 ? EXCUSED_BY_SOURCE : EXCUSED_BY_SETTINGS;
        }
    }
}

void gate_waivers_settle(struct gate_waivers *w, const struct findings *f)
{
    for (size_t i = 0; i < w->n; i++) {
        struct gate_waiver *row = &w->rows[i];
        if (row->fault == NULL && !row->used && rule_was_judged(f, row->rule))
            fail(w, row, "WVR-03", "the waiver of %s waives nothing", row->rule);
    }
}
