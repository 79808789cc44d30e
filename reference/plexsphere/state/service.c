#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "reference/plexsphere/events/node_events.h"
#include "reference/plexsphere/state/store.h"
#include "reference/plexsphere/state/view.h"

enum { WORKLOAD_TAG_MAX = 4096, CONTENT_TYPE_MAX = 256, ENTRIES_MAX = 1024 };

static enum state_result refuse(const char **why, const char *sentence)
{
    *why = sentence;
    return STATE_INVALID;
}

/* STA-021: ^[a-z][a-z0-9._-]{0,127}$ */
static bool is_report_key(const char *key)
{
    size_t len = strlen(key);
    return len >= 1 && len <= STATE_KEY_MAX && key[0] >= 'a' && key[0] <= 'z' &&
           strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

/* STA-022: the value is counted in bytes, unlike the schema's maxLength. */
static enum state_result check_report(const struct state_entry *report, const char **why)
{
    if (!is_report_key(report->key))
        return refuse(why, "The key must begin with a letter and have 1 to 128 of a-z, 0-9, '.', "
                           "'_' and '-'.");
    if (strlen(report->value) > REPORT_VALUE_MAX)
        return refuse(why, "The value must have at most 4096 bytes.");
    if (report->workload_tag && text_utf8_length(report->workload_tag) > WORKLOAD_TAG_MAX)
        return refuse(why, "The workload_tag must have at most 4096 characters.");
    if (text_utf8_length(report->content_type) > CONTENT_TYPE_MAX)
        return refuse(why, "The content_type must have at most 256 characters.");
    return STATE_OK;
}

/* The lock makes the count of stored entries true until the commit. */
enum state_result node_report_put(struct tx *tx, const struct uuid *node,
                                  const struct state_entry *report, int64_t now, const char **why)
{
    struct node_place place;
    bool stored;
    enum state_result checked = check_report(report, why);
    if (checked != STATE_OK)
        return checked;
    switch (node_lock(tx, node, &place)) {
    case FOUND: break;
    case NOT_FOUND: return STATE_NOT_FOUND;
    case FIND_FAILED: return STATE_FAILED;
    }
    if (entry_put(tx, node, ENTRY_REPORT, report, REPORTS_PER_NODE, now, &stored) != SQL_OK)
        return STATE_FAILED;
    return stored ? STATE_OK : STATE_QUOTA;
}

enum state_result node_report_delete(struct tx *tx, const struct uuid *node, const char *key)
{
    struct node_place place;
    bool found;
    if (!is_report_key(key))
        return STATE_NOT_FOUND;
    /* CHA-002: a put of an agent that died since may still be under way, and came first. */
    switch (node_lock(tx, node, &place)) {
    case FOUND: break;
    case NOT_FOUND: return STATE_NOT_FOUND;
    case FIND_FAILED: return STATE_FAILED;
    }
    if (entry_delete(tx, node, ENTRY_REPORT, key, &found) != SQL_OK)
        return STATE_FAILED;
    return found ? STATE_OK : STATE_NOT_FOUND;
}

/* ---- what the platform says ---- */

static enum state_result check_entries(const struct state_entry *entries, size_t n,
                                       const char **why)
{
    if (n > ENTRIES_MAX)
        return refuse(why, "A Node has at most 1024 entries of a kind.");
    for (size_t i = 0; i < n; i++) {
        size_t len = text_utf8_length(entries[i].key);
        if (len < 1 || len > STATE_KEY_MAX)
            return refuse(why, "A key must have 1 to 128 characters.");
        len = text_utf8_length(entries[i].content_type);
        if (len < 1 || len > CONTENT_TYPE_MAX)
            return refuse(why, "A content_type must have 1 to 256 characters.");
        if (entries[i].version < 0 || entries[i].version > INT32_MAX)
            return refuse(why, "A version must be a number from 1.");
    }
    return STATE_OK;
}

static const char *keys_of(struct arena *a, const struct state_entry *entries, size_t n)
{
    json_t *keys = json_own(a, json_array());
    for (size_t i = 0; i < n; i++)
        json_array_append_new(keys, json_string(entries[i].key));
    return json_dump(a, keys);
}

static enum sql_result write_entries(struct tx *tx, const struct uuid *node, enum entry_kind kind,
                                     const struct state_entry *entries, size_t n, int64_t now)
{
    bool stored;
    enum sql_result r = entries_keep(tx, node, kind, keys_of(tx_arena(tx), entries, n));
    for (size_t i = 0; i < n && r == SQL_OK; i++)
        r = entry_put(tx, node, kind, &entries[i], ENTRIES_MAX, now, &stored);
    return r;
}

/* STA-034: the event tells all there is, so that whoever missed one is whole after the next. */
static enum sql_result announce(struct tx *tx, const struct uuid *node, const struct uuid *domain,
                                int64_t now)
{
    struct arena *a = tx_arena(tx);
    struct entry_list metadata, data;
    enum sql_result r = entries_of(tx, node, ENTRY_METADATA, &metadata);
    if (r == SQL_OK)
        r = entries_of(tx, node, ENTRY_DATA, &data);
    if (r != SQL_OK)
        return r;
    struct node_event event = {
        .type = "node_state_updated", .domain_id = *domain, .node = node, .payload = json_object()
    };
    json_object_set_new(event.payload, "node_id", json_string(uuid_text(a, node)));
    json_object_set_new(event.payload, "metadata", metadata_map(&metadata));
    json_object_set_new(event.payload, "data", data_entries(a, &data));
    return node_event_append(tx, &event, now);
}

static enum state_result replace(struct tx *tx, const struct uuid *node, enum entry_kind kind,
                                 const struct state_entry *entries, size_t n, int64_t now,
                                 const char **why)
{
    struct node_place place;
    enum state_result checked = check_entries(entries, n, why);
    if (checked != STATE_OK)
        return checked;
    switch (node_lock(tx, node, &place)) {
    case FOUND: break;
    case NOT_FOUND: return STATE_NOT_FOUND;
    case FIND_FAILED: return STATE_FAILED;
    }
    return write_entries(tx, node, kind, entries, n, now) == SQL_OK &&
                   announce(tx, node, &place.domain_id, now) == SQL_OK
               ? STATE_OK
               : STATE_FAILED;
}

enum state_result node_metadata_replace(struct tx *tx, const struct uuid *node,
                                        const struct state_entry *entries, size_t n, int64_t now,
                                        const char **why)
{
    return replace(tx, node, ENTRY_METADATA, entries, n, now, why);
}

enum state_result node_data_replace(struct tx *tx, const struct uuid *node,
                                    const struct state_entry *entries, size_t n, int64_t now,
                                    const char **why)
{
    return replace(tx, node, ENTRY_DATA, entries, n, now, why);
}
