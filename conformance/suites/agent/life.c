/* suites/agent/life.c — heartbeats, ending, bodies (plexd-facts 2.3, 4; §13 23, 24, 35). */
#include <string.h>

#include "common/encoding.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "suites/agent/agent_suite.h"

#define BEAT_MS 1000 /* the shortest an agent must offer */

AGENT_CASE("AGT-151", .clauses = { "AGT-036", "JAG-014" },
           .title = "the stop signal ends it with 0 and its socket goes")
{
    struct joined j = joined(w, d);
    accept(get(w, "/v1/state", .agent = j.a), 200);
    int ended = agent_stop(j.a);
    expect(w, ended == 0, "it ended with %d, expected exit status 0", ended);
    expect(w, !agent_has_file(j.a, "../run/api.sock"), "the socket is still there");
}

AGENT_CASE("AGT-152", .clauses = { "AGT-036", "JAG-014" },
           .title = "the stop signal ends it while its control plane is silent")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_always(cp, "GET", "@/state",
              (struct cp_answer){ .status = 200, .body = "{}", .hold = true });
    struct agent *a = agent_run(w, (struct agent_options){ .cp = cp });
    (void)cp_wait(cp, "GET", "@/state", 1);
    int ended = agent_stop(a);
    expect(w, ended == 0, "it ended with %d, expected exit status 0", ended);
}

AGENT_CASE("AGT-153", .clauses = { "JAG-014", "JAG-011" },
           .title = "the stop signal ends it while it waits to register again")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    struct agent *a = agent_prepare(w, (struct agent_options){ .cp = cp });
    cp_always(cp, "POST", "/v1/register",
              (struct cp_answer){ .status = 429, .headers = { { "Retry-After", "3600" } } });
    agent_start(a);
    (void)cp_wait(cp, "POST", "/v1/register", 1);
    (void)agent_stop(a);
    expect(w, !agent_is_running(a), "it does not end on its signal");
    expect(w, agent_has_file(a, "../run/bootstrap-token"), "the unspent token is gone");
}

AGENT_CASE("AGT-154", .clauses = { "AGT-038", "JAG-016" },
           .title = "neither the key nor a token stands in the log")
{
    struct joined j =
        joined_with(w, d, (struct agent_options){ .heartbeat_ms = BEAT_MS, .http = true });
    cp_secret(j.cp, "db", "a-plaintext-nobody-logs", 1);
    accept(get(w, "/v1/state/secrets/db", .agent = j.a), 200);
    cp_once(j.cp, "POST", "@/heartbeat", (struct cp_answer){ .status = 401, .body = "{}" });
    (void)cp_wait(j.cp, "POST", "@/heartbeat", 3);
    const char *const secrets[] = { cp_nsk(j.cp), cp_token(j.cp), agent_http_token(j.a),
                                    "a-plaintext-nobody-logs" };
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++)
        expect(w, !agent_log_leaks(j.a, secrets[i]), "the log holds secret number %zu", i + 1);
    (void)agent_stop(j.a);
    expect(w, !agent_log_leaks(j.a, cp_nsk(j.cp)), "the log holds the key after the end");
}

/* ---- heartbeats --------------------------------------------------------------------------- */

static bool is_checksum(struct world *w, const char *text)
{
    struct bytes raw;
    size_t len = text == NULL ? 0 : strlen(text);
    if (len == 64)
        return strspn(text, "0123456789abcdef") == 64;
    return len == 44 && base64_decode(w->arena, BASE64_STANDARD, text, len, &raw) && raw.len == 32;
}

static void v1_heartbeat(struct world *w, struct fake_cp *cp, const json_t *body)
{
    int64_t at = 0, skew;
    expect(w, timestamp_parse(json_text(body, "client_now"), &at), "client_now is no time");
    skew = at - cp_now(cp);
    expect(w, skew < 60 * MICROS_PER_SECOND && skew > -60 * MICROS_PER_SECOND,
           "client_now is %lld s off", (long long)(skew / MICROS_PER_SECOND));
    expect(w, is_checksum(w, json_text(body, "binary_checksum")),
           "binary_checksum is neither 64 lower-case hex nor base64 of 32 bytes");
    expect(w, !text_blank(json_text(body, "binary_version")), "binary_version is blank");
    expect(w, json_is_object(json_member(body, "nat_summary")), "nat_summary is no object");
    expect(w, json_object_size(body) == 4, "it has members the contract does not know");
}

/* The facts' own agent sends zeros; ours says what it is (AGT-027). */
static void mvp_values(struct world *w, struct fake_cp *cp, const json_t *body)
{
    expect(w, text_equal(json_text(body, "node_id"), cp_node_id(cp)), "node_id is another Node's");
    expect(w, text_equal(json_text(body, "status"), "healthy"), "status is not healthy");
    expect(w, is_checksum(w, json_text(body, "binary_checksum")), "binary_checksum is none");
    expect(w, !text_blank(json_text(body, "uptime")), "uptime is blank");
}

static void mvp_heartbeat(struct world *w, struct fake_cp *cp, const json_t *body)
{
    static const char *const always[] = { "node_id", "timestamp", "status", "uptime",
                                          "binary_checksum" };
    int64_t at;
    for (size_t i = 0; i < ARRAY_LEN(always); i++)
        expect(w, json_text(body, always[i]) != NULL, "it has no text member %s", always[i]);
    if (w->claims_rulings)
        mvp_values(w, cp, body);
    expect(w, timestamp_parse(json_text(body, "timestamp"), &at), "timestamp is no time");
}

AGENT_CASE("AGT-161", .clauses = { "AGT-025", "AGT-026", "AGT-027", "JAG-017" },
           .title = "the first heartbeat comes at once and has the dialect's members")
{
    struct joined j = joined(w, d);
    const json_t *body = cp_json(j.cp, cp_wait(j.cp, "POST", "@/heartbeat", 1));
    if (d == AGENT_V1)
        v1_heartbeat(w, j.cp, body);
    else
        mvp_heartbeat(w, j.cp, body);
}

AGENT_CASE("AGT-162", .clauses = { "JAG-017" },
           .title = "heartbeats answered 500, empty, with a fragment or not at all do not end it")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_once(cp, "POST", "@/heartbeat", (struct cp_answer){ .status = 500, .body = "oh" });
    cp_once(cp, "POST", "@/heartbeat", (struct cp_answer){ .status = 200 });
    cp_once(cp, "POST", "@/heartbeat", (struct cp_answer){ .status = 200, .body = "{" });
    cp_once(cp, "POST", "@/heartbeat", (struct cp_answer){ .status = 200, .body = "{}" });
    cp_once(cp, "POST", "@/heartbeat", (struct cp_answer){ .drop = true });
    cp_once(cp, "POST", "@/heartbeat",
            (struct cp_answer){ .status = 200, .body = "{\"reconcile\":true}", .cut = 5 });
    struct joined j = joined_to(w, cp, (struct agent_options){ .heartbeat_ms = BEAT_MS });
    (void)cp_wait(cp, "POST", "@/heartbeat", 7);
    accept(get(w, "/v1/state", .agent = j.a), 200);
}

AGENT_CASE("AGT-163", .clauses = { "AGT-029", "JAG-017" },
           .title = "a heartbeat answered 401 ends nothing")
{
    struct joined j = joined_with(w, d, (struct agent_options){ .heartbeat_ms = BEAT_MS });
    size_t before = cp_count(j.cp, "POST", "@/heartbeat");
    cp_once(j.cp, "POST", "@/heartbeat",
            (struct cp_answer){ .status = 401, .body = "{\"error\":\"unauthorized\"}" });
    (void)cp_wait(j.cp, "POST", "@/heartbeat", before + 2);
    sentinel(&j);
}

AGENT_CASE("AGT-164", .clauses = { "AGT-028", "JAG-018" },
           .title = "a heartbeat answered reconcile makes it pull its state at once")
{
    struct joined j = joined_with(w, d, (struct agent_options){ .heartbeat_ms = BEAT_MS });
    agent_until(j.a, "/v1/state", "/metadata", "{}");
    size_t beats = cp_count(j.cp, "POST", "@/heartbeat");
    (void)cp_wait(j.cp, "POST", "@/heartbeat", beats + 1); /* reconcile false: nothing is pulled */
    size_t before = cp_count(j.cp, "GET", "@/state");
    (void)cp_wait(j.cp, "POST", "@/heartbeat", beats + 2);
    expect(w, cp_count(j.cp, "GET", "@/state") == before, "it pulled without being asked");
    cp_state(j.cp, state_with("asked", "yes"));
    cp_once(j.cp, "POST", "@/heartbeat",
            (struct cp_answer){ .status = 200,
                                .body = "{\"accepted_at\":\"2026-01-01T00:00:00Z\","
                                        "\"reconcile\":true,\"rotate_keys\":false}" });
    agent_until(j.a, "/v1/state/metadata", "/asked", "yes");
    expect(w, cp_count(j.cp, "GET", "@/state") == before + 1, "it pulled %zu times for one order",
           cp_count(j.cp, "GET", "@/state") - before);
}

/* ---- bodies ------------------------------------------------------------------------------- */

static json_t *report_of_size(struct world *w, size_t len)
{
    char *text = arena_alloc(w->arena, len + 1);
    memset(text, 'r', len);
    return json_pack("{s:s, s:s}", "content_type", "application/json", "payload", text);
}

/* plexd-facts 2.3: over 1,024 bytes it is compressed, up to them it is not. The published contract
 * knows no coding of requests. */
MVP_CASE("AGT-171", .clauses = { "AGT-022", "JAG-019" },
         .title = "a body over 1,024 bytes goes out compressed, a shorter one plain")
{
    struct joined j = joined(w, d);
    accept(put(w, "/v1/state/report/small", .agent = j.a, .json = report_of_size(w, 10)), 200);
    (void)cp_wait_reports(j.cp, 200, 1);
    accept(put(w, "/v1/state/report/large", .agent = j.a, .json = report_of_size(w, 2000)), 200);
    (void)cp_wait_reports(j.cp, 200, 2);
    const struct cp_request *small = cp_wait(j.cp, "POST", "@/report", 1);
    const struct cp_request *large = cp_wait(j.cp, "POST", "@/report", 2);
    expect(w, small->body.len <= 1024 && !small->compressed, "%zu bytes went out compressed",
           small->body.len);
    expect(w, large->body.len > 1024 && large->compressed, "%zu bytes went out plain",
           large->body.len);
}

AGENT_CASE("AGT-172", .clauses = { "AGT-024", "JAG-019" },
           .title = "a compressed answer is understood")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    const json_t *state = json_own(w->arena, state_with("zipped", "yes"));
    const char *body =
        json_dump(w->arena, json_own(w->arena, dialect_state_answer(w->arena, d, state, 0)));
    cp_always(cp, "GET", "@/state",
              (struct cp_answer){ .status = 200, .body = body, .gzip = true });
    struct joined j = joined_to(w, cp, (struct agent_options){ 0 });
    const char *coding = cp_header(cp_wait(cp, "GET", "@/state", 1), "Accept-Encoding");
    expect(w, text_contains(coding, "gzip"), "it does not ask for gzip");
    agent_until(j.a, "/v1/state/metadata", "/zipped", "yes");
}
