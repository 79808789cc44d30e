/* How the keys of dev belong together. */
#include <openssl/evp.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "drift-gates/env_contract/witnesses.h"

#define PUBLIC_KEY "PLEXSPHERE_SIGNING_PUBLIC_KEY_B64"
#define SEED_FILE "PLEXSPHERE_SIGNING_SEED_FILE"
#define SEED_SECRET "plexsphere-signer-seed"
enum { KEY_BYTES = 32 };

/* 32 bytes as they are, or their base64. */
static bool key_of(struct arena *a, struct bytes text, struct bytes *key)
{
    if (text.len == KEY_BYTES) {
        *key = text;
        return true;
    }
    const char *trimmed = text_trim(a, arena_strndup(a, (const char *)text.data, text.len));
    return base64_decode(a, BASE64_STANDARD, trimmed, strlen(trimmed), key) &&
           key->len == KEY_BYTES;
}

static bool public_half(struct bytes seed, unsigned char out[KEY_BYTES])
{
    size_t len = KEY_BYTES;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed.data, seed.len);
    bool ok = key != NULL && EVP_PKEY_get_raw_public_key(key, out, &len) == 1 && len == KEY_BYTES;
    EVP_PKEY_free(key);
    return ok;
}

/* What a variable holds, or the file that it names. */
static const struct kubelet_value *content_of(struct env_witnesses *w,
                                              const struct env_reader *reader, const char *name)
{
    const struct kubelet_value *v = kubelet_get(reader->env, name);
    const struct env_row *row = catalogue_row(&w->catalogue, name);
    if (v == NULL || v->known != KUBELET_KNOWN || row == NULL || !text_equal(row->parse, "path"))
        return v;
    return kubelet_file(w->g, &reader->container, (const char *)v->value.data);
}

/* The seed that the program reads or, where it reads none, the one that its signer is given. */
static bool seed_of(struct env_witnesses *w, const struct env_reader *reader, struct bytes *seed,
                    struct place *where)
{
    const struct kubelet_value *v = content_of(w, reader, SEED_FILE);
    const struct object *o = render_find(reader->render, "Secret", NULL, SEED_SECRET);
    if (v != NULL && v->known == KUBELET_KNOWN && v->value.len > 0) {
        *where = v->where;
        return key_of(w->g->arena, v->value, seed);
    }
    struct bytes text;
    if (v != NULL || o == NULL || !object_data(w->g->arena, o, "seed", &text, NULL))
        return false;
    *where = object_place(w->g, o, NULL, NULL, "seed");
    return key_of(w->g->arena, text, seed);
}

static void check_pair(struct env_witnesses *w, const struct env_reader *reader)
{
    const struct kubelet_value *v = kubelet_get(reader->env, PUBLIC_KEY);
    struct bytes seed, public_key;
    struct place where;
    unsigned char half[KEY_BYTES];
    if (v == NULL || v->known != KUBELET_KNOWN || !seed_of(w, reader, &seed, &where) ||
        !base64_decode(w->g->arena, BASE64_STANDARD, (const char *)v->value.data, v->value.len,
                       &public_key))
        return;
    gate_compared(w->g, 1, "key pairs");
    if (!public_half(seed, half) || public_key.len != KEY_BYTES ||
        memcmp(half, public_key.data, KEY_BYTES) != 0)
        finding_between(w->g, "ENVC-14", v->where, where,
                        PUBLIC_KEY " is not the public half of the signing seed");
}

static bool check_fixture(struct env_witnesses *w, const struct env_reader *reader,
                          const char *name, const char *file, struct error *e)
{
    const struct kubelet_value *v = content_of(w, reader, name);
    struct bytes fixture, value;
    if (file == NULL || tree_find(w->g->tree, file) == NULL)
        return error_set(e, "%s: gates.env-contract.fixtures.%s: there is no %s", SETTINGS_FILE,
                         name, file == NULL ? "file named" : file);
    if (!tree_read(w->g->tree, file, &fixture, e))
        return false;
    if (v == NULL || v->known != KUBELET_KNOWN)
        return true;
    gate_compared(w->g, 1, "fixtures");
    if (!key_of(w->g->arena, v->value, &value) || value.len != fixture.len ||
        memcmp(value.data, fixture.data, fixture.len) != 0)
        finding_between(w->g, "ENVC-15", v->where, (struct place){ .file = file },
                        "%s is not the fixture's bytes: %s, not %s", name,
                        secret_print(w->g->arena, v->value.data, v->value.len),
                        secret_print(w->g->arena, fixture.data, fixture.len));
    return true;
}

static void check_shared(struct env_witnesses *w, const struct env_reader *reader, size_t at)
{
    const struct catalogue *c = &w->catalogue;
    const struct kubelet_value *v = kubelet_get(reader->env, c->rows[at].name);
    if (!text_equal(c->rows[at].parse, "hex-key") || !kubelet_filled(v) ||
        v->known != KUBELET_KNOWN)
        return;
    for (size_t i = 0; i < at; i++) {
        const struct kubelet_value *other = kubelet_get(reader->env, c->rows[i].name);
        if (text_equal(c->rows[i].parse, "hex-key") && other != NULL &&
            other->known == KUBELET_KNOWN && other->value.len == v->value.len &&
            memcmp(other->value.data, v->value.data, v->value.len) == 0) {
            finding_between(w->g, "ENVC-16", v->where, other->where, "%s and %s are one key",
                            v->name, other->name);
            return;
        }
    }
}

bool env_check_keys(struct env_witnesses *w, struct error *e)
{
    const json_t *fixtures = json_object_get(w->settings, "fixtures"), *file;
    const char *name;
    for (size_t i = 0; i < w->n_readers; i++) {
        const struct env_reader *reader = &w->readers[i];
        if (!text_equal(reader->component, w->program))
            continue;
        check_pair(w, reader);
        for (size_t k = 0; k < w->catalogue.n; k++)
            check_shared(w, reader, k);
        json_object_foreach ((json_t *)fixtures, name, file) {
            if (!reader->render->production &&
                !check_fixture(w, reader, name, json_string_value(file), e))
                return false;
        }
    }
    return true;
}
