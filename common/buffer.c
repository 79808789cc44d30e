#include "common/buffer.h"

#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "common/memory.h"
#include "common/text.h"

#define FIRST_SIZE 64
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static void start(struct buffer *b, size_t cap, struct arena *a)
{
    /* The NUL must fit, too. */
    if (cap > SIZE_MAX - 1)
        cap = SIZE_MAX - 1;
    size_t size = cap < FIRST_SIZE ? cap + 1 : FIRST_SIZE;
    *b = (struct buffer){ .size = size, .cap = cap, .arena = a };
    b->data = a != NULL ? arena_alloc(a, size) : mem_alloc(size);
}

void buffer_init(struct buffer *b, size_t cap)
{
    start(b, cap, NULL);
}

void buffer_init_arena(struct buffer *b, size_t cap, struct arena *a)
{
    start(b, cap, a);
}

void buffer_release(struct buffer *b)
{
    if (b->arena == NULL)
        mem_free(b->data);
    *b = (struct buffer){ 0 };
}

void buffer_clear(struct buffer *b)
{
    b->len = 0;
    b->overflow = false;
    b->data[0] = '\0';
}

static void grow(struct buffer *b, size_t needed)
{
    size_t size = b->size > SIZE_MAX / 2 ? SIZE_MAX : b->size * 2;
    if (size < needed)
        size = needed;
    if (size > b->cap + 1)
        size = b->cap + 1;
    if (b->arena != NULL) {
        char *larger = arena_alloc(b->arena, size);
        memcpy(larger, b->data, b->len + 1);
        b->data = larger;
    } else {
        b->data = mem_resize(b->data, size, 1);
    }
    b->size = size;
}

static bool make_room(struct buffer *b, size_t len)
{
    if (b->overflow || len > b->cap - b->len) {
        b->overflow = true;
        return false;
    }
    if (b->len + len + 1 > b->size)
        grow(b, b->len + len + 1);
    return true;
}

bool buffer_append(struct buffer *b, const void *data, size_t len)
{
    if (!make_room(b, len))
        return false;
    if (len > 0)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
    return true;
}

bool buffer_text(struct buffer *b, const char *text)
{
    return buffer_append(b, text, strlen(text));
}

bool buffer_char(struct buffer *b, char c)
{
    return buffer_append(b, &c, 1);
}

bool buffer_vprintf(struct buffer *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    bool fits = len >= 0 && make_room(b, (size_t)len);
    if (fits) {
        vsnprintf(b->data + b->len, (size_t)len + 1, format, again);
        b->len += (size_t)len;
    }
    va_end(again);
    return fits;
}

bool buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool fits = buffer_vprintf(b, format, args);
    va_end(args);
    return fits;
}

/* Takes back what was appended since `len`: an escape is appended whole or not at all. */
static bool whole_or_nothing(struct buffer *b, size_t len)
{
    if (!b->overflow)
        return true;
    b->len = len;
    b->data[len] = '\0';
    return false;
}

static void json_byte(struct buffer *b, unsigned char c)
{
    switch (c) {
    case '"': buffer_text(b, "\\\""); break;
    case '\\': buffer_text(b, "\\\\"); break;
    case '\b': buffer_text(b, "\\b"); break;
    case '\f': buffer_text(b, "\\f"); break;
    case '\n': buffer_text(b, "\\n"); break;
    case '\r': buffer_text(b, "\\r"); break;
    case '\t': buffer_text(b, "\\t"); break;
    default: buffer_printf(b, "\\u%04x", c);
    }
}

bool buffer_json_escaped(struct buffer *b, const char *text, size_t len)
{
    size_t before = b->len;
    for (size_t i = 0; i < len && !b->overflow;) {
        unsigned char c = (unsigned char)text[i];
        size_t n = text_utf8_sequence(text + i, len - i);
        if (n == 0)
            buffer_text(b, REPLACEMENT);
        else if (c < 0x20 || c == '"' || c == '\\')
            json_byte(b, c);
        else
            buffer_append(b, text + i, n);
        i += n > 0 ? n : 1;
    }
    return whole_or_nothing(b, before);
}

/* XML 1.0 §2.2: of the control characters only tab, line feed and carriage return; never U+FFFE
 * and U+FFFF. */
static bool xml_forbids(const char *text, size_t n)
{
    unsigned char c = (unsigned char)*text;
    if (n == 3)
        return memcmp(text, "\xef\xbf\xbe", 3) == 0 || memcmp(text, "\xef\xbf\xbf", 3) == 0;
    return n == 0 || (c < 0x20 && c != '\t' && c != '\n' && c != '\r');
}

static const char *xml_entity(char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

bool buffer_xml_escaped(struct buffer *b, const char *text, size_t len)
{
    size_t before = b->len;
    for (size_t i = 0; i < len && !b->overflow;) {
        size_t n = text_utf8_sequence(text + i, len - i);
        const char *entity = xml_entity(text[i]);
        if (entity != NULL)
            buffer_text(b, entity);
        else if (xml_forbids(text + i, n))
            buffer_text(b, REPLACEMENT);
        else
            buffer_append(b, text + i, n);
        i += n > 0 ? n : 1;
    }
    return whole_or_nothing(b, before);
}
