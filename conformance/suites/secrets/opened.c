/* suites/secrets/opened.c — AES-256-GCM by libsodium, which is not what the reference seals with;
 * it needs a processor that knows AES, and OpenSSL opens where there is none. */
#include "suites/secrets/opened.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

#include "common/encoding.h"

enum { KEY_LEN = 32, NONCE_LEN = 12, TAG_LEN = 16 };

static bool open_by_sodium(const unsigned char *key, struct bytes sealed, unsigned char *plain)
{
    return crypto_aead_aes256gcm_decrypt(plain, NULL, NULL, sealed.data + NONCE_LEN,
                                         sealed.len - NONCE_LEN, NULL, 0, sealed.data, key) == 0;
}

static bool open_by_openssl(const unsigned char *key, struct bytes sealed, unsigned char *plain)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    unsigned char tag[TAG_LEN];
    int n = 0, len = (int)(sealed.len - NONCE_LEN - TAG_LEN);
    memcpy(tag, sealed.data + NONCE_LEN + len, TAG_LEN);
    bool ok = ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, sealed.data) == 1 &&
              EVP_DecryptUpdate(ctx, plain, &n, sealed.data + NONCE_LEN, len) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) == 1 &&
              EVP_DecryptFinal_ex(ctx, plain + n, &n) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

bool opens(struct world *w, struct reply *r, const char *nsk, const char **plain)
{
    struct bytes key, sealed = r->body;
    expect(w, sealed.len >= NONCE_LEN + TAG_LEN, "%zu bytes hold no nonce and tag", sealed.len);
    expect(w,
           base64_decode(w->arena, BASE64_STANDARD, nsk, strlen(nsk), &key) && key.len == KEY_LEN,
           "the NSK is not base64 of 32 bytes");
    unsigned char *out = arena_alloc(w->arena, sealed.len + 1); /* zeroed: text has its end */
    if (sodium_init() < 0)
        broken(w, "libsodium cannot be used");
    *plain = (const char *)out;
    return crypto_aead_aes256gcm_is_available() ? open_by_sodium(key.data, sealed, out)
                                                : open_by_openssl(key.data, sealed, out);
}

const char *opened(struct world *w, struct reply *r, const char *nsk)
{
    const char *plain;
    expect(w, opens(w, r, nsk, &plain), "the answer does not open under the Node's key");
    return plain;
}
