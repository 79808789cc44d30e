#include "reference/plexsphere/identity/identity.h"

#include <string.h>

#include "common/arena.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/audit/audit.h"
#include "reference/plexsphere/http/body.h"
#include "reference/plexsphere/http/operation.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/identity/service.h"
#include "reference/plexsphere/identity/store.h"

struct tokens_state {
    bool audited; /* there is a pepper, so that a refusal can be written down */
};

static const char *principal_type(const struct caller *c)
{
    return c->kind == CALLER_SERVICE ? "service" : "user";
}

static void set_text(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, json_string(text));
}

static void set_time(struct request *rq, json_t *object, const char *key, int64_t micros)
{
    set_text(object, key, timestamp_format(rq->arena, micros));
}

/* ---- whoami ---- */

static struct answer whoami(struct request *rq)
{
    const struct caller *c = &rq->caller;
    json_t *me = json_object();
    set_text(me, "principal_type", principal_type(c));
    set_text(me, "subject", uuid_text(rq->arena, &c->id));
    set_text(me, "principal_scope", c->platform_scope ? "platform" : "domain");
    if (!c->platform_scope)
        set_text(me, "domain_id", uuid_text(rq->arena, &c->domain_id));
    if (c->email && c->kind == CALLER_USER)
        set_text(me, "email", c->email);
    return answer_json(rq, 200, me);
}

/* ---- issue ---- */

struct issue_input {
    const char *kind; /* "user", "service": the identity_ref's */
    struct uuid identity;
    const char *env_prefix;
    int64_t ttl_seconds;
};

static struct answer bad_member(struct request *rq, const char *sentence)
{
    return answer_problem_detail(rq, PROBLEM_BAD_REQUEST, "%s", sentence);
}

/* "user:<uuid>" or "service:<uuid>", nothing else (auth-surfaces 1.2). */
static bool parse_identity_ref(const char *text, struct issue_input *in)
{
    const char *colon = strchr(text, ':');
    if (!colon || !uuid_parse(colon + 1, &in->identity) || uuid_is_nil(&in->identity))
        return false;
    in->kind = text_starts(text, "user:")      ? "user"
               : text_starts(text, "service:") ? "service"
                                               : NULL;
    return in->kind != NULL;
}

static struct answer read_identity_ref(struct request *rq, struct issue_input *in)
{
    const char *text = NULL, *why = NULL;
    if (body_text(rq->arena, rq->json, "identity_ref", &text, &why) != BODY_PRESENT ||
        !parse_identity_ref(text, in))
        return bad_member(rq, "identity_ref must be user:<uuid> or service:<uuid>.");
    return answer_go_on();
}

static struct answer read_env_prefix(struct request *rq, struct issue_input *in)
{
    const char *why = NULL;
    if (body_text(rq->arena, rq->json, "env_prefix", &in->env_prefix, &why) != BODY_PRESENT ||
        (!text_equal(in->env_prefix, "dev") && !text_equal(in->env_prefix, "stage") &&
         !text_equal(in->env_prefix, "prod")))
        return bad_member(rq, "env_prefix must be dev, stage or prod.");
    return answer_go_on();
}

static struct answer read_ttl(struct request *rq, struct issue_input *in)
{
    const char *why = NULL;
    enum body_presence given =
        body_integer(rq->arena, rq->json, "ttl_seconds", &in->ttl_seconds, &why);
    if (given == BODY_ABSENT)
        in->ttl_seconds = TOKEN_DEFAULT_TTL_SECONDS;
    if (given == BODY_WRONG || in->ttl_seconds < 1 || in->ttl_seconds > TOKEN_MAX_TTL_SECONDS)
        return bad_member(rq, "ttl_seconds must be an integer from 1 to 31536000.");
    return answer_go_on();
}

static struct answer issue_decode(struct request *rq)
{
    struct issue_input *in = arena_alloc(rq->arena, sizeof *in);
    rq->input = in;
    struct answer a = read_identity_ref(rq, in);
    if (!a.status)
        a = read_env_prefix(rq, in);
    if (!a.status)
        a = read_ttl(rq, in);
    return a;
}

/* TOK-009: tokens are for oneself. Whether the other identity exists makes no difference, and its
 * id does not go into the audit chain: what was asked for is to manage the scope the caller lives
 * in. */
static struct answer refuse_foreign(struct request *rq)
{
    const struct caller *c = &rq->caller;
    struct audit_entry denial = {
        .domain_id = c->platform_scope ? NULL : &c->domain_id,
        .relation = "manage",
        .object = { c->platform_scope ? "platform" : "domain", c->domain_id },
        .decision = DECISION_OUT_OF_SCOPE,
    };
    if (audit_denial(rq, &denial) != SQL_OK)
        return answer_internal(rq);
    return answer_permission_denied(rq, "permission_denied", decision_text(denial.decision), NULL);
}

static json_t *issued_json(struct request *rq, const struct issued_token *t)
{
    json_t *body = json_object();
    set_text(body, "id", uuid_text(rq->arena, &t->id));
    set_text(body, "plaintext", t->plaintext);
    set_text(body, "env_prefix", t->env_prefix);
    set_time(rq, body, "expires_at", t->expires_at);
    return body;
}

static struct answer issue(struct request *rq)
{
    const struct issue_input *in = rq->input;
    if (!uuid_equal(&in->identity, &rq->caller.id) ||
        !text_equal(in->kind, principal_type(&rq->caller)))
        return refuse_foreign(rq);
    struct issued_token token;
    if (token_issue(rq->tx, &in->identity, in->env_prefix, in->ttl_seconds, rq->now, &token) !=
        TOKEN_OK)
        return answer_internal(rq);
    return answer_json(rq, 201, issued_json(rq, &token));
}

static bool issue_provisioned(const void *state)
{
    return ((const struct tokens_state *)state)->audited;
}

/* ---- list, revoke, rotate ---- */

static json_t *summary_json(struct request *rq, const struct token_row *t)
{
    json_t *summary = json_object();
    set_text(summary, "id", uuid_text(rq->arena, &t->id));
    set_text(summary, "env_prefix", t->env_prefix);
    set_time(rq, summary, "created_at", t->created_at);
    set_time(rq, summary, "expires_at", t->expires_at);
    if (t->used)
        set_time(rq, summary, "last_used_at", t->last_used_at);
    if (t->rotated)
        set_time(rq, summary, "rotated_at", t->rotated_at);
    return summary;
}

static struct answer list(struct request *rq)
{
    struct token_row *tokens = NULL;
    int n = 0;
    if (token_list(rq->tx, &rq->caller.id, rq->now, &tokens, &n) != SQL_OK)
        return answer_internal(rq);
    json_t *array = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(array, summary_json(rq, &tokens[i]));
    return answer_json(rq, 200, array);
}

static struct answer revoke(struct request *rq)
{
    struct uuid id = request_id(rq, "id");
    bool found = false;
    if (token_revoke(rq->tx, &rq->caller.id, &id, rq->now, &found) != SQL_OK)
        return answer_internal(rq);
    return found ? answer_no_content() : answer_problem(rq, PROBLEM_NOT_FOUND);
}

static struct answer rotate(struct request *rq)
{
    struct uuid id = request_id(rq, "id");
    struct issued_token token;
    switch (token_rotate(rq->tx, &rq->caller.id, &id, rq->now, &token)) {
    case TOKEN_OK: break;
    case TOKEN_NOT_FOUND: return answer_problem(rq, PROBLEM_NOT_FOUND);
    case TOKEN_FAILED: return answer_internal(rq);
    }
    json_t *body = issued_json(rq, &token);
    set_time(rq, body, "rotation_deadline", token.rotation_deadline);
    return answer_with_header(answer_json(rq, 200, body), "Sunset",
                              timestamp_format_http(rq->arena, token.rotation_deadline));
}

/* No gate: these speak of the caller alone. A malformed id is one that is not the caller's
 * (TOK-013). */
static const struct operation operations[] = {
    { .id = OP_GetAuthWhoami, .auth = AUTH_OPERATOR, .steps = STEPS_GATE_FIRST, .handle = whoami },
    { .id = OP_PostAuthTokens,
      .auth = AUTH_OPERATOR,
      .steps = STEPS_GATE_FIRST,
      .writes = true,
      .provisioned = issue_provisioned,
      .decode = issue_decode,
      .handle = issue },
    { .id = OP_GetAuthTokens, .auth = AUTH_OPERATOR, .steps = STEPS_GATE_FIRST, .handle = list },
    { .id = OP_DeleteAuthTokenByID,
      .auth = AUTH_OPERATOR,
      .steps = STEPS_GATE_FIRST,
      .path = { { "id", PROBLEM_NOT_FOUND } },
      .writes = true,
      .handle = revoke },
    { .id = OP_PostAuthTokenRotate,
      .auth = AUTH_OPERATOR,
      .steps = STEPS_GATE_FIRST,
      .path = { { "id", PROBLEM_NOT_FOUND } },
      .writes = true,
      .handle = rotate },
};

static enum configured configure(struct app *app, void **state, struct error *e)
{
    (void)e; /* nothing is read from the environment */
    struct tokens_state *s = arena_alloc(app->arena, sizeof *s);
    s->audited = app->pepper != NULL;
    *state = s;
    return CONFIGURED_ON;
}

const struct surface surface_tokens = { .name = "tokens",
                                        .configure = configure,
                                        .operations = operations,
                                        .n_operations = ARRAY_LEN(operations) };
