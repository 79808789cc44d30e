/* suites/ingest/records.c — ING-012, ING-013 and ING-017 to ING-019: what a record is. */
#include <string.h>

#include "common/json.h"
#include "harness/case.h"
#include "suites/ingest/ingest.h"
#include "suites/registration/registration.h"

#define SUITE "ingest"

/* One record, with one member changed or gone. */
static void refuse_record(struct world *w, const struct own_node *n, const struct signal *s,
                          const char *member, json_t *value)
{
    struct bytes batch = batch_with(w, s, with(record_of(w, s), member, value), NULL);
    refuse(judged(sending(w, n, s, batch)), 400, "ingest_batch_malformed");
}

static void take_record(struct world *w, const struct own_node *n, const struct signal *s,
                        const char *member, json_t *value)
{
    struct bytes batch = batch_with(w, s, with(record_of(w, s), member, value), NULL);
    expect_taken(w, sending(w, n, s, batch), 1);
}

static void refuse_without(struct world *w, const struct own_node *n, const struct signal *s,
                           const char *const *members)
{
    for (; *members; members++) {
        refuse_record(w, n, s, *members, NULL);
        refuse_record(w, n, s, *members, json_null());
        refuse_record(w, n, s, *members, json_array());
        refuse_record(w, n, s, *members, json_string(""));
    }
}

static void take_words(struct world *w, const struct own_node *n, const struct signal *s,
                       const char *member, const char *const *words)
{
    for (; *words; words++)
        take_record(w, n, s, member, json_string(*words));
}

CASE("ING-012", .clauses = { "ING-012" }, TELEMETRY, .title = "a metric sample is what it must be")
{
    static const char *const members[] = { "group", "name", "value", "timestamp", NULL };
    static const char *const groups[] = { "node_resources", "tunnel_health", "peer_latency",
                                          "agent_stats", NULL };
    const struct signal *s = &signals[METRICS];
    struct own_node n = own_node(w);
    refuse_without(w, &n, s, members);
    refuse_record(w, &n, s, "group", json_string("cpu"));
    refuse_record(w, &n, s, "value", json_string("1.5"));
    refuse_record(w, &n, s, "timestamp", json_string("now"));
    refuse_record(w, &n, s, "labels", json_pack("[s]", "a"));
    refuse_record(w, &n, s, "labels", json_pack("{s:i}", "a", 1));
    take_words(w, &n, s, "group", groups);
    take_record(w, &n, s, "labels", NULL);
    take_record(w, &n, s, "value", json_integer(-3));
}

CASE("ING-013", .clauses = { "ING-013" }, TELEMETRY, .title = "a log line is what it must be")
{
    static const char *const members[] = { "severity", "message", "timestamp", NULL };
    static const char *const severities[] = { "emerg",  "alert", "crit",  "err", "warning",
                                              "notice", "info",  "debug", NULL };
    const struct signal *s = &signals[LOGS];
    struct own_node n = own_node(w);
    refuse_without(w, &n, s, members);
    refuse_record(w, &n, s, "severity", json_string("error"));
    refuse_record(w, &n, s, "timestamp", json_string("2026-11-22"));
    refuse_record(w, &n, s, "unit", json_integer(1));
    refuse_record(w, &n, s, "hostname", json_true());
    take_words(w, &n, s, "severity", severities);
    take_record(w, &n, s, "hostname", json_string("node-a"));
    take_record(w, &n, s, "unit", NULL);
}

CASE("ING-013-audit", .clauses = { "ING-013" }, TELEMETRY,
     .title = "an audit event is what it must be")
{
    static const char *const members[] = { "source", "action", "outcome", "timestamp", NULL };
    static const char *const sources[] = { "auditd", "k8s", NULL };
    const struct signal *s = &signals[AUDIT];
    struct own_node n = own_node(w);
    refuse_without(w, &n, s, members);
    refuse_record(w, &n, s, "source", json_string("journald"));
    refuse_record(w, &n, s, "timestamp", json_string("22 Nov 2026"));
    take_words(w, &n, s, "source", sources);
    take_record(w, &n, s, "action", json_string("exec"));
}

/* G10, and the same on either side. */
CASE("ING-017", .clauses = { "ING-017" }, TELEMETRY, .title = "one bad record refuses its batch")
{
    static const char *const enums[SIGNALS] = { "group", "severity", "source" };
    struct own_node n = own_node(w);
    for (int i = 0; i < SIGNALS; i++) {
        const struct signal *s = &signals[i];
        for (int bad = 0; bad < 3; bad++) {
            json_t *three[3];
            for (int j = 0; j < 3; j++)
                three[j] = j == bad ? with(record_of(w, s), enums[i], json_string("foreign"))
                                    : record_of(w, s);
            refuse(judged(sending(w, &n, s, batch_with(w, s, three[0], three[1], three[2], NULL))),
                   400, "ingest_batch_malformed");
        }
        expect_taken(w, sending(w, &n, s, batch_of(w, s, 3)), 3);
    }
}

CASE("ING-018", .clauses = { "ING-018" }, TELEMETRY,
     .title = "blank lines are skipped and not counted")
{
    struct own_node n = own_node(w);
    for (int i = LOGS; i < SIGNALS; i++) {
        const struct signal *s = &signals[i];
        struct bytes one = batch_of(w, s, 1), blank = BYTES_OF_TEXT("\n \t\r\n\n");
        struct bytes three =
            joined_bytes(w, joined_bytes(w, one, blank), joined_bytes(w, one, blank));
        expect_taken(w, sending(w, &n, s, joined_bytes(w, blank, joined_bytes(w, three, one))), 3);
        refuse(judged(sending(w, &n, s, blank)), 400, "ingest_batch_malformed");
    }
}

CASE("ING-019", .clauses = { "ING-019" }, TELEMETRY,
     .title = "a member that a record does not know is ignored")
{
    struct own_node n = own_node(w);
    for (int i = 0; i < SIGNALS; i++) {
        const struct signal *s = &signals[i];
        take_record(w, &n, s, "node_id", json_string(NO_SUCH_ID));
        take_record(w, &n, s, "extra", json_pack("{s:[i]}", "a", 1));
        refuse_record(w, &n, s, "timestamp", json_integer(1));
    }
}
