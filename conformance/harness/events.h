/* harness/events.h — the one report stream: NDJSON, one object a line, appended while the run goes
 * on.
 *
 * Every report (report.json, JUnit, TAP, HTML, the terminal's progress) derives from this stream
 * and nothing else, so `plexconf report` can make them again from events.ndjson. The stream's lines
 * (members in this order; docs/report.md has the schema):
 *
 *   {"type":"run",    "at":…, "id":"pc-…", "target":{name, base_url, rig, features:[…],
 * rulings:bool}, "plexconf":version, "contract":digest, "selected":N, "argv":[…], "prove":bool,
 * "seed":N, "rounds":N}
 *   {"type":"contract","operations":[{id, method, path, statuses:[…]}…], "clauses":[{id, level,
 * source, text}…]}   what coverage is measured against
 *   {"type":"case",   "id":…, "suite":…, "title":…, "clauses":[…], "verdict":V, "ms":…, "worker":n,
 * "message":text?, "where":"file:line"?, "waived":{owner,reason,expires}?, "provisional":true?,
 * "informational":true?, "again":command?, "exchanges":[transcript…]?}
 *   {"type":"seen",   "operation":id, "status":n, "code":c?, "count":n}            observations, at
 * the end
 *   {"type":"seen_members", "schema":name, "members":[…]}                           response
 * members observed
 *   {"type":"impostor","id":case, "impostor":name}                                  a case an
 * impostor satisfied: vacuous
 *   {"type":"note",   "level":"warn|error", "message":…}
 *   {"type":"end",    "at":…, "passed":N, "failed":N, "skipped":N, "unsupported":N,
 * "unprovisioned":N, "waived":N, "broken":N, "vacuous":N, "informational":N, "stale":N,
 * "interrupted":bool, "proven":N, "unproven":N, "exit":n, "seconds":x}
 *
 * V: passed failed skipped unsupported unprovisioned broken. A transcript is {method, url,
 * request_headers, request_body?, status, response_headers, response_body?, elapsed_ms,
 * judged:bool, error?, by?}, redacted; by "agent": the agent sent it and our control plane
 * answered. */
#ifndef HARNESS_EVENTS_H
#define HARNESS_EVENTS_H

#include <jansson.h>

#include "common/base.h"
#include "common/error.h"

enum verdict_kind {
    VERDICT_PASSED,
    VERDICT_FAILED,
    VERDICT_SKIPPED,
    VERDICT_UNSUPPORTED,
    VERDICT_UNPROVISIONED,
    VERDICT_BROKEN,
};
const char *verdict_text(enum verdict_kind v);
/* The verdict of that name; false when there is none. */
MUST_CHECK bool verdict_parse(const char *text, enum verdict_kind *out);

struct events;
/* Creates DIR/events.ndjson (and DIR). A full disk is reported at once, by every call, with the
 * path. */
MUST_CHECK bool events_open(const char *directory, struct events **out, struct error *e);
MUST_CHECK bool events_write(struct events *ev, json_t *line, struct error *e); /* steals line */
MUST_CHECK bool events_close(struct events *ev, struct error *e);

#endif
