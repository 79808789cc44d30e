/* suites/agent/report_sync.c — reports on their way to the control plane (seed 002; rulings 9, 21;
 * §13 16-18). */
#include "common/text.h"
#include "suites/agent/agent_suite.h"

static void write_report(const struct joined *j, const char *key, const char *value)
{
    accept(put(j->w, path(j->w, "/v1/state/report/%s", key), .agent = j->a,
               .json = json_pack("{s:s, s:{s:s}}", "content_type", "application/json", "payload",
                                 "v", value)),
           200);
}

static void delete_report(const struct joined *j, const char *key)
{
    accept(delete_(j->w, path(j->w, "/v1/state/report/%s", key), .agent = j->a), 204);
}

/* The last thing that was said of a key: its payload, "deleted", or NULL. */
static const char *last_word(const struct joined *j, int status, const char *key)
{
    struct sent_report *sent;
    const char *word = NULL;
    size_t n = cp_reports(j->cp, status, &sent);
    for (size_t i = 0; i < n; i++)
        if (text_equal(sent[i].key, key))
            word = sent[i].deleted ? "deleted" : sent[i].payload;
    return word;
}

static void expect_word(const struct joined *j, const char *key, const char *word)
{
    const char *came = last_word(j, 200, key);
    expect(j->w, text_equal(came, word), "the last report of %s is %s, expected %s", key,
           came == NULL ? "none" : came, word);
}

AGENT_CASE("ARP-101", .clauses = { "ARP-006", "ARP-007", "JAG-051" },
           .title = "changes of one debounce go out together, the last word on each key included")
{
    struct joined j = joined_with(w, d, (struct agent_options){ .debounce_ms = 2000 });
    write_report(&j, "gone", "x");
    write_report(&j, "kept", "y");
    delete_report(&j, "gone");
    expect(w, cp_reports(j.cp, 0, &(struct sent_report *){ NULL }) == 0,
           "a change went out before the debounce was over");
    (void)cp_wait_reports(j.cp, 200, 2);
    expect_word(&j, "kept", "{\"v\":\"y\"}");
    const char *gone = last_word(&j, 0, "gone");
    expect(w, gone == NULL || text_equal(gone, "deleted") || d == AGENT_MVP,
           "the last word on a deleted report is its payload");
    if (d == AGENT_MVP) {
        const json_t *body = cp_json(j.cp, cp_wait(j.cp, "POST", "@/report", 1));
        expect(w, json_array_has_text(json_member(body, "deleted"), "gone"),
               "the deleted key is not in the first request");
        expect(w, cp_count(j.cp, "POST", "@/report") == 1, "the changes went out in %zu requests",
               cp_count(j.cp, "POST", "@/report"));
    }
}

AGENT_CASE("ARP-102", .clauses = { "ARP-007", "ARP-008", "JAG-051" },
           .title = "a delete alone is reported")
{
    struct joined j = joined(w, d);
    write_report(&j, "k", "x");
    (void)cp_wait_reports(j.cp, 200, 1);
    delete_report(&j, "k");
    struct sent_report *sent = cp_wait_reports(j.cp, 200, 2);
    expect(w, sent[1].deleted && text_equal(sent[1].key, "k"), "the second change is no delete");
}

AGENT_CASE("ARP-103", .clauses = { "ARP-010", "JAG-052" },
           .title = "reports answered 500, 429 or not at all are sent again; nothing is lost")
{
    struct joined j = joined(w, d);
    const char *method = d == AGENT_MVP ? "POST" : "PUT";
    const char *where = d == AGENT_MVP ? "@/report" : "@/state/reports/*";
    cp_once(j.cp, method, where, (struct cp_answer){ .status = 500, .body = "{}" });
    cp_once(j.cp, method, where, (struct cp_answer){ .status = 429, .body = "{}" });
    cp_once(j.cp, method, where, (struct cp_answer){ .drop = true });
    write_report(&j, "one", "a");
    write_report(&j, "two", "b");
    (void)cp_wait_reports(j.cp, 200, 2);
    expect_word(&j, "one", "{\"v\":\"a\"}");
    expect_word(&j, "two", "{\"v\":\"b\"}");
    expect(w, cp_count(j.cp, method, where) >= 4, "%zu requests, expected at least 4",
           cp_count(j.cp, method, where));
}

AGENT_CASE("ARP-104", .clauses = { "ARP-010", "JAG-052", "JAG-048" },
           .title = "reports written while the control plane is away arrive when it is back")
{
    struct joined j = joined(w, d);
    cp_offline(j.cp);
    write_report(&j, "k", "offline");
    struct reply *r = accept(get(w, "/v1/state/report/k", .agent = j.a), 200);
    expect_equal(r, "/payload/v", "offline");
    cp_online(j.cp);
    (void)cp_wait_reports(j.cp, 200, 1);
    expect_word(&j, "k", "{\"v\":\"offline\"}");
}

AGENT_CASE_NEEDS("ARP-105", "rulings", .clauses = { "ARP-002", "JAG-053" },
                 .title = "a write and a delete that were answered survive SIGKILL")
{
    struct joined j = joined(w, d);
    write_report(&j, "old", "x");
    (void)cp_wait_reports(j.cp, 200, 1);
    cp_offline(j.cp);
    write_report(&j, "new", "y");
    delete_report(&j, "old");
    agent_kill(j.a);
    cp_online(j.cp);
    agent_start(j.a);
    agent_ready(j.a);
    (void)cp_wait_reports(j.cp, 200, 3);
    expect_word(&j, "new", "{\"v\":\"y\"}");
    expect_word(&j, "old", "deleted");
    refuse(get(w, "/v1/state/report/old", .agent = j.a), 404, "not found");
    accept(get(w, "/v1/state/report/new", .agent = j.a), 200);
}

AGENT_CASE("ARP-106", .clauses = { "ARP-002", "JAG-053" },
           .title = "a report outlives a restart with its version")
{
    struct joined j = joined(w, d);
    write_report(&j, "k", "a");
    write_report(&j, "k", "b");
    restarted(&j);
    struct reply *r = accept(get(w, "/v1/state/report/k", .agent = j.a), 200);
    expect_equal(r, "/payload/v", "b");
    expect(w, expect_int(r, "/version") == 2, "its version is another one after a restart");
}

AGENT_CASE_NEEDS("ARP-107", "rulings", .clauses = { "ARP-012", "JAG-054" },
                 .title = "a report that is refused for good stands in nobody's way")
{
    struct joined j = joined(w, d);
    const char *method = d == AGENT_MVP ? "POST" : "PUT";
    cp_once(j.cp, method, d == AGENT_MVP ? "@/report" : "@/state/reports/*",
            (struct cp_answer){ .status = 400, .body = "{\"code\":\"invalid_report\"}" });
    write_report(&j, "bad", "x");
    (void)cp_wait_reports(j.cp, 400, 1);
    for (int i = 0; i < 3; i++) {
        write_report(&j, "good", path(w, "%d", i));
        (void)cp_wait_reports(j.cp, 200, (size_t)i + 1);
    }
    expect(w, last_word(&j, 200, "bad") == NULL, "the refused report was sent again unchanged");
    accept(get(w, "/v1/state/report/bad", .agent = j.a), 200);
    write_report(&j, "bad", "mended");
    (void)cp_wait_reports(j.cp, 200, 4);
    expect_word(&j, "bad", "{\"v\":\"mended\"}");
}

static const char *sending(enum agent_dialect d)
{
    return d == AGENT_MVP ? "@/report" : "@/state/reports/*";
}

AGENT_CASE_NEEDS("ARP-108", "agent-clock", .clauses = { "ARP-010" },
                 .title = "a 429 with Retry-After keeps reports back for as long")
{
    struct joined j = joined_with(w, d, (struct agent_options){ .dev_control = true });
    const char *method = d == AGENT_MVP ? "POST" : "PUT";
    cp_once(j.cp, method, sending(d),
            (struct cp_answer){
                .status = 429, .body = "{}", .headers = { { "Retry-After", "600" } } });
    write_report(&j, "k", "x");
    (void)cp_wait_reports(j.cp, 429, 1);
    sentinel(&j); /* it has read the answer */
    agent_advance(j.a, 60);
    sentinel(&j);
    expect(w, cp_count(j.cp, method, sending(d)) == 1, "it sent again before Retry-After");
    agent_advance(j.a, 600);
    (void)cp_wait_reports(j.cp, 200, 1);
    expect_word(&j, "k", "{\"v\":\"x\"}");
}

AGENT_CASE_NEEDS("ARP-109", "rulings", .clauses = { "ARP-010", "ARP-011" },
                 .title = "408, 401 and 403 node_id_mismatch refuse no report: it is sent again")
{
    static const struct cp_answer refusals[] = {
        { .status = 408, .body = "{}" },
        { .status = 401, .body = "{\"code\":\"nsk_revoked\"}" },
        { .status = 403, .body = "{\"code\":\"node_id_mismatch\"}" },
    };
    struct joined j = joined(w, d);
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
        cp_once(j.cp, d == AGENT_MVP ? "POST" : "PUT", sending(d), refusals[i]);
    write_report(&j, "k", "x");
    (void)cp_wait_reports(j.cp, 200, 1);
    expect_word(&j, "k", "{\"v\":\"x\"}");
    expect(w, cp_count(j.cp, d == AGENT_MVP ? "POST" : "PUT", sending(d)) == 4,
           "%zu requests, expected 4", cp_count(j.cp, d == AGENT_MVP ? "POST" : "PUT", sending(d)));
}

AGENT_CASE_NEEDS("ARP-110", "rulings", .clauses = { "ARP-012", "JAG-054" },
                 .title = "each other 4xx parks its report, over a restart too")
{
    static const int statuses[] = { 400, 403, 404, 409, 413, 422 };
    struct joined j = joined(w, d);
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        cp_once(j.cp, d == AGENT_MVP ? "POST" : "PUT", sending(d),
                (struct cp_answer){ .status = statuses[i], .body = "{}" });
        write_report(&j, path(w, "k%d", statuses[i]), "x");
        (void)cp_wait_reports(j.cp, statuses[i], 1);
    }
    write_report(&j, "good", "y");
    (void)cp_wait_reports(j.cp, 200, 1);
    restarted(&j);
    write_report(&j, "good", "z");
    (void)cp_wait_reports(j.cp, 200, 2);
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        const char *key = path(w, "k%d", statuses[i]);
        expect(w, last_word(&j, 200, key) == NULL, "a report answered %d was sent again",
               statuses[i]);
        accept(get(w, path(w, "/v1/state/report/%s", key), .agent = j.a), 200);
    }
}

AGENT_CASE_NEEDS("ARP-111", "rulings", .clauses = { "ARP-006", "ARP-009" },
                 .title = "of several changes of one key the last is sent, once")
{
    struct joined j = joined_with(w, d, (struct agent_options){ .debounce_ms = 1000 });
    struct sent_report *sent;
    write_report(&j, "k", "a");
    write_report(&j, "k", "b");
    write_report(&j, "k", "c");
    (void)cp_wait_reports(j.cp, 200, 1);
    write_report(&j, "other", "d");
    (void)cp_wait_reports(j.cp, 200, 2);
    expect(w, cp_reports(j.cp, 0, &sent) == 2, "%zu changes were sent, expected 2",
           cp_reports(j.cp, 0, &sent));
    expect_word(&j, "k", "{\"v\":\"c\"}");
}

V1_CASE_NEEDS("ARP-112", "rulings", .clauses = { "ARP-008", "ARP-014" },
              .title = "each change is a request of its own, and a 404 to a delete is its end")
{
    struct joined j = joined(w, d);
    write_report(&j, "gone", "x");
    (void)cp_wait_reports(j.cp, 200, 1);
    cp_once(j.cp, "DELETE", "@/state/reports/gone",
            (struct cp_answer){ .status = 404, .body = "{\"code\":\"report_not_found\"}" });
    delete_report(&j, "gone");
    (void)cp_wait(j.cp, "DELETE", "@/state/reports/gone", 1);
    for (int i = 0; i < 3; i++) {
        write_report(&j, path(w, "k%d", i), "y");
        (void)cp_wait(j.cp, "PUT", path(w, "@/state/reports/k%d", i), 1);
    }
    expect(w, cp_count(j.cp, "DELETE", "*") == 1, "a delete of what is not there was sent again");
}

AGENT_CASE_NEEDS("ARP-113", "rulings", .clauses = { "ARP-015" },
                 .title = "what is written while its key is on its way is sent as well")
{
    struct joined j = joined(w, d);
    cp_once(j.cp, d == AGENT_MVP ? "POST" : "PUT", sending(d),
            (struct cp_answer){ .status = 200, .body = "{}", .hold = true });
    write_report(&j, "k", "a");
    (void)cp_wait(j.cp, d == AGENT_MVP ? "POST" : "PUT", sending(d), 1);
    write_report(&j, "k", "b");
    cp_release(j.cp);
    (void)cp_wait_reports(j.cp, 200, 2);
    expect_word(&j, "k", "{\"v\":\"b\"}");
}
