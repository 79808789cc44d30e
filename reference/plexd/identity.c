#include "reference/plexd/identity.h"

#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "common/encoding.h"
#include "common/file.h"
#include "common/json.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/random.h"
#include "common/text.h"

#define FILE_CAP 65536

/* ---- keys ---- */

void identity_new_key(unsigned char private_key[32])
{
    random_bytes(private_key, 32);
    private_key[0] &= 0xF8;
    private_key[31] = (unsigned char)((private_key[31] & 0x7F) | 0x40);
}

void identity_public_key(const unsigned char private_key[32], unsigned char public_key[32])
{
    /* Fails for no scalar: the base point has prime order. */
    (void)crypto_scalarmult_base(public_key, private_key);
}

static bool key_of_base64(struct arena *a, const char *text, unsigned char key[32])
{
    struct bytes raw;
    if (text == NULL || !base64_decode(a, BASE64_STANDARD, text, strlen(text), &raw) ||
        raw.len != 32)
        return false;
    memcpy(key, raw.data, 32);
    mem_wipe((void *)(uintptr_t)raw.data, raw.len);
    return true;
}

bool identity_nsk_key(struct arena *a, const char *nsk, unsigned char key[32])
{
    if (strlen(nsk) != 32)
        return key_of_base64(a, nsk, key);
    memcpy(key, nsk, 32);
    return true;
}

bool identity_signing_key(struct arena *a, const char *text, unsigned char key[32])
{
    static const unsigned char spki[12] = { 0x30, 0x2A, 0x30, 0x05, 0x06, 0x03,
                                            0x2B, 0x65, 0x70, 0x03, 0x21, 0x00 };
    struct bytes raw;
    if (key_of_base64(a, text, key))
        return true;
    if (text == NULL || !base64_decode(a, BASE64_STANDARD, text, strlen(text), &raw) ||
        raw.len != sizeof spki + 32 || memcmp(raw.data, spki, sizeof spki) != 0)
        return false;
    memcpy(key, raw.data + sizeof spki, 32);
    return true;
}

/* ---- saving ---- */

static bool save(struct arena *a, const char *folder, const char *name, const char *text,
                 struct error *e)
{
    return file_write_atomic(path_join(a, folder, name), text, strlen(text), 0600, e);
}

static bool save_key(struct arena *a, const char *folder, const char *name,
                     const unsigned char key[32], struct error *e)
{
    char *text = base64_encode(a, BASE64_STANDARD, key, 32);
    bool ok = save(a, folder, name, text, e);
    mem_wipe(text, strlen(text));
    return ok;
}

static bool save_json(struct arena *a, const char *folder, const struct identity *id,
                      struct error *e)
{
    const char *signing = base64_encode(a, BASE64_STANDARD, id->signing_public_key, 32);
    json_t *json = json_own(a, json_pack("{s:s, s:s, s:s}", "node_id", id->node_id, "mesh_ip",
                                         id->mesh_ip, "signing_public_key", signing));
    if (id->signing_key_id[0] != '\0')
        json_object_set_new(json, "signing_key_id", json_string(id->signing_key_id));
    if (id->dialect[0] != '\0')
        json_object_set_new(json, "dialect", json_string(id->dialect));
    return save(a, folder, "identity.json", json_dump_pretty(a, json), e);
}

bool identity_save_private_key(struct arena *a, const char *data_dir, const unsigned char key[32],
                               struct error *e)
{
    return save_key(a, data_dir, "private_key", key, e);
}

bool identity_save_signing_key(struct arena *a, const char *data_dir, const struct identity *id,
                               struct error *e)
{
    return save_key(a, data_dir, "signing_public_key", id->signing_public_key, e) &&
           save_json(a, data_dir, id, e);
}

/* AGT-015: identity.json comes last, so what a crash leaves behind is "not registered". */
bool identity_save(struct arena *a, const char *data_dir, const struct identity *id,
                   struct error *e)
{
    return directory_make(data_dir, 0700, e) &&
           identity_save_private_key(a, data_dir, id->private_key, e) &&
           save(a, data_dir, "node_secret_key", id->nsk, e) &&
           identity_save_signing_key(a, data_dir, id, e);
}

/* ---- loading ---- */

static const char *load(struct arena *a, const char *folder, const char *name, struct error *e)
{
    struct bytes text;
    if (!file_read(a, path_join(a, folder, name), FILE_CAP, &text, e))
        return NULL;
    char *trimmed = text_trim(a, (const char *)text.data);
    mem_wipe((void *)(uintptr_t)text.data, text.len);
    return trimmed;
}

static bool load_texts(struct arena *a, const char *folder, const json_t *json,
                       struct identity *out, struct error *e)
{
    out->node_id = json_text(json, "node_id");
    out->mesh_ip = json_text(json, "mesh_ip");
    const char *id = json_text(json, "signing_key_id"), *dialect = json_text(json, "dialect");
    out->signing_key_id = id != NULL ? id : "";
    out->dialect = dialect != NULL ? dialect : "";
    if (text_blank(out->node_id) || text_blank(out->mesh_ip))
        return error_set(e, "%s/identity.json: no node_id or no mesh_ip", folder);
    out->nsk = load(a, folder, "node_secret_key", e);
    return out->nsk != NULL &&
           (identity_nsk_key(a, out->nsk, out->nsk_key) ||
            error_set(e, "%s/node_secret_key: neither 32 bytes of text nor base64 of 32", folder));
}

static bool load_keys(struct arena *a, const char *folder, const json_t *json, struct identity *out,
                      struct error *e)
{
    char *private_key = (char *)(uintptr_t)load(a, folder, "private_key", e);
    if (private_key == NULL)
        return false;
    bool ok = key_of_base64(a, private_key, out->private_key);
    mem_wipe(private_key, strlen(private_key));
    if (!ok)
        return error_set(e, "%s/private_key: no base64 of 32 bytes", folder);
    const char *signing = load(a, folder, "signing_public_key", e);
    if (signing == NULL)
        return false;
    if (!identity_signing_key(a, signing, out->signing_public_key))
        return error_set(e, "%s/signing_public_key: no base64 of an Ed25519 key", folder);
    unsigned char told[32];
    if (!identity_signing_key(a, json_text(json, "signing_public_key"), told) ||
        memcmp(told, out->signing_public_key, 32) != 0)
        log_line(LOG_WARN, "signing_public_key differs from identity.json; the file is taken",
                 "component", "registration", NULL);
    return true;
}

static bool load_all(struct arena *a, const char *folder, struct identity *out, struct error *e)
{
    json_t *json;
    *out = (struct identity){ 0 };
    if (!json_parse_file(a, path_join(a, folder, "identity.json"), FILE_CAP, &json, e))
        return false;
    return load_texts(a, folder, json, out, e) && load_keys(a, folder, json, out, e);
}

enum identity_found identity_load(struct arena *a, const char *data_dir, struct identity *out,
                                  struct error *e)
{
    struct stat s;
    if (lstat(path_join(a, data_dir, "identity.json"), &s) != 0)
        return IDENTITY_NONE;
    if (load_all(a, data_dir, out, e))
        return IDENTITY_FOUND;
    identity_wipe(out);
    return IDENTITY_CORRUPT;
}

void identity_wipe(struct identity *id)
{
    if (id->nsk != NULL)
        mem_wipe((char *)(uintptr_t)id->nsk, strlen(id->nsk));
    mem_wipe(id, sizeof *id);
}
