#include <string.h>

#include "common/memory.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/mvp/drift.h"
#include "reference/plexsphere/mvp/mvp.h"
#include "reference/plexsphere/mvp/sync.h"
#include "reference/plexsphere/nodes/config.h"
#include "reference/plexsphere/peers/membership.h"
#include "reference/plexsphere/state/state.h"

struct mvp_state {
    struct nsk_gate gate; /* first: authenticate_node() reads it */
    bool has_pepper;
};

/* MVP-008: what a Node of the other dialect does not have is not there for it. */
static struct answer require_mvp(struct request *rq)
{
    return rq->node.mvp ? answer_go_on() : answer_problem(rq, PROBLEM_NOT_FOUND);
}

/* report */

static struct answer decode_report(struct request *rq)
{
    struct sync *sync = arena_alloc(rq->arena, sizeof *sync);
    const char *why = NULL;
    rq->input = sync;
    if (!sync_read(rq->arena, rq->json, sync, &why))
        return answer_problem_with(rq, PROBLEM_INVALID_REPORT, why, NULL);
    return answer_go_on();
}

static struct answer refused_report(struct request *rq, enum state_result r, const char *why)
{
    switch (r) {
    case STATE_INVALID: return answer_problem_with(rq, PROBLEM_INVALID_REPORT, why, NULL);
    case STATE_NOT_FOUND: return answer_problem(rq, PROBLEM_NODE_NOT_FOUND);
    case STATE_QUOTA: return answer_problem(rq, PROBLEM_REPORT_QUOTA_EXCEEDED);
    case STATE_OK:
    case STATE_FAILED: break;
    }
    return answer_internal(rq);
}

/* MVP-009: an entry need not say its type; what it has is JSON then. */
static struct state_entry entry_of(const struct sync_entry *e)
{
    return (struct state_entry){ .key = e->key,
                                 .value = e->payload,
                                 .is_json = true,
                                 .content_type =
                                     e->content_type ? e->content_type : "application/json" };
}

/* MVP-010: all of a batch or nothing. Deletes come first, so that they make room; one of a key that
 * is not there is done. */
static struct answer take_report(struct request *rq)
{
    const struct sync *sync = rq->input;
    const struct uuid *node = &rq->node.node_id;
    const char *why = NULL;
    for (size_t i = 0; i < sync->n_deleted; i++) {
        enum state_result r = node_report_delete(rq->tx, node, sync->deleted[i]);
        if (r != STATE_OK && r != STATE_NOT_FOUND)
            return refused_report(rq, r, why);
    }
    for (size_t i = 0; i < sync->n_entries; i++) {
        const struct state_entry entry = entry_of(&sync->entries[i]);
        enum state_result r = node_report_put(rq->tx, node, &entry, rq->now, &why);
        if (r != STATE_OK)
            return refused_report(rq, r, why);
    }
    return answer_no_content();
}

/* drift */

static struct answer decode_drift(struct request *rq)
{
    struct drift *drift = arena_alloc(rq->arena, sizeof *drift);
    const char *why = NULL;
    rq->input = drift;
    if (!drift_read(rq->arena, rq->json, drift, &why))
        return answer_problem_with(rq, PROBLEM_INVALID_BODY, why, NULL);
    return answer_go_on();
}

static struct answer take_drift(struct request *rq)
{
    return drift_store(rq->tx, &rq->node.node_id, rq->input, rq->now) == SQL_OK
               ? answer_no_content()
               : answer_internal(rq);
}

/* deregister */

static struct answer load_self(struct request *rq)
{
    rq->object = (struct object_ref){ "node", rq->node.node_id };
    rq->audit_domain = &rq->node.domain_id;
    return answer_go_on();
}

static struct answer deregister(struct request *rq)
{
    switch (mesh_deregister(rq, &rq->node.node_id)) {
    case LEAVE_OK:
    case LEAVE_ALREADY: return answer_no_content();
    case LEAVE_NOT_FOUND: return answer_problem(rq, PROBLEM_NSK_INVALID);
    case LEAVE_FAILED: break;
    }
    return answer_internal(rq);
}

/* The surface */

static bool can_audit(const void *state)
{
    const struct mvp_state *s = state;
    return s->has_pepper;
}

static const struct operation operations[] = {
    { .id = OP_PostNodeReport,
      .auth = AUTH_NODE,
      .steps = STEPS_ROW_FIRST,
      .writes = true,
      .body_cap = 1024 * 1024,
      .undecodable = PROBLEM_INVALID_REPORT,
      .load = require_mvp,
      .decode = decode_report,
      .handle = take_report },
    { .id = OP_PostNodeDrift,
      .auth = AUTH_NODE,
      .steps = STEPS_ROW_FIRST,
      .writes = true,
      .body_cap = 1024 * 1024,
      .load = require_mvp,
      .decode = decode_drift,
      .handle = take_drift },
    { .id = OP_PostNodeDeregister,
      .auth = AUTH_NODE,
      .audit = "node.deregister",
      .steps = STEPS_ROW_FIRST,
      .writes = true,
      .provisioned = can_audit,
      .load = load_self,
      .handle = deregister },
};

static enum configured configure(struct app *app, void **state, struct error *e)
{
    struct heartbeat_config config = { 0 };
    enum configured result =
        production_heartbeat_config_from_env(app->arena, &app->env, &config, e);
    struct mvp_state *s = arena_alloc(app->arena, sizeof *s);
    memcpy(s->gate.wrap_key, config.nsk_wrap_key, sizeof s->gate.wrap_key);
    mem_wipe(&config, sizeof config);
    s->has_pepper = app->pepper != NULL;
    *state = s;
    return result;
}

const struct surface surface_mvp = {
    .name = "mvp",
    .configure = configure,
    .operations = operations,
    .n_operations = ARRAY_LEN(operations),
};
