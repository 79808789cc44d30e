/* The mesh against a private database: what is announced, to whom and how often. */
#include <pthread.h>
#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/testing.h"
#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/mvp/drift.h"
#include "reference/plexsphere/peers/endpoints.h"
#include "reference/plexsphere/peers/membership.h"
#include "reference/plexsphere/peers/psk.h"
#include "reference/plexsphere/peers/rotation.h"
#include "reference/plexsphere/ports/relations.h"
#include "reference/plexsphere/store/cluster_test_support.h"
#include "reference/plexsphere/store/migrate.h"

#define NOW INT64_C(1790000000000000)
#define DOMAIN_ID "018f4e2a-7b1c-7c3d-8e4f-5a6b7c8d9e01"
#define PROJECT_ID "018f4e2a-7b1c-7c3d-8e4f-5a6b7c8d9e02"

static struct arena *arena;
static char *dsn;
static struct db *db;
static struct tx *tx;
static struct uuid domain, project;
static const unsigned char wrap_key[32] = { 7 };
static const unsigned char new_key[32] = { 9 }, other_key[32] = { 8 };

static void set_up(void)
{
    struct error e = { "" };
    arena = arena_create();
    dsn = cluster_database(arena);
    ck_assert_msg(crypto_init(&e) && migrate_up(dsn, "migrations", &e), "%s", e.text);
    cluster_sql(arena, dsn,
                "INSERT INTO plexsphere.domains VALUES ('" DOMAIN_ID "', 'D', 'd', '', '', "
                "'10.42.0.0/16', 30000000000, 90000000000, 300000000000, now(), now());"
                "INSERT INTO plexsphere.projects VALUES ('" PROJECT_ID "', '" DOMAIN_ID
                "', 'P', 'p', '', now(), now())");
    ck_assert(uuid_parse(DOMAIN_ID, &domain) && uuid_parse(PROJECT_ID, &project));
    ck_assert_msg(db_open(dsn, 4, &db, &e), "%s", e.text);
    tx = tx_begin(db, arena);
    tx_write(tx);
}

static void commit(void)
{
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    tx_write(tx);
}

static void tear_down(void)
{
    tx_end(tx);
    db_close(db);
    arena_destroy(arena);
}

/* A Node that joined as a registration lets it. */
static struct uuid joined(int number)
{
    struct node node = { .id = uuid_v7(NOW),
                         .domain_id = domain,
                         .project_id = project,
                         .kind = "node",
                         .public_key = { (unsigned char)number, 1 },
                         .mesh_ip = arena_printf(arena, "10.42.0.%d", number),
                         .registered_at = NOW };
    static const struct statement insert = {
        "test_node",
        "INSERT INTO plexsphere.nodes (id, domain_id, project_id, kind, public_key, mesh_ip, "
        "registered_at) VALUES ($1, $2, $3, 'node', $4, $5::text::inet, $6)",
    };
    ck_assert_int_eq(SQL(tx, &insert, NULL, p_uuid(&node.id), p_uuid(&domain), p_uuid(&project),
                         p_bytes(node.public_key, 32), p_text(node.mesh_ip), p_time(NOW)),
                     SQL_OK);
    ck_assert_int_eq(mesh_join(tx, wrap_key, &node, NOW), SQL_OK);
    commit();
    return node.id;
}

/* The events of a type: to whom, to whom not, and their payload. */
static const char *events(const char *type)
{
    const char *all = cluster_sql(
        arena, dsn,
        arena_printf(arena,
                     "SELECT string_agg(concat_ws(' ', node_id, but_node_id, "
                     "payload->>'canonical'), '|' ORDER BY id) FROM plexsphere.outbox_events "
                     "WHERE type = '%s' AND for_nodes",
                     type));
    return all ? all : "";
}

static const char *count(const char *of)
{
    return cluster_sql(arena, dsn, arena_printf(arena, "SELECT count(*) FROM plexsphere.%s", of));
}

static enum endpoint_result seen_at(const struct uuid *node, const char *address, int port,
                                    int64_t now)
{
    const struct endpoint_report report = { address, port, "unknown", now };
    enum endpoint_result r = endpoint_accept(tx, node, &report, now);
    commit();
    return r;
}

static size_t swept(int64_t now)
{
    size_t n;
    ck_assert_int_eq(endpoints_sweep(tx, now, 100, &n), SQL_OK);
    commit();
    return n;
}

START_TEST(an_endpoint_is_announced_when_it_is_news)
{
    set_up();
    struct uuid node = joined(1);
    const char *id = uuid_text(arena, &node);
    const char *news =
        arena_printf(arena,
                     "%s {\"id\":\"%s\","
                     "\"public_key\":\"AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\","
                     "\"mesh_ip\":\"10.42.0.1\",\"endpoint\":\"192.0.2.1:7\","
                     "\"allowed_ips\":[\"10.42.0.1/32\"],\"psk\":\"\"}",
                     id, id);
    ck_assert_int_eq(seen_at(&node, "192.0.2.1", 7, NOW), ENDPOINT_OK);
    ck_assert_str_eq(events("peer_endpoint_changed"), news);
    ck_assert_int_eq(seen_at(&node, "192.0.2.1", 7, NOW + 1), ENDPOINT_OK);
    ck_assert_str_eq(events("peer_endpoint_changed"), news);
    ck_assert_int_eq(seen_at(&node, "192.0.2.1", 8, NOW + 2), ENDPOINT_OK);
    ck_assert_int_eq(seen_at(&node, "2001:db8::1", 8, NOW + 3), ENDPOINT_OK);
    ck_assert_str_eq(count("outbox_events WHERE type = 'peer_endpoint_changed'"), "3");
    ck_assert_ptr_nonnull(strstr(events("peer_endpoint_changed"), "[2001:db8::1]:8"));
    tear_down();
}
END_TEST

START_TEST(an_endpoint_past_its_time_is_news_again)
{
    set_up();
    struct uuid node = joined(1);
    ck_assert_int_eq(seen_at(&node, "192.0.2.1", 7, NOW), ENDPOINT_OK);
    ck_assert_int_eq(seen_at(&node, "192.0.2.1", 7, NOW + ENDPOINT_TTL - 1), ENDPOINT_OK);
    ck_assert_str_eq(count("outbox_events WHERE type = 'peer_endpoint_changed'"), "1");
    ck_assert_int_eq(seen_at(&node, "192.0.2.1", 7, NOW + 2 * ENDPOINT_TTL), ENDPOINT_OK);
    ck_assert_str_eq(count("outbox_events WHERE type = 'peer_endpoint_changed'"), "2");
    tear_down();
}
END_TEST

START_TEST(the_end_of_an_endpoint_is_announced_once)
{
    set_up();
    struct uuid node = joined(1), other = joined(2);
    struct peer peer;
    const char *id = uuid_text(arena, &node);
    ck_assert_int_eq(seen_at(&node, "192.0.2.1", 7, NOW), ENDPOINT_OK);
    ck_assert_int_eq(seen_at(&other, "192.0.2.2", 7, NOW + 9), ENDPOINT_OK);
    ck_assert_uint_eq(swept(NOW + ENDPOINT_TTL - 1), 0);
    ck_assert_uint_eq(swept(NOW + ENDPOINT_TTL), 1);
    ck_assert_uint_eq(swept(NOW + ENDPOINT_TTL), 0);
    ck_assert_str_eq(events("peer_endpoint_stale"),
                     arena_printf(arena,
                                  "%s {\"id\":\"%s\","
                                  "\"public_key\":\"AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\","
                                  "\"mesh_ip\":\"10.42.0.1\",\"endpoint\":\"\","
                                  "\"allowed_ips\":[\"10.42.0.1/32\"],\"psk\":\"\"}",
                                  id, id));
    ck_assert_int_eq(peer_find(tx, &node, &peer), FOUND);
    ck_assert_ptr_null(peer.endpoint);
    ck_assert_int_eq(peer_find(tx, &other, &peer), FOUND);
    ck_assert_str_eq(peer.endpoint, "192.0.2.2:7");
    ck_assert_int_eq(seen_at(&node, "192.0.2.1", 7, NOW + ENDPOINT_TTL + 1), ENDPOINT_OK);
    ck_assert_str_eq(count("outbox_events WHERE type = 'peer_endpoint_changed'"), "3");
    tear_down();
}
END_TEST

/* Two sweepers at once: what one is marking the other leaves alone, without waiting. */
START_TEST(of_two_sweepers_one_announces)
{
    set_up();
    struct uuid node = joined(1);
    size_t first, second;
    ck_assert_int_eq(seen_at(&node, "192.0.2.1", 7, NOW), ENDPOINT_OK);
    struct tx *rival = tx_begin(db, arena);
    tx_write(rival);
    ck_assert_int_eq(endpoints_sweep(tx, NOW + ENDPOINT_TTL, 100, &first), SQL_OK);
    ck_assert_int_eq(endpoints_sweep(rival, NOW + ENDPOINT_TTL, 100, &second), SQL_OK);
    commit();
    ck_assert_int_eq(tx_commit(rival), SQL_OK);
    tx_end(rival);
    ck_assert_uint_eq(first, 1);
    ck_assert_uint_eq(second, 0);
    ck_assert_str_eq(count("outbox_events WHERE type = 'peer_endpoint_stale'"), "1");
    tear_down();
}
END_TEST

START_TEST(a_node_that_left_has_no_endpoint)
{
    set_up();
    struct uuid node = joined(1), unknown = uuid_v7(NOW);
    const struct endpoint_report report = { "192.0.2.1", 7, "unknown", NOW };
    ck_assert_int_eq(seen_at(&node, "192.0.2.1", 7, NOW), ENDPOINT_OK);
    ck_assert_int_eq(mesh_drain(tx, &node, NOW), LEAVE_OK);
    commit();
    ck_assert_str_eq(count("node_endpoints"), "0");
    ck_assert_int_eq(seen_at(&node, "192.0.2.1", 7, NOW), ENDPOINT_NO_PEER);
    ck_assert_int_eq(seen_at(&unknown, "192.0.2.1", 7, NOW), ENDPOINT_NO_PEER);
    /* It was seen live, and left before the write. */
    ck_assert_int_eq(endpoint_record(tx, &node, &report, NOW), ENDPOINT_GONE);
    ck_assert_int_eq(endpoint_record(tx, &unknown, &report, NOW), ENDPOINT_GONE);
    ck_assert_str_eq(count("node_endpoints"), "0");
    ck_assert_uint_eq(swept(NOW + ENDPOINT_TTL), 0);
    tear_down();
}
END_TEST

static const char *in_force(const struct uuid *node)
{
    struct psk_edge *edges;
    size_t n;
    ck_assert_int_eq(psk_edges(tx, node, &edges, &n), SQL_OK);
    char *text = arena_strdup(arena, "");
    for (size_t i = 0; i < n; i++)
        text = arena_printf(arena, "%s%s %s;", text, uuid_text(arena, &edges[i].peer),
                            uuid_text(arena, &edges[i].kid));
    return text;
}

/* The PSK of a pair in hex; "" when there is none. Both Nodes must find the same. */
static const char *psk_of(const struct uuid *one, const struct uuid *other)
{
    unsigned char psk[PSK_BYTES], again[PSK_BYTES];
    enum found found = psk_of_pair(tx, wrap_key, one, other, psk);
    ck_assert_int_eq(psk_of_pair(tx, wrap_key, other, one, again), found);
    ck_assert_int_ne(found, FIND_FAILED);
    if (found == NOT_FOUND)
        return "";
    ck_assert_mem_eq(psk, again, sizeof psk);
    return hex_encode(arena, psk, sizeof psk);
}

START_TEST(every_pair_of_live_nodes_shares_one_secret)
{
    set_up();
    struct uuid a = joined(1), b = joined(2), c = joined(3);
    const char *ab = psk_of(&a, &b), *ac = psk_of(&a, &c), *bc = psk_of(&b, &c);
    ck_assert_uint_eq(strlen(ab), 2 * PSK_BYTES);
    ck_assert_str_ne(ab, ac);
    ck_assert_str_ne(ab, bc);
    ck_assert_str_ne(ac, bc);
    ck_assert_str_eq(psk_of(&a, &a), "");
    ck_assert_int_eq(mesh_drain(tx, &b, NOW), LEAVE_OK);
    ck_assert_int_eq(mesh_drain(tx, &b, NOW), LEAVE_ALREADY);
    commit();
    ck_assert_str_eq(psk_of(&a, &b), "");
    ck_assert_str_eq(psk_of(&c, &a), ac);
    ck_assert_ptr_nonnull(strstr(in_force(&a), uuid_text(arena, &c)));
    ck_assert_ptr_null(strstr(in_force(&a), uuid_text(arena, &b)));
    ck_assert_str_eq(in_force(&b), "");
    const char *left = uuid_text(arena, &b);
    ck_assert_str_eq(events("peer_removed"),
                     arena_printf(arena, "%s {\"peer_id\":\"%s\"}", left, left));
    ck_assert_str_eq(count("outbox_events WHERE type = 'peer_added'"), "3");
    tear_down();
}
END_TEST

/* However many there are already. */
START_TEST(a_node_that_joins_writes_one_row)
{
    set_up();
    joined(1);
    ck_assert_str_eq(count("node_psk_shares"), "1");
    for (int i = 2; i <= 9; i++)
        joined(i);
    ck_assert_str_eq(count("node_psk_shares"), "9");
    ck_assert_str_eq(count("node_psk_shares WHERE octet_length(wrapped) = 12 + 32 + 16"), "9");
    tear_down();
}
END_TEST

/* MSH-063: what a thief of the database has. */
START_TEST(a_share_opens_under_its_own_key_and_name_alone)
{
    set_up();
    struct uuid a = joined(1), b = joined(2), fresh = uuid_v7(NOW);
    const unsigned char another_key[32] = { 6 };
    unsigned char psk[PSK_BYTES];
    ck_assert_str_ne(psk_of(&a, &b), "");
    ck_assert_int_eq(psk_of_pair(tx, another_key, &a, &b, psk), FIND_FAILED);
    cluster_sql(
        arena, dsn,
        arena_printf(arena, "UPDATE plexsphere.node_psk_shares SET kid = '%s' WHERE node_id = '%s'",
                     uuid_text(arena, &fresh), uuid_text(arena, &a)));
    ck_assert_int_eq(psk_of_pair(tx, wrap_key, &a, &b, psk), FIND_FAILED);
    tear_down();
}
END_TEST

START_TEST(a_psk_comes_of_both_shares_and_both_kids)
{
    const struct psk_share one = { { { 1 } }, { { 2 } }, { 3 } },
                           other = { { { 4 } }, { { 5 } }, { 6 } };
    struct psk_share changed[3] = { one, one, one };
    unsigned char psk[PSK_BYTES], mirrored[PSK_BYTES], different[PSK_BYTES];
    psk_of_shares(&one, &other, psk);
    psk_of_shares(&other, &one, mirrored);
    ck_assert_mem_eq(psk, mirrored, sizeof psk);
    changed[0].node.b[0] = 9;
    changed[1].kid.b[0] = 9;
    changed[2].secret[0] = 9;
    for (int i = 0; i < 3; i++) {
        psk_of_shares(&changed[i], &other, different);
        ck_assert_mem_ne(psk, different, sizeof psk);
        psk_of_shares(&other, &changed[i], mirrored);
        ck_assert_mem_eq(different, mirrored, sizeof psk);
    }
}
END_TEST

/* A database from before there were shares: each live Node gets one, once. */
START_TEST(nodes_without_a_share_are_given_one)
{
    set_up();
    struct uuid a = joined(1), b = joined(2), c = joined(3);
    size_t n;
    const char *kept = in_force(&c);
    cluster_sql(arena, dsn,
                arena_printf(arena, "DELETE FROM plexsphere.node_psk_shares WHERE node_id <> '%s'",
                             uuid_text(arena, &c)));
    ck_assert_int_eq(mesh_drain(tx, &b, NOW), LEAVE_OK);
    ck_assert_str_eq(psk_of(&a, &c), "");
    ck_assert_int_eq(psk_fill(tx, wrap_key, 1, NOW, &n), SQL_OK);
    ck_assert_uint_eq(n, 1);
    commit();
    ck_assert_uint_eq(strlen(psk_of(&a, &c)), 2 * PSK_BYTES);
    ck_assert_str_ne(in_force(&c), kept);
    ck_assert_int_eq(psk_fill(tx, wrap_key, 1, NOW, &n), SQL_OK);
    ck_assert_uint_eq(n, 0);
    tear_down();
}
END_TEST

static enum rotation_result asked(const struct uuid *node, struct uuid *id, bool *pending)
{
    enum rotation_result r = rotation_request(tx, node, NOW, id, pending);
    commit();
    return r;
}

static enum rotation_result finished(const struct uuid *node, const unsigned char key[32],
                                     struct rotation *receipt)
{
    enum rotation_result r = rotation_finish(tx, wrap_key, node, key, NOW, receipt);
    commit();
    return r;
}

START_TEST(a_rotation_is_asked_for_once)
{
    set_up();
    struct uuid node = joined(1), first, second, unknown = uuid_v7(NOW);
    bool pending;
    ck_assert_int_eq(asked(&unknown, &first, &pending), ROTATION_NO_PEER);
    ck_assert_int_eq(asked(&node, &first, &pending), ROTATION_OK);
    ck_assert(!pending);
    ck_assert_int_eq(asked(&node, &second, &pending), ROTATION_OK);
    ck_assert(pending && uuid_equal(&first, &second));
    const char *id = uuid_text(arena, &node);
    ck_assert_str_eq(events("rotate_keys"),
                     arena_printf(arena, "%s {\"node_id\":\"%s\",\"rotation_id\":\"%s\"}", id, id,
                                  uuid_text(arena, &first)));
    tear_down();
}
END_TEST

START_TEST(a_rotation_swaps_key_and_secrets_once)
{
    set_up();
    struct uuid a = joined(1), b = joined(2), c = joined(3), id;
    struct rotation receipt, again;
    bool pending;
    const char *before = in_force(&c), *ab = psk_of(&a, &b), *bc = psk_of(&b, &c);
    ck_assert_int_eq(finished(&a, new_key, &receipt), ROTATION_NONE_PENDING);
    ck_assert_int_eq(asked(&a, &id, &pending), ROTATION_OK);
    ck_assert_int_eq(finished(&a, new_key, &receipt), ROTATION_OK);
    ck_assert(uuid_equal(&receipt.id, &id));
    const char *kid = uuid_text(arena, &receipt.kid);
    ck_assert_str_eq(in_force(&a), arena_printf(arena, "%s %s;%s %s;", uuid_text(arena, &b), kid,
                                                uuid_text(arena, &c), kid));
    ck_assert_str_ne(in_force(&c), before);
    ck_assert_str_ne(psk_of(&a, &b), ab);
    ck_assert_str_eq(psk_of(&b, &c), bc);
    ck_assert_str_eq(count("node_psk_shares WHERE retired_at IS NULL"), "3");
    ck_assert_str_eq(count("node_psk_shares WHERE retired_at IS NOT NULL"), "1");
    ck_assert_int_eq(finished(&a, new_key, &again), ROTATION_OK);
    ck_assert(uuid_equal(&receipt.id, &again.id) && uuid_equal(&receipt.kid, &again.kid));
    ck_assert_int_eq(finished(&a, other_key, &again), ROTATION_NONE_PENDING);
    const char *self = uuid_text(arena, &a);
    ck_assert_str_eq(events("peer_key_rotated"),
                     arena_printf(arena,
                                  "%s {\"id\":\"%s\","
                                  "\"public_key\":\"CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\","
                                  "\"mesh_ip\":\"10.42.0.1\",\"endpoint\":\"\","
                                  "\"allowed_ips\":[\"10.42.0.1/32\"],\"psk\":\"\"}",
                                  self, self));
    tear_down();
}
END_TEST

START_TEST(a_pending_rotation_wants_another_key)
{
    set_up();
    struct uuid node = joined(1), id;
    struct rotation receipt;
    bool pending;
    ck_assert_int_eq(asked(&node, &id, &pending), ROTATION_OK);
    ck_assert_int_eq(finished(&node, new_key, &receipt), ROTATION_OK);
    ck_assert_int_eq(asked(&node, &id, &pending), ROTATION_OK);
    ck_assert(!pending);
    /* The key of the finished rotation is the current one; its receipt is of the past. */
    ck_assert_int_eq(finished(&node, new_key, &receipt), ROTATION_UNCHANGED);
    ck_assert_int_eq(finished(&node, other_key, &receipt), ROTATION_OK);
    ck_assert(uuid_equal(&receipt.id, &id));
    ck_assert_int_eq(finished(&node, new_key, &receipt), ROTATION_NONE_PENDING);
    tear_down();
}
END_TEST

START_TEST(a_drained_node_rotates_nothing)
{
    set_up();
    struct uuid node = joined(1), id;
    struct rotation receipt;
    struct rotation_impact impact;
    bool pending;
    ck_assert_int_eq(asked(&node, &id, &pending), ROTATION_OK);
    ck_assert_int_eq(rotation_preview(tx, &node, &impact), ROTATION_OK);
    ck_assert_int_eq(mesh_drain(tx, &node, NOW), LEAVE_OK);
    commit();
    ck_assert_int_eq(asked(&node, &id, &pending), ROTATION_NO_PEER);
    ck_assert_int_eq(rotation_preview(tx, &node, &impact), ROTATION_NO_PEER);
    ck_assert_int_eq(finished(&node, new_key, &receipt), ROTATION_NO_PEER);
    tear_down();
}
END_TEST

struct racer {
    struct uuid node;
    unsigned char key[32];
    enum rotation_result result;
    enum sql_result committed;
};

static void *race(void *argument)
{
    struct racer *r = argument;
    struct rotation receipt;
    struct arena *a = arena_create();
    struct tx *own = tx_begin(db, a);
    tx_write(own);
    r->result = rotation_finish(own, wrap_key, &r->node, r->key, NOW, &receipt);
    r->committed = tx_commit(own);
    tx_end(own);
    arena_destroy(a);
    return NULL;
}

/* Two Nodes share a pair: neither must trip over the other one's new share. */
START_TEST(two_nodes_rotate_at_once)
{
    set_up();
    struct racer racers[3];
    pthread_t threads[3];
    bool pending;
    struct uuid id;
    for (int i = 0; i < 3; i++)
        racers[i] = (struct racer){ .node = joined(i + 1), .key = { 0x40, (unsigned char)i } };
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(asked(&racers[i].node, &id, &pending), ROTATION_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(racers[i].result, ROTATION_OK);
        ck_assert_int_eq(racers[i].committed, SQL_OK);
    }
    ck_assert_str_eq(count("node_psk_shares WHERE retired_at IS NULL"), "3");
    for (int i = 0; i < 3; i++) {
        const struct uuid *next = &racers[(i + 1) % 3].node;
        ck_assert_uint_eq(strlen(psk_of(&racers[i].node, next)), 2 * PSK_BYTES);
    }
    ck_assert_str_eq(count("peer_key_rotations WHERE completed_at IS NULL"), "0");
    tear_down();
}
END_TEST

/* By itself, as the route calls it. */
static enum leave_result deregistered(const struct uuid *node)
{
    struct app app = { .relations = &relations_embedded };
    struct request rq = { .arena = arena, .app = &app, .tx = tx, .now = NOW };
    enum leave_result r = mesh_deregister(&rq, node);
    commit();
    return r;
}

START_TEST(deregistering_takes_everything_once)
{
    set_up();
    struct uuid node = joined(1), other = joined(2), unknown = uuid_v7(NOW);
    const struct tuple agent = { { "node", node }, "agent", { "node", node } };
    char *key;
    ck_assert_int_eq(nsk_issue(tx, wrap_key, &node, NSK_BASE64, NOW, &key), SQL_OK);
    ck_assert_int_eq(nsk_issue(tx, wrap_key, &other, NSK_PRINTABLE, NOW, &key), SQL_OK);
    ck_assert_uint_eq(strlen(key), 32);
    ck_assert_int_eq(relations_embedded.write(tx, &agent, NOW), SQL_OK);
    cluster_sql(arena, dsn,
                arena_printf(arena, "INSERT INTO plexsphere.mesh_ip_allocations SELECT domain_id, "
                                    "mesh_ip, id FROM plexsphere.nodes"));
    commit();
    ck_assert_int_eq(deregistered(&unknown), LEAVE_NOT_FOUND);
    ck_assert_int_eq(deregistered(&node), LEAVE_OK);
    ck_assert_int_eq(deregistered(&node), LEAVE_ALREADY);
    ck_assert_str_eq(count("node_secret_keys WHERE revoked_at IS NULL"), "1");
    ck_assert_str_eq(count("mesh_ip_allocations"), "1");
    ck_assert_str_eq(count("relation_tuples"), "0");
    ck_assert_str_eq(count("outbox_events WHERE type = 'peer_removed'"), "1");
    /* Drained before: its leaving is no news, the rest is done. */
    ck_assert_int_eq(mesh_drain(tx, &other, NOW), LEAVE_OK);
    ck_assert_int_eq(deregistered(&other), LEAVE_OK);
    ck_assert_str_eq(count("node_secret_keys WHERE revoked_at IS NULL"), "0");
    ck_assert_str_eq(count("mesh_ip_allocations"), "0");
    ck_assert_str_eq(count("outbox_events WHERE type = 'peer_removed'"), "2");
    tear_down();
}
END_TEST

START_TEST(the_latest_drifts_are_kept)
{
    set_up();
    struct uuid node = joined(1), other = joined(2);
    const struct drift drift = { NOW, "[]" };
    ck_assert_int_eq(drift_store(tx, &other, &drift, NOW), SQL_OK);
    for (int i = 0; i < DRIFT_KEPT + 3; i++)
        ck_assert_int_eq(drift_store(tx, &node, &drift, NOW + i), SQL_OK);
    commit();
    ck_assert_str_eq(cluster_sql(arena, dsn,
                                 "SELECT string_agg(n || ' ' || first, ',' ORDER BY n) FROM "
                                 "(SELECT count(*) n, extract(microseconds FROM "
                                 "min(received_at))::bigint % 1000000 first "
                                 "FROM plexsphere.node_drifts GROUP BY node_id) g"),
                     "1 0,16 3");
    tear_down();
}
END_TEST

CLUSTER_TESTS("peers/mesh", an_endpoint_is_announced_when_it_is_news,
              an_endpoint_past_its_time_is_news_again, the_end_of_an_endpoint_is_announced_once,
              of_two_sweepers_one_announces, a_node_that_left_has_no_endpoint,
              every_pair_of_live_nodes_shares_one_secret, a_node_that_joins_writes_one_row,
              a_share_opens_under_its_own_key_and_name_alone,
              a_psk_comes_of_both_shares_and_both_kids, nodes_without_a_share_are_given_one,
              a_rotation_is_asked_for_once, a_rotation_swaps_key_and_secrets_once,
              a_pending_rotation_wants_another_key, a_drained_node_rotates_nothing,
              two_nodes_rotate_at_once, deregistering_takes_everything_once,
              the_latest_drifts_are_kept)
