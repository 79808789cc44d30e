/* suites/agent/journal.c — what is kept of a report before anybody is told of it (ruling 21). */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text.h"
#include "suites/agent/agent_suite.h"

#define JOURNAL "state/report.journal"

static json_t *report(const char *value)
{
    return json_pack("{s:s, s:s}", "content_type", "text/plain", "payload", value);
}

static void write_report(const struct joined *j, const char *key, const char *value)
{
    accept(put(j->w, path(j->w, "/v1/state/report/%s", key), .agent = j->a, .json = report(value)),
           200);
}

static const char *journal(const struct joined *j)
{
    const char *text = agent_read_file(j->a, JOURNAL);
    expect(j->w, text != NULL, "the data folder has no " JOURNAL);
    return text;
}

AGENT_CASE_NEEDS("ARP-114", "rulings", .clauses = { "ARP-001" },
                 .title = "a write and a delete stand in the journal once they are answered")
{
    struct joined j = joined(w, d);
    cp_offline(j.cp);
    write_report(&j, "kept", "a-value-of-the-report");
    expect(w, text_contains(journal(&j), "a-value-of-the-report"),
           "the journal does not hold a write that was answered");
    write_report(&j, "gone", "x");
    size_t before = strlen(journal(&j));
    accept(delete_(w, "/v1/state/report/gone", .agent = j.a), 204);
    const char *now = journal(&j);
    expect(w, strlen(now) > before && text_contains(now + before, "gone"),
           "the journal does not hold a delete that was answered");
}

AGENT_CASE_NEEDS("ARP-115", "rulings", .clauses = { "ARP-003" },
                 .title = "what cannot be journalled is refused with 500 and not made")
{
    struct joined j = joined(w, d);
    const char *place = agent_data(j.a, JOURNAL);
    write_report(&j, "k", "first");
    agent_remove_file(j.a, JOURNAL);
    expect(w, mkdir(place, 0700) == 0, "the journal's place cannot be taken");
    refuse(put(w, "/v1/state/report/k", .agent = j.a, .json = report("second")), 500,
           "internal error");
    refuse(put(w, "/v1/state/report/new", .agent = j.a, .json = report("x")), 500,
           "internal error");
    refuse(delete_(w, "/v1/state/report/k", .agent = j.a), 500, "internal error");
    expect_equal(accept(get(w, "/v1/state/report/k", .agent = j.a), 200), "/payload", "first");
    refuse(get(w, "/v1/state/report/new", .agent = j.a), 404, "not found");
    expect(w, rmdir(place) == 0, "the journal's place cannot be given back");
    write_report(&j, "k", "second");
    expect(w, text_contains(journal(&j), "second"), "a later write is not in the journal");
}

AGENT_CASE_NEEDS("ARP-116", "rulings", .clauses = { "ARP-004" },
                 .title = "of a damaged journal each whole line counts, and a copy is kept")
{
    struct joined j = joined(w, d);
    cp_offline(j.cp);
    write_report(&j, "one", "first");
    const char *head = journal(&j);
    write_report(&j, "two", "second");
    agent_kill(j.a);
    const char *both = journal(&j);
    const char *damaged =
        path(w, "%snonsense\n%s0123abcd 99 {\"state\":\"pend", head, both + strlen(head));
    agent_write_file(j.a, JOURNAL, damaged, 0600);
    agent_start(j.a);
    agent_ready(j.a);
    expect_equal(accept(get(w, "/v1/state/report/one", .agent = j.a), 200), "/payload", "first");
    expect_equal(accept(get(w, "/v1/state/report/two", .agent = j.a), 200), "/payload", "second");
    expect(w, text_equal(agent_read_file(j.a, JOURNAL ".corrupt"), damaged),
           "the damaged journal was not kept as " JOURNAL ".corrupt");
    expect(w, agent_log_has(j.a, "WARN"), "the damage is not told of at WARN");
    cp_online(j.cp);
    (void)cp_wait_reports(j.cp, 200, 2);
}

AGENT_CASE_NEEDS("ARP-117", "rulings", .clauses = { "ARP-005" },
                 .title = "what the control plane took leaves the journal for its own file")
{
    struct joined j = joined(w, d);
    write_report(&j, "k", "a-value-of-the-report");
    (void)cp_wait_reports(j.cp, 200, 1);
    expect(w, agent_file_forgets(j.a, JOURNAL, "a-value-of-the-report"),
           "a report that was taken stays in the journal");
    expect(w, text_contains(agent_read_file(j.a, "state/report/k.json"), "a-value-of-the-report"),
           "a report left the journal before its own file said the same");
    agent_kill(j.a);
    agent_start(j.a);
    agent_ready(j.a);
    expect_equal(accept(get(w, "/v1/state/report/k", .agent = j.a), 200), "/payload",
                 "a-value-of-the-report");
    cp_wait_stream(j.cp, 2);
    sentinel(&j);
    expect(w, cp_reports(j.cp, 0, &(struct sent_report *){ NULL }) == 1, "it was sent again");
}

static bool was_taken(const struct joined *j, const char *key)
{
    struct sent_report *sent;
    size_t n = cp_reports(j->cp, 200, &sent);
    for (size_t i = 0; i < n; i++)
        if (text_equal(sent[i].key, key))
            return true;
    return false;
}

MVP_CASE_NEEDS("ARP-118", "rulings", .clauses = { "ARP-013" },
               .title = "of a refused batch all are sent but the one that it is about")
{
    static const char *const keys[] = { "a", "b", "offender", "c", "e" };
    struct joined j = joined_with(w, d, (struct agent_options){ .debounce_ms = 1000 });
    cp_always(j.cp, "POST", "*/report",
              (struct cp_answer){ .status = 400, .body = "{}", .containing = "\"offender\"" });
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        write_report(&j, keys[i], "x");
    (void)cp_wait_reports(j.cp, 200, ARRAY_LEN(keys) - 1);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        expect(w, was_taken(&j, keys[i]) == !text_equal(keys[i], "offender"), "report %s %s",
               keys[i], was_taken(&j, keys[i]) ? "was taken" : "was not sent");
    accept(get(w, "/v1/state/report/offender", .agent = j.a), 200);
}

V1_CASE_NEEDS("ARP-119", "rulings", .clauses = { "ARP-016" },
              .title = "beyond 32 MiB of payloads a write is refused, until there is room")
{
    enum { SIZE = 1040000, FIT = 32 };
    struct joined j = joined(w, d);
    char *text = arena_alloc(w->arena, SIZE + 1);
    memset(text, 'r', SIZE);
    struct bytes body = BYTES_OF_TEXT(
        path(w, "{\"content_type\":\"text/plain\",\"payload\":\"%s\"}", (const char *)text));
    cp_offline(j.cp);
    for (int i = 0; i < FIT; i++)
        accept(put(w, path(w, "/v1/state/report/k%d", i), .agent = j.a, .raw = body), 200);
    refuse(put(w, "/v1/state/report/more", .agent = j.a, .raw = body), 500, "internal error");
    refuse(get(w, "/v1/state/report/more", .agent = j.a), 404, "not found");
    accept(delete_(w, "/v1/state/report/k0", .agent = j.a), 204);
    accept(put(w, "/v1/state/report/more", .agent = j.a, .raw = body), 200);
}
