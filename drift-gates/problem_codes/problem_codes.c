/* problem-codes: codes in sources, the generated table, the catalogue, SPEC.md and what a run saw
 * are one closed set. */
#include "drift-gates/problem_codes/problem_codes.h"

#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/data_file.h"

static const struct gate_rule rules[] = {
    { .id = "CODE-01",
      .title = "every code in a source is one of the catalogue",
      .why =
          "A code that the contract does not know is one that no client can act on. Codes are the "
          "names PROBLEM_… of C, and the text behind a status: `403, \"token_consumed\"`.",
      .mend = "write the catalogue's code, or add its row to problem-codes.json; names that are no "
              "codes are listed in gates.problem-codes.own",
      .source = "GCODE-001" },
    { .id = "CODE-02",
      .title = "every row of a generated table is in the catalogue",
      .why =
          "A table that was edited by hand, or made from another catalogue, answers other codes.",
      .mend = "generate the table again",
      .source = "GCODE-002" },
    { .id = "CODE-03",
      .title = "every code of the catalogue is in the generated table",
      .why = "A row that is left out can never be answered.",
      .mend = "generate the table again",
      .source = "GCODE-002" },
    { .id = "CODE-04",
      .title = "every code that SPEC.md names with a status is in the catalogue with it",
      .why = "SPEC.md is what implementers read: `403 `token_consumed`` there is a promise.",
      .mend = "write the catalogue's code and status, or add the row",
      .source = "GCODE-003" },
    { .id = "CODE-05",
      .title = "SPEC.md names every code that sources answer",
      .why = "A code that is answered and stands in no clause is a rule nobody wrote down.",
      .mend = "name the code in the clause that it belongs to",
      .source = "GCODE-003" },
    { .id = "CODE-06",
      .title = "the codes of built operations are used by a source, or declared unused",
      .why =
          "A refusal of the contract that no source can answer is missing. Codes of status 501 and "
          "those of operations that are not built yet are left aside.",
      .mend = "answer the code, or declare it with its reason below `unused`; remove a row that is "
              "used by now",
      .source = "GCODE-004" },
    { .id = "CODE-07",
      .title = "every code that a run saw is in the catalogue with its status",
      .why = "What a target answers is the last witness.",
      .mend = "answer the catalogue's code and status, or add the row",
      .source = "GCODE-005" },
    { .id = "CODE-08",
      .title = "the codes of built operations were seen by the run, or are declared unobserved",
      .why = "A code that no case provokes is promised and not shown.",
      .mend = "write a case, or declare the code with its reason below `unobserved`; remove a row "
              "that was seen by now",
      .source = "GCODE-005" },
};

static void judge_spec_pair(void *self, int line, int status, const char *code)
{
    struct codes *c = self;
    c->n_pairs++;
    if (problem_set_find(&c->set, code, status) == NULL)
        finding(c->g, "CODE-04", (struct place){ .file = c->spec, .line = line },
                "the catalogue has no %d %s", status, code);
}

static bool judge_spec(struct codes *c, struct error *e)
{
    struct bytes text = contract_file_bytes(CONTRACT_SPEC);
    if (tree_find(c->g->tree, "SPEC.md") == NULL) {
        gate_unlooked(c->g, "SPEC.md", "the tree has none");
        return true;
    }
    if (!tree_read(c->g->tree, "SPEC.md", &text, e))
        return false;
    c->spec = "SPEC.md";
    problem_codes_pairs(c->g->arena, text, judge_spec_pair, c);
    for (size_t i = 0; i < c->set.n; i++) {
        const struct problem *p = &c->set.rows[i];
        const char *quoted = arena_printf(c->g->arena, "`%s`", p->code);
        if (p->named_at.file != NULL && memmem(text.data, text.len, quoted, strlen(quoted)) == NULL)
            finding_between(c->g, "CODE-05", (struct place){ .file = c->spec }, p->named_at,
                            "no clause names %s, which a source answers", p->code);
    }
    gate_compared(c->g, c->n_pairs, "codes of SPEC.md");
    return true;
}

/* ---- the generated table ---- */

static void judge_table_row(struct codes *c, const char *file, int line, int status,
                            const char *code)
{
    struct problem *p = problem_set_find(&c->set, code, status);
    if (p == NULL)
        finding(c->g, "CODE-02", (struct place){ .file = file, .line = line },
                "the catalogue has no %d %s", status, code);
    else
        p->in_table = true;
}

static void judge_table(struct codes *c, const char *file)
{
    struct error e = { .text = "" };
    struct bytes text;
    size_t n = 0;
    if (file == NULL)
        return;
    /* It is made by a build, which a tree may not have had: that is no fault of the tree. */
    if (!path_exists(path_join(c->g->arena, c->g->tree->root, file))) {
        gate_unlooked(c->g, "the generated table",
                      arena_printf(c->g->arena, "there is no %s: nothing is built", file));
        return;
    }
    if (!tree_read(c->g->tree, file, &text, &e)) {
        gate_unlooked(c->g, "the generated table", e.text);
        return;
    }
    struct lines lines = lines_of(text);
    struct line line;
    while (lines_next(&lines, &line)) {
        int status;
        const char *code;
        if (problem_codes_table_row(c->g->arena, line, &status, &code)) {
            judge_table_row(c, file, line.number, status, code);
            n++;
        }
    }
    for (size_t i = 0; i < c->set.n; i++) {
        if (!c->set.rows[i].in_table)
            finding(c->g, "CODE-03", (struct place){ .file = file }, "%d %s has no row",
                    c->set.rows[i].status, c->set.rows[i].code);
    }
    gate_compared(c->g, n, "rows of the table");
}

/* ---- a run ---- */

/* PermissionDenied has a code of its own, which its schema states and no row of the catalogue. */
static bool is_denial(int status, const char *code)
{
    return status == 403 && text_equal(code, "permission_denied");
}

static void judge_seen(struct codes *c, const char *operation, const json_t *seen)
{
    int status = (int)json_int(seen, "status", 0);
    const char *code = json_text(seen, "code");
    if (code == NULL)
        return;
    struct problem *p = problem_set_find(&c->set, code, status);
    if (p != NULL)
        p->seen = true;
    else if (!is_denial(status, code))
        finding(c->g, "CODE-07", (struct place){ .file = c->observations, .path = operation },
                "the run saw %d %s, which the catalogue does not have", status, code);
    c->n_seen++;
}

static const char *declared(const struct codes *c, const char *list, const char *code)
{
    return json_text(json_object_get(c->declared.value, list), code);
}

static void judge_unseen(struct codes *c)
{
    for (size_t i = 0; i < c->set.n; i++) {
        const struct problem *p = &c->set.rows[i];
        const char *why = declared(c, "unobserved", p->code);
        if (p->built && !p->seen && why == NULL && declared(c, "unused", p->code) == NULL)
            finding(c->g, "CODE-08", (struct place){ .file = c->observations },
                    "the run never saw %d %s", p->status, p->code);
        else if (p->seen && why != NULL)
            finding(c->g, "CODE-08",
                    data_file_place(c->g, &c->declared,
                                    json_object_get(c->declared.value, "unobserved"), p->code),
                    "the run saw %d %s", p->status, p->code);
    }
}

static bool judge_run(struct codes *c, struct error *e)
{
    json_t *report, *operations, *row, *seen;
    size_t i, k;
    if (c->observations == NULL) {
        gate_unlooked(c->g, "what a run saw", "no observations were given");
        return true;
    }
    /* The command line's file is beside where it was typed, the settings' one inside the tree. */
    const char *path = c->g->settings->observations != NULL
                           ? c->observations
                           : path_join(c->g->arena, c->g->tree->root, c->observations);
    if (!json_parse_file(c->g->arena, path, TREE_FILE_CAP, &report, e))
        return error_prefix(e, "%s", c->observations);
    operations = json_at(report, "/coverage/by_operation");
    if (!text_equal(json_text(report, "format"), "plexconf-report/1") || !json_is_array(operations))
        return error_set(e, "%s: is no report.json of plexconf", c->observations);
    json_array_foreach (operations, i, row) {
        json_array_foreach (json_object_get(row, "seen"), k, seen)
            judge_seen(c, json_text(row, "id"), seen);
    }
    if (c->n_seen == 0)
        return error_set(e, "%s: saw no code", c->observations);
    judge_unseen(c);
    gate_compared(c->g, c->n_seen, "codes of the run");
    return true;
}

/* ---- the other direction of sources ---- */

static void judge_used(struct codes *c)
{
    const json_t *unused = json_object_get(c->declared.value, "unused");
    if (c->n_named == 0)
        return; /* no source names codes as C does, so none can be missed */
    for (size_t i = 0; i < c->set.n; i++) {
        const struct problem *p = &c->set.rows[i];
        const char *why = declared(c, "unused", p->code);
        if (p->built && !p->used && why == NULL)
            finding(c->g, "CODE-06",
                    (struct place){ .file = "problem-codes.json", .path = p->code },
                    "no source answers %d %s, and it is not declared", p->status, p->code);
        else if (p->used && why != NULL)
            finding(c->g, "CODE-06", data_file_place(c->g, &c->declared, unused, p->code),
                    "%s is used by a source", p->code);
    }
}

static void judge_declared(struct codes *c, const char *rule, const char *list)
{
    const json_t *rows = json_object_get(c->declared.value, list);
    const char *code;
    json_t *reason;
    json_object_foreach ((json_t *)rows, code, reason) {
        struct place where = data_file_place(c->g, &c->declared, rows, code);
        if (!problem_set_has_code(&c->set, code))
            finding(c->g, rule, where, "the catalogue has no %s", code);
        else if (text_blank(json_string_value(reason)))
            finding(c->g, rule, where, "%s is declared without a reason", code);
    }
}

static bool run(struct gate_run *g, struct error *e)
{
    static const char *const members[] = { "sources",      "own",      "table",
                                           "observations", "declared", NULL };
    static const char *const known[] = { "unused", "unobserved", NULL };
    const json_t *settings;
    struct codes c = { .g = g };
    if (!settings_of_gate_known(g->settings, "problem-codes", members, &settings, e) ||
        !data_file_read(g, settings, "declared", "drift-gates/problem_codes.yaml", known,
                        &c.declared, e) ||
        !problem_set_read(g, &c.set, e))
        return false;
    c.own = json_object_get(settings, "own");
    c.observations = g->settings->observations;
    if (c.observations == NULL)
        c.observations = json_text(settings, "observations");
    problem_codes_sources(&c, json_object_get(settings, "sources"));
    judge_table(&c, json_text(settings, "table"));
    judge_used(&c);
    judge_declared(&c, "CODE-06", "unused");
    judge_declared(&c, "CODE-08", "unobserved");
    gate_compared(g, c.n_sources, "codes of sources");
    return judge_spec(&c, e) && judge_run(&c, e);
}

const struct gate gate_problem_codes = {
    .name = "problem-codes",
    .says = "codes in sources, table, catalogue, SPEC.md and a run are one closed set",
    .rules = rules,
    .n_rules = ARRAY_LEN(rules),
    .run = run,
};
