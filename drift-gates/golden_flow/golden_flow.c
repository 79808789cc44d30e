/* golden-flow: the end-to-end tests say what they trace to, and are as complete as they look.
 *
 * A step on the pending list is written and not run yet; every other one is wired. The list, its
 * counts and the tests are changed together or not at all. */
#include "drift-gates/gate.h"

#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/golden_flow/chainsaw.h"
#include "drift-gates/data_file.h"
#include "drift-gates/golden_flow/golden_flow.h"
#include "drift-gates/lines.h"

static const struct gate_rule rules[] = {
    { .id = "FLOW-01",
      .title = "every try block says which requirement it traces to",
      .why =
          "A failing flow prints the description of its step. Without (REQ-…, PX-…) in it nobody "
          "learns which promise was broken. Both kinds of id must be there, in one bracket.",
      .mend = "give the step a description that holds, for instance, (REQ-009, PX-0021)",
      .source = "GFLOW-001" },
    { .id = "FLOW-02",
      .title = "every assertion says which requirement it traces to",
      .why = "A step holds several assertions, and chainsaw prints the description of the one that "
             "failed. An assertion is assert, error, wait, and what has a check of its own.",
      .mend = "give the operation a description that holds, for instance, (REQ-009, PX-0021)",
      .source = "GFLOW-001" },
    { .id = "FLOW-03",
      .title = "the pending list names steps that are there, each with what it waits for",
      .why = "A row that no step has any more excuses nothing today and something else tomorrow.",
      .mend = "remove the row, or write the step's name as the test does",
      .source = "GFLOW-002" },
    { .id = "FLOW-04",
      .title = "the counts of wired and pending steps are those the list states",
      .why = "A step that is added, removed or wired changes what the flow shows. The counts make "
             "that a decision somebody wrote down.",
      .mend = "count again, and write both numbers below `counts` of the pending list",
      .source = "GFLOW-003" },
    { .id = "FLOW-05",
      .title = "`skip: true` has its companion: a row of `skipped`, and every step pending",
      .why =
          "A skipped test is reported as no failure. One that claims wired steps, or that nobody "
          "declared, shows nothing and looks green.",
      .mend = "declare the test below `skipped` with what it waits for and list its steps, or drop "
              "`skip: true` and the row together",
      .source = "GFLOW-004" },
    { .id = "FLOW-06",
      .title =
          "a test that runs has pending steps that only announce it, and no wired ones that do",
      .why =
          "When `skip: true` is dropped without wiring the steps, the flow is green and empty. In "
          "a test that runs, a pending step is one script `echo pending: …`.",
      .mend = "wire the step and take it off the list, or make it announce that it is pending",
      .source = "GFLOW-005" },
    { .id = "FLOW-07",
      .title = "an `error` is about an object that was there",
      .why =
          "chainsaw's `error` succeeds at once when the object was never submitted, was misnamed "
          "or "
          "is in another namespace. An apply, create, patch, update or assert of the same object "
          "must stand before it in the same test; what a script submits needs an assert.",
      .mend = "assert the object, under the same kind, name and namespace, before the error",
      .source = "GFLOW-006" },
    { .id = "FLOW-08",
      .title = "no test, step or try is empty, and every test asserts something",
      .why = "chainsaw answers success for an empty list of tests, steps or operations.",
      .mend = "write what should be shown, or remove the empty part",
      .source = "GFLOW-007" },
    { .id = "FLOW-09",
      .title = "a test file is read whole",
      .why = "A misspelt operation, a name that is missing or there twice, or a file that is not "
             "there "
             "would make the gate judge something else than chainsaw runs.",
      .mend = "mend what the message names; `chainsaw lint test -f FILE` shows it, too",
      .source = "GFLOW-008" },
    { .id = "FLOW-10",
      .title = "every flow that the settings demand is there",
      .why = "A flow that was moved, renamed or deleted would be missed by nobody.",
      .mend = "bring the test back, or change gates.golden-flow.flows",
      .source = "GFLOW-009" },
};

struct seen_test {
    const char *file;
    const struct chainsaw_test *test;
};

struct flows {
    struct gate_run *g;
    struct data_file pending;
    const char *file; /* being read */
    struct seen_test *tests;
    size_t n, room;
    size_t wired, n_pending, assertions;
};

static struct place at(const struct flows *f, const char *file, int line, const char *test,
                       const char *step)
{
    const char *path = step == NULL ? test : arena_printf(f->g->arena, "%s/%s", test, step);
    return (struct place){ .file = file, .line = line, .path = path };
}

/* ---- the pending list ---- */

static const char *waits_for(const struct flows *f, const char *test, const char *step)
{
    return json_text(json_object_get(json_object_get(f->pending.value, "pending"), test), step);
}

static bool is_pending(const struct flows *f, const char *test, const char *step)
{
    return step != NULL && waits_for(f, test, step) != NULL;
}

static const struct chainsaw_test *test_named(const struct flows *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++) {
        if (text_equal(f->tests[i].test->name, name))
            return f->tests[i].test;
    }
    return NULL;
}

static bool has_step(const struct chainsaw_test *t, const char *name)
{
    for (size_t i = 0; i < t->n; i++) {
        if (text_equal(t->steps[i].name, name))
            return true;
    }
    return false;
}

static void judge_rows(struct flows *f, const char *test, const json_t *rows)
{
    const struct chainsaw_test *t = test_named(f, test);
    const char *step;
    json_t *value;
    json_object_foreach ((json_t *)rows, step, value) {
        struct place where = data_file_place(f->g, &f->pending, rows, step);
        if (t == NULL || !has_step(t, step))
            finding(f->g, "FLOW-03", where, "no test '%s' has a step '%s'", test, step);
        else if (text_blank(json_string_value(value)))
            finding(f->g, "FLOW-03", where, "step '%s' does not say what it waits for", step);
    }
}

static void judge_list(struct flows *f)
{
    const json_t *pending = json_object_get(f->pending.value, "pending");
    const json_t *skipped = json_object_get(f->pending.value, "skipped");
    const char *test;
    json_t *rows;
    json_object_foreach ((json_t *)pending, test, rows)
        judge_rows(f, test, rows);
    json_object_foreach ((json_t *)skipped, test, rows) {
        const struct chainsaw_test *t = test_named(f, test);
        struct place where = data_file_place(f->g, &f->pending, skipped, test);
        if (t == NULL || text_blank(json_string_value(rows)))
            finding(f->g, "FLOW-03", where,
                    t == NULL ? "there is no test '%s'"
                              : "test '%s' does not say what it waits for",
                    test);
        else if (!t->skip)
            finding(f->g, "FLOW-05", where, "test '%s' is not skipped any more", test);
    }
}

static void judge_counts(struct flows *f)
{
    const json_t *counts = json_object_get(f->pending.value, "counts");
    int64_t wired = json_int(counts, "wired", -1), pending = json_int(counts, "pending", -1);
    if (f->pending.value == NULL)
        return;
    if (wired != (int64_t)f->wired || pending != (int64_t)f->n_pending)
        finding(f->g, "FLOW-04",
                data_file_place(f->g, &f->pending, f->pending.value,
                                counts == NULL ? NULL : "counts"),
                "%zu steps are wired and %zu pending; the list does not state that", f->wired,
                f->n_pending);
}

/* ---- one test ---- */

static void cannot_follow(void *self, bool missing, const char *file, int line, const char *what)
{
    struct flows *f = self;
    if (missing)
        finding(f->g, "FLOW-09", at(f, f->file, line, file, NULL), "%s", what);
    else
        gate_unlooked(f->g, file, what);
}

static void judge_operation(struct flows *f, const struct chainsaw_test *t,
                            const struct chainsaw_step *s, const struct chainsaw_operation *o)
{
    if (!o->judges)
        return;
    f->assertions++;
    if (!golden_flow_traced(o->description))
        finding(f->g, "FLOW-02", at(f, f->file, o->line, t->name, s->name),
                "this %s has no description with (REQ-…, PX-…)", o->verb);
}

/* One script that prints that the step is pending, and does nothing else. */
static bool only_announces(const struct chainsaw_step *s)
{
    const char *content = s->n == 1 ? json_text(s->operations[0].body, "content") : NULL;
    return content != NULL && text_equal(s->operations[0].verb, "script") &&
           text_starts(content, "echo ") && text_contains(content, "pending:") &&
           strpbrk(content, "\n;&|`$(") == NULL && !s->operations[0].judges;
}

static void judge_wiring(struct flows *f, const struct chainsaw_test *t,
                         const struct chainsaw_step *s)
{
    struct place where = at(f, f->file, s->line, t->name, s->name);
    bool pending = is_pending(f, t->name, s->name);
    f->n_pending += pending;
    f->wired += !pending;
    if (t->skip && !pending)
        finding(f->g, "FLOW-05", where, "the test is skipped, and this step counts as wired");
    else if (!t->skip && pending && !only_announces(s))
        finding(f->g, "FLOW-06", where, "the test runs, and this step is on the pending list");
    else if (!t->skip && !pending && only_announces(s))
        finding(f->g, "FLOW-06", where,
                "this step only announces that it is pending, and is not "
                "on the list");
}

static void judge_step(struct flows *f, const struct chainsaw_test *t,
                       const struct chainsaw_step *s)
{
    struct place where = at(f, f->file, s->line, t->name, s->name);
    if (s->n == 0 && !s->uses)
        finding(f->g, "FLOW-08", where, "the step has nothing to try");
    else if (!golden_flow_traced(s->description))
        finding(f->g, "FLOW-01", where, "the step has no description with (REQ-…, PX-…)");
    judge_wiring(f, t, s);
    for (size_t i = 0; i < s->n; i++)
        judge_operation(f, t, s, &s->operations[i]);
    for (const struct chainsaw_step *other = t->steps; other < s; other++) {
        if (s->name != NULL && text_equal(other->name, s->name))
            finding_between(f->g, "FLOW-09", where, at(f, f->file, other->line, t->name, s->name),
                            "two steps of the test are named '%s'", s->name);
    }
}

static void judge_vacuous(struct flows *f, const struct chainsaw_test *t)
{
    struct golden_flow_objects o = { .g = f->g, .file = f->file, .told = cannot_follow, .self = f };
    for (size_t i = 0; i < t->n; i++) {
        for (size_t k = 0; k < t->steps[i].n; k++) {
            const char *name = golden_flow_object(&o, &t->steps[i].operations[k]);
            if (name != NULL)
                finding(f->g, "FLOW-07",
                        at(f, f->file, t->steps[i].operations[k].line, t->name, t->steps[i].name),
                        "%s was never submitted before, so this error shows nothing", name);
        }
    }
}

static void judge_test(struct flows *f, const struct chainsaw_test *t)
{
    size_t before = f->assertions;
    bool templates = false;
    struct place where = at(f, f->file, t->line, t->name, NULL);
    for (size_t i = 0; i < t->n; i++) {
        judge_step(f, t, &t->steps[i]);
        templates = templates || t->steps[i].uses;
    }
    if (t->n == 0)
        finding(f->g, "FLOW-08", where, "test '%s' has no steps", t->name);
    else if (f->assertions == before && !templates)
        finding(f->g, "FLOW-08", where, "test '%s' asserts nothing", t->name);
    if (t->skip && json_text(json_object_get(f->pending.value, "skipped"), t->name) == NULL)
        finding(f->g, "FLOW-05", where, "test '%s' is skipped, and %s does not declare it", t->name,
                f->pending.path);
    judge_vacuous(f, t);
}

/* ---- the tree ---- */

static void fault(void *self, int line, const char *what)
{
    struct flows *f = self;
    finding(f->g, "FLOW-09", at(f, f->file, line, NULL, NULL), "%s", what);
}

static void add_test(struct flows *f, const struct chainsaw_test *t)
{
    const struct chainsaw_test *twin = t->name[0] == '\0' ? NULL : test_named(f, t->name);
    if (twin != NULL)
        finding(f->g, "FLOW-09", at(f, f->file, t->line, t->name, NULL), "two tests are named '%s'",
                t->name);
    f->tests = arena_grow(f->g->arena, f->tests, f->n, &f->room, sizeof(*f->tests));
    f->tests[f->n++] = (struct seen_test){ f->file, t };
}

static void read_file(struct flows *f, const struct tree_file *file)
{
    struct error e = { .text = "" };
    struct bytes text;
    struct chainsaw_test *tests;
    size_t n;
    f->file = file->path;
    struct chainsaw_reader r = { .arena = f->g->arena, .fault = fault, .self = f };
    if (!tree_map(f->g->tree, file, &text, &e)) {
        if (text_ends(file->path, "/chainsaw-test.yaml"))
            finding(f->g, "FLOW-09", at(f, file->path, 0, NULL, NULL), "%s", e.text);
        else
            gate_unlooked(f->g, file->path, e.text);
        return;
    }
    if (text.len > 0 && memmem(text.data, text.len, CHAINSAW_GROUP, strlen(CHAINSAW_GROUP))) {
        if (chainsaw_read(&r, text, &tests, &n, &e)) {
            for (size_t i = 0; i < n; i++)
                add_test(f, &tests[i]);
        } else {
            finding(f->g, "FLOW-09", at(f, file->path, 0, NULL, NULL), "%s", e.text);
        }
    }
    tree_unmap(text);
}

static bool judge_demanded(struct flows *f, const json_t *settings, struct error *e)
{
    const json_t *demanded = json_object_get(settings, "flows"), *name;
    size_t i;
    if (demanded != NULL && !json_is_array(demanded))
        return error_set(e, "%s: gates.golden-flow.flows must be a list", SETTINGS_FILE);
    json_array_foreach (demanded, i, name) {
        if (test_named(f, json_string_value(name)) == NULL)
            finding(f->g, "FLOW-10",
                    (struct place){ .file = SETTINGS_FILE,
                                    .line = yaml_line_of(f->g->arena, settings, "flows") },
                    "there is no test '%s'", json_string_value(name));
    }
    gate_compared(f->g, json_array_size(demanded), "demanded flows");
    return true;
}

static bool run(struct gate_run *g, struct error *e)
{
    static const char *const members[] = { "pending", "flows", NULL };
    static const char *const known[] = { "counts", "skipped", "pending", NULL };
    struct flows f = { .g = g };
    const json_t *settings;
    if (!settings_of_gate_known(g->settings, "golden-flow", members, &settings, e) ||
        !data_file_read(g, settings, "pending", "chainsaw/pending.yaml", known, &f.pending, e))
        return false;
    for (size_t i = 0; i < g->tree->n; i++) {
        const char *path = g->tree->files[i].path;
        if (text_ends(path, ".yaml") || text_ends(path, ".yml"))
            read_file(&f, &g->tree->files[i]);
    }
    for (size_t i = 0; i < f.n; i++) {
        f.file = f.tests[i].file;
        judge_test(&f, f.tests[i].test);
    }
    judge_list(&f);
    judge_counts(&f);
    gate_compared(g, f.n, "tests");
    gate_compared(g, f.wired, "wired steps");
    gate_compared(g, f.n_pending, "pending steps");
    gate_compared(g, f.assertions, "assertions");
    return judge_demanded(&f, settings, e);
}

const struct gate gate_golden_flow = {
    .name = "golden-flow",
    .says = "end-to-end tests trace to requirements, and are neither skipped nor empty unnoticed",
    .rules = rules,
    .n_rules = ARRAY_LEN(rules),
    .run = run,
};
