#include "common/json.h"
#include "drift-gates/output.h"

static json_t *text(struct arena *a, const char *value)
{
    return value == NULL ? json_null() : json_string(output_line(a, value));
}

static json_t *place_json(struct arena *a, const struct place *p)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "file", text(a, p->file), "line",
                     p->line > 0 ? json_integer(p->line) : json_null(), "path", text(a, p->path),
                     "environment", text(a, p->environment));
}

static json_t *finding_json(struct arena *a, const struct finding *f)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:o, s:o}", "gate", f->gate->name, "rule",
                     f->rule->id, "message", text(a, f->message), "where", place_json(a, &f->where),
                     "other", f->other.file == NULL ? json_null() : place_json(a, &f->other),
                     "fingerprint", f->fingerprint, "excused", text(a, f->excused), "excused_by",
                     text(a, f->excused_by));
}

static json_t *findings_json(const struct findings *f)
{
    json_t *list = json_array();
    for (size_t i = 0; i < f->n; i++)
        json_array_append_new(list, finding_json(f->arena, &f->rows[i]));
    return list;
}

static json_t *gate_json(const struct findings *f, const struct gate_outcome *o)
{
    json_t *compared = json_array(), *unlooked = json_array();
    for (size_t i = 0; i < f->n_counts; i++) {
        if (f->counts[i].gate == o->gate)
            json_array_append_new(compared,
                                  json_pack("{s:o, s:I}", "what", text(f->arena, f->counts[i].what),
                                            "n", (json_int_t)f->counts[i].n));
    }
    for (size_t i = 0; i < f->n_notes; i++) {
        if (f->notes[i].gate == o->gate)
            json_array_append_new(unlooked,
                                  json_pack("{s:o, s:o}", "what", text(f->arena, f->notes[i].what),
                                            "why", text(f->arena, f->notes[i].why)));
    }
    return json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:f}", "name", o->gate->name, "state",
                     output_state(o->state), "findings", (json_int_t)o->n_findings, "excused",
                     (json_int_t)o->n_excused, "compared", compared, "unlooked", unlooked, "error",
                     text(f->arena, o->error), "ms", (double)o->nanos / 1e6);
}

static json_t *counts_json(const struct verdict *v)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "findings",
                     (json_int_t)v->n_findings, "excused", (json_int_t)v->n_excused, "stale",
                     (json_int_t)v->n_stale, "clean", (json_int_t)v->n_clean, "with_findings",
                     (json_int_t)v->n_found, "not_applicable", (json_int_t)v->n_not_applicable,
                     "broken", (json_int_t)v->n_broken, "unlooked", (json_int_t)v->n_unlooked);
}

void output_json(const struct verdict *v, struct output_style style, struct buffer *out)
{
    const struct findings *f = v->findings;
    json_t *gates_list = json_array();
    (void)style;
    for (size_t i = 0; i < f->n_outcomes; i++)
        json_array_append_new(gates_list, gate_json(f, &f->outcomes[i]));
    json_t *root = json_pack("{s:s, s:i, s:o, s:i, s:o, s:o, s:o, s:o, s:o}", "report",
                             "plexconf gate", "version", 1, "tree", text(f->arena, v->tree->root),
                             "exit", v->exit, "required_without_work", text(f->arena, v->missing),
                             "counts", counts_json(v), "gates", gates_list, "findings",
                             findings_json(f), "stale", findings_json(v->stale));
    buffer_text(out, json_dump_pretty(f->arena, json_own(f->arena, root)));
    buffer_char(out, '\n');
}
