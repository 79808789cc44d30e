#include "harness/test_server.h"

#include "harness/test_world.h"

#include "common/json.h"
#include "common/memory.h"
#include "harness/impostor.h"

#define PROBLEM "application/problem+json"
#define JSON "application/json"
#define REACH                                                                                      \
    "{\"heartbeat_interval\":\"30s\",\"stale_after\":\"90s\",\"unreachable_after\":\"5m0s\"}"
#define DOMAIN                                                                                     \
    "{\"id\":\"0188d0e0-0000-7000-8000-000000000000\",\"name\":\"n\",\"slug\":\"n\","              \
    "\"mesh_cidr\":\"10.0.0.0/24\",\"reachability\":" REACH ","                                    \
    "\"created_at\":\"2026-11-22T04:55:00Z\",\"updated_at\":\"2026-11-22T04:55:00Z\"}"
#define PROBLEM_BODY(status, type, code, instance, more)                                           \
    "{\"type\":\"" type "\",\"title\":\"T\",\"status\":" #status                                   \
    ",\"detail\":\"d\",\"instance\":\"" instance "\",\"code\":\"" code "\"" more "}"
#define ERRORS "https://plexsphere.com/errors/"

static void begin(void)
{
    test_server_start();
    test_world_open(server.url);
}

static void end(void)
{
    test_world_close();
    test_server_stop();
}

/* What the next case asks. */
static struct {
    const char *method, *path;
    struct ask ask;
    int accept, refuse;
    const char *code;
} asks;

static void do_ask(void)
{
    struct exchange *x = judged(exchange_new(w, asks.method, asks.path, asks.ask));
    if (asks.accept != 0)
        (void)accept(x, asks.accept);
    else if (asks.refuse != 0)
        (void)refuse(x, asks.refuse, asks.code);
    else
        (void)send_and_judge(x);
}

static void holds(struct test_answer answer)
{
    server.answer = answer;
    bool came = try(do_ask);
    ck_assert_msg(came, "refused: %s", left.message);
}

static void breaks(struct test_answer answer, const char *message)
{
    server.answer = answer;
    ck_assert_msg(!try(do_ask), "accepted what it must find: %s", message);
    ck_assert_str_eq(left.message, message);
    ck_assert_int_eq(left.verdict, VERDICT_FAILED);
    ck_assert_str_eq(left.where, "case.c:7");
}

static void ask_create_domain(int accept_status, int refuse_status, const char *code)
{
    asks.method = "POST";
    asks.path = "/v1/domains";
    asks.ask = (struct ask){ .raw = BYTES_OF_TEXT("{}") };
    asks.accept = accept_status;
    asks.refuse = refuse_status;
    asks.code = code;
}

static struct test_answer created(void)
{
    return (struct test_answer){ 201, JSON, DOMAIN, 0, { { "Location", "/v1/domains/x" } } };
}

START_TEST(an_accepted_answer)
{
    begin();
    ask_create_domain(201, 0, NULL);
    breaks((struct test_answer){ 200, JSON, DOMAIN, 0, { { NULL, NULL } } },
           "POST /v1/domains answered 200, expected 201");
    breaks((struct test_answer){ 500, NULL, NULL, 0, { { NULL, NULL } } },
           "POST /v1/domains answered 500, expected 201");
    holds(created());
    end();
}
END_TEST

START_TEST(a_refused_answer)
{
    begin();
    ask_create_domain(0, 409, "mesh_cidr_overlap");
    breaks(created(), "POST /v1/domains answered 201, expected 409 mesh_cidr_overlap");
    breaks((struct test_answer){ 409,
                                 PROBLEM,
                                 PROBLEM_BODY(409, ERRORS "x", "domain_slug_conflict",
                                              "/v1/domains", ""),
                                 0,
                                 { { NULL, NULL } } },
           "POST /v1/domains answered 409 domain_slug_conflict, expected 409 mesh_cidr_overlap");
    breaks((struct test_answer){ 409,
                                 PROBLEM,
                                 "{\"type\":\"" ERRORS "x\",\"title\":\"T\",\"status\":409,"
                                 "\"detail\":\"d\",\"instance\":\"/v1/domains\"}",
                                 0,
                                 { { NULL, NULL } } },
           "POST /v1/domains answered 409, expected 409 mesh_cidr_overlap");
    breaks((struct test_answer){ 503,
                                 PROBLEM,
                                 PROBLEM_BODY(503, ERRORS "x", "authz_unavailable", "/v1/domains",
                                              ""),
                                 0,
                                 { { NULL, NULL } } },
           "POST /v1/domains answered 503 authz_unavailable, expected 409 mesh_cidr_overlap");
    holds(
        (struct test_answer){ 409,
                              PROBLEM,
                              PROBLEM_BODY(409, ERRORS "x", "mesh_cidr_overlap", "/v1/domains", ""),
                              0,
                              { { NULL, NULL } } });
    end();
}
END_TEST

/* Ruling 3: project_not_found at PostRegister is not named by the contract. */
START_TEST(an_unnamed_code_counts_only_with_rulings)
{
    struct test_answer other = { 404,
                                 PROBLEM,
                                 PROBLEM_BODY(404, ERRORS "x", "resource_not_found", "/v1/register",
                                              ""),
                                 0,
                                 { { NULL, NULL } } };
    begin();
    ask_create_domain(0, 404, "project_not_found");
    asks.path = "/v1/register";
    holds(other);
    w->claims_rulings = true;
    breaks(other,
           "POST /v1/register answered 404 resource_not_found, expected 404 project_not_found");
    other.body = PROBLEM_BODY(404, ERRORS "x", "project_not_found", "/v1/register", "");
    holds(other);
    end();
}
END_TEST

START_TEST(rule_status)
{
    begin();
    ask_create_domain(0, 0, NULL);
    breaks((struct test_answer){ 418,
                                 PROBLEM,
                                 PROBLEM_BODY(418, ERRORS "x", "teapot", "/v1/domains", ""),
                                 0,
                                 { { NULL, NULL } } },
           "POST /v1/domains answered 418 teapot: CreateDomain does not list status 418");
    breaks((struct test_answer){ 503,
                                 PROBLEM,
                                 "{\"type\":\"" ERRORS "x\",\"title\":\"T\",\"status\":503,"
                                 "\"detail\":\"d\",\"instance\":\"/v1/domains\"}",
                                 0,
                                 { { NULL, NULL } } },
           "POST /v1/domains answered 503: CreateDomain does not list status 503");
    breaks((struct test_answer){ 202, NULL, NULL, 0, { { NULL, NULL } } },
           "POST /v1/domains answered 202: CreateDomain does not list status 202");
    holds((struct test_answer){
        503,
        PROBLEM,
        PROBLEM_BODY(503, ERRORS "authz-unavailable", "authz_unavailable", "/v1/domains", ""),
        0,
        { { NULL, NULL } } });
    holds((struct test_answer){
        501,
        PROBLEM,
        PROBLEM_BODY(501, ERRORS "x", "surface_not_provisioned", "/v1/domains", ""),
        0,
        { { NULL, NULL } } });
    asks.method = "GET";
    asks.path = "/v1/version"; /* meta is never unprovisioned, and has no credentials to refuse */
    breaks((struct test_answer){ 501,
                                 PROBLEM,
                                 PROBLEM_BODY(501, ERRORS "x", "surface_not_provisioned",
                                              "/v1/version", ""),
                                 0,
                                 { { NULL, NULL } } },
           "GET /v1/version answered 501 surface_not_provisioned: GetVersion does not list status "
           "501");
    breaks((struct test_answer){ 401,
                                 PROBLEM,
                                 PROBLEM_BODY(401, ERRORS "x", "unauthenticated", "/v1/version",
                                              ""),
                                 0,
                                 { { NULL, NULL } } },
           "GET /v1/version answered 401 unauthenticated: GetVersion does not list status 401");
    end();
}
END_TEST

START_TEST(rule_unrouted)
{
    begin();
    asks.method = "GET";
    asks.path = "/v1/nowhere";
    breaks((struct test_answer){ 200, JSON, "{}", 0, { { NULL, NULL } } },
           "GET /v1/nowhere answered 200: the contract has no such path, which is 404 or 405");
    breaks(
        (struct test_answer){ 404, "text/html", "<p>", 0, { { NULL, NULL } } },
        "GET /v1/nowhere answered 404: media type is text/html, expected application/problem+json");
    holds((struct test_answer){ 404,
                                PROBLEM,
                                "{\"type\":\"" ERRORS "not-found\",\"title\":\"T\",\"status\":404,"
                                "\"detail\":\"d\",\"instance\":\"/v1/nowhere\"}",
                                0,
                                { { NULL, NULL } } });
    asks.method = "PUT";
    asks.path = "/v1/domains";
    breaks(
        (struct test_answer){ 200, JSON, "{}", 0, { { NULL, NULL } } },
        "PUT /v1/domains answered 200: the contract has no such method on this path, which is 404 "
        "or 405");
    asks.method = "POST";
    asks.path = "/v1/nodes/n/drift"; /* the agent's other dialect */
    holds((struct test_answer){ 200, JSON, "{}", 0, { { NULL, NULL } } });
    asks.method = "GET";
    asks.path = "/livez";
    holds((struct test_answer){ 200, "text/plain", "live", 0, { { NULL, NULL } } });
    holds((struct test_answer){ 503, JSON, "{}", 0, { { NULL, NULL } } });
    end();
}
END_TEST

START_TEST(rule_media_type_and_body)
{
    begin();
    ask_create_domain(0, 0, NULL);
    struct test_answer a = created();
    a.media_type = "text/json";
    breaks(a, "POST /v1/domains answered 201: media type is text/json, expected application/json");
    a.media_type = NULL;
    breaks(a, "POST /v1/domains answered 201: media type is missing, expected application/json");
    a.media_type = "Application/JSON; charset=utf-8";
    holds(a);
    a.body = "{\"id\":";
    ck_assert(!(server.answer = a, try(do_ask)));
    ck_assert_ptr_nonnull(strstr(left.message, "answered 201: the body is not JSON: line 1"));
    a.body = NULL;
    breaks(a, "POST /v1/domains answered 201: the body is missing");
    asks.method = "DELETE";
    asks.path = "/v1/domains/x";
    asks.ask = (struct ask){ .timeout_ms = 0 };
    holds((struct test_answer){ 204, NULL, NULL, 0, { { NULL, NULL } } });
    asks.path = "/v1/resources/x";
    breaks(
        (struct test_answer){ 202, JSON, "{}", 0, { { NULL, NULL } } },
        "DELETE /v1/resources/x answered 202: has a body of 2 bytes where the contract has none");
    end();
}
END_TEST

START_TEST(rule_schema)
{
    begin();
    ask_create_domain(0, 0, NULL);
    struct test_answer a = created();
    a.body = "{\"name\":\"n\"}";
    breaks(a, "POST /v1/domains answered 201: body is no DomainResponse: /: member id is missing");
    a.body = "[]";
    breaks(a, "POST /v1/domains answered 201: body is no DomainResponse: /: is array, not object");
    a.body = "{\"id\":\"x\",\"name\":\"n\",\"slug\":\"n\",\"mesh_cidr\":\"10.0.0.0/24\","
             "\"reachability\":" REACH ",\"created_at\":\"2026-11-22T04:55:00Z\","
             "\"updated_at\":\"2026-11-22T04:55:00Z\"}";
    breaks(a, "POST /v1/domains answered 201: body is no DomainResponse: /id: not a uuid");
    holds(created());
    end();
}
END_TEST

START_TEST(rule_headers)
{
    begin();
    ask_create_domain(0, 0, NULL);
    struct test_answer a = created();
    a.headers[0].name = NULL;
    breaks(a, "POST /v1/domains answered 201: header Location is missing");
    a = created();
    a.headers[0].value = "";
    ck_assert(!(server.answer = a, try(do_ask)));
    asks.method = "GET";
    asks.path = "/v1/domains/d/capacity";
    a = (struct test_answer){ 503,
                              PROBLEM,
                              PROBLEM_BODY(503, ERRORS "x", "authz_unavailable",
                                           "/v1/domains/d/capacity", ""),
                              0,
                              { { NULL, NULL } } };
    breaks(
        a,
        "GET /v1/domains/d/capacity answered 503 authz_unavailable: header Retry-After is missing");
    a.headers[0].name = "Retry-After";
    a.headers[0].value = "soon";
    breaks(a, "GET /v1/domains/d/capacity answered 503 authz_unavailable: header Retry-After: "
              "\"soon\" is not what the contract says");
    a.headers[0].value = "5";
    holds(a);
    end();
}
END_TEST

static struct test_answer conflict(const char *body)
{
    return (struct test_answer){ 409, PROBLEM, body, 0, { { NULL, NULL } } };
}

START_TEST(rule_problem)
{
    begin();
    ask_create_domain(0, 0, NULL);
    breaks(conflict("{\"type\":\"" ERRORS
                    "x\",\"title\":\"T\",\"status\":409,\"instance\":\"/v1/domains\"}"),
           "POST /v1/domains answered 409: body is no Problem: /: member detail is missing");
    breaks(conflict(PROBLEM_BODY(400, ERRORS "x", "mesh_cidr_overlap", "/v1/domains", "")),
           "POST /v1/domains answered 409 mesh_cidr_overlap: the body says status 400");
    breaks(
        conflict(PROBLEM_BODY(409, "about:blank", "mesh_cidr_overlap", "/v1/domains", "")),
        "POST /v1/domains answered 409 mesh_cidr_overlap: type is \"about:blank\", which does not "
        "begin with https://plexsphere.com/errors/");
    breaks(conflict(PROBLEM_BODY(409, ERRORS, "mesh_cidr_overlap", "/v1/domains", "")),
           "POST /v1/domains answered 409 mesh_cidr_overlap: type is "
           "\"https://plexsphere.com/errors/\", which does not begin with "
           "https://plexsphere.com/errors/");
    breaks(conflict(PROBLEM_BODY(409, ERRORS "x", "mesh_cidr_overlap", "/v1/projects", "")),
           "POST /v1/domains answered 409 mesh_cidr_overlap: instance is \"/v1/projects\", not the "
           "request's path");
    breaks(conflict(PROBLEM_BODY(409, ERRORS "x", "made_up", "/v1/domains", "")),
           "POST /v1/domains answered 409 made_up: code made_up stands in no row of the catalogue "
           "with "
           "status 409");
    breaks(conflict("{\"type\":\"" ERRORS "x\",\"title\":\"\",\"status\":409,\"detail\":\"d\","
                    "\"instance\":\"/v1/domains\"}"),
           "POST /v1/domains answered 409: title is empty");
    breaks(conflict("[]"),
           "POST /v1/domains answered 409: body is no Problem: /: is array, not object");
    holds(conflict(PROBLEM_BODY(409, ERRORS "x", "mesh_cidr_overlap", "/v1/domains", "")));
    asks.path = "/v1/domains?limit=3"; /* the query is no part of the instance */
    holds(conflict(PROBLEM_BODY(409, ERRORS "x", "mesh_cidr_overlap", "/v1/domains", "")));
    end();
}
END_TEST

START_TEST(instances_behind_a_base_path_and_encoded)
{
    begin();
    ask_create_domain(0, 0, NULL);
    profile.base_path = "/api";
    holds(conflict(PROBLEM_BODY(409, ERRORS "x", "mesh_cidr_overlap", "/v1/domains", "")));
    holds(conflict(PROBLEM_BODY(409, ERRORS "x", "mesh_cidr_overlap", "/api/v1/domains", "")));
    ck_assert_str_eq(server.target, "/api/v1/domains");
    profile.base_path = "";
    asks.method = "GET";
    asks.path = "/v1/domains/a%20b";
    struct test_answer a = { 404,
                             PROBLEM,
                             PROBLEM_BODY(404, ERRORS "x", "domain_not_found", "/v1/domains/a b",
                                          ""),
                             0,
                             { { NULL, NULL } } };
    holds(a);
    a.body = PROBLEM_BODY(404, ERRORS "x", "domain_not_found", "/v1/domains/a%20b", "");
    holds(a);
    a.body = PROBLEM_BODY(404, ERRORS "x", "domain_not_found", "/v1/domains/ab", "");
    breaks(a,
           "GET /v1/domains/a%20b answered 404 domain_not_found: instance is \"/v1/domains/ab\", "
           "not the request's path");
    end();
}
END_TEST

START_TEST(permission_denied)
{
    begin();
    ask_create_domain(0, 0, NULL);
    struct test_answer a = { 403,
                             PROBLEM,
                             PROBLEM_BODY(403, ERRORS "x", "permission_denied", "/v1/domains", ""),
                             0,
                             { { NULL, NULL } } };
    breaks(a, "POST /v1/domains answered 403 permission_denied: body is no PermissionDenied: /: "
              "member reason is missing");
    a.body = PROBLEM_BODY(403, ERRORS "x", "permission_denied", "/v1/domains",
                          ",\"reason\":\"because\",\"correlation_id\":\"c\"");
    ck_assert(!(server.answer = a, try(do_ask)));
    ck_assert_ptr_nonnull(strstr(left.message, "/reason: is not one of"));
    a.body = PROBLEM_BODY(403, ERRORS "x", "permission_denied", "/v1/domains",
                          ",\"reason\":\"out_of_scope\"");
    breaks(a, "POST /v1/domains answered 403 permission_denied: body is no PermissionDenied: /: "
              "member correlation_id is missing");
    /* A refusal that no relation decided is a plain Problem. */
    a.body = PROBLEM_BODY(403, ERRORS "x", "csrf_token_mismatch", "/v1/domains", "");
    holds(a);
    a.body = PROBLEM_BODY(403, ERRORS "x", "permission_denied", "/v1/domains",
                          ",\"reason\":\"out_of_scope\",\"correlation_id\":\"c\"");
    holds(a);
    end();
}
END_TEST

static const char *wanted_reason;
static void do_refuse_permission(void)
{
    (void)refuse_permission(exchange_new(w, asks.method, asks.path, asks.ask), wanted_reason);
}

START_TEST(refuse_permission_wants_its_reason)
{
    begin();
    ask_create_domain(0, 0, NULL);
    server.answer =
        (struct test_answer){ 403,
                              PROBLEM,
                              PROBLEM_BODY(403, ERRORS "x", "permission_denied", "/v1/domains",
                                           ",\"reason\":\"out_of_scope\","
                                           "\"correlation_id\":\"c\""),
                              0,
                              { { NULL, NULL } } };
    wanted_reason = "insufficient_relation";
    ck_assert(!try(do_refuse_permission));
    ck_assert_str_eq(left.message,
                     "POST /v1/domains answered 403 with reason out_of_scope, expected "
                     "insufficient_relation");
    wanted_reason = "out_of_scope";
    ck_assert_msg(try(do_refuse_permission), "%s", left.message);
    wanted_reason = NULL;
    ck_assert(try(do_refuse_permission));
    server.answer.body = PROBLEM_BODY(403, ERRORS "x", "csrf_token_mismatch", "/v1/domains", "");
    ck_assert(!try(do_refuse_permission));
    server.answer.body = PROBLEM_BODY(403, ERRORS "x", "node_id_mismatch", "/v1/domains",
                                      ",\"reason\":\"out_of_scope\",\"correlation_id\":\"c\"");
    ck_assert(!try(do_refuse_permission));
    server.answer.body = PROBLEM_BODY(403, ERRORS "x", "permission_denied", "/v1/domains",
                                      ",\"reason\":\"out_of_scope\",\"correlation_id\":\"\"");
    ck_assert(!try(do_refuse_permission));
    server.answer = created();
    ck_assert(!try(do_refuse_permission));
    ck_assert_str_eq(left.message, "POST /v1/domains answered 201, expected 403 permission_denied");
    end();
}
END_TEST

static void do_refuse_any(void)
{
    (void)refuse_any(exchange_new(w, asks.method, asks.path, asks.ask),
                     (const int[]){ 404, 409, 0 });
}

START_TEST(refuse_any_wants_one_of_them)
{
    begin();
    ask_create_domain(0, 0, NULL);
    server.answer = created();
    ck_assert(!try(do_refuse_any));
    ck_assert_str_eq(left.message, "POST /v1/domains answered 201, expected 404 or 409");
    server.answer = conflict(PROBLEM_BODY(409, ERRORS "x", "mesh_cidr_overlap", "/v1/domains", ""));
    ck_assert_msg(try(do_refuse_any), "%s", left.message);
    end();
}
END_TEST

START_TEST(rule_internals)
{
    static const char *const details[] = {
        "pq: duplicate key",
        "ERROR: relation (SQLSTATE 42P01)",
        "select * from domains",
        "panic: runtime error",
        "at /usr/lib/x",
        "store/domains.go:12",
        "connect to Postgres failed",
    };
    begin();
    ask_create_domain(0, 0, NULL);
    for (size_t i = 0; i < ARRAY_LEN(details); i++) {
        struct test_answer a = { 500, PROBLEM, NULL, 0, { { NULL, NULL } } };
        a.body =
            arena_printf(w->arena,
                         "{\"type\":\"" ERRORS "internal\",\"title\":\"T\",\"status\":500,"
                         "\"detail\":\"%s\",\"instance\":\"/v1/domains\",\"code\":\"internal\"}",
                         details[i]);
        server.answer = a;
        ck_assert_msg(!try(do_ask), "%s", details[i]);
        ck_assert_ptr_nonnull(strstr(left.message, "detail tells internals"));
    }
    holds((struct test_answer){
        500,
        PROBLEM,
        "{\"type\":\"" ERRORS "internal\",\"title\":\"T\",\"status\":500,\"detail\":"
        "\"Select another Domain or retry the update later\",\"instance\":\"/v1/domains\"}",
        0,
        { { NULL, NULL } } });
    holds((struct test_answer){ 500,
                                PROBLEM,
                                PROBLEM_BODY(500, ERRORS "internal", "internal", "/v1/domains", ""),
                                0,
                                { { NULL, NULL } } });
    end();
}
END_TEST

START_TEST(rule_secrets)
{
    static const struct credential who = { "domain admin", "psk_dev_averylongtoken", "user:1" };
    begin();
    redact_learn(w->own->redact, who.token);
    ask_create_domain(0, 0, NULL);
    asks.ask.as = &who;
    struct test_answer a = created();
    a.headers[1].name = "X-Debug";
    a.headers[1].value = "you are psk_dev_averylongtoken";
    breaks(a, "POST /v1/domains answered 201: holds a secret that it was not asked to issue");
    a.headers[1].name = NULL;
    holds(a);
    ck_assert_str_eq(server.authorization, "Bearer psk_dev_averylongtoken");
    breaks(conflict("{\"type\":\"" ERRORS "x\",\"title\":\"T\",\"status\":409,"
                    "\"detail\":\"psk_dev_averylongtoken\",\"instance\":\"/v1/domains\"}"),
           "POST /v1/domains answered 409: holds a secret that it was not asked to issue");
    asks.ask = (struct ask){ .bearer = "some-literal-bearer" };
    breaks(conflict("{\"type\":\"" ERRORS "x\",\"title\":\"T\",\"status\":409,"
                    "\"detail\":\"some-literal-bearer\",\"instance\":\"/v1/domains\"}"),
           "POST /v1/domains answered 409: holds a secret that it was not asked to issue");
    end();
}
END_TEST

static const char issued[] =
    "{\"token_id\":\"0188d0e0-0000-7000-8000-000000000000\",\"token\":\"plexsphere_dev_thetoken\","
    "\"issued_at\":\"2026-11-22T04:55:00Z\",\"expires_at\":\"2026-11-22T05:55:00Z\"}";

START_TEST(what_is_issued_may_be_shown_once)
{
    begin();
    asks.method = "POST";
    asks.path = "/v1/projects/p/bootstrap-tokens";
    asks.ask = (struct ask){ .raw = BYTES_OF_TEXT("{}") };
    struct test_answer a = { 201, JSON, issued, 0, { { "Location", "/x" } } };
    holds(a);
    breaks(
        a,
        "POST /v1/projects/p/bootstrap-tokens answered 201: holds a secret that it was not asked "
        "to issue"); /* the same token a second time */
    char *transcripts = json_dumps(left.transcripts, 0);
    ck_assert_ptr_null(strstr(transcripts, "thetoken"));
    ck_assert_ptr_nonnull(strstr(transcripts, "\\\"token\\\":\\\"[redacted]\\\""));
    mem_free(transcripts);
    end();
}
END_TEST

START_TEST(answers_of_the_server_library_are_outside)
{
    begin();
    ask_create_domain(0, 0, NULL);
    holds((struct test_answer){ 414, "text/html", "<html>", 0, { { NULL, NULL } } });
    holds((struct test_answer){ 431, "text/html", "<html>", 0, { { NULL, NULL } } });
    breaks((struct test_answer){ 413, "text/html", "<html>", 0, { { NULL, NULL } } },
           "POST /v1/domains answered 413: media type is text/html, expected "
           "application/problem+json");
    breaks((struct test_answer){ 400, "text/html", "<html>", 0, { { NULL, NULL } } },
           "POST /v1/domains answered 400: media type is text/html, expected "
           "application/problem+json");
    end();
}
END_TEST

START_TEST(health_is_json_also_when_it_is_down)
{
    begin();
    asks.method = "GET";
    asks.path = "/v1/health";
    struct test_answer a = {
        503, PROBLEM, "{\"status\":\"down\",\"checks\":[]}", 0, { { NULL, NULL } }
    };
    breaks(a, "GET /v1/health answered 503: media type is application/problem+json, expected "
              "application/json");
    a.media_type = JSON;
    holds(a);
    end();
}
END_TEST

START_TEST(no_answer_is_a_failure_when_judged)
{
    begin();
    ask_create_domain(201, 0, NULL);
    asks.ask.base_url = "http://127.0.0.1:1";
    ck_assert(!try(do_ask));
    ck_assert_int_eq(left.verdict, VERDICT_FAILED);
    ck_assert_str_eq(left.message, "POST /v1/domains: no answer: connection refused");
    ck_assert_str_eq(json_text(json_array_get(left.transcripts, 0), "error"), "connection refused");
    end();
}
END_TEST

static void do_twin(void)
{
    (void)accept(exchange_new(w, asks.method, asks.path, asks.ask), 201);
}

START_TEST(no_answer_ever_is_broken)
{
    begin();
    ask_create_domain(201, 0, NULL);
    asks.ask.base_url = "http://127.0.0.1:1";
    ck_assert(!try(do_twin));
    ck_assert_int_eq(left.verdict, VERDICT_BROKEN);
    asks.ask.base_url = NULL;
    server.answer = created();
    ck_assert(try(do_twin));
    asks.ask.base_url =
        "http://127.0.0.1:1"; /* it was there before: now it is the target's fault */
    ck_assert(!try(do_twin));
    ck_assert_int_eq(left.verdict, VERDICT_FAILED);
    end();
}
END_TEST

static struct reply *got;
static const char *pointer, *other;
static void do_text(void)
{
    (void)expect_text(got, pointer);
}
static void do_int(void)
{
    (void)expect_int(got, pointer);
}
static void do_absent(void)
{
    expect_absent(got, pointer);
}
static void do_equal(void)
{
    expect_equal(got, pointer, other);
}
static void do_header(void)
{
    expect_header(got, pointer, other);
}
static void do_expect(void)
{
    expect(w, got == NULL, "the sum is %d", 7);
}
static void do_unsupported(void)
{
    unsupported(w, "no %s", "hook");
}

static void says(void (*body)(void), const char *message)
{
    ck_assert(!try(body));
    ck_assert_str_eq(left.message, message);
}

START_TEST(assertions_on_a_reply)
{
    begin();
    server.answer = created();
    ask_create_domain(201, 0, NULL);
    ck_assert(send_quietly(exchange_new(w, asks.method, asks.path, asks.ask), &got));
    ck_assert_str_eq(got->operation, "CreateDomain");
    pointer = "/nope";
    says(do_text, "POST /v1/domains answered 201 without /nope");
    pointer = "/reachability";
    says(do_text, "POST /v1/domains answered 201: /reachability is no text");
    pointer = "/slug";
    says(do_int, "POST /v1/domains answered 201: /slug is no whole number");
    says(do_absent, "POST /v1/domains answered 201 with /slug, which must be absent");
    other = "m";
    says(do_equal, "POST /v1/domains answered 201: /slug is \"n\", expected \"m\"");
    other = "n";
    ck_assert(try(do_equal) && try(do_text));
    pointer = "/nope";
    ck_assert(try(do_absent));
    pointer = "X-Nope";
    other = NULL;
    says(do_header, "POST /v1/domains answered 201 without header X-Nope");
    pointer = "location";
    ck_assert(try(do_header));
    other = "/v1/domains/y";
    says(do_header, "POST /v1/domains answered 201: header location is \"/v1/domains/x\", expected "
                    "\"/v1/domains/y\"");
    says(do_expect, "the sum is 7");
    says(do_unsupported, "no hook");
    ck_assert_int_eq(left.verdict, VERDICT_UNSUPPORTED);
    end();
}
END_TEST

START_TEST(tells_what_it_saw)
{
    begin();
    ask_create_domain(201, 0, NULL);
    holds(created());
    holds(created());
    ck_assert_str_eq(left.seen, "CreateDomain 201 -;CreateDomain 201 -;");
    ck_assert_str_eq(left.members, "DomainResponse.id;DomainResponse.name;DomainResponse.slug;"
                                   "DomainResponse.mesh_cidr;DomainResponse.reachability;"
                                   "DomainReachabilityPolicy.heartbeat_interval;"
                                   "DomainReachabilityPolicy.stale_after;"
                                   "DomainReachabilityPolicy.unreachable_after;"
                                   "DomainResponse.created_at;DomainResponse.updated_at;");
    const json_t *t = json_array_get(left.transcripts, 0);
    ck_assert_str_eq(json_text(t, "method"), "POST");
    ck_assert(json_flag(t, "judged", false));
    ck_assert_int_eq(json_int(t, "status", 0), 201);
    ck_assert_str_eq(json_text(t, "request_body"), "{}");
    ck_assert_str_eq(json_text(json_member(t, "response_headers"), "Location"), "/v1/domains/x");
    end();
}
END_TEST

START_TEST(impostors_get_what_is_judged)
{
    struct error e = { "" };
    ck_assert_msg(impostor_start(&e), "%s", e.text);
    begin();
    ask_create_domain(201, 0, NULL);
    server.answer = created();
    left.impostor = IMPOSTOR_CLOSED;
    ck_assert(!try(do_ask));
    ck_assert_str_eq(left.message, "POST /v1/domains: no answer: connection refused");
    ck_assert_int_eq(left.verdict, VERDICT_FAILED);
    left.impostor = IMPOSTOR_RIGHT_STATUS;
    ck_assert(!try(do_ask));
    ck_assert_str_eq(left.message,
                     "POST /v1/domains answered 201: body is no DomainResponse: /: member "
                     "id is missing");
    ck_assert_int_eq(server.requests, 0);
    ck_assert(try(do_twin)); /* set-up still reaches the target */
    ck_assert_int_eq(server.requests, 1);
    end();
    impostor_stop();
}
END_TEST

TESTS("harness/judge", an_accepted_answer, a_refused_answer,
      an_unnamed_code_counts_only_with_rulings, rule_status, rule_unrouted,
      rule_media_type_and_body, rule_schema, rule_headers, rule_problem,
      instances_behind_a_base_path_and_encoded, permission_denied,
      refuse_permission_wants_its_reason, refuse_any_wants_one_of_them, rule_internals,
      rule_secrets, what_is_issued_may_be_shown_once, answers_of_the_server_library_are_outside,
      health_is_json_also_when_it_is_down, no_answer_is_a_failure_when_judged,
      no_answer_ever_is_broken, assertions_on_a_reply, tells_what_it_saw,
      impostors_get_what_is_judged)
