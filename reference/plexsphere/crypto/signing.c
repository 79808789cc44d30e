#include <sodium.h>

#include "common/memory.h"
#include "reference/plexsphere/crypto/crypto.h"

bool signing_public_of_seed(const unsigned char seed[32], unsigned char public_key[32])
{
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
    bool ok = crypto_sign_seed_keypair(public_key, secret, seed) == 0;
    mem_wipe(secret, sizeof(secret));
    return ok;
}

bool sign(const unsigned char seed[32], struct bytes message, unsigned char signature[64])
{
    unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
    bool ok = crypto_sign_seed_keypair(public_key, secret, seed) == 0 &&
              crypto_sign_detached(signature, NULL, message.data, message.len, secret) == 0;
    mem_wipe(secret, sizeof(secret));
    return ok;
}

bool signature_verify(const unsigned char public_key[32], struct bytes message,
                      const unsigned char signature[64])
{
    return crypto_sign_verify_detached(signature, message.data, message.len, public_key) == 0;
}
