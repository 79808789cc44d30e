#include "reference/plexsphere/control/role.h"

#include "common/text.h"

static const struct role roles[] = {
    { "platform manage", "platform", "manage", false, false },
    { "platform read", "platform", "read", false, false },
    { "platform auditor", "platform", "auditor", false, false },
    { "domain admin", "domain", "admin", true, false },
    { "domain auditor", "domain", "auditor", true, false },
    { "domain member", "domain", "member", true, false },
    { "project admin", "project", "admin", false, true },
    { "project maintainer", "project", "maintainer", false, true },
    { "project operator", "project", "operator", false, true },
    { "none", NULL, NULL, false, false },
};

const struct role *role_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(roles); i++)
        if (text_equal(roles[i].name, name))
            return &roles[i];
    return NULL;
}

const char *const *role_names(void)
{
    static const char *names[ARRAY_LEN(roles) + 1];
    for (size_t i = 0; i < ARRAY_LEN(roles); i++)
        names[i] = roles[i].name;
    return names;
}
