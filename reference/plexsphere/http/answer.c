#include "reference/plexsphere/http/answer.h"

#include <stdarg.h>
#include <string.h>

#include "common/log.h"
#include "reference/plexsphere/http/request.h"

static const struct statement still_there = { "http_still_there", "SELECT 1" };

static struct answer answer_of(struct request *rq, int status, const char *media_type, json_t *body)
{
    const char *text = body == NULL ? NULL : json_dump(rq->arena, body);
    json_decref(body);
    /* A member that is no UTF-8 would make the whole body unprintable: an answer is never half
     * JSON. */
    if (text == NULL)
        return answer_internal(rq);
    return (
        struct answer){ .status = status, .body = BYTES_OF_TEXT(text), .media_type = media_type };
}

struct answer answer_json(struct request *rq, int status, json_t *body)
{
    return answer_of(rq, status, "application/json", body);
}

struct answer answer_no_content(void)
{
    return (struct answer){ .status = 204 };
}

struct answer answer_text(int status, const char *media_type, struct bytes body)
{
    return (struct answer){ .status = status, .body = body, .media_type = media_type };
}

struct answer answer_with_header(struct answer a, const char *name, const char *value)
{
    if (a.n_headers < ARRAY_LEN(a.headers) && value != NULL)
        a.headers[a.n_headers++] = (struct answer_header){ name, value };
    return a;
}

struct answer answer_problem_with(struct request *rq, enum problem p, const char *detail,
                                  json_t *members)
{
    json_t *body = problem_body(p, detail, rq->path);
    if (members != NULL)
        json_object_update(body, members);
    json_decref(members);
    struct answer a = answer_of(rq, problem_row(p)->status, "application/problem+json", body);
    a.problem = p;
    return a;
}

struct answer answer_problem(struct request *rq, enum problem p)
{
    return answer_problem_with(rq, p, NULL, NULL);
}

struct answer answer_problem_detail(struct request *rq, enum problem p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *detail = arena_vprintf(rq->arena, format, args);
    va_end(args);
    return answer_problem_with(rq, p, detail, NULL);
}

struct answer answer_permission_denied(struct request *rq, const char *code, const char *reason,
                                       json_t *relation_path)
{
    json_t *members = json_object();
    json_object_set_new(members, "code", json_string(code));
    json_object_set_new(members, "reason", json_string(reason));
    json_object_set_new(members, "correlation_id", json_string(rq->correlation_id));
    if (relation_path != NULL)
        json_object_set(members, "relation_path", relation_path);
    else
        json_object_set_new(members, "relation_path", json_array());
    return answer_problem_with(rq, PROBLEM_PERMISSION_DENIED, NULL, members);
}

/* PRB: with the relations' store away nothing gated fails open, and it says so with a code of its
 * own. */
bool answer_datastore_is_gone(struct request *rq)
{
    return rq->tx != NULL && sql_run(rq->tx, &still_there, NULL, NULL, 0) == SQL_UNAVAILABLE;
}

struct answer answer_internal(struct request *rq)
{
    bool gated = rq->op != NULL && rq->op->permission.type != NULL;
    enum problem failed =
        rq->op == NULL || rq->op->failed == PROBLEM_NONE ? PROBLEM_INTERNAL : rq->op->failed;
    enum problem p = gated && answer_datastore_is_gone(rq) ? PROBLEM_AUTHZ_UNAVAILABLE : failed;
    log_line(LOG_ERROR, "request failed", "operation",
             rq->op == NULL ? "-" : operation_facts(rq->op->id)->name, "code", problem_row(p)->code,
             "correlation_id", rq->correlation_id, NULL);
    json_t *body = problem_body(p, NULL, rq->path);
    const char *text = json_dump(rq->arena, body);
    json_decref(body);
    return (struct answer){ .status = problem_row(p)->status,
                            .body = BYTES_OF_TEXT(text),
                            .media_type = "application/problem+json",
                            .problem = p };
}
