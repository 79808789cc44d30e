#include "drift-gates/test_gates.h"

#include "drift-gates/output.h"
#include "harness/test_schema.h"

#define CAP ((size_t)1 << 20)

static struct verdict v;
static struct buffer out;

/* One finding that counts, one excused, one stale waiver, and a name that breaks lines. */
static void sample(void)
{
    begin();
    put("a.txt", "fine\nBAD\n");
    put("evil\n\x1b[31m\xff&<\"name.txt", "WORSE # plexconf-gate"
                                          ": allow TST-02 until=2027-01-31 reason=\"<known>\"\n");
    put(SETTINGS_FILE, "waivers: [{ rule: TST-01, file: c, owner: o, reason: r, until: 2027-01-31 "
                       "}]\n");
    struct gate_options o = options();
    ck_assert_int_eq(judge_with(&o, &v), 1);
    buffer_init_arena(&out, CAP, a);
}

static json_t *parsed(void)
{
    json_t *value = NULL;
    ck_assert_msg(json_parse(a, out.data, out.len, &value, &e), "%s", e.text);
    return value;
}

START_TEST(text_is_one_line_for_each)
{
    sample();
    output_text(&v, (struct output_style){ .excused = true }, &out);
    ck_assert_str_eq(
        out.data,
        "a.txt:2 TST-01 BAD stands in a.txt (BAD)\n"
        "evil\\n\\x1b[31m\\xff&<\"name.txt:1 TST-02 WORSE stands in "
        "evil\\n\\x1b[31m\\xff&<\"name.txt (WORSE) [waiver in the source: <known>]\n"
        ".plexconf-gates.yaml:1 WVR-03 the waiver of TST-01 waives nothing\n"
        "words: findings; compared 2 texts; 1 findings, 1 excused\n"
        "idle: not applicable; nothing to compare; not looked at: everything: there is nothing\n"
        "framework: clean; compared 3 files\n"
        "1 findings, 1 excused, 1 stale; gates: 0 clean, 1 with findings, 1 not applicable, "
        "0 broken; 1 not looked at\n");
    buffer_clear(&out);
    output_text(&v, (struct output_style){ .colour = true }, &out);
    ck_assert(text_contains(out.data, "\033[31mTST-01\033[0m"));
    ck_assert(!text_contains(out.data, "<known>")); /* excused: only when asked for */
    const char *last = strstr(out.data, "\n1 findings");
    ck_assert(last != NULL && strchr(last, '\033') == NULL);
    end();
}
END_TEST

START_TEST(on_a_terminal_gates_stand_in_columns)
{
    sample();
    output_text(&v, (struct output_style){ .width = 76 }, &out);
    ck_assert(
        text_contains(out.data,
                      "words             findings        compared 2 texts; 1 findings, 1 excused\n"
                      "idle              not applicable  nothing to compare; not looked at:\n"
                      "                                  everything: there is nothing\n"
                      "framework         clean           compared 3 files\n"));
    end();
}
END_TEST

START_TEST(json_keeps_its_schema)
{
    sample();
    output_json(&v, (struct output_style){ 0 }, &out);
    json_t *schema = schema_of_file(a, "docs/gates.schema.json"), *value = parsed();
    ck_assert_msg(schema_validate(a, schema, value, &e), "%s", e.text);
    ck_assert_uint_eq(json_array_size(json_member(value, "findings")), 2);
    ck_assert_str_eq(json_text(json_at(value, "/findings/1"), "excused"), "<known>");
    ck_assert_int_eq(json_int(json_member(value, "counts"), "stale", 0), 1);
    /* The schema is no rubber stamp. */
    json_object_set_new(json_at(value, "/gates/0"), "state", json_string("fine"));
    ck_assert(!schema_validate(a, schema, value, &e));
    json_object_del(json_at(value, "/gates/0"), "state");
    ck_assert(!schema_validate(a, schema, value, &e));
    end();
}
END_TEST

START_TEST(sarif_is_what_code_scanning_takes)
{
    sample();
    output_sarif(&v, (struct output_style){ 0 }, &out);
    json_t *root = parsed(), *result;
    const json_t *rules = json_at(root, "/runs/0/tool/driver/rules");
    size_t i;
    ck_assert_str_eq(json_text(root, "version"), "2.1.0");
    ck_assert_uint_eq(json_array_size(json_at(root, "/runs/0/results")), 3);
    json_array_foreach (json_at(root, "/runs/0/results"), i, result) {
        const json_t *rule = json_array_get(rules, (size_t)json_int(result, "ruleIndex", -1));
        ck_assert_str_eq(json_text(rule, "id"), json_text(result, "ruleId"));
        ck_assert_int_ge(json_int(json_at(result, "/locations/0/physicalLocation/region"),
                                  "startLine", 0),
                         1);
        ck_assert_uint_eq(strlen(json_text(json_member(result, "partialFingerprints"),
                                           "plexconfGate/v1")),
                          16);
        ck_assert_uint_eq(json_array_size(json_member(result, "suppressions")), i == 1);
    }
    const json_t *evil = json_at(root, "/runs/0/results/1");
    ck_assert_str_eq(json_text(json_at(evil, "/locations/0/physicalLocation/artifactLocation"),
                               "uri"),
                     "evil%0A%1B%5B31m%FF%26%3C%22name.txt");
    ck_assert_str_eq(json_text(json_at(evil, "/suppressions/0"), "kind"), "inSource");
    ck_assert_str_eq(json_text(json_at(root, "/runs/0/results/2"), "level"), "warning");
    ck_assert_int_eq(json_int(json_at(root, "/runs/0/invocations/0"), "exitCode", 0), 1);
    end();
}
END_TEST

START_TEST(junit_counts_what_it_lists)
{
    sample();
    output_junit(&v, (struct output_style){ 0 }, &out);
    /* words: 2 rules, 1 fails, 1 is excused; idle: skipped; framework: 5 rules, 1 stale. */
    ck_assert(text_contains(out.data, "tests=\"8\" failures=\"2\" errors=\"0\" skipped=\"2\""));
    ck_assert(text_contains(out.data, "<failure type=\"TST-01\" message=\"1 findings: write good\">"
                                      "\na.txt:2 BAD stands in a.txt\n</failure>"));
    ck_assert(text_contains(out.data, "<skipped message=\"1 excused\"/>"));
    ck_assert(text_contains(out.data, "not looked at: everything: there is nothing"));
    ck_assert_ptr_null(strchr(out.data, '\033'));
    end();
}
END_TEST

START_TEST(a_broken_gate_errs)
{
    sample();
    put("break", "");
    struct gate_options o = options();
    ck_assert_int_eq(judge_with(&o, &v), 3);
    output_junit(&v, (struct output_style){ 0 }, &out);
    ck_assert(text_contains(out.data, "<error message=\"broke on request\"/>"));
    buffer_clear(&out);
    output_sarif(&v, (struct output_style){ 0 }, &out);
    ck_assert(json_is_false(
        json_member(json_at(parsed(), "/runs/0/invocations/0"), "executionSuccessful")));
    buffer_clear(&out);
    output_text(&v, (struct output_style){ 0 }, &out);
    ck_assert(text_contains(out.data, "words: broken; nothing to compare; broke on request\n"));
    end();
}
END_TEST

START_TEST(lines_are_made_printable)
{
    begin();
    ck_assert_str_eq(output_line(a, "a\r\tb\x7f"), "a\\x0d\\tb\\x7f");
    ck_assert_str_eq(output_line(a, "\xc2\x9b\xc2\xa0\xc3\xa4"), "\\xc2\\x9b\xc2\xa0\xc3\xa4");
    ck_assert_str_eq(output_line(a, "\xed\xa0\x80"), "\\xed\\xa0\\x80");
    ck_assert_ptr_null(output_line(a, NULL));
    end();
}
END_TEST

TESTS("drift-gates/output", text_is_one_line_for_each, on_a_terminal_gates_stand_in_columns,
      json_keeps_its_schema, sarif_is_what_code_scanning_takes, junit_counts_what_it_lists,
      a_broken_gate_errs, lines_are_made_printable)
