#include "harness/node_dialect.h"

#include <string.h>

#include "common/encoding.h"
#include "common/json.h"

enum { NONCE_LEN = 12, TAG_LEN = 16, KEY_LEN = 32 };

/* ---- state -------------------------------------------------------------------------------- */

static json_t *map_of_entries(const json_t *entries)
{
    json_t *map = json_object(), *one;
    size_t i;
    json_array_foreach ((json_t *)(uintptr_t)entries, i, one)
        json_object_set(map, json_text(one, "key"), json_member(one, "value"));
    return map;
}

static json_t *value_of(struct arena *a, const json_t *payload)
{
    return json_string(json_is_string(payload) ? json_string_value(payload)
                                               : json_dump(a, payload));
}

/* v1 has `value`, MVP `payload`; what else an entry has both call alike. */
static json_t *data_of(struct arena *a, const json_t *entries, const char *payload)
{
    static const char *const alike[] = { "key", "content_type", "version", "updated_at" };
    json_t *out = json_array(), *one;
    size_t i;
    json_array_foreach ((json_t *)(uintptr_t)entries, i, one) {
        json_t *entry = json_object();
        for (size_t k = 0; k < ARRAY_LEN(alike); k++)
            json_object_set(entry, alike[k], json_member(one, alike[k]));
        json_object_set_new(entry, "value", value_of(a, json_member(one, payload)));
        json_array_append_new(out, entry);
    }
    return out;
}

static json_t *peers_of(const json_t *peers, const char *id)
{
    json_t *out = json_array(), *one;
    size_t i;
    json_array_foreach ((json_t *)(uintptr_t)peers, i, one)
        json_array_append_new(out, json_pack("{s:s?, s:s?, s:s?}", "id", json_text(one, id),
                                             "public_key", json_text(one, "public_key"), "mesh_ip",
                                             json_text(one, "mesh_ip")));
    return out;
}

static bool has_arrays(const json_t *of, const char *const *names, size_t n, const char **why)
{
    for (size_t i = 0; i < n; i++)
        if (!json_is_array(json_member(of, names[i]))) {
            *why = names[i];
            return false;
        }
    return true;
}

static json_t *state_v1(struct arena *a, const json_t *answer, const char **why)
{
    static const char *const lists[] = { "peers" }, *const in_ledger[] = { "metadata", "data",
                                                                           "reports" };
    const json_t *ledger = json_member(answer, "state");
    if (!has_arrays(answer, lists, ARRAY_LEN(lists), why) ||
        !has_arrays(ledger, in_ledger, ARRAY_LEN(in_ledger), why))
        return NULL;
    return json_pack("{s:o, s:o, s:o}", "metadata", map_of_entries(json_member(ledger, "metadata")),
                     "data", data_of(a, json_member(ledger, "data"), "value"), "peers",
                     peers_of(json_member(answer, "peers"), "node_id"));
}

static json_t *state_mvp(struct arena *a, const json_t *answer, const char **why)
{
    static const char *const lists[] = { "peers", "policies", "data", "secret_refs" };
    const json_t *metadata = json_member(answer, "metadata");
    *why = "metadata";
    if (!json_is_object(metadata) || !has_arrays(answer, lists, ARRAY_LEN(lists), why))
        return NULL;
    return json_pack("{s:O, s:o, s:o}", "metadata", metadata, "data",
                     data_of(a, json_member(answer, "data"), "payload"), "peers",
                     peers_of(json_member(answer, "peers"), "id"));
}

const json_t *node_state_read(struct arena *a, bool mvp, const json_t *answer, const char **why)
{
    static const char *const alike[] = { "secret_refs", "signing_keys" };
    json_t *out = mvp ? state_mvp(a, answer, why) : state_v1(a, answer, why);
    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(alike); i++)
        if (json_member(answer, alike[i]) != NULL)
            json_object_set(out, alike[i], json_member(answer, alike[i]));
    return json_own(a, out);
}

/* ---- secrets ------------------------------------------------------------------------------ */

static bool decoded(struct arena *a, const char *text, struct bytes *out)
{
    return text != NULL && base64_decode(a, BASE64_STANDARD, text, strlen(text), out);
}

static bool secret_mvp(struct arena *a, struct bytes body, struct node_secret *out,
                       const char **why)
{
    json_t *document;
    struct bytes nonce;
    struct error e = { "" };
    *why = "it is not {key, ciphertext, nonce, version}";
    if (!json_parse(a, body.data, body.len, &document, &e) || json_object_size(document) != 4)
        return false;
    out->key = json_text(document, "key");
    out->version = json_int(document, "version", 0);
    if (out->key == NULL || out->version < 1 ||
        !decoded(a, json_text(document, "ciphertext"), &out->ciphertext) ||
        out->ciphertext.len < TAG_LEN || !decoded(a, json_text(document, "nonce"), &nonce) ||
        nonce.len != NONCE_LEN)
        return false;
    memcpy(out->nonce, nonce.data, NONCE_LEN);
    return true;
}

static bool secret_v1(struct bytes body, struct node_secret *out, const char **why)
{
    *why = "it is shorter than a nonce and a tag";
    if (body.len < NONCE_LEN + TAG_LEN)
        return false;
    memcpy(out->nonce, body.data, NONCE_LEN);
    out->ciphertext = (struct bytes){ body.data + NONCE_LEN, body.len - NONCE_LEN };
    return true;
}

bool node_secret_read(struct arena *a, bool mvp, struct bytes body, struct node_secret *out,
                      const char **why)
{
    *out = (struct node_secret){ .key = NULL };
    return mvp ? secret_mvp(a, body, out, why) : secret_v1(body, out, why);
}

bool node_key_read(struct arena *a, bool mvp, const char *nsk, unsigned char key[32])
{
    struct bytes raw = BYTES_OF_TEXT(nsk);
    if ((!mvp && !decoded(a, nsk, &raw)) || raw.len != KEY_LEN)
        return false;
    memcpy(key, raw.data, KEY_LEN);
    return true;
}
