#include "common/arena.h"
#include "common/json.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/tenancy/config.h"
#include "reference/plexsphere/tenancy/project.h"

enum { BODY_CAP = 8192 };

static struct answer refusal(struct request *rq, enum project_result result, const char *why,
                             const struct project_children *children)
{
    switch (result) {
    case PROJECT_OK: break;
    case PROJECT_INVALID_BODY: return answer_problem_with(rq, PROBLEM_INVALID_BODY, why, NULL);
    case PROJECT_SLUG_IMMUTABLE: return answer_problem_with(rq, PROBLEM_SLUG_IMMUTABLE, why, NULL);
    case PROJECT_EMPTY_PATCH: return answer_problem_with(rq, PROBLEM_EMPTY_PATCH, why, NULL);
    case PROJECT_INVALID: return answer_problem_with(rq, PROBLEM_INVALID_PROJECT, why, NULL);
    case PROJECT_NOT_FOUND: return answer_problem(rq, PROBLEM_PROJECT_NOT_FOUND);
    case PROJECT_SLUG_CONFLICT: return answer_problem(rq, PROBLEM_PROJECT_SLUG_CONFLICT);
    case PROJECT_SUBRANGE_OVERLAP: return answer_problem(rq, PROBLEM_SUB_RANGE_OVERLAP);
    case PROJECT_PARENT_MISSING: return answer_problem(rq, PROBLEM_PARENT_DOMAIN_MISSING);
    case PROJECT_INVALIDATES_ALLOCATION:
        return answer_problem_with(rq, PROBLEM_SUB_RANGE_INVALIDATES_ALLOCATION, why, NULL);
    case PROJECT_NOT_EMPTY:
        return answer_problem_with(rq, PROBLEM_PROJECT_NOT_EMPTY, NULL,
                                   json_pack("{s:{s:I,s:I,s:I}}", "project_child_counts",
                                             "resources", (json_int_t)children->resources, "nodes",
                                             (json_int_t)children->nodes, "relation_tuples",
                                             (json_int_t)children->relation_tuples));
    case PROJECT_AUTHZ_UNAVAILABLE: return answer_problem(rq, PROBLEM_AUTHZ_UNAVAILABLE);
    case PROJECT_FAILED: return answer_internal(rq);
    }
    return answer_internal(rq);
}

static struct answer answer_project(struct request *rq, int status, const struct project *p)
{
    return answer_json(rq, status, project_view(rq->arena, p));
}

/* PRJ-002: the object that permission is asked on stands in the body, so the body is read first. */
static struct answer decode_create(struct request *rq)
{
    const char *why = NULL;
    struct project_draft *draft = arena_alloc(rq->arena, sizeof *draft);
    enum project_result result = project_draft_for_create(rq->arena, rq->json, draft, &why);
    rq->input = draft;
    rq->object = (struct object_ref){ "domain", draft->domain_id };
    return result == PROJECT_OK ? answer_go_on() : refusal(rq, result, why, NULL);
}

static struct answer create(struct request *rq)
{
    struct project made;
    const char *why = NULL;
    enum project_result result = project_create(rq, rq->input, &made, &why);
    if (result != PROJECT_OK)
        return refusal(rq, result, why, NULL);
    return answer_with_header(answer_project(rq, 201, &made), "Location",
                              arena_printf(rq->arena, "/v1/projects/%s",
                                           uuid_text(rq->arena, &made.id)));
}

static struct answer get(struct request *rq)
{
    struct project found;
    struct uuid id = request_id(rq, "id");
    enum project_result result = project_get(rq->tx, &id, &found);
    return result == PROJECT_OK ? answer_project(rq, 200, &found) : refusal(rq, result, NULL, NULL);
}

static struct answer decode_patch(struct request *rq)
{
    const char *why = NULL;
    struct project_draft *draft = arena_alloc(rq->arena, sizeof *draft);
    enum project_result result = project_draft_for_patch(rq->arena, rq->json, draft, &why);
    rq->input = draft;
    return result == PROJECT_OK ? answer_go_on() : refusal(rq, result, why, NULL);
}

static struct answer patch(struct request *rq)
{
    struct project changed;
    const char *why = NULL;
    struct uuid id = request_id(rq, "id");
    enum project_result result = project_patch(rq, &id, rq->input, &changed, &why);
    return result == PROJECT_OK ? answer_project(rq, 200, &changed)
                                : refusal(rq, result, why, NULL);
}

static struct answer delete (struct request *rq)
{
    struct project_children children;
    struct uuid id = request_id(rq, "id");
    enum project_result result = project_delete(rq, &id, &children);
    return result == PROJECT_OK ? answer_no_content() : refusal(rq, result, NULL, &children);
}

/* The filter, kept for the handler; NULL when the list is of every Domain. */
static struct answer read_filter(struct request *rq)
{
    const char *text = request_query(rq, "domain_id");
    struct uuid *domain = arena_alloc(rq->arena, sizeof *domain);
    if (!text)
        return answer_go_on();
    if (!uuid_parse(text, domain) || uuid_is_nil(domain))
        return answer_problem(rq, PROBLEM_INVALID_DOMAIN_FILTER);
    rq->input = domain;
    return answer_go_on();
}

/* PRJ-024 [OPEN-8]: a cursor goes on in the list it came from, so the filter is part of what it is
 * bound to. */
static const char *filter_text(struct request *rq)
{
    return rq->input ? arena_printf(rq->arena, "domain_id=%s", uuid_text(rq->arena, rq->input))
                     : "";
}

static json_t *page_view(struct request *rq, const struct projects_config *config,
                         const struct project_page *page)
{
    json_t *items = json_array();
    for (size_t i = 0; i < page->n_items; i++)
        json_array_append_new(items, project_view(rq->arena, &page->items[i]));
    json_t *view = json_pack("{s:o}", "items", items);
    /* PRJ-025: rows were there and none was for the caller; an empty window says nothing. */
    if (page->n_items == 0 && page->n_window > 0)
        json_object_set_new(view, "empty_reason", json_string("no_rebac_membership"));
    if (page->more) {
        json_t *last = json_pack("{s:s,s:s}", "slug", page->last.slug, "id",
                                 uuid_text(rq->arena, &page->last.id));
        json_object_set_new(view, "next_cursor",
                            json_string(cursor_mint(rq, &config->cursor, filter_text(rq), last)));
    }
    return view;
}

/* The first page starts before every slug. What a cursor holds was signed by us; the checks are for
 * a key shared with an older release. */
static bool position_of(const json_t *signed_position, struct project_position *out)
{
    *out = (struct project_position){ .slug = "" };
    if (!signed_position)
        return true;
    const char *id = json_text(signed_position, "id");
    out->slug = json_text(signed_position, "slug");
    return out->slug && id && uuid_parse(id, &out->id);
}

static struct answer list(struct request *rq)
{
    const struct projects_config *config = rq->state;
    struct project_position after;
    struct project_page page;
    json_t *position = NULL;
    struct answer refused = cursor_open(rq, &config->cursor, filter_text(rq), &position);
    if (refused.status)
        return refused;
    if (!position_of(position, &after))
        return answer_problem(rq, PROBLEM_INVALID_CURSOR);
    enum project_result result = project_list(rq, rq->input, &after, rq->page.limit, &page);
    if (result != PROJECT_OK)
        return refusal(rq, result, NULL, NULL);
    return answer_json(rq, 200, page_view(rq, config, &page));
}

static bool has_cursor_key(const void *state)
{
    return ((const struct projects_config *)state)->cursor.len > 0;
}

static const struct operation operations[] = {
    { .id = OP_CreateProject,
      .auth = AUTH_OPERATOR,
      .permission = { "domain", "manage", NULL },
      .audit = "project.create",
      .steps = STEPS_DECODE_FIRST,
      .writes = true,
      .body_cap = BODY_CAP,
      .decode = decode_create,
      .handle = create },
    { .id = OP_ListProjects,
      .auth = AUTH_OPERATOR,
      .steps = STEPS_GATE_FIRST,
      .paged = true,
      .provisioned = has_cursor_key,
      .query = read_filter,
      .handle = list },
    { .id = OP_GetProject,
      .auth = AUTH_OPERATOR,
      .permission = { "project", "read", "id" },
      .steps = STEPS_GATE_FIRST,
      .path = { { "id", PROBLEM_INVALID_PROJECT_ID } },
      .handle = get },
    { .id = OP_PatchProject,
      .auth = AUTH_OPERATOR,
      .permission = { "project", "manage", "id" },
      .audit = "project.patch",
      .steps = STEPS_GATE_FIRST,
      .path = { { "id", PROBLEM_INVALID_PROJECT_ID } },
      .writes = true,
      .body_cap = BODY_CAP,
      .decode = decode_patch,
      .handle = patch },
    /* PRJ-035 [OPEN-44]: the relation behind a delete is not named; it is the one behind a patch.
     */
    { .id = OP_DeleteProject,
      .auth = AUTH_OPERATOR,
      .permission = { "project", "manage", "id" },
      .audit = "project.delete",
      .steps = STEPS_GATE_FIRST,
      .path = { { "id", PROBLEM_INVALID_PROJECT_ID } },
      .writes = true,
      .handle = delete },
};

/* A malformed key is refused in any case. Every gated operation writes its denials to the audit
 * chain, which needs the pepper: without one the surface is off. */
static enum configured configure(struct app *app, void **state, struct error *e)
{
    struct projects_config *config = arena_alloc(app->arena, sizeof *config);
    enum configured result = production_projects_config_from_env(app->arena, &app->env, config, e);
    *state = config;
    if (result == CONFIGURED_ON && (!app->db || !app->relations || !app->pepper))
        return CONFIGURED_OFF;
    return result;
}

const struct surface surface_projects = {
    .name = "projects",
    .configure = configure,
    .operations = operations,
    .n_operations = ARRAY_LEN(operations),
};
