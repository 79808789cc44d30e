#include "common/arena.h"
#include "reference/plexsphere/http/body.h"
#include "reference/plexsphere/tenancy/domain.h"
#include "reference/plexsphere/tenancy/fields.h"

struct text_member {
    const char *key;
    const char **into;
};

/* False when a member is there with another type than text. */
static bool read_texts(struct arena *a, const json_t *object, const struct text_member *members,
                       size_t n, const char **why)
{
    for (size_t i = 0; i < n; i++)
        if (body_text(a, object, members[i].key, members[i].into, why) == BODY_WRONG)
            return false;
    return true;
}

static bool read_reachability(struct arena *a, const json_t *body, struct domain_draft *d,
                              const char **why)
{
    const json_t *policy = json_object_get(body, "reachability");
    if (!policy)
        return true;
    if (!json_is_object(policy)) {
        *why = "reachability must be an object.";
        return false;
    }
    d->has_reachability = true;
    const struct text_member members[] = { { "heartbeat_interval", &d->heartbeat_interval },
                                           { "stale_after", &d->stale_after },
                                           { "unreachable_after", &d->unreachable_after } };
    return read_texts(a, policy, members, ARRAY_LEN(members), why);
}

static bool read_members(struct arena *a, const json_t *body, struct domain_draft *d,
                         const char **why)
{
    *d = (struct domain_draft){ 0 };
    const struct text_member members[] = { { "name", &d->name },
                                           { "slug", &d->slug },
                                           { "description", &d->description },
                                           { "region", &d->region },
                                           { "mesh_cidr", &d->mesh_cidr } };
    return read_texts(a, body, members, ARRAY_LEN(members), why) &&
           read_reachability(a, body, d, why);
}

/* DOM-010 [OPEN-5]: members the schema does not know are ignored here, since its object is open. */
enum domain_result domain_draft_for_create(struct arena *a, const json_t *body,
                                           struct domain_draft *out, const char **why)
{
    if (!read_members(a, body, out, why))
        return DOMAIN_INVALID_BODY;
    if (!out->name || !out->slug || !out->mesh_cidr) {
        *why = "name, slug and mesh_cidr are required.";
        return DOMAIN_INVALID_BODY;
    }
    return DOMAIN_OK;
}

enum domain_result domain_draft_for_patch(struct arena *a, const json_t *body,
                                          struct domain_draft *out, const char **why)
{
    static const char *const known[] = { "name",      "description",  "region",
                                         "mesh_cidr", "reachability", NULL };
    /* DOM-029: looked for before anything else, whatever its value and whatever stands beside it.
     */
    if (json_object_get(body, "slug")) {
        *why = "a slug is fixed for the life of its Domain.";
        return DOMAIN_SLUG_IMMUTABLE;
    }
    if (!body_only(a, body, known, why) || !read_members(a, body, out, why))
        return DOMAIN_INVALID_BODY;
    if (json_object_size(body) == 0) {
        *why = "name one of name, description, region, mesh_cidr and reachability.";
        return DOMAIN_EMPTY_PATCH;
    }
    return DOMAIN_OK;
}

static bool check_texts(struct arena *a, const struct domain_draft *d, struct domain_fields *out,
                        const char **why)
{
    struct cidr pool;
    if (d->name && !field_name(a, d->name, &out->name, why))
        return false;
    if (d->slug && !field_slug(d->slug, why))
        return false;
    if (d->description && !field_description(d->description, why))
        return false;
    /* DOM-015 [OPEN-9]: an empty region unpins, on create and on patch alike. */
    if (d->region && !field_region(d->region, why))
        return false;
    return !d->mesh_cidr || field_cidr(a, "mesh_cidr", d->mesh_cidr, &pool, &out->mesh_cidr, why);
}

enum domain_result domain_draft_check(struct arena *a, const struct domain_draft *draft,
                                      struct domain_fields *out, const char **why)
{
    *out = (struct domain_fields){ .slug = draft->slug,
                                   .description = draft->description,
                                   .region = draft->region,
                                   .has_reachability = draft->has_reachability };
    if (!check_texts(a, draft, out, why))
        return DOMAIN_INVALID;
    if (draft->has_reachability &&
        !reachability_read(draft->heartbeat_interval, draft->stale_after, draft->unreachable_after,
                           &out->reachability, why))
        return DOMAIN_INVALID_REACHABILITY;
    return DOMAIN_OK;
}
