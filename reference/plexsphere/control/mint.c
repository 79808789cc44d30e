#include "reference/plexsphere/control/mint.h"

#include "common/arena.h"
#include "common/json.h"
#include "common/options.h"
#include "common/timestamp.h"
#include "reference/plexsphere/http/body.h"
#include "reference/plexsphere/identity/identity.h"
#include "reference/plexsphere/ports/relations.h"
#include "reference/plexsphere/tenancy/tenancy.h"

static bool find_role(const char *name, const struct role **out, struct error *e)
{
    if (!name)
        return error_set(e, "a role is needed");
    *out = role_by_name(name);
    if (*out)
        return true;
    const char *near = options_nearest(name, role_names());
    return near ? error_set(e, "no role is named '%.64s'; did you mean '%s'?", name, near)
                : error_set(e, "no role is named '%.64s'", name);
}

static bool check_needs(const struct mint_order *order, struct error *e)
{
    if (order->role->needs_domain && !order->has_domain)
        return error_set(e, "the role '%s' needs a Domain", order->role->name);
    if (order->role->needs_project && !order->has_project)
        return error_set(e, "the role '%s' needs a Project", order->role->name);
    return true;
}

static bool read_id(const char *what, const char *text, bool *has, struct uuid *out,
                    struct error *e)
{
    *has = text != NULL;
    return !text || (uuid_parse(text, out) && !uuid_is_nil(out)) ||
           error_set(e, "%s must be a UUID and not the nil UUID", what);
}

bool mint_order_of(const char *role, const char *domain, const char *project, int64_t ttl_seconds,
                   struct mint_order *out, struct error *e)
{
    *out =
        (struct mint_order){ .ttl_seconds = ttl_seconds ? ttl_seconds : MINT_DEFAULT_TTL_SECONDS };
    return find_role(role, &out->role, e) &&
           read_id("the Domain", domain, &out->has_domain, &out->domain, e) &&
           read_id("the Project", project, &out->has_project, &out->project, e) &&
           check_needs(out, e);
}

bool mint_order_read(struct arena *a, const json_t *json, struct mint_order *out, struct error *e)
{
    static const char *const known[] = { "role",        "domain_id", "project_id",
                                         "ttl_seconds", "run",       NULL };
    const char *why = NULL, *role = NULL, *domain = NULL, *project = NULL, *run = NULL;
    int64_t ttl = MINT_DEFAULT_TTL_SECONDS;
    if (!body_only(a, json, known, &why) || body_text(a, json, "role", &role, &why) == BODY_WRONG ||
        body_text(a, json, "domain_id", &domain, &why) == BODY_WRONG ||
        body_text(a, json, "project_id", &project, &why) == BODY_WRONG ||
        body_text(a, json, "run", &run, &why) == BODY_WRONG ||
        body_integer(a, json, "ttl_seconds", &ttl, &why) == BODY_WRONG)
        return error_set(e, "%s", why);
    if (ttl < 1 || ttl > TOKEN_MAX_TTL_SECONDS)
        return error_set(e, "ttl_seconds must be from 1 to %lld", (long long)TOKEN_MAX_TTL_SECONDS);
    return mint_order_of(role, domain, project, ttl, out, e);
}

/* CTL-016: who has a role in a Domain or Project belongs to that Domain; all others have platform
 * scope. */
static bool home_domain(struct tx *tx, const struct mint_order *order, const struct uuid **out,
                        struct uuid *domain, struct error *e)
{
    *out = NULL;
    if (order->role->needs_project) {
        switch (tenancy_domain_of_project(tx, &order->project, domain)) {
        case FOUND: break;
        case NOT_FOUND: return error_set(e, "there is no such Project");
        case FIND_FAILED: return error_set(e, "the database cannot be asked");
        }
        if (order->has_domain && !uuid_equal(domain, &order->domain))
            return error_set(e, "the Project belongs to another Domain");
        *out = domain;
    } else if (order->has_domain && !(order->role->object_type && !order->role->needs_domain)) {
        *domain = order->domain;
        *out = domain;
    }
    return true;
}

static struct object_ref object_of(const struct mint_order *order)
{
    struct object_ref object = { .type = order->role->object_type };
    if (order->role->needs_project)
        object.id = order->project;
    else if (order->role->needs_domain)
        object.id = order->domain;
    return object;
}

static bool create(struct tx *tx, const struct mint_order *order, const struct uuid *id,
                   int64_t now, struct error *e)
{
    const struct uuid *home;
    struct uuid domain;
    if (!home_domain(tx, order, &home, &domain, e))
        return false;
    switch (identity_create(tx, id, "user", home, NULL, now)) {
    case SQL_OK: break;
    case SQL_FOREIGN_KEY: return error_set(e, "there is no such Domain");
    default: return error_set(e, "the database refused the identity");
    }
    if (!order->role->object_type)
        return true;
    struct tuple grant = { .object = object_of(order),
                           .relation = order->role->relation,
                           .subject = { "user", *id } };
    return relations_embedded.write(tx, &grant, now) == SQL_OK ||
           error_set(e, "the database refused the relation");
}

bool mint(struct tx *tx, const struct mint_order *order, int64_t now, json_t **out, struct error *e)
{
    struct arena *a = tx_arena(tx);
    struct uuid id = uuid_v7(now);
    int64_t expires_at = now + order->ttl_seconds * MICROS_PER_SECOND;
    char *token;
    if (!create(tx, order, &id, now, e))
        return false;
    if (identity_mint_token(tx, &id, "ops", now, expires_at, &token) != SQL_OK)
        return error_set(e, "the database refused the token");
    *out = json_own(a, json_pack("{s:s, s:s, s:s}", "token", token, "identity_ref",
                                 arena_printf(a, "user:%s", uuid_text(a, &id)), "expires_at",
                                 timestamp_format(a, expires_at)));
    return true;
}
