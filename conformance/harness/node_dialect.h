/* harness/node_dialect.h — what a Node of either dialect reads from a control plane (ruling 1): the
 * other direction of agent_dialect.h, which writes what an agent reads.
 *
 * Both dialects come out in one shape: {metadata: {…}, data: [{key, content_type, value, version,
 * updated_at}], secret_refs: [{key, version}], peers: [{id, public_key, mesh_ip}], signing_keys}.
 * `value` is a text: what was given as text, or the compact JSON of anything else. */
#ifndef HARNESS_NODE_DIALECT_H
#define HARNESS_NODE_DIALECT_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"

/* NULL: this is no state of the dialect, `why` says in what. */
const json_t *node_state_read(struct arena *a, bool mvp, const json_t *answer, const char **why);

struct node_secret {
    unsigned char nonce[12];
    struct bytes ciphertext; /* with its tag of 16 bytes */
    const char *key;         /* NULL in v1: its path alone says it */
    int64_t version;         /* 0 in v1: a header says it */
};
MUST_CHECK bool node_secret_read(struct arena *a, bool mvp, struct bytes body,
                                 struct node_secret *out, const char **why);

/* The 32 bytes that a Node's NSK stands for: base64 in v1, its own characters in the MVP dialect.
 */
MUST_CHECK bool node_key_read(struct arena *a, bool mvp, const char *nsk, unsigned char key[32]);

#endif
