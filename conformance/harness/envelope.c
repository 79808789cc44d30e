#include "harness/envelope.h"

#include <openssl/evp.h>
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/json_slice.h"
#include "common/text.h"
#include "common/timestamp.h"

static const char *const members_v1[] = { "id",        "type",    "scope",     "key_id",
                                          "issued_at", "payload", "signature", NULL };
static const char *const members_mvp[] = { "event_type", "event_id",  "issued_at", "nonce",
                                           "payload",    "signature", NULL };

/* jansson keeps members in the order in which they came. */
static bool has_members(const json_t *object, const char *const *names, struct error *e)
{
    void *at = json_object_iter((json_t *)(uintptr_t)object);
    for (size_t i = 0; names[i] != NULL; i++) {
        if (at == NULL || !text_equal(json_object_iter_key(at), names[i]))
            return error_set(e, "the member %s is missing or out of order", names[i]);
        at = json_object_iter_next((json_t *)(uintptr_t)object, at);
    }
    return at == NULL || error_set(e, "it has a member too many: %.40s", json_object_iter_key(at));
}

static bool read_texts(const json_t *object, bool mvp, struct envelope *out, struct error *e)
{
    int64_t when;
    *out = (struct envelope){ .type = json_text(object, mvp ? "event_type" : "type"),
                              .id = json_text(object, mvp ? "event_id" : "id"),
                              .issued_at = json_text(object, "issued_at"),
                              .key_id = mvp ? "" : json_text(object, "key_id"),
                              .scope = mvp ? "" : json_text(object, "scope"),
                              .payload = json_member(object, "payload") };
    out->replay = mvp ? json_text(object, "nonce") : out->id;
    if (out->type == NULL || out->id == NULL || out->key_id == NULL || out->scope == NULL ||
        out->replay == NULL || *out->type == '\0' || *out->id == '\0' || *out->replay == '\0')
        return error_set(e, "a member is empty or no text");
    if (!json_is_object(out->payload))
        return error_set(e, "the payload is no object");
    return (out->issued_at != NULL && timestamp_parse(out->issued_at, &when)) ||
           error_set(e, "issued_at is no RFC 3339 instant");
}

static bool read_signature(struct arena *a, const json_t *object, struct envelope *out,
                           struct error *e)
{
    const char *text = json_text(object, "signature");
    struct bytes raw;
    if (text == NULL || !base64_decode(a, BASE64_STANDARD, text, strlen(text), &raw) ||
        raw.len != sizeof out->signature)
        return error_set(e, "the signature is no base64 of 64 bytes");
    memcpy(out->signature, raw.data, raw.len);
    return true;
}

/* What was signed is what came, without ,"signature":"…" (ruling 8). */
static bool cut_signature(struct arena *a, struct bytes data, struct envelope *out, struct error *e)
{
    struct bytes whole, value;
    if (!json_slice_whole_member(data, "signature", &whole, &value) ||
        !json_slice_member(data, "payload", &out->payload_bytes))
        return error_set(e, "it has no signature");
    size_t before = (size_t)(whole.data - data.data);
    if (before < 2 || data.data[before - 1] != ',' || before + whole.len + 1 != data.len)
        return error_set(e, "the signature is not the last member");
    unsigned char *text = arena_copy(a, data.data, before);
    text[before - 1] = '}';
    out->signed_bytes = (struct bytes){ text, before };
    struct bytes compact = json_slice_compact(a, data);
    return compact.len == data.len || error_set(e, "it is not compact");
}

bool envelope_read(struct arena *a, bool mvp, struct bytes data, struct envelope *out,
                   struct error *e)
{
    json_t *object;
    if (!json_parse(a, data.data, data.len, &object, e))
        return false;
    if (!json_is_object(object))
        return error_set(e, "it is no object");
    return has_members(object, mvp ? members_mvp : members_v1, e) &&
           read_texts(object, mvp, out, e) && read_signature(a, object, out, e) &&
           cut_signature(a, data, out, e);
}

bool envelope_verifies(const struct envelope *ev, const unsigned char public_key[32])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = key != NULL && context != NULL &&
                EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(context, ev->signature, sizeof ev->signature,
                                 ev->signed_bytes.data, ev->signed_bytes.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good;
}
