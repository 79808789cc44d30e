#include "reference/plexsphere/authz/verdict.h"

#include "common/arena.h"
#include "common/json.h"
#include "common/testing.h"

#define DOMAIN "0192f0c4-4a1e-7b3c-8d5e-6f708192a3b4"
#define PROJECT "0192f0c4-4a1e-7b3c-8d5e-6f708192a3b5"
#define NIL "00000000-0000-0000-0000-000000000000"

static const struct binding domain_admin = { "domain", DOMAIN, "admin",
                                             "project:" PROJECT "#parent", false };
static const struct binding domain_auditor = { "domain", DOMAIN, "auditor",
                                               "project:" PROJECT "#parent", false };
static const struct binding operator_role = { "project", PROJECT, "operator", "", false };
static const struct binding caveated_admin = { "project", PROJECT, "admin", "", true };
static const struct binding platform_read = { "platform", NIL, "read", "", false };

static const char *path(struct arena *a, const char *permission, const struct binding *b, size_t n)
{
    enum decision d = verdict_decide("project", permission, b, n);
    return json_dump(a, verdict_path(a, "project", permission, d, b, n));
}

START_TEST(no_binding_is_out_of_scope)
{
    struct arena *a = arena_create();
    ck_assert_int_eq(verdict_decide("project", "read", NULL, 0), DECISION_OUT_OF_SCOPE);
    ck_assert_str_eq(path(a, "read", NULL, 0), "[]");
    arena_destroy(a);
}
END_TEST

START_TEST(a_binding_that_does_not_bear_is_out_of_scope)
{
    struct arena *a = arena_create();
    ck_assert_int_eq(verdict_decide("project", "read", &domain_auditor, 1), DECISION_OUT_OF_SCOPE);
    ck_assert_str_eq(path(a, "read", &domain_auditor, 1), "[]");
    arena_destroy(a);
}
END_TEST

START_TEST(a_binding_that_bears_is_insufficient)
{
    struct arena *a = arena_create();
    struct binding both[] = { domain_auditor, operator_role };
    ck_assert_int_eq(verdict_decide("project", "manage", both, 2), DECISION_INSUFFICIENT_RELATION);
    ck_assert_str_eq(path(a, "manage", both, 2), "[\"project:" PROJECT "#operator\"]");
    arena_destroy(a);
}
END_TEST

START_TEST(a_caveat_that_cannot_be_evaluated_grants_nothing)
{
    struct binding both[] = { operator_role, caveated_admin };
    ck_assert_int_eq(verdict_decide("project", "manage", both, 2), DECISION_CAVEAT_VIOLATION);
    ck_assert_int_eq(verdict_decide("project", "read", both, 2), DECISION_GRANTED);
}
END_TEST

START_TEST(a_grant_from_above_tells_its_way)
{
    struct arena *a = arena_create();
    ck_assert_int_eq(verdict_decide("project", "manage", &domain_admin, 1), DECISION_GRANTED);
    ck_assert_str_eq(path(a, "manage", &domain_admin, 1),
                     "[\"domain:" DOMAIN "#admin\",\"project:" PROJECT "#parent\"]");
    arena_destroy(a);
}
END_TEST

START_TEST(the_platform_is_named_by_its_word)
{
    struct arena *a = arena_create();
    ck_assert_str_eq(path(a, "read", &platform_read, 1), "[\"platform:platform#read\"]");
    arena_destroy(a);
}
END_TEST

START_TEST(each_decision_has_its_word)
{
    ck_assert_str_eq(decision_text(DECISION_GRANTED), "granted");
    ck_assert_str_eq(decision_text(DECISION_OUT_OF_SCOPE), "out_of_scope");
    ck_assert_str_eq(decision_text(DECISION_INSUFFICIENT_RELATION), "insufficient_relation");
    ck_assert_str_eq(decision_text(DECISION_CAVEAT_VIOLATION), "caveat_violation");
    ck_assert_str_eq(decision_text(DECISION_UNAVAILABLE), "unknown");
}
END_TEST

TESTS("authz/verdict", no_binding_is_out_of_scope, a_binding_that_does_not_bear_is_out_of_scope,
      a_binding_that_bears_is_insufficient, a_caveat_that_cannot_be_evaluated_grants_nothing,
      a_grant_from_above_tells_its_way, the_platform_is_named_by_its_word,
      each_decision_has_its_word)
