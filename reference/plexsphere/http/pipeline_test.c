/* The interpreter alone: what stands around it is played by the functions below, which the linker
 * takes in place of the real ones, and every one of them writes down that it was called. */
#include "reference/plexsphere/http/pipeline.h"

#include <string.h>

#include "common/testing.h"
#include "common/text.h"
#include "reference/plexsphere/audit/audit.h"
#include "reference/plexsphere/identity/authenticate.h"
#include "reference/plexsphere/ports/relations.h"
#include "reference/plexsphere/tenancy/tenancy.h"

static struct {
    bool unauthenticated, query_bad, load_missing, decode_bad, handle_conflict;
    bool limited;
    bool denial_lost, append_lost, commit_lost, database_gone, no_such_project;
    enum decision decision;
} fault;
static char trace[256];
static struct audit_entry seen_entry;
static struct object_ref asked;
static struct subject_ref asker;

static void note(const char *what)
{
    strncat(trace, what, sizeof trace - strlen(trace) - 1);
    strncat(trace, " ", sizeof trace - strlen(trace) - 1);
}

struct answer authenticate_operator(struct request *rq, bool cookie_allowed)
{
    note(cookie_allowed ? "operator" : "bearer");
    rq->caller.kind = CALLER_USER;
    return fault.unauthenticated ? answer_problem(rq, PROBLEM_UNAUTHENTICATED) : answer_go_on();
}

struct answer authenticate_node_or_operator(struct request *rq)
{
    return authenticate_operator(rq, true);
}
struct answer authenticate_node(struct request *rq)
{
    note("node");
    return fault.unauthenticated ? answer_problem(rq, PROBLEM_UNAUTHORIZED) : answer_go_on();
}

enum sql_result audit_append(struct request *rq, const struct audit_entry *entry)
{
    (void)rq;
    note("append");
    seen_entry = *entry;
    return fault.append_lost ? SQL_FAILED : SQL_OK;
}

enum sql_result audit_denial(struct request *rq, const struct audit_entry *entry)
{
    (void)rq;
    note("denial");
    seen_entry = *entry;
    return fault.denial_lost ? SQL_FAILED : SQL_OK;
}

enum found tenancy_domain_of_project(struct tx *tx, const struct uuid *project, struct uuid *domain)
{
    (void)tx;
    *domain = *project;
    domain->b[15] = 0xd0;
    return fault.no_such_project ? NOT_FOUND : FOUND;
}

enum found tenancy_domain_exists(struct tx *tx, const struct uuid *domain)
{
    (void)tx, (void)domain;
    return fault.database_gone ? FIND_FAILED : FOUND;
}

enum sql_result sql_run(struct tx *tx, const struct statement *s, struct rows *rows,
                        const struct param *params, size_t n_params)
{
    (void)tx, (void)s, (void)rows, (void)params, (void)n_params;
    return fault.database_gone ? SQL_UNAVAILABLE : SQL_OK;
}

void tx_write(struct tx *tx)
{
    (void)tx;
    note("begin");
}

enum sql_result tx_commit(struct tx *tx)
{
    (void)tx;
    note("commit");
    return fault.commit_lost ? SQL_UNAVAILABLE : SQL_OK;
}

void tx_rollback(struct tx *tx)
{
    (void)tx;
    note("rollback");
}

static struct verdict check(struct tx *tx, struct subject_ref subject, const char *relation,
                            struct object_ref object)
{
    (void)tx, (void)relation;
    note("check");
    asker = subject;
    asked = object;
    return (struct verdict){ .decision = fault.decision };
}

static struct answer query(struct request *rq)
{
    note("query");
    return fault.query_bad ? answer_problem(rq, PROBLEM_INVALID_DOMAIN_FILTER) : answer_go_on();
}

static struct answer load(struct request *rq)
{
    note("load");
    return fault.load_missing ? answer_problem(rq, PROBLEM_NOT_FOUND) : answer_go_on();
}

static struct answer decode(struct request *rq)
{
    note("decode");
    return fault.decode_bad ? answer_problem(rq, PROBLEM_INVALID_DOMAIN) : answer_go_on();
}

static struct answer handle(struct request *rq)
{
    note("handle");
    return fault.handle_conflict ? answer_problem(rq, PROBLEM_CONFLICT) : answer_no_content();
}

static const struct relations relations = { .check = check };
static struct app app = { .relations = &relations };
static struct request rq;
static struct operation op;
static const char *raw_query;
static char some_tx;

/* A request that is granted and handled; each test breaks one thing or two. */
static void start(void)
{
    memset(&fault, 0, sizeof fault);
    memset(&seen_entry, 0, sizeof seen_entry);
    trace[0] = '\0';
    raw_query = NULL;
    op = (struct operation){ .id = OP_PatchDomain,
                             .auth = AUTH_OPERATOR,
                             .permission = { "domain", "manage", "id" },
                             .audit = "domain.patch",
                             .steps = STEPS_GATE_FIRST,
                             .path = { { "id", PROBLEM_INVALID_DOMAIN_ID } },
                             .writes = true,
                             .query = query,
                             .load = load,
                             .decode = decode,
                             .handle = handle };
    rq = (struct request){ .arena = arena_create(),
                           .app = &app,
                           .tx = (struct tx *)(void *)&some_tx,
                           .method = "PATCH",
                           .path = "/v1/domains/018f0000-0000-7000-8000-000000000001",
                           .correlation_id = "01M80WCNG5FG7Q0MBPKFFFNSNB",
                           .body = BYTES_OF_TEXT("{}"),
                           .param_names = { "id" },
                           .param_values = { "018f0000-0000-7000-8000-000000000001" },
                           .n_params = 1 };
}

static struct answer run(void)
{
    struct endpoint endpoint = { .op = &op, .on = true };
    trace[0] = '\0';
    rq.object = (struct object_ref){ .type = NULL };
    return pipeline_run(&rq, &endpoint, OP_PatchDomain, raw_query);
}

static void end(void)
{
    arena_destroy(rq.arena);
}

START_TEST(gate_first_walks_in_order)
{
    start();
    ck_assert_int_eq(run().status, 204);
    ck_assert_str_eq(trace, "operator query check decode begin handle append commit ");
    end();
}
END_TEST

START_TEST(the_other_lists_walk_in_theirs)
{
    start();
    op.steps = STEPS_DECODE_FIRST;
    ck_assert_int_eq(run().status, 204);
    ck_assert_str_eq(trace, "operator query decode check begin handle append commit ");
    op.steps = STEPS_ROW_FIRST;
    ck_assert_int_eq(run().status, 204);
    ck_assert_str_eq(trace, "operator query load check decode begin handle append commit ");
    op.steps = STEPS_GATE_BEFORE_PATH;
    rq.param_values[0] = "zz";
    fault.decision = DECISION_OUT_OF_SCOPE;
    ck_assert_int_eq(run().status, 403);
    fault.decision = DECISION_GRANTED;
    ck_assert_int_eq(run().problem, PROBLEM_INVALID_DOMAIN_ID);
    ck_assert_str_eq(trace, "operator check ");
    op.steps = STEPS_ANONYMOUS;
    rq.param_values[0] = "018f0000-0000-7000-8000-000000000001";
    op.audit = NULL;
    op.writes = false;
    ck_assert_int_eq(run().status, 204);
    ck_assert_str_eq(trace, "query decode handle ");
    end();
}
END_TEST

START_TEST(off_comes_before_everything)
{
    struct endpoint off = { .op = &op, .on = false }, unbuilt = { .op = NULL, .on = true };
    start();
    fault.unauthenticated = true;
    ck_assert_int_eq(pipeline_run(&rq, &off, OP_PatchDomain, NULL).problem,
                     PROBLEM_SURFACE_NOT_PROVISIONED);
    ck_assert_int_eq(pipeline_run(&rq, &unbuilt, OP_ListClouds, NULL).problem,
                     PROBLEM_CLOUDS_NOT_PROVISIONED);
    ck_assert_str_eq(trace, "");
    end();
}
END_TEST

static bool never(const void *state)
{
    return state != NULL;
}

START_TEST(a_row_can_be_off_alone)
{
    start();
    op.provisioned = never;
    ck_assert_int_eq(run().status, 501);
    ck_assert_str_eq(trace, "");
    end();
}
END_TEST

/* Faults in the order in which gate-first must notice them; with all later ones present too. */
START_TEST(of_two_faults_the_earlier_wins)
{
    static const enum problem order[] = { PROBLEM_UNAUTHENTICATED,   PROBLEM_INVALID_DOMAIN_ID,
                                          PROBLEM_INVALID_LIMIT,     PROBLEM_INVALID_DOMAIN_FILTER,
                                          PROBLEM_PERMISSION_DENIED, PROBLEM_REQUEST_BODY_TOO_LARGE,
                                          PROBLEM_INVALID_BODY,      PROBLEM_INVALID_DOMAIN,
                                          PROBLEM_CONFLICT };
    start();
    op.paged = true;
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        fault.unauthenticated = i == 0;
        rq.param_values[0] = i <= 1 ? "no-uuid" : "018f0000-0000-7000-8000-000000000001";
        raw_query = i <= 2 ? "limit=201" : "limit=200";
        fault.query_bad = i <= 3;
        fault.decision = i <= 4 ? DECISION_INSUFFICIENT_RELATION : DECISION_GRANTED;
        rq.body_too_large = i <= 5;
        rq.body = i <= 6 ? BYTES_OF_TEXT("{") : BYTES_OF_TEXT("{}");
        fault.decode_bad = i <= 7;
        fault.handle_conflict = true;
        ck_assert_msg(run().problem == order[i], "fault %zu", i);
    }
    ck_assert_str_eq(trace, "operator query check decode begin handle rollback ");
    end();
}
END_TEST

START_TEST(a_denial_is_audited_before_it_is_answered)
{
    start();
    fault.decision = DECISION_OUT_OF_SCOPE;
    struct answer a = run();
    ck_assert_int_eq(a.status, 403);
    ck_assert_str_eq(trace, "operator query check denial ");
    ck_assert_str_eq(seen_entry.relation, "manage");
    ck_assert_int_eq(seen_entry.decision, DECISION_OUT_OF_SCOPE);
    ck_assert_ptr_nonnull(seen_entry.domain_id);

    json_t *body = NULL;
    ck_assert(json_parse(rq.arena, a.body.data, a.body.len, &body, NULL));
    ck_assert_str_eq(json_text(body, "code"), "permission_denied");
    ck_assert_str_eq(json_text(body, "reason"), "out_of_scope");
    ck_assert_str_eq(json_text(body, "correlation_id"), rq.correlation_id);
    ck_assert_uint_eq(json_array_size(json_member(body, "relation_path")), 0);
    ck_assert_str_eq(a.media_type, "application/problem+json");

    op.denied = PROBLEM_NOT_FOUND;
    ck_assert_int_eq(run().status, 404);
    ck_assert_str_eq(trace, "operator query check denial ");
    end();
}
END_TEST

START_TEST(a_denial_that_cannot_be_audited_is_no_denial)
{
    start();
    fault.decision = DECISION_OUT_OF_SCOPE;
    fault.denial_lost = true;
    ck_assert_int_eq(run().problem, PROBLEM_INTERNAL);
    fault.database_gone = true;
    ck_assert_int_eq(run().problem, PROBLEM_AUTHZ_UNAVAILABLE);
    end();
}
END_TEST

START_TEST(a_check_that_cannot_be_made_never_opens)
{
    start();
    fault.decision = DECISION_UNAVAILABLE;
    ck_assert_int_eq(run().problem, PROBLEM_AUTHZ_UNAVAILABLE);
    ck_assert_str_eq(trace, "operator query check ");
    end();
}
END_TEST

START_TEST(a_decision_joins_the_chain_of_its_domain)
{
    start();
    op.permission = (struct permission){ "project", "manage", "id" };
    fault.decision = DECISION_OUT_OF_SCOPE;
    ck_assert_int_eq(run().status, 403);
    ck_assert_str_eq(asked.type, "project");
    ck_assert_ptr_nonnull(seen_entry.domain_id);

    fault.no_such_project = true;
    ck_assert_int_eq(run().status, 403);
    ck_assert_ptr_null(seen_entry.domain_id);

    op.permission = (struct permission){ "platform", "manage", NULL };
    ck_assert_int_eq(run().status, 403);
    ck_assert_str_eq(asked.type, "platform");
    ck_assert(uuid_is_nil(&asked.id));
    ck_assert_ptr_null(seen_entry.domain_id);
    end();
}
END_TEST

START_TEST(a_row_without_a_gate_asks_nothing)
{
    start();
    op.permission = (struct permission){ NULL, NULL, NULL };
    op.audit = NULL;
    op.writes = false;
    fault.decision = DECISION_OUT_OF_SCOPE;
    ck_assert_int_eq(run().status, 204);
    ck_assert_str_eq(trace, "operator query decode handle ");
    end();
}
END_TEST

START_TEST(what_was_not_committed_is_not_told)
{
    start();
    fault.commit_lost = true;
    ck_assert_int_eq(run().problem, PROBLEM_INTERNAL);
    fault.commit_lost = false;
    fault.append_lost = true;
    ck_assert_int_eq(run().problem, PROBLEM_INTERNAL);
    ck_assert_str_eq(trace, "operator query check decode begin handle append rollback ");
    end();
}
END_TEST

START_TEST(a_refusal_by_the_handler_is_rolled_back_without_a_grant)
{
    start();
    fault.handle_conflict = true;
    ck_assert_int_eq(run().status, 409);
    ck_assert_str_eq(trace, "operator query check decode begin handle rollback ");
    end();
}
END_TEST

START_TEST(the_body_is_one_object)
{
    static const char *const bad[] = {
        "", "[]", "null", "{}x", "1", "{\"a\":}", "{\"a\":1,\"a\":2}", "\"x\""
    };
    start();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        rq.body = BYTES_OF_TEXT(bad[i]);
        ck_assert_msg(run().problem == PROBLEM_INVALID_BODY, "body '%s'", bad[i]);
    }
    op.undecodable = PROBLEM_UNPROCESSABLE;
    ck_assert_int_eq(run().problem, PROBLEM_UNPROCESSABLE);
    op.body_optional = true;
    rq.body = (struct bytes){ NULL, 0 };
    ck_assert_int_eq(run().status, 204);
    ck_assert_ptr_null(strstr(trace, "rollback"));
    end();
}
END_TEST

START_TEST(a_raw_body_is_the_rows_own)
{
    start();
    op.raw_body = true;
    rq.body = BYTES_OF_TEXT("[");
    ck_assert_int_eq(run().status, 204);
    ck_assert_ptr_null(rq.json);
    op.too_large = PROBLEM_BAD_REQUEST;
    rq.body_too_large = true;
    ck_assert_int_eq(run().problem, PROBLEM_BAD_REQUEST);
    end();
}
END_TEST

START_TEST(a_row_says_what_its_failures_are_called)
{
    start();
    fault.commit_lost = true;
    ck_assert_int_eq(run().problem, PROBLEM_INTERNAL);
    op.failed = PROBLEM_SERVER_ERROR;
    struct answer a = run();
    ck_assert_int_eq(a.problem, PROBLEM_SERVER_ERROR);
    ck_assert_int_eq(a.status, 500);
    ck_assert_ptr_null(strstr((const char *)a.body.data, "\"code\""));
    end();
}
END_TEST

START_TEST(a_row_that_takes_no_body_looks_at_none)
{
    start();
    op.decode = NULL;
    rq.body_too_large = true;
    rq.body = BYTES_OF_TEXT("{");
    ck_assert_int_eq(run().status, 204);
    end();
}
END_TEST

START_TEST(its_own_code_for_too_large)
{
    start();
    op.too_large = PROBLEM_BAD_REQUEST;
    rq.body_too_large = true;
    ck_assert_int_eq(run().problem, PROBLEM_BAD_REQUEST);
    end();
}
END_TEST

START_TEST(a_broken_query_says_which_part)
{
    start();
    op.paged = true;
    raw_query = "limit=5&cursor=%zz";
    ck_assert_int_eq(run().problem, PROBLEM_INVALID_CURSOR);
    raw_query = "cursor=a&limit=%0";
    ck_assert_int_eq(run().problem, PROBLEM_INVALID_LIMIT);
    raw_query = "x=%00";
    ck_assert_int_eq(run().problem, PROBLEM_BAD_REQUEST);
    raw_query = "x=%ff";
    ck_assert_int_eq(run().problem, PROBLEM_BAD_REQUEST);
    raw_query = "cursor=";
    ck_assert_int_eq(run().problem, PROBLEM_INVALID_CURSOR);
    end();
}
END_TEST

START_TEST(the_nil_uuid_is_no_id)
{
    start();
    rq.param_values[0] = "00000000-0000-0000-0000-000000000000";
    ck_assert_int_eq(run().problem, PROBLEM_INVALID_DOMAIN_ID);
    op.path[0].invalid = PROBLEM_NONE;
    ck_assert_int_eq(run().status, 204);
    end();
}
END_TEST

START_TEST(each_class_has_its_door)
{
    start();
    op.auth = AUTH_NODE;
    fault.unauthenticated = true;
    ck_assert_int_eq(run().problem, PROBLEM_UNAUTHORIZED);
    ck_assert_str_eq(trace, "node ");
    op.auth = AUTH_OPERATOR_BEARER;
    ck_assert_int_eq(run().problem, PROBLEM_UNAUTHENTICATED);
    ck_assert_str_eq(trace, "bearer ");
    end();
}
END_TEST

static struct answer limit(struct request *r)
{
    note("limit");
    return fault.limited ? answer_problem(r, PROBLEM_PER_NODE_RATE_LIMITED) : answer_go_on();
}

static void start_limited(void)
{
    start();
    op.auth = AUTH_NODE;
    op.steps = STEPS_LIMIT_FIRST;
    op.writes = false;
    op.limit = limit;
    op.decode = NULL;
    rq.node.present = true;
    rq.node.node_id.b[0] = 7;
}

/* One row, committed before anything is handled, and no second one. */
START_TEST(a_grant_stands_by_itself)
{
    start_limited();
    ck_assert_int_eq(run().status, 204);
    ck_assert_str_eq(trace, "node limit load check begin append commit query handle ");
    ck_assert_int_eq(seen_entry.decision, DECISION_GRANTED);
    rq.grant_audited = false;
    fault.handle_conflict = true;
    ck_assert_int_eq(run().problem, PROBLEM_CONFLICT);
    ck_assert_str_eq(trace, "node limit load check begin append commit query handle ");
    end();
}
END_TEST

START_TEST(without_its_row_nothing_is_handled)
{
    start_limited();
    fault.append_lost = true;
    ck_assert_int_eq(run().status, 500);
    ck_assert_str_eq(trace, "node limit load check begin append rollback ");
    fault.append_lost = false;
    fault.commit_lost = true;
    ck_assert_int_eq(run().status, 500);
    ck_assert_str_eq(trace, "node limit load check begin append commit ");
    end();
}
END_TEST

START_TEST(a_limit_comes_before_the_row)
{
    start_limited();
    fault.limited = fault.load_missing = true;
    ck_assert_int_eq(run().problem, PROBLEM_PER_NODE_RATE_LIMITED);
    ck_assert_str_eq(trace, "node limit ");
    end();
}
END_TEST

/* On a Node's own operations the Node is who is asked about. */
START_TEST(a_node_is_the_subject_of_its_own_operations)
{
    start_limited();
    ck_assert_int_eq(run().status, 204);
    ck_assert_str_eq(asker.type, "node");
    ck_assert_uint_eq(asker.id.b[0], 7);
    end();
}
END_TEST

static struct answer in_an_outage(struct request *r)
{
    note("outage");
    return answer_problem(r, PROBLEM_DATASTORE_UNAVAILABLE);
}

START_TEST(an_outage_is_answered_by_the_row)
{
    start();
    op.outage = in_an_outage;
    fault.decision = DECISION_UNAVAILABLE;
    ck_assert_int_eq(run().problem, PROBLEM_AUTHZ_UNAVAILABLE);
    fault.database_gone = true;
    ck_assert_int_eq(run().problem, PROBLEM_DATASTORE_UNAVAILABLE);
    ck_assert_str_eq(trace, "operator query check outage ");
    fault.unauthenticated = true;
    ck_assert_int_eq(run().problem, PROBLEM_UNAUTHENTICATED);
    end();
}
END_TEST

TESTS("http/pipeline", a_grant_stands_by_itself, without_its_row_nothing_is_handled,
      a_limit_comes_before_the_row, a_node_is_the_subject_of_its_own_operations,
      an_outage_is_answered_by_the_row, gate_first_walks_in_order, the_other_lists_walk_in_theirs,
      off_comes_before_everything, a_row_can_be_off_alone, of_two_faults_the_earlier_wins,
      a_denial_is_audited_before_it_is_answered, a_denial_that_cannot_be_audited_is_no_denial,
      a_check_that_cannot_be_made_never_opens, a_decision_joins_the_chain_of_its_domain,
      a_row_without_a_gate_asks_nothing, what_was_not_committed_is_not_told,
      a_refusal_by_the_handler_is_rolled_back_without_a_grant, the_body_is_one_object,
      a_raw_body_is_the_rows_own, a_row_says_what_its_failures_are_called,
      a_row_that_takes_no_body_looks_at_none, its_own_code_for_too_large,
      a_broken_query_says_which_part, the_nil_uuid_is_no_id, each_class_has_its_door)
