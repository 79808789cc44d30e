#include <string.h>

#include "common/memory.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/http/body.h"
#include "reference/plexsphere/http/cursor.h"
#include "reference/plexsphere/http/filters.h"
#include "reference/plexsphere/integrity/integrity.h"
#include "reference/plexsphere/integrity/service.h"
#include "reference/plexsphere/nodes/nodes.h"

struct integrity_state {
    struct nsk_gate gate; /* first: see nodes.h */
    struct cursor_key cursor;
    bool has_pepper; /* denials and acknowledgements are audited */
};

static json_t *row_view(struct request *rq, const struct violation_row *row)
{
    struct arena *a = rq->arena;
    json_t *view = json_object();
    json_object_set_new(view, "id", json_string(uuid_text(a, &row->id)));
    json_object_set_new(view, "node_id", json_string(uuid_text(a, &row->node_id)));
    json_object_set_new(view, "domain_id", json_string(uuid_text(a, &row->domain_id)));
    json_object_set_new(view, "kind", json_string(row->kind));
    json_object_set_new(view, "status", json_string(row->status));
    json_object_set_new(view, "artifact_id", json_string(row->artifact_id));
    json_object_set_new(view, "detected_at", json_string(timestamp_format(a, row->detected_at)));
    if (!row->acknowledged_by_subject)
        return view;
    json_object_set_new(view, "acknowledged_at",
                        json_string(timestamp_format(a, row->acknowledged_at)));
    json_object_set_new(view, "acknowledged_by_subject", json_string(row->acknowledged_by_subject));
    json_object_set_new(view, "acknowledge_reason", json_string(row->acknowledge_reason));
    return view;
}

/* PostNodeIntegrityViolations */

struct batch {
    struct violation *violations;
    size_t n;
};

static struct answer decode_batch(struct request *rq)
{
    struct batch *b = arena_alloc(rq->arena, sizeof *b);
    const char *why = NULL;
    rq->input = b;
    switch (report_read(rq->arena, rq->json, &b->violations, &b->n, &why)) {
    case REPORT_OK: return answer_go_on();
    case REPORT_MALFORMED:
        return answer_problem_with(rq, PROBLEM_MALFORMED_INTEGRITY_VIOLATIONS_REQUEST, why, NULL);
    case REPORT_KIND_INVALID: return answer_problem(rq, PROBLEM_INTEGRITY_VIOLATION_KIND_INVALID);
    case REPORT_KIND_MISMATCH: return answer_problem(rq, PROBLEM_INTEGRITY_VIOLATION_KIND_MISMATCH);
    case REPORT_DETECTED_BY_INVALID:
        return answer_problem(rq, PROBLEM_INTEGRITY_VIOLATION_DETECTED_BY_INVALID);
    case REPORT_ARTIFACT_ID_EMPTY:
        return answer_problem(rq, PROBLEM_INTEGRITY_VIOLATION_ARTIFACT_ID_EMPTY);
    case REPORT_CHECKSUM_INVALID:
        return answer_problem(rq, PROBLEM_INTEGRITY_VIOLATION_CHECKSUM_INVALID);
    case REPORT_FINGERPRINT_INVALID:
        return answer_problem(rq, PROBLEM_INTEGRITY_VIOLATION_HOST_KEY_FINGERPRINT_INVALID);
    case REPORT_EMPTY: return answer_problem(rq, PROBLEM_INTEGRITY_VIOLATIONS_EMPTY);
    case REPORT_TOO_MANY: return answer_problem(rq, PROBLEM_INTEGRITY_VIOLATIONS_TOO_MANY);
    }
    return answer_internal(rq);
}

static struct answer record_batch(struct request *rq)
{
    const struct batch *b = rq->input;
    switch (integrity_record(rq, b->violations, b->n)) {
    case INTEGRITY_OK: break;
    case INTEGRITY_NODE_GONE:
        return answer_problem(rq, PROBLEM_INTEGRITY_VIOLATIONS_NODE_NOT_FOUND);
    default: return answer_internal(rq);
    }
    json_t *body = json_object();
    json_object_set_new(body, "accepted_at", json_string(timestamp_format(rq->arena, rq->now)));
    json_object_set_new(body, "violation_count", json_integer((json_int_t)b->n));
    return answer_json(rq, 200, body);
}

/* ListIntegrityViolations */

static const char *const filters[] = {
    "domain_id", "project_id", "node_id", "kind", "status", NULL
};

static struct answer read_filters(struct request *rq)
{
    static const char *const kinds[] = { "binary", "hook", "host_key", NULL };
    static const char *const statuses[] = { "open", "acknowledged", "resolved", NULL };
    struct violation_filter *f = arena_alloc(rq->arena, sizeof *f);
    rq->input = f;
    struct answer a = filter_uuid(rq, "domain_id", &f->domain_id);
    if (!a.status)
        a = filter_uuid(rq, "project_id", &f->project_id);
    if (!a.status)
        a = filter_uuid(rq, "node_id", &f->node_id);
    if (!a.status)
        a = filter_word(rq, "kind", kinds, &f->kind);
    return a.status ? a : filter_word(rq, "status", statuses, &f->status);
}

static struct answer page_answer(struct request *rq, const struct violation_page *page)
{
    const struct integrity_state *state = rq->state;
    json_t *items = json_array();
    for (size_t i = 0; i < page->n_items; i++)
        json_array_append_new(items, row_view(rq, &page->items[i]));
    json_t *body = json_pack("{s:o}", "items", items);
    if (page->more)
        json_object_set_new(body, "next_cursor",
                            json_string(cursor_mint_id(rq, &state->cursor,
                                                       filters_text(rq, filters), &page->last)));
    return answer_json(rq, 200, body);
}

static struct answer list_violations(struct request *rq)
{
    const struct integrity_state *state = rq->state;
    struct violation_page page;
    struct uuid after;
    struct answer refused = cursor_open_id(rq, &state->cursor, filters_text(rq, filters), &after);
    if (refused.status)
        return refused;
    switch (integrity_list(rq, rq->input, &after, &page)) {
    case INTEGRITY_OK: return page_answer(rq, &page);
    case INTEGRITY_AUTHZ_UNAVAILABLE: return answer_problem(rq, PROBLEM_AUTHZ_UNAVAILABLE);
    default: return answer_internal(rq);
    }
}

/* AcknowledgeIntegrityViolation */

/* INT-022, INT-023: the document first, then what the reason says. */
static struct answer decode_reason(struct request *rq)
{
    static const char *const known[] = { "reason", NULL };
    const char *reason = NULL, *why = NULL;
    if (!body_only(rq->arena, rq->json, known, &why) ||
        body_text(rq->arena, rq->json, "reason", &reason, &why) == BODY_WRONG)
        return answer_problem_with(rq, PROBLEM_INVALID_BODY, why, NULL);
    if (!reason)
        return answer_problem_detail(rq, PROBLEM_INVALID_BODY, "The member 'reason' is missing.");
    if (text_blank(reason) || text_utf8_length(reason) > 1024)
        return answer_problem_detail(rq, PROBLEM_INVALID_ACKNOWLEDGE_REASON,
                                     "The member 'reason' must have 1 to 1024 characters and not "
                                     "be blank.");
    rq->input = (void *)(uintptr_t)reason;
    return answer_go_on();
}

static struct answer acknowledge(struct request *rq)
{
    struct uuid id = request_id(rq, "id");
    struct violation_row row;
    switch (integrity_acknowledge(rq, &id, rq->input, &row)) {
    case INTEGRITY_OK: return answer_json(rq, 200, row_view(rq, &row));
    case INTEGRITY_NOT_FOUND: return answer_problem(rq, PROBLEM_INTEGRITY_VIOLATION_NOT_FOUND);
    case INTEGRITY_NOT_OPEN: return answer_problem(rq, PROBLEM_ILLEGAL_TRANSITION);
    default: return answer_internal(rq);
    }
}

static bool lists(const void *state)
{
    const struct integrity_state *s = state;
    return s->cursor.len > 0 && s->has_pepper;
}

static bool audits(const void *state)
{
    const struct integrity_state *s = state;
    return s->has_pepper;
}

static const struct operation operations[] = {
    { .id = OP_PostNodeIntegrityViolations,
      .auth = AUTH_NODE,
      .steps = STEPS_GATE_FIRST,
      .writes = true,
      .body_cap = 32768,
      .too_large = PROBLEM_INTEGRITY_VIOLATIONS_BODY_TOO_LARGE,
      .undecodable = PROBLEM_MALFORMED_INTEGRITY_VIOLATIONS_REQUEST,
      .failed = PROBLEM_SERVER_ERROR,
      .decode = decode_batch,
      .handle = record_batch },
    { .id = OP_ListIntegrityViolations,
      .auth = AUTH_OPERATOR,
      .permission = { "platform", "read", NULL },
      .steps = STEPS_GATE_FIRST,
      .paged = true,
      .provisioned = lists,
      .query = read_filters,
      .handle = list_violations },
    { .id = OP_AcknowledgeIntegrityViolation,
      .auth = AUTH_OPERATOR,
      .permission = { "platform", "read", NULL },
      .audit = "integrity_violation.acknowledge",
      .steps = STEPS_GATE_BEFORE_PATH,
      .path = { { "id", PROBLEM_INVALID_INTEGRITY_VIOLATION_ID } },
      .writes = true,
      .provisioned = audits,
      .decode = decode_reason,
      .handle = acknowledge },
};

static enum configured configure(struct app *app, void **state, struct error *e)
{
    struct integrity_config config;
    struct integrity_state *s = arena_alloc(app->arena, sizeof *s);
    *state = s;
    enum configured result =
        production_integrity_config_from_env(app->arena, &app->env, &config, e);
    memcpy(s->gate.wrap_key, config.nsk_wrap_key, sizeof s->gate.wrap_key);
    mem_wipe(&config.nsk_wrap_key, sizeof config.nsk_wrap_key);
    s->cursor = config.cursor;
    s->has_pepper = app->pepper != NULL;
    return result;
}

const struct surface surface_integrity = {
    .name = "integrity",
    .configure = configure,
    .operations = operations,
    .n_operations = ARRAY_LEN(operations),
};
