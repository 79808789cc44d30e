#include "reference/plexsphere/crypto/pepper.h"

#include <sodium.h>
#include <string.h>

#include "common/memory.h"
#include "reference/plexsphere/crypto/crypto.h"

void pepper_derive(const unsigned char root[32], struct pepper *out)
{
    struct bytes key = { root, 32 };
    memcpy(out->root, root, 32);
    hkdf_sha256(key, "bootstrap-lookup", out->bootstrap_lookup);
    hkdf_sha256(key, "cursor-binding", out->cursor_binding);
    hkdf_sha256(key, "audit-subject", out->audit_subject);
}

/* HMAC(key, kind ‖ id). The id has 16 bytes and comes last, so no two pairs share an input. */
static void pseudonym(const unsigned char key[32], const char *kind, const struct uuid *id,
                      unsigned char out[32])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key, 32);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)kind, strlen(kind));
    crypto_auth_hmacsha256_update(&state, id->b, sizeof(id->b));
    crypto_auth_hmacsha256_final(&state, out);
    mem_wipe(&state, sizeof(state));
}

void pepper_caller_pseudonym(const struct pepper *p, const char *kind, const struct uuid *id,
                             unsigned char out[32])
{
    pseudonym(p->cursor_binding, kind, id, out);
}

/* A key per chain: the same subject must not be recognisable across chains. */
void pepper_subject_pseudonym(const struct pepper *p, const struct uuid *anchor, const char *kind,
                              const struct uuid *id, unsigned char out[32])
{
    unsigned char chain_key[32];
    hmac_sha256((struct bytes){ p->audit_subject, 32 },
                (struct bytes){ anchor->b, sizeof(anchor->b) }, chain_key);
    pseudonym(chain_key, kind, id, out);
    mem_wipe(chain_key, sizeof(chain_key));
}
