/* An MVP envelope is signed over an object that the receiver writes anew: five members in a fixed
 * order, text as Go's encoding/json writes it, the time in Go's RFC 3339 form, the payload as
 * received but for white space. */
#include <string.h>

#include "common/buffer.h"
#include "common/json_slice.h"
#include "common/text.h"
#include "reference/plexd/wire_mvp.h"

/* U+2028 and U+2029 are E2 80 A8 and E2 80 A9. */
static bool is_separator(const unsigned char *p, size_t left)
{
    return left >= 3 && p[0] == 0xE2 && p[1] == 0x80 && (p[2] == 0xA8 || p[2] == 0xA9);
}

/* What is escaped both in texts and inside the payload; answers how many bytes it took. */
static size_t html_escape(struct buffer *b, const unsigned char *p, size_t left)
{
    if (*p == '<' || *p == '>' || *p == '&') {
        buffer_printf(b, "\\u%04x", *p);
        return 1;
    }
    if (!is_separator(p, left))
        return 0;
    buffer_printf(b, "\\u202%c", p[2] == 0xA8 ? '8' : '9');
    return 3;
}

static void text_byte(struct buffer *b, unsigned char c)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *at = c != '\0' ? strchr(from, c) : NULL;
    if (at != NULL)
        buffer_printf(b, "\\%c", to[at - from]);
    else if (c < 0x20)
        buffer_printf(b, "\\u%04x", c);
    else
        buffer_char(b, (char)c);
}

static void text_member(struct buffer *b, const char *before, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t left = strlen(text);
    buffer_printf(b, "%s\"", before);
    while (left > 0) {
        size_t taken = html_escape(b, p, left);
        if (taken == 0) {
            text_byte(b, *p);
            taken = 1;
        }
        p += taken;
        left -= taken;
    }
    buffer_char(b, '"');
}

/* "2025-01-15T10:30:00.120+00:00" is written as "2025-01-15T10:30:00.12Z": at most nine digits, no
 * zero at their end, and no offset is converted. */
static void time_member(struct buffer *b, const char *time)
{
    const char *fraction = strchr(time, '.');
    const char *zone = time + strlen("2006-01-02T15:04:05");
    size_t digits = 0;
    if (fraction != NULL) {
        digits = strspn(fraction + 1, "0123456789");
        zone = fraction + 1 + digits;
        if (digits > 9)
            digits = 9;
        while (digits > 0 && fraction[digits] == '0')
            digits--;
    }
    buffer_printf(b, ",\"issued_at\":\"%.10sT%.8s", time, time + 11);
    if (digits > 0)
        buffer_printf(b, ".%.*s", (int)digits, fraction + 1);
    bool zero = *zone == 'Z' || *zone == 'z' || text_equal(zone + 1, "00:00");
    buffer_printf(b, "%s\"", zero ? "Z" : zone);
}

static void payload_member(struct buffer *b, struct bytes payload)
{
    buffer_text(b, ",\"payload\":");
    for (size_t i = 0; i < payload.len;) {
        size_t taken = html_escape(b, payload.data + i, payload.len - i);
        if (taken == 0) {
            buffer_char(b, (char)payload.data[i]);
            taken = 1;
        }
        i += taken;
    }
}

struct bytes mvp_canonical(struct arena *a, const char *type, const char *id, const char *issued_at,
                           const char *nonce, struct bytes payload)
{
    struct buffer b;
    buffer_init_arena(&b, SIZE_MAX / 2, a);
    text_member(&b, "{\"event_type\":", type);
    text_member(&b, ",\"event_id\":", id);
    time_member(&b, issued_at);
    text_member(&b, ",\"nonce\":", nonce);
    payload_member(&b, json_slice_compact(a, payload));
    buffer_char(&b, '}');
    return (struct bytes){ (const unsigned char *)b.data, b.len };
}
