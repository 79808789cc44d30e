#include "reference/plexd/sse.h"

#include <string.h>

void sse_init(struct sse *s, void (*event)(void *, const char *, bool, struct bytes), void *self)
{
    *s = (struct sse){ .event = event, .self = self };
    buffer_init(&s->line, SSE_LINE_CAP + 1); /* and a CR */
    buffer_init(&s->data, SSE_EVENT_CAP);
}

void sse_release(struct sse *s)
{
    buffer_release(&s->line);
    buffer_release(&s->data);
}

static void next_event(struct sse *s)
{
    buffer_clear(&s->data);
    s->has_id = s->has_data = s->too_long = false;
}

void sse_reset(struct sse *s)
{
    buffer_clear(&s->line);
    next_event(s);
}

static void end_of_event(struct sse *s)
{
    bool dropped = s->too_long || s->data.overflow;
    struct bytes data = { (const unsigned char *)s->data.data, dropped ? 0 : s->data.len };
    if (s->has_data || dropped)
        s->event(s->self, s->has_id ? s->id : NULL, dropped, data);
    next_event(s);
}

static void data_line(struct sse *s, const char *value, size_t len)
{
    if (s->has_data)
        buffer_char(&s->data, '\n');
    buffer_append(&s->data, value, len);
    s->has_data = true;
}

static void id_line(struct sse *s, const char *value, size_t len)
{
    if (len > SSE_ID_CAP || memchr(value, '\0', len) != NULL)
        return;
    memcpy(s->id, value, len);
    s->id[len] = '\0';
    s->has_id = true;
}

/* `event` and `retry` are known and not needed: the envelope names its type, and the way back is
 * our own. */
static void field(struct sse *s, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    size_t name = colon != NULL ? (size_t)(colon - line) : len;
    const char *value = colon != NULL ? colon + 1 : line + len;
    if (value < line + len && *value == ' ')
        value++;
    size_t left = (size_t)(line + len - value);
    if (name == 4 && memcmp(line, "data", 4) == 0)
        data_line(s, value, left);
    else if (name == 2 && memcmp(line, "id", 2) == 0)
        id_line(s, value, left);
}

static void end_of_line(struct sse *s)
{
    const char *line = s->line.data;
    size_t len = s->line.len;
    if (len > 0 && line[len - 1] == '\r' && !s->line.overflow)
        len--;
    if (len > 0 && line[0] == ':')
        ; /* a comment, however long */
    else if (s->line.overflow || len > SSE_LINE_CAP)
        s->too_long = true;
    else if (len == 0)
        end_of_event(s);
    else
        field(s, line, len);
    buffer_clear(&s->line);
}

/* What does not fit sets `overflow`; what fits is kept, enough to know a comment. */
static void keep(struct sse *s, const char *text, size_t len)
{
    size_t room = s->line.cap - s->line.len;
    if (len > room)
        buffer_append(&s->line, text, room);
    buffer_append(&s->line, text, len);
}

void sse_feed(struct sse *s, struct bytes piece)
{
    const char *p = (const char *)piece.data, *end = p + piece.len;
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t len = (size_t)((newline != NULL ? newline : end) - p);
        keep(s, p, len);
        if (newline == NULL)
            return;
        end_of_line(s);
        p = newline + 1;
    }
}
