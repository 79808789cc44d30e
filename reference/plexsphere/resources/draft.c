#include "common/arena.h"
#include "common/text.h"
#include "common/uuid.h"
#include "reference/plexsphere/http/body.h"
#include "reference/plexsphere/resources/resource.h"

enum { KIND_MAX = 64, EXTERNAL_REF_MAX = 256 };

static enum resource_result refuse(const char **why, const char *sentence)
{
    *why = sentence;
    return RESOURCE_INVALID_BODY;
}

/* RES-006: the origin decides which members are lawful, so it is asked before any of them. */
static enum resource_result read_origin(const json_t *body, struct resource_draft *out,
                                        const char **why)
{
    const char *origin = json_string_value(json_object_get(body, "origin"));
    if (!text_equal(origin, "adopted") && !text_equal(origin, "provisioned")) {
        *why = "origin must be adopted or provisioned.";
        return RESOURCE_INVALID_ORIGIN;
    }
    out->adopted = text_equal(origin, "adopted");
    return RESOURCE_OK;
}

static enum resource_result read_kind(struct arena *a, const json_t *body,
                                      struct resource_draft *out, const char **why)
{
    const char *kind = NULL;
    if (body_text(a, body, "kind", &kind, why) == BODY_WRONG)
        return RESOURCE_INVALID_BODY;
    if (text_blank(kind))
        return refuse(why, "kind is required and must hold more than white space.");
    out->kind = text_trim(a, kind);
    if (text_utf8_length(out->kind) > KIND_MAX)
        return refuse(why, "kind must be at most 64 characters.");
    return RESOURCE_OK;
}

/* RES-008 to RES-010. */
static enum resource_result read_adopted(struct arena *a, const json_t *body,
                                         struct resource_draft *out, const char **why)
{
    const char *ref = NULL;
    if (json_object_get(body, "blueprint_version_id") ||
        json_object_get(body, "cloud_credential_id") || json_object_get(body, "parameters"))
        return refuse(why, "blueprint_version_id, cloud_credential_id and parameters belong to a "
                           "provisioned Resource.");
    switch (body_text(a, body, "external_ref", &ref, why)) {
    case BODY_ABSENT: return RESOURCE_OK;
    case BODY_WRONG: return RESOURCE_INVALID_BODY;
    case BODY_PRESENT: break;
    }
    if (text_blank(ref))
        return refuse(why, "external_ref must hold more than white space.");
    out->external_ref = text_trim(a, ref);
    if (text_utf8_length(out->external_ref) > EXTERNAL_REF_MAX)
        return refuse(why, "external_ref must be at most 256 characters.");
    return RESOURCE_OK;
}

/* RES-011, RES-012. */
static enum resource_result read_provisioned(struct arena *a, const json_t *body, const char **why)
{
    struct uuid id;
    const json_t *parameters = json_object_get(body, "parameters");
    if (json_object_get(body, "external_ref"))
        return refuse(why, "external_ref belongs to an adopted Resource.");
    enum body_presence version = body_uuid(a, body, "blueprint_version_id", &id, why);
    if (version == BODY_WRONG)
        return RESOURCE_INVALID_BODY;
    enum body_presence credential = body_uuid(a, body, "cloud_credential_id", &id, why);
    if (credential == BODY_WRONG)
        return RESOURCE_INVALID_BODY;
    if (version == BODY_ABSENT || credential == BODY_ABSENT)
        return refuse(why, "a provisioned Resource needs blueprint_version_id and "
                           "cloud_credential_id.");
    if (parameters && !json_is_object(parameters))
        return refuse(why, "parameters must be an object.");
    return RESOURCE_OK;
}

enum resource_result resource_draft_read(struct arena *a, const json_t *body,
                                         struct resource_draft *out, const char **why)
{
    static const char *const known[] = { "origin",
                                         "kind",
                                         "external_ref",
                                         "blueprint_version_id",
                                         "parameters",
                                         "cloud_credential_id",
                                         NULL };
    *out = (struct resource_draft){ 0 };
    enum resource_result result = read_origin(body, out, why);
    if (result != RESOURCE_OK)
        return result;
    if (!body_only(a, body, known, why))
        return RESOURCE_INVALID_BODY;
    result = read_kind(a, body, out, why);
    if (result != RESOURCE_OK)
        return result;
    return out->adopted ? read_adopted(a, body, out, why) : read_provisioned(a, body, why);
}
