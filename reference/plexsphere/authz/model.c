#include "reference/plexsphere/authz/model.h"

#include <string.h>

#include "common/text.h"

struct rule {
    const char *object_type;
    const char *permission;
    const char *roles[8]; /* "type#relation"; one of them is enough; ends with NULL */
};

/* REL-002 to REL-011. Reading a row: whoever holds one of the roles, on the object or above it,
 * has the permission. domain#admin lacks `auditor` on purpose: who manages a Domain does not
 * read its audit chain. */
static const struct rule rules[] = {
    { "platform", "manage", { "platform#manage" } },
    { "platform", "read", { "platform#manage", "platform#read" } },
    { "platform", "observe", { "platform#manage", "platform#read" } },
    { "platform", "auditor", { "platform#manage", "platform#auditor" } },

    { "domain", "manage", { "platform#manage", "domain#admin" } },
    { "domain", "deploy", { "platform#manage", "domain#admin" } },
    { "domain", "observe", { "platform#manage", "platform#read", "domain#admin" } },
    { "domain",
      "read",
      { "platform#manage", "platform#read", "domain#admin", "domain#member", "domain#auditor" } },
    { "domain", "auditor", { "platform#manage", "platform#auditor", "domain#auditor" } },

    { "project", "manage", { "platform#manage", "domain#admin", "project#admin" } },
    { "project",
      "deploy",
      { "platform#manage", "domain#admin", "project#admin", "project#maintainer" } },
    { "project",
      "observe",
      { "platform#manage", "platform#read", "domain#admin", "domain#member", "project#admin",
        "project#maintainer", "project#operator" } },
    { "project",
      "read",
      { "platform#manage", "platform#read", "domain#admin", "domain#member", "project#admin",
        "project#maintainer", "project#operator" } },

    { "resource", "manage", { "platform#manage", "domain#admin", "project#admin" } },
    { "resource",
      "deploy",
      { "platform#manage", "domain#admin", "project#admin", "project#maintainer" } },
    { "resource",
      "observe",
      { "platform#manage", "platform#read", "domain#admin", "domain#member", "project#admin",
        "project#maintainer", "project#operator" } },
    { "resource",
      "read",
      { "platform#manage", "platform#read", "domain#admin", "domain#member", "project#admin",
        "project#maintainer", "project#operator" } },

    { "node", "manage", { "platform#manage", "domain#admin", "project#admin" } },
    { "node",
      "observe",
      { "platform#manage", "platform#read", "domain#admin", "domain#member", "project#admin",
        "project#maintainer", "project#operator" } },
    { "node",
      "read",
      { "platform#manage", "platform#read", "domain#admin", "domain#member", "project#admin",
        "project#maintainer", "project#operator" } },
    /* REL-021, REL-022: what a Node may follow, and who may act on it. */
    { "node",
      "agent",
      { "platform#manage", "domain#admin", "project#admin", "project#maintainer", "node#agent" } },
    { "node",
      "operate",
      { "platform#manage", "domain#admin", "project#admin", "project#maintainer" } },

    /* REL-023, REL-024: names are for operators, values only for the Nodes that were given them. */
    { "project",
      "read_secrets",
      { "platform#manage", "domain#admin", "project#admin", "project#maintainer" } },
    { "secret", "read", { "secret#reader" } },
    /* SEC-015: its Node knows of it. */
    { "secret", "know", { "node#agent" } },
};

static bool role_is(const char *entry, const char *role_type, const char *role)
{
    size_t type_len = strlen(role_type);
    return strncmp(entry, role_type, type_len) == 0 && entry[type_len] == '#' &&
           text_equal(entry + type_len + 1, role);
}

static bool rule_lists(const struct rule *rule, const char *role_type, const char *role)
{
    for (size_t i = 0; i < ARRAY_LEN(rule->roles) && rule->roles[i]; i++)
        if (role_is(rule->roles[i], role_type, role))
            return true;
    return false;
}

bool model_derives(const char *object_type, const char *permission, const char *role_type,
                   const char *role)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (text_equal(rules[i].object_type, object_type) &&
            text_equal(rules[i].permission, permission))
            return rule_lists(&rules[i], role_type, role);
    return false;
}

bool model_bears(const char *object_type, const char *role_type, const char *role)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (text_equal(rules[i].object_type, object_type) && rule_lists(&rules[i], role_type, role))
            return true;
    return false;
}

bool model_is_role(const char *role_type, const char *role)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (rule_lists(&rules[i], role_type, role))
            return true;
    return false;
}
