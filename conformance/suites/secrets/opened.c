/* suites/secrets/opened.c — AES-256-GCM by libsodium, which is not what the reference seals with;
 * it needs a processor that knows AES, and OpenSSL opens where there is none. */
#include "suites/secrets/opened.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

enum { TAG_LEN = 16 };

static bool open_by_sodium(const unsigned char *key, const struct node_secret *s,
                           unsigned char *plain)
{
    return crypto_aead_aes256gcm_decrypt(plain, NULL, NULL, s->ciphertext.data, s->ciphertext.len,
                                         NULL, 0, s->nonce, key) == 0;
}

static bool open_by_openssl(const unsigned char *key, const struct node_secret *s,
                            unsigned char *plain)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    unsigned char tag[TAG_LEN];
    int n = 0, len = (int)(s->ciphertext.len - TAG_LEN);
    memcpy(tag, s->ciphertext.data + len, TAG_LEN);
    bool ok = ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, s->nonce) == 1 &&
              EVP_DecryptUpdate(ctx, plain, &n, s->ciphertext.data, len) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) == 1 &&
              EVP_DecryptFinal_ex(ctx, plain + n, &n) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

struct node_secret sealed_in(struct world *w, struct reply *r, bool mvp)
{
    struct node_secret secret;
    const char *why = "";
    expect(w, node_secret_read(w->arena, mvp, r->body, &secret, &why),
           "the answer is no sealed secret: %s", why);
    return secret;
}

bool opens(struct world *w, struct reply *r, const struct own_node *n, const char *nsk,
           const char **plain)
{
    unsigned char key[32];
    struct node_secret secret = sealed_in(w, r, n->mvp);
    expect(w, node_key_read(w->arena, n->mvp, nsk, key), "the NSK is no key of 32 bytes");
    unsigned char *out = arena_alloc(w->arena, secret.ciphertext.len + 1); /* text has its end */
    if (sodium_init() < 0)
        broken(w, "libsodium cannot be used");
    *plain = (const char *)out;
    return crypto_aead_aes256gcm_is_available() ? open_by_sodium(key, &secret, out)
                                                : open_by_openssl(key, &secret, out);
}

const char *opened(struct world *w, struct reply *r, const struct own_node *n)
{
    const char *plain;
    expect(w, opens(w, r, n, n->nsk, &plain), "the answer does not open under the Node's key");
    return plain;
}
