/* suites/mesh/deregister.c — MSH-*: leaving for good. */
#include "common/json.h"
#include "common/text.h"
#include "harness/case.h"
#include "suites/audit/audit.h"
#include "suites/mesh/mesh.h"
#include "suites/registration/registration.h"

#define SUITE "mesh"
#define LEAVES                                                                                     \
    .needs = { "deregister", "heartbeat", "registration", "bootstrap-tokens", "resources" },       \
    .budget_ms = BUDGET_MS

static struct exchange *leaving(struct world *w, const struct own_node *n)
{
    return post(w, path(w, "/v1/nodes/%s/deregister", n->id), .bearer = n->nsk);
}

BOTH("MSH-041", .clauses = { "MSH-041", "MSH-042" }, LEAVES,
     .title = "a Node that deregisters loses its key and its place")
{
    struct mesh m = own_mesh(w);
    struct own_node n = own_node_in(w, m.project), other = own_node_in(w, m.project);
    expect(w, peers_told_to_a_new_node(w, m.project) == 2, "a third Node does not see two");
    accept(judged(leaving(w, &n)), 204);
    refuse(judged(beating(w, &n, heartbeat(w))), 401, "nsk_revoked");
    refuse(judged(leaving(w, &n)), 401, "nsk_revoked");
    accept(beating(w, &other, heartbeat(w)), 200);
    expect(w, peers_told_to_a_new_node(w, m.project) == 2, "a Node that left is a peer still");
}

BOTH("MSH-052", .clauses = { "MSH-041" }, LEAVES, .title = "a Node deregisters itself alone")
{
    struct own_node n = own_node(w), other = own_node(w);
    const char *target = path(w, "/v1/nodes/%s/deregister", n.id);
    refuse(judged(post(w, target)), 401, "unauthorized");
    refuse(judged(post(w, target, .as = w->platform_manager)), 401, "nsk_invalid");
    refuse(judged(post(w, target, .bearer = other.nsk)), 403, "node_id_mismatch");
    accept(beating(w, &n, heartbeat(w)), 200);
    accept(judged(leaving(w, &n)), 204);
}

CASE("MSH-053", .clauses = { "MSH-041" }, LEAVES,
     .title = "the address of a Node that deregistered is given again")
{
    enum { USABLE = 6 }; /* of a /29 */
    const char *domain = own_domain(w, 29), *project = own_project_in(w, domain);
    struct own_node nodes[USABLE];
    for (int i = 0; i < USABLE; i++)
        nodes[i] = own_node_in(w, project);
    json_t *late = fresh_registration(w, project);
    refuse(judged(registering(w, late)), 503, "pool_exhausted");
    accept(leaving(w, &nodes[3]), 204);
    expect_text(accept(judged(registering(w, late)), 201), "/mesh_ip");
}

BOTH("MSH-042", .clauses = { "MSH-042" }, LEAVES,
     .title = "of several requests at once each ends as done or as one too late")
{
    struct own_node n = own_node(w);
    struct exchange *xs[4];
    size_t done = 0;
    for (size_t i = 0; i < ARRAY_LEN(xs); i++)
        xs[i] = judged(leaving(w, &n));
    send_together(xs, ARRAY_LEN(xs));
    for (size_t i = 0; i < ARRAY_LEN(xs); i++) {
        struct reply *r = send_and_judge(xs[i]);
        done += r->status == 204;
        if (r->status != 204)
            refuse(xs[i], 401, "nsk_revoked");
    }
    expect(w, done > 0, "nobody deregistered");
    refuse(judged(leaving(w, &n)), 401, "nsk_revoked");
}

BOTH("MSH-040", .clauses = { "MSH-040" }, LEAVES, .title = "a drained Node deregisters")
{
    struct own_node n = own_node(w);
    drained(w, &n);
    accept(judged(beating(w, &n, heartbeat(w))), 200);
    accept(judged(leaving(w, &n)), 204);
    refuse(judged(beating(w, &n, heartbeat(w))), 401, "nsk_revoked");
}

CASE("MSH-044", .clauses = { "MSH-044" }, LEAVES,
     .title = "a Node that left keeps no Project alive")
{
    struct mesh m = own_mesh(w);
    const char *resource = resource_in(w, m.project, "vm");
    json_t *body = registration(w, m.project, resource, token_in(w, m.project, "node"));
    struct reply *r = accept(registering(w, body), 201);
    struct own_node n = { .id = expect_text(r, "/node_id"), .nsk = expect_text(r, "/nsk") };
    const char *project = path(w, "/v1/projects/%s", m.project);
    accept(delete_(w, path(w, "/v1/resources/%s", resource), .as = w->platform_manager), 204);
    refuse(judged(delete_(w, project, .as = w->platform_manager)), 409, "project_not_empty");
    accept(leaving(w, &n), 204);
    r = refuse(judged(delete_(w, path(w, "/v1/domains/%s", m.domain), .as = w->platform_manager)),
               409, "domain_not_empty");
    expect(w, expect_int(r, "/child_counts/nodes") == 0, "a Node that left is counted");
    accept(judged(delete_(w, project, .as = w->platform_manager)), 204);
}

BOTH("MSH-054", .clauses = { "MSH-041" },
     .needs = { "deregister", "audit", "domains", "projects", "registration", "resources" },
     .budget_ms = BUDGET_MS, .title = "leaving is on the Domain's chain")
{
    struct chain c = new_chain(w);
    struct own_node n = own_node_in(w, own_project_in(w, c.domain));
    int64_t before = head_of(w, &c);
    accept(judged(leaving(w, &n)), 204);
    json_t *all = all_entries(w, &c);
    expect(w, head_of(w, &c) == before + 1, "leaving made %lld entries",
           (long long)(head_of(w, &c) - before));
    size_t i, found = 0;
    json_t *entry;
    json_array_foreach (all, i, entry)
        found += text_equal(json_text(entry, "relation"), "node.deregister");
    expect(w, found == 1, "there are %zu entries of it", found);
}
