/* registration/register_body.h — reading a registration's body (SPEC REG-*). Pure. */
#ifndef PLEXSPHERE_REGISTRATION_REGISTER_BODY_H
#define PLEXSPHERE_REGISTRATION_REGISTER_BODY_H

#include <jansson.h>

#include "common/base.h"
#include "reference/plexsphere/registration/registration.h"

enum register_body_result { REGISTER_BODY_OK, REGISTER_BODY_INVALID, REGISTER_BODY_BAD_KEY };

/* Text points into `body`. *why: one sentence for the Problem's detail, when REGISTER_BODY_INVALID.
 */
enum register_body_result register_body_read(struct arena *a, const json_t *body,
                                             struct registration *out, const char **why);

#endif
