/* suites/agent/stream.c — the stream itself: framing, ending, coming back
 * (plexd-facts 3.1, 3.2, 3.7; §13 29-31, 33, 34). */
#include <string.h>

#include "common/text.h"
#include "suites/agent/agent_suite.h"

AGENT_CASE("AEV-141", .clauses = { "AEV-011", "JAG-032" },
           .title = "frames in single bytes, with CRLF and between comments are understood")
{
    struct joined j = joined(w, d);
    cp_state(j.cp, state_with("bytes", "yes"));
    push_metadata(&j, "bytes", "yes", (struct cp_event){ .piece = 1 });
    agent_until(j.a, "/v1/state/metadata", "/bytes", "yes");
    cp_raw(j.cp, BYTES_OF_TEXT(":keep-alive\n\n: another\n:\nretry: 10\nunknown: x\nalone\n\n"), 3);
    cp_state(j.cp, state_with("crlf", "yes"));
    push_metadata(&j, "crlf", "yes", (struct cp_event){ .crlf = true, .piece = 7 });
    agent_until(j.a, "/v1/state/metadata", "/crlf", "yes");
    expect(w, cp_streams(j.cp) == 1, "the stream was opened again");
}

/* A pull after the reconnect would hide what had been believed. */
static void no_pull_covers_it(const struct joined *j)
{
    cp_always(j->cp, "GET", "@/state", (struct cp_answer){ .status = 500, .body = "{}" });
}

AGENT_CASE("AEV-142", .clauses = { "AEV-011", "JAG-032" },
           .title = "an event cut off by the end of the stream is not handled, and comes again")
{
    static const char id[] = "b0a7e3de-60b4-4b0a-9a3d-0f1e2d3c4b5a", nonce[] = "n-cut";
    struct joined j = joined(w, d);
    push_metadata(&j, "partial", "yes",
                  (struct cp_event){ .id = id, .nonce = nonce, .unfinished = true });
    no_pull_covers_it(&j);
    cp_end_stream(j.cp);
    cp_wait_stream(j.cp, 2);
    push_secret_index(&j, "mark", 1);
    agent_until(j.a, "/v1/state/secrets", "/0/key", "mark");
    never_believed(&j, "partial", NULL);
    cp_state(j.cp, state_with("partial", "yes"));
    push_metadata(&j, "partial", "yes", (struct cp_event){ .id = id, .nonce = nonce });
    agent_until(j.a, "/v1/state/metadata", "/partial", "yes");
}

AGENT_CASE("AEV-143", .clauses = { "AEV-013", "JAG-028" },
           .title = "after a clean end it asks for what follows the last event's id")
{
    struct joined j = joined(w, d);
    const struct cp_request *first = cp_wait(j.cp, "GET", "@/events", 1);
    expect(w, cp_header(first, "Last-Event-ID") == NULL,
           "the first connection of a process asks for Last-Event-ID");
    expect(w, text_contains(cp_header(first, "Accept"), "text/event-stream"),
           "it does not ask for text/event-stream");
    cp_state(j.cp, state_with("seen", "7"));
    push_metadata(&j, "seen", "7", (struct cp_event){ .sse_id = "7" });
    agent_until(j.a, "/v1/state/metadata", "/seen", "7");
    cp_end_stream(j.cp);
    const char *last = cp_header(cp_wait(j.cp, "GET", "@/events", 2), "Last-Event-ID");
    expect(w, text_equal(last, "7"), "Last-Event-ID is %s, expected 7",
           last == NULL ? "absent" : last);
}

AGENT_CASE("AEV-144", .clauses = { "AEV-010", "AEV-013", "JAG-028" },
           .title = "an event that is refused moves the place in the stream all the same")
{
    struct joined j = joined(w, d);
    push_good(&j, "seen", "yes");
    agent_until(j.a, "/v1/state/metadata", "/seen", "yes");
    push_metadata(&j, "forged", "yes", (struct cp_event){ .no_signature = true, .sse_id = "41" });
    no_pull_covers_it(&j);
    cp_end_stream(j.cp);
    const char *last = cp_header(cp_wait(j.cp, "GET", "@/events", 2), "Last-Event-ID");
    expect(w, text_equal(last, "41"), "Last-Event-ID is %s, expected 41",
           last == NULL ? "absent" : last);
    cp_wait_stream(j.cp, 2);
    push_secret_index(&j, "mark", 1);
    agent_until(j.a, "/v1/state/secrets", "/0/key", "mark");
    never_believed(&j, "forged", NULL);
}

AGENT_CASE_NEEDS("AEV-145", "rulings", .clauses = { "AEV-019", "AEV-014", "ARC-001", "JAG-034" },
                 .title = "after a reconnect it pulls its state")
{
    struct joined j = joined(w, d);
    push_good(&j, "before", "yes");
    agent_until(j.a, "/v1/state/metadata", "/before", "yes");
    cp_state(j.cp, state_with("missed", "yes")); /* no event tells of it */
    cp_cut_stream(j.cp);
    agent_until(j.a, "/v1/state/metadata", "/missed", "yes");
    cp_wait_stream(j.cp, 2);
}

/* The stream's loop ends, the others go on. */
static void stream_refused(struct world *w, enum agent_dialect d, int status)
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_always(cp, "GET", "@/events", (struct cp_answer){ .status = status, .body = "{}" });
    struct agent *a =
        agent_run(w,
                  (struct agent_options){ .cp = cp, .heartbeat_ms = 1000, .reconcile_ms = 1000 });
    (void)cp_wait(cp, "GET", "@/events", 1);
    size_t beats = cp_count(cp, "POST", "@/heartbeat");
    (void)cp_wait(cp, "POST", "@/heartbeat", beats + 3);
    cp_state(cp, state_with("pulled", "yes"));
    agent_until(a, "/v1/state/metadata", "/pulled", "yes");
    expect(w, cp_count(cp, "GET", "@/events") == 1,
           "it asked %zu times for a stream that was answered %d", cp_count(cp, "GET", "@/events"),
           status);
}

AGENT_CASE("AEV-151", .clauses = { "AEV-017", "JAG-029" },
           .title = "a stream answered 401 is not asked for again; all else goes on")
{
    stream_refused(w, d, 401);
}

AGENT_CASE("AEV-152", .clauses = { "AEV-017", "JAG-029" },
           .title = "a stream answered 403 is not asked for again; all else goes on")
{
    stream_refused(w, d, 403);
}

AGENT_CASE("AEV-153", .clauses = { "AEV-017", "JAG-029" },
           .title = "a stream answered 404 is not asked for again; all else goes on")
{
    stream_refused(w, d, 404);
}

AGENT_CASE("AEV-154", .clauses = { "AEV-015", "JAG-030" },
           .title = "a stream answered 503 or not at all is asked for again")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_once(cp, "GET", "@/events", (struct cp_answer){ .status = 503, .body = "{}" });
    cp_once(cp, "GET", "@/events", (struct cp_answer){ .drop = true });
    struct joined j = joined_to(w, cp, (struct agent_options){ 0 });
    expect(w, cp_count(cp, "GET", "@/events") == 3, "it asked %zu times, expected 3",
           cp_count(cp, "GET", "@/events"));
    sentinel(&j);
}

AGENT_CASE("AEV-155", .clauses = { "JAG-030" },
           .title = "an agent whose control plane was away follows again")
{
    struct joined j = joined(w, d);
    cp_offline(j.cp);
    accept(get(w, "/v1/state", .agent = j.a), 200);
    cp_online(j.cp);
    cp_wait_stream(j.cp, 2);
    sentinel(&j);
}

AGENT_CASE_NEEDS("AEV-156", "agent-clock", .clauses = { "AEV-016", "JAG-030" },
                 .title = "five minutes without a stream make it poll its state")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_always(cp, "GET", "@/events", (struct cp_answer){ .status = 503, .body = "{}" });
    struct agent *a =
        agent_run(w, (struct agent_options){
                         .cp = cp, .dev_control = true, .reconcile_ms = 24 * 3600 * 1000 });
    (void)cp_wait(cp, "GET", "@/events", 1);
    (void)cp_wait(cp, "GET", "@/state", 1);
    cp_state(cp, state_with("polled", "yes"));
    for (size_t i = 2; i <= 8; i++) {
        agent_advance(a, 76); /* the longest wait, jitter included */
        (void)cp_wait(cp, "GET", "@/events", i);
    }
    agent_until(a, "/v1/state/metadata", "/polled", "yes");
    expect(w, agent_is_running(a), "it ended");
}

AGENT_CASE_NEEDS("AEV-157", "agent-clock", .clauses = { "AEV-018", "JAG-031" },
                 .title = "comments keep a stream; ninety seconds of silence end it")
{
    struct joined j = joined_with(w, d, (struct agent_options){ .dev_control = true });
    for (int i = 0; i < 3; i++) {
        agent_advance(j.a, 60);
        cp_raw(j.cp, BYTES_OF_TEXT(":keep-alive\n\n"), 0);
        sentinel(&j); /* the comment before it has been read */
    }
    expect(w, cp_streams(j.cp) == 1, "the stream was opened again although it was alive");
    agent_advance(j.a, 95);
    cp_wait_stream(j.cp, 2);
    sentinel(&j);
}

AGENT_CASE("AEV-158", .clauses = { "AEV-012", "JAG-033" },
           .title = "a line over 64 KiB does not make it run in circles")
{
    enum { LONG = 200 * 1024 };
    struct joined j = joined(w, d);
    char *text = arena_alloc(w->arena, LONG + 1);
    memset(text, 'x', LONG);
    push_metadata(&j, "long", text, (struct cp_event){ 0 });
    for (int i = 0; i < 3; i++)
        sentinel(&j);
    expect(w, cp_streams(j.cp) <= 3, "it opened %zu streams for one long line", cp_streams(j.cp));
}

AGENT_CASE_NEEDS("AEV-146", "rulings", .clauses = { "AEV-011", "AEV-013" },
                 .title = "an id without data does not move the place in the stream")
{
    struct joined j = joined(w, d);
    cp_state(j.cp, state_with("seen", "7"));
    push_metadata(&j, "seen", "7", (struct cp_event){ .sse_id = "7" });
    agent_until(j.a, "/v1/state/metadata", "/seen", "7");
    cp_raw(j.cp, BYTES_OF_TEXT("id: 99\n\n"), 0);
    cp_state(j.cp, state_with("seen", "8"));
    push_metadata(&j, "seen", "8", (struct cp_event){ .sse_id = "" });
    agent_until(j.a, "/v1/state/metadata", "/seen", "8"); /* what came before it was read */
    cp_end_stream(j.cp);
    const char *last = cp_header(cp_wait(j.cp, "GET", "@/events", 2), "Last-Event-ID");
    expect(w, text_equal(last, "7"), "Last-Event-ID is %s, expected 7",
           last == NULL ? "absent" : last);
}

AGENT_CASE_NEEDS("AEV-159", "agent-clock", .clauses = { "AEV-015" },
                 .title = "a stream answered 429 is asked for again after Retry-After")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_once(cp, "GET", "@/events",
            (struct cp_answer){
                .status = 429, .body = "{}", .headers = { { "Retry-After", "600" } } });
    struct agent *a =
        agent_run(w, (struct agent_options){ .cp = cp, .dev_control = true, .heartbeat_ms = 1000 });
    struct joined j = { w, cp, a };
    (void)cp_wait(cp, "GET", "@/events", 1);
    cp_wait_answered(cp, "GET", "@/events");
    size_t beats = cp_count(cp, "POST", "@/heartbeat");
    (void)cp_wait(cp, "POST", "@/heartbeat", beats + 1); /* it has read the answer */
    agent_advance(a, 120);
    (void)cp_wait(cp, "POST", "@/heartbeat", beats + 3);
    expect(w, cp_count(cp, "GET", "@/events") == 1, "it asked again before Retry-After");
    agent_advance(a, 600);
    cp_wait_stream(cp, 1);
    sentinel(&j);
}

/* Types that say "look" and bring nothing themselves. */
AGENT_CASE_NEEDS("AEV-160", "rulings", .clauses = { "AEV-021" },
                 .title = "what an event only points at is asked for")
{
    static const char *const types[] = { "node_state_updated", "peer_added", "policy_updated",
                                         "bridge_config_updated" };
    struct joined j = joined(w, d);
    for (size_t i = d == AGENT_V1 ? 0 : 1; i < ARRAY_LEN(types); i++) {
        size_t pulls = cp_count(j.cp, "GET", "@/state");
        cp_state(j.cp, state_with("after", types[i]));
        (void)cp_event(j.cp, (struct cp_event){
                                 .type = types[i],
                                 .payload = json_pack("{s:s}", "node_id", cp_node_id(j.cp)) });
        (void)cp_wait(j.cp, "GET", "@/state", pulls + 1);
        agent_until(j.a, "/v1/state/metadata", "/after", types[i]);
        settled(&j);
    }
}
