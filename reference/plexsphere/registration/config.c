#include "reference/plexsphere/registration/config.h"

#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/file.h"
#include "common/memory.h"
#include "common/text.h"
#include "reference/plexsphere/crypto/crypto.h"

enum { SEED_FILE_CAP = 256 };

static enum configured refuse_seed(struct error *e, const char *rule, const char *clause)
{
    error_set(e, "PLEXSPHERE_SIGNING_SEED_FILE: %s (SPEC %s)", rule, clause);
    return CONFIGURED_REFUSED;
}

/* 32 raw bytes, or base64 of 32 with white space around. */
static bool seed_of_bytes(struct arena *a, struct bytes content, unsigned char seed[32])
{
    struct bytes raw = content;
    if (content.len != 32) {
        const char *text = text_trim(a, (const char *)content.data);
        if (!base64_decode(a, BASE64_STANDARD, text, strlen(text), &raw) || raw.len != 32)
            return false;
    }
    memcpy(seed, raw.data, 32);
    return true;
}

/* Ruling 11: the key that signs must be the one that nodes were told of. */
static enum configured read_seed(struct arena *a, const struct environment *env,
                                 struct registration_config *out, struct error *e)
{
    const char *path = NULL;
    struct bytes content;
    struct error why = { "" };
    unsigned char public_key[32];
    enum configured set = env_text(a, env, "PLEXSPHERE_SIGNING_SEED_FILE", &path, e);
    if (set != CONFIGURED_ON)
        return env_optional(set);
    if (!file_read(a, path, SEED_FILE_CAP, &content, &why))
        return refuse_seed(e, "names a file that cannot be read", "ENV-030");
    if (!seed_of_bytes(a, content, out->signing_seed))
        return refuse_seed(e, "must name a file of 32 raw bytes or their base64", "ENV-030");
    if (!signing_public_of_seed(out->signing_seed, public_key) ||
        memcmp(public_key, out->signing_public_key, sizeof public_key) != 0)
        return refuse_seed(e, "its public half is not PLEXSPHERE_SIGNING_PUBLIC_KEY_B64",
                           "ENV-031");
    out->has_seed = true;
    return CONFIGURED_ON;
}

enum configured production_registration_config_from_env(struct arena *a,
                                                        const struct environment *env,
                                                        struct registration_config *out,
                                                        struct error *e)
{
    static const char *const scopes[] = { "platform", "domain", NULL };
    int scope = SIGNING_PLATFORM;
    *out = (struct registration_config){ .can_register = false };

    enum configured wrap =
        env_mandatory(env_key32(a, env, "PLEXSPHERE_NSK_WRAP_KEY_B64", out->nsk_wrap_key, e),
                      "PLEXSPHERE_NSK_WRAP_KEY_B64", e);
    enum configured public_key =
        env_key32(a, env, "PLEXSPHERE_SIGNING_PUBLIC_KEY_B64", out->signing_public_key, e);
    enum configured key_id = env_text(a, env, "PLEXSPHERE_SIGNING_KEY_ID", &out->signing_key_id, e);
    enum configured scoped = env_word(a, env, "PLEXSPHERE_SIGNING_SCOPE", scopes, &scope, e);
    enum configured parts =
        env_and(wrap, env_and(env_optional(public_key),
                              env_and(env_optional(key_id), env_optional(scoped))));
    if (parts != CONFIGURED_ON)
        return parts;
    out->signing_scope = (enum signing_scope)scope;
    out->can_register = env_and(public_key, key_id) == CONFIGURED_ON;
    return public_key == CONFIGURED_ON ? read_seed(a, env, out, e) : CONFIGURED_ON;
}
