/* control/given.h — the closed list of named states that no operation reaches (ruling 27, SPEC
 * CTL-*).
 *
 *     revoked_nsk         {node_id}              every NSK of the Node is revoked
 *     drained_node        {node_id}              the Node takes no part in the mesh any more
 *     exhausted_pool      {domain_id, held?}     the Domain's flat pool gives no address; held
 *                                                false: again
 *     exhausted_subrange  {project_id, held?}    the same for a Project's own sub-range
 *     tampered_audit_row  {domain_id, seq}       one entry of the Domain's chain is altered; the
 *                                                word "platform" as domain_id means the platform's
 *                                                chain
 *     rotated_signing_key {domain_id?}           a new key signs the Domain's events, or the
 *                                                platform's
 *     node_metadata       {node_id, entries}     the Node's metadata is this map of texts
 *     node_data           {node_id, entries}     and its data these [{key, content_type?, payload |
 *                                                value, version?}]
 *     node_secret         {node_id, name, value, readable?}  a new version of a secret
 *     promoted_secret     {node_id, name, value}  a version that the backend alone knows of
 *     sealed_secrets      {sealed}               the backend gives nothing; false: again
 *     rotated_nsk         {node_id}              the Node has another NSK, which is told
 *     deleted_audit_row   {domain_id, seq}       one entry is taken out of the chain
 *     known_good_checksum {version, checksum}    that checksum of that version counts as good
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
