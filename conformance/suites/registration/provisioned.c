/* suites/registration/provisioned.c — BST-028: what the surface needs to be there. */
#include "harness/case.h"
#include "suites/posture/posture.h"

#define SUITE "registration"

CASE("BST-028", .clauses = { "BST-028" },
     .needs = { "bootstrap-tokens", "registration", "posture", "rulings" },
     .flags = CASE_OWN_TARGET | CASE_UNJUDGED, .budget_ms = 60000,
     .title = "without a pepper no token is issued, shown or redeemed")
{
    static const char *const operations[] = { "IssueBootstrapToken", "ListBootstrapTokens",
                                              "GetBootstrapTokenMetadata", "RevokeBootstrapToken" };
    const struct contract_operation *redeem = contract_operation("PostRegister");
    struct booted *without =
        posture_ready(w, (struct change[]){ { "PLEXSPHERE_AUDIT_ALLOW_INSECURE_PEPPER", NULL },
                                            { 0 } });
    struct booted *full = posture_ready(w, NULL);
    for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
        const struct contract_operation *op = contract_operation(operations[i]);
        refuse(posture_ask(w, without, op), 501, NULL);
        refuse(posture_ask(w, full, op), 401, "unauthenticated");
    }
    refuse(posture_ask(w, without, redeem), 501, NULL);
    refuse(posture_ask(w, full, redeem), 400, NULL);
}
