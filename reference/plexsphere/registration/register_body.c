#include "reference/plexsphere/registration/register_body.h"

#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "reference/plexsphere/http/body.h"

#define TEXT_MAX 4096

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

/* REG-006: which member carries the token says which dialect is spoken, so both or neither
 * leave it open; `token` alone is the dialect that is not spoken here. */
static bool read_token(struct arena *a, const json_t *body, struct registration *out,
                       const char **why)
{
    *why = "Exactly the member 'bootstrap_token' must carry the token.";
    if (json_member(body, "token"))
        return false;
    return read_text(a, body, "bootstrap_token", &out->token, why);
}

static bool read_invariants(struct arena *a, const json_t *body, struct registration *out,
                            const char **why)
{
    enum body_presence project = body_uuid(a, body, "project_id", &out->project, why);
    if (project == BODY_ABSENT)
        *why = "The member 'project_id' is missing.";
    if (project != BODY_PRESENT || !read_token(a, body, out, why) ||
        !read_text(a, body, "resource_handle", &out->handle, why) ||
        !read_text(a, body, "nonce", &out->nonce, why))
        return false;
    out->resource_id = NULL;
    if (body_text(a, body, "requested_resource_id", &out->resource_id, why) == BODY_WRONG)
        return false;
    *why = "The member 'requested_resource_id' must have at most 4096 characters.";
    if (out->resource_id && text_utf8_length(out->resource_id) > TEXT_MAX)
        return false;
    if (out->resource_id && *out->resource_id == '\0')
        out->resource_id = NULL;
    return true;
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
    if (!read_invariants(a, body, out, why))
        return REGISTER_BODY_INVALID;
    return read_public_key(a, body, out->public_key) ? REGISTER_BODY_OK : REGISTER_BODY_BAD_KEY;
}
