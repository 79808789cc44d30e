#include "harness/sse_reader.h"

#include <string.h>

#include "common/buffer.h"
#include "common/memory.h"
#include "common/number.h"
#include "common/text.h"

enum { GARBAGE_SHOWN = 200 };

struct sse_reader {
    struct arena *arena;
    void (*block)(void *self, const struct sse_block *b);
    void *self;
    struct buffer pending; /* from the start of the block under way */
    size_t looked;         /* bytes of it in which no end was found */
};

struct sse_reader *
sse_reader_create(struct arena *a, void (*block)(void *self, const struct sse_block *b), void *self)
{
    struct sse_reader *r = mem_alloc(sizeof *r);
    *r = (struct sse_reader){ .arena = a, .block = block, .self = self };
    buffer_init(&r->pending, SSE_BLOCK_CAP);
    return r;
}

void sse_reader_destroy(struct sse_reader *r)
{
    if (r == NULL)
        return;
    buffer_release(&r->pending);
    mem_free(r);
}

size_t sse_reader_pending(const struct sse_reader *r)
{
    return r->pending.len;
}

static void give_garbage(struct sse_reader *r, const char *text, size_t len)
{
    struct sse_block b = { .kind = SSE_GARBAGE };
    b.text = arena_strndup(r->arena, text, len < GARBAGE_SHOWN ? len : GARBAGE_SHOWN);
    r->block(r->self, &b);
}

/* Takes "name: value\n" off the front. */
static bool take_field(const char **at, size_t *left, const char *name, const char **value,
                       size_t *value_len)
{
    size_t name_len = strlen(name);
    const char *end = memchr(*at, '\n', *left);
    if (end == NULL || *left < name_len || memcmp(*at, name, name_len) != 0)
        return false;
    *value = *at + name_len;
    *value_len = (size_t)(end - *value);
    *left -= (size_t)(end + 1 - *at);
    *at = end + 1;
    return memchr(*value, '\r', *value_len) == NULL;
}

static bool read_frame(struct sse_reader *r, const char *text, size_t len, struct sse_block *out)
{
    const char *id, *event, *data;
    size_t id_len, event_len, data_len;
    if (!take_field(&text, &len, "id: ", &id, &id_len) ||
        !take_field(&text, &len, "event: ", &event, &event_len) ||
        !take_field(&text, &len, "data: ", &data, &data_len) || len != 0)
        return false;
    *out = (struct sse_block){ .kind = SSE_FRAME };
    out->event = arena_strndup(r->arena, event, event_len);
    out->data = (struct bytes){ arena_copy(r->arena, data, data_len), data_len };
    return number_parse(arena_strndup(r->arena, id, id_len), 0, INT64_MAX, &out->id);
}

/* `text` ends with the LF of its last line; the empty line is not part of it. */
static void give_block(struct sse_reader *r, const char *text, size_t len)
{
    struct sse_block b;
    if (len > 1 && text[0] == ':' && memchr(text, '\n', len) == text + len - 1) {
        b = (struct sse_block){ .kind = SSE_COMMENT };
        b.text = arena_strndup(r->arena, text, len - 1);
        r->block(r->self, &b);
    } else if (read_frame(r, text, len, &b)) {
        r->block(r->self, &b);
    } else {
        give_garbage(r, text, len);
    }
}

/* The end of the block that begins at `begin`, behind its empty line; 0: there is none yet. Up to
 * `looked` none was found. An LF of the block before does not count for this one. */
static size_t end_of_block(const struct buffer *b, size_t begin, size_t looked)
{
    for (size_t i = looked > begin ? looked - 1 : begin; i + 1 < b->len; i++)
        if (b->data[i] == '\n' && b->data[i + 1] == '\n')
            return i + 2;
    return 0;
}

static void give_what_is_complete(struct sse_reader *r)
{
    size_t done = 0, end;
    while ((end = end_of_block(&r->pending, done, r->looked)) != 0) {
        give_block(r, r->pending.data + done, end - 1 - done);
        done = end;
        r->looked = done;
    }
    if (done > 0) {
        memmove(r->pending.data, r->pending.data + done, r->pending.len - done);
        r->pending.len -= done;
    }
    r->looked = r->pending.len;
}

void sse_reader_feed(struct sse_reader *r, const void *data, size_t len)
{
    if (!buffer_append(&r->pending, data, len)) {
        give_garbage(r, r->pending.data, r->pending.len);
        buffer_clear(&r->pending);
        r->looked = 0;
        return;
    }
    give_what_is_complete(r);
}
