/* suites/derived/fill.c — from an operation's template to a request that would be accepted. */
#include "suites/derived/derived.h"

#include <string.h>

#include "common/buffer.h"
#include "common/json.h"
#include "common/random.h"
#include "common/text.h"
#include "common/timestamp.h"

/* The objects a request may name; made when first asked for. */
struct objects {
    struct world *w;
    const struct contract_operation *op;
    bool fresh;
    const char *domain, *project, *resource, *node, *nsk;
};

static const char *an_unknown_id(struct world *w)
{
    struct uuid id = uuid_v7(clock_wall_micros());
    return uuid_text(w->arena, &id);
}

/* A topology grows with the square of a Domain's Nodes, and the world's Domain has hundreds. */
static bool wants_small_domain(const struct contract_operation *op)
{
    return text_equal(op->id, "GetDomainMeshTopology");
}

static const char *domain_of(struct objects *o)
{
    if (!o->domain)
        o->domain = o->fresh || wants_small_domain(o->op) ? json_text(world_new_domain(o->w), "id")
                                                          : o->w->domain_id;
    return o->domain;
}

static const char *project_of(struct objects *o)
{
    if (!o->project)
        o->project =
            o->fresh ? json_text(world_new_project(o->w, o->w->domain_id), "id") : o->w->project_id;
    return o->project;
}

static const char *resource_of(struct objects *o)
{
    if (!o->resource)
        o->resource = json_text(world_new_resource(o->w, o->w->project_id, "vm"), "id");
    return o->resource;
}

/* Registering costs two password hashes, so requests that change nothing share one Node a world. */
const json_t *standing_node(struct world *w)
{
    static const struct arena *owner;
    static json_t *node;
    if (owner != w->world_arena) {
        node = json_own(w->world_arena, json_deep_copy(world_new_node(w, w->project_id)));
        owner = w->world_arena;
    }
    return node;
}

static const char *node_of(struct objects *o)
{
    const json_t *node = o->fresh ? world_new_node(o->w, o->w->project_id) : standing_node(o->w);
    o->nsk = json_text(node, "nsk");
    o->node = json_text(node, "node_id");
    return o->node;
}

static const char *token_of(struct objects *o)
{
    const struct credential *owner = o->w->platform_manager;
    json_t *body =
        json_pack("{s:s, s:s}", "identity_ref", owner->identity_ref, "env_prefix", "dev");
    struct reply *r = accept(post(o->w, "/v1/auth/tokens", .as = owner, .json = body), 201);
    return expect_text(r, "/id");
}

/* A report that is there, so that reading it away finds it. */
static const char *report_of(struct objects *o)
{
    if (!o->node)
        node_of(o);
    const char *target = path(o->w, "/v1/nodes/%s/state/reports/derived", o->node);
    accept(put(o->w, target, .bearer = o->nsk, .json = json_pack("{s:s}", "value", "1")), 200);
    return "derived";
}

static const char *secret_of(struct objects *o)
{
    if (!o->node)
        node_of(o);
    world_given(o->w, "node_secret",
                json_pack("{s:s, s:s, s:s}", "node_id", o->node, "name", "derived", "value", "v"));
    return "derived";
}

/* Nodes report a violation; its id is in the list alone. */
static const char *violation_of(struct objects *o)
{
    struct world *w = o->w;
    const json_t *node = world_new_node(w, w->project_id);
    const char *id = json_text(node, "node_id");
    const struct contract_operation *report = contract_operation("PostNodeIntegrityViolations");
    accept(post(w, path(w, "/v1/nodes/%s/integrity-violations", id),
                .bearer = json_text(node, "nsk"), .json = sample_body(w, report)),
           200);
    const char *list = path(w, "/v1/integrity-violations?node_id=%s", id);
    return expect_text(accept(get(w, list, .as = w->platform_reader), 200), "/items/0/id");
}

/* The collection before a parameter says what the parameter names. */
static const char *value_of(struct objects *o, const char *collection)
{
    if (text_equal(collection, "domains"))
        return domain_of(o);
    if (text_equal(collection, "projects"))
        return project_of(o);
    if (text_equal(collection, "resources"))
        return resource_of(o);
    if (text_equal(collection, "nodes"))
        return node_of(o);
    if (text_equal(collection, "tokens"))
        return token_of(o);
    if (text_equal(collection, "bootstrap-tokens"))
        return json_text(world_new_bootstrap_token(o->w, project_of(o), "node"), "token_id");
    if (text_equal(collection, "integrity-violations"))
        return violation_of(o);
    if (text_equal(collection, "entries"))
        return "1";
    if (text_equal(collection, "reports"))
        return report_of(o);
    if (text_equal(collection, "secrets"))
        return secret_of(o);
    return an_unknown_id(o->w);
}

/* Walks the template segment by segment; `param` (may be NULL) gets `value` as it is. */
static const char *fill_path(struct objects *o, const struct contract_operation *op,
                             const char *param, const char *value)
{
    struct buffer out;
    size_t n;
    buffer_init_arena(&out, 2048, o->w->arena);
    char **parts = text_split(o->w->arena, op->path + 1, '/', &n);
    for (size_t i = 0; i < n; i++) {
        const char *part = parts[i];
        if (part[0] == '{') {
            const char *name = arena_strndup(o->w->arena, part + 1, strlen(part) - 2);
            part = text_equal(name, param) ? value : value_of(o, i > 0 ? parts[i - 1] : "");
        }
        buffer_printf(&out, "/%s", part);
    }
    return out.data;
}

static bool path_begins(const struct contract_operation *op, const char *prefix)
{
    return text_starts(op->path, prefix);
}

/* Audit reads ask for `auditor`, which managing does not give. */
static const struct credential *who_may(const struct world *w, const struct contract_operation *op)
{
    if (text_equal(op->tag, "audit") && !text_starts(op->id, "Erase"))
        return path_begins(op, "/v1/platform/") ? w->platform_auditor : w->domain_auditor;
    return w->platform_manager;
}

static struct filled fill_objects(struct objects *o, const struct contract_operation *op,
                                  const char *param, const char *value)
{
    struct filled f = { .path = fill_path(o, op, param, value) };
    if (op->nsk) {
        if (!o->nsk)
            node_of(o);
        f.bearer = o->nsk;
    } else if (op->bearer || op->cookie) {
        f.as = who_may(o->w, op);
    }
    f.body = json_own(o->w->arena, sample_body(o->w, op));
    return f;
}

struct filled fill(struct world *w, const struct contract_operation *op, bool consumes)
{
    struct objects o = { .w = w, .op = op, .fresh = consumes };
    return fill_objects(&o, op, NULL, NULL);
}

struct filled fill_with(struct world *w, const struct contract_operation *op, const char *param,
                        const char *value)
{
    struct objects o = { .w = w, .op = op };
    return fill_objects(&o, op, param, value);
}

const char *path_to_nothing(struct world *w, const struct contract_operation *op)
{
    struct buffer out;
    size_t n;
    buffer_init_arena(&out, 2048, w->arena);
    char **parts = text_split(w->arena, op->path + 1, '/', &n);
    for (size_t i = 0; i < n; i++)
        buffer_printf(&out, "/%s", parts[i][0] == '{' ? an_unknown_id(w) : parts[i]);
    return out.data;
}

/* What the contract has for the body, when that is one type alone; else the ordinary one. */
static const char *media_type_of(const struct contract_operation *op)
{
    const json_t *content = json_at(op->row, "/request/content");
    void *first = json_object_iter((json_t *)(uintptr_t)content);
    return json_object_size(content) == 1 ? json_object_iter_key(first) : NULL;
}

static bool takes_sent_at(const struct contract_operation *op)
{
    size_t i;
    json_t *param;
    json_array_foreach (json_member(op->row, "params"), i, param)
        if (text_equal(json_text(param, "name"), "X-Plexsphere-Sent-At"))
            return true;
    return false;
}

struct exchange *filled_exchange(struct world *w, const struct contract_operation *op,
                                 const struct filled *f, struct ask ask)
{
    ask.as = f->as;
    ask.bearer = f->bearer;
    ask.media_type = media_type_of(op);
    if (takes_sent_at(op))
        ask.headers[0] =
            (struct ask_header){ "X-Plexsphere-Sent-At", timestamp_format(w->arena, world_now(w)) };
    if (!ask.raw.data && f->body)
        ask.json = json_incref(f->body);
    return exchange_new(w, op->method, f->path, ask);
}

struct bytes padded(struct world *w, const json_t *body, size_t len)
{
    const char *text = json_dump(w->arena, body);
    size_t used = strlen(text);
    expect(w, used <= len, "the sample body is longer than the cap it should fill");
    char *bytes = arena_alloc(w->arena, len + 1);
    memcpy(bytes, text, used);
    memset(bytes + used, ' ', len - used);
    return (struct bytes){ (const unsigned char *)bytes, len };
}
