#include "reference/plexsphere/state/view.h"

#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/mvp/mvp.h"

static json_t *id_view(struct arena *a, const struct uuid *id)
{
    return json_string(uuid_text(a, id));
}

static json_t *key_view(struct arena *a, const struct node_peer *peer)
{
    return json_string(
        base64_encode(a, BASE64_STANDARD, peer->public_key.data, peer->public_key.len));
}

/* Named by both dialects alike: names and versions, never a value (STA-015). */
static json_t *secret_refs(const struct snapshot *s)
{
    json_t *refs = json_array();
    for (size_t i = 0; i < s->n_secrets; i++)
        json_array_append_new(refs, json_pack("{s:s, s:I}", "key", s->secrets[i].name, "version",
                                              (json_int_t)s->secrets[i].version));
    return refs;
}

static void set_version(struct arena *a, json_t *view, const struct state_entry *e)
{
    json_object_set_new(view, "version", json_integer(e->version));
    json_object_set_new(view, "updated_at", json_string(timestamp_format(a, e->updated_at)));
}

static json_t *public_key_text(struct arena *a, const struct signing_key *key)
{
    return json_string(base64_encode(a, BASE64_STANDARD, key->public_key, sizeof key->public_key));
}

/* STA-039: by both dialects alike, as the event signing_key_rotated has them. */
static void set_signing_keys(struct arena *a, json_t *view, const struct snapshot *s)
{
    const struct signing_keys *k = &s->keys;
    json_t *keys = json_object();
    if (!s->has_keys) {
        json_decref(keys);
        return;
    }
    json_object_set_new(keys, "current", public_key_text(a, &k->current));
    json_object_set_new(keys, "current_id", json_string(k->current.key_id));
    if (k->in_transition) {
        json_object_set_new(keys, "previous", public_key_text(a, &k->previous));
        json_object_set_new(keys, "previous_id", json_string(k->previous.key_id));
        json_object_set_new(keys, "transition_expires",
                            json_string(timestamp_format(a, k->transition_expires)));
    }
    json_object_set_new(view, "signing_keys", keys);
}

/* ---- v1 ---- */

static json_t *peers_view(struct arena *a, const struct snapshot *s)
{
    json_t *peers = json_array();
    for (size_t i = 0; i < s->n_peers; i++) {
        json_t *peer = json_object();
        json_object_set_new(peer, "node_id", id_view(a, &s->peers[i].id));
        json_object_set_new(peer, "mesh_ip", json_string(s->peers[i].mesh_ip));
        json_object_set_new(peer, "public_key", key_view(a, &s->peers[i]));
        json_array_append_new(peers, peer);
    }
    return peers;
}

static json_t *entries_view(struct arena *a, const struct entry_list *list, enum entry_kind kind)
{
    json_t *view = json_array();
    for (size_t i = 0; i < list->n; i++) {
        const struct state_entry *e = &list->items[i];
        json_t *entry = json_pack("{s:s, s:s}", "key", e->key, "value", e->value);
        if (e->workload_tag)
            json_object_set_new(entry, "workload_tag", json_string(e->workload_tag));
        if (kind == ENTRY_DATA) {
            json_object_set_new(entry, "content_type", json_string(e->content_type));
            set_version(a, entry, e);
        }
        json_array_append_new(view, entry);
    }
    return view;
}

static json_t *ledger_view(struct arena *a, const struct snapshot *s)
{
    static const char *const names[ENTRY_KINDS] = { "metadata", "data", "reports" };
    json_t *ledger = json_object();
    for (enum entry_kind kind = ENTRY_METADATA; kind < ENTRY_KINDS; kind++)
        json_object_set_new(ledger, names[kind], entries_view(a, &s->entries[kind], kind));
    return ledger;
}

json_t *snapshot_view(struct arena *a, const struct snapshot *s, int64_t now)
{
    struct node_reachability r = node_reachability(&s->heard, &s->policy, now);
    json_t *view = json_object(), *ledger = ledger_view(a, s);
    json_object_set_new(view, "peers", peers_view(a, s));
    json_object_set_new(view, "reachability", node_reachability_view(a, &r));
    /* Nothing compiles policies and nothing configures bridges yet: no row, hence null. */
    json_object_set_new(view, "policy", json_null());
    json_object_set_new(view, "bridge", json_null());
    json_object_set_new(view, "state", ledger);
    json_object_set(view, "reports", ledger); /* STA-008: the same, once more */
    json_object_set_new(view, "secret_refs", secret_refs(s));
    set_signing_keys(a, view, s);
    return view;
}

/* ---- MVP ---- */

/* STA-036 */
static json_t *mvp_peers(struct arena *a, const struct snapshot *s)
{
    json_t *peers = json_array();
    for (size_t i = 0; i < s->n_peers; i++)
        json_array_append_new(peers, mvp_peer_view(a, &s->peers[i]));
    return peers;
}

json_t *metadata_map(const struct entry_list *metadata)
{
    json_t *map = json_object();
    for (size_t i = 0; i < metadata->n; i++)
        json_object_set_new(map, metadata->items[i].key, json_string(metadata->items[i].value));
    return map;
}

/* STA-035: a payload that was given as JSON is given on as JSON, any other as a text. */
static json_t *payload_of(struct arena *a, const struct state_entry *e)
{
    json_t *payload;
    struct error ignored = { "" };
    if (e->is_json && json_parse(a, e->value, strlen(e->value), &payload, &ignored))
        return json_incref(payload);
    return json_string(e->value);
}

json_t *data_entries(struct arena *a, const struct entry_list *data)
{
    json_t *view = json_array();
    for (size_t i = 0; i < data->n; i++) {
        const struct state_entry *e = &data->items[i];
        json_t *entry = json_object();
        json_object_set_new(entry, "key", json_string(e->key));
        json_object_set_new(entry, "content_type", json_string(e->content_type));
        json_object_set_new(entry, "payload", payload_of(a, e));
        set_version(a, entry, e);
        json_array_append_new(view, entry);
    }
    return view;
}

json_t *snapshot_view_mvp(struct arena *a, const struct snapshot *s)
{
    json_t *view = json_object();
    json_object_set_new(view, "peers", mvp_peers(a, s));
    json_object_set_new(view, "policies", json_array());
    json_object_set_new(view, "metadata", metadata_map(&s->entries[ENTRY_METADATA]));
    json_object_set_new(view, "data", data_entries(a, &s->entries[ENTRY_DATA]));
    json_object_set_new(view, "secret_refs", secret_refs(s));
    set_signing_keys(a, view, s);
    return view;
}
