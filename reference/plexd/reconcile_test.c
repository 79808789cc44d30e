#include "reference/plexd/reconcile.h"

#include "common/file.h"
#include "common/log.h"
#include "common/testing.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexd/test_server.h"

#define K1 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define K2 "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="

static struct arena *a;
static struct error e;
static struct loop *l;
static struct http *h;
static struct test_server server;
static struct fast_clock fast;
static struct cache *cache;
static struct verifier *v;
static struct reconcile *r;
static char *folder;

static const char *states[8]; /* what the server answers, one after another; then the test ends */
static size_t n_states;
static int fetches, keys_changed;
static char drifts[8][1024];
static int n_drifts;
static void (*between)(int fetch); /* called as each state is asked for */

static void answers(const char *state, size_t times)
{
    while (times-- > 0)
        states[n_states++] = state;
}

static void handle(struct test_request *rq)
{
    if (text_equal(rq->path, "/v1/nodes/n1/drift")) {
        snprintf(drifts[n_drifts++], 1024, "%s", (const char *)rq->body.data);
        test_answer(rq, 200, "", "");
        return;
    }
    ck_assert_str_eq(rq->path, "/v1/nodes/n1/state");
    if (between != NULL)
        between(fetches);
    if ((size_t)fetches >= n_states) {
        loop_stop(l);
        return;
    }
    const char *state = states[fetches++];
    test_answer(rq, state[0] == '{' ? 200 : 503, "", state);
}

static void on_keys(void *self)
{
    (void)self;
    keys_changed++;
}

static void begin(void)
{
    static const unsigned char zero[32];
    a = arena_create();
    ck_assert(directory_make_temporary(a, "/tmp/plexd-reconcile", &folder, &e));
    ck_assert(loop_create(&l, &e) && test_server_open(&server, l, handle, NULL));
    struct http_options o = { .base_url = server.url, .version = "1" };
    ck_assert(http_create(l, &o, &h, &e));
    ck_assert(cache_open(folder, NULL, &cache, &e));
    v = verifier_create(zero, "");
    log_set_level(LOG_ERROR + 1);
    fast_clock_start(&fast, l);
    n_states = 0;
}

static void run(void)
{
    struct reconcile_options o = { .loop = l,
                                   .http = h,
                                   .wire = &wire_mvp,
                                   .node_id = "n1",
                                   .interval = 60 * NANOS_PER_SECOND,
                                   .cache = cache,
                                   .verifier = v,
                                   .keys_changed = on_keys };
    r = reconcile_start(&o);
    loop_run(l);
}

static void finish(void)
{
    reconcile_stop(r);
    fast_clock_stop(&fast);
    http_destroy(h);
    test_server_close(&server);
    cache_close(cache);
    verifier_destroy(v);
    loop_destroy(l);
    ck_assert(directory_remove(folder, &e));
    arena_destroy(a);
}

static const char *metadata(const char *key)
{
    const char *value = json_string_value(json_object_get(cache_metadata(cache), key));
    return value != NULL ? value : "";
}

/* plexd-facts 13, case 19: one drift report for a change, none for the same state again. */
START_TEST(a_state_is_applied_and_told_once)
{
    begin();
    answers("{\"peers\":[{\"id\":\"p\"}],\"metadata\":{\"k\":\"v\"},\"data\":[{\"key\":\"d\","
            "\"content_type\":\"t\",\"payload\":{},\"version\":1}],\"signing_keys\":{\"current\":"
            "\"" K1 "\"}}",
            2);
    run();
    ck_assert_int_eq(n_drifts, 1);
    ck_assert(text_contains(drifts[0], "[{\"type\":\"peer_added\",\"detail\":\"peer p\"},"
                                       "{\"type\":\"signing_keys_updated\""));
    ck_assert_str_eq(metadata("k"), "v");
    ck_assert_ptr_nonnull(cache_data_find(cache, "d"));
    ck_assert_int_eq(keys_changed, 1);
    finish();
}
END_TEST

/* Annex A.3: what the disk kept of an earlier life goes, even when nothing is desired. */
START_TEST(the_first_cycle_leaves_nothing_stale)
{
    begin();
    json_t *old = json_pack("{s:s}", "old", "value");
    cache_set_metadata(cache, old);
    json_decref(old);
    struct secret_ref ref = { "s", 1 };
    cache_set_secrets(cache, &ref, 1);
    answers("{}", 1);
    run();
    size_t n;
    ck_assert_str_eq(metadata("old"), "");
    cache_secrets(cache, &n);
    ck_assert_uint_eq(n, 0);
    ck_assert_int_eq(n_drifts, 0);
    finish();
}
END_TEST

/* plexd-facts 13, case 22: the others run, it is told, and told again until all succeed. */
START_TEST(a_failing_handler_keeps_the_difference_alive)
{
    begin();
    answers("{\"metadata\":{\"k\":\"v\"},\"signing_keys\":{\"current\":\"!\"}}", 2);
    answers("{\"metadata\":{\"k\":\"v\"},\"signing_keys\":{\"current\":\"" K1 "\"}}", 2);
    run();
    ck_assert_int_eq(n_drifts, 3);
    ck_assert_str_eq(metadata("k"), "v");
    ck_assert_int_eq(keys_changed, 1);
    finish();
}
END_TEST

START_TEST(an_answer_that_is_none_changes_nothing)
{
    begin();
    answers("{\"metadata\":{\"k\":\"v\"}}", 1);
    answers("unavailable", 1);
    answers("{\"metadata\":[1]}", 1);
    run();
    ck_assert_str_eq(metadata("k"), "v");
    ck_assert_int_eq(n_drifts, 1);
    finish();
}
END_TEST

static struct envelope event(const char *type, const char *payload)
{
    return (struct envelope){ .type = type, .id = "i", .payload = BYTES_OF_TEXT(payload) };
}

static int64_t asked_at, fetched_at;

static void event_after_first(int fetch)
{
    if (fetch != 1)
        return;
    struct envelope ev = event("node_state_updated", "{\"metadata\":{\"k\":\"new\"}}");
    reconcile_event(r, &ev);
    ck_assert_str_eq(metadata("k"), "new");
}

/* The answer on its way is older than the event: it is asked again at once, and the event's state
 * is what the next cycle is compared with. */
START_TEST(an_event_while_a_cycle_runs_is_not_lost)
{
    begin();
    between = event_after_first;
    answers("{\"metadata\":{\"k\":\"old\"}}", 1);
    answers("{\"metadata\":{\"k\":\"old\"}}", 1);
    answers("{\"metadata\":{\"k\":\"new\"}}", 1);
    run();
    ck_assert_str_eq(metadata("k"), "new");
    finish();
}
END_TEST

static void ask_often(int fetch)
{
    if (fetch == 0) {
        asked_at = loop_now(l);
        for (int i = 0; i < 5; i++)
            reconcile_now(r);
    }
    if (fetch == 1)
        fetched_at = loop_now(l);
}

START_TEST(asking_often_is_one_more_cycle)
{
    begin();
    between = ask_often;
    answers("{}", 3);
    int64_t before = loop_now(l);
    run();
    ck_assert_int_lt(fetched_at - asked_at, 30 * NANOS_PER_SECOND);
    /* two at once, then one per interval */
    ck_assert_int_ge(loop_now(l) - before, 2 * 60 * NANOS_PER_SECOND);
    finish();
}
END_TEST

static void rotate_by_event(int fetch)
{
    if (fetch != 1)
        return;
    struct envelope bad = event("signing_key_rotated", "{\"current\":\"\"}");
    reconcile_event(r, &bad);
    ck_assert_int_eq(keys_changed, 1);
    struct envelope good = event("signing_key_rotated", "{\"current\":\"" K2 "\"}");
    reconcile_event(r, &good);
    ck_assert_int_eq(keys_changed, 2);
    ck_assert_int_eq(verifier_current(v, NULL)[0], 1);
}

/* plexd-facts 13, case 8 */
START_TEST(a_signing_key_is_rotated_by_an_event_and_a_bad_one_is_not_taken)
{
    begin();
    between = rotate_by_event;
    answers("{\"signing_keys\":{\"current\":\"" K1 "\"}}", 1);
    answers("{\"signing_keys\":{\"current\":\"" K2 "\"}}", 1);
    run();
    ck_assert_int_eq(keys_changed, 2);
    finish();
}
END_TEST

static void other_events(int fetch)
{
    if (fetch != 0)
        return;
    struct envelope look = event("policy_updated", "{}"), unknown = event("whatever", "{}"),
                    broken = event("node_state_updated", "[]");
    reconcile_event(r, &unknown);
    reconcile_event(r, &look);
    reconcile_event(r, &broken);
}

START_TEST(other_events_ask_for_a_cycle_or_are_passed_over)
{
    begin();
    between = other_events;
    answers("{}", 2);
    run();
    ck_assert_int_eq(fetches, 2);
    finish();
}
END_TEST

static void flood(int fetch)
{
    if (fetch != 1)
        return;
    size_t len = 900000;
    char *text = arena_alloc(a, len + 100);
    snprintf(text, 100, "{\"metadata\":{\"k\":\"");
    size_t head = strlen(text);
    memset(text + head, 'x', len);
    snprintf(text + head + len, 10, "\"}}");
    struct envelope ev = event("node_state_updated", text);
    for (int i = 0; i < 20; i++)
        reconcile_event(r, &ev);
}

START_TEST(many_large_events_do_not_pile_up)
{
    begin();
    between = flood;
    answers("{\"metadata\":{\"k\":\"v\"}}", 1);
    answers("unavailable", 1);
    answers("{\"metadata\":{\"k\":\"end\"}}", 1);
    run();
    ck_assert_str_eq(metadata("k"), "end");
    finish();
}
END_TEST

TESTS("plexd/reconcile", a_state_is_applied_and_told_once, the_first_cycle_leaves_nothing_stale,
      a_failing_handler_keeps_the_difference_alive, an_answer_that_is_none_changes_nothing,
      an_event_while_a_cycle_runs_is_not_lost, asking_often_is_one_more_cycle,
      a_signing_key_is_rotated_by_an_event_and_a_bad_one_is_not_taken,
      other_events_ask_for_a_cycle_or_are_passed_over, many_large_events_do_not_pile_up)
