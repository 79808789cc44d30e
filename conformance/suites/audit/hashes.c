#include "suites/audit/hashes.h"

#include <openssl/evp.h>
#include <string.h>

#include "common/encoding.h"
#include "common/text.h"

struct bytes canonical_of(struct world *w, struct reply *proof)
{
    struct bytes canonical;
    const char *text = expect_text(proof, "/proof/canonical_bytes");
    expect(w, base64_decode(w->arena, BASE64_STANDARD, text, strlen(text), &canonical),
           "canonical_bytes is no base64");
    expect(w, canonical.len > 0, "canonical_bytes is empty");
    return canonical;
}

static void sha256_of(struct world *w, struct bytes one, struct bytes two, unsigned char out[32])
{
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    bool ok = sha != NULL && EVP_DigestInit_ex(sha, EVP_sha256(), NULL) == 1 &&
              EVP_DigestUpdate(sha, one.data, one.len) == 1 &&
              EVP_DigestUpdate(sha, two.data, two.len) == 1 &&
              EVP_DigestFinal_ex(sha, out, NULL) == 1;
    EVP_MD_CTX_free(sha);
    if (!ok)
        broken(w, "OpenSSL gives no SHA-256");
}

const char *chained_hash(struct world *w, const char *prev_hash_hex, struct bytes canonical)
{
    unsigned char inner[32], outer[32];
    struct bytes prev;
    expect(w, strlen(prev_hash_hex) == 64 && hex_decode(w->arena, prev_hash_hex, 64, &prev),
           "prev_hash is no SHA-256");
    sha256_of(w, canonical, (struct bytes){ 0 }, inner);
    sha256_of(w, prev, (struct bytes){ inner, sizeof inner }, outer);
    return hex_encode(w->arena, outer, sizeof outer);
}

void expect_proof(struct world *w, struct reply *proof)
{
    const char *prev = expect_text(proof, "/proof/prev_hash");
    expect_equal(proof, "/entry/prev_hash", prev);
    expect_equal(proof, "/entry/entry_hash", expect_text(proof, "/proof/entry_hash"));
    expect_equal(proof, "/proof/entry_hash", chained_hash(w, prev, canonical_of(w, proof)));
}

static uint64_t big_endian(const unsigned char *at, size_t len)
{
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++)
        value = value << 8 | at[i];
    return value;
}

void read_canonical(struct world *w, struct bytes canonical,
                    struct canonical_field out[CANONICAL_FIELDS])
{
    const unsigned char *data = canonical.data;
    size_t at = 1;
    expect(w, canonical.len > 0 && data[0] == 1, "the canonical bytes are not of version 1");
    for (size_t i = 0; i < CANONICAL_FIELDS; i++) {
        expect(w, canonical.len - at >= 4, "field %zu of the canonical bytes is missing", i);
        uint64_t len = big_endian(data + at, 4);
        at += 4;
        out[i] = (struct canonical_field){ .absent = len == UINT32_MAX };
        if (out[i].absent)
            continue;
        expect(w, canonical.len - at >= len, "field %zu goes beyond the canonical bytes", i);
        out[i].bytes = (struct bytes){ data + at, (size_t)len };
        at += len;
    }
    expect(w, at == canonical.len, "the canonical bytes go on behind their last field");
}
