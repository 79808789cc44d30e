#include "reference/plexsphere/nodes/heartbeat.h"

#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/http/body.h"

#define SKEW_MAX (60 * MICROS_PER_SECOND)
#define VERSION_MAX 4096

bool checksum_parse(struct arena *a, const char *text, unsigned char out[CHECKSUM_BYTES])
{
    struct bytes raw;
    size_t len = strlen(text);
    bool hex = len == 64 && strspn(text, "0123456789abcdef") == 64;
    if (hex ? !hex_decode(a, text, len, &raw)
            : len != 44 || !base64_decode(a, BASE64_STANDARD, text, len, &raw))
        return false;
    if (raw.len != CHECKSUM_BYTES)
        return false;
    memcpy(out, raw.data, CHECKSUM_BYTES);
    return true;
}

/* A heartbeat before its rules: "" stands for a member that is not there. */
struct draft {
    const char *client_now, *checksum, *version;
};

/* HBT-014: the four codes are all there are, so whatever breaks the shape is malformed; a missing
 * checksum or version has its own code and stays for the rules. */
static bool read_shape(struct arena *a, const json_t *body, struct draft *d, struct heartbeat *out,
                       const char **why)
{
    static const char *const known[] = { "client_now", "binary_checksum", "binary_version",
                                         "nat_summary", NULL };
    const json_t *nat = json_member(body, "nat_summary");
    if (!body_only(a, body, known, why) ||
        body_text(a, body, "client_now", &d->client_now, why) == BODY_WRONG ||
        body_text(a, body, "binary_checksum", &d->checksum, why) == BODY_WRONG ||
        body_text(a, body, "binary_version", &d->version, why) == BODY_WRONG)
        return false;
    *why = "The member 'client_now' must be there and be an RFC 3339 instant.";
    if (!timestamp_parse(d->client_now, &out->client_now))
        return false;
    *why = "The member 'nat_summary' must be there and be an object.";
    if (!json_is_object(nat))
        return false;
    *why = "The member 'binary_version' must have at most 4096 characters.";
    out->nat_summary = json_dump(a, nat);
    return text_utf8_length(d->version) <= VERSION_MAX;
}

enum heartbeat_result heartbeat_read(struct arena *a, const json_t *body, int64_t now,
                                     struct heartbeat *out, const char **why)
{
    struct draft d = { "", "", "" };
    if (!read_shape(a, body, &d, out, why))
        return HEARTBEAT_MALFORMED;
    if (out->client_now < now - SKEW_MAX || out->client_now > now + SKEW_MAX)
        return HEARTBEAT_SKEWED;
    out->has_checksum = checksum_parse(a, d.checksum, out->checksum);
    if (!out->has_checksum)
        return HEARTBEAT_NO_CHECKSUM;
    out->version = text_trim(a, d.version);
    return *out->version ? HEARTBEAT_OK : HEARTBEAT_NO_VERSION;
}

/* MVP-006: a `timestamp` of year 1 is no time, and a checksum may carry the name of its hash. */
enum heartbeat_result heartbeat_read_mvp(struct arena *a, const json_t *body, int64_t now,
                                         struct heartbeat *out, const char **why)
{
    const json_t *nat = json_member(body, "nat");
    const char *timestamp = NULL, *checksum = "";
    *out = (struct heartbeat){ .client_now = now, .version = "", .nat_summary = "{}" };
    if (body_text(a, body, "timestamp", &timestamp, why) == BODY_WRONG ||
        body_text(a, body, "binary_checksum", &checksum, why) == BODY_WRONG)
        return HEARTBEAT_MALFORMED;
    *why = "The member 'timestamp' must be an RFC 3339 instant.";
    if (timestamp && !timestamp_parse(timestamp, &out->client_now))
        return HEARTBEAT_MALFORMED;
    *why = "The member 'nat' must be an object.";
    if (nat && !json_is_null(nat) && !json_is_object(nat))
        return HEARTBEAT_MALFORMED;
    if (json_is_object(nat))
        out->nat_summary = json_dump(a, nat);
    if (text_starts(checksum, "sha256:"))
        checksum += strlen("sha256:");
    out->has_checksum = checksum_parse(a, checksum, out->checksum);
    return HEARTBEAT_OK;
}
