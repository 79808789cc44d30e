/* The published contract (SPEC AGT-*; node-surfaces 1, 2.1, 3, 5.3, 6.1, 7.5). */
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/json_slice.h"
#include "common/number.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/url.h"
#include "reference/plexd/wire_read.h"

static const char *base64(struct arena *a, const unsigned char key[32])
{
    return base64_encode(a, BASE64_STANDARD, key, 32);
}

static void register_request(struct arena *a, const struct registration_order *o,
                             struct http_request *out)
{
    json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:s}", "project_id", o->project_id,
                             "resource_handle", o->resource_handle, "bootstrap_token", o->token,
                             "nonce", o->nonce, "public_key", base64(a, o->public_key));
    wire_body(a, "POST", "/v1/register", body, out);
}

static bool register_answer(struct arena *a, const struct http_answer *answer, struct identity *out,
                            struct error *e)
{
    json_t *object;
    return wire_object(a, answer->body, &object, e) &&
           wire_identity(a, object, "v1", "nsk", out, e);
}

static void heartbeat_request(struct arena *a, const struct heartbeat_facts *f,
                              struct http_request *out)
{
    json_t *body = json_pack("{s:s, s:s, s:s, s:{}}", "client_now", timestamp_format(a, f->now),
                             "binary_checksum", hex_encode(a, f->binary_checksum, 32),
                             "binary_version", f->version, "nat_summary");
    wire_body(a, "POST", wire_node_path(a, f->node_id, "/heartbeat"), body, out);
}

static bool rotate_request(struct arena *a, const unsigned char public_key[32],
                           struct http_request *out)
{
    json_t *body = json_pack("{s:s}", "new_public_key", base64(a, public_key));
    wire_body(a, "POST", "/v1/keys/rotate", body, out);
    return true;
}

static bool drift_request(struct arena *a, const char *node_id, int64_t now,
                          const struct correction *corrections, size_t n, struct http_request *out)
{
    (void)a, (void)node_id, (void)now, (void)corrections, (void)n, (void)out;
    return false;
}

/* ---- events ---- */

/* Ruling 8: what was signed is what came, without the member that holds the signature. */
static struct bytes without_signature(struct arena *a, struct bytes data)
{
    struct bytes whole, value;
    if (!json_slice_whole_member(data, "signature", &whole, &value))
        return data;
    size_t from = (size_t)(whole.data - data.data), to = from + whole.len;
    size_t before = from, behind = to;
    while (before > 0 && strchr(" \t\r\n", data.data[before - 1]) != NULL)
        before--;
    while (behind < data.len && strchr(" \t\r\n", data.data[behind]) != NULL)
        behind++;
    if (before > 0 && data.data[before - 1] == ',')
        from = before - 1;
    else if (behind < data.len && data.data[behind] == ',')
        to = behind + 1;
    unsigned char *out = arena_alloc(a, data.len + 1);
    memcpy(out, data.data, from);
    memcpy(out + from, data.data + to, data.len - to);
    return (struct bytes){ out, data.len - (to - from) };
}

static bool envelope(struct arena *a, struct bytes data, struct envelope *out, struct error *e)
{
    json_t *object;
    if (!json_parse(a, data.data, data.len, &object, e))
        return false;
    *out = (struct envelope){
        .type = json_text(object, "type"),
        .id = json_text(object, "id"),
        .key_id = wire_text(object, "key_id"),
        .replay = wire_text(object, "id"), /* ruling 6: v1 has no nonce */
        .signature = wire_text(object, "signature"),
        .signed_bytes = without_signature(a, data),
        .payload = BYTES_OF_TEXT("null"),
    };
    if (text_blank(out->type) || text_blank(out->id))
        return error_set(e, "an envelope without type or id");
    out->has_issued_at = timestamp_parse(json_text(object, "issued_at"), &out->issued_at);
    struct bytes payload;
    if (json_slice_member(data, "payload", &payload))
        out->payload = payload;
    return true;
}

/* ---- state ---- */

static bool one_peer(const json_t *peer, struct peer *out)
{
    *out = (struct peer){
        .id = json_text(peer, "node_id"),
        .public_key = json_text(peer, "public_key"),
        .mesh_ip = json_text(peer, "mesh_ip"),
        .endpoint = wire_text(peer, "fallback_endpoint"),
        .psk = "",
    };
    return out->id != NULL && out->public_key != NULL && out->mesh_ip != NULL;
}

static bool peers(struct arena *a, const json_t *list, struct desired *out, struct error *e)
{
    if (!json_is_array(list))
        return error_set(e, "the state has no list of peers");
    out->peers = arena_alloc_array(a, json_array_size(list), sizeof *out->peers);
    for (; out->n_peers < json_array_size(list); out->n_peers++)
        if (!one_peer(json_array_get(list, out->n_peers), &out->peers[out->n_peers]))
            return error_set(e, "peer %zu has no node_id, public_key or mesh_ip", out->n_peers + 1);
    return true;
}

/* v1 has one ruleset, already merged; its fingerprint says when it changes. */
static void policy(struct arena *a, const json_t *block, struct desired *out)
{
    if (!json_is_object(block))
        return;
    out->policy_ids = arena_alloc(a, sizeof *out->policy_ids);
    out->policy_prints = arena_alloc(a, sizeof *out->policy_prints);
    out->policy_ids[0] = "compiled";
    out->policy_prints[0] = wire_text(block, "fingerprint");
    out->n_policies = 1;
}

static bool state_answer(struct arena *a, const struct http_answer *answer, struct desired *out,
                         struct error *e)
{
    json_t *object;
    if (!wire_object(a, answer->body, &object, e))
        return false;
    *out = (struct desired){ 0 };
    const json_t *block = json_object_get(object, "state");
    struct bytes text = BYTES_OF_TEXT("{}");
    if (json_is_object(block) && !json_slice_member(answer->body, "state", &text))
        return error_set(e, "the state's block was not found");
    policy(a, json_object_get(object, "policy"), out);
    return peers(a, json_object_get(object, "peers"), out, e) &&
           wire_metadata(a, block, &out->metadata, e) && wire_data(a, block, text, out, e) &&
           wire_secret_refs(a, object, out, e) &&
           wire_signing_keys(json_object_get(object, "signing_keys"), &out->signing, e);
}

static bool state_of_event(struct arena *a, const struct envelope *ev, struct desired *out,
                           bool *has_metadata, bool *has_data, bool *has_secrets, struct error *e)
{
    json_t *payload;
    *out = (struct desired){ 0 };
    *has_metadata = *has_data = *has_secrets = false;
    if (!wire_object(a, ev->payload, &payload, e))
        return false;
    if (text_equal(ev->type, "signing_key_rotated"))
        return wire_signing_keys(payload, &out->signing, e);
    if (text_equal(ev->type, "node_secrets_updated")) {
        bool ok = wire_secret_refs(a, payload, out, e);
        *has_secrets = out->has_secret_refs;
        return ok;
    }
    /* The contract leaves this payload open: what it names is taken, the rest is asked for. */
    *has_metadata = json_object_get(payload, "metadata") != NULL;
    *has_data = json_object_get(payload, "data") != NULL;
    return wire_metadata(a, payload, &out->metadata, e) &&
           wire_data(a, payload, ev->payload, out, e);
}

/* ---- secrets and reports ---- */

static void secret_request(struct arena *a, const char *node_id, const char *key,
                           struct http_request *out)
{
    const char *rest = arena_printf(a, "/secrets/%s", url_encode(a, key));
    *out = (struct http_request){ .method = "GET",
                                  .path = wire_node_path(a, node_id, rest),
                                  .accept = "application/octet-stream" };
}

static bool secret_answer(struct arena *a, const char *key, const struct http_answer *answer,
                          struct sealed_secret *out, struct error *e)
{
    const char *version = http_answer_header(answer, "X-Plexsphere-Secret-Version");
    *out = (struct sealed_secret){ .key = arena_strdup(a, key) };
    if (!number_parse(version, 0, INT64_MAX, &out->version))
        return error_set(e, "the answer does not say the secret's version");
    /* One shorter than nonce and tag cannot be opened, and is told so (API-019). */
    size_t nonce = answer->body.len < 12 ? answer->body.len : 12;
    const unsigned char *data = arena_copy(a, answer->body.data, answer->body.len);
    out->nonce = (struct bytes){ data, nonce };
    out->ciphertext = (struct bytes){ data + nonce, answer->body.len - nonce };
    return true;
}

/* Ruling 9: `value` is the compact payload. */
static void report_request(struct arena *a, const char *node_id,
                           const struct report_change *changes, size_t n, struct http_request *out)
{
    (void)n; /* report_batch is 1 */
    const char *rest = arena_printf(a, "/state/reports/%s", url_encode(a, changes->key));
    const char *path = wire_node_path(a, node_id, rest);
    if (changes->deleted) {
        *out = (struct http_request){ .method = "DELETE", .path = path };
        return;
    }
    json_t *value = json_stringn((const char *)changes->payload.data, changes->payload.len);
    wire_body(a, "PUT", path, json_pack("{s:o}", "value", value), out);
}

const struct wire wire_v1 = {
    .name = "v1",
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
    .report_batch = 1,
    .report_request = report_request,
};
