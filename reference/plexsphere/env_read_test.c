/* Every variable of the environment contract through the four states of ruling 14: unset, blank,
 * malformed, valid. */
#include "reference/plexsphere/env_read.h"

#include <string.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/json.h"
#include "common/testing.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/access/access.h"
#include "reference/plexsphere/actions/actions.h"
#include "reference/plexsphere/approvals/approvals.h"
#include "reference/plexsphere/artifacts/artifacts.h"
#include "reference/plexsphere/audit/config.h"
#include "reference/plexsphere/auth_sessions/auth_sessions.h"
#include "reference/plexsphere/authz/config.h"
#include "reference/plexsphere/boot.h"
#include "reference/plexsphere/bridge/bridge.h"
#include "reference/plexsphere/capabilities/capabilities.h"
#include "reference/plexsphere/cloud_credentials/cloud_credentials.h"
#include "reference/plexsphere/clouds/clouds.h"
#include "reference/plexsphere/credential_assignments/credential_assignments.h"
#include "reference/plexsphere/credentials/credentials.h"
#include "reference/plexsphere/crypto/config.h"
#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/datastore/datastore.h"
#include "reference/plexsphere/events/events.h"
#include "reference/plexsphere/hooks/hooks.h"
#include "reference/plexsphere/identity/config.h"
#include "reference/plexsphere/integrity/integrity.h"
#include "reference/plexsphere/invitations/invitations.h"
#include "reference/plexsphere/listener/config.h"
#include "reference/plexsphere/managed_push/managed_push.h"
#include "reference/plexsphere/nodes/config.h"
#include "reference/plexsphere/objectstore/objectstore.h"
#include "reference/plexsphere/observability/observability.h"
#include "reference/plexsphere/peers/peers.h"
#include "reference/plexsphere/provisioning/provisioning.h"
#include "reference/plexsphere/registration/config.h"
#include "reference/plexsphere/secrets/secrets.h"
#include "reference/plexsphere/tenancy/config.h"

#define ON CONFIGURED_ON
#define OFF CONFIGURED_OFF
#define REFUSED CONFIGURED_REFUSED

#define KEY32 "ZGV2LW5zay13cmFwLWtleS1kby1ub3QtdXNlLTMyYnk="
#define KEY24 "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
#define HEX32 "dec0de00dec0de00dec0de00dec0de00dec0de00dec0de00dec0de00dec0de00"
#define HEX31 "dec0de00dec0de00dec0de00dec0de00dec0de00dec0de00dec0de00dec0de"
/* RFC 8032 7.1, test 1. */
#define PUBLIC_KEY "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define SEED "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="

/* ---- one reader for all surfaces ---- */

typedef enum configured reader(struct arena *a, const struct environment *env, struct error *e);

#define READER(what)                                                                               \
    static enum configured read_##what(struct arena *a, const struct environment *env,             \
                                       struct error *e)                                            \
    {                                                                                              \
        struct what##_config config;                                                               \
        return production_##what##_config_from_env(a, env, &config, e);                            \
    }
READER(access)
READER(listener)
READER(actions)
READER(approvals)
READER(artifacts)
READER(audit)
READER(auth_sessions)
READER(authz)
READER(bridge)
READER(capabilities)
READER(cloud_credentials)
READER(clouds)
READER(credential_assignments)
READER(credentials)
READER(csrf)
READER(datastore)
READER(domains)
READER(event_bus)
READER(heartbeat)
READER(hooks)
READER(identities)
READER(integrity)
READER(invitations)
READER(managed_push)
READER(nodes)
READER(objectstore)
READER(observability)
READER(peers)
READER(projects)
READER(provisioning)
READER(registration)
READER(secrets)

static enum configured read_pepper(struct arena *a, const struct environment *env, struct error *e)
{
    struct pepper pepper;
    return production_pepper_config_from_env(a, env, APP_DEV, &pepper, e);
}

static enum configured read_mode(struct arena *a, const struct environment *env, struct error *e)
{
    enum app_mode mode;
    return boot_mode(a, env, &mode, e) ? ON : REFUSED;
}

/* What the other variables of each surface are while one is tried. */
static const char *const around[] = {
    "PLEXSPHERE_NSK_WRAP_KEY_B64=" KEY32,
    "PLEXSPHERE_SIGNING_PUBLIC_KEY_B64=" PUBLIC_KEY,
    "PLEXSPHERE_SIGNING_KEY_ID=key-1",
    "PLEXSPHERE_SESSION_IDLE_TIMEOUT=30m",
    "PLEXSPHERE_SESSION_MAX_LIFETIME=12h",
    "PLEXSPHERE_AUTH_STATE_TTL=10m",
    "PLEXSPHERE_S3_ENDPOINT=https://s3.example",
    "PLEXSPHERE_S3_REGION=us-east-1",
    "PLEXSPHERE_ARTIFACTS_FULCIO_SAN=san",
    "PLEXSPHERE_ARTIFACTS_OIDC_ISSUER=https://issuer.example",
    "PLEXSPHERE_ARTIFACTS_OCI_REGISTRY=registry.example/plexd",
    "PLEXSPHERE_PROVISIONING_BROKER_ENROL_BASE_URL=http://localhost:8080",
    "PLEXSPHERE_PROVISIONING_BROKER_PLEXD_DOWNLOAD_URL=http://localhost:8080/downloads/plexd",
    "PLEXSPHERE_PROVISIONING_BROKER_PLEXD_IMAGE=ghcr.io/plexsphere/plexd:v0.1.0",
    "PLEXSPHERE_MANAGED_PUSH_WRAP_KEY_B64=" KEY32,
    "PLEXSPHERE_SECRETS_BACKEND=postgres",
    "PLEXSPHERE_AUDIT_ALLOW_INSECURE_PEPPER=true",
    "PLEXSPHERE_DSN=postgres:///plexsphere",
    "PLEXSPHERE_CSRF_ALLOWED_ORIGINS=http://localhost:8080",
};

struct row {
    const char *name;
    reader *read;
    enum configured blank; /* unset too: the guard makes them one */
    const char *valid;
    const char *malformed[5]; /* none: every text is a value */
};

#define CURSOR(what, name)                                                                         \
    {                                                                                              \
        name, read_##what, ON, HEX32,                                                              \
        {                                                                                          \
            HEX31, "xyz", HEX32 "0", HEX32 HEX32 "00", "-"                                         \
        }                                                                                          \
    }
#define DURATION(what, name, blank)                                                                \
    {                                                                                              \
        name, read_##what, blank, "90s",                                                           \
        {                                                                                          \
            "90", "0s", "-1s", "soon", "1.5"                                                       \
        }                                                                                          \
    }
#define URL(what, name, blank)                                                                     \
    {                                                                                              \
        name, read_##what, blank, "https://there.example/x",                                       \
        {                                                                                          \
            "there.example", "/x", "ftp://x", "http://"                                            \
        }                                                                                          \
    }

static const struct row rows[] = {
    { "PLEXSPHERE_DSN",
      read_datastore,
      OFF,
      "postgres://u:p@h:5432/d",
      { "no-dsn", "http://h/d", "postgres://h%zz/d" } },
    CURSOR(projects, "PLEXSPHERE_PROJECTS_CURSOR_HMAC_KEY"),
    CURSOR(clouds, "PLEXSPHERE_CLOUDS_CURSOR_HMAC_KEY"),
    CURSOR(domains, "PLEXSPHERE_DOMAINS_CURSOR_HMAC_KEY"),
    CURSOR(identities, "PLEXSPHERE_IDENTITIES_CURSOR_HMAC_KEY"),
    CURSOR(invitations, "PLEXSPHERE_INVITATIONS_CURSOR_HMAC_KEY"),
    CURSOR(audit, "PLEXSPHERE_AUDIT_CURSOR_HMAC_KEY"),
    CURSOR(authz, "PLEXSPHERE_AUTHZ_CURSOR_HMAC_KEY"),
    CURSOR(cloud_credentials, "PLEXSPHERE_CLOUD_CREDENTIALS_CURSOR_HMAC_KEY"),
    CURSOR(credentials, "PLEXSPHERE_CREDENTIALS_CURSOR_HMAC_KEY"),
    CURSOR(credential_assignments, "PLEXSPHERE_CREDENTIAL_ASSIGNMENTS_CURSOR_HMAC_KEY"),
    CURSOR(nodes, "PLEXSPHERE_NODES_CURSOR_HMAC_KEY"),
    CURSOR(capabilities, "PLEXSPHERE_CAPABILITIES_CURSOR_HMAC_KEY"),
    CURSOR(hooks, "PLEXSPHERE_HOOKS_CURSOR_HMAC_KEY"),
    CURSOR(integrity, "PLEXSPHERE_INTEGRITY_VIOLATIONS_CURSOR_HMAC_KEY"),
    CURSOR(access, "PLEXSPHERE_ACCESS_CURSOR_HMAC_KEY"),
    CURSOR(approvals, "PLEXSPHERE_APPROVALS_CURSOR_HMAC_KEY"),
    CURSOR(actions, "PLEXSPHERE_ACTIONS_CURSOR_HMAC_KEY"),
    CURSOR(artifacts, "PLEXSPHERE_ARTIFACTS_CURSOR_HMAC_KEY"),
    { "PLEXSPHERE_NSK_WRAP_KEY_B64",
      read_registration,
      REFUSED,
      KEY32,
      { KEY24, "short", "****" } },
    { "PLEXSPHERE_NSK_WRAP_KEY_B64", read_heartbeat, REFUSED, KEY32, { KEY24, "short", "****" } },
    { "PLEXSPHERE_SIGNING_PUBLIC_KEY_B64", read_registration, ON, PUBLIC_KEY, { KEY24, "x", "%" } },
    { "PLEXSPHERE_SIGNING_KEY_ID", read_registration, ON, "k", { "\xff" } },
    { "PLEXSPHERE_SIGNING_SCOPE", read_registration, ON, "domain", { "Domain", "both" } },
    { "PLEXSPHERE_SIGNING_SEED_FILE", read_registration, ON, NULL, { "/nonexistent/seed" } },
    { "PLEXSPHERE_EVENTS_NATS_URL",
      read_event_bus,
      OFF,
      "tls://user:s3cret@nats.example:4222",
      { "nats.example:4222", "http://nats.example", "nats://", "nats://a/stream",
        "nats://a?b=c" } },
    { "PLEXSPHERE_PEPPER_FILE", read_pepper, ON, NULL, { "/nonexistent/pepper", "/" } },
    { "PLEXSPHERE_AUDIT_ALLOW_INSECURE_PEPPER", read_pepper, OFF, "true", { "yes", "1", "TRUE" } },
    { "PLEXSPHERE_LISTEN", read_listener, ON, "[::1]:0", { "8080", "host", "host:99999" } },
    { "PLEXSPHERE_CONTROL_SOCKET", read_listener, ON, "/run/control.sock", { "\xff" } },
    { "PLEXSPHERE_MODE", read_mode, ON, "dev", { "development", "Dev", "prod" } },
    { "PLEXSPHERE_CSRF_ALLOWED_ORIGINS",
      read_csrf,
      OFF,
      "https://a.example, http://b.example:81",
      { "a.example", "https://a.example/path", "https://a.example,", "ftp://a", "*" } },
    DURATION(auth_sessions, "PLEXSPHERE_SESSION_IDLE_TIMEOUT", OFF),
    DURATION(auth_sessions, "PLEXSPHERE_SESSION_MAX_LIFETIME", OFF),
    DURATION(auth_sessions, "PLEXSPHERE_AUTH_STATE_TTL", OFF),
    URL(auth_sessions, "PLEXSPHERE_AUTH_CALLBACK_URL", ON),
    URL(auth_sessions, "PLEXSPHERE_AUTH_VERIFICATION_URL", ON),
    { "PLEXSPHERE_SPIFFE_BUNDLE_TTL", read_auth_sessions, ON, "-5m", { "5", "never" } },
    { "PLEXSPHERE_AUTH_TRUST_PROXY_HEADERS", read_auth_sessions, ON, "true", { "on", "1" } },
    { "PLEXSPHERE_AUTH_PLATFORM_DEVICE_LOGIN", read_auth_sessions, ON, "false", { "no", "0" } },
    { "PLEXSPHERE_ARTIFACTS_FULCIO_SAN", read_artifacts, OFF, "anything", { NULL } },
    URL(artifacts, "PLEXSPHERE_ARTIFACTS_OIDC_ISSUER", OFF),
    { "PLEXSPHERE_ARTIFACTS_OCI_REGISTRY", read_artifacts, OFF, "r.example/p", { NULL } },
    { "PLEXSPHERE_ARTIFACTS_REFRESH_INTERVAL_SECS",
      read_artifacts,
      ON,
      "60",
      { "0", "-1", "1m", "1.5" } },
    URL(bridge, "PLEXSPHERE_BRIDGE_ACME_DIRECTORY_URL", ON),
    DURATION(bridge, "PLEXSPHERE_BRIDGE_ACME_PROBER_TIMEOUT", ON),
    { "PLEXSPHERE_ACTIONS_OBJECT_STORE_BUCKET", read_actions, ON, "bucket", { NULL } },
    URL(actions, "PLEXSPHERE_ACTIONS_CALLBACK_BASE_URL", ON),
    DURATION(actions, "PLEXSPHERE_ACTIONS_TIMEOUT_TICK", ON),
    { "PLEXSPHERE_ACTIONS_LIVE_EXECUTIONS_CAP", read_actions, ON, "1", { "0", "-1", "many" } },
    { "PLEXSPHERE_ACTIONS_PRESIGN_EXPIRY", read_actions, ON, "168h", { "168h1s", "0s", "x" } },
    { "PLEXSPHERE_ACTIONS_INLINE_OUTPUT_MAX_BYTES",
      read_actions,
      ON,
      "16384",
      { "16383", "16385", "16k" } },
    URL(objectstore, "PLEXSPHERE_S3_ENDPOINT", OFF),
    { "PLEXSPHERE_S3_REGION", read_objectstore, REFUSED, "eu-1", { NULL } },
    { "PLEXSPHERE_S3_ACCESS_KEY", read_objectstore, ON, "any", { NULL } },
    { "PLEXSPHERE_S3_SECRET_KEY", read_objectstore, ON, "any", { NULL } },
    { "PLEXSPHERE_S3_USE_PATH_STYLE", read_objectstore, ON, "true", { "yes" } },
    { "PLEXSPHERE_S3_ALLOW_INSECURE_ENDPOINT", read_objectstore, ON, "true", { "yes" } },
    { "PLEXSPHERE_ACCESS_SIGNER_ENDPOINT",
      read_access,
      ON,
      "plexsphere-signer:8443",
      { "plexsphere-signer", "host:0", "host:65536", "http://host:1", "a b:1" } },
    URL(access, "PLEXSPHERE_ACCESS_CALLBACK_BASE_URL", ON),
    { "PLEXSPHERE_ACCESS_SIGNER_CLIENT_CERT", read_access, ON, "/tls/c", { NULL } },
    { "PLEXSPHERE_ACCESS_SIGNER_CLIENT_KEY", read_access, ON, "/tls/k", { NULL } },
    { "PLEXSPHERE_ACCESS_SIGNER_SERVER_CA", read_access, ON, "/tls/ca", { NULL } },
    DURATION(access, "PLEXSPHERE_ACCESS_REVOCATION_TTL_FLOOR", ON),
    DURATION(access, "PLEXSPHERE_ACCESS_SWEEPER_TICK", ON),
    URL(provisioning, "PLEXSPHERE_PROVISIONING_BROKER_ENROL_BASE_URL", REFUSED),
    URL(provisioning, "PLEXSPHERE_PROVISIONING_BROKER_PLEXD_DOWNLOAD_URL", REFUSED),
    { "PLEXSPHERE_PROVISIONING_BROKER_PLEXD_IMAGE",
      read_provisioning,
      REFUSED,
      "ghcr.io/plexsphere/plexd@sha256:00",
      { "plexd", "ghcr.io:5000/plexd", "a b:v1", ":v1", "x:" } },
    { "PLEXSPHERE_MANAGED_PUSH_WRAP_KEY_B64", read_managed_push, OFF, KEY32, { KEY24, "x" } },
    URL(observability, "PLEXSPHERE_OBS_MIMIR_QUERY_URL", ON),
    URL(observability, "PLEXSPHERE_OBS_LOKI_QUERY_URL", ON),
    { "PLEXSPHERE_OBS_NATS_URL",
      read_observability,
      ON,
      "nats://nats:4222",
      { "nats:4222x", "http://nats", "mysql:" } },
    { "PLEXSPHERE_OBS_NODE_BUDGET",
      read_observability,
      ON,
      "1/1000",
      { "1", "0/5", "5/0", "1/2/3", "fast/5" } },
    { "PLEXSPHERE_OBS_DOMAIN_BUDGET",
      read_observability,
      ON,
      "1000000000000/1000000000000",
      { "/", "1 /5", "1000000000001/5", "1k/5" } },
    DURATION(peers, "PLEXSPHERE_PEERS_ENDPOINT_SWEEP_INTERVAL", ON),
    DURATION(peers, "PLEXSPHERE_PEERS_RELAY_ASSIGNER_INTERVAL", ON),
    DURATION(approvals, "PLEXSPHERE_APPROVALS_EXPIRE_TICK", ON),
    { "PLEXSPHERE_AUDIT_ARCHIVE_BUCKET", read_audit, ON, "archive", { "\xc3" } },
    { "PLEXSPHERE_SECRETS_BACKEND", read_secrets, OFF, "openbao", { "vault", "Postgres" } },
};

/* The environment with `name` set to `value`, or without it. */
static struct environment environment_with(struct arena *a, const char *name, const char *value)
{
    char **pairs = arena_alloc_array(a, ARRAY_LEN(around) + 2, sizeof *pairs);
    size_t n = 0;
    const char *prefix = arena_printf(a, "%s=", name);
    for (size_t i = 0; i < ARRAY_LEN(around); i++)
        if (!text_starts(around[i], prefix))
            pairs[n++] = arena_strdup(a, around[i]);
    if (value != NULL)
        pairs[n] = arena_printf(a, "%s=%s", name, value);
    return (struct environment){ pairs };
}

static enum configured with(const struct row *row, const char *value, struct error *e)
{
    struct arena *a = arena_create();
    struct environment env = environment_with(a, row->name, value);
    e->text[0] = '\0';
    enum configured c = row->read(a, &env, e);
    arena_destroy(a);
    return c;
}

START_TEST(unset_and_blank_are_the_same)
{
    struct error e;
    ck_assert(crypto_init(NULL));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        static const char *const blanks[] = { NULL, "", " ", " \t\n" };
        for (size_t b = 0; b < ARRAY_LEN(blanks); b++)
            ck_assert_msg(with(&rows[i], blanks[b], &e) == rows[i].blank, "%s blank %zu: %s",
                          rows[i].name, b, e.text);
    }
}
END_TEST

START_TEST(valid_is_on_and_space_around_it_is_nothing)
{
    struct error e;
    char spaced[256];
    ck_assert(crypto_init(NULL));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].valid == NULL)
            continue;
        ck_assert_msg(with(&rows[i], rows[i].valid, &e) == ON, "%s: %s", rows[i].name, e.text);
        snprintf(spaced, sizeof spaced, " %s\n", rows[i].valid);
        ck_assert_msg(with(&rows[i], spaced, &e) == ON, "%s spaced: %s", rows[i].name, e.text);
    }
}
END_TEST

START_TEST(malformed_is_refused_by_name_and_rule_without_the_value)
{
    struct error e;
    ck_assert(crypto_init(NULL));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t m = 0; m < ARRAY_LEN(rows[i].malformed) && rows[i].malformed[m]; m++) {
            const char *value = rows[i].malformed[m];
            ck_assert_msg(with(&rows[i], value, &e) == REFUSED, "%s=%s is not refused",
                          rows[i].name, value);
            ck_assert_msg(text_starts(e.text, rows[i].name), "%s: %s", rows[i].name, e.text);
            ck_assert_msg(text_contains(e.text, "(SPEC ENV-0"), "%s: %s", rows[i].name, e.text);
            ck_assert_msg(strchr(e.text, '\n') == NULL, "%s: %s", rows[i].name, e.text);
            if (strlen(value) >= 8)
                ck_assert_msg(!text_contains(e.text, value), "%s tells its value", rows[i].name);
        }
}
END_TEST

START_TEST(every_variable_of_the_contract_is_driven)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    json_t *contract = NULL, *row;
    static const char *const sections[] = { "env", "reference_own" };
    size_t k, driven = 0;
    ck_assert_msg(json_parse_file(a, "conformance/contract/env-contract.json", 1 << 20, &contract,
                                  &e),
                  "%s", e.text);
    for (size_t s = 0; s < ARRAY_LEN(sections); s++) {
        json_array_foreach (json_member(contract, sections[s]), k, row) {
            const char *name = json_text(row, "name");
            bool found = false;
            if (!text_equal(json_text(row, "reader"), "plexsphere"))
                continue;
            for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                found = found || text_equal(rows[i].name, name);
            ck_assert_msg(found, "%s is not driven", name);
            driven++;
        }
    }
    ck_assert_uint_ge(driven, 70);
    arena_destroy(a);
}
END_TEST

START_TEST(refusals_say_how_much_was_there)
{
    static const struct row nsk = {
        "PLEXSPHERE_NSK_WRAP_KEY_B64", read_registration, REFUSED, NULL, { NULL }
    };
    struct error e;
    ck_assert_int_eq(with(&nsk, KEY24, &e), REFUSED);
    ck_assert_str_eq(e.text, "PLEXSPHERE_NSK_WRAP_KEY_B64: must be base64 of exactly 32 bytes, got "
                             "24 (SPEC ENV-021)");
    ck_assert_int_eq(with(&nsk, NULL, &e), REFUSED);
    ck_assert_str_eq(e.text, "PLEXSPHERE_NSK_WRAP_KEY_B64: must be set when PLEXSPHERE_DSN is set "
                             "(SPEC ENV-020)");
}
END_TEST

START_TEST(the_object_store_names_its_missing_region)
{
    static const struct row region = {
        "PLEXSPHERE_S3_REGION", read_objectstore, REFUSED, NULL, { NULL }
    };
    static const struct row endpoint = {
        "PLEXSPHERE_S3_ENDPOINT", read_objectstore, OFF, NULL, { NULL }
    };
    struct error e;
    ck_assert_int_eq(with(&region, " ", &e), REFUSED);
    ck_assert(text_contains(e.text, "blobstore: Config.Region is required"));
    ck_assert_int_eq(with(&endpoint, "http://plain.example", &e), REFUSED);
    ck_assert(text_contains(e.text, "blobstore.ErrInsecureEndpoint"));
}
END_TEST

START_TEST(without_an_endpoint_or_registry_the_rest_is_not_read)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    char *pairs[] = { "PLEXSPHERE_S3_USE_PATH_STYLE=perhaps",
                      "PLEXSPHERE_ARTIFACTS_CURSOR_HMAC_KEY=xyz", NULL };
    struct environment env = { pairs };
    ck_assert_int_eq(read_objectstore(a, &env, &e), OFF);
    ck_assert_int_eq(read_artifacts(a, &env, &e), OFF);
    arena_destroy(a);
}
END_TEST

START_TEST(defaults_stand_where_nothing_is_said)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    char *pairs[] = { NULL };
    struct environment env = { pairs };
    struct actions_config actions;
    struct access_config access;
    struct approvals_config approvals;
    struct peers_config peers;
    struct bridge_config bridge;
    struct auth_sessions_config auth;
    ck_assert_int_eq(production_actions_config_from_env(a, &env, &actions, &e), ON);
    ck_assert_int_eq(actions.live_cap, 1000);
    ck_assert_int_eq(actions.timeout_tick, 30 * NANOS_PER_SECOND);
    ck_assert_int_eq(actions.presign_expiry, 3600 * NANOS_PER_SECOND);
    ck_assert_int_eq(actions.inline_output_max, 16384);
    ck_assert_int_eq(production_access_config_from_env(a, &env, &access, &e), ON);
    ck_assert_int_eq(access.sweeper_tick, 60 * NANOS_PER_SECOND);
    ck_assert_ptr_null(access.signer);
    ck_assert_int_eq(production_approvals_config_from_env(a, &env, &approvals, &e), ON);
    ck_assert_int_eq(approvals.expire_tick, 60 * NANOS_PER_SECOND);
    ck_assert_int_eq(production_peers_config_from_env(a, &env, &peers, &e), ON);
    ck_assert_int_eq(peers.endpoint_sweep, 60 * NANOS_PER_SECOND);
    ck_assert_int_eq(peers.relay_assigner, 30 * NANOS_PER_SECOND);
    ck_assert_int_eq(production_bridge_config_from_env(a, &env, &bridge, &e), ON);
    ck_assert_int_eq(bridge.probe_timeout, 10 * NANOS_PER_SECOND);
    ck_assert_int_eq(production_auth_sessions_config_from_env(a, &env, &auth, &e), OFF);
    ck_assert_int_eq(auth.spiffe_bundle_ttl, 900 * NANOS_PER_SECOND);
    ck_assert_str_eq(auth.verification_url, "/v1/device");
    arena_destroy(a);
}
END_TEST

START_TEST(zero_and_below_give_the_bundle_its_default)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    struct auth_sessions_config auth;
    static const char *const none[] = { "0", "0s", "-5m" };
    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        struct environment env = environment_with(a, "PLEXSPHERE_SPIFFE_BUNDLE_TTL", none[i]);
        ck_assert_int_eq(production_auth_sessions_config_from_env(a, &env, &auth, &e), ON);
        ck_assert_int_eq(auth.spiffe_bundle_ttl, 900 * NANOS_PER_SECOND);
    }
    struct environment env = environment_with(a, "PLEXSPHERE_SPIFFE_BUNDLE_TTL", "1m");
    ck_assert_int_eq(production_auth_sessions_config_from_env(a, &env, &auth, &e), ON);
    ck_assert_int_eq(auth.spiffe_bundle_ttl, 60 * NANOS_PER_SECOND);
    arena_destroy(a);
}
END_TEST

START_TEST(origins_are_kept_as_browsers_send_them)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    struct csrf_config csrf;
    struct environment env =
        environment_with(a, "PLEXSPHERE_CSRF_ALLOWED_ORIGINS",
                         "HTTPS://Console.Example:443/ , http://localhost:8080,http://[::1]:81");
    ck_assert_int_eq(production_csrf_config_from_env(a, &env, &csrf, &e), ON);
    ck_assert_uint_eq(csrf.n, 3);
    ck_assert_str_eq(csrf.origins[0], "https://console.example");
    ck_assert_str_eq(csrf.origins[1], "http://localhost:8080");
    ck_assert_str_eq(csrf.origins[2], "http://[::1]:81");
    arena_destroy(a);
}
END_TEST

/* A file beside the test's own folder with the given content. */
static char *file_of(struct arena *a, const char *name, const void *content, size_t len)
{
    char *folder;
    struct error e = { "" };
    ck_assert_msg(directory_make_temporary(a, "/tmp/env_read_test", &folder, &e), "%s", e.text);
    char *path = path_join(a, folder, name);
    ck_assert_msg(file_write_atomic(path, content, len, 0600, &e), "%s", e.text);
    return path;
}

static void remove_file(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    ck_assert(directory_remove(arena_strndup(a, path, (size_t)(slash - path)), NULL));
}

static enum configured seed_gives(const char *content, size_t len, struct registration_config *out,
                                  struct error *e)
{
    struct arena *a = arena_create();
    char *path = file_of(a, "seed", content, len);
    struct environment env = environment_with(a, "PLEXSPHERE_SIGNING_SEED_FILE", path);
    enum configured c = production_registration_config_from_env(a, &env, out, e);
    remove_file(a, path);
    arena_destroy(a);
    return c;
}

START_TEST(a_seed_must_be_the_published_keys_own)
{
    struct registration_config config;
    struct error e = { "" };
    ck_assert(crypto_init(NULL));
    ck_assert_int_eq(seed_gives(KEY32, strlen(KEY32), &config, &e), REFUSED);
    ck_assert_str_eq(e.text, "PLEXSPHERE_SIGNING_SEED_FILE: its public half is not "
                             "PLEXSPHERE_SIGNING_PUBLIC_KEY_B64 (SPEC ENV-031)");
    ck_assert_int_eq(seed_gives("short", 5, &config, &e), REFUSED);
    ck_assert(text_contains(e.text, "ENV-030"));
    ck_assert_int_eq(seed_gives(SEED "\n", strlen(SEED) + 1, &config, &e), ON);
    ck_assert(config.has_seed && config.can_register);
    ck_assert_uint_eq(config.signing_seed[0], 0x9d);
    ck_assert_int_eq(seed_gives((const char *)config.signing_seed, 32, &config, &e), ON);
    ck_assert(config.has_seed);
}
END_TEST

START_TEST(a_blank_public_key_leaves_bootstrap_tokens_on)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    struct registration_config config;
    struct environment env = environment_with(a, "PLEXSPHERE_SIGNING_PUBLIC_KEY_B64", "");
    ck_assert_int_eq(production_registration_config_from_env(a, &env, &config, &e), ON);
    ck_assert(!config.can_register);
    env = environment_with(a, "PLEXSPHERE_SIGNING_KEY_ID", NULL);
    ck_assert_int_eq(production_registration_config_from_env(a, &env, &config, &e), ON);
    ck_assert(!config.can_register);
    env = environment_with(a, "PLEXSPHERE_SIGNING_SCOPE", "domain");
    ck_assert_int_eq(production_registration_config_from_env(a, &env, &config, &e), ON);
    ck_assert(config.can_register);
    ck_assert_int_eq(config.signing_scope, SIGNING_DOMAIN);
    arena_destroy(a);
}
END_TEST

START_TEST(the_static_pepper_exists_in_dev_only)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    struct pepper pepper;
    ck_assert(crypto_init(NULL));
    struct environment env = environment_with(a, "PLEXSPHERE_PEPPER_FILE", NULL);
    ck_assert_int_eq(production_pepper_config_from_env(a, &env, APP_PRODUCTION, &pepper, &e), OFF);
    ck_assert_int_eq(production_pepper_config_from_env(a, &env, APP_DEV, &pepper, &e), ON);

    char *path = file_of(a, "pepper", "0123456789abcdef0123456789abcdef", 32);
    env = environment_with(a, "PLEXSPHERE_PEPPER_FILE", path);
    ck_assert_int_eq(production_pepper_config_from_env(a, &env, APP_PRODUCTION, &pepper, &e), ON);
    ck_assert_mem_eq(pepper.root, "0123456789abcdef0123456789abcdef", 32);
    remove_file(a, path);

    path = file_of(a, "pepper", "0123456789abcdef0123456789abcde", 31);
    env = environment_with(a, "PLEXSPHERE_PEPPER_FILE", path);
    ck_assert_int_eq(production_pepper_config_from_env(a, &env, APP_DEV, &pepper, &e), REFUSED);
    ck_assert(text_contains(e.text, "got 31"));
    remove_file(a, path);
    arena_destroy(a);
}
END_TEST

START_TEST(optional_cursor_keys_leave_the_list_unsigned_and_audit_unbound)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    struct audit_config audit;
    struct domains_config domains;
    struct environment env = environment_with(a, "PLEXSPHERE_AUDIT_CURSOR_HMAC_KEY", HEX32);
    ck_assert_int_eq(production_audit_config_from_env(a, &env, &audit, &e), ON);
    ck_assert_uint_eq(audit.cursor.len, 32);
    ck_assert(!audit.cursor.bind_caller);
    env = environment_with(a, "PLEXSPHERE_DOMAINS_CURSOR_HMAC_KEY", NULL);
    ck_assert_int_eq(production_domains_config_from_env(a, &env, &domains, &e), ON);
    ck_assert_uint_eq(domains.cursor.len, 0);
    env = environment_with(a, "PLEXSPHERE_DOMAINS_CURSOR_HMAC_KEY", HEX32);
    ck_assert_int_eq(production_domains_config_from_env(a, &env, &domains, &e), ON);
    ck_assert_uint_eq(domains.cursor.len, 32);
    ck_assert(domains.cursor.bind_caller);
    arena_destroy(a);
}
END_TEST

TESTS("env_read", unset_and_blank_are_the_same, valid_is_on_and_space_around_it_is_nothing,
      malformed_is_refused_by_name_and_rule_without_the_value,
      every_variable_of_the_contract_is_driven, refusals_say_how_much_was_there,
      the_object_store_names_its_missing_region,
      without_an_endpoint_or_registry_the_rest_is_not_read, defaults_stand_where_nothing_is_said,
      zero_and_below_give_the_bundle_its_default, origins_are_kept_as_browsers_send_them,
      a_seed_must_be_the_published_keys_own, a_blank_public_key_leaves_bootstrap_tokens_on,
      the_static_pepper_exists_in_dev_only,
      optional_cursor_keys_leave_the_list_unsigned_and_audit_unbound)
