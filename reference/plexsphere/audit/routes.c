#include "reference/plexsphere/audit/audit_surface.h"

#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/number.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/audit/chain.h"
#include "reference/plexsphere/audit/config.h"
#include "reference/plexsphere/audit/service.h"
#include "reference/plexsphere/audit/view.h"
#include "reference/plexsphere/http/body.h"
#include "reference/plexsphere/http/cursor.h"
#include "reference/plexsphere/http/operation.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/tenancy/tenancy.h"

struct audit_state {
    struct audit_config config;
};

/* The operations come in twins: with a Domain in the path, and for the platform. */
static struct uuid chain_of(const struct request *rq)
{
    struct uuid domain;
    return request_uuid(rq, "domain_id", &domain) ? domain : audit_platform_anchor;
}

/* AUD-023: the gate comes first, so that this tells only those who may know. */
static struct answer domain_must_exist(struct request *rq, enum problem absent)
{
    struct uuid domain;
    if (!request_uuid(rq, "domain_id", &domain))
        return answer_go_on();
    switch (tenancy_domain_exists(rq->tx, &domain)) {
    case FOUND: return answer_go_on();
    case NOT_FOUND: return answer_problem(rq, absent);
    case FIND_FAILED: return answer_internal(rq);
    }
    return answer_internal(rq);
}

/* ---- the lists ---- */

struct list_input {
    struct audit_filter filter;
    int64_t from, to;
    int64_t after;
    const char *bound; /* what the cursor is bound to */
};

static struct answer bad_query(struct request *rq, const char *name, const char *rule)
{
    return answer_problem_detail(rq, PROBLEM_BAD_REQUEST, "The query parameter %s %s.", name, rule);
}

static bool lower_hex(const char *text)
{
    for (; *text; text++)
        if (!(*text >= '0' && *text <= '9') && !(*text >= 'a' && *text <= 'f'))
            return false;
    return true;
}

static struct answer read_subject(struct request *rq, struct list_input *in)
{
    const char *text = request_query(rq, "subject");
    if (!text)
        return answer_go_on();
    struct bytes pseudonym;
    if (strlen(text) != 64 || !lower_hex(text) || !hex_decode(rq->arena, text, 64, &pseudonym))
        return bad_query(rq, "subject", "must be 64 lower-case hex digits");
    in->filter.subject = pseudonym.data;
    return answer_go_on();
}

static struct answer read_reason(struct request *rq, struct list_input *in)
{
    in->filter.reason = request_query(rq, "reason");
    if (in->filter.reason && !audit_reason_known(in->filter.reason))
        return bad_query(rq, "reason", "must be one of the audit reasons");
    return answer_go_on();
}

static struct answer read_text(struct request *rq, const char *name, const char **out)
{
    *out = request_query(rq, name);
    if (*out && !text_is_utf8(*out, strlen(*out)))
        return bad_query(rq, name, "must be UTF-8");
    return answer_go_on();
}

static struct answer read_texts(struct request *rq, struct audit_filter *f)
{
    const struct {
        const char *name;
        const char **out;
    } members[] = { { "relation", &f->relation },
                    { "object_type", &f->object_type },
                    { "object_id", &f->object_id },
                    { "correlation_id", &f->correlation_id } };
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        struct answer a = read_text(rq, members[i].name, members[i].out);
        if (a.status)
            return a;
    }
    return answer_go_on();
}

static struct answer read_instant(struct request *rq, const char *name, int64_t *value,
                                  const int64_t **out)
{
    const char *text = request_query(rq, name);
    if (!text)
        return answer_go_on();
    if (!timestamp_parse(text, value))
        return bad_query(rq, name, "must be an RFC 3339 instant");
    *out = value;
    return answer_go_on();
}

static struct answer read_window(struct request *rq, struct list_input *in)
{
    struct answer a = read_instant(rq, "from", &in->from, &in->filter.from);
    if (!a.status)
        a = read_instant(rq, "to", &in->to, &in->filter.to);
    if (!a.status && in->filter.from && in->filter.to && in->to < in->from)
        a = bad_query(rq, "to", "must not be earlier than from");
    return a;
}

/* AUD-028: a cursor belongs to its chain and its filters, not to whoever asked. */
static const char *bound_text(struct request *rq, const struct list_input *in)
{
    static const char *const names[] = { "subject",   "relation", "object_type",
                                         "object_id", "reason",   "correlation_id" };
    struct uuid chain = chain_of(rq);
    json_t *bound = json_own(rq->arena, json_object());
    json_object_set_new(bound, "chain", json_string(uuid_text(rq->arena, &chain)));
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (request_query(rq, names[i]))
            json_object_set_new(bound, names[i], json_string(request_query(rq, names[i])));
    if (in->filter.from)
        json_object_set_new(bound, "from", json_integer(in->from));
    if (in->filter.to)
        json_object_set_new(bound, "to", json_integer(in->to));
    return json_dump_sorted(rq->arena, bound);
}

static struct answer read_cursor(struct request *rq, struct list_input *in)
{
    const struct audit_state *state = rq->state;
    json_t *position;
    in->bound = bound_text(rq, in);
    struct answer a = cursor_open(rq, &state->config.cursor, in->bound, &position);
    if (!a.status)
        in->after = json_int(position, "seq", 0);
    return a;
}

static struct answer list_query(struct request *rq)
{
    struct list_input *in = arena_alloc(rq->arena, sizeof *in);
    struct answer a = read_subject(rq, in);
    if (!a.status)
        a = read_texts(rq, &in->filter);
    if (!a.status)
        a = read_reason(rq, in);
    if (!a.status)
        a = read_window(rq, in);
    if (!a.status)
        a = read_cursor(rq, in);
    rq->input = in;
    return a;
}

/* AUD-026: a page that is full carries a cursor, even when nothing follows. */
static struct answer list_answer(struct request *rq, const struct list_input *in,
                                 const struct audit_view *rows, int n)
{
    const struct audit_state *state = rq->state;
    json_t *list = json_object(), *items = json_array();
    json_object_set_new(list, "items", items);
    for (int i = 0; i < n; i++)
        if (json_array_append_new(items, audit_entry_json(rq->arena, &rows[i])) != 0) {
            json_decref(list);
            return answer_internal(rq); /* a row that is no entry */
        }
    if (n == rq->page.limit) {
        json_t *position = json_object(); /* taken by cursor_mint() */
        json_object_set_new(position, "seq", json_integer(rows[n - 1].row.seq));
        json_object_set_new(list, "next_cursor",
                            json_string(
                                cursor_mint(rq, &state->config.cursor, in->bound, position)));
    }
    return answer_json(rq, 200, list);
}

static struct answer list(struct request *rq)
{
    struct answer absent = domain_must_exist(rq, PROBLEM_DOMAIN_NOT_FOUND);
    if (absent.status)
        return absent;
    const struct list_input *in = rq->input;
    struct uuid chain = chain_of(rq);
    struct audit_view *rows = NULL;
    int n = 0;
    if (audit_rows_list(rq->tx, &chain, in->after, &in->filter, rq->page.limit, &rows, &n) !=
        SQL_OK)
        return answer_internal(rq);
    return list_answer(rq, in, rows, n);
}

static bool list_provisioned(const void *state)
{
    return ((const struct audit_state *)state)->config.cursor.len > 0;
}

/* ---- one entry with its proof ---- */

static struct answer entry_query(struct request *rq)
{
    int64_t *seq = arena_alloc(rq->arena, sizeof *seq);
    if (!number_parse(request_param(rq, "seq"), 1, INT64_MAX, seq))
        return answer_problem_detail(rq, PROBLEM_BAD_REQUEST,
                                     "The sequence number must be an integer of at least 1.");
    rq->input = seq;
    return answer_go_on();
}

static struct answer entry(struct request *rq)
{
    /* AUD-024: no entry, no Domain and no permission are one answer, to the byte. */
    struct answer absent = domain_must_exist(rq, PROBLEM_NOT_FOUND);
    if (absent.status)
        return absent;
    struct uuid chain = chain_of(rq);
    struct audit_view view;
    bool found = false;
    if (audit_row_by_seq(rq->tx, &chain, *(const int64_t *)rq->input, &view, &found) != SQL_OK)
        return answer_internal(rq);
    if (!found)
        return answer_problem(rq, PROBLEM_NOT_FOUND);
    json_t *proof = audit_proof_json(rq->arena, &view);
    return proof ? answer_json(rq, 200, proof) : answer_internal(rq);
}

/* ---- verify ---- */

static struct answer read_bound(struct request *rq, const char *name, int64_t *out)
{
    const char *why = NULL;
    switch (body_integer(rq->arena, rq->json, name, out, &why)) {
    case BODY_ABSENT: return answer_go_on();
    case BODY_WRONG: return answer_problem_with(rq, PROBLEM_INVALID_BODY, why, NULL);
    case BODY_PRESENT: break;
    }
    if (*out < 1)
        return answer_problem_detail(rq, PROBLEM_BAD_REQUEST, "%s must be at least 1.", name);
    return answer_go_on();
}

static struct answer verify_decode(struct request *rq)
{
    struct audit_segment *segment = arena_alloc(rq->arena, sizeof *segment);
    *segment = (struct audit_segment){ .from = 1 };
    rq->input = segment;
    if (!rq->json)
        return answer_go_on();
    struct answer a = read_bound(rq, "from_seq", &segment->from);
    if (!a.status)
        a = read_bound(rq, "to_seq", &segment->to);
    if (!a.status && segment->to != 0 && segment->to < segment->from)
        a = answer_problem_detail(rq, PROBLEM_BAD_REQUEST,
                                  "to_seq must not be less than from_seq.");
    return a;
}

static json_t *walk_json(struct arena *a, const struct audit_segment *s, const struct audit_walk *w)
{
    json_t *result = json_object();
    json_object_set_new(result, "ok", json_boolean(w->ok));
    json_object_set_new(result, "segment_from", json_integer(s->from));
    json_object_set_new(result, "segment_to", json_integer(w->ok ? s->to : w->divergent_seq));
    if (!w->ok) {
        json_object_set_new(result, "divergent_seq", json_integer(w->divergent_seq));
        json_object_set_new(result, "expected_hash", json_string(hex_encode(a, w->expected, 32)));
        json_object_set_new(result, "observed_hash", json_string(hex_encode(a, w->observed, 32)));
    }
    return result;
}

static struct answer verify(struct request *rq)
{
    struct answer absent = domain_must_exist(rq, PROBLEM_DOMAIN_NOT_FOUND);
    if (absent.status)
        return absent;
    struct uuid chain = chain_of(rq);
    struct audit_segment *segment = rq->input;
    struct audit_walk walk;
    if (audit_verify(rq, &chain, segment, &walk) != SQL_OK)
        return answer_internal(rq);
    return answer_json(rq, 200, walk_json(rq->arena, segment, &walk));
}

/* ---- erase ---- */

static struct answer erase_decode(struct request *rq)
{
    struct uuid *identity = arena_alloc(rq->arena, sizeof *identity);
    const char *why = NULL;
    rq->input = identity;
    switch (body_uuid(rq->arena, rq->json, "identity_id", identity, &why)) {
    case BODY_PRESENT: return answer_go_on();
    case BODY_WRONG: return answer_problem_with(rq, PROBLEM_BAD_REQUEST, why, NULL);
    case BODY_ABSENT: break;
    }
    return answer_problem_detail(rq, PROBLEM_BAD_REQUEST, "identity_id is missing.");
}

static struct answer erase(struct request *rq)
{
    struct answer absent = domain_must_exist(rq, PROBLEM_DOMAIN_NOT_FOUND);
    if (absent.status)
        return absent;
    struct uuid chain = chain_of(rq);
    unsigned char pseudonym[32];
    if (audit_erase(rq, &chain, rq->input, pseudonym) != SQL_OK)
        return answer_internal(rq);
    json_t *done = json_object();
    json_object_set_new(done, "subject_pseudonym",
                        json_string(hex_encode(rq->arena, pseudonym, sizeof pseudonym)));
    json_object_set_new(done, "erased_at", json_string(timestamp_format(rq->arena, rq->now)));
    return answer_json(rq, 200, done);
}

/* ---- the table ---- */

/* clang-format off */
#define OF_DOMAIN(relation_)                                                                       \
    .auth = AUTH_OPERATOR, .steps = STEPS_GATE_FIRST,                                              \
    .path = { { "domain_id", PROBLEM_BAD_REQUEST } },                                              \
    .permission = { "domain", relation_, .object = "domain_id" }
#define OF_PLATFORM(relation_)                                                                     \
    .auth = AUTH_OPERATOR, .steps = STEPS_GATE_FIRST, .permission = { "platform", relation_, NULL }
#define LIST                                                                                       \
    .paged = true, .body_optional = true, .provisioned = list_provisioned, .query = list_query,    \
    .handle = list
#define ENTRY                                                                                      \
    .denied = PROBLEM_NOT_FOUND, .body_optional = true, .query = entry_query, .handle = entry
#define VERIFY .body_optional = true, .decode = verify_decode, .handle = verify
#define ERASE .writes = true, .decode = erase_decode, .handle = erase
/* clang-format on */

static const struct operation operations[] = {
    { .id = OP_ListAuditEntries, OF_DOMAIN("auditor"), LIST },
    { .id = OP_GetAuditEntry, OF_DOMAIN("auditor"), ENTRY },
    { .id = OP_VerifyAuditChain, OF_DOMAIN("auditor"), VERIFY },
    { .id = OP_EraseIdentityFromAudit, OF_DOMAIN("manage"), ERASE },
    { .id = OP_ListPlatformAuditEntries, OF_PLATFORM("auditor"), LIST },
    { .id = OP_GetPlatformAuditEntry, OF_PLATFORM("auditor"), ENTRY },
    { .id = OP_VerifyPlatformAuditChain, OF_PLATFORM("auditor"), VERIFY },
    { .id = OP_EraseIdentityFromPlatformAudit, OF_PLATFORM("manage"), ERASE },
};

static enum configured configure(struct app *app, void **state, struct error *e)
{
    struct audit_state *s = arena_alloc(app->arena, sizeof *s);
    enum configured c = production_audit_config_from_env(app->arena, &app->env, &s->config, e);
    if (c != CONFIGURED_ON)
        return c;
    *state = s;
    return app->pepper ? CONFIGURED_ON : CONFIGURED_OFF; /* AUD-035 */
}

const struct surface surface_audit = { .name = "audit",
                                       .configure = configure,
                                       .operations = operations,
                                       .n_operations = ARRAY_LEN(operations) };
