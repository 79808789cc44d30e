#include "reference/plexsphere/mvp/sync.h"

#include "common/arena.h"
#include "common/json.h"

/* MVP-009: null and absent are an empty list. */
static bool read_list(const json_t *body, const char *key, const json_t **out, const char **why)
{
    const json_t *list = json_member(body, key);
    *out = json_is_null(list) ? NULL : list;
    *why = "The members 'entries' and 'deleted' must be arrays of at most 1024, or null.";
    return !*out || (json_is_array(*out) && json_array_size(*out) <= SYNC_MAX);
}

static bool read_entry(struct arena *a, const json_t *entry, struct sync_entry *out)
{
    const json_t *payload = json_member(entry, "payload");
    const json_t *type = json_member(entry, "content_type");
    out->key = json_text(entry, "key");
    out->content_type = json_text(entry, "content_type");
    out->payload = payload ? json_dump(a, payload) : NULL;
    return out->key && out->payload && (!type || json_is_string(type) || json_is_null(type));
}

static bool read_entries(struct arena *a, const json_t *entries, struct sync *out)
{
    size_t i;
    json_t *one;
    out->n_entries = json_array_size(entries);
    out->entries = arena_alloc_array(a, out->n_entries + 1, sizeof *out->entries);
    json_array_foreach ((json_t *)(uintptr_t)entries, i, one)
        if (!read_entry(a, one, &out->entries[i]))
            return false;
    return true;
}

static bool read_deleted(struct arena *a, const json_t *deleted, struct sync *out)
{
    size_t i;
    json_t *one;
    out->n_deleted = json_array_size(deleted);
    out->deleted = arena_alloc_array(a, out->n_deleted + 1, sizeof *out->deleted);
    json_array_foreach ((json_t *)(uintptr_t)deleted, i, one) {
        out->deleted[i] = json_string_value(one);
        if (!out->deleted[i])
            return false;
    }
    return true;
}

bool sync_read(struct arena *a, const json_t *body, struct sync *out, const char **why)
{
    const json_t *entries, *deleted;
    if (!read_list(body, "entries", &entries, why) || !read_list(body, "deleted", &deleted, why))
        return false;
    *why = "Each entry needs a key and a payload, and each deleted key is text.";
    return read_entries(a, entries, out) && read_deleted(a, deleted, out);
}
