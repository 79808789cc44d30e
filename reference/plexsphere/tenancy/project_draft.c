#include "common/arena.h"
#include "common/text.h"
#include "common/uuid.h"
#include "reference/plexsphere/http/body.h"
#include "reference/plexsphere/tenancy/fields.h"
#include "reference/plexsphere/tenancy/project.h"

static bool read_texts(struct arena *a, const json_t *body, struct project_draft *d,
                       const char **why)
{
    const struct {
        const char *key;
        const char **into;
    } members[] = { { "name", &d->name },
                    { "slug", &d->slug },
                    { "description", &d->description },
                    { "sub_range_cidr", &d->sub_range } };
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (body_text(a, body, members[i].key, members[i].into, why) == BODY_WRONG)
            return false;
    return true;
}

/* PRJ-007 [OPEN-18]: what is no UUID cannot be decoded; the nil UUID can, and is refused as a zero
 * parent. */
static enum project_result read_parent(struct arena *a, const json_t *body, struct project_draft *d,
                                       const char **why)
{
    const char *text = NULL;
    enum body_presence presence = body_text(a, body, "domain_id", &text, why);
    if (presence == BODY_WRONG)
        return PROJECT_INVALID_BODY;
    if (presence == BODY_ABSENT || !uuid_parse(text, &d->domain_id)) {
        *why = "domain_id is required and must be a UUID.";
        return PROJECT_INVALID_BODY;
    }
    if (uuid_is_nil(&d->domain_id)) {
        *why = "domain_id must not be the nil UUID.";
        return PROJECT_INVALID;
    }
    return PROJECT_OK;
}

/* PRJ-006 [OPEN-5]: members the schema does not know are ignored here, since its object is open. */
enum project_result project_draft_for_create(struct arena *a, const json_t *body,
                                             struct project_draft *out, const char **why)
{
    *out = (struct project_draft){ 0 };
    if (!read_texts(a, body, out, why))
        return PROJECT_INVALID_BODY;
    if (!out->name || !out->slug) {
        *why = "domain_id, name and slug are required.";
        return PROJECT_INVALID_BODY;
    }
    return read_parent(a, body, out, why);
}

enum project_result project_draft_for_patch(struct arena *a, const json_t *body,
                                            struct project_draft *out, const char **why)
{
    static const char *const known[] = { "name", "description", "sub_range_cidr",
                                         "release_sub_range", NULL };
    *out = (struct project_draft){ 0 };
    /* PRJ-026: looked for before anything else, whatever its value and whatever stands beside it.
     */
    if (json_object_get(body, "slug")) {
        *why = "a slug is fixed for the life of its Project.";
        return PROJECT_SLUG_IMMUTABLE;
    }
    if (!body_only(a, body, known, why) || !read_texts(a, body, out, why) ||
        body_bool(a, body, "release_sub_range", &out->release, why) == BODY_WRONG)
        return PROJECT_INVALID_BODY;
    /* PRJ-028 [OPEN-19]: release_sub_range false says nothing, so alone it is an empty patch. */
    if (!out->name && !out->description && !out->sub_range && !out->release) {
        *why = "name one of name, description, sub_range_cidr and release_sub_range.";
        return PROJECT_EMPTY_PATCH;
    }
    return PROJECT_OK;
}

enum project_result project_draft_check(struct arena *a, const struct project_draft *draft,
                                        struct project_fields *out, const char **why)
{
    *out = (struct project_fields){ .slug = draft->slug,
                                    .description = draft->description,
                                    .release = draft->release };
    if ((draft->name && !field_name(a, draft->name, &out->name, why)) ||
        (draft->slug && !field_slug(draft->slug, why)) ||
        (draft->description && !field_description(draft->description, why)) ||
        (draft->sub_range &&
         !field_cidr(a, "sub_range_cidr", draft->sub_range, &out->range, &out->sub_range, why)))
        return PROJECT_INVALID;
    return PROJECT_OK;
}
