#include "common/arena.h"
#include "common/json.h"
#include "reference/plexsphere/http/cursor.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/resources/resource.h"

enum { BODY_CAP = 8192 };

/* RES-004: permission on the Project comes before its existence, and that before the body. */
static const enum step steps_project_before_body[] = {
    STEP_PROVISIONED, STEP_AUTHENTICATE, STEP_CSRF,   STEP_PATH,   STEP_QUERY, STEP_PERMISSION,
    STEP_LOAD,        STEP_SIZE,         STEP_DECODE, STEP_HANDLE, STEP_END,
};

static struct answer refusal(struct request *rq, enum resource_result result, const char *why)
{
    switch (result) {
    case RESOURCE_OK: break;
    case RESOURCE_INVALID_BODY: return answer_problem_with(rq, PROBLEM_INVALID_BODY, why, NULL);
    case RESOURCE_INVALID_ORIGIN:
        return answer_problem_with(rq, PROBLEM_INVALID_RESOURCE_ORIGIN, why, NULL);
    case RESOURCE_NOT_FOUND: return answer_problem(rq, PROBLEM_RESOURCE_NOT_FOUND);
    case RESOURCE_BLUEPRINT_NOT_FOUND: return answer_problem(rq, PROBLEM_BLUEPRINT_NOT_FOUND_422);
    case RESOURCE_AUTHZ_UNAVAILABLE: return answer_problem(rq, PROBLEM_AUTHZ_UNAVAILABLE);
    case RESOURCE_FAILED: return answer_internal(rq);
    }
    return answer_internal(rq);
}

static struct answer answer_resource(struct request *rq, int status, const struct resource *r)
{
    return answer_json(rq, status, resource_view(rq->arena, r));
}

/* The Domain of the Project in the path goes to rq->loaded. */
static struct answer load_project(struct request *rq)
{
    struct uuid project = request_id(rq, "project_id");
    struct uuid *domain = arena_alloc(rq->arena, sizeof *domain);
    rq->loaded = domain;
    switch (tenancy_domain_of_project(rq->tx, &project, domain)) {
    case FOUND: return answer_go_on();
    case NOT_FOUND: return answer_problem(rq, PROBLEM_PROJECT_NOT_FOUND);
    case FIND_FAILED: break;
    }
    return answer_internal(rq);
}

static struct answer decode_create(struct request *rq)
{
    const char *why = NULL;
    struct resource_draft *draft = arena_alloc(rq->arena, sizeof *draft);
    enum resource_result result = resource_draft_read(rq->arena, rq->json, draft, &why);
    rq->input = draft;
    return result == RESOURCE_OK ? answer_go_on() : refusal(rq, result, why);
}

static struct answer create(struct request *rq)
{
    struct resource made;
    struct uuid project = request_id(rq, "project_id");
    enum resource_result result = resource_create(rq, &project, rq->loaded, rq->input, &made);
    if (result == RESOURCE_NOT_FOUND)
        return answer_problem(rq, PROBLEM_PROJECT_NOT_FOUND);
    if (result != RESOURCE_OK)
        return refusal(rq, result, NULL);
    return answer_with_header(answer_resource(rq, 201, &made), "Location",
                              arena_printf(rq->arena, "/v1/resources/%s",
                                           uuid_text(rq->arena, &made.id)));
}

/* RES-026, RES-027: permission is the parent Project's, which the path does not name, so the row
 * is looked at first and kept for the handler. An unknown id is asked about as a Project that
 * cannot exist: whoever holds authority that hangs on no Project goes on to 404, everyone else is
 * refused as for a Resource that is not theirs. */
static struct answer load_resource(struct request *rq)
{
    struct uuid id = request_id(rq, "id");
    struct resource *found = arena_alloc(rq->arena, sizeof *found);
    switch (resource_get(rq->tx, &id, found)) {
    case RESOURCE_OK: rq->loaded = found; break;
    case RESOURCE_NOT_FOUND: break;
    default: return answer_internal(rq);
    }
    rq->object = (struct object_ref){ "project", found->project_id };
    return answer_go_on();
}

static struct answer get(struct request *rq)
{
    if (!rq->loaded)
        return answer_problem(rq, PROBLEM_RESOURCE_NOT_FOUND);
    return answer_resource(rq, 200, rq->loaded);
}

static struct answer delete (struct request *rq)
{
    struct uuid id = request_id(rq, "id");
    enum resource_result result = resource_delete(rq, &id);
    return result == RESOURCE_OK ? answer_no_content() : refusal(rq, result, NULL);
}

static json_t *page_view(struct request *rq, const struct resource_page *page)
{
    json_t *items = json_array();
    for (size_t i = 0; i < page->n_items; i++)
        json_array_append_new(items, resource_view(rq->arena, &page->items[i]));
    json_t *view = json_pack("{s:o}", "items", items);
    if (page->more)
        json_object_set_new(view, "next_cursor",
                            json_string(cursor_mint_id(rq, rq->state, "", &page->last)));
    return view;
}

static struct answer list(struct request *rq)
{
    struct uuid project = request_id(rq, "project_id");
    struct uuid after;
    struct resource_page page;
    struct answer refused = cursor_open_id(rq, rq->state, "", &after);
    if (refused.status)
        return refused;
    enum resource_result result = resource_list(rq, &project, &after, rq->page.limit, &page);
    if (result != RESOURCE_OK)
        return refusal(rq, result, NULL);
    return answer_json(rq, 200, page_view(rq, &page));
}

static const struct operation operations[] = {
    { .id = OP_CreateResource,
      .auth = AUTH_OPERATOR,
      .permission = { "project", "deploy", "project_id" },
      .audit = "resource.create",
      .steps = steps_project_before_body,
      .path = { { "project_id", PROBLEM_INVALID_PROJECT_ID } },
      .writes = true,
      .body_cap = BODY_CAP,
      .load = load_project,
      .decode = decode_create,
      .handle = create },
    { .id = OP_ListProjectResources,
      .auth = AUTH_OPERATOR,
      .permission = { "project", "observe", "project_id" },
      .steps = STEPS_GATE_FIRST,
      .path = { { "project_id", PROBLEM_INVALID_PROJECT_ID } },
      .paged = true,
      .handle = list },
    { .id = OP_GetResource,
      .auth = AUTH_OPERATOR,
      .permission = { "project", "observe", NULL },
      .steps = STEPS_ROW_FIRST,
      .path = { { "id", PROBLEM_INVALID_RESOURCE_ID } },
      .load = load_resource,
      .handle = get },
    { .id = OP_DeleteResource,
      .auth = AUTH_OPERATOR,
      .permission = { "project", "deploy", NULL },
      .audit = "resource.delete",
      .steps = STEPS_ROW_FIRST,
      .path = { { "id", PROBLEM_INVALID_RESOURCE_ID } },
      .writes = true,
      .load = load_resource,
      .handle = delete },
};

/* RES-020: the contract names no cursor key for this list, so it has one of the pepper's, and the
 * surface needs no variable of its own. Denials are written to the audit chain, which needs the
 * pepper as well. */
static enum configured configure(struct app *app, void **state, struct error *e)
{
    (void)e; /* nothing here can be malformed */
    if (!app->db || !app->relations || !app->pepper)
        return CONFIGURED_OFF;
    struct cursor_key *key = arena_alloc(app->arena, sizeof *key);
    cursor_key_derive(app->pepper, "resources-cursor", key);
    *state = key;
    return CONFIGURED_ON;
}

const struct surface surface_resources = {
    .name = "resources",
    .configure = configure,
    .operations = operations,
    .n_operations = ARRAY_LEN(operations),
};
