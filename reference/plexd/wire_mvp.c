/* The agent's MVP dialect (seed 002, ruling 1; plexd-facts 1, 2, 3.3 to 3.5, 4, 5.4). */
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/json_slice.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/url.h"
#include "reference/plexd/wire_mvp.h"
#include "reference/plexd/wire_read.h"

#define BODY_CAP (16u << 20)

static void register_request(struct arena *a, const struct registration_order *o,
                             struct http_request *out)
{
    json_t *body =
        json_pack("{s:s, s:s, s:s}", "token", o->token, "public_key",
                  base64_encode(a, BASE64_STANDARD, o->public_key, 32), "hostname", o->hostname);
    if (json_object_size(o->metadata) > 0)
        json_object_set(body, "metadata", (json_t *)(uintptr_t)o->metadata);
    wire_body(a, "POST", "/v1/register", body, out);
    out->bearer = o->token;
    out->gzip = true;
}

static bool register_answer(struct arena *a, const struct http_answer *answer, struct identity *out,
                            struct error *e)
{
    json_t *object;
    return wire_object(a, answer->body, &object, e) &&
           wire_identity(a, object, "mvp", "node_secret_key", out, e);
}

static void heartbeat_request(struct arena *a, const struct heartbeat_facts *f,
                              struct http_request *out)
{
    json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:s}", "node_id", f->node_id, "timestamp",
                             timestamp_format(a, f->now), "status", "healthy", "uptime",
                             duration_format(a, f->uptime), "binary_checksum",
                             hex_encode(a, f->binary_checksum, 32));
    wire_body(a, "POST", wire_node_path(a, f->node_id, "/heartbeat"), body, out);
}

/* The dialect's agents answer rotate_keys with a look at the state alone (plexd-facts 4). */
static bool rotate_request(struct arena *a, const unsigned char public_key[32],
                           struct http_request *out)
{
    (void)a, (void)public_key, (void)out;
    return false;
}

static bool drift_request(struct arena *a, const char *node_id, int64_t now,
                          const struct correction *corrections, size_t n, struct http_request *out)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "type", corrections[i].type, "detail",
                                              corrections[i].detail));
    json_t *body =
        json_pack("{s:s, s:o}", "timestamp", timestamp_format(a, now), "corrections", list);
    wire_body(a, "POST", wire_node_path(a, node_id, "/drift"), body, out);
    out->gzip = true;
    return true;
}

/* ---- events ---- */

static bool envelope(struct arena *a, struct bytes data, struct envelope *out, struct error *e)
{
    json_t *object;
    if (!json_parse(a, data.data, data.len, &object, e))
        return false;
    const char *issued_at = json_text(object, "issued_at");
    *out = (struct envelope){
        .type = json_text(object, "event_type"),
        .id = json_text(object, "event_id"),
        .key_id = "",
        .replay = wire_text(object, "nonce"),
        .signature = wire_text(object, "signature"),
        .payload = BYTES_OF_TEXT("null"),
    };
    if (text_blank(out->type) || text_blank(out->id))
        return error_set(e, "an envelope without event_type or event_id");
    out->has_issued_at = timestamp_parse(issued_at, &out->issued_at) &&
                         !text_starts(issued_at, "0001-01-01T00:00:00");
    struct bytes payload;
    if (json_slice_member(data, "payload", &payload))
        out->payload = payload;
    if (out->has_issued_at)
        out->signed_bytes =
            mvp_canonical(a, out->type, out->id, issued_at, out->replay, out->payload);
    return true;
}

/* ---- state ---- */

static bool one_peer(struct arena *a, const json_t *peer, struct peer *out)
{
    *out = (struct peer){
        .id = json_text(peer, "id"),
        .public_key = wire_text(peer, "public_key"),
        .mesh_ip = wire_text(peer, "mesh_ip"),
        .endpoint = wire_text(peer, "endpoint"),
        .psk = wire_text(peer, "psk"),
    };
    return out->id != NULL && wire_texts(a, json_object_get(peer, "allowed_ips"), &out->allowed_ips,
                                         &out->n_allowed_ips);
}

static bool is_list(const json_t *value)
{
    return value == NULL || json_is_null(value) || json_is_array(value);
}

static bool peers(struct arena *a, const json_t *list, struct desired *out, struct error *e)
{
    if (!is_list(list))
        return error_set(e, "peers is no list");
    out->peers = arena_alloc_array(a, json_array_size(list), sizeof *out->peers);
    for (; out->n_peers < json_array_size(list); out->n_peers++)
        if (!one_peer(a, json_array_get(list, out->n_peers), &out->peers[out->n_peers]))
            return error_set(e, "peer %zu has no id, or allowed_ips that are no list of text",
                             out->n_peers + 1);
    return true;
}

struct policy {
    const char *id, *print;
};

static int by_id(const void *left, const void *right)
{
    const struct policy *a = left, *b = right;
    return strcmp(a->id, b->id);
}

static bool policies(struct arena *a, const json_t *list, struct desired *out, struct error *e)
{
    size_t n = json_array_size(list);
    if (!is_list(list))
        return error_set(e, "policies is no list");
    struct policy *rows = arena_alloc_array(a, n, sizeof *rows);
    for (size_t i = 0; i < n; i++) {
        const json_t *row = json_array_get(list, i), *rules = json_object_get(row, "rules");
        rows[i].id = json_text(row, "id");
        rows[i].print = rules != NULL ? json_dump_sorted(a, rules) : "";
        if (rows[i].id == NULL)
            return error_set(e, "policy %zu has no id", i + 1);
    }
    if (n > 0)
        qsort(rows, n, sizeof *rows, by_id);
    out->policy_ids = arena_alloc_array(a, n, sizeof *out->policy_ids);
    out->policy_prints = arena_alloc_array(a, n, sizeof *out->policy_prints);
    for (size_t i = 0; i < n; i++) {
        out->policy_ids[i] = rows[i].id;
        out->policy_prints[i] = rows[i].print;
    }
    out->n_policies = n;
    return true;
}

static bool state_answer(struct arena *a, const struct http_answer *answer, struct desired *out,
                         struct error *e)
{
    json_t *object;
    if (!wire_object(a, answer->body, &object, e))
        return false;
    *out = (struct desired){ 0 };
    bool ok = peers(a, json_object_get(object, "peers"), out, e) &&
              policies(a, json_object_get(object, "policies"), out, e) &&
              wire_metadata(a, object, &out->metadata, e) &&
              wire_data(a, object, answer->body, out, e) && wire_secret_refs(a, object, out, e) &&
              wire_signing_keys(json_object_get(object, "signing_keys"), &out->signing, e);
    out->has_secret_refs = true; /* absent is empty */
    return ok;
}

/* Both of these replace all they speak of: a member that is absent is empty (plexd-facts 3.4). */
static bool state_of_event(struct arena *a, const struct envelope *ev, struct desired *out,
                           bool *has_metadata, bool *has_data, bool *has_secrets, struct error *e)
{
    json_t *payload;
    *out = (struct desired){ 0 };
    *has_secrets = text_equal(ev->type, "node_secrets_updated");
    *has_metadata = *has_data = text_equal(ev->type, "node_state_updated");
    if (!wire_object(a, ev->payload, &payload, e))
        return false;
    if (text_equal(ev->type, "signing_key_rotated"))
        return wire_signing_keys(payload, &out->signing, e);
    if (*has_secrets)
        return wire_secret_refs(a, payload, out, e);
    return wire_metadata(a, payload, &out->metadata, e) &&
           wire_data(a, payload, ev->payload, out, e);
}

/* ---- secrets and reports ---- */

static void secret_request(struct arena *a, const char *node_id, const char *key,
                           struct http_request *out)
{
    const char *rest = arena_printf(a, "/secrets/%s", url_encode(a, key));
    *out = (struct http_request){ .method = "GET", .path = wire_node_path(a, node_id, rest) };
}

/* Nothing where it is no base64. */
static struct bytes decoded(struct arena *a, const char *text)
{
    struct bytes out = { NULL, 0 };
    return base64_decode(a, BASE64_STANDARD, text, strlen(text), &out) ? out
                                                                       : (struct bytes){ NULL, 0 };
}

static bool secret_answer(struct arena *a, const char *key, const struct http_answer *answer,
                          struct sealed_secret *out, struct error *e)
{
    json_t *object;
    if (!wire_object(a, answer->body, &object, e))
        return false;
    const char *named = json_text(object, "key");
    *out = (struct sealed_secret){ .key = arena_strdup(a, named != NULL ? named : key),
                                   .version = json_int(object, "version", 0) };
    const char *nonce = json_text(object, "nonce"), *ciphertext = json_text(object, "ciphertext");
    if (nonce == NULL || ciphertext == NULL)
        return error_set(e, "the answer has no nonce or no ciphertext");
    /* API-019: a sealed value did come; what is no base64 cannot be opened. */
    out->nonce = decoded(a, nonce);
    out->ciphertext = decoded(a, ciphertext);
    return true;
}

static void quoted(struct buffer *b, const char *name, const char *text, const char *behind)
{
    buffer_printf(b, "\"%s\":\"", name);
    buffer_json_escaped(b, text, strlen(text));
    buffer_printf(b, "\"%s", behind);
}

static void entries(struct buffer *b, const struct report_change *changes, size_t n)
{
    const char *before = "[";
    for (size_t i = 0; i < n; i++) {
        const struct report_change *c = &changes[i];
        if (c->deleted)
            continue;
        buffer_printf(b, "%s{", before);
        quoted(b, "key", c->key, ",");
        quoted(b, "content_type", c->content_type, ",\"payload\":");
        buffer_append(b, c->payload.data, c->payload.len); /* never written again: as received */
        buffer_printf(b, ",\"version\":%lld,", (long long)c->version);
        quoted(b, "updated_at", c->updated_at, "}");
        before = ",";
    }
    buffer_text(b, before[0] == '[' ? "null" : "]");
}

static void deleted(struct buffer *b, const struct report_change *changes, size_t n)
{
    const char *before = "[";
    for (size_t i = 0; i < n; i++) {
        if (!changes[i].deleted)
            continue;
        buffer_printf(b, "%s\"", before);
        buffer_json_escaped(b, changes[i].key, strlen(changes[i].key));
        buffer_char(b, '"');
        before = ",";
    }
    buffer_text(b, before[0] == '[' ? "null" : "]");
}

static void report_request(struct arena *a, const char *node_id,
                           const struct report_change *changes, size_t n, struct http_request *out)
{
    struct buffer b;
    buffer_init_arena(&b, BODY_CAP, a);
    buffer_text(&b, "{\"entries\":");
    entries(&b, changes, n);
    buffer_text(&b, ",\"deleted\":");
    deleted(&b, changes, n);
    buffer_char(&b, '}');
    *out = (struct http_request){ .method = "POST",
                                  .path = wire_node_path(a, node_id, "/report"),
                                  .body = { (const unsigned char *)b.data, b.len },
                                  .gzip = true };
}

const struct wire wire_mvp = {
    .name = "mvp",
    .register_request = register_request,
    .register_answer = register_answer,
    .heartbeat_request = heartbeat_request,
    .heartbeat_answer = wire_heartbeat_reply,
    .envelope = envelope,
    .state_of_event = state_of_event,
    .state_answer = state_answer,
    .rotate_request = rotate_request,
    .drift_request = drift_request,
    .secret_request = secret_request,
    .secret_answer = secret_answer,
    .report_batch = SIZE_MAX,
    .report_request = report_request,
};
