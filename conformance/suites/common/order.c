/* suites/common/order.c — ORD-001: the whole order on one operation. ORD-002: who may not see an
 * object learns nothing of whether it is there.
 *
 * Of ORD-002 there is one case per operation that asks for permission on an object of its path. The
 * denial of an object that exists and of one that does not must be the same but for the ids and the
 * correlation_id. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "suites/derived/derived.h"

/* What is left of a denial without what names this request. */
static const char *bare(struct world *w, struct reply *r)
{
    json_t *body = json_own(w->arena, json_deep_copy(r->json));
    json_object_del(body, "instance");
    json_object_del(body, "correlation_id");
    return json_dump_sorted(w->arena, body);
}

/* Every UUID in the text becomes the same word: a detail may name the object that was asked for. */
static const char *without_ids(struct world *w, const char *text)
{
    char *out = arena_strdup(w->arena, text);
    size_t at = 0;
    for (const char *c = text; *c;) {
        struct uuid id;
        const char *maybe = arena_strndup(w->arena, c, UUID_TEXT_LEN);
        bool is_id = strlen(maybe) == UUID_TEXT_LEN && uuid_parse(maybe, &id);
        out[at++] = is_id ? '#' : *c;
        c += is_id ? UUID_TEXT_LEN : 1;
    }
    out[at] = '\0';
    return out;
}

static void compare(struct world *w, struct reply *known, struct reply *unknown)
{
    const char *a = without_ids(w, bare(w, known)), *b = without_ids(w, bare(w, unknown));
    expect(w, text_equal(a, b), "the denials of a known and of an unknown object differ: %s and %s",
           a, b);
    static const char *const headers[] = { "Content-Type", "Cache-Control", "WWW-Authenticate",
                                           "Retry-After",  "Allow",         "Location",
                                           "Vary" };
    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        expect(w, text_equal(reply_header(known, headers[i]), reply_header(unknown, headers[i])),
               "the denials of a known and of an unknown object differ in the header %s",
               headers[i]);
}

/* node-surfaces 9.9: what a Node reads about itself is denied by a plain Problem. */
static bool denied_plainly(const struct contract_operation *op)
{
    return text_equal(op->id, "GetNodeEvents") || text_equal(op->id, "GetNodeState");
}

static struct reply *denied(struct world *w, const struct contract_operation *op,
                            const struct filled *like, const char *where,
                            const struct credential *as)
{
    struct filled f = *like;
    f.path = where;
    f.as = as;
    struct exchange *x = judged(filled_exchange(w, op, &f, (struct ask){ 0 }));
    return denied_plainly(op) ? refuse(x, 403, "insufficient_relation")
                              : refuse_permission(x, "out_of_scope");
}

/* Would an accepted request end what others use? */
static bool ends_its_object(const struct contract_operation *op)
{
    return text_equal(op->method, "DELETE") || text_equal(op->id, "RevokeBootstrapToken");
}

/* The twin: who may is not denied. */
static void run_oracle(struct world *w)
{
    const struct contract_operation *op = w->row->data;
    struct filled known = fill(w, op, false);
    const char *nothing = path_to_nothing(w, op);
    const struct credential *const callers[] = { w->nobody, w->foreign_admin };
    for (size_t i = 0; i < ARRAY_LEN(callers); i++)
        compare(w, denied(w, op, &known, known.path, callers[i]),
                denied(w, op, &known, nothing, callers[i]));
    struct filled twin = ends_its_object(op) ? fill(w, op, true) : known;
    accept(filled_exchange(w, op, &twin, (struct ask){ 0 }), operation_success(op));
}

/* The clause of the operation's own area that says the same. */
static const char *own_clause(const struct contract_operation *op)
{
    if (text_starts(op->path, "/v1/domains/{id}"))
        return "DOM-041";
    if (text_equal(op->path, "/v1/projects/{id}"))
        return "PRJ-021";
    return text_starts(op->path, "/v1/resources/") ? "RES-026" : NULL;
}

static bool applies(const struct contract_operation *op)
{
    return fact_judged(op) && op->bearer && text_equal(fact_order(op), "gate-first") &&
           strchr(op->path, '{') && operation_lists(op, 403);
}

static void add_case(const struct contract_operation *op)
{
    struct arena *a = contract()->arena; /* rows hold as long as the contract */
    struct case_row *row = arena_alloc(a, sizeof *row);
    *row = (struct case_row){
        .id = arena_printf(a, "ORD-002/%s", op->id),
        .suite = "common",
        .title = arena_printf(a, "%s denies alike whether its object is there or not", op->id),
        .clauses = { "ORD-002", own_clause(op) },
        .needs = { fact_feature(op) },
        .run = run_oracle,
        .data = op,
        .budget_ms = 20000,
        .file = __FILE__,
        .line = __LINE__,
    };
    case_register(row);
}

static void generate(void)
{
    for (size_t i = 0; i < contract()->n_ops; i++)
        if (applies(&contract()->ops[i]))
            add_case(&contract()->ops[i]);
}

__attribute__((constructor)) static void announce(void)
{
    case_generators_add(generate);
}

/* ---- the whole order ----------------------------------------------------------------------- */

#define SUITE "common"

/* A request with every fault that comes later; each step down takes the one away that was answered.
 */
CASE("ORD-001", .clauses = { "ORD-001", "ORD-004", "ORD-005", "ORD-007", "ORD-010", "ORD-011" },
     .needs = { "domains", "projects", "rulings" }, .budget_ms = 10000,
     .title = "of many faults in one request the earliest in the order is answered")
{
    const char *domain = json_text(world_new_domain(w), "id");
    struct reply *other =
        accept(get(w, path(w, "/v1/domains/%s", w->foreign_domain_id), .as = w->platform_manager),
               200);
    struct uuid id = uuid_v7(world_now(w));
    const char *good = path(w, "/v1/domains/%s", domain), *bad = "/v1/domains/zz";
    const char *unknown = path(w, "/v1/domains/%s", uuid_text(w->arena, &id));
    const struct credential *op = w->platform_manager;
    char *large = arena_alloc(w->arena, 8194);
    memset(large, '{', 8193);
    large[8193] = '\0';
    const struct bytes huge = BYTES_OF_TEXT(large), garbage = BYTES_OF_TEXT("{");
    json_t *wrong = json_pack("{s:s}", "name", "   ");
    json_t *taken = json_pack("{s:s}", "mesh_cidr", expect_text(other, "/mesh_cidr"));

    refuse(judged(patch(w, bad, .raw = huge)), 401, "unauthenticated");
    refuse(judged(patch(w, bad, .as = w->nobody, .raw = huge)), 400, "invalid_domain_id");
    refuse_permission(judged(patch(w, unknown, .as = w->nobody, .raw = huge)), "out_of_scope");
    refuse(judged(patch(w, unknown, .as = op, .raw = huge)), 413, "request_body_too_large");
    refuse(judged(patch(w, unknown, .as = op, .raw = garbage)), 400, "invalid_body");
    refuse(judged(patch(w, unknown, .as = op, .json = wrong)), 400, "invalid_domain");
    refuse(judged(patch(w, unknown, .as = op, .json = json_incref(taken))), 404,
           "domain_not_found");
    refuse(judged(patch(w, good, .as = op, .json = taken)), 409, "mesh_cidr_overlap");
    accept(patch(w, good, .as = op, .json = json_pack("{s:s}", "name", "renamed")), 200);
}
