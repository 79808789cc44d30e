/* What this tree's own configuration reads: the list is written down by hand from the folders'
 * config.c files, and the reader must find exactly these. */
#include "common/testing.h"

#include "common/text.h"
#include "drift-gates/sources/env_reads.h"
#include "drift-gates/findings.h"

static const struct gate_rule rules[] = { { "READ-01", "readable", "why", "mend", "source" } };
static const struct gate gate = { .name = "reader", .rules = rules, .n_rules = 1 };

static const char *const variables[] = {
    "PLEXSPHERE_ACCESS_CALLBACK_BASE_URL",
    "PLEXSPHERE_ACCESS_CURSOR_HMAC_KEY",
    "PLEXSPHERE_ACCESS_REVOCATION_TTL_FLOOR",
    "PLEXSPHERE_ACCESS_SIGNER_CLIENT_CERT",
    "PLEXSPHERE_ACCESS_SIGNER_CLIENT_KEY",
    "PLEXSPHERE_ACCESS_SIGNER_ENDPOINT",
    "PLEXSPHERE_ACCESS_SIGNER_SERVER_CA",
    "PLEXSPHERE_ACCESS_SWEEPER_TICK",
    "PLEXSPHERE_ACTIONS_CALLBACK_BASE_URL",
    "PLEXSPHERE_ACTIONS_CURSOR_HMAC_KEY",
    "PLEXSPHERE_ACTIONS_INLINE_OUTPUT_MAX_BYTES",
    "PLEXSPHERE_ACTIONS_LIVE_EXECUTIONS_CAP",
    "PLEXSPHERE_ACTIONS_OBJECT_STORE_BUCKET",
    "PLEXSPHERE_ACTIONS_PRESIGN_EXPIRY",
    "PLEXSPHERE_ACTIONS_TIMEOUT_TICK",
    "PLEXSPHERE_APPROVALS_CURSOR_HMAC_KEY",
    "PLEXSPHERE_APPROVALS_EXPIRE_TICK",
    "PLEXSPHERE_ARTIFACTS_CURSOR_HMAC_KEY",
    "PLEXSPHERE_ARTIFACTS_FULCIO_SAN",
    "PLEXSPHERE_ARTIFACTS_OCI_REGISTRY",
    "PLEXSPHERE_ARTIFACTS_OIDC_ISSUER",
    "PLEXSPHERE_ARTIFACTS_REFRESH_INTERVAL_SECS",
    "PLEXSPHERE_AUDIT_ALLOW_INSECURE_PEPPER",
    "PLEXSPHERE_AUDIT_ARCHIVE_BUCKET",
    "PLEXSPHERE_AUDIT_CURSOR_HMAC_KEY",
    "PLEXSPHERE_AUTHZ_CURSOR_HMAC_KEY",
    "PLEXSPHERE_AUTH_CALLBACK_URL",
    "PLEXSPHERE_AUTH_PLATFORM_DEVICE_LOGIN",
    "PLEXSPHERE_AUTH_STATE_TTL",
    "PLEXSPHERE_AUTH_TRUST_PROXY_HEADERS",
    "PLEXSPHERE_AUTH_VERIFICATION_URL",
    "PLEXSPHERE_BRIDGE_ACME_DIRECTORY_URL",
    "PLEXSPHERE_BRIDGE_ACME_PROBER_TIMEOUT",
    "PLEXSPHERE_CAPABILITIES_CURSOR_HMAC_KEY",
    "PLEXSPHERE_CLOUDS_CURSOR_HMAC_KEY",
    "PLEXSPHERE_CLOUD_CREDENTIALS_CURSOR_HMAC_KEY",
    "PLEXSPHERE_CONTROL_SOCKET",
    "PLEXSPHERE_CREDENTIALS_CURSOR_HMAC_KEY",
    "PLEXSPHERE_CREDENTIAL_ASSIGNMENTS_CURSOR_HMAC_KEY",
    "PLEXSPHERE_CSRF_ALLOWED_ORIGINS",
    "PLEXSPHERE_DOMAINS_CURSOR_HMAC_KEY",
    "PLEXSPHERE_DSN",
    "PLEXSPHERE_EVENTS_NATS_URL",
    "PLEXSPHERE_HOOKS_CURSOR_HMAC_KEY",
    "PLEXSPHERE_IDENTITIES_CURSOR_HMAC_KEY",
    "PLEXSPHERE_INTEGRITY_VIOLATIONS_CURSOR_HMAC_KEY",
    "PLEXSPHERE_INVITATIONS_CURSOR_HMAC_KEY",
    "PLEXSPHERE_LISTEN",
    "PLEXSPHERE_MANAGED_PUSH_WRAP_KEY_B64",
    "PLEXSPHERE_MODE",
    "PLEXSPHERE_NODES_CURSOR_HMAC_KEY",
    "PLEXSPHERE_NSK_WRAP_KEY_B64",
    "PLEXSPHERE_OBS_DOMAIN_BUDGET",
    "PLEXSPHERE_OBS_LOKI_QUERY_URL",
    "PLEXSPHERE_OBS_MIMIR_QUERY_URL",
    "PLEXSPHERE_OBS_NATS_URL",
    "PLEXSPHERE_OBS_NODE_BUDGET",
    "PLEXSPHERE_PEERS_ENDPOINT_SWEEP_INTERVAL",
    "PLEXSPHERE_PEERS_RELAY_ASSIGNER_INTERVAL",
    "PLEXSPHERE_PEPPER_FILE",
    "PLEXSPHERE_PROJECTS_CURSOR_HMAC_KEY",
    "PLEXSPHERE_PROVISIONING_BROKER_ENROL_BASE_URL",
    "PLEXSPHERE_PROVISIONING_BROKER_PLEXD_DOWNLOAD_URL",
    "PLEXSPHERE_PROVISIONING_BROKER_PLEXD_IMAGE",
    "PLEXSPHERE_S3_ACCESS_KEY",
    "PLEXSPHERE_S3_ALLOW_INSECURE_ENDPOINT",
    "PLEXSPHERE_S3_ENDPOINT",
    "PLEXSPHERE_S3_REGION",
    "PLEXSPHERE_S3_SECRET_KEY",
    "PLEXSPHERE_S3_USE_PATH_STYLE",
    "PLEXSPHERE_SECRETS_BACKEND",
    "PLEXSPHERE_SESSION_IDLE_TIMEOUT",
    "PLEXSPHERE_SESSION_MAX_LIFETIME",
    "PLEXSPHERE_SIGNING_KEY_ID",
    "PLEXSPHERE_SIGNING_PUBLIC_KEY_B64",
    "PLEXSPHERE_SIGNING_SCOPE",
    "PLEXSPHERE_SIGNING_SEED_FILE",
    "PLEXSPHERE_SPIFFE_BUNDLE_TTL",
};

static struct env_reads read_tree(struct arena *a, const char *root, struct findings *f)
{
    struct error e = { .text = "" };
    struct settings *s;
    struct tree *t;
    struct env_reads reads;
    ck_assert_msg(settings_read(a, root, NULL, &s, &e), "%s", e.text);
    ck_assert_msg(tree_open(a, root, s->ignore, &t, &e), "%s", e.text);
    struct gate_run g = { .arena = a, .gate = &gate, .tree = t, .settings = s, .findings = f };
    ck_assert_msg(env_reads_find(&g, "READ-01", &reads, &e), "%s", e.text);
    return reads;
}

static bool is_listed(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
        if (text_equal(variables[i], name))
            return true;
    }
    return false;
}

START_TEST(the_reference_reads_exactly_these)
{
    struct arena *a = arena_create();
    struct findings *f = findings_create(a);
    struct env_reads reads = read_tree(a, ".", f);
    size_t found[ARRAY_LEN(variables)] = { 0 };
    for (size_t i = 0; i < reads.n; i++) {
        const struct env_read *r = &reads.rows[i];
        ck_assert_msg(is_listed(r->name), "%s:%d: %s", r->where.file, r->where.line, r->name);
        ck_assert_msg(r->shape == READ_VALUE, "%s", r->name);
        for (size_t k = 0; k < ARRAY_LEN(variables); k++)
            found[k] += text_equal(variables[k], r->name);
    }
    for (size_t k = 0; k < ARRAY_LEN(variables); k++)
        ck_assert_msg(found[k] > 0, "%s was not found", variables[k]);
    ck_assert_uint_eq(f->n, 0);
    arena_destroy(a);
}
END_TEST

/* Reads in helpers of a file lead back to the function that the contract names. */
START_TEST(each_read_is_reached_from_a_configuration)
{
    struct arena *a = arena_create();
    struct env_reads reads = read_tree(a, ".", findings_create(a));
    size_t n = 0;
    for (size_t i = 0; i < reads.n; i++) {
        const struct env_read *r = &reads.rows[i];
        if (!text_ends(r->where.file, "/config.c"))
            continue;
        ck_assert_msg(text_glob("production_*_config_from_env", r->entries[0]), "%s:%d: %s",
                      r->where.file, r->where.line, r->entries[0]);
        ck_assert_ptr_null(r->entries[1]);
        n++;
    }
    ck_assert_uint_gt(n, 60);
    arena_destroy(a);
}
END_TEST

TESTS("drift-gates/env_reads", the_reference_reads_exactly_these,
      each_read_is_reached_from_a_configuration)
