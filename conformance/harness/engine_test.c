#include "harness/engine.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/json.h"
#include "common/testing.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/case.h"
#include "harness/judge.h"
#include "harness/world.h"

/* ---- cases on a world without a target --------------------------------------------------- */

#define SUITE "fake"

/* Seen by all processes of the test. */
static struct shared {
    int worlds, running, most_running, serial_overlaps, ran[64];
} * shared;

static void judged_exchange(struct world *w)
{
    worker_add_exchange(w, json_pack("{s:s, s:s, s:i, s:b}", "method", "GET", "url", "http://t/",
                                     "status", 200, "judged", 1));
}

static void fail_here(struct world *w, const char *message) NO_RETURN;
static void fail_here(struct world *w, const char *message)
{
    worker_leave(w, VERDICT_FAILED, __FILE__, __LINE__, message);
}

/* What a sound case does: it notices every impostor. */
static void sound(struct world *w)
{
    judged_exchange(w);
    if (worker_impostor(w) != IMPOSTOR_NONE)
        fail_here(w, "an impostor answered");
}

CASE("FAKE-PASS", .clauses = { "FAKE-1" }, .title = "passes")
{
    sound(w);
    worker_observe(w, "GetThing", 200, NULL);
    worker_observe(w, "GetThing", 404, "thing_not_found");
    worker_observe(w, "GetThing", 200, NULL);
    worker_observe_member(w, "Thing", "id");
}

CASE("FAKE-FAIL", .clauses = { "FAKE-1" }, .title = "fails")
{
    judged_exchange(w);
    fail_here(w, "answered 201, expected 403");
}

CASE("FAKE-UNSUPPORTED", .clauses = { "FAKE-1" }, .title = "finds out that it cannot be judged")
{
    worker_leave(w, VERDICT_UNSUPPORTED, NULL, 0, "the hook 'given' is missing");
}

CASE("FAKE-UNCLAIMED", .clauses = { "FAKE-1" }, .needs = { "moon" }, .title = "is never run")
{
    fail_here(w, "must not run");
}

CASE("FAKE-WITHOUT", .clauses = { "FAKE-1" }, .needs = { "!moon" }, .title = "needs no moon")
{
    sound(w);
}

CASE("FAKE-CRASH", .clauses = { "FAKE-1" }, .title = "crashes its worker")
{
    sound(w);
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

CASE("FAKE-EXIT", .clauses = { "FAKE-1" }, .title = "ends its worker")
{
    sound(w);
    _exit(9);
}

CASE("FAKE-OVERDUE", .clauses = { "FAKE-1" }, .budget_ms = 120, .title = "never ends")
{
    sound(w);
    for (;;)
        pause();
}

CASE("FAKE-VACUOUS", .clauses = { "FAKE-1" }, .title = "is content with an echo")
{
    judged_exchange(w);
    if (worker_impostor(w) != IMPOSTOR_NONE && worker_impostor(w) != IMPOSTOR_ECHO)
        fail_here(w, "an impostor answered");
}

CASE("FAKE-UNJUDGED", .clauses = { "FAKE-1" }, .title = "passes without a judged request") {}

CASE("FAKE-BOOT", .clauses = { "FAKE-1" }, .flags = CASE_UNJUDGED, .title = "judges no answer") {}

CASE("FAKE-501", .clauses = { "FAKE-1" }, .flags = CASE_UNPROVISIONED, .title = "is a 501 arm")
{
    judged_exchange(w);
}

CASE("FAKE-PROVISIONAL", .clauses = { "FAKE-1" }, .flags = CASE_PROVISIONAL, .title = "may fail")
{
    judged_exchange(w);
    fail_here(w, "not settled yet");
}

CASE("FAKE-RULING", .clauses = { "FAKE-2" }, .title = "judges a ruling")
{
    judged_exchange(w);
    fail_here(w, "decided otherwise");
}

CASE("FAKE-MIXED", .clauses = { "FAKE-2", "FAKE-1" }, .title = "judges a ruling and a clause")
{
    judged_exchange(w);
    fail_here(w, "decided otherwise");
}

CASE("FAKE-SEEDED", .clauses = { "FAKE-1" }, .flags = CASE_UNJUDGED | CASE_SEEDED,
     .title = "fails as its seed says")
{
    w->during = "round 3: kill all";
    if (w->seed == 77 && w->rounds == 5)
        fail_here(w, "lost one");
}

CASE("FAKE-SLOW", .clauses = { "FAKE-1" }, .flags = CASE_SLOW, .title = "waits for minutes")
{
    sound(w);
}

CASE("FAKE-OWN", .clauses = { "FAKE-1" }, .flags = CASE_OWN_TARGET, .title = "boots a target")
{
    sound(w);
}

CASE("FAKE-CLEANUP", .clauses = { "FAKE-1" }, .title = "cannot be cleaned up after")
{
    sound(w);
}

CASE("FAKE-CLEANUP-FAIL", .clauses = { "FAKE-1" }, .title = "fails and cannot be cleaned up after")
{
    fail_here(w, "the first reason");
}

/* Many that look around for others running beside them. */
static void crowd(struct world *w)
{
    int now = __atomic_add_fetch(&shared->running, 1, __ATOMIC_SEQ_CST);
    if (now > __atomic_load_n(&shared->most_running, __ATOMIC_SEQ_CST))
        __atomic_store_n(&shared->most_running, now, __ATOMIC_SEQ_CST);
    (void)poll(NULL, 0, 20); /* long enough for another case to be seen beside this one */
    if ((w->row->flags & CASE_SERIAL) && (now > 1 || shared->running > 1))
        shared->serial_overlaps++;
    __atomic_sub_fetch(&shared->running, 1, __ATOMIC_SEQ_CST);
    sound(w);
}

#define CROWD(n, crowd_flags)                                                                      \
    {                                                                                              \
        .id = "CROWD-" #n, .suite = "crowd", .title = "one of many", .clauses = { "FAKE-1" },      \
        .flags = (crowd_flags), .run = crowd, .file = __FILE__, .line = __LINE__                   \
    }
static const struct case_row crowd_rows[] = {
    CROWD(1, 0), CROWD(2, 0), CROWD(3, 0),           CROWD(4, 0),           CROWD(5, 0),
    CROWD(6, 0), CROWD(7, 0), CROWD(8, CASE_SERIAL), CROWD(9, CASE_SERIAL), CROWD(10, CASE_SERIAL),
};

static void hang(struct world *w)
{
    judged_exchange(w);
    for (;;)
        pause();
}

static struct case_row hang_rows[30];
static char hang_ids[30][16];

/* A generator, as derived cases have. */
static void generate(void)
{
    for (size_t i = 0; i < ARRAY_LEN(crowd_rows); i++)
        case_register(&crowd_rows[i]);
    for (size_t i = 0; i < ARRAY_LEN(hang_rows); i++) {
        snprintf(hang_ids[i], sizeof(hang_ids[i]), "HANG-%zu", i);
        hang_rows[i] = (struct case_row){ .id = hang_ids[i],
                                          .suite = "hang",
                                          .title = "hangs",
                                          .clauses = { "FAKE-1" },
                                          .budget_ms = 30,
                                          .run = hang };
        case_register(&hang_rows[i]);
    }
}

__attribute__((constructor)) static void add_generator(void)
{
    case_generators_add(generate);
}

/* ---- the fake world ---------------------------------------------------------------------- */

static const char *world_refusal; /* set: no world can be built */
static bool first_world_dies;     /* its worker is killed while it builds it */

static bool fake_build(struct world *w, const struct profile *p, int worker, struct error *e)
{
    (void)p;
    if (world_refusal != NULL)
        return error_set(e, "%s", world_refusal);
    ck_assert_int_eq(worker, w->worker);
    if (__atomic_add_fetch(&shared->worlds, 1, __ATOMIC_SEQ_CST) == 1 && first_world_dies)
        raise(SIGKILL);
    return true;
}

static void fake_begin(struct world *w, const struct case_row *row)
{
    (void)w;
    for (size_t i = 0; i < case_count() && i < ARRAY_LEN(shared->ran); i++) {
        if (case_at(i) == row && worker_impostor(w) == IMPOSTOR_NONE)
            __atomic_add_fetch(&shared->ran[i], 1, __ATOMIC_SEQ_CST);
    }
}

static void fake_end(struct world *w)
{
    if (text_starts(w->row->id, "FAKE-CLEANUP"))
        worker_leave(w, VERDICT_BROKEN, NULL, 0, "the clean-up failed");
}

static const struct world_makers makers = { fake_build, fake_begin, fake_end };

/* ---- running ----------------------------------------------------------------------------- */

static struct arena *arena;
static char *directory;
static struct profile profile;
static struct engine_options options;
static struct engine_totals totals;
static json_t *events; /* of the last run */

static void with_directory(void)
{
    struct error e = { .text = "" };
    arena = arena_create();
    ck_assert_msg(directory_make_temporary(arena, "/tmp/engine", &directory, &e), "%s", e.text);
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cases_generate();
    world_refusal = NULL;
    first_world_dies = false;
    static char *no_claims[] = { NULL };
    profile = (struct profile){ .name = "fake", .base_url = "http://t", .features = no_claims };
    json_t *clauses =
        json_own(arena, json_pack("[{s:s, s:s, s:s, s:s}, {s:s, s:s, s:s, s:s}]", "id", "FAKE-1",
                                  "level", "MUST", "source", "contract", "text", "A.", "id",
                                  "FAKE-2", "level", "MUST", "source", "ruling", "text", "B."));
    options = (struct engine_options){
        .profile = &profile,
        .rig = "external",
        .run = "pc-test",
        .out = path_join(arena, directory, "out"),
        .jobs = 4,
        .again = "plexconf run",
        .argv = json_own(arena, json_array()),
        .makers = &makers,
        .contract_digest = "d",
        .clauses = clauses,
        .cache = path_join(arena, directory, "cache"),
        .proof_digest = "0123456789abcdef",
    };
}

static void without_directory(void)
{
    ck_assert(directory_remove(directory, NULL));
    munmap(shared, sizeof(*shared));
    arena_destroy(arena);
}

static void read_events(void)
{
    struct bytes text;
    struct error e = { .text = "" };
    size_t n;
    events = json_own(arena, json_array());
    ck_assert_msg(file_read(arena, path_join(arena, options.out, "events.ndjson"), 1 << 24, &text,
                            &e),
                  "%s", e.text);
    char **lines = text_split(arena, (const char *)text.data, '\n', &n);
    for (size_t i = 0; i + 1 < n; i++) {
        json_t *event;
        ck_assert_msg(json_parse(arena, lines[i], strlen(lines[i]), &event, &e), "%s", e.text);
        json_array_append(events, event);
    }
    ck_assert_str_eq(json_text(json_array_get(events, 0), "type"), "run");
    ck_assert_str_eq(json_text(json_array_get(events, json_array_size(events) - 1), "type"), "end");
}

static int run(const char *selection)
{
    struct error e = { .text = "" };
    ck_assert_msg(selector_parse(arena, selection, &options.selector, &e), "%s", e.text);
    ck_assert_msg(engine_run(&options, &totals, &e), "%s", e.text);
    read_events();
    return totals.exit;
}

static json_t *event_of(const char *type, const char *key, const char *value)
{
    size_t i;
    json_t *event;
    json_array_foreach (events, i, event) {
        if (text_equal(json_text(event, "type"), type) && text_equal(json_text(event, key), value))
            return event;
    }
    return NULL;
}

static const char *verdict_of(const char *id)
{
    json_t *event = event_of("case", "id", id);
    ck_assert_msg(event != NULL, "no event for %s", id);
    return json_text(event, "verdict");
}

static const char *message_of(const char *id)
{
    const char *message = json_text(event_of("case", "id", id), "message");
    return message == NULL ? "" : message;
}

/* ---- exits ------------------------------------------------------------------------------- */

START_TEST(nothing_selected_is_a_usage_error)
{
    with_directory();
    ck_assert_int_eq(run("id:NOPE"), EXIT_USAGE);
    ck_assert_uint_eq(totals.selected, 0);
    without_directory();
}
END_TEST

START_TEST(only_unsupported_is_nothing)
{
    with_directory();
    ck_assert_int_eq(run("id:FAKE-UNCLAIMED or id:FAKE-UNSUPPORTED"), EXIT_NOTHING);
    ck_assert_uint_eq(totals.unsupported, 2);
    ck_assert_str_eq(message_of("FAKE-UNCLAIMED"), "the profile does not claim 'moon'");
    ck_assert_str_eq(message_of("FAKE-UNSUPPORTED"), "the hook 'given' is missing");
    ck_assert_int_eq(run("id:FAKE-501"), EXIT_NOTHING); /* never counted as passed */
    ck_assert_uint_eq(totals.unprovisioned, 1);
    without_directory();
}
END_TEST

START_TEST(a_feature_can_be_needed_or_unwanted)
{
    with_directory();
    char *claims[] = { "moon", NULL };
    ck_assert_int_eq(run("id:FAKE-WITHOUT"), EXIT_CONFORMANT);
    profile.features = claims;
    ck_assert_int_eq(run("id:FAKE-WITHOUT or id:FAKE-UNCLAIMED"), EXIT_TARGET_FAILED);
    ck_assert_str_eq(verdict_of("FAKE-UNCLAIMED"), "failed");
    ck_assert_ptr_null(event_of("case", "id", "FAKE-WITHOUT")); /* left out, not counted */
    ck_assert_uint_eq(totals.selected, 1);
    ck_assert_int_eq(run("id:FAKE-WITHOUT"), EXIT_USAGE);
    ck_assert_ptr_nonnull(event_of("note", "level", "warn"));
    without_directory();
}
END_TEST

START_TEST(a_failure_fails_the_run_and_tells_how_to_see_it_again)
{
    with_directory();
    ck_assert_int_eq(run("id:FAKE-FAIL or id:FAKE-PASS"), EXIT_TARGET_FAILED);
    json_t *event = event_of("case", "id", "FAKE-FAIL");
    ck_assert_str_eq(json_text(event, "message"), "answered 201, expected 403");
    ck_assert_str_eq(json_text(event, "again"), "plexconf run --select id:FAKE-FAIL -v");
    ck_assert_msg(text_starts(json_text(event, "where"), "conformance/harness/engine_test.c:"),
                  "%s", json_text(event, "where"));
    ck_assert_uint_eq(json_array_size(json_member(event, "exchanges")), 1);
    ck_assert_ptr_null(json_member(event_of("case", "id", "FAKE-PASS"), "exchanges"));
    without_directory();
}
END_TEST

START_TEST(a_pass_is_conformant_and_its_observations_are_told)
{
    with_directory();
    options.transcripts = true;
    ck_assert_int_eq(run("id:FAKE-PASS"), EXIT_CONFORMANT);
    ck_assert_uint_eq(totals.proven, 1);
    ck_assert_uint_eq(json_array_size(
                          json_member(event_of("case", "id", "FAKE-PASS"), "exchanges")),
                      1);
    json_t *seen = event_of("seen", "code", "thing_not_found");
    ck_assert_int_eq(json_int(seen, "status", 0), 404);
    seen = event_of("seen", "operation", "GetThing");
    ck_assert_int_eq(json_int(seen, "count", 0), 2);
    ck_assert(
        json_array_has_text(json_member(event_of("seen_members", "schema", "Thing"), "members"),
                            "id"));
    without_directory();
}
END_TEST

/* ---- broken cases and workers ------------------------------------------------------------ */

START_TEST(a_crash_is_ours_and_names_signal_and_case)
{
    with_directory();
    ck_assert_int_eq(run("id:FAKE-CRASH or id:FAKE-EXIT or id:FAKE-PASS or id:FAKE-FAIL"),
                     EXIT_BROKEN);
    ck_assert_str_eq(verdict_of("FAKE-CRASH"), "broken");
    ck_assert_ptr_nonnull(strstr(message_of("FAKE-CRASH"), "FAKE-CRASH"));
    ck_assert_ptr_nonnull(strstr(message_of("FAKE-CRASH"), "SIGSEGV"));
    ck_assert_ptr_nonnull(strstr(message_of("FAKE-EXIT"), "exit status 9"));
    ck_assert_str_eq(verdict_of("FAKE-PASS"), "passed"); /* the others still ran */
    ck_assert_uint_eq(totals.broken, 2);
    ck_assert_uint_eq(totals.failed, 1);
    for (size_t i = 0; i < case_count(); i++) {
        if (text_equal(case_at(i)->id, "FAKE-CRASH"))
            ck_assert_int_eq(shared->ran[i], 1); /* not tried again */
    }
    without_directory();
}
END_TEST

START_TEST(an_overdue_case_fails_and_its_worker_is_replaced)
{
    with_directory();
    options.jobs = 1;
    int64_t start = clock_monotonic_nanos();
    ck_assert_int_eq(run("id:FAKE-OVERDUE or id:FAKE-PASS"), EXIT_TARGET_FAILED);
    ck_assert_int_lt((clock_monotonic_nanos() - start) / 1000000, 5000);
    ck_assert_str_eq(message_of("FAKE-OVERDUE"), "over its budget of 120 ms");
    ck_assert_str_eq(verdict_of("FAKE-OVERDUE"), "failed");
    ck_assert_str_eq(verdict_of("FAKE-PASS"), "passed");
    ck_assert_int_eq(shared->worlds, 2);
    without_directory();
}
END_TEST

START_TEST(a_target_that_hangs_for_ever_ends_the_run)
{
    with_directory();
    options.jobs = 2;
    ck_assert_int_eq(run("suite:hang"), EXIT_BROKEN);
    json_t *why = event_of("note", "level", "error");
    ck_assert_ptr_nonnull(strstr(json_text(why, "message"), "in a row ran over their budget"));
    ck_assert_uint_ge(totals.failed, 10);
    ck_assert_uint_ge(totals.skipped, 15);
    ck_assert_uint_eq(totals.failed + totals.skipped, 30);
    without_directory();
}
END_TEST

START_TEST(a_world_that_cannot_be_built_ends_the_run)
{
    with_directory();
    world_refusal = "POST http://t/v1/domains: connection refused";
    ck_assert_int_eq(run("suite:crowd"), EXIT_BROKEN);
    ck_assert_uint_eq(totals.skipped, ARRAY_LEN(crowd_rows));
    ck_assert_ptr_nonnull(
        strstr(json_text(event_of("note", "level", "error"), "message"), "connection refused"));
    without_directory();
}
END_TEST

START_TEST(a_worker_lost_before_its_first_case_is_replaced_and_told)
{
    with_directory();
    first_world_dies = true;
    ck_assert_int_eq(run("suite:crowd"), EXIT_CONFORMANT);
    ck_assert_uint_eq(totals.passed, ARRAY_LEN(crowd_rows));
    ck_assert_ptr_nonnull(
        strstr(json_text(event_of("note", "level", "warn"), "message"), "killed by SIGKILL"));
    without_directory();
}
END_TEST

START_TEST(a_pass_without_a_judged_request_is_broken)
{
    with_directory();
    ck_assert_int_eq(run("id:FAKE-UNJUDGED"), EXIT_BROKEN);
    ck_assert_str_eq(message_of("FAKE-UNJUDGED"), "the case passed without a judged request");
    ck_assert_int_eq(run("id:FAKE-BOOT"), EXIT_CONFORMANT);
    ck_assert_uint_eq(totals.proven + totals.unproven, 0);
    without_directory();
}
END_TEST

START_TEST(a_clean_up_that_fails_breaks_a_pass_and_keeps_a_failure)
{
    with_directory();
    ck_assert_int_eq(run("id:FAKE-CLEANUP*"), EXIT_BROKEN);
    ck_assert_str_eq(verdict_of("FAKE-CLEANUP"), "broken");
    ck_assert_str_eq(message_of("FAKE-CLEANUP"), "the clean-up failed");
    ck_assert_str_eq(verdict_of("FAKE-CLEANUP-FAIL"), "failed");
    ck_assert_str_eq(message_of("FAKE-CLEANUP-FAIL"), "the first reason");
    without_directory();
}
END_TEST

/* ---- what decides ------------------------------------------------------------------------ */

START_TEST(provisional_and_unclaimed_rulings_never_decide)
{
    with_directory();
    ck_assert_int_eq(run("id:FAKE-PROVISIONAL or id:FAKE-RULING or id:FAKE-PASS"), EXIT_CONFORMANT);
    ck_assert_uint_eq(totals.informational, 2);
    ck_assert_uint_eq(totals.failed, 0);
    ck_assert(json_flag(event_of("case", "id", "FAKE-PROVISIONAL"), "provisional", false));
    ck_assert(json_flag(event_of("case", "id", "FAKE-RULING"), "informational", false));
    ck_assert_int_eq(run("id:FAKE-MIXED"), EXIT_TARGET_FAILED);
    char *claims[] = { "rulings", NULL };
    profile.features = claims;
    ck_assert_int_eq(run("id:FAKE-RULING"), EXIT_TARGET_FAILED);
    without_directory();
}
END_TEST

START_TEST(waivers_excuse_failures_and_nothing_else)
{
    with_directory();
    struct waiver rows[] = {
        { .id = "FAKE-FAIL", .owner = "ana", .reason = "known", .expires = "2999-01-01" },
        { .id = "FAKE-PASS", .owner = "bo", .reason = "old", .expires = "2999-01-01" },
        { .id = "FAKE-CRASH", .owner = "cy", .reason = "x", .expires = "2999-01-01" },
        { .id = "FAKE-MIXED", .fault = "waivers w.yaml:9: the waiver of 'FAKE-MIXED' expired" },
    };
    options.waivers = &(struct waivers){ rows, 1 };
    ck_assert_int_eq(run("id:FAKE-FAIL or id:FAKE-501"), EXIT_CONFORMANT);
    ck_assert_uint_eq(totals.waived, 1);
    ck_assert_uint_eq(totals.failed, 0);
    ck_assert_str_eq(json_text(json_member(event_of("case", "id", "FAKE-FAIL"), "waived"), "owner"),
                     "ana");
    options.waivers = &(struct waivers){ rows, 2 };
    ck_assert_int_eq(run("id:FAKE-PASS or id:FAKE-FAIL"), EXIT_STALE);
    ck_assert_ptr_nonnull(strstr(json_text(event_of("note", "level", "warn"), "message"),
                                 "FAKE-PASS passed but is waived"));
    options.waivers = &(struct waivers){ rows, 3 };
    ck_assert_int_eq(run("id:FAKE-CRASH"), EXIT_BROKEN);
    options.waivers = &(struct waivers){ rows, 4 };
    ck_assert_int_eq(run("id:FAKE-501 or id:FAKE-BOOT"), EXIT_STALE); /* expired is red by itself */
    ck_assert_int_eq(run("id:FAKE-MIXED"), EXIT_TARGET_FAILED); /* and waives nothing; 1 > 4 */
    ck_assert_int_eq(run("id:FAKE-MIXED or id:FAKE-EXIT"), EXIT_BROKEN); /* 3 > 1 > 4 */
    without_directory();
}
END_TEST

START_TEST(slow_and_own_target_cases_need_their_hooks)
{
    with_directory();
    ck_assert_int_eq(run("id:FAKE-SLOW or id:FAKE-OWN"), EXIT_NOTHING);
    ck_assert_ptr_nonnull(strstr(message_of("FAKE-SLOW"), "--slow"));
    ck_assert_ptr_nonnull(strstr(message_of("FAKE-OWN"), "'boot' hook"));
    options.slow = true;
    ck_assert_int_eq(run("id:FAKE-SLOW"), EXIT_CONFORMANT);
    ck_assert_uint_eq(totals.unproven, 1); /* not shown to impostors in real time */
    char *hook[] = { "true", NULL };
    options.slow = false;
    profile.advance.argv = profile.boot.argv = hook;
    ck_assert_int_eq(run("id:FAKE-SLOW or id:FAKE-OWN"), EXIT_CONFORMANT);
    ck_assert_uint_eq(totals.proven, 2);
    without_directory();
}
END_TEST

/* CHA-001 */
START_TEST(a_seed_reaches_its_cases_and_comes_back_with_their_failure)
{
    with_directory();
    ck_assert_int_eq(run("id:FAKE-SEEDED"), EXIT_CONFORMANT);
    options.seed = 77;
    options.rounds = 5;
    ck_assert_int_eq(run("id:FAKE-SEEDED"), EXIT_TARGET_FAILED);
    ck_assert_str_eq(message_of("FAKE-SEEDED"), "lost one (seed 77, round 3: kill all)");
    ck_assert_str_eq(json_text(event_of("case", "id", "FAKE-SEEDED"), "again"),
                     "plexconf run --select id:FAKE-SEEDED --seed 77 --rounds 5 -v");
    ck_assert_int_eq(json_int(event_of("run", "type", "run"), "seed", 0), 77);
    without_directory();
}
END_TEST

/* ---- order ------------------------------------------------------------------------------- */

START_TEST(parallel_cases_overlap_and_serial_ones_run_alone)
{
    with_directory();
    options.proving = PROVE_NEVER;
    ck_assert_int_eq(run("suite:crowd"), EXIT_CONFORMANT);
    ck_assert_uint_eq(totals.passed, ARRAY_LEN(crowd_rows));
    ck_assert_int_gt(shared->most_running, 1);
    ck_assert_int_le(shared->most_running, 4);
    ck_assert_int_eq(shared->serial_overlaps, 0);
    ck_assert_int_eq(shared->worlds, 4); /* worlds are kept from batch to batch */
    without_directory();
}
END_TEST

START_TEST(fail_fast_skips_what_has_not_begun)
{
    with_directory();
    options.jobs = 1;
    options.fail_fast = true;
    ck_assert_int_eq(run("id:FAKE-FAIL or id:FAKE-PASS"), EXIT_TARGET_FAILED);
    ck_assert_str_eq(verdict_of("FAKE-PASS"), "skipped");
    ck_assert_ptr_nonnull(strstr(message_of("FAKE-PASS"), "--fail-fast"));
    without_directory();
}
END_TEST

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

START_TEST(an_interrupt_stops_workers_and_still_reports)
{
    with_directory();
    interrupted = 0;
    options.interrupted = &interrupted;
    options.jobs = 1;
    hang_rows[0].budget_ms = 30000;
    signal(SIGALRM, interrupt);
    ualarm(150000, 0);
    int64_t start = clock_monotonic_nanos();
    ck_assert_int_eq(run("id:HANG-0 or id:HANG-1"), EXIT_INTERRUPTED);
    ck_assert_int_lt((clock_monotonic_nanos() - start) / 1000000, 5000);
    ck_assert_str_eq(verdict_of("HANG-0"), "skipped");
    ck_assert_str_eq(message_of("HANG-1"), "not run: interrupted");
    ck_assert(totals.interrupted);
    hang_rows[0].budget_ms = 30;
    without_directory();
}
END_TEST

static bool sick(void *rig, struct error *e)
{
    return *(bool *)rig || error_set(e, "the rig's database ended: killed by SIGKILL");
}

START_TEST(a_rig_that_dies_ends_the_run_by_name)
{
    with_directory();
    bool healthy = false;
    options.healthy = sick;
    options.rig_handle = &healthy;
    ck_assert_int_eq(run("id:FAKE-PASS"), EXIT_BROKEN);
    ck_assert_str_eq(verdict_of("FAKE-PASS"), "skipped");
    ck_assert_str_eq(message_of("FAKE-PASS"),
                     "not run: the rig's database ended: killed by SIGKILL");
    without_directory();
}
END_TEST

/* ---- impostors --------------------------------------------------------------------------- */

START_TEST(a_case_that_an_impostor_satisfies_is_vacuous)
{
    with_directory();
    ck_assert_int_eq(run("id:FAKE-VACUOUS or id:FAKE-PASS"), EXIT_BROKEN);
    ck_assert_uint_eq(totals.vacuous, 1);
    ck_assert_uint_eq(totals.proven, 1);
    ck_assert_uint_eq(totals.passed, 2);
    ck_assert_str_eq(json_text(event_of("impostor", "id", "FAKE-VACUOUS"), "impostor"), "echo");
    ck_assert_ptr_null(event_of("impostor", "id", "FAKE-PASS"));
    options.proving = PROVE_NEVER;
    ck_assert_int_eq(run("id:FAKE-VACUOUS"), EXIT_CONFORMANT);
    ck_assert_uint_eq(totals.unproven, 1);
    without_directory();
}
END_TEST

static const char *cache_file(void)
{
    return path_join(arena, options.cache,
                     arena_printf(arena, "impostors-%s.json", options.proof_digest));
}

START_TEST(proof_is_kept_until_the_digest_changes)
{
    with_directory();
    struct error e;
    ck_assert_int_eq(run("id:FAKE-VACUOUS or id:FAKE-PASS"), EXIT_BROKEN);
    ck_assert(path_exists(cache_file()));
    /* Forge what the file says: the next run believes it, a forced one or another digest does not.
     */
    const char *forged = "{\"digest\":\"0123456789abcdef\",\"cases\":{\"FAKE-VACUOUS\":[]}}";
    ck_assert(file_write_atomic(cache_file(), forged, strlen(forged), 0600, &e));
    ck_assert_int_eq(run("id:FAKE-VACUOUS"), EXIT_CONFORMANT);
    options.proving = PROVE_ALWAYS;
    ck_assert_int_eq(run("id:FAKE-VACUOUS"), EXIT_BROKEN);
    options.proving = PROVE_WHEN_NEW;
    ck_assert(file_write_atomic(cache_file(), forged, strlen(forged), 0600, &e));
    options.proof_digest = "fedcba9876543210";
    ck_assert_int_eq(run("id:FAKE-VACUOUS"), EXIT_BROKEN);
    ck_assert(file_write_atomic(cache_file(), "rubbish", 7, 0600, &e));
    ck_assert_int_eq(run("id:FAKE-VACUOUS"), EXIT_BROKEN);
    without_directory();
}
END_TEST

/* ---- the stream -------------------------------------------------------------------------- */

START_TEST(a_stream_that_cannot_be_written_is_one_line)
{
    with_directory();
    struct error e = { .text = "" };
    options.out = "/proc/nowhere/out";
    ck_assert(!engine_run(&options, &totals, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "/proc/nowhere"));
    ck_assert_int_eq(totals.exit, EXIT_BROKEN);

    options.out = path_join(arena, directory, "full");
    ck_assert(directory_make(options.out, 0700, &e));
    ck_assert_int_eq(symlink("/dev/full", path_join(arena, options.out, "events.ndjson")), 0);
    ck_assert(!engine_run(&options, &totals, &e));
    ck_assert_msg(strstr(e.text, "no space left on device") != NULL, "%s", e.text);
    ck_assert_ptr_nonnull(strstr(e.text, "events.ndjson"));
    ck_assert_ptr_null(strchr(e.text, '\n'));
    ck_assert_int_eq(totals.exit, EXIT_BROKEN);
    without_directory();
}
END_TEST

TESTS("harness/engine", nothing_selected_is_a_usage_error, only_unsupported_is_nothing,
      a_feature_can_be_needed_or_unwanted, a_failure_fails_the_run_and_tells_how_to_see_it_again,
      a_pass_is_conformant_and_its_observations_are_told, a_crash_is_ours_and_names_signal_and_case,
      an_overdue_case_fails_and_its_worker_is_replaced, a_target_that_hangs_for_ever_ends_the_run,
      a_world_that_cannot_be_built_ends_the_run,
      a_worker_lost_before_its_first_case_is_replaced_and_told,
      a_pass_without_a_judged_request_is_broken,
      a_clean_up_that_fails_breaks_a_pass_and_keeps_a_failure,
      provisional_and_unclaimed_rulings_never_decide, waivers_excuse_failures_and_nothing_else,
      slow_and_own_target_cases_need_their_hooks,
      a_seed_reaches_its_cases_and_comes_back_with_their_failure,
      parallel_cases_overlap_and_serial_ones_run_alone, fail_fast_skips_what_has_not_begun,
      an_interrupt_stops_workers_and_still_reports, a_rig_that_dies_ends_the_run_by_name,
      a_case_that_an_impostor_satisfies_is_vacuous, proof_is_kept_until_the_digest_changes,
      a_stream_that_cannot_be_written_is_one_line)
