#include "reference/plexd/wire_read.h"

#include <string.h>

#include "common/json.h"
#include "common/json_slice.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/url.h"

char *wire_node_path(struct arena *a, const char *node_id, const char *rest)
{
    return arena_printf(a, "/v1/nodes/%s%s", url_encode(a, node_id), rest);
}

bool wire_object(struct arena *a, struct bytes body, json_t **out, struct error *e)
{
    if (!json_parse(a, body.data, body.len, out, e))
        return error_prefix(e, "the answer is no JSON");
    return json_is_object(*out) || error_set(e, "the answer is no JSON object");
}

void wire_body(struct arena *a, const char *method, const char *path, json_t *body,
               struct http_request *out)
{
    const char *text = json_dump(a, json_own(a, body)); /* the macro names its argument twice */
    *out = (struct http_request){ .method = method, .path = path, .body = BYTES_OF_TEXT(text) };
}

const char *wire_text(const json_t *object, const char *name)
{
    const char *text = json_text(object, name);
    return text != NULL ? text : "";
}

static bool absent(const json_t *value)
{
    return value == NULL || json_is_null(value);
}

/* ---- registration and heartbeat ---- */

bool wire_identity(struct arena *a, const json_t *answer, const char *dialect,
                   const char *nsk_member, struct identity *out, struct error *e)
{
    *out = (struct identity){
        .node_id = arena_strdup(a, json_text(answer, "node_id")),
        .mesh_ip = arena_strdup(a, json_text(answer, "mesh_ip")),
        .nsk = arena_strdup(a, json_text(answer, nsk_member)),
        .signing_key_id = arena_strdup(a, wire_text(answer, "signing_key_id")),
        .dialect = dialect,
    };
    if (text_blank(out->node_id) || text_blank(out->mesh_ip))
        return error_set(e, "the answer has no node_id or no mesh_ip");
    if (out->nsk == NULL || !identity_nsk_key(a, out->nsk, out->nsk_key))
        return error_set(e, "%s of the answer is neither 32 bytes of text nor base64 of 32",
                         nsk_member);
    return identity_signing_key(a, json_text(answer, "signing_public_key"),
                                out->signing_public_key) ||
           error_set(e, "signing_public_key of the answer is no base64 of an Ed25519 key");
}

bool wire_heartbeat_reply(struct arena *a, const struct http_answer *answer,
                          struct heartbeat_reply *out, struct error *e)
{
    json_t *object;
    if (!wire_object(a, answer->body, &object, e))
        return false;
    *out = (struct heartbeat_reply){
        .reconcile = json_flag(object, "reconcile", false),
        .rotate_keys = json_flag(object, "rotate_keys", false),
    };
    return true;
}

/* ---- state ---- */

static bool metadata_of_entries(const json_t *entries, json_t *into)
{
    size_t i;
    json_t *entry;
    json_array_foreach (entries, i, entry) {
        const char *key = json_text(entry, "key"), *value = json_text(entry, "value");
        if (key == NULL || value == NULL)
            return false;
        json_object_set_new(into, key, json_string(value));
    }
    return true;
}

static bool metadata_of_map(const json_t *map, json_t *into)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)map, key, value) {
        if (!json_is_string(value))
            return false;
        json_object_set(into, key, value);
    }
    return true;
}

/* A list of entries (v1) or a map (seed 002). */
bool wire_metadata(struct arena *a, const json_t *object, json_t **out, struct error *e)
{
    const json_t *metadata = json_object_get(object, "metadata");
    *out = json_own(a, json_object());
    bool ok = absent(metadata) ||
              (json_is_array(metadata) && metadata_of_entries(metadata, *out)) ||
              (json_is_object(metadata) && metadata_of_map(metadata, *out));
    return ok || error_set(e, "metadata is neither a map of text nor a list of entries");
}

/* A type that is not told may be JSON: what the value is decides. */
static bool may_be_json(struct arena *a, const char *told)
{
    return text_blank(told) ||
           text_equal_nocase(text_trim(a, arena_strndup(a, told, strcspn(told, ";"))),
                             "application/json");
}

/* API-035: an entry of v1 has text, which is the compact payload where its type says JSON, and
 * itself where it says anything else. */
static struct bytes payload_of_value(struct arena *a, const char *value, const char *told,
                                     const char **type)
{
    json_t *parsed;
    struct bytes text = BYTES_OF_TEXT(value);
    if (may_be_json(a, told) && json_parse(a, text.data, text.len, &parsed, NULL))
        return json_slice_compact(a, text);
    *type = "text/plain";
    const char *quoted = json_dump(a, json_own(a, json_string(value)));
    return BYTES_OF_TEXT(quoted);
}

static bool data_entry(struct arena *a, const json_t *entry, struct bytes text,
                       struct data_entry *out)
{
    const char *value = json_text(entry, "value"), *type = "application/json";
    const char *told = json_text(entry, "content_type");
    struct bytes payload;
    if (json_slice_member(text, "payload", &payload))
        payload = json_slice_compact(a, payload);
    else if (value != NULL)
        payload = payload_of_value(a, value, told, &type);
    else
        payload = BYTES_OF_TEXT("null");
    const json_t *version = json_object_get(entry, "version");
    *out = (struct data_entry){
        .key = json_text(entry, "key"),
        .content_type = text_blank(told) ? type : told,
        .payload = payload,
        .version = json_integer_value(version),
        .updated_at = wire_text(entry, "updated_at"),
    };
    return out->key != NULL && (absent(version) || json_is_integer(version));
}

bool wire_data(struct arena *a, const json_t *object, struct bytes text, struct desired *out,
               struct error *e)
{
    const json_t *data = json_object_get(object, "data");
    struct bytes slice, *slices;
    size_t n;
    out->n_data = 0;
    if (absent(data))
        return true;
    if (!json_is_array(data) || !json_slice_member(text, "data", &slice) ||
        !json_slice_elements(a, slice, &slices, &n))
        return error_set(e, "data is no list");
    out->data = arena_alloc_array(a, n, sizeof *out->data);
    for (size_t i = 0; i < n; i++)
        if (!data_entry(a, json_array_get(data, i), slices[i], &out->data[i]))
            return error_set(e, "entry %zu of data has no key, or a version that is no integer",
                             i + 1);
    out->n_data = n;
    return true;
}

bool wire_secret_refs(struct arena *a, const json_t *object, struct desired *out, struct error *e)
{
    const json_t *refs = json_object_get(object, "secret_refs");
    out->n_secrets = 0;
    out->has_secret_refs = !absent(refs);
    if (absent(refs))
        return true;
    if (!json_is_array(refs))
        return error_set(e, "secret_refs is no list");
    out->secrets = arena_alloc_array(a, json_array_size(refs), sizeof *out->secrets);
    size_t i;
    json_t *ref;
    json_array_foreach (refs, i, ref) {
        const char *key = json_text(ref, "key");
        const json_t *version = json_object_get(ref, "version");
        if (key == NULL || (!absent(version) && !json_is_integer(version)))
            return error_set(e,
                             "entry %zu of secret_refs has no key, or a version that is no "
                             "integer",
                             i + 1);
        out->secrets[i] = (struct secret_ref){ key, json_integer_value(version) };
        out->n_secrets++;
    }
    return true;
}

/* A key is text (seed 002) or an object with its id. */
static const char *one_key(const json_t *keys, const char *name, const char **id)
{
    const json_t *key = json_object_get(keys, name);
    if (json_is_string(key))
        return json_string_value(key);
    *id = wire_text(key, "key_id");
    return wire_text(key, "public_key");
}

bool wire_signing_keys(const json_t *keys, struct signing_keys *out, struct error *e)
{
    *out = (struct signing_keys){ 0 };
    if (absent(keys))
        return true;
    *out = (struct signing_keys){
        .present = true,
        .current_id = wire_text(keys, "current_id"),
        .previous_id = wire_text(keys, "previous_id"),
    };
    out->current = one_key(keys, "current", &out->current_id);
    out->previous = one_key(keys, "previous", &out->previous_id);
    const char *expires = json_text(keys, "transition_expires");
    return text_blank(expires) || timestamp_parse(expires, &out->transition_expires) ||
           error_set(e, "transition_expires of the signing keys is no time");
}

bool wire_texts(struct arena *a, const json_t *array, const char ***out, size_t *n)
{
    *n = 0;
    if (absent(array))
        return true;
    if (!json_is_array(array))
        return false;
    *out = arena_alloc_array(a, json_array_size(array), sizeof **out);
    for (; *n < json_array_size(array); (*n)++) {
        const char *text = json_string_value(json_array_get(array, *n));
        if (text == NULL)
            return false;
        (*out)[*n] = text;
    }
    return true;
}
