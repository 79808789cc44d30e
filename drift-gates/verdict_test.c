#include "drift-gates/test_gates.h"

#include <unistd.h>

#include "common/buffer.h"

#define WAIVER                                                                                     \
    "# plexconf-gate"                                                                              \
    ": allow "

static struct verdict v;

static int judge(void)
{
    struct gate_options o = options();
    return judge_with(&o, &v);
}

static void counts(size_t n_findings, size_t n_excused, size_t n_stale)
{
    ck_assert_uint_eq(v.n_findings, n_findings);
    ck_assert_uint_eq(v.n_excused, n_excused);
    ck_assert_uint_eq(v.n_stale, n_stale);
}

static void stale_is(size_t i, const char *rule, const char *file, int line, const char *message)
{
    ck_assert_uint_gt(v.stale->n, i);
    const struct finding *f = &v.stale->rows[i];
    ck_assert_str_eq(f->rule->id, rule);
    ck_assert_str_eq(f->message, message);
    ck_assert_str_eq(f->where.file, file);
    ck_assert_int_eq(f->where.line, line);
}

START_TEST(codes_follow_from_what_was_found)
{
    begin();
    ck_assert_int_eq(judge(), 77); /* an empty tree shows nothing */
    put("a.txt", "fine\n");
    ck_assert_int_eq(judge(), 0);
    ck_assert_uint_eq(v.n_clean, 1);
    ck_assert_uint_eq(v.n_not_applicable, 1);
    put("a.txt", "fine\nBAD\n");
    ck_assert_int_eq(judge(), 1);
    counts(1, 0, 0);
    put("b.txt", WAIVER "TST-02 until=2027-01-31 reason=\"none here\"\n");
    ck_assert_int_eq(judge(), 1); /* a finding before something stale */
    counts(1, 0, 1);
    put("a.txt", "fine\n");
    ck_assert_int_eq(judge(), 4);
    put("a.txt", "BAD\n");
    put("break", "");
    ck_assert_int_eq(judge(), 3);
    ck_assert_str_eq(v.findings->outcomes[0].error, "broke on request");
    counts(0, 0, 0); /* the waiver of a gate that broke is not judged */
    end();
}
END_TEST

START_TEST(required_gates_must_have_work)
{
    begin();
    put("a.txt", "fine\n");
    put(SETTINGS_FILE, "require: [words]\n");
    ck_assert_int_eq(judge(), 0);
    put(SETTINGS_FILE, "require: [words, idle]\n");
    ck_assert_int_eq(judge(), 3);
    ck_assert_str_eq(v.missing, "idle");
    struct gate_options o = options();
    static const char *const chosen[] = { "words", NULL };
    o.names = chosen;
    ck_assert_int_eq(judge_with(&o, &v), 0); /* asked for another one */
    ck_assert_uint_eq(v.findings->n_outcomes, 2);
    end();
}
END_TEST

START_TEST(the_callers_mistakes_are_2)
{
    static const char *const mistyped[] = { "word", NULL };
    static const char *const unheard[] = { "completely-else", NULL };
    begin();
    struct gate_options o = options();
    o.names = mistyped;
    ck_assert_int_eq(judge_with(&o, &v), 2);
    ck_assert_str_eq(e.text, "gate: no gate 'word'; did you mean 'words'?");
    o.names = unheard;
    ck_assert_int_eq(judge_with(&o, &v), 2);
    ck_assert_str_eq(e.text, "gate: no gate 'completely-else'; `plexconf gate --list` shows them");
    put(SETTINGS_FILE, "sources: [a]\nrequire: [idel]\n");
    ck_assert_int_eq(judge(), 2);
    ck_assert_str_eq(e.text, SETTINGS_FILE ":2: require: no gate 'idel'; did you mean 'idle'?");
    put(SETTINGS_FILE, "gates: { wordz: {} }\n");
    ck_assert_int_eq(judge(), 2);
    ck_assert_str_eq(e.text, SETTINGS_FILE ":1: gates: no gate 'wordz'; did you mean 'words'?");
    put(SETTINGS_FILE, "renders: { dev: { file: gone.yaml, kind: development } }\n");
    ck_assert_int_eq(judge(), 2);
    ck_assert_str_eq(e.text, SETTINGS_FILE ":1: renders.dev.file: there is no gone.yaml");
    o = options();
    o.tree = in("nowhere");
    ck_assert_int_eq(judge_with(&o, &v), 2);
    o.tree = in(SETTINGS_FILE);
    ck_assert_int_eq(judge_with(&o, &v), 2);
    o = options();
    o.settings = in("nowhere.yaml");
    ck_assert_int_eq(judge_with(&o, &v), 2);
    end();
}
END_TEST

START_TEST(waivers_in_sources)
{
    begin();
    put("a.txt", "BAD " WAIVER "TST-01 until=2026-11-22 reason=\"today is the last day\"\n"
                 "// plexconf-gate"
                 ": allow TST-01 until=2027-01-31 reason=\"above\" */\n"
                 "<!-- plexconf-gate"
                 ": allow TST-02   reason=\"two\" until=2027-01-31 -->\n"
                 "BAD WORSE\n"
                 "BAD\n");
    ck_assert_int_eq(judge(), 1);
    counts(1, 3, 0);
    ck_assert_int_eq(v.findings->rows[3].where.line, 5);
    ck_assert_ptr_null(v.findings->rows[3].excused);
    ck_assert_str_eq(v.findings->rows[0].excused, "today is the last day");
    ck_assert_str_eq(v.findings->rows[0].excused_by, EXCUSED_BY_SOURCE);
    ck_assert_str_eq(v.findings->rows[2].excused, "two");
    end();
}
END_TEST

START_TEST(what_is_no_comment_is_no_waiver)
{
    begin();
    put("a.txt", "write plexconf-gate"
                 ": allow TST-01 there\n\"plexconf-gate"
                 ": allow X\"\n");
    ck_assert_int_eq(judge(), 0);
    end();
}
END_TEST

START_TEST(faulty_waivers_waive_nothing)
{
    begin();
    put("a.txt", "BAD " WAIVER "TST-01 until=2026-11-21 reason=\"late\"\n"
                 "BAD " WAIVER "TST-01 until=2027-01-31\n"
                 "BAD " WAIVER "TST-01 until=2027-01-31 reason=\"  \"\n"
                 "BAD " WAIVER "TST-01 reason=\"for ever\"\n"
                 "BAD " WAIVER "TST-01 until=2027-13-31 reason=\"no month\"\n"
                 "BAD " WAIVER "TST-09 until=2027-01-31 reason=\"no rule\"\n"
                 "BAD " WAIVER "TST-01 until=2027-01-31 reason=\"not closed\n"
                 "BAD # plexconf-gate"
                 ": ignore TST-01\n"
                 "BAD " WAIVER "\n"
                 "fine\n"
                 "fine " WAIVER "TST-02 until=2027-01-31 reason=\"nothing to waive\"\n");
    ck_assert_int_eq(judge(), 1);
    counts(9, 0, 10);
    stale_is(0, "WVR-02", "a.txt", 1, "the waiver of TST-01 ended on 2026-11-21");
    stale_is(1, "WVR-01", "a.txt", 2, "the waiver of TST-01 has no reason");
    stale_is(2, "WVR-01", "a.txt", 3, "the waiver of TST-01 has no reason");
    stale_is(3, "WVR-01", "a.txt", 4, "the waiver of TST-01 has no last day (until)");
    stale_is(4, "WVR-01", "a.txt", 5,
             "the waiver of TST-01 ends on '2027-13-31', which is no day YYYY-MM-DD");
    stale_is(5, "WVR-01", "a.txt", 6, "no gate has a rule TST-09");
    stale_is(6, "WVR-01", "a.txt", 7, "the waiver of TST-01 has no reason");
    stale_is(7, "WVR-01", "a.txt", 8, "after '" TREE_MARK "' stands no 'allow RULE'");
    stale_is(8, "WVR-01", "a.txt", 9, "this waiver names no rule");
    stale_is(9, "WVR-03", "a.txt", 11, "the waiver of TST-02 waives nothing");
    end();
}
END_TEST

START_TEST(waivers_in_settings)
{
    begin();
    put("a.txt", "BAD\n");
    put("b.txt", "BAD\nWORSE\n");
    put(SETTINGS_FILE, "waivers:\n"
                       "  - { rule: TST-01, file: 'b*', owner: o, reason: r, until: 2027-01-31 }\n"
                       "  - { rule: TST-02, path: 'W*E', owner: o, reason: p, until: 2027-01-31 }\n"
                       "  - { rule: TST-01, file: c.txt, owner: o, reason: r, until: 2027-01-31 }\n"
                       "  - { rule: TST-01, reason: r, until: 2027-01-31 }\n"
                       "  - { rule: IDL-01, owner: o, reason: r, until: 2026-01-31 }\n");
    ck_assert_int_eq(judge(), 1);
    counts(1, 2, 3);
    ck_assert_str_eq(v.findings->rows[0].where.file, "a.txt");
    ck_assert_str_eq(v.findings->rows[2].excused, "p");
    ck_assert_str_eq(v.findings->rows[2].excused_by, EXCUSED_BY_SETTINGS);
    stale_is(0, "WVR-03", SETTINGS_FILE, 4, "the waiver of TST-01 waives nothing");
    stale_is(1, "WVR-01", SETTINGS_FILE, 5, "the waiver of TST-01 has no owner");
    stale_is(2, "WVR-02", SETTINGS_FILE, 6, "the waiver of IDL-01 ended on 2026-01-31");
    struct gate_options o = options();
    static const char *const chosen[] = { "idle", NULL };
    o.names = chosen;
    ck_assert_int_eq(judge_with(&o, &v), 4); /* of a gate that did not run nothing is said */
    counts(0, 0, 2);
    end();
}
END_TEST

START_TEST(a_baseline_lets_only_new_findings_count)
{
    begin();
    put("a.txt", "BAD\nx\nBAD\n");
    struct gate_options write = options(), use = options();
    write.write_baseline = use.baseline = in("base.json");
    put("break", "");
    ck_assert_int_eq(judge_with(&write, &v), 3); /* half of a baseline is none */
    ck_assert(!path_exists(write.write_baseline));
    ck_assert_int_eq(unlink(in("break")), 0);
    ck_assert_int_eq(judge_with(&write, &v), 0);
    ck_assert_uint_eq(v.n_written, 2);
    counts(0, 2, 0);
    ck_assert_int_eq(judge_with(&use, &v), 0);
    counts(0, 2, 0);
    put("a.txt", "moved\nBAD\nBAD\nBAD\nWORSE\n");
    ck_assert_int_eq(judge_with(&use, &v), 1); /* one more of the same, and another rule */
    counts(2, 2, 0);
    ck_assert_str_eq(v.findings->rows[0].excused_by, EXCUSED_BY_BASELINE);
    put("a.txt", "BAD\n");
    ck_assert_int_eq(judge_with(&use, &v), 4);
    counts(0, 1, 1);
    stale_is(0, "BSL-01", use.baseline, 5,
             "TST-01 is found 1 times less than the baseline says: BAD stands in a.txt");
    end();
}
END_TEST

START_TEST(baselines_that_are_none_are_refused)
{
    begin();
    struct gate_options o = options();
    o.baseline = in("base.json");
    static const char *const wrong[][2] = {
        { "{}", "is no baseline; --write-baseline makes one" },
        { "{\"baseline\":\"plexconf gate\",\"version\":2,\"findings\":[]}",
          "is of another version; write it again" },
        { "{\"baseline\":\"plexconf gate\",\"version\":1,\"findings\":[{}]}",
          "needs fingerprint, rule and a count above 0" },
        { "{\"baseline\":\"plexconf gate\",\"version\":1,\"findings\":[\n"
          "{\"fingerprint\":\"a\",\"rule\":\"TST-01\"},{\"fingerprint\":\"a\",\"rule\":\"X\"}]}",
          "this fingerprint is there twice" },
        { "{", "line 2 column 1" },
    };
    ck_assert_int_eq(judge_with(&o, &v), 2);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        put("base.json", wrong[i][0]);
        ck_assert_int_eq(judge_with(&o, &v), 2);
        ck_assert_msg(text_contains(e.text, i == 4 ? "base.json: line " : wrong[i][1]), "%s",
                      e.text);
    }
    put("base.json", "{\"baseline\":\"plexconf gate\",\"version\":1,\"findings\":[\n"
                     "{\"fingerprint\":\"a\",\"rule\":\"OLD-01\"}]}");
    ck_assert_int_eq(judge_with(&o, &v), 4);
    ck_assert_str_eq(v.stale->rows[0].message, "no gate has a rule OLD-01");
    end();
}
END_TEST

START_TEST(a_file_that_a_gate_needed_is_told)
{
    begin();
    put("a.txt", "fine\n");
    put("huge.txt", "");
    ck_assert_int_eq(truncate(in("huge.txt"), (off_t)1 << 30), 0);
    ck_assert_int_eq(mkfifo(in("fifo.txt"), 0644), 0);
    ck_assert_int_eq(judge(), 1);
    counts(1, 0, 0);
    ck_assert_str_eq(v.findings->rows[0].rule->id, "TREE-01");
    ck_assert_str_eq(v.findings->rows[0].where.file, "huge.txt");
    ck_assert_str_eq(v.findings->rows[0].message,
                     "words could not be looked at: larger than 64 MiB");
    ck_assert_uint_eq(v.n_unlooked, 2); /* idle's, and the FIFO */
    put(SETTINGS_FILE, "ignore: [huge.txt]\n");
    ck_assert_int_eq(judge(), 0);
    end();
}
END_TEST

START_TEST(streams_stand_for_files)
{
    static const char *const prod[] = { "prod", NULL };
    static const char *const mistyped[] = { "prd", NULL };
    static const char *const twice[] = { "a=-", "b=-", NULL };
    static const char *const empty[] = { "dev=", NULL };
    begin();
    put("a.txt", "fine\n");
    put("out.yaml", "kind: A\n");
    const char *const renders[] = { arena_printf(a, "prod=%s", in("out.yaml")), "dev=/dev/null",
                                    NULL };
    struct gate_options o = options();
    o.renders = renders;
    ck_assert_int_eq(judge_with(&o, &v), 0);
    ck_assert_uint_eq(v.settings->n_renders, 2);
    ck_assert_str_eq(v.settings->renders[0].file, "out.yaml"); /* as the tree names it */
    ck_assert(v.settings->renders[0].production && !v.settings->renders[1].production);
    ck_assert_str_eq((const char *)v.settings->renders[0].text.data, "kind: A\n");
    ck_assert_str_eq(v.settings->renders[1].file, "/dev/null");
    o.production = prod;
    ck_assert_int_eq(judge_with(&o, &v), 0);
    static const char *const piped[] = { "piped=-", NULL };
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert(write_all(ends[1],
                        "kind: B\n# plexconf-gate"
                        ": allow TST-01\n",
                        37));
    close(ends[1]);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    o.renders = piped;
    o.production = piped + 1;
    ck_assert_int_eq(judge_with(&o, &v), 4); /* waivers are read in a stream, too */
    ck_assert_str_eq(v.settings->renders[0].file, "-");
    stale_is(0, "WVR-01", "-", 2, "the waiver of TST-01 has no reason");
    o.renders = renders;
    o.production = mistyped;
    ck_assert_int_eq(judge_with(&o, &v), 2);
    ck_assert_str_eq(e.text, "--production prd: there is no such render; did you mean 'prod'?");
    o = options();
    o.renders = twice;
    ck_assert_int_eq(judge_with(&o, &v), 2);
    o.renders = empty;
    ck_assert_int_eq(judge_with(&o, &v), 2);
    end();
}
END_TEST

static const char *logs_seen[4];
static size_t n_logs;

static bool take_logs(struct settings *s, const char *path, const char *render, struct error *why)
{
    (void)s;
    if (text_equal(path, "bad"))
        return error_set(why, "no such logs");
    logs_seen[n_logs++] = render;
    logs_seen[n_logs++] = path;
    return true;
}

START_TEST(logs_and_observations_are_handed_on)
{
    static const char *const logs[] = { "prod=a=b", "plain", NULL };
    static const char *const bad[] = { "dev=bad", NULL };
    static const char *const empty[] = { "dev=", NULL };
    static const char *const twice[] = { "-", "dev=-", NULL };
    begin();
    put("a.txt", "fine\n");
    struct gate_options o = options();
    o.observations = in("a.txt");
    ck_assert_int_eq(judge_with(&o, &v), 0);
    ck_assert_str_eq(v.settings->observations, o.observations);
    o.observations = in("gone.json");
    ck_assert_int_eq(judge_with(&o, &v), 2);
    o = options();
    o.logs = logs;
    ck_assert_int_eq(judge_with(&o, &v), 2);
    ck_assert_str_eq(e.text, "--logs prod=a=b: no gate here reads logs");
    o.add_logs = take_logs;
    ck_assert_int_eq(judge_with(&o, &v), 0);
    ck_assert_str_eq(logs_seen[0], "prod");
    ck_assert_str_eq(logs_seen[1], "a=b");
    ck_assert_ptr_null(logs_seen[2]);
    ck_assert_str_eq(logs_seen[3], "plain");
    o.logs = bad;
    ck_assert_int_eq(judge_with(&o, &v), 2);
    ck_assert_str_eq(e.text, "--logs dev=bad: no such logs");
    o.logs = empty;
    ck_assert_int_eq(judge_with(&o, &v), 2);
    o.logs = twice;
    ck_assert_int_eq(judge_with(&o, &v), 2);
    ck_assert_str_eq(e.text, "standard input (-) can be given once only");
    end();
}
END_TEST

START_TEST(no_number_of_findings_fills_the_memory)
{
    begin();
    struct buffer b;
    buffer_init_arena(&b, (size_t)1 << 24, a);
    for (int i = 0; i < FINDINGS_MAX + 10; i++)
        buffer_text(&b, "BAD\n");
    put("a.txt", b.data);
    ck_assert_int_eq(judge(), 1);
    ck_assert_uint_eq(v.findings->n, FINDINGS_MAX);
    counts(FINDINGS_MAX + 10, 0, 0);
    ck_assert_str_eq(v.findings->notes[0].what, "10 more findings");
    end();
}
END_TEST

TESTS("drift-gates/verdict", codes_follow_from_what_was_found, required_gates_must_have_work,
      the_callers_mistakes_are_2, waivers_in_sources, what_is_no_comment_is_no_waiver,
      faulty_waivers_waive_nothing, waivers_in_settings, a_baseline_lets_only_new_findings_count,
      baselines_that_are_none_are_refused, a_file_that_a_gate_needed_is_told,
      streams_stand_for_files, logs_and_observations_are_handed_on,
      no_number_of_findings_fills_the_memory)
