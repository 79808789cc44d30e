/* suites/nodes/heartbeat.c — HBT-*: the NSK's ladder and the heartbeat behind it. */
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/case.h"
#include "suites/common/both.h"
#include "suites/nodes/nodes.h"
#include "suites/posture/posture.h"
#include "suites/registration/registration.h"

#define SUITE "nodes"
#define BEATS                                                                                      \
    .needs = { "heartbeat", "registration", "bootstrap-tokens", "resources" },                     \
    .budget_ms = BUDGET_MS

/* ---- the credential ---- */

BOTH("HBT-005", .clauses = { "HBT-005" }, BEATS,
     .title = "a heartbeat without a well-formed Bearer credential is refused")
{
    struct own_node n = own_node(w);
    const char *const bad[] = { "Basic eDp5",
                                "Bearer",
                                "Bearer ",
                                n.nsk,
                                path(w, "Token %s", n.nsk),
                                path(w, "Bearer %s %s", n.nsk, n.nsk) };
    refuse(judged(post(w, heartbeat_path(w, n.id), .json = heartbeat(w))), 401, "unauthorized");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(judged(post(w, heartbeat_path(w, n.id), .json = heartbeat(w),
                           .headers = { { "Authorization", bad[i] } })),
               401, "unauthorized");
    accept(beating(w, &n, heartbeat(w)), 200);
}

static void refuse_key(struct world *w, const struct own_node *n, const char *key)
{
    refuse(judged(post(w, heartbeat_path(w, n->id), .bearer = key, .json = heartbeat(w))), 401,
           "nsk_invalid");
}

BOTH("HBT-006", .clauses = { "HBT-006" }, BEATS,
     .title = "a Bearer credential that is no Node's key is refused")
{
    struct own_node n = own_node(w);
    char *flipped = arena_strdup(w->arena, n.nsk);
    flipped[0] = flipped[0] == 'A' ? 'B' : 'A';
    refuse_key(w, &n, flipped);
    refuse_key(w, &n, random_key(w));
    refuse_key(w, &n, "nonsense");
    refuse_key(w, &n, w->platform_manager->token);
    refuse_key(w, &n, NO_SUCH_ID);
    accept(beating(w, &n, heartbeat(w)), 200);
}

BOTH("HBT-007", .clauses = { "HBT-007" }, BEATS, .title = "a revoked key is refused as revoked")
{
    struct own_node n = own_node(w), other = own_node(w);
    accept(beating(w, &n, heartbeat(w)), 200);
    world_given(w, "revoked_nsk", json_pack("{s:s}", "node_id", n.id));
    refuse(judged(beating(w, &n, heartbeat(w))), 401, "nsk_revoked");
    refuse(judged(post(w, heartbeat_path(w, other.id), .bearer = n.nsk, .json = heartbeat(w))), 401,
           "nsk_revoked");
    accept(beating(w, &other, heartbeat(w)), 200);
}

/* Its key on the path of another: everything the answer holds beside the Problem is checked. */
static struct reply *refuse_path(struct world *w, const struct own_node *n, const char *node)
{
    struct reply *r =
        refuse(judged(post(w, heartbeat_path(w, node), .bearer = n->nsk, .json = heartbeat(w))),
               403, "node_id_mismatch");
    expect_equal(r, "/reason", "insufficient_relation");
    expect(w,
           json_is_array(expect_member(r, "/relation_path")) &&
               json_array_size(expect_member(r, "/relation_path")) == 0,
           "relation_path is not empty");
    expect(w, expect_text(r, "/correlation_id")[0] != '\0', "correlation_id is empty");
    return r;
}

BOTH("HBT-008", .clauses = { "HBT-008" }, BEATS,
     .title = "a Node's key is refused on another Node's path")
{
    struct own_node n = own_node(w), other = own_node(w);
    refuse_path(w, &n, other.id);
    refuse_path(w, &other, n.id);
    accept(beating(w, &n, heartbeat(w)), 200);
    accept(beating(w, &other, heartbeat(w)), 200);
}

BOTH("HBT-009", .clauses = { "HBT-009" }, BEATS,
     .title = "the path of a Node that does not exist answers as another Node's")
{
    static const char *const alike[] = { "/type", "/title", "/detail", "/code", "/reason" };
    struct own_node n = own_node(w), other = own_node(w);
    struct reply *known = refuse_path(w, &n, other.id), *unknown = refuse_path(w, &n, NO_SUCH_ID);
    for (size_t i = 0; i < ARRAY_LEN(alike); i++)
        expect_equal(unknown, alike[i], expect_text(known, alike[i]));
    accept(beating(w, &n, heartbeat(w)), 200);
}

BOTH("HBT-010", .clauses = { "HBT-010" }, BEATS,
     .title = "a path id that is no UUID is another Node's")
{
    struct own_node n = own_node(w);
    refuse_path(w, &n, "zz");
    refuse_path(w, &n, "00000000-0000-0000-0000-000000000000");
    accept(beating(w, &n, heartbeat(w)), 200);
}

BOTH("HBT-011", .clauses = { "HBT-011" }, BEATS,
     .title = "credential and path are judged before the body")
{
    struct own_node n = own_node(w), other = own_node(w);
    struct bytes bad = BYTES_OF_TEXT("{");
    const char *target = heartbeat_path(w, n.id);
    refuse(judged(post(w, target, .raw = bad)), 401, "unauthorized");
    refuse(judged(post(w, target, .raw = bad, .bearer = random_key(w))), 401, "nsk_invalid");
    refuse(judged(post(w, target, .raw = bad, .bearer = other.nsk)), 403, "node_id_mismatch");
    refuse(judged(post(w, target, .raw = bad, .bearer = n.nsk)), 400,
           "malformed_heartbeat_request");
    accept(beating(w, &n, heartbeat(w)), 200);
}

/* A key of 32 text characters belongs to Nodes of the agent's other dialect. Here it is shown that
 * such a text is read as a key, and that of a key's other spellings the padded base64 alone is one.
 */
CASE("HBT-024", .clauses = { "HBT-024" }, BEATS,
     .title = "a key is 32 characters of text or base64 of 32 bytes")
{
    struct own_node n = own_node(w);
    struct bytes raw;
    expect(w, base64_decode(w->arena, BASE64_STANDARD, n.nsk, strlen(n.nsk), &raw),
           "nsk is no base64");
    refuse_key(w, &n, "0123456789abcdef0123456789abcdef");
    refuse_key(w, &n, hex_encode(w->arena, raw.data, raw.len));
    refuse_key(w, &n, arena_strndup(w->arena, n.nsk, strlen(n.nsk) - 1));
    refuse_key(w, &n, path(w, "%s%s", n.nsk, n.nsk));
    accept(beating(w, &n, heartbeat(w)), 200);
}

/* ---- the body ---- */

static void refuse_body(struct world *w, const struct own_node *n, json_t *body, const char *code)
{
    refuse(judged(beating(w, n, body)), 400, code);
}

static const char malformed[] = "malformed_heartbeat_request";

BOTH("HBT-012", .clauses = { "HBT-012" }, BEATS, .title = "a heartbeat is JSON")
{
    static const char *const bad[] = { "{", "client_now=2026", "{}{}", "" };
    struct own_node n = own_node(w);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(judged(
                   post(w, heartbeat_path(w, n.id), .bearer = n.nsk, .raw = BYTES_OF_TEXT(bad[i]))),
               400, malformed);
    accept(beating(w, &n, heartbeat(w)), 200);
}

CASE("HBT-013", .clauses = { "HBT-013" }, BEATS, .title = "a heartbeat has no member but its own")
{
    struct own_node n = own_node(w);
    refuse_body(w, &n, with(heartbeat(w), "node_id", json_string(n.id)), malformed);
    refuse_body(w, &n, with(heartbeat(w), "Client_now", json_null()), malformed);
    /* nat_summary alone is free. */
    accept(beating(w, &n, with(heartbeat(w), "nat_summary", json_pack("{s:i}", "anything", 1))),
           200);
}

CASE("HBT-014", .clauses = { "HBT-014" }, BEATS,
     .title = "client_now and nat_summary must be there and of their type")
{
    struct own_node n = own_node(w);
    static const char *const members[] = { "client_now", "nat_summary" };
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        refuse_body(w, &n, with(heartbeat(w), members[i], NULL), malformed);
        refuse_body(w, &n, with(heartbeat(w), members[i], json_null()), malformed);
        refuse_body(w, &n, with(heartbeat(w), members[i], json_integer(7)), malformed);
        refuse_body(w, &n, with(heartbeat(w), members[i], json_string("today")), malformed);
    }
    refuse_body(w, &n, with(heartbeat(w), "nat_summary", json_array()), malformed);
    accept(beating(w, &n, with(heartbeat(w), "nat_summary", json_object())), 200);
}

BOTH("HBT-015", .clauses = { "HBT-015" }, BEATS, .title = "a heartbeat has at most 16 KiB")
{
    enum { CAP = 16 * 1024 };
    struct own_node n = own_node(w);
    char *text = json_dump(w->arena, json_own(w->arena, heartbeat(w)));
    char *body = arena_alloc(w->arena, CAP + 2);
    memset(body, ' ', CAP + 1);
    memcpy(body, text, strlen(text));
    const char *target = heartbeat_path(w, n.id);
    refuse(judged(post(w, target, .bearer = n.nsk, .raw = { (unsigned char *)body, CAP + 1 })), 400,
           malformed);
    struct exchange *x =
        post(w, target, .mvp = n.mvp, .bearer = n.nsk, .raw = { (unsigned char *)body, CAP });
    expect_member(accept(judged(x), 200), "/reconcile");
}

/* Sent late by this many seconds; some seconds of room for the way there. */
CASE("HBT-016", .clauses = { "HBT-016" }, BEATS,
     .title = "a client clock may be 60 seconds away, and not more")
{
    struct own_node n = own_node(w);
    refuse_body(w, &n, heartbeat_at(w, -61), "clock_skew");
    refuse_body(w, &n, heartbeat_at(w, 63), "clock_skew");
    refuse_body(w, &n, with(heartbeat(w), "client_now", json_string("0001-01-01T00:00:00Z")),
                "clock_skew");
    expect_text(accept(judged(beating(w, &n, heartbeat_at(w, -57))), 200), "/accepted_at");
    expect_text(accept(judged(beating(w, &n, heartbeat_at(w, 59))), 200), "/accepted_at");
}

static json_t *summed(struct world *w, const char *checksum)
{
    return with(heartbeat(w), "binary_checksum", checksum ? json_string(checksum) : NULL);
}

static const char hex_sum[] = "00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ab";

CASE("HBT-017", .clauses = { "HBT-017" }, BEATS,
     .title = "a checksum is 64 hex digits or 44 base64 characters")
{
    struct own_node n = own_node(w);
    refuse_body(w, &n, summed(w, path(w, "%s0", hex_sum)), "binary_checksum_empty");
    expect_text(accept(judged(beating(w, &n, summed(w, hex_sum))), 200), "/accepted_at");
    expect_text(accept(judged(beating(w, &n, summed(w, random_key(w)))), 200), "/accepted_at");
}

CASE("HBT-018", .clauses = { "HBT-018" }, BEATS, .title = "a checksum means 32 bytes")
{
    static const unsigned char bytes[33] = { 1 };
    struct own_node n = own_node(w);
    const char *const bad[] = {
        NULL,
        "",
        "abc",
        arena_strndup(w->arena, hex_sum, 63),
        path(w, "%s00", hex_sum),
        path(w, "%.63sg", hex_sum),
        base64_encode(w->arena, BASE64_STANDARD, bytes, 31),
        base64_encode(w->arena, BASE64_STANDARD, bytes, 33),
        base64_encode(w->arena, BASE64_STANDARD_RAW, bytes, 32),
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse_body(w, &n, summed(w, bad[i]), "binary_checksum_empty");
    accept(beating(w, &n, summed(w, base64_encode(w->arena, BASE64_STANDARD, bytes, 32))), 200);
}

CASE("HBT-019", .clauses = { "HBT-019" }, BEATS, .title = "a checksum's hex digits are lower-case")
{
    struct own_node n = own_node(w);
    refuse_body(w, &n, summed(w, path(w, "%.62sAB", hex_sum)), "binary_checksum_empty");
    accept(beating(w, &n, summed(w, path(w, "%.62sab", hex_sum))), 200);
}

CASE("HBT-020", .clauses = { "HBT-020" }, BEATS, .title = "a heartbeat names the agent's version")
{
    struct own_node n = own_node(w);
    refuse_body(w, &n, with(heartbeat(w), "binary_version", NULL), "binary_version_empty");
    refuse_body(w, &n, with(heartbeat(w), "binary_version", json_string("")),
                "binary_version_empty");
    refuse_body(w, &n, with(heartbeat(w), "binary_version", json_string(" \t")),
                "binary_version_empty");
    accept(beating(w, &n, with(heartbeat(w), "binary_version", json_string("v"))), 200);
}

CASE(
    "HBT-021", .clauses = { "HBT-021" }, BEATS,
    .title =
        "of several faults in a heartbeat the earlier one answers: shape, clock, checksum, version")
{
    struct own_node n = own_node(w);
    json_t *body =
        with(with(heartbeat_at(w, -3600), "binary_checksum", NULL), "binary_version", NULL);
    json_own(w->arena, with(body, "nat_summary", NULL));
    refuse_body(w, &n, json_copy(body), malformed);
    refuse_body(w, &n, json_copy(with(body, "nat_summary", json_object())), "clock_skew");
    with(body, "client_now",
         json_incref(json_member(json_own(w->arena, heartbeat(w)), "client_now")));
    refuse_body(w, &n, json_copy(body), "binary_checksum_empty");
    refuse_body(w, &n, json_copy(with(body, "binary_checksum", json_string(hex_sum))),
                "binary_version_empty");
    accept(beating(w, &n, json_copy(with(body, "binary_version", json_string("v1")))), 200);
}

/* ---- the answer ---- */

CASE("HBT-001", .clauses = { "HBT-001", "HBT-003", "HBT-004" }, BEATS,
     .title = "a heartbeat is answered with its time, and asks for nothing")
{
    struct own_node n = own_node(w);
    struct reply *r = accept(judged(beating(w, &n, heartbeat(w))), 200);
    instant_in(w, r, "/accepted_at");
    expect(w, json_is_false(expect_member(r, "/reconcile")), "reconcile is not false");
    expect(w, json_is_false(expect_member(r, "/rotate_keys")), "rotate_keys is not false");
}

CASE("HBT-002", .clauses = { "HBT-002" }, BEATS,
     .title = "accepted_at is the server's time, not the client's")
{
    struct own_node n = own_node(w);
    for (int late = -50; late <= 50; late += 100) {
        int64_t said = world_now(w) + late * MICROS_PER_SECOND;
        struct reply *r = accept(judged(beating(w, &n, heartbeat_at(w, late))), 200);
        int64_t away = instant_in(w, r, "/accepted_at") - said;
        expect(w, away > 30 * MICROS_PER_SECOND || away < -30 * MICROS_PER_SECOND,
               "accepted_at follows client_now");
    }
}

CASE("HBT-022", .clauses = { "HBT-022" }, BEATS,
     .title = "a repeated heartbeat is accepted, later than the first")
{
    struct own_node n = own_node(w);
    json_t *body = json_own(w->arena, heartbeat(w));
    int64_t before = 0;
    for (int i = 0; i < 3; i++) {
        struct reply *r = accept(judged(beating(w, &n, json_copy(body))), 200);
        int64_t now = instant_in(w, r, "/accepted_at");
        expect(w, now > before, "accepted_at did not move on");
        before = now;
    }
}

CASE("HBT-023", .clauses = { "HBT-023" }, .needs = { "heartbeat", "posture" },
     .flags = CASE_OWN_TARGET | CASE_UNJUDGED, .budget_ms = 60000,
     .title =
         "where no key can be verified a heartbeat answers 501 before it looks at the credential")
{
    struct booted *b = posture_ready(w, (struct change[]){ { "PLEXSPHERE_DSN", NULL }, { 0 } });
    const char *target = heartbeat_path(w, NO_SUCH_ID);
    refuse(post(w, target, .base_url = b->base_url), 501, "heartbeat_not_provisioned");
    refuse(post(w, target, .base_url = b->base_url, .bearer = random_key(w), .json = heartbeat(w)),
           501, "heartbeat_not_provisioned");
    struct booted *full = posture_ready(w, NULL);
    refuse(post(w, target, .base_url = full->base_url), 401, "unauthorized");
}
