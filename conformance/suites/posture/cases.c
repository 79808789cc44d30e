/* suites/posture/cases.c — what the matrix of generate.c cannot say. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "suites/derived/derived.h"
#include "suites/posture/posture.h"

#define SUITE "posture"
#define POSTURE .needs = { "posture" }, .flags = CASE_OWN_TARGET | CASE_UNJUDGED, .budget_ms = 60000

static const char DSN[] = "PLEXSPHERE_DSN";

/* The probes are no published operations: only their status is promised. 0: no answer. */
static int probe(struct world *w, const struct booted *b, const char *where)
{
    struct reply *r;
    return send_quietly(get(w, where, .base_url = b->base_url), &r) ? r->status : 0;
}

static void everything_answers_501(struct world *w, const struct booted *b)
{
    size_t asked = 0;
    for (size_t i = 0; i < contract()->n_ops; i++) {
        const struct contract_operation *op = &contract()->ops[i];
        if (text_equal(fact_feature(op), "meta"))
            continue;
        refuse(posture_ask(w, b, op), 501, NULL);
        asked++;
    }
    expect(w, asked > 0, "the contract has no operation but meta");
}

CASE("posture/PLEXSPHERE_DSN/off", .clauses = { "ENV-001", "META-008", "META-007" }, POSTURE,
     .title =
         "without a datastore every operation but meta answers 501, and it is live but not ready")
{
    static const char *const blank[] = { NULL, "", "   " };
    for (size_t i = 0; i < ARRAY_LEN(blank); i++) {
        struct booted *b = posture_ready(w, (struct change[]){ { DSN, blank[i] }, { 0 } });
        everything_answers_501(w, b);
        accept(get(w, "/v1/version", .base_url = b->base_url), 200);
        expect(w, probe(w, b, "/livez") == 200, "/livez is not 200 without a datastore");
        expect(w, probe(w, b, "/readyz") == 503, "/readyz is not 503 without a datastore");
    }
    struct booted *full = posture_ready(w, NULL);
    expect(w, probe(w, full, "/readyz") == 200, "/readyz is not 200 with a datastore");
}

CASE("posture/PLEXSPHERE_DSN/alone", .clauses = { "ENV-001" }, POSTURE,
     .title = "without a datastore nothing else of the environment is read")
{
    posture_ready(w, (struct change[]){ { DSN, NULL },
                                        { "PLEXSPHERE_NSK_WRAP_KEY_B64", "!!!" },
                                        { "PLEXSPHERE_PROJECTS_CURSOR_HMAC_KEY", "zz" },
                                        { 0 } });
    posture_refused(w, (struct change[]){ { "PLEXSPHERE_PROJECTS_CURSOR_HMAC_KEY", "zz" }, { 0 } },
                    "PLEXSPHERE_PROJECTS_CURSOR_HMAC_KEY", "zz");
}

CASE("posture/PLEXSPHERE_DSN/malformed", .clauses = { "ENV-002", "ENV-004" }, POSTURE,
     .title = "a malformed datastore address refuses the boot")
{
    static const char *const bad[] = { "postgresql://host:no-port/x", "nonsense with = nothing '" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        posture_refused(w, (struct change[]){ { DSN, bad[i] }, { 0 } }, DSN, bad[i]);
    posture_ready(w, NULL);
}

CASE("posture/PLEXSPHERE_S3_REGION/required", .clauses = { "ENV-008", "ENV-009" }, POSTURE,
     .title = "an object-store endpoint without a region refuses the boot; without an endpoint "
              "nothing is asked")
{
    struct booted *b;
    static const char endpoint[] = "PLEXSPHERE_S3_ENDPOINT", region[] = "PLEXSPHERE_S3_REGION";
    posture_refused(w,
                    (struct change[]){
                        { endpoint, "https://objects.example.net" }, { region, NULL }, { 0 } },
                    "blobstore: Config.Region is required", NULL);
    b = posture_ready(w, (struct change[]){ { endpoint, "https://objects.example.net" },
                                            { region, "eu-central-1" },
                                            { 0 } });
    expect(w, b->base_url != NULL, "no base_url");
    posture_ready(w, (struct change[]){ { endpoint, NULL },
                                        { region, NULL },
                                        { "PLEXSPHERE_S3_USE_PATH_STYLE", "perhaps" },
                                        { 0 } });
}

CASE("posture/PLEXSPHERE_SPIFFE_BUNDLE_TTL/zero", .clauses = { "ENV-011" }, POSTURE,
     .title = "a bundle lifetime of zero or less means its default; a malformed one is refused")
{
    static const char name[] = "PLEXSPHERE_SPIFFE_BUNDLE_TTL";
    posture_ready(w, (struct change[]){ { name, "0" }, { 0 } });
    posture_ready(w, (struct change[]){ { name, "-5m" }, { 0 } });
    posture_refused(w, (struct change[]){ { name, "forever" }, { 0 } }, name, "forever");
}

CASE("posture/PLEXSPHERE_ACTIONS_INLINE_OUTPUT_MAX_BYTES/fixed", .clauses = { "ENV-012" }, POSTURE,
     .title = "the inline ceiling is 16384 and nothing else")
{
    static const char name[] = "PLEXSPHERE_ACTIONS_INLINE_OUTPUT_MAX_BYTES";
    posture_refused(w, (struct change[]){ { name, "16385" }, { 0 } }, name, "16385");
    posture_ready(w, (struct change[]){ { name, "16384" }, { 0 } });
}

CASE("posture/PLEXSPHERE_SIGNING_SEED_FILE/mismatch", .clauses = { "ENV-013" },
     .needs = { "posture", "rulings" }, .flags = CASE_OWN_TARGET | CASE_UNJUDGED,
     .budget_ms = 60000,
     .title = "a signing seed that is not the public key's half refuses the boot")
{
    static const char other[] =
        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="; /* RFC 8032, test 1 */
    static const char name[] = "PLEXSPHERE_SIGNING_PUBLIC_KEY_B64";
    posture_refused(w, (struct change[]){ { name, other }, { 0 } }, name, other);
    posture_ready(w, NULL);
}

CASE("posture/PLEXSPHERE_CSRF_ALLOWED_ORIGINS/bearer", .clauses = { "ENV-007" }, POSTURE,
     .title = "without an origin allowlist bearer mutations go on as ever")
{
    struct booted *b =
        posture_ready(w, (struct change[]){ { "PLEXSPHERE_CSRF_ALLOWED_ORIGINS", NULL }, { 0 } });
    const struct contract_operation *op = contract_operation("CreateDomain");
    accept(post(w, "/v1/domains", .as = w->platform_manager, .json = sample_body(w, op),
                .base_url = b->base_url),
           201);
}

static size_t announcements(struct world *w, const struct booted *b)
{
    size_t n, count = 0;
    char **lines = text_split(w->arena, boot_log(w->arena, b), '\n', &n);
    for (size_t i = 0; i < n; i++)
        count += text_contains(lines[i], "insecure default active");
    return count;
}

CASE("posture/PLEXSPHERE_MODE/announcement", .clauses = { "ENV-016" },
     .needs = { "posture", "rulings" }, .flags = CASE_OWN_TARGET | CASE_UNJUDGED,
     .budget_ms = 60000,
     .title = "dev mode announces its insecure default exactly once, production never")
{
    struct booted *production =
        posture_ready(w, (struct change[]){ { "PLEXSPHERE_MODE", "production" },
                                            { "PLEXSPHERE_CONTROL_SOCKET", NULL },
                                            { 0 } });
    expect(w, announcements(w, production) == 0, "production announces an insecure default");
    struct booted *dev = posture_ready(w, (struct change[]){ { "PLEXSPHERE_MODE", "dev" }, { 0 } });
    expect(w, announcements(w, dev) == 1, "dev mode announces %zu times, expected once",
           announcements(w, dev));
}

CASE("posture/PLEXSPHERE_MODE/pepper", .clauses = { "ENV-017", "ENV-014" },
     .needs = { "posture", "rulings", "audit" }, .flags = CASE_OWN_TARGET | CASE_UNJUDGED,
     .budget_ms = 60000, .title = "the static pepper is out of reach in production")
{
    const struct contract_operation *list = contract_operation("ListAuditEntries");
    struct booted *production =
        posture_ready(w, (struct change[]){ { "PLEXSPHERE_MODE", "production" },
                                            { "PLEXSPHERE_AUDIT_ALLOW_INSECURE_PEPPER", "true" },
                                            { "PLEXSPHERE_CONTROL_SOCKET", NULL },
                                            { 0 } });
    refuse(posture_ask(w, production, list), 501, "audit_not_provisioned");
    struct booted *dev = posture_ready(w, NULL);
    refuse(posture_ask(w, dev, list), 401, "unauthenticated");
}

CASE("posture/PLEXSPHERE_CONTROL_SOCKET/production", .clauses = { "ENV-015" },
     .needs = { "posture", "rulings" }, .flags = CASE_OWN_TARGET | CASE_UNJUDGED,
     .budget_ms = 60000, .title = "the control socket is refused in production")
{
    static const char name[] = "PLEXSPHERE_CONTROL_SOCKET";
    posture_refused(w,
                    (struct change[]){ { "PLEXSPHERE_MODE", "production" },
                                       { name, "${BOOT_DIR}/control.sock" },
                                       { 0 } },
                    name, NULL);
    posture_ready(w, (struct change[]){ { name, "${BOOT_DIR}/control.sock" }, { 0 } });
}

CASE("life/sigterm", .clauses = { "LIFE-001" }, POSTURE,
     .title = "SIGTERM ends it with exit status 0")
{
    struct booted *b = posture_ready(w, NULL);
    accept(get(w, "/v1/health", .base_url = b->base_url), 200);
    expect(w, boot_stop(b, 5000), "did not end with exit status 0 after SIGTERM");
    struct reply *gone;
    expect(w, !send_quietly(get(w, "/v1/health", .base_url = b->base_url), &gone),
           "still answers after SIGTERM");
}

/* LIFE-002: what was answered 201 is there after SIGKILL and a new start. */
CASE("life/kill-9", .clauses = { "LIFE-002" }, .needs = { "posture", "domains" },
     .flags = CASE_OWN_TARGET | CASE_UNJUDGED, .budget_ms = 120000,
     .title = "no acknowledged write is lost when the process is killed")
{
    const struct contract_operation *op = contract_operation("CreateDomain");
    enum { ROUNDS = 10 };
    const char *id[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        struct booted *b = posture_ready(w, NULL);
        struct reply *made = accept(post(w, "/v1/domains", .as = w->platform_manager,
                                         .json = sample_body(w, op), .base_url = b->base_url),
                                    201);
        boot_kill(b);
        id[i] = expect_text(made, "/id");
    }
    for (int i = 0; i < ROUNDS; i++) {
        struct reply *r =
            accept(get(w, path(w, "/v1/domains/%s", id[i]), .as = w->platform_manager), 200);
        expect_equal(r, "/id", id[i]);
    }
}
