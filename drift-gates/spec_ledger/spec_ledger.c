/* spec-ledger: the clauses of SPEC.md as a ledger: whole, counted, and each judged or accounted
 * for. */
#include "drift-gates/spec_ledger/ledger.h"

#include <stdio.h>

#include "common/json.h"
#include "common/number.h"
#include "common/text.h"
#include "drift-gates/lines.h"
#include "harness/spec_clauses.h"

#define NUMBER_MOST 9999

static const struct gate_rule rules[] = {
    { .id = "LEDG-01",
      .title = "every clause of SPEC.md is whole, and no id is there twice",
      .why =
          "A clause with a slip of the pen is no clause: no case can judge it and no report shows "
          "it. Each has an id, a level, a source and a sentence.",
      .mend = "write it as `- **REG-014** MUST (contract: where) A sentence.`",
      .source = "GLEDG-001" },
    { .id = "LEDG-02",
      .title = "an id is given once and for ever",
      .why = "A number that vanished and comes back means two things in two reports. Numbers of an "
             "area go up by one; what is left out is declared below `retired`, and stays out.",
      .mend = "take the next free number, or declare the gap with its reason",
      .source = "GLEDG-002" },
    { .id = "LEDG-03",
      .title = "every id that is named is a clause or a case",
      .why = "A comment, a mutant or a document that names a clause that is not there sends its "
             "reader "
             "nowhere.",
      .mend = "name the clause as SPEC.md does; an id that is wrong on purpose is declared below "
              "`strangers`",
      .source = "GLEDG-003" },
    { .id = "LEDG-04",
      .title = "every clause is judged, or listed with the reason why not",
      .why = "A promise that nothing judges is a wish. Judged means: a case names it, or a gate's "
             "rule "
             "has it as its source.",
      .mend = "write a case, or name the clause in SPEC.md's table of clauses "
              "without a case",
      .source = "GLEDG-004" },
    { .id = "LEDG-05",
      .title = "the list of unjudged clauses holds those alone, once, each with a reason",
      .why =
          "The list only ever gets shorter by itself when a row that is no longer true is found.",
      .mend = "take the clause off the list, or mend its reason",
      .source = "GLEDG-005" },
};

static struct place in_spec(const struct ledger *l, const char *id)
{
    return (struct place){ .file = "SPEC.md",
                           .line = (int)json_integer_value(json_object_get(l->lines, id)),
                           .path = id };
}

/* "REG-014" → "REG" and 14. */
static const char *split_id(struct arena *a, const char *id, int64_t *number)
{
    const char *dash = strrchr(id, '-'), *digits = dash == NULL ? "" : dash + 1;
    while (digits[0] == '0' && digits[1] != '\0')
        digits++;
    if (dash == NULL || !number_parse(digits, 1, NUMBER_MOST, number))
        return NULL;
    return arena_strndup(a, id, (size_t)(dash - id));
}

/* ---- ids ---- */

static void find_lines(struct ledger *l, struct bytes text)
{
    struct lines lines = lines_of(text);
    struct line line;
    while (lines_next(&lines, &line)) {
        char *said = line_text(l->g->arena, line);
        char *end = text_starts(said, "- **") ? strstr(said + 4, "**") : NULL;
        if (end == NULL)
            continue;
        *end = '\0';
        if (json_object_get(l->lines, said + 4) != NULL)
            json_object_set_new(l->lines, said + 4, json_integer(line.number));
    }
}

static bool read_spec(struct ledger *l, struct error *e)
{
    struct error wrong = { .text = "" };
    json_t *clauses, *row;
    int64_t number;
    size_t i;
    if (!tree_read(l->g->tree, "SPEC.md", &l->spec, e))
        return false;
    if (!spec_clauses_parse(l->g->arena, l->spec, &clauses, &wrong)) {
        int64_t line = 0;
        const char *digits = text_starts(wrong.text, "line ") ? wrong.text + 5 : "";
        char *text_of = arena_strndup(l->g->arena, digits, strcspn(digits, ":"));
        (void)!number_parse(text_of, 1, INT32_MAX, &line);
        finding(l->g, "LEDG-01", (struct place){ .file = "SPEC.md", .line = (int)line }, "%s",
                wrong.text);
        return true;
    }
    json_array_foreach (clauses, i, row) {
        const char *id = json_text(row, "id"), *area = split_id(l->g->arena, id, &number);
        json_object_set_new(l->lines, id, json_integer(0));
        if (area == NULL)
            finding(l->g, "LEDG-02", (struct place){ .file = "SPEC.md", .path = id },
                    "%s has no number from 1 to %d", id, NUMBER_MOST);
        else if (json_int(l->areas, area, 0) < number)
            json_object_set_new(l->areas, area, json_integer(number));
    }
    find_lines(l, l->spec);
    return true;
}

/* "A-024 to A-049", or one id. */
bool ledger_read_span(struct arena *a, const char *text, const char **area, int64_t *from,
                      int64_t *to)
{
    const char *word = strstr(text, " to ");
    const char *first = word == NULL ? text : arena_strndup(a, text, (size_t)(word - text));
    const char *last = word == NULL ? text : word + 4;
    *area = split_id(a, first, from);
    const char *other = split_id(a, last, to);
    return *area != NULL && text_equal(*area, other) && *from <= *to;
}

static bool is_retired(struct ledger *l, const char *area, int64_t number)
{
    const json_t *retired = json_object_get(l->declared.value, "retired");
    const char *key, *of;
    json_t *reason;
    int64_t from, to;
    json_object_foreach ((json_t *)retired, key, reason) {
        if (ledger_read_span(l->g->arena, key, &of, &from, &to) && text_equal(of, area) &&
            number >= from && number <= to)
            return true;
    }
    return false;
}

static void tell_gap(struct ledger *l, const char *area, int64_t from, int64_t to)
{
    const char *gap = from == to ? arena_printf(l->g->arena, "%s-%03lld is", area, (long long)from)
                                 : arena_printf(l->g->arena, "%s-%03lld to %s-%03lld are", area,
                                                (long long)from, area, (long long)to);
    finding(l->g, "LEDG-02", (struct place){ .file = "SPEC.md", .path = area },
            "%s left out, and not declared retired", gap);
}

static void judge_area(struct ledger *l, const char *area, int64_t highest)
{
    int64_t gap = 0; /* where it began; 0: we are in none */
    for (int64_t n = 1; n <= highest; n++) {
        char id[64];
        (void)snprintf(id, sizeof id, "%s-%03lld", area, (long long)n);
        bool there = json_object_get(l->lines, id) != NULL, retired = is_retired(l, area, n);
        if (there && retired)
            finding(l->g, "LEDG-02", in_spec(l, arena_strdup(l->g->arena, id)),
                    "%s is retired, and is given again", id);
        if (gap != 0 && (there || retired)) {
            tell_gap(l, area, gap, n - 1);
            gap = 0;
        } else if (gap == 0 && !there && !retired) {
            gap = n;
        }
    }
}

static void judge_ids(struct ledger *l)
{
    const json_t *retired = json_object_get(l->declared.value, "retired");
    const char *key, *area;
    json_t *value;
    int64_t from, to;
    json_object_foreach (l->areas, key, value)
        judge_area(l, key, json_integer_value(value));
    json_object_foreach ((json_t *)retired, key, value) {
        if (!ledger_read_span(l->g->arena, key, &area, &from, &to) ||
            text_blank(json_string_value(value)))
            finding(l->g, "LEDG-02", data_file_place(l->g, &l->declared, retired, key),
                    "'%s' is no id, or no `A-001 to A-009`, with a reason", key);
    }
}

/* ---- judged or listed ---- */

static void judge_clauses(struct ledger *l)
{
    json_t *listed = json_own(l->g->arena, json_object()), *line;
    const char *id;
    size_t unjudged = 0, cases = 0, by_rules = 0;
    ledger_read_unjudged(l, l->spec, listed);
    json_object_foreach (l->lines, id, line) {
        bool by_case = json_object_get(l->judged, id) != NULL;
        bool by_gate = !by_case && json_object_get(l->found, id) != NULL;
        cases += by_case;
        by_rules += by_gate;
        unjudged += !by_case && !by_gate;
        if (!by_case && !by_gate && json_object_get(listed, id) == NULL)
            finding(l->g, "LEDG-04", in_spec(l, id),
                    "%s is judged by no case and no gate, and is "
                    "not listed",
                    id);
    }
    gate_compared(l->g, cases, "clauses judged by cases");
    gate_compared(l->g, by_rules, "clauses judged by gates");
    gate_compared(l->g, unjudged, "clauses not judged");
}

static bool run(struct gate_run *g, struct error *e)
{
    static const char *const members[] = { "suites", "gates", "declared", NULL };
    static const char *const known[] = { "retired", "strangers", NULL };
    struct ledger l = { .g = g };
    json_t **sets[] = { &l.lines, &l.areas, &l.cases, &l.judged, &l.found };
    const json_t *settings;
    if (!settings_of_gate_known(g->settings, "spec-ledger", members, &settings, e) ||
        !data_file_read(g, settings, "declared", "drift-gates/spec_ledger.yaml", known, &l.declared,
                        e))
        return false;
    if (tree_find(g->tree, "SPEC.md") == NULL)
        return true; /* a tree without clauses: nothing is compared */
    for (size_t i = 0; i < ARRAY_LEN(sets); i++)
        *sets[i] = json_own(g->arena, json_object());
    if (!read_spec(&l, e))
        return false;
    if (json_object_size(l.lines) == 0)
        return true;
    ledger_read_suites(&l, json_object_get(settings, "suites"));
    ledger_read_gates(&l, json_object_get(settings, "gates"));
    judge_ids(&l);
    ledger_judge_mentions(&l);
    judge_clauses(&l);
    gate_compared(g, l.mentions, "ids named");
    return true;
}

const struct gate gate_spec_ledger = {
    .name = "spec-ledger",
    .says = "clauses are whole, never reused, and each is judged or accounted for",
    .rules = rules,
    .n_rules = ARRAY_LEN(rules),
    .run = run,
};
