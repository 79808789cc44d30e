/* crypto/crypto.h — the control plane's few cryptographic words, over libsodium and OpenSSL.
 *
 * Keys are wiped when their holder is destroyed. No function here logs. */
#ifndef PLEXSPHERE_CRYPTO_H
#define PLEXSPHERE_CRYPTO_H

#include "common/base.h"
#include "common/error.h"

struct arena;

MUST_CHECK bool crypto_init(struct error *e); /* once, before any other call */

void sha256(const void *data, size_t len, unsigned char out[32]);
void sha256_two(struct bytes a, struct bytes b, unsigned char out[32]); /* SHA-256(a ‖ b) */
void hmac_sha256(struct bytes key, struct bytes data, unsigned char out[32]);
/* HKDF-SHA-256 with an empty salt and `label` as info. */
void hkdf_sha256(struct bytes key, const char *label, unsigned char out[32]);

/* AES-256-GCM (OpenSSL). Sealed form: 12-byte random nonce ‖ ciphertext ‖ 16-byte tag. `aad` binds
 * it. */
MUST_CHECK bool seal(struct arena *a, const unsigned char key[32], struct bytes aad,
                     struct bytes plain, struct bytes *sealed);
MUST_CHECK bool seal_open(struct arena *a, const unsigned char key[32], struct bytes aad,
                          struct bytes sealed, struct bytes *plain);

/* Argon2id, m = 19 MiB, t = 2 (ruling 12); at most two run at once, others wait their turn. */
MUST_CHECK bool password_hash(struct arena *a, struct bytes secret, char **phc);
MUST_CHECK bool password_verify(const char *phc, struct bytes secret);

/* Ed25519. */
MUST_CHECK bool signing_public_of_seed(const unsigned char seed[32], unsigned char public_key[32]);
MUST_CHECK bool sign(const unsigned char seed[32], struct bytes message,
                     unsigned char signature[64]);
MUST_CHECK bool signature_verify(const unsigned char public_key[32], struct bytes message,
                                 const unsigned char signature[64]);

#endif
