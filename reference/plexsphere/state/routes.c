#include <string.h>

#include "common/memory.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/http/body.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/identity/authenticate.h"
#include "reference/plexsphere/identity/token.h"
#include "reference/plexsphere/nodes/nsk.h"
#include "reference/plexsphere/state/config.h"
#include "reference/plexsphere/state/last_good.h"
#include "reference/plexsphere/state/view.h"

/* STA-017 [ruling]: the stale-read TTL. */
#define STALE_READ_TTL (60 * MICROS_PER_SECOND)

struct state_state {
    struct nsk_gate gate; /* first: authenticate_node() */
    struct last_good *last_good;
};

/* ---- GetNodeState ---- */

/* The key that was shown, by its digest. False: it was no NSK. */
static bool shown_key(struct request *rq, struct last_good_key *out)
{
    unsigned char key[NSK_BYTES];
    const char *credential = bearer_of_header(rq->arena, request_header(rq, "Authorization"));
    if (!credential || token_is_shaped(credential) || !nsk_parse(rq->arena, credential, key))
        return false;
    sha256(key, sizeof key, out->digest);
    mem_wipe(key, sizeof key);
    out->node_id = request_id(rq, "id");
    return true;
}

/* STA-018: kept for the Node alone and by its lasting key: a token has an end, and so has a key
 * that was replaced, which nobody can look up during an outage. */
static void keep_for_an_outage(struct request *rq, const struct answer *a)
{
    const struct state_state *state = rq->state;
    struct last_good_key key = { .epoch = tx_epoch(rq->tx) };
    if (rq->node.present && !rq->node.nsk_retiring && shown_key(rq, &key))
        last_good_keep(state->last_good, &key, a->body, rq->now);
}

static bool read_keys(struct request *rq, const struct uuid *node, struct snapshot *s)
{
    struct node_address address;
    bool found;
    if (node_address(rq->tx, node, &found, &address) != SQL_OK)
        return false;
    s->has_keys = found && rq->app->signing != NULL;
    return !s->has_keys || signing_keys_of_domain(rq->tx, rq->app->signing, &address.domain_id,
                                                  rq->now, &s->keys) == SQL_OK;
}

static struct answer read_state(struct request *rq)
{
    struct uuid id = request_id(rq, "id");
    struct snapshot s;
    switch (snapshot_read(rq->tx, &id, &s)) {
    case FOUND: break;
    case NOT_FOUND: return answer_problem(rq, PROBLEM_NODE_NOT_FOUND);
    case FIND_FAILED: return answer_internal(rq);
    }
    if (!read_keys(rq, &id, &s))
        return answer_internal(rq);
    bool mvp = rq->node.present && rq->node.mvp;
    struct answer a =
        answer_json(rq, 200,
                    mvp ? snapshot_view_mvp(rq->arena, &s) : snapshot_view(rq->arena, &s, rq->now));
    if (a.status == 200)
        keep_for_an_outage(rq, &a);
    return a;
}

/* STA-017 to STA-020: with the datastore gone nobody can be authenticated anew. Who showed this
 * very key a moment ago and was answered is told the same again; all others hear 503. */
static struct answer state_in_an_outage(struct request *rq)
{
    const struct state_state *state = rq->state;
    struct last_good_key key = { .epoch = db_epoch(rq->app->db) };
    struct bytes body;
    if (shown_key(rq, &key) && last_good_find(state->last_good, &key, rq->now, rq->arena, &body))
        return answer_text(200, "application/json", body);
    return answer_problem(rq, PROBLEM_DATASTORE_UNAVAILABLE);
}

static const struct operation state_operations[] = {
    { .id = OP_GetNodeState,
      .auth = AUTH_NODE_OR_OPERATOR,
      .permission = { "node", "agent", "id" },
      .denied = PROBLEM_INSUFFICIENT_RELATION,
      .steps = STEPS_GATE_FIRST,
      .handle = read_state,
      .outage = state_in_an_outage },
};

static void destroy_last_good(void *thing)
{
    last_good_destroy(thing);
}

static enum configured configure_state(struct app *app, void **out, struct error *e)
{
    struct state_config config;
    struct state_state *state = arena_alloc(app->arena, sizeof *state);
    enum configured set = production_state_config_from_env(app->arena, &app->env, &config, e);
    memcpy(state->gate.wrap_key, config.nsk_wrap_key, sizeof state->gate.wrap_key);
    mem_wipe(&config, sizeof config);
    state->last_good = last_good_create(STALE_READ_TTL);
    arena_defer(app->arena, destroy_last_good, state->last_good);
    *out = state;
    return set;
}

const struct surface surface_state = {
    .name = "state",
    .configure = configure_state,
    .operations = state_operations,
    .n_operations = ARRAY_LEN(state_operations),
};

/* ---- PutNodeStateReport, DeleteNodeStateReport ---- */

static struct answer decode_report(struct request *rq)
{
    struct state_entry *report = arena_alloc(rq->arena, sizeof *report);
    const char *why = "The member 'value' must be there and be a text.";
    *report = (struct state_entry){ .key = request_param(rq, "key"), .content_type = "text/plain" };
    if (body_text(rq->arena, rq->json, "value", &report->value, &why) != BODY_PRESENT ||
        body_text(rq->arena, rq->json, "workload_tag", &report->workload_tag, &why) == BODY_WRONG)
        return answer_problem_with(rq, PROBLEM_INVALID_REPORT, why, NULL);
    rq->input = report;
    return answer_go_on();
}

static struct answer put_report(struct request *rq)
{
    const struct state_entry *report = rq->input;
    const char *why = NULL;
    switch (node_report_put(rq->tx, &rq->node.node_id, report, rq->now, &why)) {
    case STATE_OK: break;
    case STATE_INVALID: return answer_problem_with(rq, PROBLEM_INVALID_REPORT, why, NULL);
    case STATE_NOT_FOUND: return answer_problem(rq, PROBLEM_NODE_NOT_FOUND);
    case STATE_QUOTA: return answer_problem(rq, PROBLEM_REPORT_QUOTA_EXCEEDED);
    case STATE_FAILED: return answer_internal(rq);
    }
    return answer_json(rq, 200,
                       json_pack("{s:s, s:s}", "key", report->key, "accepted_at",
                                 timestamp_format(rq->arena, rq->now)));
}

static struct answer delete_report(struct request *rq)
{
    switch (node_report_delete(rq->tx, &rq->node.node_id, request_param(rq, "key"))) {
    case STATE_OK: return answer_no_content();
    case STATE_NOT_FOUND: return answer_problem(rq, PROBLEM_REPORT_NOT_FOUND);
    case STATE_INVALID:
    case STATE_QUOTA:
    case STATE_FAILED: break;
    }
    return answer_internal(rq);
}

static const struct operation reports_operations[] = {
    { .id = OP_PutNodeStateReport,
      .auth = AUTH_NODE,
      .steps = STEPS_GATE_FIRST,
      .writes = true,
      .body_cap = 16 * 1024,
      .too_large = PROBLEM_PAYLOAD_TOO_LARGE,
      .undecodable = PROBLEM_INVALID_REPORT,
      .decode = decode_report,
      .handle = put_report },
    { .id = OP_DeleteNodeStateReport,
      .auth = AUTH_NODE,
      .steps = STEPS_GATE_FIRST,
      .writes = true,
      .handle = delete_report },
};

static enum configured configure_reports(struct app *app, void **out, struct error *e)
{
    struct state_config config;
    struct nsk_gate *gate = arena_alloc(app->arena, sizeof *gate);
    enum configured set = production_reports_config_from_env(app->arena, &app->env, &config, e);
    memcpy(gate->wrap_key, config.nsk_wrap_key, sizeof gate->wrap_key);
    mem_wipe(&config, sizeof config);
    *out = gate;
    return set;
}

const struct surface surface_reports = {
    .name = "reports",
    .configure = configure_reports,
    .operations = reports_operations,
    .n_operations = ARRAY_LEN(reports_operations),
};
