/* suites/mesh/topology.c — MSH-*: a Domain's mesh as a whole. */
#include "common/json.h"
#include "common/text.h"
#include "harness/case.h"
#include "suites/mesh/mesh.h"
#include "suites/registration/registration.h"

#define SUITE "mesh"
#define DRAWS                                                                                      \
    .needs = { "mesh-topology", "heartbeat",        "domains",                                     \
               "registration",  "bootstrap-tokens", "resources" },                                 \
    .budget_ms = BUDGET_MS

static const json_t *member_with(const json_t *array, const char *key, const char *value)
{
    size_t i;
    json_t *one;
    json_array_foreach ((json_t *)(uintptr_t)array, i, one)
        if (text_equal(json_text(one, key), value))
            return one;
    return NULL;
}

static struct reply *drawn(struct world *w, const struct mesh *m, size_t nodes)
{
    struct reply *r = accept(judged(topology(w, w->platform_manager, m->domain)), 200);
    expect_equal(r, "/domain_id", m->domain);
    instant_in(w, r, "/generated_at");
    expect(w, json_array_size(expect_member(r, "/nodes")) == nodes, "there are %zu nodes, not %zu",
           json_array_size(expect_member(r, "/nodes")), nodes);
    expect(w, json_array_size(expect_member(r, "/edges")) == nodes * (nodes - (nodes > 0)),
           "there are %zu edges", json_array_size(expect_member(r, "/edges")));
    return r;
}

static bool has_edge(struct reply *r, const char *source, const char *target)
{
    size_t i;
    json_t *edge;
    json_t *edges = expect_member(r, "/edges");
    json_array_foreach (edges, i, edge)
        if (text_equal(json_text(edge, "source_node_id"), source) &&
            text_equal(json_text(edge, "target_node_id"), target))
            return true;
    return false;
}

CASE("MSH-035", .clauses = { "MSH-035" }, DRAWS,
     .title = "a topology holds the Domain's live Nodes and an edge each way between them")
{
    struct mesh m = own_mesh(w);
    drawn(w, &m, 0);
    struct own_node a = own_node_in(w, m.project), b = own_node_in(w, m.project);
    struct own_node c = own_node_in(w, m.project);
    accept(beating(w, &a, heartbeat(w)), 200);
    struct reply *r = drawn(w, &m, 3);
    expect(w, has_edge(r, a.id, b.id) && has_edge(r, b.id, a.id) && has_edge(r, c.id, a.id),
           "an edge is missing");
    const json_t *heard = member_with(expect_member(r, "/nodes"), "node_id", a.id);
    const json_t *silent = member_with(expect_member(r, "/nodes"), "node_id", b.id);
    expect(w, text_equal(json_text(heard, "reachability"), "healthy"),
           "a heard Node is not healthy");
    expect(w, text_equal(json_text(silent, "reachability"), "unreachable"),
           "a Node never heard is not unreachable");
    drained(w, &c);
    r = drawn(w, &m, 2);
    expect(w, !member_with(expect_member(r, "/nodes"), "node_id", c.id), "a drained Node is drawn");
}

CASE("MSH-033", .clauses = { "MSH-033" }, DRAWS,
     .title = "a relay is named exactly on relayed edges, and null on direct ones")
{
    struct mesh m = own_mesh(w);
    own_node_in(w, m.project);
    own_node_in(w, m.project);
    struct reply *r = drawn(w, &m, 2);
    size_t i;
    json_t *edge;
    json_t *edges = expect_member(r, "/edges");
    json_array_foreach (edges, i, edge) {
        const json_t *relay = json_member(edge, "relay_node_id");
        expect(w, relay != NULL, "relay_node_id is missing");
        expect(w, json_is_null(relay) == text_equal(json_text(edge, "mode"), "direct"),
               "mode and relay_node_id disagree");
    }
}

CASE("MSH-034", .clauses = { "MSH-034" }, DRAWS,
     .title = "an edge whose handshakes nobody reports is unreachable")
{
    struct mesh m = own_mesh(w);
    struct own_node a = own_node_in(w, m.project), b = own_node_in(w, m.project);
    accept(beating(w, &a, heartbeat(w)), 200);
    accept(beating(w, &b, heartbeat(w)), 200);
    struct reply *r = drawn(w, &m, 2);
    expect_equal(r, "/edges/0/status", "unreachable");
    expect_equal(r, "/edges/0/mode", "direct");
}

CASE("MSH-036", .clauses = { "MSH-036", "MSH-037" }, DRAWS,
     .title = "who may not read a Domain cannot tell whether it exists")
{
    static const char *const alike[] = { "/type", "/title", "/detail", "/code", "/reason" };
    struct reply *known = refuse_permission(judged(topology(w, w->nobody, w->domain_id)), NULL);
    struct reply *unknown = refuse_permission(judged(topology(w, w->nobody, NO_SUCH_ID)), NULL);
    for (size_t i = 0; i < ARRAY_LEN(alike); i++)
        expect_equal(unknown, alike[i], expect_text(known, alike[i]));
    refuse_permission(judged(topology(w, w->project_admin, w->domain_id)), NULL);
    refuse(judged(topology(w, w->platform_reader, NO_SUCH_ID)), 404, "domain_not_found");
    expect_equal(accept(judged(topology(w, w->domain_member, w->domain_id)), 200), "/domain_id",
                 w->domain_id);
}
