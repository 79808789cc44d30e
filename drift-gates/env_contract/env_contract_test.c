#include "common/testing.h"

#include "common/text.h"
#include "drift-gates/env_contract/value.h"
#include "drift-gates/findings.h"

static struct catalogue catalogue_here(struct gate_run *g)
{
    struct arena *a = arena_create();
    struct settings *s = arena_alloc(a, sizeof(*s));
    struct catalogue c;
    struct error e = { "" };
    s->arena = a;
    *g = (struct gate_run){ .arena = a, .settings = s, .findings = findings_create(a) };
    ck_assert_msg(catalogue_open(g, &c, &e), "%s", e.text);
    return c;
}

START_TEST(the_catalogue_holds_what_the_rulings_count)
{
    struct gate_run g;
    struct catalogue c = catalogue_here(&g);
    size_t allowed = 0, unset_beside = 0, own = 0;
    for (size_t i = 0; i < c.n; i++) {
        allowed += c.rows[i].optional;
        own += c.rows[i].own;
        unset_beside += env_row_is_unset(&c.rows[i]) && !c.rows[i].optional;
    }
    ck_assert_uint_eq(allowed, 17);      /* ruling 16: the OPTIONAL allowlist */
    ck_assert_uint_eq(unset_beside, 14); /* ruling 16: absent from dev, beside the allowlist */
    ck_assert_uint_eq(own, c.n - 67);
    ck_assert_str_eq(c.prefix, "PLEXSPHERE_");
    arena_destroy(g.arena);
}
END_TEST

START_TEST(a_row_says_what_dev_must_have)
{
    struct gate_run g;
    struct catalogue c = catalogue_here(&g);
    ck_assert_str_eq(catalogue_row(&c, "PLEXSPHERE_ARTIFACTS_OIDC_ISSUER")->dev_value,
                     "https://token.actions.githubusercontent.com");
    ck_assert_str_eq(catalogue_row(&c, "PLEXSPHERE_NSK_WRAP_KEY_B64")->dev_value,
                     "ZGV2LW5zay13cmFwLWtleS1kby1ub3QtdXNlLTMyYnk=");
    ck_assert_str_eq(catalogue_row(&c, "PLEXSPHERE_S3_ENDPOINT")->dev_value,
                     "http://seaweedfs:8333");
    ck_assert_ptr_null(catalogue_row(&c, "PLEXSPHERE_SESSION_IDLE_TIMEOUT")->dev_value);
    ck_assert(catalogue_row(&c, "PLEXSPHERE_NODES_CURSOR_HMAC_KEY")->hex_fixture);
    ck_assert_int_gt(catalogue_row(&c, "PLEXSPHERE_DSN")->where.line, 0);
    ck_assert_ptr_null(catalogue_row(&c, "PLEXSPHERE_NONE"));
    arena_destroy(g.arena);
}
END_TEST

#define KEY "dec0de01dec0de01dec0de01dec0de01dec0de01dec0de01dec0de01dec0de01"

START_TEST(values_are_judged_by_their_type)
{
    static const struct {
        const char *parse, *good, *bad;
    } rows[] = {
        { "url", "https://a.example/x", "a.example" },
        { "url", "http://a:1", "ftp://a" },
        { "url-list", "http://a, https://b:2", "http://a,b" },
        { "hex-key", KEY, "dec0de01" },
        { "hex-key", KEY KEY, KEY KEY "00" },
        { "base64-32", "ZGV2LW5zay13cmFwLWtleS1kby1ub3QtdXNlLTMyYnk=", "ZGV2" },
        { "duration", "1h30m", "90" },
        { "bool", "true", "yes" },
        { "int", "16384", "16 KiB" },
        { "host:port", "signer:8443", "signer" },
        { "host:port", "0.0.0.0:0", "signer:70000" },
        { "image-ref", "ghcr.io/x/plexd:v1", "ghcr.io:443/x/plexd" },
        { "path", "/run/x", "run/x" },
        { "RATE/BURST", "1/2", "0/2" },
        { "nats-url", "tls://nats:4222", "http://nats:4222" },
        { "enum dev|production", "dev", "developer" },
        { "string", "anything", NULL },
        { "a type of tomorrow", "anything", NULL },
    };
    struct arena *a = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct env_row row = { .name = "X", .parse = rows[i].parse };
        ck_assert_msg(env_value_fault(a, &row, rows[i].good) == NULL, "%s: %s", rows[i].parse,
                      rows[i].good);
        ck_assert(env_value_fault(a, &row, "  ") == NULL);
        ck_assert_msg(rows[i].bad == NULL || env_value_fault(a, &row, rows[i].bad) != NULL,
                      "%s: %s", rows[i].parse, rows[i].bad);
    }
    arena_destroy(a);
}
END_TEST

START_TEST(a_secret_url_may_be_a_data_source)
{
    struct arena *a = arena_create();
    struct env_row row = { .name = "X", .parse = "url", .secret = true };
    ck_assert_ptr_null(env_value_fault(a, &row, "postgres://u:p@db/x"));
    ck_assert_ptr_null(env_value_fault(a, &row, "host=db user=u"));
    ck_assert_ptr_nonnull(env_value_fault(a, &row, "db"));
    arena_destroy(a);
}
END_TEST

START_TEST(a_fixture_key_is_its_marker_eight_times)
{
    ck_assert(env_value_is_hex_fixture(KEY));
    ck_assert(!env_value_is_hex_fixture("dec0de01"));
    ck_assert(!env_value_is_hex_fixture(
        "dec0de01dec0de01dec0de01dec0de01dec0de01dec0de01dec0de01dec0de02"));
    ck_assert(!env_value_is_hex_fixture(
        "dec0deabdec0deabdec0deabdec0deabdec0deabdec0deabdec0deabdec0deab"));
}
END_TEST

TESTS("drift-gates/env_contract", the_catalogue_holds_what_the_rulings_count,
      a_row_says_what_dev_must_have, values_are_judged_by_their_type,
      a_secret_url_may_be_a_data_source, a_fixture_key_is_its_marker_eight_times)
