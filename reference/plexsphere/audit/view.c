#include "reference/plexsphere/audit/view.h"

#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"

static const char *const reasons[] = { "granted", "out_of_scope", "insufficient_relation",
                                       "caveat_violation", "unknown" };

bool audit_reason_known(const char *reason)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (text_equal(reasons[i], reason))
            return true;
    return false;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, json_string(text));
}

static void set_hash(struct arena *a, json_t *object, const char *key, const unsigned char hash[32])
{
    set_text(object, key, hex_encode(a, hash, 32));
}

static json_t *subject_json(struct arena *a, const struct audit_view *v)
{
    json_t *subject = json_object();
    set_hash(a, subject, "pseudonym", v->row.subject);
    if (v->identified)
        set_text(subject, "identity_id_ref", uuid_text(a, &v->identity));
    return subject;
}

static json_t *object_json(const struct audit_view *v)
{
    json_t *object = json_object();
    set_text(object, "type", v->row.object_type);
    set_text(object, "id", v->row.object_id);
    return object;
}

static json_t *context_json(const struct audit_view *v)
{
    json_t *context = json_object();
    if (v->row.ip)
        set_text(context, "ip", v->row.ip);
    if (v->row.user_agent)
        set_text(context, "user_agent", v->row.user_agent);
    return context;
}

json_t *audit_entry_json(struct arena *a, const struct audit_view *v)
{
    json_t *caveats;
    if (!json_parse(a, v->row.caveat_context, strlen(v->row.caveat_context), &caveats, NULL) ||
        !json_is_object(caveats))
        return NULL;
    /* AUD-011: a word outside the closed set was not written by us; it is shown as `unknown`. */
    const char *reason = audit_reason_known(v->row.reason) ? v->row.reason : "unknown";

    json_t *decision = json_object();
    set_text(decision, "result", reason);
    json_object_set(decision, "caveat_context", caveats);

    json_t *entry = json_object();
    json_object_set_new(entry, "seq", json_integer(v->row.seq));
    set_text(entry, "domain_id", uuid_text(a, &v->row.chain));
    set_text(entry, "occurred_at", timestamp_format(a, v->row.occurred_at));
    set_text(entry, "reason", reason);
    json_object_set_new(entry, "subject", subject_json(a, v));
    set_text(entry, "relation", v->row.relation);
    json_object_set_new(entry, "object", object_json(v));
    json_object_set_new(entry, "decision", decision);
    set_text(entry, "correlation_id", v->row.correlation_id);
    json_object_set_new(entry, "request_context", context_json(v));
    set_hash(a, entry, "prev_hash", v->row.prev_hash);
    set_hash(a, entry, "entry_hash", v->row.entry_hash);
    if (v->archive_etag) {
        set_text(entry, "archive_etag", v->archive_etag);
        set_text(entry, "archived_at", timestamp_format(a, v->archived_at));
    }
    return entry;
}

json_t *audit_proof_json(struct arena *a, const struct audit_view *v)
{
    json_t *entry = audit_entry_json(a, v);
    if (!entry)
        return NULL;
    struct bytes canonical = audit_canonical(a, &v->row);
    json_t *proof = json_object();
    set_hash(a, proof, "prev_hash", v->row.prev_hash);
    set_hash(a, proof, "entry_hash", v->row.entry_hash);
    set_text(proof, "canonical_bytes",
             base64_encode(a, BASE64_STANDARD, canonical.data, canonical.len));

    json_t *both = json_object();
    json_object_set_new(both, "entry", entry);
    json_object_set_new(both, "proof", proof);
    return both;
}
