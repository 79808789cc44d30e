#include <openssl/evp.h>
#include <string.h>

#include "common/arena.h"
#include "common/memory.h"
#include "common/random.h"
#include "reference/plexsphere/crypto/crypto.h"

enum { NONCE_LEN = 12, TAG_LEN = 16 };

/* OpenSSL counts in int; nothing that is sealed comes near this. */
#define SEAL_MAX (INT64_C(1) << 30)

/* OpenSSL reads a NULL input as a question about aad; an empty run needs a real pointer. */
static const unsigned char *some_pointer(struct bytes b)
{
    return b.data ? b.data : (const unsigned char *)"";
}

static bool encrypt(EVP_CIPHER_CTX *ctx, const unsigned char *key, const unsigned char *nonce,
                    struct bytes aad, struct bytes plain, unsigned char *cipher, unsigned char *tag)
{
    int n = 0;
    return EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
           EVP_EncryptUpdate(ctx, NULL, &n, some_pointer(aad), (int)aad.len) == 1 &&
           EVP_EncryptUpdate(ctx, cipher, &n, some_pointer(plain), (int)plain.len) == 1 &&
           EVP_EncryptFinal_ex(ctx, cipher + n, &n) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LEN, tag) == 1;
}

static bool decrypt(EVP_CIPHER_CTX *ctx, const unsigned char *key, const unsigned char *nonce,
                    struct bytes aad, struct bytes cipher, const unsigned char *tag,
                    unsigned char *plain)
{
    unsigned char expected[TAG_LEN];
    memcpy(expected, tag, TAG_LEN); /* OpenSSL wants it writable */
    int n = 0;
    return EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
           EVP_DecryptUpdate(ctx, NULL, &n, some_pointer(aad), (int)aad.len) == 1 &&
           EVP_DecryptUpdate(ctx, plain, &n, some_pointer(cipher), (int)cipher.len) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN, expected) == 1 &&
           EVP_DecryptFinal_ex(ctx, plain + n, &n) == 1;
}

bool seal(struct arena *a, const unsigned char key[32], struct bytes aad, struct bytes plain,
          struct bytes *sealed)
{
    *sealed = (struct bytes){ NULL, 0 };
    if (plain.len > SEAL_MAX || aad.len > SEAL_MAX)
        return false;
    size_t len = NONCE_LEN + plain.len + TAG_LEN;
    unsigned char *out = arena_alloc(a, len);
    random_bytes(out, NONCE_LEN);

    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok =
        ctx && encrypt(ctx, key, out, aad, plain, out + NONCE_LEN, out + NONCE_LEN + plain.len);
    EVP_CIPHER_CTX_free(ctx); /* wipes its copy of the key */
    if (ok)
        *sealed = (struct bytes){ out, len };
    return ok;
}

bool seal_open(struct arena *a, const unsigned char key[32], struct bytes aad, struct bytes sealed,
               struct bytes *plain)
{
    *plain = (struct bytes){ NULL, 0 };
    if (sealed.len < NONCE_LEN + TAG_LEN || sealed.len > SEAL_MAX || aad.len > SEAL_MAX)
        return false;
    struct bytes cipher = { sealed.data + NONCE_LEN, sealed.len - NONCE_LEN - TAG_LEN };
    unsigned char *out = arena_alloc(a, cipher.len + 1);

    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok = ctx && decrypt(ctx, key, sealed.data, aad, cipher, cipher.data + cipher.len, out);
    EVP_CIPHER_CTX_free(ctx);
    if (ok)
        *plain = (struct bytes){ out, cipher.len };
    else
        mem_wipe(out, cipher.len + 1); /* what failed its tag must not be used by anybody */
    return ok;
}
