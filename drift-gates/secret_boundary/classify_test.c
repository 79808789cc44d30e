#include "drift-gates/secret_boundary/classify.h"

#include "common/testing.h"

#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "drift-gates/secret_boundary/rules_data.h"

static struct arena *a;
static const json_t *data;

static void set_up(void)
{
    struct error e;
    a = arena_create();
    ck_assert_msg(boundary_data(a, &data, &e), "%s", e.text);
}

static void expect(const char *key, const char *value, enum key_class class, const char *why)
{
    struct classified c = boundary_classify(a, data, NULL, key, value);
    ck_assert_msg(c.class == class && text_equal(c.why, why), "%s: class %d by %s, not %d by %s",
                  key, (int)c.class, c.why, (int)class, why);
}

START_TEST(the_contracts_own_vectors)
{
    set_up();
    expect("LOG_LEVEL", "info", KEY_KNOB, "name");
    expect("DATABASE_URL", "postgres://u:p@h/d", KEY_CREDENTIAL, "url-userinfo");
    expect("DATABASE_URL", "{{ .Values.db.url }}", KEY_CREDENTIAL, "name");
    expect("DATABASE_URL", "postgres://u@h/d", KEY_KNOB, "name");
    expect("SESSION_TOKEN_TTL", "15m", KEY_KNOB, "name");
    expect("SIGNING_KEY_ID", "dev-1", KEY_KNOB, "name");
    expect("S3_ACCESS_KEY", "any", KEY_UNDECIDED, "name");
    expect("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=abc", KEY_CREDENTIAL, "auth-header");
    expect("image", "x@sha256:93d55776e04376e19adb2733e3ccebb4392ee7dd86d8ff238503b30fe719c84f",
           KEY_KNOB, "name");
    expect("NEXT_PUBLIC_API_KEY", "AIzaSyA1234567890", KEY_CREDENTIAL, "token-prefix");
    expect("PASSWORD_FILE", "/run/secrets/x", KEY_KNOB, "name");
    arena_destroy(a);
}
END_TEST

START_TEST(shapes_and_their_near_misses)
{
    set_up();
    static const struct {
        const char *value, *shape;
    } rows[] = {
        { "redis://:s3cr3t@redis:6379/0", "url-userinfo" },
        { "postgres://u:p%40ss@h/d", "url-userinfo" },
        { "https://ghtoken@github.example/x", "url-userinfo" },
        { "postgres://user@host/db", NULL },
        { "mailto:a@b", NULL },
        { "postgres://u:$(PASSWORD)@h/d", NULL },
        { "postgres://u:{{ .Values.p }}@h/d", NULL },
        { "postgres://u:@h/d", NULL },
        { "http://h/path@x", NULL },
        { "host=db user=u password=x", "conninfo" },
        { "Server=db;Pwd=x;", "conninfo" },
        { "host=db password=", NULL },
        { "host=db password=$PW", NULL },
        { "-----BEGIN EC PRIVATE KEY-----\\nMHc", "pem-private" },
        { "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCg==", "pem-private" },
        { "-----BEGIN CERTIFICATE-----\nMIIB", NULL },
        { "-----BEGIN PUBLIC KEY-----\nMIIB", NULL },
        { "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "token-prefix" },
        { "eyJub3QiOiJhIHRva2VuIn0.x.y", NULL },
        { "ghp_0123456789abcdef", "token-prefix" },
        { "ghp_", NULL },
        { "AKIAABCDEFGHIJKLMNOP", "token-prefix" },
        { "AKIAABC", NULL },
        { "$2b$10$abcdefghijklmnop", "token-prefix" },
        { "Bearer abc", "auth-header" },
        { "Bearer of good news", NULL },
        { "Bearer $TOKEN", NULL },
        { "authorization=abc", "auth-header" },
        { "authorization", NULL },
        { "kind: Config\nusers:\n- user: {token: abc}", "embedded-doc" },
        { "{\"auths\":{\"r\":{\"auth\":\"eA==\"}}}", "embedded-doc" },
        { "kind: Config\nusers:\n- user: {exec: {command: x}}", NULL },
        { "q7Rz0pXk3LmV9sTgYh2BcNwE", "entropy" },
        { "9f86d081884c7d659a2feaa0c55ad015", "entropy" },
        { "0d1f6c1e-54ab-4c0e-8c6b-6a7c1f3b2e90", NULL },
        { "10.0.0.0/8", NULL },
        { "PLEXSPHERE_CREDENTIAL_ASSIGNMENTS_CURSOR_HMAC_KEY", NULL },
        { "/var/lib/some/quite/long/Path1", NULL },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *shape = credential_shape(a, data, "x", rows[i].value);
        ck_assert_msg(text_equal(shape, rows[i].shape), "%s: %s", rows[i].value,
                      shape == NULL ? "nothing" : shape);
    }
    ck_assert(credential_shape(a, data, "app.commit", "9f86d081884c7d659a2feaa0c55ad015") == NULL);
    arena_destroy(a);
}
END_TEST

START_TEST(a_catalogue_beats_every_guess)
{
    set_up();
    json_t *catalogue =
        json_own(a, json_pack("{s:s,s:s}", "PARTNER_KEY", "knob", "plain", "credential"));
    ck_assert(boundary_classify(a, data, catalogue, "PARTNER_KEY", "ghp_0123456789").class ==
              KEY_KNOB);
    ck_assert(boundary_classify(a, data, catalogue, "x.plain", "1").class == KEY_CREDENTIAL);
    arena_destroy(a);
}
END_TEST

START_TEST(names_are_split_into_words)
{
    set_up();
    ck_assert_str_eq(key_words(a, "minio.secretKey"), "minio secret key");
    ck_assert_str_eq(key_words(a, "HTTPServer_URL"), "http server url");
    ck_assert_str_eq(key_words(a, "__"), "");
    expect("PASSENGER_COUNT", "many", KEY_KNOB, "name");
    expect("SIGNING_PUBLIC_KEY_B64", "x", KEY_ANCHOR, "name");
    expect("automountServiceAccountToken", "false", KEY_KNOB, "name");
    expect("extraHeaders", "x", KEY_KNOB, "name");
    arena_destroy(a);
}
END_TEST

START_TEST(a_user_counts_beside_its_password_only)
{
    set_up();
    json_t *both = json_own(a, json_pack("{s:s,s:s}", "DB_USER", "u", "DB_PASSWORD", "p"));
    json_t *alone = json_own(a, json_pack("{s:s,s:s}", "DB_USER", "u", "OTHER_PASSWORD", "p"));
    ck_assert(is_companion(a, data, "DB_USER", both));
    ck_assert(!is_companion(a, data, "DB_USER", alone));
    arena_destroy(a);
}
END_TEST

TESTS("drift-gates/secret_boundary/classify", the_contracts_own_vectors,
      shapes_and_their_near_misses, a_catalogue_beats_every_guess, names_are_split_into_words,
      a_user_counts_beside_its_password_only)
