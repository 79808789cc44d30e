/* JUnit: a gate is a testsuite, a rule a testcase; a rule with findings fails and lists them. A
 * gate that is broken, or that had nothing to judge, is one testcase that errs or is skipped. */
#include "common/text.h"
#include "drift-gates/output.h"

struct tally {
    size_t tests, failures, errors, skipped;
};

static void attribute(struct buffer *out, const char *name, const char *value)
{
    buffer_printf(out, " %s=\"", name);
    buffer_xml_escaped(out, value, strlen(value));
    buffer_char(out, '"');
}

/* Findings and stale rows as one list. */
static const struct finding *row_at(const struct verdict *v, size_t i)
{
    size_t n = v->findings->n;
    return i < n ? &v->findings->rows[i] : i - n < v->stale->n ? &v->stale->rows[i - n] : NULL;
}

static bool is_of(const struct finding *f, const struct gate *gate, const struct gate_rule *rule,
                  bool excused)
{
    return f->gate == gate && f->rule == rule && (f->excused != NULL) == excused;
}

static size_t count(const struct verdict *v, const struct gate *gate, const struct gate_rule *rule,
                    bool excused)
{
    size_t n = 0;
    const struct finding *f;
    for (size_t i = 0; (f = row_at(v, i)) != NULL; i++)
        n += is_of(f, gate, rule, excused);
    return n;
}

static void put_line(struct arena *a, struct buffer *out, const struct finding *f)
{
    const char *file = f->where.file == NULL ? "." : f->where.file;
    const char *line = arena_printf(a, "%s:%d %s\n", output_line(a, file), f->where.line,
                                    output_line(a, f->message));
    buffer_xml_escaped(out, line, strlen(line));
}

static void open_case(struct buffer *out, const char *gate, const char *name)
{
    buffer_text(out, "    <testcase");
    attribute(out, "classname", gate);
    attribute(out, "name", name);
    buffer_text(out, ">");
}

static void put_rule(const struct verdict *v, const struct gate *gate, const struct gate_rule *rule,
                     struct tally *t, struct buffer *out)
{
    struct arena *a = v->findings->arena;
    size_t n = count(v, gate, rule, false), excused = count(v, gate, rule, true);
    const struct finding *f;
    t->tests++;
    open_case(out, gate->name, arena_printf(a, "%s %s", rule->id, rule->title));
    if (n > 0) {
        t->failures++;
        buffer_text(out, "<failure");
        attribute(out, "type", rule->id);
        attribute(out, "message", arena_printf(a, "%zu findings: %s", n, rule->mend));
        buffer_text(out, ">\n");
        for (size_t i = 0; (f = row_at(v, i)) != NULL; i++) {
            if (is_of(f, gate, rule, false))
                put_line(a, out, f);
        }
        buffer_text(out, "</failure>");
    } else if (excused > 0) {
        t->skipped++;
        buffer_text(out, "<skipped");
        attribute(out, "message", arena_printf(a, "%zu excused", excused));
        buffer_text(out, "/>");
    }
    buffer_text(out, "</testcase>\n");
}

/* Rules of a gate that looked; TREE-01 of any gate only where it was met. */
static void put_rules(const struct verdict *v, const struct gate *gate, struct tally *t,
                      struct buffer *out)
{
    const struct gate_rule *unreadable = gate_rule_named(&framework_gate, "TREE-01");
    for (size_t i = 0; i < gate->n_rules; i++)
        put_rule(v, gate, &gate->rules[i], t, out);
    if (gate != &framework_gate &&
        count(v, gate, unreadable, false) + count(v, gate, unreadable, true) > 0)
        put_rule(v, gate, unreadable, t, out);
}

static void put_whole(const struct verdict *v, const struct gate_outcome *o, struct tally *t,
                      struct buffer *out)
{
    struct arena *a = v->findings->arena;
    bool required = text_equal(v->missing, o->gate->name);
    t->tests++;
    open_case(out, o->gate->name, "had something to judge");
    if (o->state == GATE_BROKEN || required) {
        t->errors++;
        buffer_text(out, "<error");
        attribute(out, "message",
                  o->error != NULL ? output_line(a, o->error) : "required here, and nothing was");
    } else {
        t->skipped++;
        buffer_text(out, "<skipped");
        attribute(out, "message", "not applicable: nothing to compare");
    }
    buffer_text(out, "/></testcase>\n");
}

static void put_suite(const struct verdict *v, const struct gate_outcome *o, struct tally *all,
                      struct buffer *out)
{
    struct tally t = { 0 };
    struct buffer inside;
    buffer_init(&inside, out->cap);
    if (o->state == GATE_NOT_APPLICABLE || o->state == GATE_BROKEN)
        put_whole(v, o, &t, &inside);
    if (o->state != GATE_NOT_APPLICABLE)
        put_rules(v, o->gate, &t, &inside);
    const char *unlooked = output_unlooked(v, o->gate);
    buffer_text(out, "  <testsuite");
    attribute(out, "name", o->gate->name);
    buffer_printf(out,
                  " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.3f\">\n",
                  t.tests, t.failures, t.errors, t.skipped, (double)o->nanos / 1e9);
    buffer_append(out, inside.data, inside.len);
    if (unlooked != NULL) {
        buffer_text(out, "    <system-out>not looked at: ");
        buffer_xml_escaped(out, unlooked, strlen(unlooked));
        buffer_text(out, "</system-out>\n");
    }
    buffer_text(out, "  </testsuite>\n");
    buffer_release(&inside);
    all->tests += t.tests;
    all->failures += t.failures;
    all->errors += t.errors;
    all->skipped += t.skipped;
}

void output_junit(const struct verdict *v, struct output_style style, struct buffer *out)
{
    struct tally all = { 0 };
    struct buffer inside;
    (void)style;
    buffer_init(&inside, out->cap);
    for (size_t i = 0; i < v->findings->n_outcomes; i++)
        put_suite(v, &v->findings->outcomes[i], &all, &inside);
    buffer_printf(out,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"plexconf gate\""
                  " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n",
                  all.tests, all.failures, all.errors, all.skipped);
    buffer_append(out, inside.data, inside.len);
    buffer_text(out, "</testsuites>\n");
    buffer_release(&inside);
}
