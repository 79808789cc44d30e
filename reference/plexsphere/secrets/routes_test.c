/* GetNodeSecret the whole way of a request: what a case from outside cannot reach, because a
 * Domain's rate fills faster than a client empties it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/random.h"
#include "reference/plexsphere/store/cluster_test_support.h"

#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/crypto/pepper.h"
#include "reference/plexsphere/http/pipeline.h"
#include "reference/plexsphere/nodes/node_test_support.h"
#include "reference/plexsphere/secrets/secrets.h"

enum { NODES = 12, NODE_BURST = 60, DOMAIN_BURST = 600 };

static struct test_fleet f;
static struct app app;
static struct pepper pepper;
static struct endpoint endpoint;
static struct uuid nodes[NODES];
static char *keys[NODES];

static void set_up(int n, bool mvp)
{
    static char *pairs[3];
    struct error e = { "" };
    void *state = NULL;
    ck_assert(crypto_init(&e));
    fleet_open(&f);
    for (int i = 0; i < n; i++)
        nodes[i] = fleet_node(&f, mvp, &keys[i]);
    fleet_commit(&f);
    pairs[0] = arena_strdup(f.arena, "PLEXSPHERE_SECRETS_BACKEND=postgres");
    pairs[1] = arena_printf(f.arena, "PLEXSPHERE_NSK_WRAP_KEY_B64=%s",
                            base64_encode(f.arena, BASE64_STANDARD, test_wrap_key, 32));
    pepper_derive(test_wrap_key, &pepper);
    app = (struct app){ .arena = f.arena,
                        .env = { pairs },
                        .db = f.db,
                        .relations = &relations_embedded,
                        .pepper = &pepper };
    ck_assert_int_eq(surface_secrets.configure(&app, &state, &e), CONFIGURED_ON);
    endpoint = (struct endpoint){ &surface_secrets.operations[0], state, true };
}

static const char *authorization(struct request *rq, const char *name)
{
    return text_equal(name, "Authorization") ? rq->transport : NULL;
}

/* On an arena of its own, which the caller ends. */
static struct answer asked(struct arena *a, int node, int64_t now)
{
    struct request rq = { .arena = a,
                          .app = &app,
                          .now = now,
                          .method = "GET",
                          .path = "/v1/nodes/x/secrets/key",
                          .correlation_id = "01M80WCNG5FG7Q0MBPKFFFNSNB",
                          .param_names = { "id", "name" },
                          .param_values = { uuid_text(a, &nodes[node]), "key" },
                          .n_params = 2,
                          .header = authorization,
                          .transport = arena_printf(a, "Bearer %s", keys[node]) };
    rq.tx = tx_begin(app.db, a);
    struct answer got = pipeline_run(&rq, &endpoint, OP_GetNodeSecret, NULL);
    tx_end(rq.tx);
    return got;
}

static enum problem problem_of(int node, int64_t now)
{
    struct arena *a = arena_create();
    enum problem p = asked(a, node, now).problem;
    arena_destroy(a);
    return p;
}

/* SEC-006, SEC-007: ten Nodes use their own bursts up, and with them the Domain's. */
START_TEST(a_domain_has_a_rate_beside_its_nodes)
{
    set_up(NODES, false);
    for (int node = 0; node < DOMAIN_BURST / NODE_BURST; node++) {
        for (int i = 0; i < NODE_BURST; i++)
            ck_assert_int_eq(problem_of(node, TEST_NOW), PROBLEM_SECRET_NOT_FOUND);
        ck_assert_int_eq(problem_of(node, TEST_NOW), PROBLEM_PER_NODE_RATE_LIMITED);
    }
    struct arena *a = arena_create();
    struct answer got = asked(a, NODES - 1, TEST_NOW);
    ck_assert_int_eq(got.status, 429);
    ck_assert_int_eq(got.problem, PROBLEM_PER_DOMAIN_RATE_LIMITED);
    ck_assert_str_eq(got.headers[0].name, "Retry-After");
    ck_assert_str_eq(got.headers[0].value, "1");
    arena_destroy(a);
    ck_assert_int_eq(problem_of(NODES - 1, TEST_NOW + MICROS_PER_SECOND), PROBLEM_SECRET_NOT_FOUND);
    fleet_close(&f);
}
END_TEST

/* SEC-032 */
START_TEST(the_mvp_dialect_is_answered_json)
{
    int64_t version;
    struct error e = { "" };
    struct bytes key, nonce, cipher, plain;
    struct secret_keeper keeper = { .store = &secret_store_postgres,
                                    .relations = &relations_embedded };
    set_up(1, true);
    memcpy(keeper.wrap_key, test_wrap_key, sizeof keeper.wrap_key);
    struct secret_order order = { nodes[0], "key", BYTES_OF_TEXT("s3cret"), true };
    ck_assert_int_eq(secret_put(f.tx, &keeper, &order, TEST_NOW, &version), SECRETS_OK);
    fleet_commit(&f);
    struct answer got = asked(f.arena, 0, TEST_NOW);
    json_t *body;
    ck_assert_int_eq(got.status, 200);
    ck_assert_str_eq(got.media_type, "application/json");
    ck_assert(json_parse(f.arena, got.body.data, got.body.len, &body, &e));
    ck_assert_uint_eq(json_object_size(body), 4);
    ck_assert_str_eq(json_text(body, "key"), "key");
    ck_assert_int_eq(json_int(body, "version", 0), 1);
    const char *n = json_text(body, "nonce"), *c = json_text(body, "ciphertext");
    ck_assert(base64_decode(f.arena, BASE64_STANDARD, n, strlen(n), &nonce) && nonce.len == 12);
    ck_assert(base64_decode(f.arena, BASE64_STANDARD, c, strlen(c), &cipher));
    ck_assert(base64_decode(f.arena, BASE64_STANDARD, keys[0], strlen(keys[0]), &key));
    unsigned char *whole = arena_alloc(f.arena, nonce.len + cipher.len);
    memcpy(whole, nonce.data, nonce.len);
    memcpy(whole + nonce.len, cipher.data, cipher.len);
    ck_assert(seal_open(f.arena, key.data, (struct bytes){ NULL, 0 },
                        (struct bytes){ whole, nonce.len + cipher.len }, &plain));
    ck_assert_uint_eq(plain.len, strlen("s3cret"));
    ck_assert_mem_eq(plain.data, "s3cret", plain.len);
    fleet_close(&f);
}
END_TEST

/* ---- SEC-031: what is left in memory ---- */

enum { NEEDLE = 32, MASK = 0x5a, CHUNK = 1 << 20, REGION_MOST = 64 << 20 };

/* What is looked for is kept masked, so that the search does not find itself. */
static unsigned char masked[NEEDLE];

static bool needle_at(const unsigned char *p)
{
    for (int i = 0; i < NEEDLE; i++)
        if ((p[i] ^ MASK) != masked[i])
            return false;
    return true;
}

static int needles_between(int memory, unsigned long from, unsigned long to)
{
    unsigned char *chunk = mem_alloc(CHUNK + NEEDLE), first = masked[0] ^ MASK;
    int found = 0;
    for (unsigned long at = from; at < to; at += CHUNK) {
        ssize_t n = pread(memory, chunk, CHUNK + NEEDLE - 1, (off_t)at);
        const unsigned char *end = chunk + (n > 0 ? n : 0), *p = chunk;
        while (end - p >= NEEDLE && (p = memchr(p, first, (size_t)(end - p) - NEEDLE + 1)))
            found += needle_at(p++);
    }
    mem_wipe(chunk, CHUNK + NEEDLE);
    mem_free(chunk);
    return found;
}

/* In every private writable region of this process. */
static int needles_in_memory(void)
{
    char line[512], kind[8];
    unsigned long from, to;
    int found = 0, memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    FILE *maps = fopen("/proc/self/maps", "re");
    ck_assert(memory >= 0 && maps);
    while (fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx %7s", &from, &to, kind) == 3 && text_starts(kind, "rw") &&
            to - from <= REGION_MOST)
            found += needles_between(memory, from, to);
    fclose(maps);
    close(memory);
    return found;
}

/* The value exists here only while it is written. */
static void write_needle(void)
{
    int64_t version;
    unsigned char plain[NEEDLE];
    struct secret_keeper keeper = { .store = &secret_store_postgres,
                                    .relations = &relations_embedded };
    memcpy(keeper.wrap_key, test_wrap_key, sizeof keeper.wrap_key);
    for (int i = 0; i < NEEDLE; i++)
        plain[i] = masked[i] ^ MASK;
    struct secret_order order = { nodes[0], "key", { plain, NEEDLE }, true };
    ck_assert_int_eq(secret_put(f.tx, &keeper, &order, TEST_NOW, &version), SECRETS_OK);
    mem_wipe(plain, sizeof plain);
    fleet_commit(&f);
}

START_TEST(no_plaintext_is_left_behind)
{
    char *fresh;
    unsigned char plain[NEEDLE];
    struct secret_keeper keeper = { .store = &secret_store_postgres,
                                    .relations = &relations_embedded };
    memcpy(keeper.wrap_key, test_wrap_key, sizeof keeper.wrap_key);
    random_bytes(masked, sizeof masked);
    set_up(1, false);
    write_needle();
    ck_assert_int_eq(needles_in_memory(), 0);
    ck_assert_int_eq(asked(f.arena, 0, TEST_NOW).status, 200);
    ck_assert_int_eq(needles_in_memory(), 0);
    ck_assert_int_eq(nsk_rotate(f.tx, &keeper, &nodes[0], TEST_NOW, &fresh), SECRETS_OK);
    ck_assert_int_eq(needles_in_memory(), 0);
    /* The search finds what is there. */
    for (int i = 0; i < NEEDLE; i++)
        plain[i] = masked[i] ^ MASK;
    ck_assert_int_ge(needles_in_memory(), 1);
    mem_wipe(plain, sizeof plain);
    fleet_close(&f);
}
END_TEST

CLUSTER_TESTS("plexsphere/secrets/routes", no_plaintext_is_left_behind,
              a_domain_has_a_rate_beside_its_nodes, the_mvp_dialect_is_answered_json)
