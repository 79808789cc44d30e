/* Writing reports: the checks in the order of the wire facts (6.6), then the journal. */
#include "common/buffer.h"
#include "common/json_check.h"
#include "common/json_slice.h"
#include "common/memory.h"
#include "common/number.h"
#include "common/text.h"
#include "reference/plexd/entry.h"
#include "reference/plexd/node_routes.h"
#include "reference/plexd/node_secret.h"

/* Outlives its request when the client goes: the change is made all the same. */
struct waiting {
    struct local_request *rq; /* NULL: gone */
};

static void abandoned(void *self)
{
    struct waiting *w = self;
    w->rq = NULL;
}

static struct waiting *wait_for(struct local_request *rq)
{
    struct waiting *w = mem_alloc(sizeof *w);
    w->rq = rq;
    rq->abandoned = abandoned;
    rq->self = w;
    return w;
}

static void answer(struct local_request *rq, enum report_result result,
                   const struct data_entry *now)
{
    struct buffer b;
    switch (result) {
    case REPORT_CONFLICT: node_answer_error(rq, 409, "version conflict"); return;
    case REPORT_NOT_FOUND: node_answer_error(rq, 404, "not found"); return;
    case REPORT_FAILED: node_answer_error(rq, 500, "internal error"); return;
    case REPORT_OK: break;
    }
    if (now == NULL) {
        local_answer(rq, &(struct local_answer){ .status = 204 });
        return;
    }
    b = node_render_entry(now, rq->a);
    local_answer(rq, &(struct local_answer){ .status = 200,
                                             .body = { (unsigned char *)b.data, b.len } });
}

static void written(void *self, enum report_result result, const struct data_entry *now)
{
    struct waiting *w = self;
    if (w->rq != NULL)
        answer(w->rq, result, now);
    mem_free(w);
}

static bool is_object(struct bytes json)
{
    size_t i = 0;
    while (i < json.len && json.data[i] <= ' ')
        i++;
    return i < json.len && json.data[i] == '{';
}

/* NULL when all is well, else what to say with the 400. */
static const char *read_body(struct local_request *rq, struct report_write *w)
{
    struct bytes payload;
    if (rq->too_large || !json_check(rq->body) || !is_object(rq->body))
        return "invalid JSON body";
    w->content_type = entry_text_member(rq->a, rq->body, "content_type");
    if (w->content_type == NULL || *w->content_type == '\0')
        return "content_type is required";
    if (!json_slice_member(rq->body, "payload", &payload))
        return "payload must be valid JSON";
    w->payload = json_slice_compact(rq->a, payload);
    return NULL;
}

/* *conflict: a number that no version can be. */
static const char *read_condition(struct local_request *rq, int64_t *version, bool *conflict)
{
    const char *text = local_head_find(rq->head, "If-Match");
    *version = -1;
    *conflict = false;
    if (text == NULL)
        return NULL;
    if (!number_parse(text, INT64_MIN, INT64_MAX, version))
        return "If-Match must be an integer";
    *conflict = *version < 0;
    return NULL;
}

void node_report_put(struct node_api *n, struct local_request *rq, const char *key)
{
    struct report_write w = { .key = key, .done = written };
    bool conflict = false;
    const char *fault = read_body(rq, &w);
    if (fault == NULL)
        fault = read_condition(rq, &w.if_match, &conflict);
    if (fault != NULL) {
        node_answer_error(rq, 400, fault);
    } else if (conflict) {
        node_answer_error(rq, 409, "version conflict");
    } else {
        w.self = wait_for(rq);
        reports_put(n->o.reports, &w);
    }
}

void node_report_delete(struct node_api *n, struct local_request *rq, const char *key)
{
    struct report_write w = { .key = key, .done = written, .self = wait_for(rq) };
    reports_delete(n->o.reports, &w);
}
