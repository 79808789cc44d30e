/* Hashes and what is built from them. libsodium's cannot fail and allocate nothing, so neither can
 * these: a MAC that might be missing would need an answer at every place that asks for one. */
#include <sodium.h>
#include <string.h>

#include "common/memory.h"
#include "reference/plexsphere/crypto/crypto.h"

void sha256(const void *data, size_t len, unsigned char out[32])
{
    crypto_hash_sha256(out, data, len);
}

void sha256_two(struct bytes a, struct bytes b, unsigned char out[32])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, a.data, a.len);
    crypto_hash_sha256_update(&state, b.data, b.len);
    crypto_hash_sha256_final(&state, out);
}

void hmac_sha256(struct bytes key, struct bytes data, unsigned char out[32])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key.data, key.len);
    crypto_auth_hmacsha256_update(&state, data.data, data.len);
    crypto_auth_hmacsha256_final(&state, out);
    mem_wipe(&state, sizeof(state));
}

/* RFC 5869 with HashLen zeros for the absent salt and one round of expansion: 32 bytes is all
 * that anybody asks for. */
void hkdf_sha256(struct bytes key, const char *label, unsigned char out[32])
{
    static const unsigned char no_salt[32];
    unsigned char pseudorandom[32];
    hmac_sha256((struct bytes){ no_salt, sizeof(no_salt) }, key, pseudorandom);

    static const unsigned char first_block = 1;
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, pseudorandom, sizeof(pseudorandom));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)label, strlen(label));
    crypto_auth_hmacsha256_update(&state, &first_block, 1);
    crypto_auth_hmacsha256_final(&state, out);
    mem_wipe(&state, sizeof(state));
    mem_wipe(pseudorandom, sizeof(pseudorandom));
}
