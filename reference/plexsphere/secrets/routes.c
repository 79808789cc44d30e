#include <string.h>

#include "common/encoding.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/number.h"
#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/http/cursor.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/identity/authenticate.h"
#include "reference/plexsphere/identity/token.h"
#include "reference/plexsphere/nodes/nsk.h"
#include "reference/plexsphere/secrets/limit.h"
#include "reference/plexsphere/secrets/name.h"
#include "reference/plexsphere/secrets/secrets.h"
#include "reference/plexsphere/secrets/store.h"

enum { NONCE_BYTES = 12 };

/* SEC-006, SEC-007 [ruling]: tokens a second, and at once. */
enum { NODE_RATE = 30, NODE_BURST = 60, DOMAIN_RATE = 300, DOMAIN_BURST = 600 };

struct secrets_state {
    struct nsk_gate gate; /* first: authenticate_node() */
    const struct secret_store *store;
    struct limiter *nodes, *domains;
    struct cursor_key cursor; /* derived from the pepper; len 0 without one */
};

/* Reading is audited and listing binds its cursors: both need the pepper. */
static bool has_pepper(const void *state)
{
    const struct secrets_state *s = state;
    return s->cursor.len > 0;
}

/* ---- GetNodeSecret ---- */

static struct answer too_many(struct request *rq, enum problem p, int64_t retry_after)
{
    return answer_with_header(answer_problem(rq, p), "Retry-After",
                              arena_printf(rq->arena, "%lld", (long long)retry_after));
}

/* SEC-005: before anything is looked up, so that guessing names is as slow as reading. */
static struct answer limit_reads(struct request *rq)
{
    const struct secrets_state *s = rq->state;
    int64_t wait;
    if (!limiter_take(s->nodes, &rq->node.node_id, rq->now, &wait))
        return too_many(rq, PROBLEM_PER_NODE_RATE_LIMITED, wait);
    if (!limiter_take(s->domains, &rq->node.domain_id, rq->now, &wait))
        return too_many(rq, PROBLEM_PER_DOMAIN_RATE_LIMITED, wait);
    return answer_go_on();
}

/* SEC-011: a name that cannot be is a name that is not there. */
static struct answer load_secret(struct request *rq)
{
    struct secret_row *row = arena_alloc(rq->arena, sizeof *row);
    const char *name = request_param(rq, "name");
    if (!secret_name_is_valid(name))
        return answer_problem(rq, PROBLEM_SECRET_NOT_FOUND);
    switch (secret_by_name(rq->tx, &rq->node.node_id, name, row)) {
    case FOUND: break;
    case NOT_FOUND: return answer_problem(rq, PROBLEM_SECRET_NOT_FOUND);
    case FIND_FAILED: return answer_internal(rq);
    }
    rq->loaded = row;
    rq->object = (struct object_ref){ "secret", row->id };
    rq->audit_domain = &rq->node.domain_id;
    return answer_go_on();
}

/* SEC-013: what is no version is a version that is not there. *version 0: none was asked for. */
static bool read_version(const struct request *rq, int64_t *version)
{
    const char *text = request_query(rq, "version");
    *version = 0;
    return !text || number_parse(text, 1, INT32_MAX, version);
}

static void wipe(struct bytes plain)
{
    if (plain.data)
        mem_wipe((void *)(uintptr_t)plain.data, plain.len);
}

/* SEC-019: under the very key that was shown, with nothing beside it. */
static bool seal_for_caller(struct request *rq, struct bytes plain, struct bytes *sealed)
{
    unsigned char key[NSK_BYTES];
    const char *credential = bearer_of_header(rq->arena, request_header(rq, "Authorization"));
    bool ok = credential && nsk_parse(rq->arena, credential, key) &&
              seal(rq->arena, key, (struct bytes){ NULL, 0 }, plain, sealed);
    mem_wipe(key, sizeof key);
    return ok;
}

static struct answer octets(struct request *rq, int64_t version, struct bytes sealed)
{
    struct answer a = answer_text(200, "application/octet-stream", sealed);
    a = answer_with_header(a, "X-Plexsphere-Secret-Version",
                           arena_printf(rq->arena, "%lld", (long long)version));
    return answer_with_header(a, "X-Plexsphere-Secret-KID", uuid_text(rq->arena, &rq->node.nsk_id));
}

/* SEC-032: the MVP dialect has no octets and no headers: {key, ciphertext, nonce, version}. */
static struct answer mvp_json(struct request *rq, int64_t version, struct bytes sealed)
{
    const unsigned char *rest = sealed.data + NONCE_BYTES;
    return answer_json(
        rq, 200,
        json_pack("{s:s, s:s, s:s, s:I}", "key", request_param(rq, "name"), "ciphertext",
                  base64_encode(rq->arena, BASE64_STANDARD, rest, sealed.len - NONCE_BYTES),
                  "nonce", base64_encode(rq->arena, BASE64_STANDARD, sealed.data, NONCE_BYTES),
                  "version", (json_int_t)version));
}

static struct answer answer_of_value(struct request *rq, const struct secret_value *value)
{
    struct bytes sealed;
    if (!seal_for_caller(rq, value->plain, &sealed))
        return answer_internal(rq);
    struct answer a =
        rq->node.mvp ? mvp_json(rq, value->version, sealed) : octets(rq, value->version, sealed);
    return answer_with_header(a, "Cache-Control", "no-store");
}

static struct answer get_secret(struct request *rq)
{
    const struct secrets_state *s = rq->state;
    const struct secret_row *row = rq->loaded;
    const struct secret_place place = { row->id, rq->node.node_id };
    struct secret_value value = { .version = 0 };
    int64_t version;
    if (!read_version(rq, &version))
        return answer_problem(rq, PROBLEM_SECRET_VERSION_NOT_FOUND);
    enum secret_outcome outcome = s->store->read(rq->tx, s->gate.wrap_key, &place, version, &value);
    struct answer a = outcome == SECRET_OK ? answer_of_value(rq, &value) : answer_go_on();
    wipe(value.plain); /* SEC-031 */
    switch (outcome) {
    case SECRET_OK: return a;
    case SECRET_NO_VERSION: return answer_problem(rq, PROBLEM_SECRET_VERSION_NOT_FOUND);
    case SECRET_UNAVAILABLE: return answer_problem(rq, PROBLEM_OPENBAO_UNAVAILABLE);
    case SECRET_FAILED: break;
    }
    return answer_internal(rq);
}

/* ---- ListProjectSecrets ---- */

static struct answer list_secrets(struct request *rq)
{
    const struct secrets_state *s = rq->state;
    struct uuid project = request_id(rq, "project_id"), domain;
    struct secret_item *items;
    json_t *position;
    size_t n;
    switch (tenancy_domain_of_project(rq->tx, &project, &domain)) {
    case FOUND: break;
    case NOT_FOUND: return answer_problem(rq, PROBLEM_PROJECT_NOT_FOUND);
    case FIND_FAILED: return answer_internal(rq);
    }
    struct answer refused = cursor_open(rq, &s->cursor, "", &position);
    if (refused.status != 0)
        return refused;
    const char *after = position ? json_text(position, "name") : "";
    if (!after)
        return answer_problem(rq, PROBLEM_INVALID_CURSOR);
    if (secrets_of_project(rq->tx, &project, after, rq->page.limit + 1, &items, &n) != SQL_OK)
        return answer_internal(rq);
    bool more = n > (size_t)rq->page.limit;
    n -= more;
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:I}", "name", items[i].name, "current_version",
                                        (json_int_t)items[i].current_version));
    json_t *body = json_pack("{s:o}", "items", list);
    if (more)
        json_object_set_new(body, "next_cursor",
                            json_string(
                                cursor_mint(rq, &s->cursor, "",
                                            json_pack("{s:s}", "name", items[n - 1].name))));
    return answer_json(rq, 200, body);
}

static const struct operation operations[] = {
    { .id = OP_GetNodeSecret,
      .auth = AUTH_NODE,
      .permission = { "secret", "read", NULL },
      .audit = "secret.read",
      .steps = STEPS_LIMIT_FIRST,
      .provisioned = has_pepper,
      .limit = limit_reads,
      .load = load_secret,
      .handle = get_secret },
    { .id = OP_ListProjectSecrets,
      .auth = AUTH_OPERATOR_BEARER,
      .permission = { "project", "read_secrets", "project_id" },
      .steps = STEPS_GATE_FIRST,
      .paged = true,
      .provisioned = has_pepper,
      .handle = list_secrets },
};

static void destroy_limiter(void *thing)
{
    limiter_destroy(thing);
}

static struct limiter *limiter_of_app(struct app *app, int64_t per_second, int64_t burst)
{
    struct limiter *l = limiter_create(per_second, burst);
    arena_defer(app->arena, destroy_limiter, l);
    return l;
}

static enum configured configure(struct app *app, void **out, struct error *e)
{
    struct secrets_config config;
    struct secrets_state *s = arena_alloc(app->arena, sizeof *s);
    enum configured set = production_secrets_config_from_env(app->arena, &app->env, &config, e);
    *out = s;
    memcpy(s->gate.wrap_key, config.nsk_wrap_key, sizeof s->gate.wrap_key);
    mem_wipe(&config.nsk_wrap_key, sizeof config.nsk_wrap_key);
    if (set != CONFIGURED_ON)
        return set;
    if (config.backend == SECRETS_OPENBAO) {
        log_line(LOG_WARN, "node secrets are off: the openbao backend has no adapter yet", NULL);
        return CONFIGURED_OFF;
    }
    s->store = &secret_store_postgres;
    s->nodes = limiter_of_app(app, NODE_RATE, NODE_BURST);
    s->domains = limiter_of_app(app, DOMAIN_RATE, DOMAIN_BURST);
    if (app->pepper)
        cursor_key_derive(app->pepper, "project-secrets-cursor", &s->cursor);
    return CONFIGURED_ON;
}

const struct surface surface_secrets = {
    .name = "secrets",
    .configure = configure,
    .operations = operations,
    .n_operations = ARRAY_LEN(operations),
};
