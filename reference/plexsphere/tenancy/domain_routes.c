#include "common/arena.h"
#include "common/json.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/tenancy/config.h"
#include "reference/plexsphere/tenancy/domain.h"

enum { BODY_CAP = 8192 };

static struct answer refusal(struct request *rq, enum domain_result result, const char *why,
                             const struct domain_children *children)
{
    switch (result) {
    case DOMAIN_OK: break;
    case DOMAIN_INVALID_BODY: return answer_problem_with(rq, PROBLEM_INVALID_BODY, why, NULL);
    case DOMAIN_SLUG_IMMUTABLE: return answer_problem_with(rq, PROBLEM_SLUG_IMMUTABLE, why, NULL);
    case DOMAIN_EMPTY_PATCH: return answer_problem_with(rq, PROBLEM_EMPTY_PATCH, why, NULL);
    case DOMAIN_INVALID: return answer_problem_with(rq, PROBLEM_INVALID_DOMAIN, why, NULL);
    case DOMAIN_INVALID_REACHABILITY:
        return answer_problem_with(rq, PROBLEM_INVALID_REACHABILITY_POLICY, why, NULL);
    case DOMAIN_NOT_FOUND: return answer_problem(rq, PROBLEM_DOMAIN_NOT_FOUND);
    case DOMAIN_SLUG_CONFLICT: return answer_problem(rq, PROBLEM_DOMAIN_SLUG_CONFLICT);
    case DOMAIN_MESH_OVERLAP: return answer_problem(rq, PROBLEM_MESH_CIDR_OVERLAP);
    case DOMAIN_STRANDS_SUBRANGE:
        return answer_problem_with(rq, PROBLEM_MESH_CIDR_INVALIDATES_SUBRANGE, why, NULL);
    case DOMAIN_NOT_EMPTY:
        return answer_problem_with(rq, PROBLEM_DOMAIN_NOT_EMPTY, NULL,
                                   json_pack("{s:{s:I,s:I,s:I,s:I,s:I}}", "child_counts",
                                             "projects", (json_int_t)children->projects, "groups",
                                             (json_int_t)children->groups, "identities",
                                             (json_int_t)children->identities, "idp_bindings",
                                             (json_int_t)children->idp_bindings, "nodes",
                                             (json_int_t)children->nodes));
    case DOMAIN_AUTHZ_UNAVAILABLE: return answer_problem(rq, PROBLEM_AUTHZ_UNAVAILABLE);
    case DOMAIN_FAILED: return answer_internal(rq);
    }
    return answer_internal(rq);
}

static struct answer answer_domain(struct request *rq, int status, const struct domain *d)
{
    return answer_json(rq, status, domain_view(rq->arena, d));
}

static struct answer decode_create(struct request *rq)
{
    const char *why = NULL;
    struct domain_draft *draft = arena_alloc(rq->arena, sizeof *draft);
    enum domain_result result = domain_draft_for_create(rq->arena, rq->json, draft, &why);
    rq->input = draft;
    return result == DOMAIN_OK ? answer_go_on() : refusal(rq, result, why, NULL);
}

static struct answer create(struct request *rq)
{
    struct domain made;
    const char *why = NULL;
    enum domain_result result = domain_create(rq, rq->input, &made, &why);
    if (result != DOMAIN_OK)
        return refusal(rq, result, why, NULL);
    return answer_with_header(answer_domain(rq, 201, &made), "Location",
                              arena_printf(rq->arena, "/v1/domains/%s",
                                           uuid_text(rq->arena, &made.id)));
}

static struct answer get(struct request *rq)
{
    struct domain found;
    struct uuid id = request_id(rq, "id");
    enum domain_result result = domain_get(rq->tx, &id, &found);
    return result == DOMAIN_OK ? answer_domain(rq, 200, &found) : refusal(rq, result, NULL, NULL);
}

static struct answer decode_patch(struct request *rq)
{
    const char *why = NULL;
    struct domain_draft *draft = arena_alloc(rq->arena, sizeof *draft);
    enum domain_result result = domain_draft_for_patch(rq->arena, rq->json, draft, &why);
    rq->input = draft;
    return result == DOMAIN_OK ? answer_go_on() : refusal(rq, result, why, NULL);
}

static struct answer patch(struct request *rq)
{
    struct domain changed;
    const char *why = NULL;
    struct uuid id = request_id(rq, "id");
    enum domain_result result = domain_patch(rq, &id, rq->input, &changed, &why);
    return result == DOMAIN_OK ? answer_domain(rq, 200, &changed) : refusal(rq, result, why, NULL);
}

static struct answer delete (struct request *rq)
{
    struct domain_children children;
    struct uuid id = request_id(rq, "id");
    enum domain_result result = domain_delete(rq, &id, &children);
    return result == DOMAIN_OK ? answer_no_content() : refusal(rq, result, NULL, &children);
}

static json_t *page_view(struct request *rq, const struct domains_config *config,
                         const struct domain_page *page)
{
    json_t *items = json_array();
    for (size_t i = 0; i < page->n_items; i++)
        json_array_append_new(items, domain_view(rq->arena, &page->items[i]));
    json_t *view = json_pack("{s:o}", "items", items);
    /* DOM-026: rows were there and none was for the caller; an empty window says nothing. */
    if (page->n_items == 0 && page->n_window > 0)
        json_object_set_new(view, "empty_reason", json_string("no_rebac_membership"));
    if (page->last_slug)
        json_object_set_new(view, "next_cursor",
                            json_string(cursor_mint(rq, &config->cursor, "",
                                                    json_pack("{s:s}", "slug", page->last_slug))));
    return view;
}

static struct answer list(struct request *rq)
{
    const struct domains_config *config = rq->state;
    json_t *position = NULL;
    struct answer refused = cursor_open(rq, &config->cursor, "", &position);
    if (refused.status)
        return refused;
    const char *after = position ? json_text(position, "slug") : "";
    struct domain_page page;
    enum domain_result result = domain_list(rq, after ? after : "", rq->page.limit, &page);
    if (result != DOMAIN_OK)
        return refusal(rq, result, NULL, NULL);
    return answer_json(rq, 200, page_view(rq, config, &page));
}

static bool has_cursor_key(const void *state)
{
    return ((const struct domains_config *)state)->cursor.len > 0;
}

static const struct operation operations[] = {
    { .id = OP_CreateDomain,
      .auth = AUTH_OPERATOR,
      .permission = { "platform", "manage", NULL },
      .audit = "domain.create",
      .steps = STEPS_GATE_FIRST,
      .writes = true,
      .body_cap = BODY_CAP,
      .decode = decode_create,
      .handle = create },
    { .id = OP_ListDomains,
      .auth = AUTH_OPERATOR,
      .steps = STEPS_GATE_FIRST,
      .paged = true,
      .provisioned = has_cursor_key,
      .handle = list },
    { .id = OP_GetDomain,
      .auth = AUTH_OPERATOR,
      .permission = { "domain", "read", "id" },
      .steps = STEPS_GATE_FIRST,
      .path = { { "id", PROBLEM_INVALID_DOMAIN_ID } },
      .handle = get },
    { .id = OP_PatchDomain,
      .auth = AUTH_OPERATOR,
      .permission = { "domain", "manage", "id" },
      .audit = "domain.patch",
      .steps = STEPS_GATE_FIRST,
      .path = { { "id", PROBLEM_INVALID_DOMAIN_ID } },
      .writes = true,
      .body_cap = BODY_CAP,
      .decode = decode_patch,
      .handle = patch },
    /* DOM-035 [OPEN-44]: the relation behind a delete is not named; it is the one behind a patch.
     */
    { .id = OP_DeleteDomain,
      .auth = AUTH_OPERATOR,
      .permission = { "domain", "manage", "id" },
      .audit = "domain.delete",
      .steps = STEPS_GATE_FIRST,
      .path = { { "id", PROBLEM_INVALID_DOMAIN_ID } },
      .writes = true,
      .handle = delete },
};

/* A malformed key is refused in any case. Every gated operation writes its denials to the audit
 * chain, which needs the pepper: without one the surface is off. */
static enum configured configure(struct app *app, void **state, struct error *e)
{
    struct domains_config *config = arena_alloc(app->arena, sizeof *config);
    enum configured result = production_domains_config_from_env(app->arena, &app->env, config, e);
    *state = config;
    if (result == CONFIGURED_ON && (!app->db || !app->relations || !app->pepper))
        return CONFIGURED_OFF;
    return result;
}

const struct surface surface_domains = {
    .name = "domains",
    .configure = configure,
    .operations = operations,
    .n_operations = ARRAY_LEN(operations),
};
