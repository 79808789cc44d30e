/* crypto/pepper.h — the server's pepper and the keys derived from it.
 *
 * 32 bytes from PLEXSPHERE_PEPPER_FILE, or a static value when dev mode allows it
 * (PLEXSPHERE_AUDIT_ALLOW_INSECURE_PEPPER=true), else absent: what needs it is off (ruling 12). */
#ifndef PLEXSPHERE_PEPPER_H
#define PLEXSPHERE_PEPPER_H

#include "common/base.h"
#include "common/uuid.h"

struct pepper {
    unsigned char root[32];
    unsigned char bootstrap_lookup[32]; /* HKDF label "bootstrap-lookup" */
    unsigned char cursor_binding[32];   /* HKDF label "cursor-binding" */
    unsigned char audit_subject[32];    /* HKDF label "audit-subject" */
};

void pepper_derive(const unsigned char root[32], struct pepper *out);

/* What a cursor carries of its caller: HMAC(cursor_binding, kind ‖ id). */
void pepper_caller_pseudonym(const struct pepper *p, const char *kind, const struct uuid *id,
                             unsigned char out[32]);
/* What the audit chain carries of a subject: per-chain key from audit_subject and the anchor, then
 * HMAC over kind ‖ id (SPEC AUD-*). */
void pepper_subject_pseudonym(const struct pepper *p, const struct uuid *anchor, const char *kind,
                              const struct uuid *id, unsigned char out[32]);

#endif
