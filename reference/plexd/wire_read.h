/* plexd/wire_read.h — what both codecs read and write alike. */
#ifndef PLEXD_WIRE_READ_H
#define PLEXD_WIRE_READ_H

#include "reference/plexd/wire.h"

/* The answer's body as a JSON object. */
MUST_CHECK bool wire_object(struct arena *a, struct bytes body, json_t **out, struct error *e);
void wire_body(struct arena *a, const char *method, const char *path, json_t *body,
               struct http_request *out); /* steals `body` */

/* Fills node_id, mesh_ip, the NSK under `nsk_member` and the signing key. */
MUST_CHECK bool wire_identity(struct arena *a, const json_t *answer, const char *dialect,
                              const char *nsk_member, struct identity *out, struct error *e);
MUST_CHECK bool wire_heartbeat_reply(struct arena *a, const struct http_answer *answer,
                                     struct heartbeat_reply *out, struct error *e);

/* In all of these `object` and `text` are one value, parsed and as received. A member that is
 * absent or null is empty. */
MUST_CHECK bool wire_metadata(struct arena *a, const json_t *object, json_t **out, struct error *e);
MUST_CHECK bool wire_data(struct arena *a, const json_t *object, struct bytes text,
                          struct desired *out, struct error *e);
MUST_CHECK bool wire_secret_refs(struct arena *a, const json_t *object, struct desired *out,
                                 struct error *e);
MUST_CHECK bool wire_signing_keys(const json_t *keys, struct signing_keys *out, struct error *e);
MUST_CHECK bool wire_texts(struct arena *a, const json_t *array, const char ***out, size_t *n);

/* Text that is not a member of `object` is "". */
const char *wire_text(const json_t *object, const char *name);

#endif
