#include "reference/plexsphere/events/events.h"
#include "reference/plexsphere/events/follow.h"
#include "reference/plexsphere/events/last_event_id.h"
#include "reference/plexsphere/identity/token.h"
#include "reference/plexsphere/nodes/nodes.h"

/* By which credential the stream is open: it is looked at again while it runs. */
static struct stream_owner owner_of(struct request *rq, const struct uuid *node,
                                    const struct node_address *address)
{
    struct stream_owner o = { .node_id = *node,
                              .domain_id = address->domain_id,
                              .mvp = address->mvp,
                              .kind = rq->caller.kind,
                              .caller_id = rq->caller.id };
    const char *bearer = bearer_of_header(rq->arena, request_header(rq, "Authorization"));
    if (rq->caller.kind == CALLER_NODE)
        o.nsk_id = rq->node.nsk_id;
    else if (bearer != NULL)
        token_digest(bearer, o.token);
    return o;
}

static struct answer stream_opened(struct stream *s)
{
    struct answer a = { .status = 200,
                        .media_type = "text/event-stream",
                        .stream = stream_answer(s) };
    a = answer_with_header(a, "X-Plexsphere-API-Version", "v1");
    return answer_with_header(a, "Cache-Control", "no-cache");
}

static struct answer get_events(struct request *rq)
{
    const struct events_state *state = rq->state;
    struct uuid node = request_id(rq, "id");
    struct node_address address;
    bool found, given;
    int64_t after;

    if (node_address(rq->tx, &node, &found, &address) != SQL_OK)
        return answer_internal(rq);
    if (!found)
        return answer_problem(rq, PROBLEM_NODE_NOT_FOUND);
    if (!last_event_id_read(request_header(rq, "Last-Event-ID"), &given, &after))
        return answer_problem_detail(rq, PROBLEM_BAD_REQUEST,
                                     "Last-Event-ID must be a number that is not negative.");
    struct stream_owner owner = owner_of(rq, &node, &address);
    struct stream *s = follow(rq->tx, state->bus, state->hub, &owner, given ? &after : NULL);
    if (s == NULL)
        return answer_problem(rq, PROBLEM_EVENT_STREAM_UNAVAILABLE);
    return stream_opened(s);
}

static const struct operation operations[] = {
    { .id = OP_GetNodeEvents,
      .auth = AUTH_NODE_OR_OPERATOR,
      .permission = { "node", "agent", "id" },
      .denied = PROBLEM_INSUFFICIENT_RELATION,
      .steps = STEPS_GATE_FIRST,
      .handle = get_events },
};

const struct surface surface_events = {
    .name = "events",
    .configure = events_configure,
    .operations = operations,
    .n_operations = ARRAY_LEN(operations),
    .background = events_background,
};
