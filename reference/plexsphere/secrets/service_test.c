/* Secrets against a private database: what lies there, what is told, and what a rotation leaves. */
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/memory.h"
#include "reference/plexsphere/store/cluster_test_support.h"

#include "reference/plexsphere/nodes/node_test_support.h"
#include "reference/plexsphere/secrets/postgres_store.h"
#include "reference/plexsphere/secrets/secrets.h"
#include "reference/plexsphere/secrets/store.h"

static struct test_fleet f;
static struct secret_keeper keeper;
static struct uuid node;
static char *nsk;

static void set_up(void)
{
    fleet_open(&f);
    node = fleet_node(&f, false, &nsk);
    keeper =
        (struct secret_keeper){ .store = &secret_store_postgres, .relations = &relations_embedded };
    memcpy(keeper.wrap_key, test_wrap_key, sizeof keeper.wrap_key);
    fleet_commit(&f);
}

static enum secret_result put_secret(const char *name, const char *value, int64_t *version)
{
    struct secret_order order = { node, name, BYTES_OF_TEXT(value), true };
    return secret_put(f.tx, &keeper, &order, TEST_NOW, version);
}

static void given_secret(const char *name, const char *value)
{
    int64_t version;
    ck_assert_int_eq(put_secret(name, value, &version), SECRETS_OK);
    fleet_commit(&f);
}

/* "version:value", or what came instead. */
static const char *reading(const char *name, int64_t version)
{
    struct secret_row row;
    struct secret_value v = { .version = 0 };
    ck_assert_int_eq(secret_by_name(f.tx, &node, name, &row), FOUND);
    const struct secret_place place = { row.id, node };
    switch (keeper.store->read(f.tx, keeper.wrap_key, &place, version, &v)) {
    case SECRET_OK: break;
    case SECRET_NO_VERSION: return "no version";
    case SECRET_UNAVAILABLE: return "unavailable";
    case SECRET_FAILED: return "failed";
    }
    return arena_printf(f.arena, "%d:%.*s", (int)v.version, (int)v.plain.len,
                        (const char *)v.plain.data);
}

START_TEST(versions_rise_and_the_backend_may_be_ahead)
{
    int64_t version;
    struct secret_row row;
    set_up();
    given_secret("key", "one");
    given_secret("key", "two");
    ck_assert_str_eq(reading("key", 0), "2:two");
    ck_assert_str_eq(reading("key", 1), "1:one");
    ck_assert_str_eq(reading("key", 3), "no version");
    struct secret_order order = { node, "key", BYTES_OF_TEXT("ahead"), true };
    ck_assert_int_eq(secret_promote(f.tx, &keeper, &order, TEST_NOW, &version), SECRETS_OK);
    ck_assert_int_eq(version, 3);
    ck_assert_int_eq(secret_by_name(f.tx, &node, "key", &row), FOUND);
    ck_assert_int_eq(row.current_version, 2);
    ck_assert_str_eq(reading("key", 0), "3:ahead");
    ck_assert_int_eq(put_secret("key", "four", &version), SECRETS_OK);
    ck_assert_int_eq(version, 4);
    fleet_close(&f);
}
END_TEST

/* SEC-028, SEC-031: neither the event nor any table holds the value. */
START_TEST(the_event_names_and_nothing_holds_the_value)
{
    set_up();
    given_secret("zeta", "needle-in-a-haystack");
    given_secret("alpha", "needle-in-a-haystack");
    json_t *event = fleet_event(&f, &node, "node_secrets_updated");
    ck_assert_ptr_nonnull(event);
    ck_assert_str_eq(json_text(event, "node_id"), uuid_text(f.arena, &node));
    ck_assert_str_eq(json_dump(f.arena, json_member(event, "secret_refs")),
                     "[{\"key\":\"alpha\",\"version\":1},{\"key\":\"zeta\",\"version\":1}]");
    ck_assert_uint_eq(json_object_size(event), 2);
    static const char *const tables[] = { "outbox_events", "node_secrets", "node_secret_values",
                                          "audit_entries" };
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        const char *text = cluster_sql(
            f.arena, f.dsn,
            arena_printf(f.arena,
                         "SELECT count(*) FROM plexsphere.%s t WHERE t::text LIKE '%%needle%%' OR "
                         "t::text LIKE '%%' || encode('needle', 'hex') || '%%' OR t::text LIKE "
                         "'%%' || encode('needle', 'base64') || '%%'",
                         tables[i]));
        ck_assert_msg(text_equal(text, "0"), "%s holds the value", tables[i]);
    }
    fleet_close(&f);
}
END_TEST

START_TEST(a_name_a_node_and_a_key_are_needed)
{
    int64_t version;
    int revoked;
    set_up();
    ck_assert_int_eq(put_secret("Key", "v", &version), SECRETS_INVALID);
    ck_assert_int_eq(put_secret("", "v", &version), SECRETS_INVALID);
    struct secret_order stranger = { uuid_v7(TEST_NOW), "key", BYTES_OF_TEXT("v"), true };
    ck_assert_int_eq(secret_put(f.tx, &keeper, &stranger, TEST_NOW, &version), SECRETS_NO_NODE);
    ck_assert_int_eq(nsk_revoke(f.tx, &node, TEST_NOW, &revoked), SQL_OK);
    ck_assert_int_eq(put_secret("key", "v", &version), SECRETS_NO_NSK);
    fleet_close(&f);
}
END_TEST

/* SEC-022: a row that is put in the place of another does not open. */
START_TEST(values_cannot_be_swapped)
{
    set_up();
    given_secret("one", "first");
    given_secret("two", "second");
    cluster_sql(f.arena, f.dsn,
                "UPDATE plexsphere.node_secret_values v SET sealed = o.sealed "
                "FROM plexsphere.node_secret_values o WHERE o.secret_id <> v.secret_id");
    ck_assert_str_eq(reading("one", 0), "failed");
    ck_assert_str_eq(reading("two", 0), "failed");
    fleet_close(&f);
}
END_TEST

START_TEST(a_sealed_backend_gives_and_takes_nothing)
{
    int64_t version;
    set_up();
    given_secret("key", "one");
    ck_assert_int_eq(secret_backend_seal(f.tx, true), SQL_OK);
    ck_assert_str_eq(reading("key", 0), "unavailable");
    ck_assert_str_eq(reading("key", 9), "unavailable");
    ck_assert_int_eq(put_secret("key", "two", &version), SECRETS_UNAVAILABLE);
    ck_assert_int_eq(secret_backend_seal(f.tx, false), SQL_OK);
    ck_assert_str_eq(reading("key", 0), "1:one");
    fleet_close(&f);
}
END_TEST

static const char *keys_of_values(void)
{
    return cluster_sql(f.arena, f.dsn,
                       "SELECT string_agg(DISTINCT nsk_id::text, ',') "
                       "FROM plexsphere.node_secret_values");
}

/* SEC-023: each value is sealed for the new key, and what was sealed for the old one is gone. */
START_TEST(a_rotation_seals_everything_anew)
{
    struct nsk now;
    bool found;
    char *fresh;
    set_up();
    given_secret("one", "first");
    given_secret("one", "second");
    given_secret("two", "other");
    const char *before = keys_of_values();
    ck_assert_int_eq(nsk_rotate(f.tx, &keeper, &node, TEST_NOW + 1, &fresh), SECRETS_OK);
    fleet_commit(&f);
    ck_assert_str_ne(fresh, nsk);
    ck_assert_int_eq(nsk_current(f.tx, keeper.wrap_key, &node, &found, &now), SQL_OK);
    ck_assert(found);
    ck_assert_str_eq(base64_encode(f.arena, BASE64_STANDARD, now.key, sizeof now.key), fresh);
    ck_assert_str_ne(keys_of_values(), before);
    ck_assert_str_eq(keys_of_values(), uuid_text(f.arena, &now.id));
    ck_assert_str_eq(reading("one", 1), "1:first");
    ck_assert_str_eq(reading("one", 0), "2:second");
    ck_assert_str_eq(reading("two", 0), "1:other");
    ck_assert_str_eq(cluster_sql(f.arena, f.dsn,
                                 "SELECT count(*) FROM plexsphere.node_secret_keys "
                                 "WHERE valid_until IS NOT NULL AND revoked_at IS NULL"),
                     "1");
    fleet_close(&f);
}
END_TEST

static const char *everything(void)
{
    return cluster_sql(f.arena, f.dsn,
                       "SELECT md5(string_agg(x, '' ORDER BY x)) FROM (SELECT v::text AS x FROM "
                       "plexsphere.node_secret_values v UNION ALL SELECT k::text FROM "
                       "plexsphere.node_secret_keys k) rows");
}

/* SEC-025: the second of two values does not open, when the first is sealed anew already. */
START_TEST(a_rotation_that_fails_leaves_everything_as_it_was)
{
    char *fresh;
    set_up();
    given_secret("one", "first");
    given_secret("two", "second");
    cluster_sql(f.arena, f.dsn,
                "UPDATE plexsphere.node_secret_values SET sealed = '\\x00' WHERE secret_id = "
                "(SELECT max(secret_id::text)::uuid FROM plexsphere.node_secret_values)");
    const char *before = everything();
    ck_assert_int_eq(nsk_rotate(f.tx, &keeper, &node, TEST_NOW + 1, &fresh), SECRETS_FAILED);
    fleet_undo(&f);
    ck_assert_str_eq(everything(), before);
    ck_assert_str_eq(reading("one", 0), "1:first");
    fleet_close(&f);
}
END_TEST

/* The first replaced key keeps its own end, and only the newest seals. */
START_TEST(a_second_rotation_leaves_one_lasting_key)
{
    char *first, *second;
    set_up();
    given_secret("one", "first");
    ck_assert_int_eq(nsk_rotate(f.tx, &keeper, &node, TEST_NOW + 1, &first), SECRETS_OK);
    fleet_commit(&f);
    ck_assert_int_eq(nsk_rotate(f.tx, &keeper, &node, TEST_NOW + 2, &second), SECRETS_OK);
    fleet_commit(&f);
    ck_assert_str_eq(reading("one", 0), "1:first");
    ck_assert_str_eq(cluster_sql(f.arena, f.dsn,
                                 "SELECT count(*) || ' of ' || count(DISTINCT valid_until) "
                                 "FROM plexsphere.node_secret_keys WHERE valid_until IS NOT NULL"),
                     "2 of 2");
    fleet_close(&f);
}
END_TEST

CLUSTER_TESTS("plexsphere/secrets/service", versions_rise_and_the_backend_may_be_ahead,
              the_event_names_and_nothing_holds_the_value, a_name_a_node_and_a_key_are_needed,
              values_cannot_be_swapped, a_sealed_backend_gives_and_takes_nothing,
              a_rotation_seals_everything_anew, a_rotation_that_fails_leaves_everything_as_it_was,
              a_second_rotation_leaves_one_lasting_key)
