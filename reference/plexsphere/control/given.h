/* control/given.h — the closed list of named states that no operation reaches (ruling 27, SPEC
 * CTL-*).
 *
 *     revoked_nsk         {node_id}              every NSK of the Node is revoked
 *     drained_node        {node_id}              the Node takes no part in the mesh any more
 *     exhausted_pool      {domain_id, held?}     the Domain's flat pool gives no address; held
 * false: again exhausted_subrange  {project_id, held?}    the same for a Project's own sub-range
 *     tampered_audit_row  {domain_id, seq}       one entry of the Domain's chain is altered; the
 *                                                word "platform" as domain_id means the platform's
 * chain deleted_audit_row   {domain_id, seq}       one entry is taken out of the chain
 */
#ifndef PLEXSPHERE_CONTROL_GIVEN_H
#define PLEXSPHERE_CONTROL_GIVEN_H

#include <jansson.h>

#include "common/error.h"
#include "reference/plexsphere/app.h"

struct arena;

/* Brings the state about and commits it. *out is a small object telling what was done, owned by the
 * arena. The error of an unknown name tells the nearest one. */
MUST_CHECK bool given_apply(struct app *app, struct arena *a, const char *name, const json_t *input,
                            json_t **out, struct error *e);

#endif
