/* suites/derived/arms.c — one function per arm. Each refusal stands beside its accepted twin. */
#include "suites/derived/arms.h"

#include <string.h>

#include "common/json.h"
#include "common/text.h"

static const char NIL_UUID[] = "00000000-0000-0000-0000-000000000000";

const struct derived *derived_of(const struct world *w)
{
    return w->row->data;
}

static bool changes(const struct contract_operation *op)
{
    return text_equal(op->method, "DELETE") || operation_is_action(op);
}

/* The twin of a refusal: the same request, unspoiled, is accepted. */
static struct reply *accept_unspoiled(struct world *w, const struct contract_operation *op)
{
    struct filled f = fill(w, op, changes(op));
    return accept(filled_exchange(w, op, &f, (struct ask){ 0 }), operation_success(op));
}

static const char *with_query(struct world *w, const char *base, const char *name,
                              const char *value)
{
    return path(w, "%s%c%s=%s", base, strchr(base, '?') ? '&' : '?', name, value);
}

/* AUTH-001: the twin carries the credential and nothing else that differs. */
void arm_unauthenticated(struct world *w)
{
    const struct contract_operation *op = derived_of(w)->op;
    struct filled f = fill(w, op, false);
    refuse(judged(exchange_new(w, op->method, f.path,
                               (struct ask){ .json = f.body ? json_incref(f.body) : NULL })),
           401, derived_of(w)->code);
    accept_unspoiled(w, op);
}

/* An operator's bearer on a Node's operation and the other way round is nobody's credential. */
void arm_wrong_credential(struct world *w)
{
    const struct contract_operation *op = derived_of(w)->op;
    struct filled f = fill(w, op, false);
    if (op->nsk) {
        f.as = w->platform_manager;
        f.bearer = NULL;
    } else {
        f.as = NULL;
        f.bearer = json_text(standing_node(w), "nsk");
    }
    refuse(judged(filled_exchange(w, op, &f, (struct ask){ 0 })), 401, derived_of(w)->code);
    accept_unspoiled(w, op);
}

/* An answer without a body says nothing by itself: doing it again shows that it was done. */
static void shows_in_a_repeat(struct world *w, const struct contract_operation *op,
                              const struct filled *f)
{
    static const int gone[] = { 404, 409, 0 };
    refuse_any(judged(filled_exchange(w, op, f, (struct ask){ 0 })), gone);
}

void arm_answers(struct world *w)
{
    const struct contract_operation *op = derived_of(w)->op;
    struct filled f = fill(w, op, changes(op));
    struct reply *r =
        accept(judged(filled_exchange(w, op, &f, (struct ask){ 0 })), operation_success(op));
    expect(w, !json_is_object(r->json) || json_object_size(r->json) > 0,
           "%s answers an empty object", op->id);
    if (r->status == 204 && text_equal(op->method, "DELETE"))
        shows_in_a_repeat(w, op, &f);
}

void arm_malformed(struct world *w)
{
    const struct contract_operation *op = derived_of(w)->op;
    struct filled f = fill(w, op, false);
    static const char *const broken_bodies[] = { "{", "[]", "\"text\"", "{\"a\":1,\"a\":2}",
                                                 "{} trailing" };
    for (size_t i = 0; i < ARRAY_LEN(broken_bodies); i++) {
        struct ask ask = { .raw = BYTES_OF_TEXT(broken_bodies[i]) };
        struct exchange *x = judged(filled_exchange(w, op, &f, ask));
        if (operation_lists(op, 422))
            refuse_any(x, (const int[]){ 400, 422, 0 });
        else
            refuse(x, 400, derived_of(w)->code);
    }
    accept_unspoiled(w, op);
}

void arm_oversized(struct world *w)
{
    const struct contract_operation *op = derived_of(w)->op;
    struct filled f = fill(w, op, false);
    size_t cap = fact_body_cap(op);
    struct ask over = { .raw = padded(w, f.body, cap + 1) };
    refuse(judged(filled_exchange(w, op, &f, over)), 413, derived_of(w)->code);
    struct ask exactly = { .raw = padded(w, f.body, cap) };
    accept(filled_exchange(w, op, &f, exactly), operation_success(op));
}

void arm_bad_id(struct world *w)
{
    const struct derived *d = derived_of(w);
    static const char *const bad[] = { "zz", NIL_UUID };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct filled f = fill_with(w, d->op, d->param, bad[i]);
        refuse(judged(filled_exchange(w, d->op, &f, (struct ask){ 0 })), 400, d->code);
    }
    accept_unspoiled(w, d->op);
}

static struct exchange *listing(struct world *w, const char *name, const char *value)
{
    const struct contract_operation *op = derived_of(w)->op;
    struct filled f = fill(w, op, false);
    f.path = with_query(w, f.path, name, value);
    return filled_exchange(w, op, &f, (struct ask){ 0 });
}

void arm_bad_limit(struct world *w)
{
    static const char *const bad[] = { "0", "201", "-1", "1.5", "many", "" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(judged(listing(w, "limit", bad[i])), 400, derived_of(w)->code);
    accept(listing(w, "limit", "1"), 200);
    accept(listing(w, "limit", "200"), 200);
}

void arm_bad_cursor(struct world *w)
{
    static const char *const bad[] = { "nonsense", "AAAA", "e30", "e30.AAAA", "%00", "" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(judged(listing(w, "cursor", bad[i])), 400, derived_of(w)->code);
    accept_unspoiled(w, derived_of(w)->op);
}

/* An admin of another Domain is denied, or sees nothing there; the entitled caller is not. */
void arm_foreign_tenant(struct world *w)
{
    const struct contract_operation *op = derived_of(w)->op;
    struct filled f = fill(w, op, false);
    f.as = w->foreign_admin;
    struct exchange *x = judged(filled_exchange(w, op, &f, (struct ask){ 0 }));
    if (operation_lists(op, 403))
        refuse_permission(x, "out_of_scope");
    else
        refuse(x, 404, derived_of(w)->code);
    accept_unspoiled(w, op);
}

void arm_foreign_node(struct world *w)
{
    const struct contract_operation *op = derived_of(w)->op;
    struct filled f = fill(w, op, false);
    f.bearer = json_text(world_new_node(w, w->project_id), "nsk");
    refuse(judged(filled_exchange(w, op, &f, (struct ask){ 0 })), 403, derived_of(w)->code);
    accept_unspoiled(w, op);
}

/* "…/{id}/verb" spelled "…/{id}:verb". Without a credential both are refused alike, so nothing is
 * consumed. */
static const char *with_colon(struct world *w, const char *plain)
{
    char *text = path(w, "%s", plain);
    *strrchr(text, '/') = ':';
    return text;
}

void arm_spelling(struct world *w)
{
    const struct contract_operation *op = derived_of(w)->op;
    struct filled f = fill(w, op, true);
    f.path = with_colon(w, f.path);
    accept(judged(filled_exchange(w, op, &f, (struct ask){ 0 })), operation_success(op));
    accept_unspoiled(w, op);
}

/* A status that no operation of the path has: 404, or 405 with Allow (ruling 5). */
void arm_wrong_method(struct world *w)
{
    const struct contract_operation *op = derived_of(w)->op;
    struct filled f = fill(w, op, false);
    static const int either[] = { 404, 405, 0 };
    struct exchange *x =
        judged(exchange_new(w, "TRACE", f.path, (struct ask){ .as = f.as, .bearer = f.bearer }));
    struct reply *r = refuse_any(x, either);
    if (r->status == 405)
        expect_header(r, "Allow", NULL);
    accept_unspoiled(w, op);
}

/* Asked without a credential: 501 comes before 401 (ORD-008). */
void arm_unprovisioned(struct world *w)
{
    const struct contract_operation *op = derived_of(w)->op;
    refuse(judged(exchange_new(w, op->method, path_to_nothing(w, op), (struct ask){ 0 })), 501,
           derived_of(w)->code);
}

/* ---- two faults in one request: the earlier step answers (ORD-*) ---- */

static struct exchange *spoiled(struct world *w, const struct filled *f, const char *raw)
{
    struct ask ask = { .raw = raw ? BYTES_OF_TEXT(raw) : (struct bytes){ 0 } };
    return judged(filled_exchange(w, derived_of(w)->op, f, ask));
}

void arm_order_credential_before_id(struct world *w)
{
    const struct derived *d = derived_of(w);
    struct filled f = fill_with(w, d->op, d->param, "zz");
    f.as = NULL;
    refuse(spoiled(w, &f, NULL), 401, d->code);
    accept_unspoiled(w, d->op);
}

void arm_order_credential_before_body(struct world *w)
{
    const struct derived *d = derived_of(w);
    struct filled f = fill(w, d->op, false);
    f.as = NULL;
    f.bearer = NULL;
    refuse(spoiled(w, &f, "{"), 401, d->code);
    accept_unspoiled(w, d->op);
}

void arm_order_id_before_permission(struct world *w)
{
    const struct derived *d = derived_of(w);
    struct filled f = fill_with(w, d->op, d->param, "zz");
    f.as = w->nobody;
    refuse(spoiled(w, &f, NULL), 400, d->code);
    accept_unspoiled(w, d->op);
}

void arm_order_query_before_permission(struct world *w)
{
    const struct derived *d = derived_of(w);
    struct filled f = fill(w, d->op, false);
    f.as = w->nobody;
    f.path = with_query(w, f.path, "limit", "0");
    refuse(spoiled(w, &f, NULL), 400, d->code);
    accept_unspoiled(w, d->op);
}

void arm_order_permission_before_body(struct world *w)
{
    const struct derived *d = derived_of(w);
    struct filled f = fill(w, d->op, false);
    f.as = w->nobody;
    refuse_permission(spoiled(w, &f, "{"), "out_of_scope");
    accept_unspoiled(w, d->op);
}

void arm_order_permission_before_size(struct world *w)
{
    const struct derived *d = derived_of(w);
    struct filled f = fill(w, d->op, false);
    f.as = w->nobody;
    struct ask over = { .raw = padded(w, f.body, fact_body_cap(d->op) + 1) };
    refuse_permission(judged(filled_exchange(w, d->op, &f, over)), "out_of_scope");
    accept_unspoiled(w, d->op);
}

void arm_order_size_before_decode(struct world *w)
{
    const struct derived *d = derived_of(w);
    struct filled f = fill(w, d->op, false);
    size_t cap = fact_body_cap(d->op);
    char *garbage = arena_alloc(w->arena, cap + 2);
    memset(garbage, '{', cap + 1);
    refuse(spoiled(w, &f, garbage), 413, d->code);
    accept_unspoiled(w, d->op);
}

void arm_order_decode_before_permission(struct world *w)
{
    const struct derived *d = derived_of(w);
    struct filled f = fill(w, d->op, false);
    f.as = w->nobody;
    refuse(spoiled(w, &f, "{"), 400, d->code);
    accept_unspoiled(w, d->op);
}
