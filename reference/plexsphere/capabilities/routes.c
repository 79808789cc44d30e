#include <string.h>

#include "common/encoding.h"
#include "common/memory.h"
#include "common/timestamp.h"
#include "reference/plexsphere/capabilities/capabilities.h"
#include "reference/plexsphere/capabilities/service.h"
#include "reference/plexsphere/http/cursor.h"
#include "reference/plexsphere/http/filters.h"
#include "reference/plexsphere/nodes/nodes.h"

struct capabilities_state {
    struct nsk_gate gate; /* first: see nodes.h */
    struct cursor_key cursor;
    bool has_pepper; /* denials are audited */
};

/* PutNodeCapabilities */

static struct answer decode_manifest(struct request *rq)
{
    struct manifest *m = arena_alloc(rq->arena, sizeof *m);
    const char *why = NULL;
    rq->input = m;
    switch (manifest_read(rq->arena, rq->json, m, &why)) {
    case MANIFEST_OK: return answer_go_on();
    case MANIFEST_MALFORMED:
        return answer_problem_with(rq, PROBLEM_MALFORMED_CAPABILITIES_REQUEST, why, NULL);
    case MANIFEST_NO_VERSION: return answer_problem(rq, PROBLEM_BINARY_VERSION_EMPTY);
    case MANIFEST_BAD_CHECKSUM: return answer_problem(rq, PROBLEM_BINARY_CHECKSUM_INVALID);
    case MANIFEST_BAD_FINGERPRINT:
        return answer_problem(rq, PROBLEM_SSH_HOST_KEY_FINGERPRINT_INVALID);
    case MANIFEST_DECLARED_TWICE: return answer_problem(rq, PROBLEM_DECLARED_HOOK_DUPLICATE);
    case MANIFEST_DECLARED_TOO_MANY: return answer_problem(rq, PROBLEM_DECLARED_HOOKS_TOO_MANY);
    case MANIFEST_DECLARED_INVALID: return answer_problem(rq, PROBLEM_DECLARED_HOOK_INVALID);
    case MANIFEST_DISCOVERED_TWICE: return answer_problem(rq, PROBLEM_PLEXD_HOOK_DUPLICATE);
    case MANIFEST_DISCOVERED_TOO_MANY: return answer_problem(rq, PROBLEM_PLEXD_HOOKS_TOO_MANY);
    case MANIFEST_DISCOVERED_INVALID: return answer_problem(rq, PROBLEM_PLEXD_HOOK_INVALID);
    }
    return answer_internal(rq);
}

static struct answer accept_manifest(struct request *rq)
{
    struct capabilities_change change;
    switch (capabilities_replace(rq, rq->input, &change)) {
    case CAPABILITIES_OK: break;
    case CAPABILITIES_NODE_GONE: return answer_problem(rq, PROBLEM_CAPABILITIES_NODE_NOT_FOUND);
    case CAPABILITIES_AUTHZ_UNAVAILABLE:
    case CAPABILITIES_FAILED: return answer_internal(rq);
    }
    json_t *body = json_object(), *fields = json_array();
    for (size_t i = 0; i < change.n_fields; i++)
        json_array_append_new(fields, json_string(change.fields[i]));
    json_object_set_new(body, "accepted_at", json_string(timestamp_format(rq->arena, rq->now)));
    json_object_set_new(body, "fields_changed", fields);
    json_object_set_new(body, "host_key_changed", json_boolean(change.host_key));
    return answer_json(rq, 200, body);
}

/* ListCapabilities */

static const char *const filters[] = { "node_id", "status", NULL };

static struct answer read_filters(struct request *rq)
{
    static const char *const statuses[] = { "match", "drift", "unknown", NULL };
    struct capability_filter *f = arena_alloc(rq->arena, sizeof *f);
    f->project_id = request_id(rq, "project_id");
    rq->input = f;
    struct answer a = filter_uuid(rq, "node_id", &f->node_id);
    return a.status ? a : filter_word(rq, "status", statuses, &f->status);
}

/* CAP-020: a Node that never reported has no checksum and an empty version; it is as old as its
 * registration. */
static json_t *row_view(struct request *rq, const struct capability_row *row)
{
    json_t *view = json_object();
    json_object_set_new(view, "node_id", json_string(uuid_text(rq->arena, &row->node_id)));
    json_object_set_new(view, "domain_id", json_string(uuid_text(rq->arena, &row->domain_id)));
    json_object_set_new(view, "binary_version", json_string(row->binary_version));
    if (row->binary_checksum.len > 0)
        json_object_set_new(view, "binary_checksum",
                            json_string(base64_encode(rq->arena, BASE64_STANDARD,
                                                      row->binary_checksum.data,
                                                      row->binary_checksum.len)));
    json_object_set_new(view, "status", json_string(row->status));
    json_object_set_new(view, "reported_at",
                        json_string(timestamp_format(rq->arena, row->reported_at)));
    return view;
}

static struct answer page_answer(struct request *rq, const struct capability_page *page)
{
    const struct capabilities_state *state = rq->state;
    json_t *items = json_array();
    for (size_t i = 0; i < page->n_items; i++)
        json_array_append_new(items, row_view(rq, &page->items[i]));
    json_t *body = json_pack("{s:o}", "items", items);
    if (page->more)
        json_object_set_new(body, "next_cursor",
                            json_string(cursor_mint_id(rq, &state->cursor,
                                                       filters_text(rq, filters), &page->last)));
    return answer_json(rq, 200, body);
}

static struct answer list_capabilities(struct request *rq)
{
    const struct capabilities_state *state = rq->state;
    struct capability_page page;
    struct uuid after;
    struct answer refused = cursor_open_id(rq, &state->cursor, filters_text(rq, filters), &after);
    if (refused.status)
        return refused;
    switch (capabilities_list(rq, rq->input, &after, &page)) {
    case CAPABILITIES_OK: return page_answer(rq, &page);
    case CAPABILITIES_AUTHZ_UNAVAILABLE: return answer_problem(rq, PROBLEM_AUTHZ_UNAVAILABLE);
    case CAPABILITIES_NODE_GONE:
    case CAPABILITIES_FAILED: break;
    }
    return answer_internal(rq);
}

static bool lists(const void *state)
{
    const struct capabilities_state *s = state;
    return s->cursor.len > 0 && s->has_pepper;
}

static const struct operation operations[] = {
    { .id = OP_PutNodeCapabilities,
      .auth = AUTH_NODE,
      .steps = STEPS_GATE_FIRST,
      .writes = true,
      .body_cap = 32768,
      .too_large = PROBLEM_CAPABILITIES_BODY_TOO_LARGE,
      .undecodable = PROBLEM_MALFORMED_CAPABILITIES_REQUEST,
      .decode = decode_manifest,
      .handle = accept_manifest },
    { .id = OP_ListCapabilities,
      .auth = AUTH_OPERATOR,
      .permission = { "platform", "read", NULL },
      .steps = STEPS_GATE_FIRST,
      .path = { { "project_id", PROBLEM_BAD_REQUEST } },
      .paged = true,
      .provisioned = lists,
      .query = read_filters,
      .handle = list_capabilities },
};

static enum configured configure(struct app *app, void **state, struct error *e)
{
    struct capabilities_config config;
    struct capabilities_state *s = arena_alloc(app->arena, sizeof *s);
    *state = s;
    enum configured result =
        production_capabilities_config_from_env(app->arena, &app->env, &config, e);
    memcpy(s->gate.wrap_key, config.nsk_wrap_key, sizeof s->gate.wrap_key);
    mem_wipe(&config.nsk_wrap_key, sizeof config.nsk_wrap_key);
    s->cursor = config.cursor;
    s->has_pepper = app->pepper != NULL;
    return result;
}

const struct surface surface_capabilities = {
    .name = "capabilities",
    .configure = configure,
    .operations = operations,
    .n_operations = ARRAY_LEN(operations),
};
