/* suites/audit/unprovisioned.c — what is off without its secrets (SPEC AUD-035). */
#include "common/text.h"
#include "suites/audit/audit.h"
#include "suites/posture/posture.h"

#define SUITE "audit"
#define BOOTED .flags = CASE_OWN_TARGET | CASE_UNJUDGED, .budget_ms = 60000

static const char *const lists[] = { "ListAuditEntries", "ListPlatformAuditEntries" };
static const char *const others[] = { "GetAuditEntry",          "GetPlatformAuditEntry",
                                      "VerifyAuditChain",       "VerifyPlatformAuditChain",
                                      "EraseIdentityFromAudit", "EraseIdentityFromPlatformAudit" };

/* Asked without a credential: what is on says 401. */
static void expect_each(struct world *w, const struct booted *b, const char *const *ids, size_t n,
                        int status, const char *code)
{
    for (size_t i = 0; i < n; i++)
        refuse(posture_ask(w, b, contract_operation(ids[i])), status, code);
}

static const char off[] = "audit_not_provisioned", on[] = "unauthenticated";

/* Where else a target may have its pepper from, a ruling alone says: nowhere. */
CASE("AUD-035", .clauses = { "AUD-035" }, .needs = { "audit", "posture", "rulings" }, BOOTED,
     .title = "without a pepper all eight operations are off")
{
    struct booted *b =
        posture_ready(w, (struct change[]){ { "PLEXSPHERE_AUDIT_ALLOW_INSECURE_PEPPER", NULL },
                                            { 0 } });
    expect_each(w, b, lists, ARRAY_LEN(lists), 501, off);
    expect_each(w, b, others, ARRAY_LEN(others), 501, off);
    expect_each(w, NULL, lists, ARRAY_LEN(lists), 401, on);
    expect_each(w, NULL, others, ARRAY_LEN(others), 401, on);
}

CASE("AUD-035-b", .clauses = { "AUD-035" }, .needs = { "audit", "posture" }, BOOTED,
     .title = "without the cursor key the two lists are off and nothing else")
{
    struct booted *b =
        posture_ready(w, (struct change[]){ { "PLEXSPHERE_AUDIT_CURSOR_HMAC_KEY", NULL }, { 0 } });
    expect_each(w, b, lists, ARRAY_LEN(lists), 501, off);
    expect_each(w, b, others, ARRAY_LEN(others), 401, on);
}
