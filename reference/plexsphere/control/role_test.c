#include "reference/plexsphere/control/role.h"

#include "common/testing.h"
#include "reference/plexsphere/authz/model.h"

START_TEST(refuses_other_names)
{
    static const char *const bad[] = { "",
                                       "admin",
                                       "platform",
                                       "platform admin",
                                       "Domain admin",
                                       "domain  admin",
                                       "domain admin ",
                                       "project member",
                                       "domain-admin",
                                       "nobody" };
    ck_assert_ptr_null(role_by_name(NULL));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!role_by_name(bad[i]), "accepted: %s", bad[i]);
}
END_TEST

/* A role that the model does not know would be a tuple without any effect. */
START_TEST(every_role_is_one_of_the_model)
{
    const char *const *name = role_names();
    int n = 0;
    for (; *name; name++, n++) {
        const struct role *role = role_by_name(*name);
        ck_assert_ptr_nonnull(role);
        ck_assert_str_eq(role->name, *name);
        if (role->object_type)
            ck_assert_msg(model_is_role(role->object_type, role->relation), "%s", *name);
    }
    ck_assert_int_eq(n, 10);
    ck_assert_ptr_null(role_by_name("none")->object_type);
}
END_TEST

START_TEST(roles_name_what_they_need)
{
    ck_assert(!role_by_name("platform read")->needs_domain);
    ck_assert(role_by_name("domain auditor")->needs_domain);
    ck_assert(!role_by_name("domain auditor")->needs_project);
    ck_assert(role_by_name("project operator")->needs_project);
    ck_assert_str_eq(role_by_name("project operator")->relation, "operator");
}
END_TEST

TESTS("control/role", refuses_other_names, every_role_is_one_of_the_model,
      roles_name_what_they_need)
