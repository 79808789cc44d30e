#include "reference/plexd/cache.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/file.h"
#include "common/json.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexd/entry.h"
#include "reference/plexd/state_files.h"

enum { KEY_MOST = 255 };

/* Each of the three has an arena of its own, so that what is replaced goes as a whole. */
struct cache {
    char *state, *data_folder;
    struct disk *disk;

    struct arena *metadata_arena;
    json_t *metadata;
    bool metadata_kept; /* the file says the same */

    struct arena *data_arena;
    struct data_entry *data;
    size_t n_data, room;

    struct arena *secrets_arena;
    struct secret_ref *secrets;
    size_t n_secrets;
    bool secrets_kept;
};

/* API-029: a key names a file of its folder and nothing outside it. */
static bool key_is_kept(const char *key)
{
    size_t len = key == NULL ? 0 : strlen(key);
    if (len == 0 || len > KEY_MOST || text_equal(key, ".") || text_equal(key, "..") ||
        strchr(key, '/') != NULL || !text_is_utf8(key, len))
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)key[i] < 0x20)
            return false;
    return true;
}

static void write_file(const struct cache *c, struct arena *a, const char *name, struct buffer *b)
{
    buffer_char(b, '\n');
    state_file_write(c->disk, path_join(a, c->state, name),
                     (struct bytes){ (unsigned char *)b->data, b->len });
}

/* ---- metadata ---- */

/* Only text has a place in metadata. */
static json_t *texts_of(struct arena *a, const json_t *object)
{
    json_t *out = json_own(a, json_object()), *value;
    const char *key;
    json_object_foreach ((json_t *)(uintptr_t)object, key, value)
        if (json_is_string(value))
            json_object_set_new(out, key, json_deep_copy(value));
    return out;
}

static void take_metadata(struct cache *c, const json_t *object)
{
    struct arena *a = arena_create();
    c->metadata = texts_of(a, object);
    arena_destroy(c->metadata_arena);
    c->metadata_arena = a;
}

static bool load_metadata(void *self, const char *name, struct bytes text)
{
    struct cache *c = self;
    struct arena *a = arena_create();
    json_t *value;
    (void)name;
    bool ok = json_parse(a, text.data, text.len, &value, NULL) &&
              (json_is_object(value) || json_is_null(value));
    if (ok)
        take_metadata(c, value);
    c->metadata_kept = ok;
    arena_destroy(a);
    return ok;
}

void cache_set_metadata(struct cache *c, const json_t *metadata)
{
    struct arena *a = arena_create();
    struct buffer b;
    bool same = c->metadata_kept && json_equal(c->metadata, texts_of(a, metadata)) == 1;
    if (!same) {
        take_metadata(c, metadata);
        buffer_init_arena(&b, SIZE_MAX, a);
        buffer_text(&b, json_dump(a, c->metadata));
        write_file(c, a, "metadata.json", &b);
        c->metadata_kept = true;
    }
    arena_destroy(a);
}

const json_t *cache_metadata(const struct cache *c)
{
    return c->metadata;
}

/* ---- data ---- */

static int by_key(const void *left, const void *right)
{
    return strcmp(((const struct data_entry *)left)->key, ((const struct data_entry *)right)->key);
}

const struct data_entry *cache_data(const struct cache *c, size_t *n)
{
    *n = c->n_data;
    return c->data;
}

const struct data_entry *cache_data_find(const struct cache *c, const char *key)
{
    struct data_entry wanted = { .key = key };
    return c->n_data == 0 ? NULL : bsearch(&wanted, c->data, c->n_data, sizeof wanted, by_key);
}

static struct data_entry copy_of(struct arena *a, const struct data_entry *from)
{
    struct data_entry to = *from;
    to.key = arena_strdup(a, from->key);
    to.content_type = arena_strdup(a, from->content_type == NULL ? "" : from->content_type);
    to.updated_at = arena_strdup(a, from->updated_at == NULL ? "" : from->updated_at);
    to.payload.data = from->payload.len == 0 ? (const unsigned char *)"null"
                                             : arena_copy(a, from->payload.data, from->payload.len);
    to.payload.len = from->payload.len == 0 ? 4 : from->payload.len;
    return to;
}

/* Files come in no order that matters: the array is sorted when all are read. */
static bool load_entry(void *self, const char *name, struct bytes text)
{
    struct cache *c = self;
    struct arena *a = arena_create();
    struct data_entry entry;
    bool ok = entry_read(a, text, &entry) && key_is_kept(entry.key) &&
              text_equal(name, state_file_name(a, entry.key));
    if (ok && c->n_data == c->room) {
        c->room = c->room == 0 ? 16 : 2 * c->room;
        struct data_entry *more = arena_alloc_array(c->data_arena, c->room, sizeof *more);
        if (c->n_data > 0)
            memcpy(more, c->data, c->n_data * sizeof *more);
        c->data = more;
    }
    if (ok)
        c->data[c->n_data++] = copy_of(c->data_arena, &entry);
    arena_destroy(a);
    return ok;
}

static bool same_content(const struct data_entry *a, const struct data_entry *b)
{
    return text_equal(a->content_type, b->content_type) && a->payload.len == b->payload.len &&
           memcmp(a->payload.data, b->payload.data, a->payload.len) == 0;
}

/* What the dialect does not tell (version 0, no time) is counted here: from 1, one more with each
 * change. */
static void complete(struct arena *a, struct data_entry *entry, const struct data_entry *old)
{
    bool same = old != NULL && same_content(entry, old);
    if (entry->version <= 0)
        entry->version = old == NULL ? 1 : old->version + (same ? 0 : 1);
    if (*entry->updated_at == '\0')
        entry->updated_at =
            same ? arena_strdup(a, old->updated_at) : timestamp_format(a, clock_wall_micros());
}

static void write_entry(const struct cache *c, const struct data_entry *entry)
{
    struct arena *a = arena_create();
    struct buffer b;
    buffer_init_arena(&b, SIZE_MAX, a);
    entry_write(&b, entry);
    buffer_char(&b, '\n');
    state_file_write(c->disk, path_join(a, c->data_folder, state_file_name(a, entry->key)),
                     (struct bytes){ (unsigned char *)b.data, b.len });
    arena_destroy(a);
}

static int by_key_and_version(const void *left, const void *right)
{
    const struct data_entry *a = left, *b = right;
    int order = by_key(a, b);
    return order != 0 ? order : (a->version > b->version) - (a->version < b->version);
}

/* Kept ones in order, without doubles: of two with one key the higher version stays. */
static size_t keep(struct arena *a, const struct data_entry *from, size_t n, struct data_entry *to)
{
    size_t copied = 0, kept = 0;
    for (size_t i = 0; i < n; i++)
        if (key_is_kept(from[i].key))
            to[copied++] = copy_of(a, &from[i]);
        else
            log_line(LOG_WARN, "data key refused", "component", "nodeapi", "key", from[i].key,
                     NULL);
    if (copied > 0)
        qsort(to, copied, sizeof *to, by_key_and_version);
    for (size_t i = 0; i < copied; i++)
        if (i + 1 == copied || by_key(&to[i], &to[i + 1]) != 0)
            to[kept++] = to[i];
    return kept;
}

static void write_changes(const struct cache *c, const struct data_entry *old, size_t n_old)
{
    struct arena *a = arena_create();
    for (size_t i = 0; i < n_old; i++)
        if (cache_data_find(c, old[i].key) == NULL)
            state_file_remove(c->disk,
                              path_join(a, c->data_folder, state_file_name(a, old[i].key)));
    for (size_t i = 0; i < c->n_data; i++) {
        const struct data_entry *now = &c->data[i];
        const struct data_entry *was =
            n_old == 0 ? NULL : bsearch(now, old, n_old, sizeof *old, by_key);
        if (was == NULL || was->version != now->version || !same_content(was, now) ||
            !text_equal(was->updated_at, now->updated_at))
            write_entry(c, now);
    }
    arena_destroy(a);
}

void cache_set_data(struct cache *c, const struct data_entry *entries, size_t n)
{
    struct arena *a = arena_create(), *old_arena = c->data_arena;
    struct data_entry *old = c->data, *now = arena_alloc_array(a, n + 1, sizeof *now);
    size_t n_old = c->n_data, kept = keep(a, entries, n, now);
    for (size_t i = 0; i < kept; i++)
        complete(a, &now[i], cache_data_find(c, now[i].key));
    c->data_arena = a;
    c->data = now;
    c->n_data = c->room = kept;
    write_changes(c, old, n_old);
    arena_destroy(old_arena);
}

/* ---- the secret index ---- */

static void take_secrets(struct cache *c, struct arena *a, struct secret_ref *refs, size_t n)
{
    arena_destroy(c->secrets_arena);
    c->secrets_arena = a;
    c->secrets = refs;
    c->n_secrets = n;
}

static bool load_secrets(void *self, const char *name, struct bytes text)
{
    struct cache *c = self;
    struct arena *a = arena_create();
    json_t *list, *item;
    size_t i, n = 0;
    (void)name;
    if (!json_parse(a, text.data, text.len, &list, NULL) ||
        !(json_is_array(list) || json_is_null(list))) {
        arena_destroy(a);
        return false;
    }
    struct secret_ref *refs = arena_alloc_array(a, json_array_size(list) + 1, sizeof *refs);
    json_array_foreach (list, i, item) {
        refs[n] = (struct secret_ref){ json_text(item, "key"), json_int(item, "version", 0) };
        if (refs[n].key != NULL)
            n++;
    }
    take_secrets(c, a, refs, n);
    c->secrets_kept = n == i;
    return true;
}

static bool same_secrets(const struct cache *c, const struct secret_ref *refs, size_t n)
{
    bool same = c->secrets_kept && n == c->n_secrets;
    for (size_t i = 0; same && i < n; i++)
        same =
            text_equal(refs[i].key, c->secrets[i].key) && refs[i].version == c->secrets[i].version;
    return same;
}

void cache_set_secrets(struct cache *c, const struct secret_ref *refs, size_t n)
{
    if (same_secrets(c, refs, n))
        return;
    struct arena *a = arena_create();
    struct secret_ref *now = arena_alloc_array(a, n + 1, sizeof *now);
    struct buffer b;
    buffer_init_arena(&b, SIZE_MAX, a);
    buffer_char(&b, '[');
    for (size_t i = 0; i < n; i++) {
        now[i] = (struct secret_ref){ arena_strdup(a, refs[i].key), refs[i].version };
        buffer_text(&b, i > 0 ? ",{\"key\":" : "{\"key\":");
        json_write_text(&b, now[i].key);
        buffer_printf(&b, ",\"version\":%lld}", (long long)now[i].version);
    }
    buffer_char(&b, ']');
    write_file(c, a, "secrets.json", &b);
    take_secrets(c, a, now, n);
    c->secrets_kept = true;
}

const struct secret_ref *cache_secrets(const struct cache *c, size_t *n)
{
    *n = c->n_secrets;
    return c->secrets;
}

/* ---- life ---- */

static void load(struct cache *c)
{
    struct arena *a = arena_create();
    state_file_read(path_join(a, c->state, "metadata.json"), load_metadata, c);
    state_file_read(path_join(a, c->state, "secrets.json"), load_secrets, c);
    state_folder_read(c->data_folder, load_entry, c);
    if (c->n_data > 0)
        qsort(c->data, c->n_data, sizeof *c->data, by_key);
    arena_destroy(a);
}

bool cache_open(const char *data_dir, struct disk *disk, struct cache **out, struct error *e)
{
    struct arena *a = arena_create();
    struct cache *c = mem_alloc(sizeof *c);
    c->state = mem_strdup(path_join(a, data_dir, "state"));
    c->data_folder = mem_strdup(path_join(a, c->state, "data"));
    arena_destroy(a);
    c->disk = disk;
    c->metadata_arena = arena_create();
    c->metadata = json_own(c->metadata_arena, json_object());
    c->data_arena = arena_create();
    c->secrets_arena = arena_create();
    if (!state_folder_open(c->state, e) || !state_folder_open(c->data_folder, e)) {
        cache_close(c);
        return error_prefix(e, "state cache");
    }
    load(c);
    *out = c;
    return true;
}

void cache_close(struct cache *c)
{
    if (c == NULL)
        return;
    arena_destroy(c->metadata_arena);
    arena_destroy(c->data_arena);
    arena_destroy(c->secrets_arena);
    mem_free(c->state);
    mem_free(c->data_folder);
    mem_free(c);
}
