/* plexd/verify.h — is this event from the control plane, fresh, and not seen before? (SPEC AEV-*)
 *
 * The checks, in this order: a signature is there; a replay key is there; issued_at is there; at
 * most 5 minutes old; at most 5 minutes ahead; the signature is base64 of 64 bytes; it verifies
 * under the current key, or under the previous one before the end of the transition; the replay key
 * is new. Only then is the replay key remembered: a forged event never burns a good one. */
#ifndef PLEXD_VERIFY_H
#define PLEXD_VERIFY_H

#include "common/base.h"
#include "reference/plexd/wire.h"

struct verifier;

enum verified {
    VERIFIED,
    VERIFY_NO_SIGNATURE,
    VERIFY_NO_REPLAY_KEY,
    VERIFY_NO_TIME,
    VERIFY_STALE,
    VERIFY_FUTURE,
    VERIFY_BAD_SIGNATURE_FORM,
    VERIFY_WRONG_SIGNATURE,
    VERIFY_REPLAYED,
};
const char *verified_text(enum verified v); /* "stale": for the log */

struct verifier *verifier_create(const unsigned char current[32], const char *current_id);
void verifier_destroy(struct verifier *v);
enum verified verifier_check(struct verifier *v, const struct envelope *ev, int64_t now);
/* Replaces current, previous and deadline together. False: a key is empty, undecodable or not 32
 * bytes; then nothing changes. */
MUST_CHECK bool verifier_rotate(struct verifier *v, const struct signing_keys *keys);
const unsigned char *verifier_current(const struct verifier *v, const char **id);

#endif
