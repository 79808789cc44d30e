#include "reference/plexd/entry.h"

#include <string.h>

#include "common/json.h"
#include "common/json_check.h"
#include "common/json_slice.h"
#include "common/memory.h"
#include "common/timestamp.h"

/* Most texts are plain: they go in one piece. */
void json_write_text(struct buffer *b, const char *text)
{
    size_t plain = 0;
    while ((unsigned char)text[plain] >= 0x20 && (unsigned char)text[plain] < 0x80 &&
           text[plain] != '"' && text[plain] != '\\')
        plain++;
    buffer_char(b, '"');
    if (text[plain] == '\0')
        buffer_append(b, text, plain);
    else
        buffer_json_escaped(b, text, strlen(text));
    buffer_char(b, '"');
}

void json_write_integer(struct buffer *b, int64_t value)
{
    char digits[24], *at = digits + sizeof digits;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0)
        *--at = '-';
    buffer_append(b, at, (size_t)(digits + sizeof digits - at));
}

void entry_write(struct buffer *b, const struct data_entry *entry)
{
    buffer_text(b, "{\"key\":");
    json_write_text(b, entry->key);
    buffer_text(b, ",\"content_type\":");
    json_write_text(b, entry->content_type);
    buffer_text(b, ",\"payload\":");
    buffer_append(b, entry->payload.data, entry->payload.len);
    buffer_text(b, ",\"version\":");
    json_write_integer(b, entry->version);
    buffer_text(b, ",\"updated_at\":");
    json_write_text(b, entry->updated_at);
    buffer_char(b, '}');
}

const char *entry_text_member(struct arena *a, struct bytes object, const char *name)
{
    struct bytes value;
    json_t *text;
    if (!json_slice_member(object, name, &value) || value.len == 0 || value.data[0] != '"' ||
        !json_parse(a, value.data, value.len, &text, NULL))
        return NULL;
    return json_string_value(text);
}

bool entry_read(struct arena *a, struct bytes text, struct data_entry *out)
{
    struct bytes payload, version;
    json_t *number;
    int64_t instant;
    if (!json_check(text) || !json_slice_member(text, "payload", &payload) ||
        !json_slice_member(text, "version", &version) ||
        !json_parse(a, version.data, version.len, &number, NULL) || !json_is_integer(number))
        return false;
    *out = (struct data_entry){ .key = entry_text_member(a, text, "key"),
                                .content_type = entry_text_member(a, text, "content_type"),
                                .payload = json_slice_compact(a, payload),
                                .version = json_integer_value(number),
                                .updated_at = entry_text_member(a, text, "updated_at") };
    return out->key != NULL && out->content_type != NULL && out->version >= 0 &&
           out->updated_at != NULL && timestamp_parse(out->updated_at, &instant);
}

static char *put(char **at, const void *data, size_t len)
{
    char *start = *at;
    memcpy(start, data, len);
    start[len] = '\0';
    *at += len + 1;
    return start;
}

struct data_entry *entry_copy(const struct data_entry *from)
{
    size_t key = strlen(from->key), type = strlen(from->content_type);
    size_t time = strlen(from->updated_at);
    struct data_entry *to = mem_alloc(sizeof *to + key + type + time + from->payload.len + 4);
    char *at = (char *)(to + 1);
    *to = *from;
    to->key = put(&at, from->key, key);
    to->content_type = put(&at, from->content_type, type);
    to->updated_at = put(&at, from->updated_at, time);
    to->payload.data = (unsigned char *)put(&at, from->payload.data, from->payload.len);
    return to;
}
