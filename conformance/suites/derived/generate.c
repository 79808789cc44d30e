/* suites/derived/generate.c — which operation gets which arm, read off the contract. */
#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "suites/derived/arms.h"

/* When an arm applies. `param` and `code` are the case's, filled in by the test. */
struct applies {
    struct arena *a;
    const struct contract_operation *op;
    const char *param;
    const char *code;
};

/* The catalogue's rows by operation: {operationId: [row…]}. */
static const json_t *catalogue(void)
{
    static json_t *by_operation;
    size_t i, j;
    json_t *row, *id;
    if (by_operation != NULL)
        return by_operation;
    by_operation = json_own(contract()->arena, json_object());
    json_array_foreach (contract()->problem_codes, i, row)
        json_array_foreach (json_member(row, "operations"), j, id) {
            const char *name = json_string_value(id);
            if (json_member(by_operation, name) == NULL)
                json_object_set_new(by_operation, name, json_array());
            json_array_append(json_member(by_operation, name), row);
        }
    return by_operation;
}

/* The code the catalogue gives an operation for a status, if one of its codes matches the pattern.
 */
static const char *code_for(const struct contract_operation *op, int status, const char *pattern)
{
    size_t i;
    json_t *row;
    json_array_foreach (json_member(catalogue(), op->id), i, row) {
        const char *code = json_text(row, "code");
        if (json_int(row, "status", 0) == status && text_glob(pattern, code) &&
            !text_equal(code, "unnamed"))
            return code;
    }
    return NULL;
}

static bool anonymous(const struct contract_operation *op)
{
    return !op->bearer && !op->cookie && !op->nsk;
}

static bool order_is(const struct applies *x, const char *family)
{
    return text_equal(fact_order(x->op), family);
}

static bool gated(const struct applies *x)
{
    return order_is(x, "gate-first") && operation_lists(x->op, 403);
}

/* "{domain_id}" and "domains/{id}" go with invalid_domain_id. */
static const char *id_code(struct applies *x, const char *param)
{
    const char *kind = param;
    if (text_equal(param, "id")) {
        const char *before = strstr(x->op->path, "/{id}");
        const char *slash = before;
        while (slash > x->op->path && slash[-1] != '/')
            slash--;
        size_t len = (size_t)(before - slash);
        kind = arena_printf(x->a, "%.*s_id", (int)(len - 1), slash); /* without the plural's s */
        kind = text_replace_char(x->a, kind, '-', '_');
    }
    return code_for(x->op, 400, arena_printf(x->a, "invalid_%s", kind));
}

static bool has_checked_id(struct applies *x)
{
    size_t at = 0;
    const char *param;
    if (!operation_lists(x->op, 400))
        return false;
    while ((param = operation_param(x->a, x->op, &at))) {
        x->code = id_code(x, param);
        x->param = param;
        if (x->code)
            return true;
    }
    return false;
}

static bool names_a_tenant(const struct contract_operation *op)
{
    return strstr(op->path, "/domains/{") || strstr(op->path, "/projects/{") ||
           strstr(op->path, "/resources/{");
}

static const char *unauthenticated_code(const struct applies *x)
{
    return x->op->nsk ? "unauthorized" : "unauthenticated";
}

static bool on_answers(struct applies *x)
{
    return !text_starts(x->op->id, "GetDocsAsset");
}

static bool on_unauthenticated(struct applies *x)
{
    x->code = unauthenticated_code(x);
    return !anonymous(x->op) && operation_lists(x->op, 401);
}

/* AUTH-017: to these a Node's own key is no credential of another class. */
static bool open_to_nodes(const struct contract_operation *op)
{
    return text_equal(op->id, "GetNodeEvents") || text_equal(op->id, "GetNodeState");
}

static bool on_wrong_credential(struct applies *x)
{
    x->code = x->op->nsk ? "nsk_invalid" : "unauthenticated";
    return !anonymous(x->op) && !open_to_nodes(x->op) && operation_lists(x->op, 401);
}

static bool on_malformed(struct applies *x)
{
    x->code = code_for(x->op, 400, "invalid_body");
    if (!x->code)
        x->code = code_for(x->op, 400, "malformed_*");
    return operation_takes_json(x->op) && operation_lists(x->op, 400);
}

static bool on_oversized(struct applies *x)
{
    x->code = "request_body_too_large";
    return operation_lists(x->op, 413) && fact_body_cap(x->op) > 0;
}

static bool on_bad_id(struct applies *x)
{
    return has_checked_id(x);
}

static bool on_bad_limit(struct applies *x)
{
    x->code = code_for(x->op, 400, "invalid_limit");
    return operation_has_query(x->op, "limit") && operation_lists(x->op, 400);
}

static bool on_bad_cursor(struct applies *x)
{
    x->code = code_for(x->op, 400, "invalid_cursor");
    return operation_has_query(x->op, "cursor") && operation_lists(x->op, 400);
}

static bool on_foreign_tenant(struct applies *x)
{
    x->code = code_for(x->op, 404, "*");
    if (!names_a_tenant(x->op) && !text_equal(x->op->id, "CreateProject"))
        return false;
    return operation_lists(x->op, 403) || order_is(x, "gate-folded");
}

static bool on_foreign_node(struct applies *x)
{
    x->code = code_for(x->op, 403, "node_id_mismatch");
    return x->op->nsk && x->code && strstr(x->op->path, "/nodes/{id}");
}

static bool on_spelling(struct applies *x)
{
    return operation_is_action(x->op) && !anonymous(x->op);
}

static bool on_wrong_method(struct applies *x UNUSED)
{
    return on_answers(x);
}

static bool on_unprovisioned(struct applies *x)
{
    x->code = code_for(x->op, 501, "*_not_provisioned");
    return !text_equal(fact_feature(x->op), "meta");
}

static bool on_order_credential_before_id(struct applies *x)
{
    return !anonymous(x->op) && !x->op->nsk && has_checked_id(x) &&
           (x->code = unauthenticated_code(x)) != NULL;
}

static bool on_order_credential_before_body(struct applies *x)
{
    x->code = unauthenticated_code(x);
    return !anonymous(x->op) && operation_takes_json(x->op);
}

static bool on_order_id_before_permission(struct applies *x)
{
    return gated(x) && has_checked_id(x);
}

static bool on_order_query_before_permission(struct applies *x)
{
    return gated(x) && on_bad_limit(x);
}

static bool on_order_permission_before_body(struct applies *x)
{
    return gated(x) && operation_takes_json(x->op);
}

static bool on_order_permission_before_size(struct applies *x)
{
    return gated(x) && on_oversized(x);
}

static bool on_order_size_before_decode(struct applies *x)
{
    return on_oversized(x);
}

static bool on_order_decode_before_permission(struct applies *x)
{
    return order_is(x, "decode-first") && on_malformed(x);
}

static const struct arm {
    const char *name;
    const char *title; /* after the operation's name */
    const char *clauses[3];
    bool (*applies)(struct applies *x);
    void (*run)(struct world *w);
} arms[] = {
    { "answers",
      "answers an ordinary request as published",
      { "PRB-016" },
      on_answers,
      arm_answers },
    { "unauthenticated",
      "refuses a request without a credential",
      { "AUTH-001" },
      on_unauthenticated,
      arm_unauthenticated },
    { "wrong-credential",
      "refuses a credential of the other class",
      { "AUTH-009" },
      on_wrong_credential,
      arm_wrong_credential },
    { "malformed",
      "refuses a body that is no JSON object",
      { "PRB-001", "PRB-005" },
      on_malformed,
      arm_malformed },
    { "oversized",
      "refuses a body over its cap and takes one of exactly the cap",
      { "PRB-013" },
      on_oversized,
      arm_oversized },
    { "bad-id",
      "refuses a path id that is no UUID, and the nil UUID",
      { "ORD-010" },
      on_bad_id,
      arm_bad_id },
    { "bad-limit",
      "refuses a limit outside 1 to 200",
      { "CUR-001", "CUR-009" },
      on_bad_limit,
      arm_bad_limit },
    { "bad-cursor",
      "refuses a cursor it did not mint",
      { "CUR-003", "CUR-010" },
      on_bad_cursor,
      arm_bad_cursor },
    { "foreign-tenant",
      "denies an admin of another Domain",
      { "PRB-007", "ORD-002" },
      on_foreign_tenant,
      arm_foreign_tenant },
    { "foreign-node",
      "denies the key of another Node",
      { "PRB-007" },
      on_foreign_node,
      arm_foreign_node },
    { "spelling",
      "is reached by both spellings of its path",
      { "ORD-009" },
      on_spelling,
      arm_spelling },
    { "wrong-method",
      "is not reached by a method it does not have",
      { "PRB-010" },
      on_wrong_method,
      arm_wrong_method },
    { "order-credential-before-id",
      "asks for a credential before it reads the path",
      { "ORD-004" },
      on_order_credential_before_id,
      arm_order_credential_before_id },
    { "order-credential-before-body",
      "asks for a credential before it reads the body",
      { "ORD-004" },
      on_order_credential_before_body,
      arm_order_credential_before_body },
    { "order-id-before-permission",
      "reads the path before it asks for permission",
      { "ORD-005" },
      on_order_id_before_permission,
      arm_order_id_before_permission },
    { "order-query-before-permission",
      "reads the query before it asks for permission",
      { "ORD-006" },
      on_order_query_before_permission,
      arm_order_query_before_permission },
    { "order-permission-before-body",
      "asks for permission before it decodes the body",
      { "ORD-007" },
      on_order_permission_before_body,
      arm_order_permission_before_body },
    { "order-permission-before-size",
      "asks for permission before it measures the body",
      { "ORD-007" },
      on_order_permission_before_size,
      arm_order_permission_before_size },
    { "order-size-before-decode",
      "measures the body before it decodes it",
      { "ORD-011" },
      on_order_size_before_decode,
      arm_order_size_before_decode },
    { "order-decode-before-permission",
      "decodes the body before it asks for permission",
      { "ORD-003" },
      on_order_decode_before_permission,
      arm_order_decode_before_permission },
};

static const struct arm unprovisioned = { "unprovisioned",
                                          "answers 501 while its surface is not wired",
                                          { "ENV-001", "ORD-008" },
                                          on_unprovisioned,
                                          arm_unprovisioned };

/* What fill.c and the arms make on the way to their request. */
static const char *const to_make_a_node[] = { "registration", "bootstrap-tokens", "resources" };

static bool needs_a_node(const struct arm *arm, const struct contract_operation *op)
{
    return arm->run == arm_wrong_credential || op->nsk || text_equal(op->id, "PostRegister");
}

static void add_case(struct arena *a, const struct arm *arm, const struct applies *x)
{
    struct derived *d = arena_alloc(a, sizeof *d);
    *d = (struct derived){ .op = x->op, .param = x->param, .code = x->code };
    struct case_row *row = arena_alloc(a, sizeof *row);
    *row = (struct case_row){
        .id = arena_printf(a, "derived/%s/%s", x->op->id, arm->name),
        .suite = "derived",
        .title = arena_printf(a, "%s %s", x->op->id, arm->title),
        .run = arm->run,
        .data = d,
        .file = __FILE__,
        .line = __LINE__,
    };
    memcpy(row->clauses, arm->clauses, sizeof arm->clauses);
    const char *feature = fact_feature(x->op);
    if (arm == &unprovisioned) {
        row->flags = CASE_UNPROVISIONED;
        row->needs[0] = "answers-501";
        row->needs[1] = arena_printf(a, "!%s", feature);
    } else {
        row->needs[0] = feature;
        if (needs_a_node(arm, x->op))
            memcpy(row->needs + 1, to_make_a_node, sizeof to_make_a_node);
    }
    case_register(row);
}

/* True when the operation got the arm. */
static bool try_arm(struct arena *a, const struct arm *arm, const struct contract_operation *op)
{
    struct applies x = { .a = a, .op = op };
    if (!arm->applies(&x))
        return false;
    add_case(a, arm, &x);
    return true;
}

/* An arm that no operation gets is a fault in its condition, not a clean bill. */
static void add_arm(struct arena *a, const struct arm *arm)
{
    size_t made = 0;
    for (size_t i = 0; i < contract()->n_ops; i++) {
        const struct contract_operation *op = &contract()->ops[i];
        if (arm == &unprovisioned || fact_judged(op))
            made += try_arm(a, arm, op);
    }
    if (made == 0)
        case_defect(arena_printf(a, "derived/*/%s", arm->name), "no operation gets this arm");
}

static void generate(void)
{
    struct arena *a = contract()->arena; /* rows hold as long as the contract */
    for (size_t i = 0; i < ARRAY_LEN(arms); i++)
        add_arm(a, &arms[i]);
    add_arm(a, &unprovisioned);
}

__attribute__((constructor)) static void announce(void)
{
    case_generators_add(generate);
}
