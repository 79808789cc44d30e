/* suites/state/reports.c — STA-*: the reports a Node puts and deletes. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/case.h"
#include "suites/mvp/mvp.h"
#include "suites/registration/registration.h"
#include "suites/state/state.h"

#define SUITE "state"

enum { VALUE_MAX = 4096, KEY_MAX = 128, BODY_CAP = 16 * 1024, QUOTA = 256 };

/* n times the same text. */
static const char *repeated(struct world *w, const char *text, size_t n)
{
    size_t len = strlen(text);
    char *out = arena_alloc(w->arena, n * len + 1);
    for (size_t i = 0; i < n; i++)
        memcpy(out + i * len, text, len);
    return out;
}

BOTH("STA-026", .clauses = { "STA-007", "STA-026" }, REPORTS,
     .title = "a report is what operators read of it, and replaced by the next")
{
    struct own_node n = own_node(w);
    const char *value = "0.73 \xc3\xa9 \"x\" \\ ";
    accept_report(&n, sending_report(w, &n, "cpu-load", value));
    expect(w, text_equal(reported(w, &n, "cpu-load"), as_reported(w, &n, value)),
           "the value is another");
    accept_report(&n, sending_report(w, &n, "cpu-load", ""));
    expect(w, text_equal(reported(w, &n, "cpu-load"), as_reported(w, &n, "")),
           "the value was not replaced");
}

/* S10 */
CASE("STA-007", .clauses = { "STA-007", "STA-008", "STA-025" }, REPORTS,
     .title = "a report is told in the next read as it was sent, and replaced by the next")
{
    struct own_node n = own_node(w);
    const char *value = "0.73 \xc3\xa9 \"x\" \\ ", *tag = " metrics/v2 ";
    int64_t before = target_time(w, &n);
    struct reply *r = accept(judged(putting(w, &n, "cpu-load", report(value, tag))), 200);
    expect_equal(r, "/key", "cpu-load");
    expect(w, instant_in(w, r, "/accepted_at") >= before, "accepted_at is before its request");
    r = own_state(w, &n);
    json_t *entry = entry_in(r, "reports", "cpu-load");
    expect(w, text_equal(json_text(entry, "value"), value), "the value is another");
    expect(w, text_equal(json_text(entry, "workload_tag"), tag), "the tag is another");
    expect(w, json_equal(expect_member(r, "/reports/reports"), expect_member(r, "/state/reports")),
           "reports is not what state is");
    accept(judged(putting(w, &n, "cpu-load", report("", NULL))), 200);
    entry = entry_in(own_state(w, &n), "reports", "cpu-load");
    expect(w, text_equal(json_text(entry, "value"), ""), "the value was not replaced");
    expect(w, json_member(entry, "workload_tag") == NULL, "the old tag is still there");
}

static void refuse_report(struct world *w, const struct own_node *n, const char *key, json_t *body)
{
    refuse(judged(putting(w, n, key, body)), 400, "invalid_report");
}

BOTH("STA-021", .clauses = { "STA-021" }, REPORTS, .title = "a report's key keeps to its grammar")
{
    struct own_node n = own_node(w);
    const char *const bad[] = { "Cpu",       "1cpu", "-cpu",
                                ".cpu",      "c u",  "c/u",
                                "c\xc3\xa9", "c:u",  repeated(w, "k", KEY_MAX + 1) };
    const char *const good[] = { "c", "cpu.load_1-5", repeated(w, "k", KEY_MAX) };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(sending_report(w, &n, bad[i], "1"), 400, "invalid_report");
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        accept_report(&n, sending_report(w, &n, good[i], "1"));
        expect(w, reported(w, &n, good[i]) != NULL, "%s was not stored", good[i]);
    }
}

/* I19. The two-byte characters are half as many as the bytes they make; in the MVP dialect the
 * value is the text's JSON, with a quotation mark at each end. */
BOTH("STA-022", .clauses = { "STA-022" }, REPORTS,
     .title = "a value has at most 4,096 bytes, however many characters that is")
{
    struct own_node n = own_node(w);
    size_t most = n.mvp ? VALUE_MAX - 2 : VALUE_MAX;
    refuse(sending_report(w, &n, "k", repeated(w, "a", most + 1)), 400, "invalid_report");
    refuse(sending_report(w, &n, "k", repeated(w, "\xc3\xa9", most / 2 + 1)), 400,
           "invalid_report");
    accept_report(&n, sending_report(w, &n, "k", repeated(w, "a", most)));
    accept_report(&n, sending_report(w, &n, "k", repeated(w, "\xc3\xa9", most / 2)));
    expect(w, strlen(reported(w, &n, "k")) == VALUE_MAX, "the value was cut");
}

CASE("STA-023", .clauses = { "STA-023" }, REPORTS, .title = "a report is an object with a value")
{
    static const char *const bad[] = { "{", "[]", "\"v\"", "{}{}",
                                       "{\"value\":\"a\",\"value\":\"b\"}" };
    struct own_node n = own_node(w);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(judged(put(w, report_path(w, n.id, "k"), .bearer = n.nsk,
                          .raw = BYTES_OF_TEXT(bad[i]))),
               400, "invalid_report");
    refuse_report(w, &n, "k", json_object());
    refuse_report(w, &n, "k", json_pack("{s:i}", "value", 1));
    refuse_report(w, &n, "k", json_pack("{s:n}", "value"));
    refuse_report(w, &n, "k", json_pack("{s:s, s:i}", "value", "1", "workload_tag", 1));
    refuse_report(w, &n, "k", report("1", repeated(w, "t", VALUE_MAX + 1)));
    accept(judged(putting(w, &n, "k", report("1", repeated(w, "t", VALUE_MAX)))), 200);
}

CASE("STA-024", .clauses = { "STA-024" }, REPORTS, .title = "a report body has at most 16 KiB")
{
    struct own_node n = own_node(w);
    const char *text = "{\"value\":\"1\"}";
    char *body = arena_alloc(w->arena, BODY_CAP + 2);
    memset(body, ' ', BODY_CAP + 1);
    memcpy(body, text, strlen(text));
    const char *target = report_path(w, n.id, "k");
    refuse(judged(put(w, target, .bearer = n.nsk, .raw = { (unsigned char *)body, BODY_CAP + 1 })),
           413, "payload_too_large");
    accept(judged(put(w, target, .bearer = n.nsk, .raw = { (unsigned char *)body, BODY_CAP })),
           200);
    memset(body, '{', BODY_CAP + 1);
    refuse(judged(put(w, target, .bearer = n.nsk, .raw = { (unsigned char *)body, BODY_CAP + 1 })),
           413, "payload_too_large");
}

/* Reports r0, r1, …, many under way at once. */
static void store_reports(struct world *w, const struct own_node *n, int count)
{
    enum { AT_ONCE = 16 };
    struct exchange *batch[AT_ONCE];
    for (int stored = 0; stored < count;) {
        int k = 0;
        for (; k < AT_ONCE && stored < count; k++)
            batch[k] = sending_report(w, n, path(w, "r%d", stored++), "1");
        send_together(batch, (size_t)k);
        while (k > 0)
            accept_report(n, batch[--k]);
    }
}

static void remove_report(struct world *w, const struct own_node *n, const char *key)
{
    if (n->mvp)
        accept(mvp_posting(w, n, "report", json_pack("{s:n, s:[s]}", "entries", "deleted", key)),
               204);
    else
        accept(delete_(w, report_path(w, n->id, key), .bearer = n->nsk), 204);
}

BOTH("STA-028", .clauses = { "STA-028", "STA-029" },
     .needs = { "node-reports", "node-state", "registration", "bootstrap-tokens", "resources",
                "rulings" },
     .budget_ms = BUDGET_MS, .title = "a Node stores 256 reports, and may change each of them")
{
    static const char full[] = "report_quota_exceeded";
    struct own_node n = own_node(w), other = own_node(w);
    store_reports(w, &n, QUOTA);
    refuse(sending_report(w, &n, "one-more", "1"), 409, full);
    accept_report(&n, sending_report(w, &n, "r7", "2"));
    accept_report(&other, sending_report(w, &other, "one-more", "1"));
    remove_report(w, &n, "r8");
    accept_report(&n, sending_report(w, &n, "one-more", "1"));
    refuse(sending_report(w, &n, "r8", "1"), 409, full);
}

/* Two that are under way at once for one place. */
BOTH("STA-029", .clauses = { "STA-028" },
     .needs = { "node-reports", "registration", "bootstrap-tokens", "resources", "rulings" },
     .budget_ms = BUDGET_MS, .title = "of reports that race for the last place one is stored")
{
    struct own_node n = own_node(w);
    struct exchange *racers[8];
    int won = 0;
    store_reports(w, &n, QUOTA - 1);
    for (size_t i = 0; i < ARRAY_LEN(racers); i++)
        racers[i] = sending_report(w, &n, path(w, "last%zu", i), "1");
    send_together(racers, ARRAY_LEN(racers));
    for (size_t i = 0; i < ARRAY_LEN(racers); i++) {
        struct reply *r = send_and_judge(racers[i]);
        expect(w, r->status == (n.mvp ? 204 : 200) || r->status == 409, "a racer got %d",
               r->status);
        won += r->status != 409;
    }
    expect(w, won == 1, "%d reports took the last place", won);
}

/* I20 */
CASE("STA-030", .clauses = { "STA-030", "STA-031" }, REPORTS, .title = "a report is deleted once")
{
    static const char *const never[] = { "nothing", "Cpu", "c%20u" };
    struct own_node n = own_node(w), other = own_node(w);
    const char *target = report_path(w, n.id, "k");
    accept(putting(w, &n, "k", report("1", NULL)), 200);
    accept(putting(w, &other, "k", report("1", NULL)), 200);
    accept(judged(delete_(w, target, .bearer = n.nsk)), 204);
    refuse(judged(delete_(w, target, .bearer = n.nsk)), 404, "report_not_found");
    for (size_t i = 0; i < ARRAY_LEN(never); i++)
        refuse(judged(delete_(w, report_path(w, n.id, never[i]), .bearer = n.nsk)), 404,
               "report_not_found");
    expect(w, entry_in(own_state(w, &n), "reports", "k") == NULL, "a deleted report is told");
    expect(w, entry_in(own_state(w, &other), "reports", "k") != NULL,
           "another Node's report was deleted");
}

CASE("STA-032", .clauses = { "STA-032" }, REPORTS,
     .title = "deleting a report leaves the platform's entries alone")
{
    struct own_node n = own_node(w);
    world_given(w, "node_metadata",
                json_pack("{s:s, s:{s:s}}", "node_id", n.id, "entries", "k", "m"));
    world_given(w, "node_data",
                json_pack("{s:s, s:[{s:s, s:s}]}", "node_id", n.id, "entries", "key", "k", "value",
                          "d"));
    refuse(judged(delete_(w, report_path(w, n.id, "k"), .bearer = n.nsk)), 404, "report_not_found");
    accept(putting(w, &n, "k", report("1", NULL)), 200);
    accept(judged(delete_(w, report_path(w, n.id, "k"), .bearer = n.nsk)), 204);
    struct reply *r = own_state(w, &n);
    expect(w, entry_in(r, "metadata", "k") && entry_in(r, "data", "k"),
           "an entry of the platform is gone");
}
