#include "reference/plexsphere/http/pipeline.h"

#include <string.h>

#include "common/text.h"
#include "reference/plexsphere/audit/audit.h"
#include "reference/plexsphere/http/csrf.h"
#include "reference/plexsphere/http/gzip.h"
#include "reference/plexsphere/http/page.h"
#include "reference/plexsphere/identity/authenticate.h"
#include "reference/plexsphere/ports/relations.h"
#include "reference/plexsphere/tenancy/tenancy.h"

static struct answer step_provisioned(struct request *rq, const struct endpoint *endpoint,
                                      enum operation_id id)
{
    const struct operation *op = endpoint->op;
    bool on =
        op != NULL && endpoint->on && (op->provisioned == NULL || op->provisioned(endpoint->state));
    enum problem off = operation_facts(id)->unprovisioned;
    if (on)
        return answer_go_on();
    return answer_problem(rq, off == PROBLEM_NONE ? PROBLEM_SURFACE_NOT_PROVISIONED : off);
}

static struct answer step_authenticate(struct request *rq)
{
    switch (rq->op->auth) {
    case AUTH_NONE: return answer_go_on();
    case AUTH_OPERATOR: return authenticate_operator(rq, true);
    case AUTH_OPERATOR_BEARER: return authenticate_operator(rq, false);
    case AUTH_NODE: return authenticate_node(rq);
    case AUTH_NODE_OR_OPERATOR: return authenticate_node_or_operator(rq);
    }
    return answer_internal(rq);
}

static struct answer step_path(struct request *rq)
{
    for (size_t i = 0; i < ARRAY_LEN(rq->op->path) && rq->op->path[i].param != NULL; i++) {
        const struct path_rule *rule = &rq->op->path[i];
        struct uuid id;
        if (rule->invalid != PROBLEM_NONE && !request_uuid(rq, rule->param, &id))
            return answer_problem_detail(rq, rule->invalid,
                                         "%s must be a UUID and not the nil UUID.", rule->param);
    }
    return answer_go_on();
}

/* Which pair holds the bad escape decides the code: a broken cursor is a bad cursor, not a bad
 * request. */
static enum problem undecodable_query(struct request *rq, const char *raw)
{
    size_t n;
    char **pairs = text_split(rq->arena, raw, '&', &n);
    for (size_t i = 0; i < n; i++) {
        struct query one;
        if (query_parse(rq->arena, pairs[i], &one))
            continue;
        if (rq->op->paged && text_starts(pairs[i], "cursor="))
            return PROBLEM_INVALID_CURSOR;
        if (rq->op->paged && text_starts(pairs[i], "limit="))
            return PROBLEM_INVALID_LIMIT;
        return PROBLEM_BAD_REQUEST;
    }
    return PROBLEM_BAD_REQUEST;
}

static bool query_is_text(const struct query *q)
{
    for (size_t i = 0; i < q->n; i++)
        if (!text_is_utf8(q->pairs[i].value, strlen(q->pairs[i].value)) ||
            !text_is_utf8(q->pairs[i].name, strlen(q->pairs[i].name)))
            return false;
    return true;
}

static struct answer step_query(struct request *rq, const char *raw)
{
    if (!query_parse(rq->arena, raw, &rq->query))
        return answer_problem_detail(rq, undecodable_query(rq, raw),
                                     "The query holds a bad percent escape.");
    if (!query_is_text(&rq->query))
        return answer_problem_detail(rq, PROBLEM_BAD_REQUEST, "The query is not UTF-8.");
    if (rq->op->paged) {
        struct answer a = page_read(rq);
        if (a.status != 0)
            return a;
    }
    return rq->op->query == NULL ? answer_go_on() : rq->op->query(rq);
}

/* The object the row asks about; hooks may have set rq->object where the row leaves it open. */
static void find_object(struct request *rq)
{
    const struct permission *p = &rq->op->permission;
    if (p->object != NULL)
        rq->object = (struct object_ref){ p->type, request_id(rq, p->object) };
    else if (rq->object.type == NULL)
        rq->object = (struct object_ref){ .type = p->type };
}

/* AUD: a decision joins the chain of the object's Domain; what belongs to none, or to a Domain or
 * Project that is not there, joins the platform's. */
static enum found domain_of_object(struct request *rq, struct uuid *domain)
{
    if (rq->audit_domain != NULL) {
        *domain = *rq->audit_domain;
        return FOUND;
    }
    if (text_equal(rq->object.type, "project"))
        return tenancy_domain_of_project(rq->tx, &rq->object.id, domain);
    if (!text_equal(rq->object.type, "domain") || uuid_is_nil(&rq->object.id))
        return NOT_FOUND;
    *domain = rq->object.id;
    return tenancy_domain_exists(rq->tx, domain);
}

/* `domain` holds the id that the entry points to. */
static bool audit_entry_of(struct request *rq, const char *relation, enum decision decision,
                           json_t *path, struct uuid *domain, struct audit_entry *out)
{
    *out = (struct audit_entry){
        .relation = relation, .object = rq->object, .decision = decision, .relation_path = path
    };
    switch (domain_of_object(rq, domain)) {
    case FOUND: out->domain_id = domain; return true;
    case NOT_FOUND: return true;
    case FIND_FAILED: return false;
    }
    return false;
}

static struct answer deny(struct request *rq, const struct verdict *v)
{
    struct audit_entry entry;
    struct uuid domain;
    if (!audit_entry_of(rq, rq->op->permission.relation, v->decision, v->path, &domain, &entry) ||
        audit_denial(rq, &entry) != SQL_OK)
        return answer_internal(rq);
    if (rq->op->denied != PROBLEM_NONE)
        return answer_problem(rq, rq->op->denied);
    return answer_permission_denied(rq, "permission_denied", decision_text(v->decision), v->path);
}

/* On a Node's own operations there is no caller but the Node. */
static struct subject_ref subject_of(const struct request *rq)
{
    if (rq->caller.kind == CALLER_NONE && rq->node.present)
        return (struct subject_ref){ "node", rq->node.node_id };
    return (struct subject_ref){ caller_subject_type(&rq->caller), rq->caller.id };
}

static struct answer step_permission(struct request *rq)
{
    const struct permission *p = &rq->op->permission;
    if (p->type == NULL)
        return answer_go_on();
    find_object(rq);
    struct verdict v = rq->app->relations->check(rq->tx, subject_of(rq), p->relation, rq->object);
    if (rq->op->denied_alike && v.decision != DECISION_GRANTED &&
        v.decision != DECISION_UNAVAILABLE)
        v = (struct verdict){ DECISION_INSUFFICIENT_RELATION, json_own(rq->arena, json_array()) };
    switch (v.decision) {
    case DECISION_GRANTED: rq->relation_path = v.path; return answer_go_on();
    case DECISION_UNAVAILABLE: return answer_problem(rq, PROBLEM_AUTHZ_UNAVAILABLE);
    case DECISION_OUT_OF_SCOPE:
    case DECISION_INSUFFICIENT_RELATION:
    case DECISION_CAVEAT_VIOLATION: return deny(rq, &v);
    }
    return answer_internal(rq);
}

static struct answer answer_too_large(struct request *rq)
{
    return answer_problem(rq, rq->op->too_large == PROBLEM_NONE ? PROBLEM_REQUEST_BODY_TOO_LARGE
                                                                : rq->op->too_large);
}

static struct answer step_size(struct request *rq)
{
    if (rq->op->decode == NULL || !rq->body_too_large)
        return answer_go_on();
    return answer_too_large(rq);
}

/* Ruling 1: an agent of the MVP dialect codes what is long. The cap is on both forms. */
static struct answer decode_gzip(struct request *rq, enum problem invalid)
{
    const char *coding = request_header(rq, "Content-Encoding");
    size_t cap = rq->op->body_cap == 0 ? BODY_CAP_DEFAULT : rq->op->body_cap;
    if (!text_equal_nocase(coding, "gzip") || !(rq->op->gzip || rq->node.mvp))
        return answer_go_on();
    switch (gunzip(rq->arena, rq->body, cap, &rq->body)) {
    case GUNZIP_OK: return answer_go_on();
    case GUNZIP_BAD: return answer_problem_detail(rq, invalid, "The body is not gzip.");
    case GUNZIP_TOO_LARGE: break;
    }
    return answer_too_large(rq);
}

static struct answer step_decode(struct request *rq)
{
    struct error e = { "" };
    enum problem invalid =
        rq->op->undecodable == PROBLEM_NONE ? PROBLEM_INVALID_BODY : rq->op->undecodable;
    if (rq->op->decode == NULL)
        return answer_go_on();
    if (rq->op->raw_body || (rq->body.len == 0 && rq->op->body_optional))
        return rq->op->decode(rq);
    struct answer coded = decode_gzip(rq, invalid);
    if (coded.status != 0)
        return coded;
    if (!json_parse(rq->arena, rq->body.data, rq->body.len, &rq->json, &e)) {
        rq->json = NULL;
        return answer_problem_detail(rq, invalid, "The body is not one JSON object.");
    }
    if (!json_is_object(rq->json))
        return answer_problem_detail(rq, invalid, "The body must be a JSON object.");
    return rq->op->decode(rq);
}

static bool audit_grant(struct request *rq)
{
    struct audit_entry entry;
    struct uuid domain;
    return audit_entry_of(rq, rq->op->audit, DECISION_GRANTED, rq->relation_path, &domain,
                          &entry) &&
           audit_append(rq, &entry) == SQL_OK;
}

/* SEC-018: the row says what was allowed, so it stands even when nothing could then be given. */
static struct answer step_grant(struct request *rq)
{
    tx_write(rq->tx);
    if (!audit_grant(rq)) {
        tx_rollback(rq->tx);
        return answer_internal(rq);
    }
    rq->grant_audited = true;
    return tx_commit(rq->tx) == SQL_OK ? answer_go_on() : answer_internal(rq);
}

/* The change, its events and its audit row stand or fall together. The audit head is the last lock
 * taken. */
static struct answer step_handle(struct request *rq)
{
    bool audits = rq->op->audit != NULL && !rq->grant_audited;
    bool transaction = rq->tx != NULL && (rq->op->writes || audits);
    if (transaction)
        tx_write(rq->tx);
    struct answer a = rq->op->handle(rq);
    if (!transaction)
        return a;
    if (a.status >= 400) {
        tx_rollback(rq->tx);
        return a;
    }
    if (audits && !audit_grant(rq)) {
        tx_rollback(rq->tx);
        return answer_internal(rq);
    }
    return tx_commit(rq->tx) == SQL_OK ? a : answer_internal(rq);
}

static struct answer run_step(struct request *rq, enum step step, const char *raw_query)
{
    switch (step) {
    case STEP_AUTHENTICATE: return step_authenticate(rq);
    case STEP_CSRF: return csrf_check(rq);
    case STEP_PATH: return step_path(rq);
    case STEP_QUERY: return step_query(rq, raw_query);
    case STEP_LIMIT: return rq->op->limit == NULL ? answer_go_on() : rq->op->limit(rq);
    case STEP_LOAD: return rq->op->load == NULL ? answer_go_on() : rq->op->load(rq);
    case STEP_PERMISSION: return step_permission(rq);
    case STEP_GRANT: return step_grant(rq);
    case STEP_SIZE: return step_size(rq);
    case STEP_DECODE: return step_decode(rq);
    case STEP_HANDLE: return step_handle(rq);
    case STEP_PROVISIONED: /* settled before the walk: an unbuilt operation has no steps */
    case STEP_END: break;
    }
    return answer_go_on();
}

struct answer pipeline_run(struct request *rq, const struct endpoint *endpoint,
                           enum operation_id id, const char *raw_query)
{
    struct answer a = step_provisioned(rq, endpoint, id);
    if (a.status != 0)
        return a;
    rq->op = endpoint->op;
    rq->state = endpoint->state;
    for (const enum step *step = rq->op->steps; *step != STEP_END; step++) {
        a = run_step(rq, *step, raw_query);
        if (a.status >= 500 && rq->op->outage != NULL && answer_datastore_is_gone(rq))
            return rq->op->outage(rq);
        if (a.status != 0)
            return a;
    }
    return answer_internal(rq);
}
