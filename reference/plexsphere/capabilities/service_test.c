/* A manifest, what it changes and what it tells of, against a private database (CAP-015 to CAP-021,
 * CAP-027, CAP-034). */
#include "reference/plexsphere/capabilities/service.h"

#include <pthread.h>

#include "reference/plexsphere/capabilities/capabilities.h"
#include "reference/plexsphere/hooks/store.h"
#include "reference/plexsphere/nodes/one_node_test_support.h"

#define DIGEST "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HOOKS                                                                                      \
    "{\"a\":{\"image_digest\":\"" DIGEST                                                           \
    "\",\"parameters\":{},\"timeout_seconds\":null,\"sandbox\":false}}"

static const struct manifest plain = { .binary_version = "v1",
                                       .declared_hooks = "{}",
                                       .plexd_hooks = "{}" };

static enum capabilities_result put(const struct node_fixture *f, const struct manifest *m,
                                    bool commit, struct capabilities_change *change)
{
    struct arena *a = arena_create();
    struct request rq = node_request(f, a);
    tx_write(rq.tx);
    enum capabilities_result r = capabilities_replace(&rq, m, change);
    if (r == CAPABILITIES_OK && commit)
        ck_assert_int_eq(tx_commit(rq.tx), SQL_OK);
    tx_end(rq.tx);
    arena_destroy(a);
    return r;
}

static const char *events(const struct node_fixture *f)
{
    return cluster_sql(f->arena, f->dsn,
                       "SELECT string_agg(concat_ws(' ', type, domain_id, subject_id, for_nodes, "
                       "payload), '|' ORDER BY id) FROM plexsphere.outbox_events");
}

#define EVENT "NodeCapabilitiesUpdated " TEST_DOMAIN " " TEST_NODE " f "

START_TEST(an_event_tells_of_each_change_and_of_nothing_else)
{
    struct node_fixture f = node_fixture_open(1);
    struct capabilities_change change;
    struct manifest m = plain;
    ck_assert_int_eq(put(&f, &m, false, &change), CAPABILITIES_OK);
    ck_assert_ptr_null(events(&f)); /* rolled back, and the event with it */
    ck_assert_int_eq(put(&f, &m, true, &change), CAPABILITIES_OK);
    ck_assert_uint_eq(change.n_fields, 2);
    ck_assert_int_eq(put(&f, &m, true, &change), CAPABILITIES_OK);
    ck_assert_uint_eq(change.n_fields, 0);
    ck_assert_str_eq(events(&f), EVENT "{\"node_id\": \"" TEST_NODE
                                       "\", \"fields_changed\": [\"binary_checksum\", "
                                       "\"binary_version\"], \"host_key_changed\": false}");
    m.ssh_host_key_fingerprint = "SHA256:AA";
    ck_assert_int_eq(put(&f, &m, true, &change), CAPABILITIES_OK);
    ck_assert(change.n_fields == 1 && change.host_key);
    ck_assert_str_eq(cluster_sql(f.arena, f.dsn,
                                 "SELECT payload->>'host_key_changed' FROM "
                                 "plexsphere.outbox_events ORDER BY id DESC LIMIT 1"),
                     "true");
    node_fixture_close(&f);
}
END_TEST

START_TEST(a_node_that_is_gone_is_told_so)
{
    struct node_fixture f = node_fixture_open(1);
    struct capabilities_change change;
    cluster_sql(f.arena, f.dsn, "DELETE FROM plexsphere.nodes");
    ck_assert_int_eq(put(&f, &plain, true, &change), CAPABILITIES_NODE_GONE);
    node_fixture_close(&f);
}
END_TEST

struct put_at_once {
    const struct node_fixture *f;
    struct capabilities_change change;
};

static void *put_in_thread(void *argument)
{
    struct put_at_once *p = argument;
    ck_assert_int_eq(put(p->f, &plain, true, &p->change), CAPABILITIES_OK);
    return NULL;
}

START_TEST(of_equal_manifests_at_once_one_changes_something)
{
    enum { THREADS = 6 };
    struct node_fixture f = node_fixture_open(THREADS);
    struct put_at_once puts[THREADS];
    pthread_t threads[THREADS];
    int changed = 0;
    for (int i = 0; i < THREADS; i++) {
        puts[i] = (struct put_at_once){ .f = &f };
        ck_assert_int_eq(pthread_create(&threads[i], NULL, put_in_thread, &puts[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        changed += puts[i].change.n_fields > 0;
    }
    ck_assert_int_eq(changed, 1);
    ck_assert_str_eq(cluster_sql(f.arena, f.dsn, "SELECT count(*) FROM plexsphere.outbox_events"),
                     "1");
    node_fixture_close(&f);
}
END_TEST

static struct hook_row *hooks_now(struct request *rq, const char *match, size_t *n)
{
    struct hook_filter filter = { .image_digest_match = match };
    struct hook_place start = { .position = 0 };
    struct hook_row *rows;
    ck_assert_int_eq(hook_window(rq->tx, &filter, &start, 10, &rows, n), SQL_OK);
    return rows;
}

START_TEST(a_hook_matches_the_image_its_domain_declares)
{
    struct node_fixture f = node_fixture_open(2);
    struct capabilities_change change;
    struct manifest m = plain;
    size_t n;
    m.plexd_hooks = HOOKS;
    ck_assert_int_eq(put(&f, &m, true, &change), CAPABILITIES_OK);
    struct request rq = node_request(&f, f.arena);
    ck_assert(!hooks_now(&rq, NULL, &n)[0].image_digest_match);
    cluster_sql(f.arena, f.dsn,
                "INSERT INTO plexsphere.declared_hook_images VALUES ('" TEST_DOMAIN
                "', 'b', '" DIGEST "'), ('" TEST_DOMAIN "', 'a', 'sha256:' || repeat('0', 64))");
    ck_assert(!hooks_now(&rq, NULL, &n)[0].image_digest_match);
    cluster_sql(f.arena, f.dsn,
                "INSERT INTO plexsphere.declared_hook_images VALUES ('" TEST_DOMAIN
                "', 'a', '" DIGEST "')");
    ck_assert(hooks_now(&rq, NULL, &n)[0].image_digest_match);
    hooks_now(&rq, "true", &n);
    ck_assert_uint_eq(n, 1);
    hooks_now(&rq, "false", &n);
    ck_assert_uint_eq(n, 0);
    tx_end(rq.tx);
    node_fixture_close(&f);
}
END_TEST

START_TEST(good_is_known_by_version)
{
    static const unsigned char zero[32] = { 0 }, one[32] = { 1 };
    struct node_fixture f = node_fixture_open(1);
    struct capabilities_change change;
    struct capability_row *rows;
    struct uuid start = { { 0 } };
    size_t n;
    ck_assert_int_eq(put(&f, &plain, true, &change), CAPABILITIES_OK);
    struct request rq = node_request(&f, f.arena);
    struct capability_filter filter = { .project_id = rq.node.project_id };
    const struct {
        const char *version;
        const unsigned char *checksum;
        const char *status;
    } steps[] = { { "v2", zero, "unknown" }, { "v1", one, "drift" }, { "v1", zero, "match" } };
    tx_write(rq.tx);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        ck_assert_int_eq(capabilities_know_good(rq.tx, steps[i].version, steps[i].checksum),
                         SQL_OK);
        ck_assert_int_eq(capability_window(rq.tx, &filter, &start, 10, &rows, &n), SQL_OK);
        ck_assert_uint_eq(n, 1);
        ck_assert_str_eq(rows[0].status, steps[i].status);
    }
    tx_end(rq.tx);
    node_fixture_close(&f);
}
END_TEST

CLUSTER_TESTS("capabilities/service", an_event_tells_of_each_change_and_of_nothing_else,
              a_node_that_is_gone_is_told_so, of_equal_manifests_at_once_one_changes_something,
              a_hook_matches_the_image_its_domain_declares, good_is_known_by_version)
