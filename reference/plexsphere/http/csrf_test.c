#include "reference/plexsphere/http/csrf.h"

#include "common/testing.h"
#include "common/text.h"

static const char *const allowed[] = { "http://localhost:8080", "https://console.example" };
static const struct csrf_config config = { allowed, 2 };
static struct app app;
static struct request rq;
static const char *origin, *site, *token, *cookie;

static const char *header(struct request *r, const char *name)
{
    (void)r;
    if (text_equal(name, "Origin"))
        return origin;
    if (text_equal(name, "Sec-Fetch-Site"))
        return site;
    if (text_equal(name, "X-Plexsphere-CSRF"))
        return token;
    return text_equal(name, "Cookie") ? cookie : NULL;
}

/* A request that passes; each test breaks one thing. */
static void start(void)
{
    app = (struct app){ .csrf = &config };
    origin = "https://console.example";
    site = NULL;
    token = "abc123";
    cookie = "plexsphere_session=s; plexsphere_csrf=abc123; other=1";
    rq = (struct request){ .arena = arena_create(),
                           .app = &app,
                           .path = "/v1/domains",
                           .method = "POST",
                           .header = header,
                           .caller = { .kind = CALLER_USER, .by_cookie = true } };
}

static enum problem checked(void)
{
    struct answer a = csrf_check(&rq);
    ck_assert(a.status == 0 || a.status == 403);
    ck_assert_int_eq(a.status == 0, a.problem == PROBLEM_NONE);
    return a.problem;
}

START_TEST(both_legs_pass)
{
    start();
    ck_assert_int_eq(checked(), PROBLEM_NONE);
    arena_destroy(rq.arena);
}
END_TEST

START_TEST(bearer_and_safe_methods_are_exempt)
{
    start();
    origin = token = cookie = NULL;
    app.csrf = NULL;
    ck_assert_int_eq(checked(), PROBLEM_CSRF_ORIGIN_NOT_CONFIGURED);
    rq.method = "GET";
    ck_assert_int_eq(checked(), PROBLEM_NONE);
    rq.method = "HEAD";
    ck_assert_int_eq(checked(), PROBLEM_NONE);
    rq.method = "DELETE";
    ck_assert_int_eq(checked(), PROBLEM_CSRF_ORIGIN_NOT_CONFIGURED);
    rq.caller.by_cookie = false;
    ck_assert_int_eq(checked(), PROBLEM_NONE);
    arena_destroy(rq.arena);
}
END_TEST

START_TEST(the_order_is_not_configured_then_origin_then_token)
{
    start();
    app.csrf = NULL;
    origin = "https://evil.example";
    token = "wrong!";
    ck_assert_int_eq(checked(), PROBLEM_CSRF_ORIGIN_NOT_CONFIGURED);
    app.csrf = &config;
    ck_assert_int_eq(checked(), PROBLEM_CSRF_ORIGIN_MISMATCH);
    origin = "http://localhost:8080";
    ck_assert_int_eq(checked(), PROBLEM_CSRF_TOKEN_MISMATCH);
    token = "abc123";
    ck_assert_int_eq(checked(), PROBLEM_NONE);
    arena_destroy(rq.arena);
}
END_TEST

START_TEST(an_origin_matches_whole_or_not_at_all)
{
    static const char *const bad[] = { "https://console.example.evil", "https://console.exampl",
                                       "http://console.example",       "null",
                                       "https://console.example/",     "" };
    start();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        origin = bad[i];
        ck_assert_msg(checked() == PROBLEM_CSRF_ORIGIN_MISMATCH, "origin '%s'", bad[i]);
    }
    origin = NULL;
    ck_assert_int_eq(checked(), PROBLEM_CSRF_ORIGIN_MISMATCH);
    site = "same-site";
    ck_assert_int_eq(checked(), PROBLEM_CSRF_ORIGIN_MISMATCH);
    site = "same-origin";
    ck_assert_int_eq(checked(), PROBLEM_NONE);
    arena_destroy(rq.arena);
}
END_TEST

START_TEST(the_token_is_the_cookie_byte_for_byte)
{
    start();
    token = "ABC123";
    ck_assert_int_eq(checked(), PROBLEM_CSRF_TOKEN_MISMATCH);
    token = "abc12";
    ck_assert_int_eq(checked(), PROBLEM_CSRF_TOKEN_MISMATCH);
    token = NULL;
    ck_assert_int_eq(checked(), PROBLEM_CSRF_TOKEN_MISMATCH);
    token = "";
    cookie = "plexsphere_csrf=";
    ck_assert_int_eq(checked(), PROBLEM_CSRF_TOKEN_MISMATCH);
    token = "abc123";
    cookie = "xplexsphere_csrf=abc123";
    ck_assert_int_eq(checked(), PROBLEM_CSRF_TOKEN_MISMATCH);
    cookie = NULL;
    ck_assert_int_eq(checked(), PROBLEM_CSRF_TOKEN_MISMATCH);
    arena_destroy(rq.arena);
}
END_TEST

TESTS("http/csrf", both_legs_pass, bearer_and_safe_methods_are_exempt,
      the_order_is_not_configured_then_origin_then_token, an_origin_matches_whole_or_not_at_all,
      the_token_is_the_cookie_byte_for_byte)
