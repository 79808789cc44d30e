/* events/envelope.h — the canonical text of an event in each dialect, and its signature
 * (SPEC EVT-*).
 *
 *     v1   {"id","type","scope","key_id","issued_at","payload"}
 *     mvp  {"event_type","event_id","issued_at","nonce","payload"}
 *
 * Compact, in that order. These are the bytes that are signed; the line that is sent is the same
 * text with `"signature"` as its last member, so a verifier cuts that off and need not write JSON.
 * Strings are escaped as Go's encoding/json does; numbers, escapes and order inside the payload
 * stay as they are. */
#ifndef PLEXSPHERE_EVENTS_ENVELOPE_H
#define PLEXSPHERE_EVENTS_ENVELOPE_H

#include "common/base.h"
#include "common/uuid.h"

struct arena;

enum dialect { DIALECT_V1, DIALECT_MVP };

struct envelope {
    const char *id;     /* a UUID as text */
    const char *type;   /* "node_state_updated" */
    const char *scope;  /* "domain:<uuid>", v1 alone */
    const char *key_id; /* v1 alone */
    const char *nonce;  /* MVP alone */
    int64_t issued_at;
    struct bytes payload; /* one JSON object */
};

/* The signed bytes; arena. */
struct bytes envelope_canonical(struct arena *a, enum dialect dialect,
                                const struct envelope *envelope);

/* EVT-015: signs, and verifies what it signed against the public key; false when that fails, and
 * then *line is not to be sent. */
MUST_CHECK bool envelope_sign(struct arena *a, enum dialect dialect,
                              const struct envelope *envelope, const unsigned char seed[32],
                              const unsigned char public_key[32], struct bytes *line);

#endif
