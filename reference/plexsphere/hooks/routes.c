#include "reference/plexsphere/authz/visible.h"
#include "reference/plexsphere/hooks/hooks.h"
#include "reference/plexsphere/hooks/store.h"
#include "reference/plexsphere/http/cursor.h"
#include "reference/plexsphere/http/filters.h"

static const char *const filters[] = { "domain_id", "project_id", "image_digest_match", NULL };

static struct answer read_filters(struct request *rq)
{
    static const char *const either[] = { "true", "false", NULL };
    struct hook_filter *f = arena_alloc(rq->arena, sizeof *f);
    rq->input = f;
    struct answer a = filter_uuid(rq, "domain_id", &f->domain_id);
    if (!a.status)
        a = filter_uuid(rq, "project_id", &f->project_id);
    return a.status ? a : filter_word(rq, "image_digest_match", either, &f->image_digest_match);
}

static json_t *hook_view(struct request *rq, const struct hook_row *hook)
{
    json_t *view = json_object();
    json_object_set_new(view, "node_id", json_string(uuid_text(rq->arena, &hook->node_id)));
    json_object_set_new(view, "domain_id", json_string(uuid_text(rq->arena, &hook->domain_id)));
    json_object_set_new(view, "name", json_string(hook->name));
    json_object_set_new(view, "image_digest", json_string(hook->image_digest));
    json_object_set_new(view, "image_digest_match", json_boolean(hook->image_digest_match));
    return view;
}

static const char *cursor_behind(struct request *rq, const struct hook_row *last)
{
    const struct hooks_config *config = rq->state;
    json_t *place = json_object();
    json_object_set_new(place, "id", json_string(uuid_text(rq->arena, &last->node_id)));
    json_object_set_new(place, "n", json_integer(last->position));
    return cursor_mint(rq, &config->cursor, filters_text(rq, filters), place);
}

static struct answer open_cursor(struct request *rq, struct hook_place *after)
{
    const struct hooks_config *config = rq->state;
    json_t *place;
    *after = (struct hook_place){ .position = 0 };
    struct answer refused = cursor_open(rq, &config->cursor, filters_text(rq, filters), &place);
    if (refused.status || !place)
        return refused;
    after->position = json_int(place, "n", 0);
    return uuid_parse(json_text(place, "id"), &after->node_id)
               ? answer_go_on()
               : answer_problem(rq, PROBLEM_INVALID_CURSOR);
}

/* CAP-025: the page is cut before rows are filtered. */
static struct answer list_hooks(struct request *rq)
{
    struct hook_place after;
    struct hook_row *hooks;
    size_t n;
    struct answer refused = open_cursor(rq, &after);
    if (refused.status)
        return refused;
    if (hook_window(rq->tx, rq->input, &after, rq->page.limit + 1, &hooks, &n) != SQL_OK)
        return answer_internal(rq);
    bool more = n > (size_t)rq->page.limit;
    n -= more;
    const bool *visible = VISIBLE_ROWS(rq, "read", "domain", hooks, n, domain_id);
    if (!visible)
        return answer_problem(rq, PROBLEM_AUTHZ_UNAVAILABLE);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        if (visible[i])
            json_array_append_new(items, hook_view(rq, &hooks[i]));
    json_t *body = json_pack("{s:o}", "items", items);
    if (more)
        json_object_set_new(body, "next_cursor", json_string(cursor_behind(rq, &hooks[n - 1])));
    return answer_json(rq, 200, body);
}

static bool has_cursor_key(const void *state)
{
    const struct hooks_config *config = state;
    return config->cursor.len > 0;
}

static const struct operation operations[] = {
    { .id = OP_ListHooks,
      .auth = AUTH_OPERATOR,
      .permission = { "platform", "read", NULL },
      .steps = STEPS_GATE_FIRST,
      .paged = true,
      .provisioned = has_cursor_key,
      .query = read_filters,
      .handle = list_hooks },
};

static enum configured configure(struct app *app, void **state, struct error *e)
{
    struct hooks_config *config = arena_alloc(app->arena, sizeof *config);
    enum configured result = production_hooks_config_from_env(app->arena, &app->env, config, e);
    *state = config;
    return result == CONFIGURED_ON && !app->pepper ? CONFIGURED_OFF : result;
}

const struct surface surface_hooks = {
    .name = "hooks",
    .configure = configure,
    .operations = operations,
    .n_operations = ARRAY_LEN(operations),
};
