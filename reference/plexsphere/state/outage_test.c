/* GetNodeState while the datastore is gone: the whole way of a request, against a private database
 * that is really taken away. */
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "reference/plexsphere/store/cluster_test_support.h"

#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/crypto/pepper.h"
#include "reference/plexsphere/http/pipeline.h"
#include "reference/plexsphere/nodes/node_test_support.h"
#include "reference/plexsphere/secrets/secrets.h"
#include "reference/plexsphere/state/state.h"

static struct test_fleet f;
static struct app app;
static struct pepper pepper;
static struct endpoint endpoint;
static struct uuid node;
static char *nsk;
static int64_t now;

static const char *b64(const unsigned char bytes[32])
{
    return base64_encode(f.arena, BASE64_STANDARD, bytes, 32);
}

/* The environment of a plane that signs. */
static void configure(void)
{
    static const unsigned char seed[32] = "a seed for tests, 32 bytes long.";
    static char *pairs[6];
    unsigned char public_key[32];
    struct error e = { "" };
    void *state = NULL;
    char *file = path_join(f.arena, cluster.directory, "seed");
    ck_assert(file_write_atomic(file, seed, sizeof seed, 0644, &e));
    ck_assert(signing_public_of_seed(seed, public_key));
    pairs[0] = arena_printf(f.arena, "PLEXSPHERE_NSK_WRAP_KEY_B64=%s", b64(test_wrap_key));
    pairs[1] = arena_printf(f.arena, "PLEXSPHERE_SIGNING_PUBLIC_KEY_B64=%s", b64(public_key));
    pairs[2] = arena_printf(f.arena, "PLEXSPHERE_SIGNING_SEED_FILE=%s", file);
    pairs[3] = arena_strdup(f.arena, "PLEXSPHERE_SIGNING_KEY_ID=test");
    pepper_derive(test_wrap_key, &pepper);
    app = (struct app){ .arena = f.arena,
                        .env = { pairs },
                        .db = f.db,
                        .relations = &relations_embedded,
                        .pepper = &pepper };
    ck_assert_int_eq(surface_state.configure(&app, &state, &e), CONFIGURED_ON);
    endpoint = (struct endpoint){ &surface_state.operations[0], state, true };
}

static void set_up(void)
{
    struct error e = { "" };
    ck_assert(crypto_init(&e));
    fleet_open(&f);
    node = fleet_node(&f, false, &nsk);
    fleet_commit(&f);
    configure();
    now = TEST_NOW;
}

static const char *credential;
static const char *authorization(struct request *rq, const char *name)
{
    return text_equal(name, "Authorization") ? arena_printf(rq->arena, "Bearer %s", credential)
                                             : NULL;
}

/* "200 {…}" or "503 datastore_unavailable". */
static const char *asked(const char *as)
{
    struct arena *a = arena_create();
    credential = as;
    struct request rq = { .arena = a,
                          .app = &app,
                          .now = now,
                          .method = "GET",
                          .path = "/v1/nodes/x/state",
                          .correlation_id = "01M80WCNG5FG7Q0MBPKFFFNSNB",
                          .param_names = { "id" },
                          .param_values = { uuid_text(f.arena, &node) },
                          .n_params = 1,
                          .header = authorization };
    rq.tx = tx_begin(app.db, a);
    struct answer got = pipeline_run(&rq, &endpoint, OP_GetNodeState, NULL);
    tx_end(rq.tx);
    const char *text =
        got.problem != PROBLEM_NONE
            ? arena_printf(f.arena, "%d %s", got.status, problem_row(got.problem)->code)
            : arena_printf(f.arena, "%d %.*s", got.status, (int)got.body.len,
                           (const char *)got.body.data);
    arena_destroy(a);
    return text;
}

/* No new connections, and an end to those there are; the own transaction is ended before. */
static void datastore(bool there)
{
    const char *name = strrchr(f.dsn, '=') + 1;
    ck_assert_int_eq(tx_commit(f.tx), SQL_OK);
    tx_end(f.tx);
    const char *server = cluster_dsn(f.arena, "postgres");
    cluster_sql(f.arena, server,
                arena_printf(f.arena, "ALTER DATABASE %s ALLOW_CONNECTIONS %s", name,
                             there ? "true" : "false"));
    cluster_sql(f.arena, server,
                arena_printf(f.arena,
                             "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                             "WHERE datname = '%s'",
                             name));
    f.tx = tx_begin(f.db, f.arena);
    tx_write(f.tx);
}

#define GONE "503 datastore_unavailable"

/* S5, S6 */
START_TEST(a_node_is_told_again_what_it_was_told)
{
    char *other_nsk;
    set_up();
    fleet_node(&f, false, &other_nsk);
    fleet_commit(&f);
    const char *told = asked(nsk);
    ck_assert_msg(text_starts(told, "200 {"), "%s", told);
    datastore(false);
    ck_assert_str_eq(asked(nsk), told);
    now += 60 * MICROS_PER_SECOND - 1;
    ck_assert_str_eq(asked(nsk), told);
    now += 1;
    ck_assert_str_eq(asked(nsk), GONE);
    now = TEST_NOW;
    ck_assert_str_eq(asked(other_nsk), GONE);
    ck_assert_str_eq(asked("not-a-key"), "401 unauthenticated");
    datastore(true);
    ck_assert_str_eq(asked(nsk), told);
    fleet_close(&f);
}
END_TEST

START_TEST(who_was_never_told_anything_is_told_nothing)
{
    set_up();
    datastore(false);
    ck_assert_str_eq(asked(nsk), GONE);
    fleet_close(&f);
}
END_TEST

/* STA-018: revoked after it was told, and before the outage. */
START_TEST(nothing_outlives_a_revocation)
{
    int n;
    set_up();
    ck_assert(text_starts(asked(nsk), "200 {"));
    ck_assert_int_eq(nsk_revoke(f.tx, &node, TEST_NOW, &n), SQL_OK);
    fleet_commit(&f);
    ck_assert_str_eq(asked(nsk), "401 unauthenticated");
    datastore(false);
    ck_assert_str_eq(asked(nsk), GONE);
    fleet_close(&f);
}
END_TEST

START_TEST(nothing_outlives_a_relation_that_was_taken_away)
{
    set_up();
    ck_assert(text_starts(asked(nsk), "200 {"));
    const struct tuple agent = { { "node", node }, "agent", { "node", node } };
    ck_assert_int_eq(relations_embedded.remove(f.tx, &agent), SQL_OK);
    fleet_commit(&f);
    datastore(false);
    ck_assert_str_eq(asked(nsk), GONE);
    fleet_close(&f);
}
END_TEST

/* A key in its overlap has an end that nobody can look up during an outage. */
START_TEST(a_replaced_key_is_told_nothing_again)
{
    char *fresh;
    struct secret_keeper keeper = { .store = &secret_store_postgres,
                                    .relations = &relations_embedded };
    memcpy(keeper.wrap_key, test_wrap_key, sizeof keeper.wrap_key);
    set_up();
    ck_assert_int_eq(nsk_rotate(f.tx, &keeper, &node, TEST_NOW, &fresh), SECRETS_OK);
    fleet_commit(&f);
    ck_assert(text_starts(asked(nsk), "200 {"));
    ck_assert(text_starts(asked(fresh), "200 {"));
    datastore(false);
    ck_assert_str_eq(asked(nsk), GONE);
    ck_assert(text_starts(asked(fresh), "200 {"));
    fleet_close(&f);
}
END_TEST

CLUSTER_TESTS("plexsphere/state/outage", a_node_is_told_again_what_it_was_told,
              who_was_never_told_anything_is_told_nothing, nothing_outlives_a_revocation,
              nothing_outlives_a_relation_that_was_taken_away, a_replaced_key_is_told_nothing_again)
