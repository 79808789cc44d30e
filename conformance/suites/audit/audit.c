#include "suites/audit/audit.h"

#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"

const char *id_of(const struct credential *who)
{
    const char *colon = strchr(who->identity_ref, ':');
    return colon == NULL ? who->identity_ref : colon + 1;
}

const char *unused_uuid(struct world *w)
{
    struct uuid id = uuid_v7(clock_wall_micros());
    return uuid_text(w->arena, &id);
}

struct chain new_chain(struct world *w)
{
    const char *domain = json_text(world_new_domain(w), "id");
    return (struct chain){ .base = path(w, "/v1/domains/%s/audit", domain),
                           .domain = domain,
                           .auditor = world_credential(w, "domain auditor", domain, NULL),
                           .manager = world_credential(w, "domain admin", domain, NULL) };
}

struct chain platform_chain(struct world *w)
{
    return (struct chain){ .base = "/v1/platform/audit",
                           .auditor = w->platform_auditor,
                           .manager = w->platform_manager };
}

const char *deny(struct world *w, const struct chain *c, const struct credential *who)
{
    struct exchange *x = c->domain != NULL ? get(w, path(w, "/v1/domains/%s", c->domain), .as = who)
                                           : get(w, path(w, "%s/entries", c->base), .as = who);
    return expect_text(refuse_permission(x, NULL), "/correlation_id");
}

void grow(struct world *w, const struct chain *c)
{
    const char *domain = path(w, "/v1/domains/%s", c->domain);
    const char *name = world_name(w, "grown");
    accept(patch(w, domain, .as = c->manager, .json = json_pack("{s:s}", "name", name)), 200);
    accept(post(w, "/v1/projects", .as = c->manager,
                .json = json_pack("{s:s, s:s, s:s}", "domain_id", c->domain, "name", name, "slug",
                                  name)),
           201);
    refuse_permission(get(w, domain, .as = w->nobody, .headers = { { "User-Agent", "\xff" } }),
                      "out_of_scope");
    refuse_permission(patch(w, domain, .as = c->auditor, .json = json_object()),
                      "insufficient_relation");
    refuse_permission(get(w, domain, .as = w->nobody), "out_of_scope");
}

struct reply *entries(struct world *w, const struct chain *c, const char *query)
{
    return accept(judged(get(w, path(w, "%s/entries%s", c->base, query), .as = c->auditor)), 200);
}

size_t count_of(struct world *w, const struct chain *c, const char *correlation)
{
    struct reply *found = entries(w, c, path(w, "?correlation_id=%s", correlation));
    return json_array_size(expect_member(found, "/items"));
}

json_t *entry_of(struct world *w, const struct chain *c, const char *correlation)
{
    struct reply *found = entries(w, c, path(w, "?correlation_id=%s", correlation));
    size_t n = json_array_size(expect_member(found, "/items"));
    expect(w, n == 1, "%zu entries have the correlation_id of one refusal", n);
    expect_equal(found, "/items/0/correlation_id", correlation);
    return expect_member(found, "/items/0");
}

json_t *all_entries(struct world *w, const struct chain *c)
{
    struct reply *found = entries(w, c, "?limit=200");
    json_t *items = expect_member(found, "/items");
    expect(w, json_array_size(items) < 200, "the chain of a fresh Domain holds 200 entries");
    return items;
}

int64_t head_of(struct world *w, const struct chain *c)
{
    const json_t *items = all_entries(w, c);
    size_t n = json_array_size(items);
    return n == 0 ? 0 : json_int(json_array_get(items, n - 1), "seq", 0);
}

struct reply *entry_at(struct world *w, const struct chain *c, int64_t seq)
{
    struct exchange *x =
        get(w, path(w, "%s/entries/%lld", c->base, (long long)seq), .as = c->auditor);
    struct reply *r = accept(judged(x), 200);
    expect(w, expect_int(r, "/entry/seq") == seq, "entry %lld has another seq", (long long)seq);
    return r;
}

struct exchange *verify(struct world *w, const struct chain *c, int64_t from, int64_t to)
{
    json_t *body = from != 0 || to != 0 ? json_object() : NULL;
    if (from != 0)
        json_object_set_new(body, "from_seq", json_integer(from));
    if (to != 0)
        json_object_set_new(body, "to_seq", json_integer(to));
    return judged(post(w, path(w, "%s/verify", c->base), .as = c->auditor, .json = body));
}

static void expect_bounds(struct world *w, struct reply *r, int64_t from, int64_t to)
{
    int64_t came_from = expect_int(r, "/segment_from"), came_to = expect_int(r, "/segment_to");
    expect(w, came_from == from && came_to == to, "%lld to %lld was walked, expected %lld to %lld",
           (long long)came_from, (long long)came_to, (long long)from, (long long)to);
}

void expect_clean(struct world *w, const struct chain *c, int64_t from, int64_t to)
{
    struct reply *r = accept(verify(w, c, from, to), 200);
    expect(w, json_is_true(expect_member(r, "/ok")), "a clean segment diverges at %lld",
           (long long)json_int(r->json, "divergent_seq", 0));
    if (to != 0)
        expect_bounds(w, r, from == 0 ? 1 : from, to);
    expect_absent(r, "/divergent_seq");
    expect_absent(r, "/expected_hash");
    expect_absent(r, "/observed_hash");
}

struct exchange *erase(struct world *w, const struct chain *c, const char *identity_id)
{
    return post(w, path(w, "%s/erase-identity", c->base), .as = c->manager,
                .json = json_pack("{s:s}", "identity_id", identity_id));
}
