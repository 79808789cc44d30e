#include "reference/plexsphere/integrity/report.h"

#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "reference/plexsphere/http/body.h"
#include "reference/plexsphere/nodes/checksum.h"

enum { TEXT_MAX = 4096 };

/* What an agent calls a kind, and what the inventory does (INT-017). */
static const struct kind {
    const char *reported, *listed;
    bool host_key;
} kinds[] = {
    { "binary_checksum", "binary", false },
    { "hook_checksum", "hook", false },
    { "ssh_host_key", "host_key", true },
};

static const struct kind *kind_of(const char *reported)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (text_equal(kinds[i].reported, reported))
            return &kinds[i];
    return NULL;
}

/* An entry before its rules: "" stands for a member that is not there. */
struct draft {
    const char *kind, *detected_by, *artifact_id;
    const char *observed_checksum, *expected_checksum;
    const char *observed_fingerprint, *expected_fingerprint;
};

static bool read_shape(struct arena *a, const json_t *entry, struct draft *d, const char **why)
{
    const struct {
        const char *key;
        const char **out;
    } members[] = {
        { "kind", &d->kind },
        { "detected_by", &d->detected_by },
        { "artifact_id", &d->artifact_id },
        { "observed_checksum", &d->observed_checksum },
        { "expected_checksum", &d->expected_checksum },
        { "observed_fingerprint", &d->observed_fingerprint },
        { "expected_fingerprint", &d->expected_fingerprint },
    };
    const char *known[ARRAY_LEN(members) + 1] = { NULL };
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        known[i] = members[i].key;
        *members[i].out = "";
        if (body_text(a, entry, members[i].key, members[i].out, why) == BODY_WRONG)
            return false;
    }
    if (!body_only(a, entry, known, why))
        return false;
    *why = "The member 'artifact_id' must have at most 4096 characters.";
    return text_utf8_length(d->artifact_id) <= TEXT_MAX;
}

static bool is_detector(const char *text)
{
    return text_equal(text, "startup_scan") || text_equal(text, "inotify") ||
           text_equal(text, "pre_dispatch");
}

static bool is_checksum(struct arena *a, const char *text)
{
    unsigned char checksum[CHECKSUM_LEN];
    return checksum_of_base64(a, text, checksum);
}

static enum report_result check_marks(struct arena *a, const struct draft *d,
                                      const struct kind *kind)
{
    if (kind->host_key)
        return host_key_fingerprint_is(d->observed_fingerprint) &&
                       (!*d->expected_fingerprint ||
                        host_key_fingerprint_is(d->expected_fingerprint))
                   ? REPORT_OK
                   : REPORT_FINGERPRINT_INVALID;
    return is_checksum(a, d->observed_checksum) &&
                   (!*d->expected_checksum || is_checksum(a, d->expected_checksum))
               ? REPORT_OK
               : REPORT_CHECKSUM_INVALID;
}

/* INT-010: an entry's rules, in the order of their codes. */
static enum report_result check_entry(struct arena *a, const struct draft *d, struct violation *out)
{
    const struct kind *kind = kind_of(d->kind);
    if (!kind)
        return REPORT_KIND_INVALID;
    if (kind->host_key ? *d->observed_checksum || *d->expected_checksum
                       : *d->observed_fingerprint || *d->expected_fingerprint)
        return REPORT_KIND_MISMATCH;
    if (!is_detector(d->detected_by))
        return REPORT_DETECTED_BY_INVALID;
    if (text_blank(d->artifact_id))
        return REPORT_ARTIFACT_ID_EMPTY;
    const char *expected = kind->host_key ? d->expected_fingerprint : d->expected_checksum;
    *out = (struct violation){
        .kind = kind->listed,
        .detected_by = d->detected_by,
        .artifact_id = text_trim(a, d->artifact_id),
        .observed = kind->host_key ? d->observed_fingerprint : d->observed_checksum,
        .expected = *expected ? expected : NULL,
    };
    return check_marks(a, d, kind);
}

/* The whole document is decoded before any rule of an entry is asked. */
static bool read_entries(struct arena *a, const json_t *entries, struct draft *drafts,
                         const char **why)
{
    size_t i;
    json_t *entry;
    json_array_foreach (entries, i, entry) {
        *why = "The member 'violations' must be an array of objects.";
        if (!json_is_object(entry) || !read_shape(a, entry, &drafts[i], why))
            return false;
    }
    return true;
}

enum report_result report_read(struct arena *a, const json_t *body, struct violation **out,
                               size_t *n, const char **why)
{
    static const char *const known[] = { "violations", NULL };
    const json_t *entries = json_object_get(body, "violations");
    if (!body_only(a, body, known, why))
        return REPORT_MALFORMED;
    *why = "The member 'violations' must be there and be an array.";
    if (!json_is_array(entries))
        return REPORT_MALFORMED;
    *n = json_array_size(entries);
    struct draft *drafts = arena_alloc_array(a, *n + 1, sizeof *drafts);
    *out = arena_alloc_array(a, *n + 1, sizeof **out);
    if (!read_entries(a, entries, drafts, why))
        return REPORT_MALFORMED;
    for (size_t i = 0; i < *n; i++) {
        enum report_result r = check_entry(a, &drafts[i], &(*out)[i]);
        if (r != REPORT_OK)
            return r;
    }
    return *n == 0 ? REPORT_EMPTY : *n > VIOLATIONS_MAX ? REPORT_TOO_MANY : REPORT_OK;
}
