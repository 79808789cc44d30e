/* harness/envelope.h — a signed envelope as the judge reads it (SPEC EVT-*, KEY-*), with OpenSSL.
 */
#ifndef HARNESS_ENVELOPE_H
#define HARNESS_ENVELOPE_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"

struct envelope {
    const char *type, *id;
    const char *key_id; /* "" in the MVP dialect */
    const char *scope;  /* "" in the MVP dialect */
    const char *replay; /* what must not come twice: the id, or the MVP nonce */
    const char *issued_at;
    const json_t *payload;      /* an object */
    struct bytes payload_bytes; /* as received */
    struct bytes signed_bytes;  /* the bytes received, but the signature */
    unsigned char signature[64];
};

/* Exact: the dialect's members in their order, compact, no others. */
MUST_CHECK bool envelope_read(struct arena *a, bool mvp, struct bytes data, struct envelope *out,
                              struct error *e);
bool envelope_verifies(const struct envelope *ev, const unsigned char public_key[32]);

#endif
