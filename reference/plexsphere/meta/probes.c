#include "reference/plexsphere/meta/probes.h"

#include "common/text.h"

enum { PING_MS = 1000 };

enum datastore_state datastore_state_of(struct request *rq, const char **reason)
{
    struct error e = { "" };
    int64_t version = -1;
    if (rq->app->db == NULL) {
        *reason = "no datastore: PLEXSPHERE_DSN is not set";
        return DATASTORE_NONE;
    }
    if (!db_ping(rq->app->db, PING_MS, &e)) {
        *reason = "the database does not answer";
        return DATASTORE_GONE;
    }
    if (!db_migrated_to(rq->app->db, &version, &e)) {
        *reason = "the database does not tell its schema version";
        return DATASTORE_GONE;
    }
    if (version < rq->app->migrations_expected) {
        *reason = version < 0
                      ? "the database is not migrated"
                      : arena_printf(rq->arena, "the database is at migration %lld, want %lld",
                                     (long long)version, (long long)rq->app->migrations_expected);
        return DATASTORE_NOT_MIGRATED;
    }
    *reason = "reachable and migrated";
    return DATASTORE_OK;
}

static struct answer live(struct request *rq)
{
    return answer_json(rq, 200, json_pack("{s:s}", "status", "live"));
}

/* ENV-001: without a DSN the process lives but is never ready, and says why. */
static struct answer ready(struct request *rq)
{
    const char *reason;
    if (datastore_state_of(rq, &reason) == DATASTORE_OK)
        return answer_json(rq, 200, json_pack("{s:s}", "status", "ready"));
    return answer_json(rq, 503, json_pack("{s:s,s:s}", "status", "not ready", "reason", reason));
}

struct answer probe_answer(struct request *rq)
{
    bool is_live = text_equal(rq->path, "/livez"), is_ready = text_equal(rq->path, "/readyz");
    if (!is_live && !is_ready)
        return answer_go_on();
    if (!text_equal(rq->method, "GET") && !text_equal(rq->method, "HEAD"))
        return answer_with_header(answer_problem(rq, PROBLEM_METHOD_NOT_ALLOWED), "Allow",
                                  "GET, HEAD");
    return is_live ? live(rq) : ready(rq);
}
