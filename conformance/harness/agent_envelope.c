/* harness/agent_envelope.c — envelopes, their signatures and sealed secrets (agent_dialect.h). */
#include <openssl/evp.h>
#include <string.h>

#include "common/buffer.h"
#include "common/encoding.h"
#include "common/random.h"
#include "common/text.h"
#include "harness/agent_dialect.h"

#define ENVELOPE_CAP (4u << 20)

/* ---- signing ------------------------------------------------------------------------------ */

struct signing_pair *signing_pair_of(struct arena *a, const char *id, const unsigned char seed[32])
{
    struct signing_pair *k = arena_alloc(a, sizeof *k);
    size_t len = sizeof k->public_key;
    memcpy(k->seed, seed, sizeof k->seed);
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof k->seed);
    if (key != NULL)
        (void)EVP_PKEY_get_raw_public_key(key, k->public_key, &len);
    EVP_PKEY_free(key);
    k->id = arena_strdup(a, id);
    k->public_b64 = base64_encode(a, BASE64_STANDARD, k->public_key, sizeof k->public_key);
    return k;
}

struct signing_pair *signing_pair_new(struct arena *a, const char *id)
{
    unsigned char seed[32];
    random_bytes(seed, sizeof seed);
    return signing_pair_of(a, id, seed);
}

const char *signing_pair_sign(struct arena *a, const struct signing_pair *k, struct bytes message)
{
    unsigned char signature[64] = { 0 };
    size_t len = sizeof signature;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, k->seed, sizeof k->seed);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (key != NULL && c != NULL && EVP_DigestSignInit(c, NULL, NULL, NULL, key) == 1)
        (void)EVP_DigestSign(c, signature, &len, message.data, message.len);
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(key);
    return base64_encode(a, BASE64_STANDARD, signature, sizeof signature);
}

/* ---- canonical texts (plexd-facts 3.5) ---------------------------------------------------- */

static bool is_line_separator(const char *at)
{
    return (unsigned char)at[0] == 0xe2 && (unsigned char)at[1] == 0x80 &&
           ((unsigned char)at[2] == 0xa8 || (unsigned char)at[2] == 0xa9);
}

/* The characters that are escaped wherever they stand; how many bytes of `at` were taken, or 0. */
static size_t escape_markup(struct buffer *b, const char *at)
{
    if (*at == '<' || *at == '>' || *at == '&')
        return buffer_printf(b, "\\u%04x", (unsigned)*at), 1;
    if (is_line_separator(at))
        return buffer_text(b, (unsigned char)at[2] == 0xa8 ? "\\u2028" : "\\u2029"), 3;
    return 0;
}

/* A member and the comma behind it. */
static void canonical_text(struct buffer *b, const char *name, const char *text)
{
    buffer_printf(b, "\"%s\":\"", name);
    for (const char *at = text; *at != '\0';) {
        size_t taken = escape_markup(b, at);
        if (taken == 0) {
            taken = text_utf8_sequence(at, strlen(at));
            taken = taken == 0 ? 1 : taken;
            buffer_json_escaped(b, at, taken);
        }
        at += taken;
    }
    buffer_text(b, "\",");
}

/* Fraction without trailing zeros; +00:00 and -00:00 are Z; another offset stays. */
static const char *canonical_time(struct arena *a, const char *text)
{
    size_t seconds = strcspn(text, ".Zz+"), fraction = 0;
    const char *minus = strlen(text) > 19 ? strchr(text + 19, '-') : NULL;
    if (minus != NULL && (size_t)(minus - text) < seconds)
        seconds = (size_t)(minus - text);
    const char *rest = text + seconds;
    if (*rest == '.') {
        fraction = 1 + strspn(rest + 1, "0123456789");
        rest += fraction;
        while (fraction > 1 && text[seconds + fraction - 1] == '0')
            fraction--;
        fraction = fraction == 1 ? 0 : fraction;
    }
    bool utc = *rest != '\0' && (text_equal(rest + 1, "00:00") || text_equal_nocase(rest, "Z"));
    const char *zone = utc ? "Z" : rest;
    return arena_printf(a, "%.*s%s", (int)(seconds + fraction), text, zone);
}

static void canonical_payload(struct buffer *b, const char *text)
{
    bool inside = false;
    for (const char *at = text; *at != '\0';) {
        size_t taken = escape_markup(b, at);
        if (taken > 0) {
            at += taken;
            continue;
        }
        if (inside && *at == '\\' && at[1] != '\0')
            buffer_char(b, *at++);
        else if (*at == '"')
            inside = !inside;
        if (inside || strchr(" \t\r\n", *at) == NULL)
            buffer_char(b, *at);
        at++;
    }
}

/* ---- envelopes ---------------------------------------------------------------------------- */

static void mvp_canonical(struct arena *a, struct buffer *b, const struct envelope *e)
{
    buffer_char(b, '{');
    canonical_text(b, "event_type", e->type);
    canonical_text(b, "event_id", e->id);
    canonical_text(b, "issued_at", canonical_time(a, e->issued_at));
    canonical_text(b, "nonce", e->nonce);
    buffer_text(b, "\"payload\":");
    canonical_payload(b, e->payload == NULL ? "null" : e->payload);
    buffer_char(b, '}');
}

/* A member that is NULL is left out: that is one of the faults an agent must survive. */
static void wire_member(struct buffer *b, const char *name, const char *text)
{
    if (text == NULL)
        return;
    buffer_printf(b, "%s\"%s\":\"", b->data[b->len - 1] == '{' ? "" : ",", name);
    buffer_json_escaped(b, text, strlen(text));
    buffer_char(b, '"');
}

static void wire_payload(struct buffer *b, const char *payload)
{
    if (payload != NULL)
        buffer_printf(b, "%s\"payload\":%s", b->data[b->len - 1] == '{' ? "" : ",", payload);
}

static void wire_without_signature(struct buffer *b, enum agent_dialect d, const struct envelope *e)
{
    buffer_char(b, '{');
    if (d == AGENT_MVP) {
        wire_member(b, "event_type", e->type);
        wire_member(b, "event_id", e->id);
        wire_member(b, "issued_at", e->issued_at);
        wire_member(b, "nonce", e->nonce);
    } else {
        wire_member(b, "id", e->id);
        wire_member(b, "type", e->type);
        wire_member(b, "scope", e->scope);
        wire_member(b, "key_id", e->key_id);
        wire_member(b, "issued_at", e->issued_at);
    }
    wire_payload(b, e->payload);
}

struct bytes envelope_signed_bytes(struct arena *a, enum agent_dialect d, const struct envelope *e)
{
    struct buffer b;
    buffer_init_arena(&b, ENVELOPE_CAP, a);
    if (d == AGENT_MVP) {
        struct envelope whole = *e;
        const char **texts[] = { &whole.type, &whole.id, &whole.issued_at, &whole.nonce };
        for (size_t i = 0; i < ARRAY_LEN(texts); i++)
            *texts[i] = *texts[i] == NULL ? "" : *texts[i];
        mvp_canonical(a, &b, &whole);
    } else {
        wire_without_signature(&b, d, e);
        buffer_char(&b, '}');
    }
    return (struct bytes){ (unsigned char *)b.data, b.len };
}

const char *envelope_line(struct arena *a, enum agent_dialect d, const struct envelope *e,
                          const char *signature)
{
    struct buffer b;
    buffer_init_arena(&b, ENVELOPE_CAP, a);
    wire_without_signature(&b, d, e);
    wire_member(&b, "signature", signature);
    buffer_char(&b, '}');
    return b.data;
}

/* ---- secrets ------------------------------------------------------------------------------ */

struct sealed dialect_seal(struct arena *a, const unsigned char key[32], const char *plaintext)
{
    struct sealed out;
    int len = 0, size = (int)strlen(plaintext);
    unsigned char *text = arena_alloc(a, (size_t)size + 16);
    random_bytes(out.nonce, sizeof out.nonce);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    if (c != NULL && EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, out.nonce) == 1 &&
        EVP_EncryptUpdate(c, text, &len, (const unsigned char *)plaintext, size) == 1 &&
        EVP_EncryptFinal_ex(c, text + len, &len) == 1)
        (void)EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, text + size);
    EVP_CIPHER_CTX_free(c);
    out.ciphertext = (struct bytes){ text, (size_t)size + 16 };
    return out;
}
