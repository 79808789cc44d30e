#include "harness/contract.h"

#include <string.h>

#include "common/json.h"
#include "common/testing.h"
#include "harness/contract_data.h"
#include "harness/schema.h"

static void load(void)
{
    struct error e = { "" };
    ck_assert_msg(contract_load(&e), "%s", e.text);
}

static const char *matched(const char *method, const char *path)
{
    const struct contract_operation *op = contract_match(method, path);
    return op == NULL ? "(none)" : op->id;
}

START_TEST(unknown_paths_and_methods_match_nothing)
{
    static const struct {
        const char *method, *path;
    } rows[] = {
        { "GET", "/v1/unknown" },
        { "GET", "/v1" },
        { "GET", "" },
        { "GET", "v1/domains" },
        { "GET", "/v1/domains/" },
        { "GET", "/v1//domains" },
        { "PUT", "/v1/domains" },
        { "get", "/v1/domains" },
        { "GET", "/v1/domains/x/y" },
        { "GET", "/v1/domains/x/nope" },
        { "GET", "/V1/domains" },
        { "TRACE", "/v1/version" },
        { "GET", "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a" },
    };
    load();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ck_assert_str_eq(matched(rows[i].method, rows[i].path), "(none)");
}
END_TEST

START_TEST(every_operation_matches_its_own_path)
{
    load();
    ck_assert_uint_eq(contract()->n_ops, 221);
    for (size_t i = 0; i < contract()->n_ops; i++) {
        const struct contract_operation *op = &contract()->ops[i];
        char path[512];
        size_t n = 0;
        for (const char *c = op->path; *c != '\0';) {
            if (*c == '{') {
                path[n++] = 'x';
                c = strchr(c, '}') + 1;
            } else {
                path[n++] = *c++;
            }
        }
        path[n] = '\0';
        ck_assert_msg(contract_match(op->method, path) == op, "%s %s matched %s", op->method, path,
                      matched(op->method, path));
        ck_assert_ptr_eq(contract_operation(op->id), op);
    }
    ck_assert_ptr_null(contract_operation("Nope"));
    ck_assert_ptr_null(contract_operation(NULL));
}
END_TEST

START_TEST(a_literal_beats_a_template)
{
    load();
    /* …/executions/dispatch stands beside …/executions/{execution_id} in another method; the
     * audit's verify beside its entries: the literal one wins wherever both fit. */
    ck_assert_str_eq(matched("POST", "/v1/projects/p/executions/dispatch"), "DispatchExecution");
    ck_assert_str_eq(matched("GET", "/v1/projects/p/executions/dispatch"), "GetExecution");
    ck_assert_str_eq(matched("GET", "/v1/domains?limit=3"), "ListDomains");
}
END_TEST

START_TEST(actions_have_two_spellings)
{
    load();
    ck_assert_str_eq(matched("POST", "/v1/domains/d/managed-push/hooks/p/rollback"),
                     "RollbackManagedHookPush");
    ck_assert_str_eq(matched("POST", "/v1/domains/d/managed-push/hooks/p:rollback"),
                     "RollbackManagedHookPush");
    ck_assert_str_eq(matched("POST", "/v1/credentials/c:revoke?x=1"), "RevokeCredential");
    ck_assert_str_eq(matched("POST", "/v1/credentials/c:nope"), "(none)");
    ck_assert_str_eq(matched("POST", "/v1/credentials/:revoke"), "(none)");
    ck_assert_str_eq(matched("GET", "/v1/credentials/c:revoke"), "GetCredential");
    ck_assert(contract_knows_path("/v1/credentials/c:revoke"));
    ck_assert(contract_knows_path("/v1/domains"));
    ck_assert(!contract_knows_path("/v1/nowhere"));
}
END_TEST

START_TEST(says_who_may_call)
{
    load();
    const struct contract_operation *op = contract_operation("PostRegister");
    ck_assert(!op->bearer && !op->cookie && !op->nsk);
    op = contract_operation("PostNodeHeartbeat");
    ck_assert(!op->bearer && !op->cookie && op->nsk);
    op = contract_operation("IssueSession");
    ck_assert(op->bearer && !op->cookie && !op->nsk);
    op = contract_operation("CreateDomain");
    ck_assert(op->bearer && op->cookie && !op->nsk);
}
END_TEST

START_TEST(knows_responses)
{
    bool listed;
    load();
    const struct contract_operation *op = contract_operation("CreateDomain");
    ck_assert_str_eq(contract_ref_name(contract_response(op, 201, &listed)), "DomainResponse");
    ck_assert(listed);
    ck_assert_str_eq(contract_media_type(op, 201), "application/json");
    ck_assert_ptr_nonnull(json_member(contract_response_headers(op, 201), "Location"));
    ck_assert_str_eq(contract_media_type(op, 403), "application/problem+json");
    ck_assert_ptr_null(contract_response(op, 418, &listed));
    ck_assert(!listed);
    ck_assert_ptr_null(contract_response(op, 0, &listed));
    ck_assert_ptr_null(contract_response(op, 12345, &listed));
    ck_assert_ptr_null(contract_response(contract_operation("DeleteDomain"), 204, &listed));
    ck_assert(listed);
    ck_assert_ptr_null(contract_media_type(contract_operation("DeleteDomain"), 204));
    ck_assert_ptr_null(
        contract_ref_name(contract_response(contract_operation("GetAuthTokens"), 200, &listed)));
}
END_TEST

START_TEST(knows_how_codes_stand)
{
    load();
    ck_assert_int_eq(contract_code("PostRegister", 403, "token_consumed"), CODE_NAMED);
    ck_assert_int_eq(contract_code("PostRegister", 404, "project_not_found"), CODE_UNNAMED);
    ck_assert_int_eq(contract_code("PostRegister", 403, "token_invalid"), CODE_UNNAMED);
    ck_assert_int_eq(contract_code("CreateDomain", 403, "token_invalid"), CODE_UNKNOWN);
    ck_assert_int_eq(contract_code("PostRegister", 409, "token_consumed"), CODE_UNKNOWN);
    ck_assert_int_eq(contract_code("CreateDomain", 501, "surface_not_provisioned"), CODE_UNNAMED);
    ck_assert_int_eq(contract_code("GetVersion", 501, "surface_not_provisioned"), CODE_UNKNOWN);
    ck_assert_int_eq(contract_code("PostRegister", 503, "authz_unavailable"), CODE_UNKNOWN);
    ck_assert_int_ne(contract_code("CreateDomain", 503, "authz_unavailable"), CODE_UNKNOWN);
    ck_assert_int_eq(contract_code("CreateDomain", 409, "mesh_cidr_overlap"), CODE_NAMED);
    ck_assert_int_eq(contract_code("CreateDomain", 409, "nonsense"), CODE_UNKNOWN);
    /* `unnamed` says that there is no code; it is none. */
    ck_assert_int_eq(contract_code("PostAuthSignIn", 400, "unnamed"), CODE_UNKNOWN);
    ck_assert(!contract_code_exists(400, "unnamed"));
    ck_assert(contract_code_open("PostAuthSignIn", 400));
    ck_assert(!contract_code_open("CreateDomain", 400));
    ck_assert(contract_code_exists(403, "csrf_token_mismatch"));
    ck_assert(!contract_code_exists(404, "csrf_token_mismatch"));
}
END_TEST

START_TEST(says_the_contract_by_name)
{
    load();
    ck_assert_ptr_nonnull(contract_schema("Problem"));
    ck_assert_ptr_null(contract_schema("Nope"));
    ck_assert_ptr_null(contract_schema(NULL));
    ck_assert_uint_gt(json_array_size(contract()->clauses), 0);
    const char *first = json_text(json_array_get(contract()->clauses, 0), "id");
    ck_assert_str_eq(json_text(contract_clause(first), "id"), first);
    ck_assert_ptr_null(contract_clause("NOPE-1"));
    ck_assert_uint_eq(strlen(contract()->digest), 64);
    for (enum contract_file f = 0; f < CONTRACT_FILES; f++) {
        struct bytes b = contract_file_bytes(f);
        ck_assert_uint_gt(b.len, 0);
        ck_assert_int_eq(b.data[b.len], 0);
    }
}
END_TEST

/* A second load is the first one: workers and tools may both ask. */
START_TEST(loads_once)
{
    load();
    const struct contract_operation *before = contract()->ops;
    load();
    ck_assert_ptr_eq(contract()->ops, before);
}
END_TEST

TESTS("harness/contract", unknown_paths_and_methods_match_nothing,
      every_operation_matches_its_own_path, a_literal_beats_a_template, actions_have_two_spellings,
      says_who_may_call, knows_responses, knows_how_codes_stand, says_the_contract_by_name,
      loads_once)
