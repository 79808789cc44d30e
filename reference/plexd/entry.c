#include "reference/plexd/entry.h"

#include <string.h>

#include "common/json.h"
#include "common/json_check.h"
#include "common/json_slice.h"
#include "common/memory.h"
#include "common/timestamp.h"

void json_write_text(struct buffer *b, const char *text)
{
    buffer_char(b, '"');
    buffer_json_escaped(b, text, strlen(text));
    buffer_char(b, '"');
}

void entry_write(struct buffer *b, const struct data_entry *entry)
{
    buffer_text(b, "{\"key\":");
    json_write_text(b, entry->key);
    buffer_text(b, ",\"content_type\":");
    json_write_text(b, entry->content_type);
    buffer_text(b, ",\"payload\":");
    buffer_append(b, entry->payload.data, entry->payload.len);
    buffer_printf(b, ",\"version\":%lld,\"updated_at\":", (long long)entry->version);
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
