/* The whole matrix, written out by hand: a change of one derivation changes one letter here. */
#include "reference/plexsphere/authz/model.h"

#include "common/testing.h"

static const struct {
    const char *type, *relation;
} roles[] = {
    { "platform", "manage" }, { "platform", "read" },      { "platform", "auditor" },
    { "domain", "admin" },    { "domain", "auditor" },     { "domain", "member" },
    { "project", "admin" },   { "project", "maintainer" }, { "project", "operator" },
};

/* clang-format off */
/* One column a role, in the order above; y: derives. */
static const struct {
    const char *object, *permission, *expected;
} matrix[] = {
    /*                          pm pr pa da du dm Pa Pm Po */
    { "platform", "manage",    "y  -  -  -  -  -  -  -  -" },
    { "platform", "read",      "y  y  -  -  -  -  -  -  -" },
    { "platform", "observe",   "y  y  -  -  -  -  -  -  -" },
    { "platform", "auditor",   "y  -  y  -  -  -  -  -  -" },
    { "platform", "deploy",    "-  -  -  -  -  -  -  -  -" },
    { "domain", "manage",      "y  -  -  y  -  -  -  -  -" },
    { "domain", "deploy",      "y  -  -  y  -  -  -  -  -" },
    { "domain", "observe",     "y  y  -  y  -  -  -  -  -" },
    { "domain", "read",        "y  y  -  y  y  y  -  -  -" },
    { "domain", "auditor",     "y  -  y  -  y  -  -  -  -" },
    { "project", "manage",     "y  -  -  y  -  -  y  -  -" },
    { "project", "deploy",     "y  -  -  y  -  -  y  y  -" },
    { "project", "observe",    "y  y  -  y  -  y  y  y  y" },
    { "project", "read",       "y  y  -  y  -  y  y  y  y" },
    { "project", "auditor",    "-  -  -  -  -  -  -  -  -" },
    { "resource", "manage",    "y  -  -  y  -  -  y  -  -" },
    { "resource", "deploy",    "y  -  -  y  -  -  y  y  -" },
    { "resource", "observe",   "y  y  -  y  -  y  y  y  y" },
    { "resource", "read",      "y  y  -  y  -  y  y  y  y" },
    { "node", "manage",        "y  -  -  y  -  -  y  -  -" },
    { "node", "observe",       "y  y  -  y  -  y  y  y  y" },
    { "node", "read",          "y  y  -  y  -  y  y  y  y" },
    { "node", "node-agent",    "-  -  -  -  -  -  -  -  -" },
    { "cloud", "read",         "-  -  -  -  -  -  -  -  -" },
};
/* clang-format on */

START_TEST(each_role_derives_exactly_its_permissions)
{
    for (size_t m = 0; m < ARRAY_LEN(matrix); m++)
        for (size_t r = 0; r < ARRAY_LEN(roles); r++) {
            bool expected = matrix[m].expected[3 * r] == 'y';
            ck_assert_msg(model_derives(matrix[m].object, matrix[m].permission, roles[r].type,
                                        roles[r].relation) == expected,
                          "%s#%s for %s on %s: expected %s", roles[r].type, roles[r].relation,
                          matrix[m].permission, matrix[m].object, expected ? "yes" : "no");
        }
}
END_TEST

START_TEST(what_is_no_role_derives_nothing)
{
    static const struct {
        const char *type, *relation;
    } others[] = { { "domain", "admi" },    { "domain", "adminx" },  { "domain", "" },
                   { "project", "member" }, { "group", "member" },   { "domai", "admin" },
                   { "", "domain#admin" },  { "project", "parent" }, { "domain", "manage" } };
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        ck_assert(!model_is_role(others[i].type, others[i].relation));
        for (size_t m = 0; m < ARRAY_LEN(matrix); m++)
            ck_assert(!model_derives(matrix[m].object, matrix[m].permission, others[i].type,
                                     others[i].relation));
    }
}
END_TEST

START_TEST(every_role_of_the_rulings_is_one)
{
    for (size_t r = 0; r < ARRAY_LEN(roles); r++)
        ck_assert(model_is_role(roles[r].type, roles[r].relation));
}
END_TEST

/* A Domain's auditor has nothing on its Projects, so that role does not bear on them; on the
 * Domain it does. */
START_TEST(a_role_bears_where_it_gives_something)
{
    ck_assert(model_bears("domain", "domain", "auditor"));
    ck_assert(!model_bears("project", "domain", "auditor"));
    ck_assert(!model_bears("project", "platform", "auditor"));
    ck_assert(model_bears("domain", "platform", "auditor"));
    ck_assert(model_bears("project", "domain", "member"));
    ck_assert(!model_bears("domain", "project", "admin"));
    ck_assert(!model_bears("cloud", "platform", "manage"));
}
END_TEST

TESTS("authz/model", each_role_derives_exactly_its_permissions, what_is_no_role_derives_nothing,
      every_role_of_the_rulings_is_one, a_role_bears_where_it_gives_something)
