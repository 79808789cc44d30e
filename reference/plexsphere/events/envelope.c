#include "reference/plexsphere/events/envelope.h"

#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/encoding.h"
#include "common/json_slice.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/crypto/crypto.h"

/* No character takes more than six bytes of escape. */
enum { LONGEST_ESCAPE = 6, FRAME_ROOM = 1024 };

/* What Go escapes beyond JSON's own needs, so that the text may stand in HTML and JavaScript. */
static const char *web_escape(const char *text, size_t len)
{
    switch (*text) {
    case '<': return "\\u003c";
    case '>': return "\\u003e";
    case '&': return "\\u0026";
    default: break;
    }
    if (len == 3 && memcmp(text, "\xe2\x80\xa8", 3) == 0)
        return "\\u2028";
    if (len == 3 && memcmp(text, "\xe2\x80\xa9", 3) == 0)
        return "\\u2029";
    return NULL;
}

static const char *json_escape(char c)
{
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\b': return "\\b";
    case '\f': return "\\f";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: return NULL;
    }
}

static void append_character(struct buffer *out, const char *text, size_t len)
{
    const char *escape = web_escape(text, len);
    if (!escape)
        escape = json_escape(*text);
    if (escape)
        buffer_text(out, escape);
    else if ((unsigned char)*text < 0x20)
        buffer_printf(out, "\\u%04x", (unsigned)*text);
    else
        buffer_append(out, text, len);
}

static void append_string(struct buffer *out, const char *text)
{
    buffer_char(out, '"');
    while (*text) {
        size_t len = text_utf8_sequence(text, strlen(text));
        if (len > 0)
            append_character(out, text, len);
        else
            buffer_text(out, "\\ufffd");
        text += len > 0 ? len : 1;
    }
    buffer_char(out, '"');
}

/* Outside strings none of the web's characters can occur, so the text is gone through as it is. */
static void append_payload(struct arena *a, struct buffer *out, struct bytes payload)
{
    struct bytes compact = json_slice_compact(a, payload);
    const char *text = (const char *)compact.data, *end = text + compact.len;
    while (text < end) {
        size_t len = text_utf8_sequence(text, (size_t)(end - text));
        const char *escape = len > 0 ? web_escape(text, len) : "\\ufffd";
        if (escape)
            buffer_text(out, escape);
        else
            buffer_append(out, text, len);
        text += len > 0 ? len : 1;
    }
}

static void append_member(struct buffer *out, const char *name, const char *value)
{
    buffer_printf(out, "%c\"%s\":", out->len == 0 ? '{' : ',', name);
    append_string(out, value);
}

/* EVT-011: the order is the contract's own, not the alphabet's. */
static void append_v1_head(struct arena *a, struct buffer *out, const struct envelope *e)
{
    append_member(out, "id", e->id);
    append_member(out, "type", e->type);
    append_member(out, "scope", e->scope);
    append_member(out, "key_id", e->key_id);
    append_member(out, "issued_at", timestamp_format(a, e->issued_at));
}

/* EVT-012 */
static void append_mvp_head(struct arena *a, struct buffer *out, const struct envelope *e)
{
    append_member(out, "event_type", e->type);
    append_member(out, "event_id", e->id);
    append_member(out, "issued_at", timestamp_format(a, e->issued_at));
    append_member(out, "nonce", e->nonce);
}

struct bytes envelope_canonical(struct arena *a, enum dialect dialect, const struct envelope *e)
{
    struct buffer out;
    size_t texts = strlen(e->id) + strlen(e->type) + (e->scope ? strlen(e->scope) : 0) +
                   (e->key_id ? strlen(e->key_id) : 0) + (e->nonce ? strlen(e->nonce) : 0);
    buffer_init_arena(&out, (texts + e->payload.len) * LONGEST_ESCAPE + FRAME_ROOM, a);
    if (dialect == DIALECT_V1)
        append_v1_head(a, &out, e);
    else
        append_mvp_head(a, &out, e);
    buffer_text(&out, ",\"payload\":");
    append_payload(a, &out, e->payload);
    buffer_char(&out, '}');
    return (struct bytes){ (const unsigned char *)out.data, out.len };
}

/* EVT-013: the signed object, and the signature as one more member at its end. */
static struct bytes with_signature(struct arena *a, struct bytes canonical,
                                   const unsigned char signature[64])
{
    struct buffer out;
    buffer_init_arena(&out, canonical.len + FRAME_ROOM, a);
    buffer_append(&out, canonical.data, canonical.len - 1);
    append_member(&out, "signature", base64_encode(a, BASE64_STANDARD, signature, 64));
    buffer_char(&out, '}');
    return (struct bytes){ (const unsigned char *)out.data, out.len };
}

bool envelope_sign(struct arena *a, enum dialect dialect, const struct envelope *envelope,
                   const unsigned char seed[32], const unsigned char public_key[32],
                   struct bytes *line)
{
    unsigned char signature[64];
    struct bytes canonical = envelope_canonical(a, dialect, envelope);
    if (!sign(seed, canonical, signature) || !signature_verify(public_key, canonical, signature))
        return false;
    *line = with_signature(a, canonical, signature);
    return true;
}
