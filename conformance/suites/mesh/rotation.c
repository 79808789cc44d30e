/* suites/mesh/rotation.c — MSH-*: asking for a new mesh key, and getting it. */
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "harness/case.h"
#include "suites/audit/audit.h"
#include "suites/mesh/mesh.h"
#include "suites/registration/registration.h"

#define SUITE "mesh"
#define ROTATES                                                                                    \
    .needs = { "key-rotation", "heartbeat",        "domains",                                      \
               "registration", "bootstrap-tokens", "resources" },                                  \
    .budget_ms = BUDGET_MS

/* ---- the operator's side ---- */

CASE("MSH-017", .clauses = { "MSH-017", "MSH-015" }, ROTATES,
     .title = "a rotation is asked for once, however often it is asked")
{
    struct own_node n = own_node(w);
    struct reply *first = accept(judged(rotation_asked(w, w->platform_manager, n.id)), 200);
    expect(w, json_is_false(expect_member(first, "/already_pending")), "the first is a repeat");
    struct reply *second = accept(judged(rotation_asked(w, w->project_maintainer, n.id)), 200);
    expect(w, json_is_true(expect_member(second, "/already_pending")), "the second is no repeat");
    expect_equal(second, "/rotation_id", expect_text(first, "/rotation_id"));
    expect_equal(second, "/peer_id", expect_text(first, "/peer_id"));
}

static void refused_alike(struct world *w, const struct credential *who, const char *node,
                          struct exchange *(*ask)(struct world *, const struct credential *,
                                                  const char *))
{
    static const char *const alike[] = { "/type", "/title", "/detail", "/code" };
    struct reply *known = refuse_permission(judged(ask(w, who, node)), "insufficient_relation");
    struct reply *unknown =
        refuse_permission(judged(ask(w, who, NO_SUCH_ID)), "insufficient_relation");
    for (size_t i = 0; i < ARRAY_LEN(alike); i++)
        expect_equal(unknown, alike[i], expect_text(known, alike[i]));
    expect(w,
           json_array_size(expect_member(known, "/relation_path")) == 0 &&
               json_array_size(expect_member(unknown, "/relation_path")) == 0,
           "a relation_path tells the one from the other");
}

CASE("MSH-018", .clauses = { "MSH-018" }, ROTATES,
     .title = "who may not operate a Node cannot tell whether it exists")
{
    const struct credential *const who[] = { w->nobody, w->project_operator, w->domain_member,
                                             w->foreign_admin, w->platform_reader };
    struct own_node n = own_node(w);
    for (size_t i = 0; i < ARRAY_LEN(who); i++) {
        refused_alike(w, who[i], n.id, rotation_asked);
        refused_alike(w, who[i], n.id, previewed);
    }
    struct reply *r = accept(judged(rotation_asked(w, w->project_maintainer, n.id)), 200);
    expect(w, json_is_false(expect_member(r, "/already_pending")), "a refused request was heard");
}

CASE("MSH-048", .clauses = { "MSH-048" },
     .needs = { "key-rotation", "audit", "domains", "projects", "registration", "resources" },
     .budget_ms = BUDGET_MS, .title = "a refused rotation is audited as insufficient_relation")
{
    struct chain c = new_chain(w), everyone = platform_chain(w);
    struct own_node n = own_node_in(w, own_project_in(w, c.domain));
    struct reply *known = refuse_permission(judged(rotation_asked(w, w->nobody, n.id)), NULL);
    struct reply *unknown =
        refuse_permission(judged(rotation_asked(w, w->nobody, NO_SUCH_ID)), NULL);
    json_t *row = entry_of(w, &c, expect_text(known, "/correlation_id"));
    expect(w, text_equal(json_text(row, "reason"), "insufficient_relation"), "the reason is %s",
           json_text(row, "reason"));
    row = entry_of(w, &everyone, expect_text(unknown, "/correlation_id"));
    expect(w, text_equal(json_text(row, "reason"), "insufficient_relation"), "the reason is %s",
           json_text(row, "reason"));
    accept(rotation_asked(w, w->platform_manager, n.id), 200);
}

CASE("MSH-019", .clauses = { "MSH-019" }, ROTATES,
     .title = "a Node that is not there, or takes no part, has no key to rotate")
{
    struct own_node n = own_node(w);
    refuse(judged(rotation_asked(w, w->platform_manager, NO_SUCH_ID)), 404, "node_not_found");
    refuse(judged(rotation_asked(w, w->platform_manager, "zz")), 404, "node_not_found");
    refuse(judged(previewed(w, w->platform_manager, NO_SUCH_ID)), 404, "node_not_found");
    accept(previewed(w, w->platform_manager, n.id), 200);
    accept(rotation_asked(w, w->platform_manager, n.id), 200);
    drained(w, &n);
    refuse(judged(rotation_asked(w, w->platform_manager, n.id)), 404, "node_not_found");
    refuse(judged(previewed(w, w->platform_manager, n.id)), 404, "node_not_found");
}

static bool flagged(struct world *w, const struct own_node *n)
{
    return json_is_true(
        expect_member(accept(judged(beating(w, n, heartbeat(w))), 200), "/rotate_keys"));
}

BOTH("MSH-020", .clauses = { "MSH-020" }, ROTATES,
     .title = "each heartbeat asks for a new key until there is one")
{
    struct own_node n = own_node(w), other = own_node(w);
    expect(w, !flagged(w, &n), "rotate_keys before anyone asked");
    rotation_pending(w, &n);
    expect(w, flagged(w, &n) && flagged(w, &n), "rotate_keys is false while a rotation is pending");
    expect(w, !flagged(w, &other), "rotate_keys for another Node");
    accept(completing(w, &n, new_key(w, NULL)), 200);
    expect(w, !flagged(w, &n), "rotate_keys after the rotation");
}

/* ---- the preview ---- */

static struct reply *preview_of(struct world *w, const struct own_node *n, bool pending,
                                size_t edges)
{
    struct reply *r = accept(judged(previewed(w, w->platform_manager, n->id)), 200);
    expect_equal(r, "/node_id", n->id);
    expect(w, json_is_true(expect_member(r, "/already_pending")) == pending,
           "already_pending is not %d", pending);
    expect(w, json_array_size(expect_member(r, "/affected_edges")) == edges,
           "there are %zu edges, not %zu", json_array_size(expect_member(r, "/affected_edges")),
           edges);
    expect(w, expect_int(r, "/affected_peer_count") == (int64_t)edges,
           "affected_peer_count is not the number of edges");
    return r;
}

CASE("MSH-021", .clauses = { "MSH-021" }, ROTATES,
     .title = "a preview says what a rotation would meet, and changes nothing")
{
    struct mesh m = own_mesh(w);
    struct own_node n = own_node_in(w, m.project);
    own_node_in(w, m.project);
    struct reply *first = preview_of(w, &n, false, 1), *again = preview_of(w, &n, false, 1);
    expect(w, json_equal(first->json, again->json), "two previews differ");
    expect(w, !flagged(w, &n), "a preview asks the Node for a key");
    struct reply *asked = accept(rotation_asked(w, w->platform_manager, n.id), 200);
    expect(w, json_is_false(expect_member(asked, "/already_pending")), "a preview is a request");
    expect_equal(asked, "/peer_id", expect_text(first, "/peer_id"));
    preview_of(w, &n, true, 1);
}

CASE("MSH-022", .clauses = { "MSH-022" }, ROTATES,
     .title = "the estimate is the Domain's heartbeat interval")
{
    struct own_node n = own_node(w);
    struct reply *r = accept(judged(previewed(w, w->platform_manager, n.id)), 200);
    expect(w, expect_int(r, "/estimated_duration_seconds") == 30, "the estimate is not 30 seconds");
}

CASE("MSH-023", .clauses = { "MSH-023" }, ROTATES,
     .title = "a Node has one edge to each live Node of its Domain")
{
    struct mesh m = own_mesh(w), elsewhere = own_mesh(w);
    struct own_node n = own_node_in(w, m.project);
    own_node_in(w, elsewhere.project);
    preview_of(w, &n, false, 0);
    struct own_node b = own_node_in(w, m.project), c = own_node_in(w, m.project);
    struct reply *r = preview_of(w, &n, false, 2);
    const char *first = expect_text(r, "/affected_edges/0/peer_node_id");
    const char *second = expect_text(r, "/affected_edges/1/peer_node_id");
    expect(w,
           !text_equal(first, second) && (text_equal(first, b.id) || text_equal(first, c.id)) &&
               (text_equal(second, b.id) || text_equal(second, c.id)),
           "the edges lead elsewhere");
    drained(w, &c);
    r = preview_of(w, &n, false, 1);
    expect_equal(r, "/affected_edges/0/peer_node_id", b.id);
}

/* ---- the Node's side ---- */

BOTH("MSH-026", .clauses = { "MSH-026", "MSH-027" }, ROTATES,
     .title = "a completed rotation gives every edge of the Node a new secret")
{
    struct mesh m = own_mesh(w);
    struct own_node n = own_node_in(w, m.project), b = own_node_in(w, m.project);
    struct own_node c = own_node_in(w, m.project);
    struct reply *before = preview_of(w, &n, false, 2);
    const char *old = expect_text(before, "/affected_edges/0/current_kid");
    const char *id = rotation_pending(w, &n);
    struct reply *r = accept(judged(completing(w, &n, new_key(w, NULL))), 200);
    expect_equal(r, "/rotation_id", id);
    const char *kid = expect_text(r, "/kid");
    struct reply *after = preview_of(w, &n, false, 2);
    expect(w, !text_equal(kid, old), "the kid is the old one");
    expect_equal(after, "/affected_edges/0/current_kid", kid);
    expect_equal(after, "/affected_edges/1/current_kid", kid);
    expect(w,
           expect_int(after, "/affected_edges/0/current_wrap_key_version") ==
               expect_int(r, "/wrap_key_version"),
           "the preview tells another wrap_key_version");
    /* The edge between the two others is none of this Node's. */
    r = preview_of(w, &b, false, 2);
    size_t i;
    json_t *edge, *edges = expect_member(r, "/affected_edges");
    json_array_foreach (edges, i, edge)
        expect(w,
               text_equal(json_text(edge, "current_kid"), kid) ==
                   text_equal(json_text(edge, "peer_node_id"), n.id),
               "the kid of the edge to %s is wrong", json_text(edge, "peer_node_id"));
    preview_of(w, &c, false, 2);
}

static const char *kid_of_edge(struct world *w, const struct own_node *from,
                               const struct own_node *to)
{
    size_t i;
    json_t *edge, *edges = expect_member(preview_of(w, from, false, 2), "/affected_edges");
    json_array_foreach (edges, i, edge)
        if (text_equal(json_text(edge, "peer_node_id"), to->id))
            return json_text(edge, "current_kid");
    expect(w, false, "%s has no edge to %s", from->id, to->id);
    return "";
}

BOTH("MSH-062", .clauses = { "MSH-062" }, ROTATES,
     .title = "whoever rotates last names the secret of a pair, at both ends of it")
{
    struct mesh m = own_mesh(w);
    struct own_node a = own_node_in(w, m.project), b = own_node_in(w, m.project);
    struct own_node c = own_node_in(w, m.project);
    rotation_pending(w, &b);
    const char *early =
        expect_text(accept(judged(completing(w, &b, new_key(w, NULL))), 200), "/kid");
    rotation_pending(w, &a);
    const char *late =
        expect_text(accept(judged(completing(w, &a, new_key(w, NULL))), 200), "/kid");
    expect(w, text_equal(kid_of_edge(w, &a, &b), late), "the later kid is not on its own edge");
    expect(w, text_equal(kid_of_edge(w, &b, &a), late), "the other end has another kid");
    expect(w, text_equal(kid_of_edge(w, &b, &c), early), "an edge of the earlier one has changed");
    expect(w, text_equal(kid_of_edge(w, &c, &b), early), "the other end has another kid");
}

CASE("MSH-049", .clauses = { "MSH-049" }, ROTATES, .title = "the new key is what later Nodes get")
{
    struct mesh m = own_mesh(w);
    struct own_node n = own_node_in(w, m.project);
    const char *key = random_key(w);
    rotation_pending(w, &n);
    accept(judged(completing(w, &n, new_key(w, key))), 200);
    struct reply *r = accept(judged(registering(w, fresh_registration(w, m.project))), 201);
    expect_equal(r, "/peer_snapshot/0/node_id", n.id);
    expect_equal(r, "/peer_snapshot/0/public_key", key);
    drained(w, &n);
    r = accept(judged(registering(w, fresh_registration(w, m.project))), 201);
    expect(w, json_array_size(expect_member(r, "/peer_snapshot")) == 1,
           "a drained Node is in the snapshot");
}

BOTH("MSH-028", .clauses = { "MSH-028" }, ROTATES,
     .title = "the same key once more gets the same receipt")
{
    struct own_node n = own_node(w);
    const char *key = random_key(w);
    rotation_pending(w, &n);
    struct reply *first = accept(judged(completing(w, &n, new_key(w, key))), 200);
    struct reply *again = accept(judged(completing(w, &n, new_key(w, key))), 200);
    expect(w, json_equal(first->json, again->json), "the receipts differ");
    refuse(judged(completing(w, &n, new_key(w, NULL))), 409, "keys_rotate_no_pending_rotation");
}

BOTH("MSH-029", .clauses = { "MSH-029" }, ROTATES,
     .title = "a key that nobody asked for is refused")
{
    struct own_node n = own_node(w);
    refuse(judged(completing(w, &n, new_key(w, NULL))), 409, "keys_rotate_no_pending_rotation");
    rotation_pending(w, &n);
    accept(completing(w, &n, new_key(w, NULL)), 200);
}

BOTH("MSH-030", .clauses = { "MSH-030", "MSH-031" }, ROTATES,
     .title = "a pending rotation is not completed with the current key")
{
    struct own_node n = own_node(w);
    const char *key = random_key(w);
    rotation_pending(w, &n);
    accept(completing(w, &n, new_key(w, key)), 200);
    const char *id = rotation_pending(w, &n);
    refuse(judged(completing(w, &n, new_key(w, key))), 422, "keys_rotate_public_key_unchanged");
    expect_equal(accept(judged(completing(w, &n, new_key(w, NULL))), 200), "/rotation_id", id);
}

CASE("MSH-025", .clauses = { "MSH-025" }, ROTATES,
     .title = "what is no key of 32 bytes is invalid before anything is looked up")
{
    static const unsigned char bytes[33] = { 0 };
    struct own_node n = own_node(w), gone = own_node(w);
    const char *const bad[] = {
        base64_encode(w->arena, BASE64_STANDARD, bytes, 32), /* all zero */
        arena_strndup(w->arena, random_key(w), 43),
        base64_encode(w->arena, BASE64_STANDARD, "0123456789abcdef0123456789abcde", 31),
        base64_encode(w->arena, BASE64_STANDARD, "0123456789abcdef0123456789abcdef0", 33),
        "",
        "no base64",
    };
    drained(w, &gone);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        refuse(judged(completing(w, &n, new_key(w, bad[i]))), 422,
               "keys_rotate_public_key_invalid");
        refuse(judged(completing(w, &gone, new_key(w, bad[i]))), 422,
               "keys_rotate_public_key_invalid");
    }
    refuse(judged(completing(w, &n, json_object())), 422, "keys_rotate_public_key_invalid");
    rotation_pending(w, &n);
    accept(completing(w, &n, new_key(w, NULL)), 200);
}

CASE("MSH-039", .clauses = { "MSH-039" }, ROTATES,
     .title = "the body of a new key has that member alone, as text")
{
    static const char bad[] = "malformed_keys_rotate_request";
    struct own_node n = own_node(w);
    refuse(judged(completing(w, &n, with(new_key(w, NULL), "node_id", json_string(n.id)))), 400,
           bad);
    refuse(judged(completing(w, &n, json_pack("{s:i}", "new_public_key", 7))), 400, bad);
    refuse(judged(completing(w, &n, json_pack("{s:n}", "new_public_key"))), 400, bad);
    refuse(judged(post(w, "/v1/keys/rotate", .bearer = n.nsk, .raw = BYTES_OF_TEXT("{"))), 400,
           bad);
    rotation_pending(w, &n);
    accept(completing(w, &n, new_key(w, NULL)), 200);
}

BOTH("MSH-038", .clauses = { "MSH-038" }, ROTATES, .title = "a drained Node turns no key")
{
    struct own_node n = own_node(w), other = own_node(w);
    rotation_pending(w, &n);
    rotation_pending(w, &other);
    drained(w, &n);
    refuse(judged(completing(w, &n, new_key(w, NULL))), 404, "keys_rotate_peer_not_found");
    accept(completing(w, &other, new_key(w, NULL)), 200);
}

CASE(
    "MSH-050", .clauses = { "MSH-050", "MSH-032" }, ROTATES,
    .title = "of several faults in a new key the earlier one answers: credential, size, shape, key")
{
    enum { LONG = 5000 };
    struct own_node n = own_node(w), revoked = own_node(w);
    char *garbage = arena_alloc(w->arena, LONG + 1);
    memset(garbage, '{', LONG);
    struct bytes large = { (unsigned char *)garbage, LONG };
    world_given(w, "revoked_nsk", json_pack("{s:s}", "node_id", revoked.id));
    refuse(judged(post(w, "/v1/keys/rotate", .raw = large)), 401, "unauthorized");
    refuse(judged(post(w, "/v1/keys/rotate", .raw = large, .bearer = random_key(w))), 401,
           "nsk_invalid");
    refuse(judged(post(w, "/v1/keys/rotate", .raw = large, .bearer = revoked.nsk)), 401,
           "nsk_revoked");
    refuse(judged(post(w, "/v1/keys/rotate", .raw = large, .bearer = n.nsk)), 413,
           "keys_rotate_body_too_large");
    rotation_pending(w, &n);
    accept(completing(w, &n, new_key(w, NULL)), 200);
}

/* Whatever tells of a rotation tells its names alone. */
CASE("MSH-047", .clauses = { "MSH-047" }, ROTATES,
     .title = "no answer about a rotation holds a secret")
{
    static const char *const receipt[] = { "rotation_id", "kid", "wrap_key_version" };
    static const char *const edge[] = { "peer_node_id", "current_kid", "current_wrap_key_version" };
    struct mesh m = own_mesh(w);
    struct own_node n = own_node_in(w, m.project);
    own_node_in(w, m.project);
    struct reply *r = preview_of(w, &n, false, 1);
    const json_t *first = expect_member(r, "/affected_edges/0");
    expect(w, json_object_size(first) == ARRAY_LEN(edge), "an edge has other members");
    for (size_t i = 0; i < ARRAY_LEN(edge); i++)
        expect(w, json_member(first, edge[i]) != NULL, "an edge has no %s", edge[i]);
    rotation_pending(w, &n);
    r = accept(judged(completing(w, &n, new_key(w, NULL))), 200);
    expect(w, json_object_size(r->json) == ARRAY_LEN(receipt), "a receipt has other members");
    for (size_t i = 0; i < ARRAY_LEN(receipt); i++)
        expect(w, json_member(r->json, receipt[i]) != NULL, "a receipt has no %s", receipt[i]);
}
