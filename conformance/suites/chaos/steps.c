/* suites/chaos/steps.c — what a round does, and what its answers make certain. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "suites/chaos/chaos.h"
#include "suites/registration/registration.h"

/* ---- what is certain ----------------------------------------------------------------------- */

void doubt_settled(struct doubt *d, const char *value)
{
    d->values[0] = value;
    d->n = 1;
}

void doubt_grows(struct doubt *d, const char *value)
{
    d->values[d->n++] = value; /* settled each round, which has fewer steps than there is room */
}

bool doubt_allows(const struct doubt *d, const char *value)
{
    for (int i = 0; i < d->n; i++)
        if (value == NULL ? d->values[i] == NULL : text_equal(d->values[i], value))
            return true;
    return false;
}

/* ---- reports ------------------------------------------------------------------------------- */

const char *local_path(struct world *w, int key)
{
    return path(w, "/v1/state/report/r%d", key);
}

const char *next_value(struct chaos *c)
{
    return path(c->w, "value-%d", ++c->values);
}

const char *report_body(struct world *w, const char *value)
{
    return path(w, "{\"content_type\":\"text/plain\",\"payload\":\"%s\"}", value);
}

void report_answered(struct chaos *c, const struct step *s, const char *value, int status)
{
    struct doubt *d = &c->reports[s->key];
    const char *now = s->kind == STEP_DELETE ? NULL : value;
    bool kept = s->kind == STEP_DELETE ? status == 204 || status == 404 : status == 200;
    expect(c->w, kept || status == 0, "a %s of report r%d is answered %d",
           s->kind == STEP_DELETE ? "DELETE" : "PUT", s->key, status);
    if (kept)
        doubt_settled(d, now);
    else
        doubt_grows(d, now);
    c->kept += kept;
    c->unanswered += !kept;
}

static void write_report(struct chaos *c, const struct step *s)
{
    struct world *w = c->w;
    const char *value = next_value(c);
    struct exchange *x = s->kind == STEP_DELETE ? delete_(w, local_path(w, s->key), .agent = c->a)
                                                : put(w, local_path(w, s->key), .agent = c->a,
                                                      .raw = BYTES_OF_TEXT(report_body(w, value)));
    report_answered(c, s, value, send_and_judge(x)->status);
}

/* ---- secrets ------------------------------------------------------------------------------- */

static void read_secret(struct chaos *c, const struct step *s)
{
    struct world *w = c->w;
    struct reply *r =
        send_and_judge(get(w, path(w, "/v1/state/secrets/s%d", s->key), .agent = c->a));
    if (!c->cp_up) {
        expect(w, r->status == 503 || r->status == 404,
               "with its control plane killed a secret is answered %d", r->status);
        expect(w, r->status == 503 || doubt_allows(&c->secrets[s->key], NULL),
               "a secret that is there is answered 404");
        return;
    }
    expect(w, r->status == 200 || r->status == 404, "a secret is answered %d", r->status);
    const char *value = r->status == 200 ? expect_text(r, "/value") : NULL;
    expect(w, doubt_allows(&c->secrets[s->key], value), "secret s%d is %s", s->key,
           value == NULL ? "not there" : "another than was given last");
}

/* ---- what the platform says ---------------------------------------------------------------- */

const char *telling_value(struct chaos *c, const struct step *s)
{
    if (s->kind == STEP_SECRET)
        return path(c->w, "%s-%d", c->marker, ++c->values);
    return path(c->w, "said-%d", ++c->said);
}

bool tell(struct chaos *c, struct arena *a, const struct step *s, const char *value)
{
    if (s->kind == STEP_METADATA)
        return given_here(c, a, "node_metadata",
                          json_pack("{s:s, s:{s:s}}", "node_id", c->node_id, "entries", "mark",
                                    value));
    if (s->kind == STEP_DATA)
        return given_here(c, a, "node_data",
                          json_pack("{s:s, s:[{s:s, s:s, s:s}]}", "node_id", c->node_id, "entries",
                                    "key", "config", "content_type", "text/plain", "value", value));
    return given_here(c, a, "node_secret",
                      json_pack("{s:s, s:o, s:s}", "node_id", c->node_id, "name",
                                json_sprintf("s%d", s->key), "value", value));
}

void told(struct chaos *c, const struct step *s, const char *value, bool answered)
{
    c->kept += answered;
    c->unanswered += !answered;
    if (s->kind != STEP_SECRET)
        return;
    if (answered)
        doubt_settled(&c->secrets[s->key], value);
    else
        doubt_grows(&c->secrets[s->key], value);
}

static void say(struct chaos *c, const struct step *s)
{
    const char *value = telling_value(c, s);
    bool answered = tell(c, c->w->arena, s, value);
    expect(c->w, answered, "the control plane does not take a change while nobody kills it");
    told(c, s, value, answered);
}

/* LIFE-002, with an entry in the audit chain. */
static void issue_token(struct chaos *c)
{
    struct reply *r = accept(post(c->w, tokens_path(c->w, c->project), .as = c->w->platform_manager,
                                  .json = token_order(), .base_url = c->base_url),
                             201);
    if (c->n_tokens < TOKENS_MAX)
        c->tokens[c->n_tokens++] = expect_text(r, "/token_id");
    c->kept++;
}

void take_step(struct chaos *c, const struct step *s)
{
    bool local = s->kind <= STEP_READ_SECRET;
    if (local ? !c->agent_up : !c->cp_up)
        return;
    switch (s->kind) {
    case STEP_PUT:
    case STEP_DELETE: write_report(c, s); break;
    case STEP_READ_SECRET: read_secret(c, s); break;
    case STEP_METADATA:
    case STEP_DATA:
    case STEP_SECRET: say(c, s); break;
    case STEP_TOKEN: issue_token(c); break;
    case STEP_KINDS: break;
    }
}
