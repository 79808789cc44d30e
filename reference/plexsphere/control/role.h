/* control/role.h — the roles an operator can be minted with (ruling 33, SPEC CTL-*). */
#ifndef PLEXSPHERE_CONTROL_ROLE_H
#define PLEXSPHERE_CONTROL_ROLE_H

#include "common/base.h"

struct role {
    const char *name;        /* "domain admin" */
    const char *object_type; /* NULL: no tuple at all */
    const char *relation;
    bool needs_domain, needs_project;
};

/* Exactly the ten names; NULL for anything else. */
const struct role *role_by_name(const char *name);
/* All names, ends with NULL: for messages. */
const char *const *role_names(void);

#endif
