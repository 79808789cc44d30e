#include "harness/waiver.h"

#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/yaml.h"
#include "harness/case.h"

#define FILE_CAP (1024u * 1024)
#define DAY (INT64_C(86400) * MICROS_PER_SECOND)

static const char *const members[] = { "id", "owner", "reason", "expires" };

static bool is_date(struct arena *a, const char *text, int64_t *midnight)
{
    return strlen(text) == strlen("YYYY-MM-DD") &&
           timestamp_parse(arena_printf(a, "%sT00:00:00Z", text), midnight);
}

static bool known_member(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (text_equal(members[i], name))
            return true;
    }
    return false;
}

/* Why this waiver waives nothing, or NULL. */
static const char *find_fault(struct arena *a, const json_t *entry, const struct waivers *before,
                              int64_t now)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)entry, key, value) {
        if (!known_member(key))
            return arena_printf(a, "unknown member '%s' (known: id, owner, reason, expires)", key);
    }
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (text_blank(json_text(entry, members[i])))
            return arena_printf(a, "a waiver needs '%s', as text", members[i]);
    }
    const char *id = json_text(entry, "id"), *expires = json_text(entry, "expires");
    int64_t last_day;
    if (!is_date(a, expires, &last_day))
        return arena_printf(a, "expires '%s' is not a date YYYY-MM-DD", expires);
    if (case_find(id) == NULL)
        return arena_printf(a, "no case has the id '%s'; `plexconf list` shows them", id);
    for (size_t i = 0; i < before->n; i++) {
        if (text_equal(before->rows[i].id, id))
            return arena_printf(a, "'%s' is waived twice", id);
    }
    if (now >= last_day + DAY)
        return arena_printf(a, "the waiver of '%s' expired on %s", id, expires);
    return NULL;
}

bool waivers_load(struct arena *a, const char *path, int64_t now, struct waivers *out,
                  struct error *e)
{
    json_t *list;
    *out = (struct waivers){ 0 };
    if (!yaml_parse_file(a, path, FILE_CAP, &list, e))
        return error_prefix(e, "waivers %s", path);
    if (!json_is_array(list))
        return error_set(e, "waivers %s: must be a list of {id, owner, reason, expires}", path);
    out->rows = arena_alloc_array(a, json_array_size(list) + 1, sizeof(*out->rows));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        if (!json_is_object(entry))
            return error_set(e, "waivers %s: entry %zu is not a mapping", path, i + 1);
        int line = yaml_line_of(a, entry, NULL);
        const char *fault = find_fault(a, entry, out, now);
        out->rows[out->n++] = (struct waiver){
            .id = json_text(entry, "id"),
            .owner = json_text(entry, "owner"),
            .reason = json_text(entry, "reason"),
            .expires = json_text(entry, "expires"),
            .line = line,
            .fault = fault == NULL ? NULL : arena_printf(a, "waivers %s:%d: %s", path, line, fault),
        };
    }
    return true;
}

const struct waiver *waivers_for(const struct waivers *w, const char *id)
{
    for (size_t i = 0; w != NULL && i < w->n; i++) {
        if (w->rows[i].fault == NULL && text_equal(w->rows[i].id, id))
            return &w->rows[i];
    }
    return NULL;
}
