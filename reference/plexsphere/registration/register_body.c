#include "reference/plexsphere/registration/register_body.h"

#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "reference/plexsphere/http/body.h"

#define TEXT_MAX 4096
#define HOSTNAME_MAX 256 /* of an external_ref */

/* Text of 1 to 4,096 characters that is not blank. */
static bool read_text(struct arena *a, const json_t *body, const char *key, const char **out,
                      const char **why)
{
    *out = NULL;
    if (body_text(a, body, key, out, why) == BODY_WRONG)
        return false;
    if (*out && !text_blank(*out) && text_utf8_length(*out) <= TEXT_MAX)
        return true;
    *why = arena_printf(a, "The member '%s' must be there and have 1 to 4096 characters.", key);
    return false;
}

/* REG-006: which member carries the token says which dialect is spoken, so both or neither leave it
 * open. */
static bool read_dialect(const json_t *body, struct registration *out, const char **why)
{
    bool v1 = json_member(body, "bootstrap_token"), mvp = json_member(body, "token");
    *why = "Exactly one of the members 'bootstrap_token' and 'token' must carry the token.";
    out->mvp = mvp;
    return v1 != mvp;
}

/* MVP-002: what else the agent says of itself is not read. */
static bool read_mvp(struct arena *a, const json_t *body, struct registration *out,
                     const char **why)
{
    if (!read_text(a, body, "token", &out->token, why) ||
        !read_text(a, body, "hostname", &out->handle, why))
        return false;
    out->handle = text_trim(a, out->handle);
    *why = "The member 'hostname' must have at most 256 characters.";
    return text_utf8_length(out->handle) <= HOSTNAME_MAX;
}

static bool read_v1(struct arena *a, const json_t *body, struct registration *out, const char **why)
{
    enum body_presence project = body_uuid(a, body, "project_id", &out->project, why);
    if (project == BODY_ABSENT)
        *why = "The member 'project_id' is missing.";
    if (project != BODY_PRESENT || !read_text(a, body, "bootstrap_token", &out->token, why) ||
        !read_text(a, body, "resource_handle", &out->handle, why) ||
        !read_text(a, body, "nonce", &out->nonce, why))
        return false;
    if (body_text(a, body, "requested_resource_id", &out->resource_id, why) == BODY_WRONG)
        return false;
    *why = "The member 'requested_resource_id' must have at most 4096 characters.";
    if (out->resource_id && text_utf8_length(out->resource_id) > TEXT_MAX)
        return false;
    if (out->resource_id && *out->resource_id == '\0')
        out->resource_id = NULL;
    return true;
}

static bool read_invariants(struct arena *a, const json_t *body, struct registration *out,
                            const char **why)
{
    if (!read_dialect(body, out, why))
        return false;
    return out->mvp ? read_mvp(a, body, out, why) : read_v1(a, body, out, why);
}

static bool read_public_key(struct arena *a, const json_t *body, unsigned char out[32])
{
    static const unsigned char zero[32];
    const char *text = json_text(body, "public_key");
    struct bytes raw;
    if (!text || !base64_decode(a, BASE64_STANDARD, text, strlen(text), &raw) ||
        raw.len != sizeof zero || memcmp(raw.data, zero, sizeof zero) == 0)
        return false;
    memcpy(out, raw.data, sizeof zero);
    return true;
}

enum register_body_result register_body_read(struct arena *a, const json_t *body,
                                             struct registration *out, const char **why)
{
    *out = (struct registration){ .mvp = false };
    if (!read_invariants(a, body, out, why))
        return REGISTER_BODY_INVALID;
    return read_public_key(a, body, out->public_key) ? REGISTER_BODY_OK : REGISTER_BODY_BAD_KEY;
}
