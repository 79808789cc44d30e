#include "harness/agent_dialect.h"

#include <string.h>

#include "common/buffer.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/url.h"

const char *agent_dialect_name(enum agent_dialect d)
{
    return d == AGENT_MVP ? "mvp" : "v1";
}

/* ---- answers ------------------------------------------------------------------------------ */

json_t *dialect_register_answer(enum agent_dialect d, const struct dialect_node *n)
{
    if (d == AGENT_MVP)
        return json_pack("{s:s, s:s, s:s, s:s, s:[]}", "node_id", n->node_id, "mesh_ip", n->mesh_ip,
                         "signing_public_key", n->key->public_b64, "node_secret_key", n->nsk,
                         "peers");
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:[], s:s}", "node_id", n->node_id, "mesh_ip",
                     n->mesh_ip, "signing_public_key", n->key->public_b64, "signing_key_id",
                     n->key->id, "nsk", n->nsk, "peer_snapshot", "domain_mesh_cidr",
                     "10.99.0.0/16");
}

json_t *dialect_heartbeat_answer(enum agent_dialect d, int64_t now, bool reconcile,
                                 bool rotate_keys)
{
    json_t *answer = json_pack("{s:b, s:b}", "reconcile", reconcile, "rotate_keys", rotate_keys);
    if (d == AGENT_V1) {
        struct arena *a = arena_create();
        json_object_set_new(answer, "accepted_at", json_string(timestamp_format(a, now)));
        arena_destroy(a);
    }
    return answer;
}

static const char *value_text(struct arena *a, const json_t *value)
{
    return json_is_string(value) ? json_string_value(value) : json_dump(a, value);
}

/* v1 keeps texts: {key, value} by key, as the contract orders them. */
static json_t *entries_of_map(struct arena *a, const json_t *map)
{
    json_t *sorted = json_own(a, json_loads(json_dump_sorted(a, map), 0, NULL)),
           *out = json_array();
    const char *key;
    json_t *value;
    json_object_foreach (sorted, key, value)
        json_array_append_new(out,
                              json_pack("{s:s, s:s}", "key", key, "value", value_text(a, value)));
    return out;
}

static json_t *entries_of_data(struct arena *a, const json_t *data)
{
    json_t *out = json_array(), *one;
    size_t i;
    json_array_foreach (data, i, one)
        json_array_append_new(out, json_pack("{s:s?, s:s}", "key", json_text(one, "key"), "value",
                                             value_text(a, json_member(one, "payload"))));
    return out;
}

static json_t *v1_peers(const json_t *peers)
{
    json_t *out = json_array(), *one;
    size_t i;
    json_array_foreach (peers, i, one)
        json_array_append_new(out, json_pack("{s:s?, s:s?, s:s?}", "node_id", json_text(one, "id"),
                                             "mesh_ip", json_text(one, "mesh_ip"), "public_key",
                                             json_text(one, "public_key")));
    return out;
}

static json_t *v1_block(struct arena *a, const json_t *state)
{
    return json_pack("{s:o, s:o, s:[]}", "metadata",
                     entries_of_map(a, json_member(state, "metadata")), "data",
                     entries_of_data(a, json_member(state, "data")), "reports");
}

static json_t *v1_state(struct arena *a, const json_t *state, int64_t now)
{
    json_t *block = v1_block(a, state);
    json_t *out = json_pack("{s:o, s:{s:s, s:s}, s:n, s:n, s:O, s:O}", "peers",
                            v1_peers(json_member(state, "peers")), "reachability", "state",
                            "healthy", "changed_at", timestamp_format(a, now), "policy", "bridge",
                            "state", block, "reports", block);
    json_decref(block);
    if (json_member(state, "secret_refs") != NULL) /* ruling 2 */
        json_object_set(out, "secret_refs", json_member(state, "secret_refs"));
    if (json_member(state, "signing_keys") != NULL)
        json_object_set(out, "signing_keys", json_member(state, "signing_keys"));
    return out;
}

json_t *dialect_state_answer(struct arena *a, enum agent_dialect d, const json_t *state,
                             int64_t now)
{
    return d == AGENT_MVP ? json_deep_copy(state) : v1_state(a, state, now);
}

json_t *dialect_state_payload(struct arena *a, enum agent_dialect d, const char *node_id,
                              const json_t *state)
{
    if (d == AGENT_MVP)
        return json_pack("{s:O?, s:O?}", "metadata", json_member(state, "metadata"), "data",
                         json_member(state, "data"));
    return json_pack("{s:s, s:o, s:o}", "node_id", node_id, "metadata",
                     entries_of_map(a, json_member(state, "metadata")), "data",
                     entries_of_data(a, json_member(state, "data")));
}

json_t *dialect_secrets_payload(enum agent_dialect d, const char *node_id, const json_t *refs)
{
    json_t *out = json_pack("{s:O}", "secret_refs", refs);
    if (d == AGENT_V1)
        json_object_set_new(out, "node_id", json_string(node_id));
    return out;
}

struct bytes dialect_secret_body(struct arena *a, enum agent_dialect d, const char *key,
                                 int64_t version, struct bytes nonce, struct bytes ciphertext)
{
    struct buffer b;
    buffer_init_arena(&b, 4u << 20, a);
    if (d == AGENT_V1) {
        buffer_append(&b, nonce.data, nonce.len);
        buffer_append(&b, ciphertext.data, ciphertext.len);
        return (struct bytes){ (unsigned char *)b.data, b.len };
    }
    const json_t *body =
        json_own(a, json_pack("{s:s, s:s, s:s, s:I}", "key", key, "ciphertext",
                              base64_encode(a, BASE64_STANDARD, ciphertext.data, ciphertext.len),
                              "nonce", base64_encode(a, BASE64_STANDARD, nonce.data, nonce.len),
                              "version", (json_int_t)version));
    const char *text = json_dump(a, body);
    return BYTES_OF_TEXT(text);
}

/* ---- what an agent sent ------------------------------------------------------------------- */

/* /v1/nodes/{id}/state/reports/{key}: value is the compact payload (ruling 9). */
static bool v1_report(struct arena *a, const char *method, const char *path, struct bytes body,
                      struct sent_report *out, const char **why)
{
    static const char marker[] = "/state/reports/";
    const char *at = strstr(path, marker);
    json_t *document, *payload;
    struct error e = { "" };
    char *key;
    if (at == NULL ||
        !url_decode(a, at + strlen(marker), strcspn(at + strlen(marker), "?"), &key)) {
        *why = "its path is not /v1/nodes/{id}/state/reports/{key}";
        return false;
    }
    *out = (struct sent_report){ .key = key, .deleted = text_equal(method, "DELETE") };
    if (out->deleted)
        return true;
    if (!json_parse(a, body.data, body.len, &document, &e) || !json_text(document, "value")) {
        *why = "its body has no text member value";
        return false;
    }
    const char *value = json_text(document, "value");
    if (!json_parse(a, value, strlen(value), &payload, &e)) {
        *why = "its value is not the payload's JSON";
        return false;
    }
    out->payload = json_dump_sorted(a, payload);
    return true;
}

static bool mvp_entry(struct arena *a, const json_t *entry, struct sent_report *out,
                      const char **why)
{
    const json_t *payload = json_member(entry, "payload");
    out->key = json_text(entry, "key");
    out->version = json_int(entry, "version", 0);
    int64_t at;
    if (out->key == NULL || payload == NULL || out->version < 1 ||
        json_text(entry, "content_type") == NULL) {
        *why = "an entry lacks key, content_type, payload or version";
        return false;
    }
    if (!timestamp_parse(json_text(entry, "updated_at"), &at)) {
        *why = "an entry's updated_at is no RFC 3339 time";
        return false;
    }
    out->payload = json_dump_sorted(a, payload);
    return true;
}

static bool list_or_null(const json_t *body, const char *name)
{
    const json_t *value = json_object_get(body, name);
    return json_is_array(value) || json_is_null(value);
}

static bool mvp_reports(struct arena *a, struct bytes raw, struct sent_report **out, size_t *n,
                        const char **why)
{
    json_t *body, *one;
    size_t i;
    struct error e = { "" };
    *why = "its body is not {entries: [...] or null, deleted: [...] or null}";
    if (!json_parse(a, raw.data, raw.len, &body, &e) || !list_or_null(body, "entries") ||
        !list_or_null(body, "deleted"))
        return false;
    const json_t *entries = json_member(body, "entries"), *deleted = json_member(body, "deleted");
    *out =
        arena_alloc_array(a, json_array_size(entries) + json_array_size(deleted) + 1, sizeof **out);
    *n = 0;
    json_array_foreach (entries, i, one)
        if (!mvp_entry(a, one, &(*out)[(*n)++], why))
            return false;
    json_array_foreach (deleted, i, one) {
        if (!json_is_string(one))
            return false;
        (*out)[(*n)++] = (struct sent_report){ .key = json_string_value(one), .deleted = true };
    }
    return true;
}

bool dialect_reports(struct arena *a, enum agent_dialect d, const char *method, const char *path,
                     struct bytes body, struct sent_report **out, size_t *n, const char **why)
{
    if (d == AGENT_MVP)
        return mvp_reports(a, body, out, n, why);
    *out = arena_alloc(a, sizeof **out);
    *n = 1;
    return v1_report(a, method, path, body, *out, why);
}
