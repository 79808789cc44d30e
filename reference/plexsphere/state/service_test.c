/* A Node's state against a private database: what the platform's changes tell, what reports do not
 * tell, and who is whose peer. */
#include <pthread.h>
#include <string.h>

#include "common/json.h"
#include "reference/plexsphere/store/cluster_test_support.h"

#include "reference/plexsphere/nodes/node_test_support.h"
#include "reference/plexsphere/state/state.h"
#include "reference/plexsphere/state/view.h"

static struct test_fleet f;
static struct uuid node;
static const char *why;

static void set_up(void)
{
    char *nsk;
    fleet_open(&f);
    node = fleet_node(&f, false, &nsk);
    fleet_commit(&f);
}

static const char *text_of(json_t *view)
{
    return json_dump(f.arena, json_own(f.arena, view));
}

static struct snapshot snapshot(void)
{
    struct snapshot s;
    ck_assert_int_eq(snapshot_read(f.tx, &node, &s), FOUND);
    return s;
}

/* STA-034, STA-035: all there is, and JSON as JSON. */
START_TEST(a_change_tells_everything)
{
    const struct state_entry data[] = {
        { .key = "b", .value = "{\"n\":1}", .is_json = true, .content_type = "application/json" },
        { .key = "a", .value = "{\"n\":1}", .content_type = "text/plain", .version = 7 },
    };
    const struct state_entry metadata = { .key = "env",
                                          .value = "dev",
                                          .content_type = "text/plain" };
    set_up();
    ck_assert_int_eq(node_data_replace(f.tx, &node, data, 2, TEST_NOW, &why), STATE_OK);
    ck_assert_int_eq(node_metadata_replace(f.tx, &node, &metadata, 1, TEST_NOW, &why), STATE_OK);
    fleet_commit(&f);
    json_t *event = fleet_event(&f, &node, "node_state_updated");
    ck_assert_ptr_nonnull(event);
    ck_assert_str_eq(
        json_dump(f.arena, event),
        arena_printf(f.arena,
                     "{\"node_id\":\"%s\",\"metadata\":{\"env\":\"dev\"},\"data\":["
                     "{\"key\":\"a\",\"content_type\":\"text/plain\",\"payload\":\"{\\\"n\\\":1}\","
                     "\"version\":7,\"updated_at\":\"2026-09-21T14:13:20Z\"},"
                     "{\"key\":\"b\",\"content_type\":\"application/json\",\"payload\":{\"n\":1},"
                     "\"version\":1,\"updated_at\":\"2026-09-21T14:13:20Z\"}]}",
                     uuid_text(f.arena, &node)));
    ck_assert_int_eq(node_data_replace(f.tx, &node, NULL, 0, TEST_NOW, &why), STATE_OK);
    fleet_commit(&f);
    event = fleet_event(&f, &node, "node_state_updated");
    ck_assert_uint_eq(json_array_size(json_member(event, "data")), 0);
    ck_assert_str_eq(json_text(json_member(event, "metadata"), "env"), "dev");
    fleet_close(&f);
}
END_TEST

/* STA-027 */
START_TEST(reports_make_no_event)
{
    const struct state_entry report = { .key = "load", .value = "1", .content_type = "text/plain" };
    set_up();
    ck_assert_int_eq(node_report_put(f.tx, &node, &report, TEST_NOW, &why), STATE_OK);
    ck_assert_int_eq(node_report_put(f.tx, &node, &report, TEST_NOW, &why), STATE_OK);
    fleet_commit(&f);
    ck_assert_uint_eq(snapshot().entries[ENTRY_REPORT].n, 1);
    ck_assert_int_eq(snapshot().entries[ENTRY_REPORT].items[0].version, 2);
    ck_assert_int_eq(node_report_delete(f.tx, &node, "load"), STATE_OK);
    ck_assert_int_eq(node_report_delete(f.tx, &node, "load"), STATE_NOT_FOUND);
    fleet_commit(&f);
    ck_assert_str_eq(cluster_sql(f.arena, f.dsn, "SELECT count(*) FROM plexsphere.outbox_events"),
                     "0");
    fleet_close(&f);
}
END_TEST

START_TEST(a_node_that_left_is_no_peer_and_has_no_state)
{
    char *nsk;
    struct snapshot s;
    const struct state_entry report = { .key = "load", .value = "1", .content_type = "text/plain" };
    set_up();
    struct uuid other = fleet_node(&f, false, &nsk);
    fleet_commit(&f);
    ck_assert_uint_eq(snapshot().n_peers, 1);
    cluster_sql(f.arena, f.dsn,
                arena_printf(f.arena,
                             "UPDATE plexsphere.nodes SET drained_at = registered_at "
                             "WHERE id = '%s'",
                             uuid_text(f.arena, &other)));
    ck_assert_uint_eq(snapshot().n_peers, 0);
    ck_assert_int_eq(snapshot_read(f.tx, &other, &s), NOT_FOUND);
    ck_assert_int_eq(node_report_put(f.tx, &other, &report, TEST_NOW, &why), STATE_NOT_FOUND);
    ck_assert_int_eq(node_metadata_replace(f.tx, &other, NULL, 0, TEST_NOW, &why), STATE_NOT_FOUND);
    fleet_close(&f);
}
END_TEST

/* Puts a report in a transaction of its own. */
static void *race(void *result)
{
    const struct state_entry report = { .key = "late", .value = "1", .content_type = "text/plain" };
    struct arena *a = arena_create();
    struct tx *tx = tx_begin(f.db, a);
    const char *ignored;
    tx_write(tx);
    *(enum state_result *)result = node_report_put(tx, &node, &report, TEST_NOW, &ignored);
    if (tx_commit(tx) != SQL_OK)
        *(enum state_result *)result = STATE_FAILED;
    tx_end(tx);
    arena_destroy(a);
    return NULL;
}

static bool somebody_waits(void)
{
    return !text_equal(cluster_sql(f.arena, f.dsn,
                                   "SELECT count(*) FROM pg_stat_activity WHERE datname = "
                                   "current_database() AND wait_event_type = 'Lock'"),
                       "0");
}

/* STA-028: a count is true only while nobody else stores: the second waits, and then is one too
 * many. */
START_TEST(of_two_at_the_last_place_the_second_waits)
{
    enum state_result late = STATE_OK;
    pthread_t thread;
    set_up();
    for (int i = 0; i < REPORTS_PER_NODE; i++) {
        const struct state_entry report = { .key = arena_printf(f.arena, "r%d", i),
                                            .value = "1",
                                            .content_type = "text/plain" };
        ck_assert_int_eq(node_report_put(f.tx, &node, &report, TEST_NOW, &why), STATE_OK);
    }
    ck_assert_int_eq(pthread_create(&thread, NULL, race, &late), 0);
    int64_t deadline = clock_monotonic_nanos() + 20 * NANOS_PER_SECOND;
    while (!somebody_waits() && clock_monotonic_nanos() < deadline)
        poll(NULL, 0, 5);
    fleet_commit(&f);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(late, STATE_QUOTA);
    fleet_close(&f);
}
END_TEST

static void *race_to_delete(void *result)
{
    struct arena *a = arena_create();
    struct tx *tx = tx_begin(f.db, a);
    tx_write(tx);
    *(enum state_result *)result = node_report_delete(tx, &node, "late");
    if (tx_commit(tx) != SQL_OK)
        *(enum state_result *)result = STATE_FAILED;
    tx_end(tx);
    arena_destroy(a);
    return NULL;
}

/* CHA-002: an agent died while its put was under way, and the next one deletes. */
START_TEST(a_delete_waits_for_the_put_before_it)
{
    const struct state_entry report = { .key = "late", .value = "1", .content_type = "text/plain" };
    enum state_result deleted = STATE_FAILED;
    pthread_t thread;
    set_up();
    ck_assert_int_eq(node_report_put(f.tx, &node, &report, TEST_NOW, &why), STATE_OK);
    ck_assert_int_eq(pthread_create(&thread, NULL, race_to_delete, &deleted), 0);
    int64_t deadline = clock_monotonic_nanos() + 5 * NANOS_PER_SECOND;
    while (!somebody_waits() && clock_monotonic_nanos() < deadline)
        poll(NULL, 0, 5);
    fleet_commit(&f);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(deleted, STATE_OK);
    ck_assert_uint_eq(snapshot().entries[ENTRY_REPORT].n, 0);
    fleet_close(&f);
}
END_TEST

START_TEST(entries_keep_to_their_bounds)
{
    char key[STATE_KEY_MAX + 2];
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    const struct state_entry bad[] = {
        { .key = "", .value = "", .content_type = "text/plain" },
        { .key = key, .value = "", .content_type = "text/plain" },
        { .key = "k", .value = "", .content_type = "" },
        { .key = "k", .value = "", .content_type = "text/plain", .version = -1 },
    };
    set_up();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        why = NULL;
        ck_assert_int_eq(node_data_replace(f.tx, &node, &bad[i], 1, TEST_NOW, &why), STATE_INVALID);
        ck_assert_ptr_nonnull(why);
    }
    fleet_close(&f);
}
END_TEST

/* STA-036 */
START_TEST(the_mvp_dialect_has_its_own_words)
{
    char *nsk;
    const struct state_entry metadata = { .key = "env",
                                          .value = "dev",
                                          .content_type = "text/plain" };
    set_up();
    struct uuid other = fleet_node(&f, true, &nsk);
    ck_assert_int_eq(node_metadata_replace(f.tx, &node, &metadata, 1, TEST_NOW, &why), STATE_OK);
    fleet_commit(&f);
    struct snapshot s = snapshot();
    ck_assert_str_eq(
        text_of(snapshot_view_mvp(f.arena, &s)),
        arena_printf(f.arena,
                     "{\"peers\":[{\"id\":\"%s\",\"public_key\":"
                     "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\"mesh_ip\":\"10.42.0.2\","
                     "\"endpoint\":\"\",\"allowed_ips\":[\"10.42.0.2/32\"],\"psk\":\"\"}],"
                     "\"policies\":[],\"metadata\":{\"env\":\"dev\"},\"data\":[],"
                     "\"secret_refs\":[]}",
                     uuid_text(f.arena, &other)));
    fleet_close(&f);
}
END_TEST

CLUSTER_TESTS("plexsphere/state/service", a_change_tells_everything, reports_make_no_event,
              a_node_that_left_is_no_peer_and_has_no_state,
              of_two_at_the_last_place_the_second_waits, a_delete_waits_for_the_put_before_it,
              entries_keep_to_their_bounds, the_mvp_dialect_has_its_own_words)
