/* audit/canonical.h — the bytes of an entry that its hash covers (SPEC AUD-*). Frozen: a change
 * is a new version byte.
 *
 * Version 1 is the byte 0x01 and then these fields in this order, each a 4-byte big-endian
 * length and its bytes:
 *
 *     chain           16 bytes, the Domain's UUID or the platform anchor
 *     seq             8 bytes, big-endian
 *     occurred_at     8 bytes, big-endian microseconds since 1970 (two's complement)
 *     reason          text, "granted" and so on (the decision's result is the same word)
 *     subject         32 bytes, the pseudonym
 *     relation        text
 *     object type     text
 *     object id       text
 *     caveat context  text: the JSON as stored
 *     relation path   text: the JSON as stored
 *     correlation id  text
 *     ip              text, or absent
 *     user agent      text, or absent
 *
 * An absent field has length 0xFFFFFFFF and no bytes, so it differs from an empty one. What is
 * filled in later (archive marks) or may vanish (who the pseudonym is) is not in it; prev_hash
 * enters through the outer hash. */
#ifndef PLEXSPHERE_AUDIT_CANONICAL_H
#define PLEXSPHERE_AUDIT_CANONICAL_H

#include "common/base.h"
#include "common/uuid.h"

struct arena;

/* An entry as stored. Text never NULL but where said. */
struct audit_row {
    struct uuid chain;
    int64_t seq;
    int64_t occurred_at;
    const char *reason;
    unsigned char subject[32];
    const char *relation;
    const char *object_type, *object_id;
    const char *caveat_context; /* JSON text */
    const char *relation_path;  /* JSON text */
    const char *correlation_id;
    const char *ip, *user_agent; /* NULL: absent */
    unsigned char prev_hash[32], entry_hash[32];
};

struct bytes audit_canonical(struct arena *a, const struct audit_row *row);

/* SHA-256( prev_hash ‖ SHA-256(canonical) ). */
void audit_hash(const unsigned char prev_hash[32], struct bytes canonical, unsigned char out[32]);

#endif
