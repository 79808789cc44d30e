#include "suites/agent/agent_suite.h"

#include "common/text.h"

/* A question and its answer: what had reached the agent before has been read by then. */
static void round_trip(const struct joined *j)
{
    struct reply *r;
    for (int i = 0; i < 2; i++)
        (void)send_quietly(get(j->w, "/v1/state", .agent = j->a), &r);
}

void settled(const struct joined *j)
{
    /* A process asks at its start and after each stream (ARC-001, AEV-019): the last of these
     * requests may not have arrived yet, however often the agent has answered since. That they
     * come at all other cases judge. */
    if (j->w->claims_rulings)
        (void)cp_comes(j->cp, "GET", "@/state", agent_starts(j->a) + cp_streams(j->cp));
    round_trip(j); /* it has seen its stream open, and asked for its state */
    cp_wait_answered(j->cp, "GET", "@/state");
    round_trip(j);
    cp_wait_answered(j->cp, "GET", "@/state");
    round_trip(j);
}

struct joined joined_to(struct world *w, struct fake_cp *cp, struct agent_options o)
{
    o.cp = cp;
    struct joined j = { w, cp, agent_run(w, o) };
    cp_wait_stream(cp, 1);
    (void)cp_wait(cp, "GET", "@/state", 1);
    settled(&j);
    return j;
}

struct joined joined_with(struct world *w, enum agent_dialect d, struct agent_options o)
{
    return joined_to(w, cp_start(w, (struct cp_options){ .dialect = d }), o);
}

struct joined joined(struct world *w, enum agent_dialect d)
{
    return joined_with(w, d, (struct agent_options){ 0 });
}

void restarted(const struct joined *j)
{
    (void)agent_stop(j->a);
    agent_start(j->a);
    agent_ready(j->a);
}

json_t *state_with(const char *key, const char *value)
{
    return json_pack("{s:{s:s}, s:[], s:[], s:[], s:[]}", "metadata", key, value, "data",
                     "secret_refs", "peers", "policies");
}

void push_metadata(const struct joined *j, const char *key, const char *value,
                   struct cp_event event)
{
    json_t *state = json_own(j->w->arena, state_with(key, value));
    event.payload = dialect_state_payload(j->w->arena, cp_dialect(j->cp), cp_node_id(j->cp), state);
    (void)cp_event(j->cp, event);
}

void push_good(const struct joined *j, const char *key, const char *value)
{
    cp_state(j->cp, state_with(key, value));
    push_metadata(j, key, value, (struct cp_event){ 0 });
}

void sentinel(const struct joined *j)
{
    const char *mark = world_name(j->w, "mark");
    push_good(j, "sentinel", mark);
    agent_until(j->a, "/v1/state/metadata", "/sentinel", mark);
}

void push_secret_index(const struct joined *j, const char *key, int version)
{
    json_t *refs = json_own(j->w->arena, json_pack("[{s:s, s:i}]", "key", key, "version", version));
    (void)cp_event(j->cp, (struct cp_event){ .type = "node_secrets_updated",
                                             .payload = dialect_secrets_payload(cp_dialect(j->cp),
                                                                                cp_node_id(j->cp),
                                                                                refs) });
}

void push_secrets_sentinel(const struct joined *j)
{
    const char *mark = world_name(j->w, "mark");
    cp_state_member(j->cp, "secret_refs", json_pack("[{s:s, s:i}]", "key", mark, "version", 1));
    push_secret_index(j, mark, 1);
    agent_until(j->a, "/v1/state/secrets", "/0/key", mark);
}

void stream_stayed(const struct joined *j)
{
    size_t streams = cp_streams(j->cp);
    push_secrets_sentinel(j);
    push_secrets_sentinel(j);
    expect(j->w, streams == 1 && cp_streams(j->cp) == 1, "the stream was opened again");
}

const char *one_line(struct world *w, const char *text)
{
    return text_replace_char(w->arena, text_replace_char(w->arena, text, '\n', ' '), '\r', ' ');
}

void never_believed(const struct joined *j, const char *key, const char *value)
{
    struct reply *r = accept(get(j->w, "/v1/state/metadata", .agent = j->a), 200);
    const char *now = json_text(r->json, key);
    expect(j->w, now == NULL || (value != NULL && !text_equal(now, value)),
           "metadata %s is \"%s\": an event was believed that must not be", key, now);
}
