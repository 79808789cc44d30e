/* suites/mesh/endpoint.c — MSH-*: where a Node is seen. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/case.h"
#include "suites/mesh/mesh.h"
#include "suites/registration/registration.h"

#define SUITE "mesh"
#define REPORTS                                                                                    \
    .needs = { "mesh", "registration", "bootstrap-tokens", "resources" }, .budget_ms = BUDGET_MS

static const char malformed[] = "malformed_endpoint_request";

BOTH("MSH-001", .clauses = { "MSH-001" }, REPORTS,
     .title = "an endpoint is taken for five minutes from now")
{
    struct own_node n = own_node(w);
    struct reply *r =
        accept(judged(reporting_endpoint(w, &n, endpoint_at(w, "[2001:db8::7]:1", -50))), 200);
    int64_t accepted = instant_in(w, r, "/accepted_at");
    int64_t late = (accepted - world_now(w)) / MICROS_PER_SECOND;
    expect(w, late > -30 && late < 30, "accepted_at is not the server's time");
    expect(w, instant_in(w, r, "/stale_after") - accepted == 300 * MICROS_PER_SECOND,
           "stale_after is not five minutes after accepted_at");
}

static void refuse_report(struct world *w, const struct own_node *n, json_t *body, const char *code)
{
    refuse(judged(reporting_endpoint(w, n, body)), 400, code);
}

CASE("MSH-002", .clauses = { "MSH-002" }, REPORTS,
     .title = "a report of an endpoint has its three members and no other")
{
    static const char *const members[] = { "endpoint", "nat_type", "reported_at" };
    struct own_node n = own_node(w);
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        refuse_report(w, &n, with(endpoint(w), members[i], NULL), malformed);
        refuse_report(w, &n, with(endpoint(w), members[i], json_null()), malformed);
        refuse_report(w, &n, with(endpoint(w), members[i], json_integer(7)), malformed);
    }
    refuse_report(w, &n, with(endpoint(w), "reported_at", json_string("today")), malformed);
    refuse_report(w, &n, with(endpoint(w), "endpoint", json_string("")), malformed);
    refuse_report(w, &n, with(endpoint(w), "node_id", json_string(n.id)), malformed);
    accept(reporting_endpoint(w, &n, endpoint(w)), 200);
}

CASE("MSH-003", .clauses = { "MSH-003" }, REPORTS, .title = "a NAT type is one of its set")
{
    static const char *const known[] = { "full_cone", "restricted", "port_restricted", "symmetric",
                                         "unknown" };
    struct own_node n = own_node(w);
    refuse_report(w, &n, with(endpoint(w), "nat_type", json_string("Symmetric")), malformed);
    refuse_report(w, &n, with(endpoint(w), "nat_type", json_string("")), malformed);
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        expect_text(accept(judged(reporting_endpoint(
                               w, &n, with(endpoint(w), "nat_type", json_string(known[i])))),
                           200),
                    "/stale_after");
}

CASE("MSH-004", .clauses = { "MSH-004" }, REPORTS,
     .title = "an endpoint is a literal address that leads somewhere, and a port")
{
    static const char *const bad[] = {
        "127.0.0.1:1",   "[fe80::1]:1",   "0.0.0.0:1",           "1.2.3.4:0", "host:1",
        "[::1]:1",       "[::]:1",        "169.254.7.7:1",       "1.2.3.4",   "1.2.3.4:",
        "1.2.3.4:65536", "2001:db8::1:1", "[::ffff:127.0.0.1]:1"
    };
    struct own_node n = own_node(w);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse_report(w, &n, endpoint_at(w, bad[i], 0), "endpoint_unparseable");
    accept(reporting_endpoint(w, &n, endpoint_at(w, "1.2.3.4:1", 0)), 200);
    accept(reporting_endpoint(w, &n, endpoint_at(w, "[2001:db8::1]:65535", 0)), 200);
}

BOTH("MSH-005", .clauses = { "MSH-005" }, REPORTS,
     .title = "a drained Node has no endpoint to report")
{
    struct own_node n = own_node(w), other = own_node(w);
    accept(reporting_endpoint(w, &n, endpoint(w)), 200);
    drained(w, &n);
    refuse(judged(reporting_endpoint(w, &n, endpoint(w))), 404, "endpoint_peer_not_found");
    accept(reporting_endpoint(w, &other, endpoint(w)), 200);
}

CASE("MSH-032", .clauses = { "MSH-032" }, REPORTS,
     .title = "a report over 4096 bytes is too large whatever it holds")
{
    enum { CAP = 4096 };
    struct own_node n = own_node(w);
    const char *target = path(w, "/v1/nodes/%s/endpoint", n.id);
    char *garbage = arena_alloc(w->arena, CAP + 2);
    memset(garbage, '{', CAP + 1);
    refuse(judged(put(w, target, .bearer = n.nsk, .raw = { (unsigned char *)garbage, CAP + 1 })),
           413, "endpoint_body_too_large");
    refuse(judged(put(w, target, .bearer = n.nsk, .raw = { (unsigned char *)garbage, CAP })), 400,
           malformed);
    accept(reporting_endpoint(w, &n, endpoint(w)), 200);
}

CASE("MSH-043", .clauses = { "MSH-043" }, REPORTS,
     .title = "an observation may be 60 seconds away, and not more")
{
    struct own_node n = own_node(w);
    refuse_report(w, &n, endpoint_at(w, "1.2.3.4:1", -61), "endpoint_clock_skew");
    refuse_report(w, &n, endpoint_at(w, "1.2.3.4:1", 63), "endpoint_clock_skew");
    accept(reporting_endpoint(w, &n, endpoint_at(w, "1.2.3.4:1", -57)), 200);
    accept(reporting_endpoint(w, &n, endpoint_at(w, "1.2.3.4:1", 59)), 200);
}

CASE("MSH-046", .clauses = { "MSH-046" }, REPORTS,
     .title = "of several faults the earlier one answers: key, path, size, shape, clock, endpoint")
{
    struct own_node n = own_node(w), other = own_node(w);
    const char *target = path(w, "/v1/nodes/%s/endpoint", n.id);
    struct bytes bad = BYTES_OF_TEXT("{");
    drained(w, &other);
    refuse(judged(put(w, target, .raw = bad)), 401, "unauthorized");
    refuse(judged(put(w, target, .raw = bad, .bearer = random_key(w))), 401, "nsk_invalid");
    refuse(judged(put(w, target, .raw = bad, .bearer = other.nsk)), 403, "node_id_mismatch");
    json_t *body = json_own(w->arena, with(endpoint_at(w, "nowhere", -3600), "x", json_null()));
    refuse_report(w, &n, json_copy(body), malformed);
    refuse_report(w, &n, json_copy(with(body, "x", NULL)), "endpoint_clock_skew");
    refuse(judged(reporting_endpoint(w, &other, endpoint_at(w, "nowhere", 0))), 400,
           "endpoint_unparseable");
    refuse(judged(reporting_endpoint(w, &other, endpoint(w))), 404, "endpoint_peer_not_found");
    accept(reporting_endpoint(w, &n, endpoint(w)), 200);
}

BOTH("CTL-020", .clauses = { "CTL-020" },
     .needs = { "mesh", "heartbeat", "registration", "bootstrap-tokens", "resources", "rulings" },
     .budget_ms = BUDGET_MS,
     .title = "the state drained_node takes that Node out of its mesh alone")
{
    struct own_node n = own_node(w), other = own_node(w);
    accept(reporting_endpoint(w, &n, endpoint(w)), 200);
    drained(w, &n);
    refuse(judged(reporting_endpoint(w, &n, endpoint(w))), 404, "endpoint_peer_not_found");
    accept(judged(beating(w, &n, heartbeat(w))), 200);
    accept(judged(reporting_endpoint(w, &other, endpoint(w))), 200);
}
