/* authz/model.h — which role yields which permission: the vocabulary of relations as data (SPEC
 * REL-*).
 *
 * A role is a relation that is stored ("domain#admin"); a permission is derived, on the object
 * the role is held on, on what lies below it (its parents lead there) or, for a role on the
 * platform, everywhere. All pure. */
#ifndef PLEXSPHERE_AUTHZ_MODEL_H
#define PLEXSPHERE_AUTHZ_MODEL_H

#include "common/base.h"

/* Does holding `role` on a `role_type` give `permission` on an object of `object_type`? */
bool model_derives(const char *object_type, const char *permission, const char *role_type,
                   const char *role);

/* Does the role give any permission at all on such an object? If not, it does not bear on it:
 * REL-013. */
bool model_bears(const char *object_type, const char *role_type, const char *role);

/* A role that may be granted: "platform", "manage". */
bool model_is_role(const char *role_type, const char *role);

#endif
