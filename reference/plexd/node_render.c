/* The bodies of seed 002, member for member. */
#include "common/buffer.h"
#include "common/json.h"
#include "reference/plexd/entry.h"
#include "reference/plexd/node_routes.h"

static struct buffer begin(struct arena *a)
{
    struct buffer b;
    buffer_init_arena(&b, SIZE_MAX / 2, a);
    return b;
}

static void metadata(struct buffer *b, const json_t *object)
{
    const char *key, *comma = "";
    json_t *value;
    buffer_char(b, '{');
    json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
        buffer_text(b, comma);
        json_write_text(b, key);
        buffer_char(b, ':');
        json_write_text(b, json_string_value(value));
        comma = ",";
    }
    buffer_char(b, '}');
}

static void key_and_version(struct buffer *b, size_t i, const char *key, int64_t version)
{
    buffer_text(b, i > 0 ? ",{\"key\":" : "{\"key\":");
    json_write_text(b, key);
    buffer_text(b, ",\"version\":");
    json_write_integer(b, version);
}

static void data(struct buffer *b, const struct cache *c)
{
    size_t n;
    const struct data_entry *entries = cache_data(c, &n);
    buffer_char(b, '[');
    for (size_t i = 0; i < n; i++) {
        key_and_version(b, i, entries[i].key, entries[i].version);
        buffer_text(b, ",\"content_type\":");
        json_write_text(b, entries[i].content_type);
        buffer_char(b, '}');
    }
    buffer_char(b, ']');
}

static void secrets(struct buffer *b, const struct cache *c)
{
    size_t n;
    const struct secret_ref *refs = cache_secrets(c, &n);
    buffer_char(b, '[');
    for (size_t i = 0; i < n; i++) {
        key_and_version(b, i, refs[i].key, refs[i].version);
        buffer_char(b, '}');
    }
    buffer_char(b, ']');
}

static void reports(struct buffer *b, struct reports *r)
{
    size_t n;
    const struct data_entry *all = reports_all(r, &n);
    buffer_char(b, '[');
    for (size_t i = 0; i < n; i++) {
        key_and_version(b, i, all[i].key, all[i].version);
        buffer_char(b, '}');
    }
    buffer_char(b, ']');
}

struct buffer node_render_summary(struct node_api *n, struct arena *a)
{
    struct buffer b = begin(a);
    buffer_text(&b, "{\"metadata\":");
    metadata(&b, cache_metadata(n->o.cache));
    buffer_text(&b, ",\"data_keys\":");
    data(&b, n->o.cache);
    buffer_text(&b, ",\"secret_keys\":");
    secrets(&b, n->o.cache);
    buffer_text(&b, ",\"report_keys\":");
    reports(&b, n->o.reports);
    buffer_text(&b, "}\n");
    return b;
}

struct buffer node_render_metadata(struct node_api *n, struct arena *a)
{
    struct buffer b = begin(a);
    metadata(&b, cache_metadata(n->o.cache));
    buffer_char(&b, '\n');
    return b;
}

struct buffer node_render_data(struct node_api *n, struct arena *a)
{
    struct buffer b = begin(a);
    data(&b, n->o.cache);
    buffer_char(&b, '\n');
    return b;
}

struct buffer node_render_secrets(struct node_api *n, struct arena *a)
{
    struct buffer b = begin(a);
    secrets(&b, n->o.cache);
    buffer_char(&b, '\n');
    return b;
}

struct buffer node_render_reports(struct node_api *n, struct arena *a)
{
    struct buffer b = begin(a);
    reports(&b, n->o.reports);
    buffer_char(&b, '\n');
    return b;
}

struct buffer node_render_entry(const struct data_entry *entry, struct arena *a)
{
    struct buffer b = begin(a);
    entry_write(&b, entry);
    buffer_char(&b, '\n');
    return b;
}

struct buffer node_render_pair(const char *key, const char *value, struct arena *a)
{
    struct buffer b = begin(a);
    buffer_text(&b, "{\"key\":");
    json_write_text(&b, key);
    buffer_text(&b, ",\"value\":");
    json_write_text(&b, value);
    buffer_text(&b, "}\n");
    return b;
}
