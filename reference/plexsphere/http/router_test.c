#include "reference/plexsphere/http/router.h"

#include <string.h>

#include "common/arena.h"
#include "common/testing.h"

static struct arena *a;

static void start(void)
{
    a = arena_create();
}

static void expect(const char *method, const char *path, enum operation_id id)
{
    struct route r;
    ck_assert_msg(route_find(a, method, path, &r) == ROUTED, "%s %s found nothing", method, path);
    ck_assert_msg(r.id == id, "%s %s is %s", method, path, operation_facts(r.id)->name);
}

static void expect_unknown(const char *path)
{
    struct route r;
    ck_assert_msg(route_find(a, "GET", path, &r) == ROUTE_UNKNOWN, "%s is known", path);
}

START_TEST(refuses_what_is_no_path)
{
    start();
    static const char *const paths[] = {
        "",
        "v1/domains",
        "/",
        "//",
        "/v1",
        "/v1/domains/",
        "/v1//domains",
        "/V1/domains",
        "/v1/domain",
        "/v1/domainsx",
        "/v1/domains/a/b/c",
        "/v1/projects%2Fx",
        "/v1/auth%2Fwhoami",
        "/v1/%00",
        "/v1/domains/%",
        "/v1/domains/%4",
        "/v1/domains/%zz",
        "/v1/domains/a%00b",
        "/v1/domains/%ff",
        "/v1/domains/%c0%80",
        "/v1/a/b/c/d/e/f/g/h/i/j/k/l/m",
    };
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        expect_unknown(paths[i]);
    arena_destroy(a);
}
END_TEST

START_TEST(finds_every_operation_of_the_contract)
{
    start();
    for (unsigned i = 0; i < OPERATION_COUNT; i++) {
        const struct operation_facts *f = operation_facts((enum operation_id)i);
        expect(f->method, f->path, (enum operation_id)i);
    }
    ck_assert_uint_eq(OPERATION_COUNT, 221 + 3); /* and what the MVP dialect adds */
    arena_destroy(a);
}
END_TEST

START_TEST(decodes_parameters_after_splitting)
{
    struct route r;
    start();
    ck_assert_int_eq(route_find(a, "GET", "/v1/docs/assets/..%2F..%2fetc%20x", &r), ROUTED);
    ck_assert_int_eq(r.id, OP_GetDocsAsset);
    ck_assert_uint_eq(r.n_params, 1);
    ck_assert_str_eq(r.names[0], "asset");
    ck_assert_str_eq(r.values[0], "../../etc x");
    expect("GET", "/v1/%64omains", OP_ListDomains);
    arena_destroy(a);
}
END_TEST

START_TEST(names_each_parameter)
{
    struct route r;
    start();
    ck_assert_int_eq(route_find(a, "GET", "/v1/domains/d1/managed-push/hooks/p1", &r), ROUTED);
    ck_assert_int_eq(r.id, OP_GetManagedHookPush);
    ck_assert_uint_eq(r.n_params, 2);
    ck_assert_str_eq(r.names[0], "domain_id");
    ck_assert_str_eq(r.values[0], "d1");
    ck_assert_str_eq(r.names[1], "push_id");
    ck_assert_str_eq(r.values[1], "p1");
    arena_destroy(a);
}
END_TEST

START_TEST(reaches_an_action_by_both_spellings)
{
    static const char *const paths[] = {
        "/v1/domains/d1/managed-push/hooks/p1/rollback",
        "/v1/domains/d1/managed-push/hooks/p1:rollback",
        "/v1/domains/d1/managed-push/hooks/p1%3Arollback",
    };
    struct route r;
    start();
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        ck_assert_int_eq(route_find(a, "POST", paths[i], &r), ROUTED);
        ck_assert_int_eq(r.id, OP_RollbackManagedHookPush);
        ck_assert_str_eq(r.values[1], "p1");
    }
    expect("POST", "/v1/approvals/x:break-glass", OP_BreakGlassApproval);
    expect("POST", "/v1/projects/p/sessions/s:revoke", OP_RevokeSession);
    arena_destroy(a);
}
END_TEST

START_TEST(an_action_address_is_never_an_object)
{
    struct route r;
    start();
    ck_assert_int_eq(route_find(a, "GET", "/v1/domains/d/managed-push/hooks/p:rollback", &r),
                     ROUTE_WRONG_METHOD);
    ck_assert_str_eq(r.allow, "POST");
    /* No action of ours: a plain, if odd, id. */
    ck_assert_int_eq(route_find(a, "GET", "/v1/domains/d:dance", &r), ROUTED);
    ck_assert_str_eq(r.values[0], "d:dance");
    ck_assert_int_eq(route_find(a, "GET", "/v1/domains/:rollback", &r), ROUTED);
    ck_assert_str_eq(r.values[0], ":rollback");
    /* A collection is no action, whatever the spelling. */
    ck_assert_int_eq(route_find(a, "POST", "/v1/projects/p:resources", &r), ROUTE_WRONG_METHOD);
    arena_destroy(a);
}
END_TEST

START_TEST(tells_the_methods_of_a_known_path)
{
    struct route r;
    start();
    ck_assert_int_eq(route_find(a, "PUT", "/v1/domains", &r), ROUTE_WRONG_METHOD);
    ck_assert_ptr_nonnull(strstr(r.allow, "GET, HEAD"));
    ck_assert_ptr_nonnull(strstr(r.allow, "POST"));
    ck_assert_ptr_null(strstr(r.allow, "DELETE"));
    ck_assert_int_eq(route_find(a, "get", "/v1/domains", &r), ROUTE_WRONG_METHOD);
    ck_assert_int_eq(route_find(a, "HEAD", "/v1/register", &r), ROUTE_WRONG_METHOD);
    ck_assert_str_eq(r.allow, "POST");
    expect("HEAD", "/v1/domains", OP_ListDomains);
    arena_destroy(a);
}
END_TEST

START_TEST(a_literal_wins_over_a_parameter)
{
    struct route r;
    start();
    expect("POST", "/v1/projects/p/executions/dispatch", OP_DispatchExecution);
    expect("GET", "/v1/projects/p/executions/other", OP_GetExecution);
    ck_assert_int_eq(route_find(a, "GET", "/v1/projects/p/executions/dispatch", &r),
                     ROUTE_WRONG_METHOD);
    ck_assert_str_eq(r.allow, "POST");
    arena_destroy(a);
}
END_TEST

TESTS("http/router", refuses_what_is_no_path, finds_every_operation_of_the_contract,
      decodes_parameters_after_splitting, names_each_parameter, reaches_an_action_by_both_spellings,
      an_action_address_is_never_an_object, tells_the_methods_of_a_known_path,
      a_literal_wins_over_a_parameter)
