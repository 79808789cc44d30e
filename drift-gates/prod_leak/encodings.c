#include "drift-gates/prod_leak/encodings.h"

#include "common/buffer.h"
#include "common/encoding.h"
#include "common/text.h"

#define CAP ((size_t)64 << 20)
#define LINE 64

static const char *const names[ENCODINGS] = {
    [ENCODING_PLAIN] = "plain",
    [ENCODING_BASE64] = "base64",
    [ENCODING_BASE64_1] = "base64",
    [ENCODING_BASE64_2] = "base64",
    [ENCODING_BASE64URL] = "base64url",
    [ENCODING_BASE64URL_1] = "base64url",
    [ENCODING_BASE64URL_2] = "base64url",
    [ENCODING_HEX] = "hex",
    [ENCODING_HEX_UPPER] = "hex",
    [ENCODING_PERCENT] = "percent",
    [ENCODING_PERCENT_LOWER] = "percent",
    [ENCODING_PERCENT_ALL] = "percent",
    [ENCODING_PERCENT_ALL_LOWER] = "percent",
    [ENCODING_JSON] = "JSON escapes",
    [ENCODING_JSON_U] = "JSON escapes",
    [ENCODING_JSON_U_UPPER] = "JSON escapes",
    [ENCODING_BASE64_WRAPPED] = "base64",
};

const char *encoding_name(enum encoding e)
{
    return names[e];
}

static struct bytes settled(const struct buffer *b)
{
    return (struct bytes){ (const unsigned char *)b->data, b->len };
}

/* base64 of `before` bytes of filler and the value, without padding. */
static struct bytes base64_of(struct arena *a, bool url, size_t before, struct bytes value)
{
    unsigned char *whole = arena_alloc(a, before + value.len + 1);
    memset(whole, '.', before);
    if (value.len > 0)
        memcpy(whole + before, value.data, value.len);
    return BYTES_OF_TEXT(
        base64_encode(a, url ? BASE64_URL_RAW : BASE64_STANDARD_RAW, whole, before + value.len));
}

/* The characters whose six bits are all the value's. */
static struct bytes base64_core(struct arena *a, bool url, size_t before, struct bytes value)
{
    struct bytes whole = base64_of(a, url, before, value);
    size_t from = (before * 8 + 5) / 6, to = (before + value.len) * 8 / 6;
    return (struct bytes){ whole.data + from, to > from ? to - from : 0 };
}

static struct bytes hex_of(struct arena *a, bool upper, struct bytes value)
{
    char *text = hex_encode(a, value.data, value.len);
    for (char *p = text; upper && *p != '\0'; p++)
        *p = (char)(*p >= 'a' && *p <= 'f' ? *p - 'a' + 'A' : *p);
    return BYTES_OF_TEXT(text);
}

static void put_hex(struct buffer *b, const char *before, bool upper, unsigned char c)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    buffer_text(b, before);
    buffer_char(b, digits[c >> 4]);
    buffer_char(b, digits[c & 0xF]);
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

static struct bytes percent_of(struct arena *a, bool all, bool upper, struct bytes value)
{
    struct buffer b;
    buffer_init_arena(&b, CAP, a);
    for (size_t i = 0; i < value.len; i++) {
        if (!all && is_unreserved(value.data[i]))
            buffer_char(&b, (char)value.data[i]);
        else
            put_hex(&b, "%", upper, value.data[i]);
    }
    return settled(&b);
}

static struct bytes json_of(struct arena *a, struct bytes value)
{
    struct buffer b, out;
    buffer_init_arena(&b, CAP, a);
    buffer_init_arena(&out, CAP, a);
    buffer_json_escaped(&b, (const char *)value.data, value.len);
    for (size_t i = 0; i < b.len; i++) {
        if (b.data[i] == '/')
            buffer_char(&out, '\\');
        buffer_char(&out, b.data[i]);
    }
    return settled(&out);
}

static struct bytes json_u_of(struct arena *a, bool upper, struct bytes value)
{
    struct buffer b;
    buffer_init_arena(&b, CAP, a);
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < 0x80)
            put_hex(&b, "\\u00", upper, value.data[i]);
        else
            buffer_char(&b, (char)value.data[i]);
    }
    return settled(&b);
}

static struct bytes wrapped_of(struct arena *a, struct bytes value)
{
    struct buffer b;
    const char *text = base64_encode(a, BASE64_STANDARD, value.data, value.len);
    size_t len = strlen(text), line = len > LINE ? LINE : len / 2 + 1;
    buffer_init_arena(&b, CAP, a);
    for (size_t i = 0; i < len; i += line) {
        buffer_text(&b, i == 0 ? "" : "\n  ");
        buffer_append(&b, text + i, len - i < line ? len - i : line);
    }
    return settled(&b);
}

/* `core`: only what is there for certain. */
static struct bytes encoded(struct arena *a, enum encoding e, struct bytes value, bool core)
{
    struct bytes (*base64)(struct arena *, bool, size_t, struct bytes) =
        core ? base64_core : base64_of;
    switch (e) {
    case ENCODING_BASE64:
    case ENCODING_BASE64_1:
    case ENCODING_BASE64_2: return base64(a, false, (size_t)(e - ENCODING_BASE64), value);
    case ENCODING_BASE64URL:
    case ENCODING_BASE64URL_1:
    case ENCODING_BASE64URL_2: return base64(a, true, (size_t)(e - ENCODING_BASE64URL), value);
    case ENCODING_HEX:
    case ENCODING_HEX_UPPER: return hex_of(a, e == ENCODING_HEX_UPPER, value);
    case ENCODING_PERCENT:
    case ENCODING_PERCENT_LOWER: return percent_of(a, false, e == ENCODING_PERCENT, value);
    case ENCODING_PERCENT_ALL:
    case ENCODING_PERCENT_ALL_LOWER: return percent_of(a, true, e == ENCODING_PERCENT_ALL, value);
    case ENCODING_JSON: return json_of(a, value);
    case ENCODING_JSON_U:
    case ENCODING_JSON_U_UPPER: return json_u_of(a, e == ENCODING_JSON_U_UPPER, value);
    case ENCODING_BASE64_WRAPPED: return wrapped_of(a, value);
    case ENCODING_PLAIN:
    case ENCODINGS: break;
    }
    return value;
}

struct bytes encoding_apply(struct arena *a, enum encoding e, struct bytes value)
{
    return encoded(a, e, value, false);
}

struct bytes encoding_form(struct arena *a, enum encoding e, struct bytes value)
{
    static const struct bytes none = { NULL, 0 };
    bool json = e >= ENCODING_JSON && e <= ENCODING_JSON_U_UPPER;
    if (e == ENCODING_PLAIN)
        return value;
    if (e == ENCODING_BASE64_WRAPPED || (json && !text_is_utf8(value.data, value.len)))
        return none;
    struct bytes form = encoded(a, e, value, true);
    bool same = form.len == value.len && memcmp(form.data, value.data, form.len) == 0;
    return same ? none : form;
}
