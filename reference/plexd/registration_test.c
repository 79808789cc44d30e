#include "reference/plexd/registration.h"

#include "common/file.h"
#include "common/log.h"
#include "common/testing.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexd/test_server.h"

#define KEY_B64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define TOKEN "psb_dev_aaaqeayeaudaocajbifqydiob4_node_aaaaaaaaaaaaaaaaaaaa"
#define IDENTITY                                                                                   \
    "{\"node_id\":\"n1\",\"mesh_ip\":\"10.0.0.1\",\"nsk\":\"" KEY_B64                              \
    "\",\"node_secret_key\":\"0123456789abcdef0123456789abcdef\",\"signing_public_key\":"          \
    "\"" KEY_B64 "\",\"signing_key_id\":\"k\"}"

static struct arena *a;
static struct error e;
static struct loop *l;
static struct http *h;
static struct test_server server;
static struct fast_clock fast;
static char *folder;
static struct plexd_config c;
static struct environment env;
static struct identity id;

/* What the server answers, one after another; the last one stays. */
static struct {
    int status;
    const char *headers, *body;
} script[8];
static size_t n_script;
static int64_t times[16];
static char *bodies[16];
static const char *bearer;

static void say(int status, const char *headers, const char *body)
{
    script[n_script].status = status;
    script[n_script].headers = headers;
    script[n_script++].body = body;
}

static void handle(struct test_request *rq)
{
    size_t i = (size_t)rq->number - 1;
    ck_assert_str_eq(rq->path, "/v1/register");
    times[i] = loop_now(l);
    bodies[i] = arena_strdup(a, (const char *)rq->body.data);
    bearer = arena_strdup(a, test_header(a, rq, "Authorization"));
    size_t at = i < n_script ? i : n_script - 1;
    test_answer(rq, script[at].status, script[at].headers, script[at].body);
}

static void begin(void)
{
    a = arena_create();
    ck_assert(directory_make_temporary(a, "/tmp/plexd-registration", &folder, &e));
    ck_assert(loop_create(&l, &e));
    ck_assert(test_server_open(&server, l, handle, NULL));
    struct http_options o = { .base_url = server.url, .version = "1" };
    ck_assert(http_create(l, &o, &h, &e));
    c = (struct plexd_config){
        .data_dir = path_join(a, folder, "data"),
        .token_file = path_join(a, folder, "token"),
        .token_value = "",
        .token_env = "T",
        .hostname = "host",
        .project_id = "",
        .resource_handle = "",
        .max_retry_duration = 300 * NANOS_PER_SECOND,
    };
    ck_assert(file_write_atomic(c.token_file, TOKEN, strlen(TOKEN), 0600, &e));
    static char *none[] = { NULL };
    env.pairs = none;
    fast_clock_start(&fast, l);
    log_set_level(LOG_ERROR);
}

static enum registered run(const struct wire *w)
{
    struct registration_options o = { .loop = l, .http = h, .wire = w, .config = &c, .env = &env };
    return registration_run(a, &o, &id, &e);
}

static void finish(void)
{
    fast_clock_stop(&fast);
    http_destroy(h);
    test_server_close(&server);
    loop_destroy(l);
    ck_assert(directory_remove(folder, &e));
    arena_destroy(a);
}

START_TEST(a_token_becomes_an_identity)
{
    begin();
    say(201, "", IDENTITY);
    ck_assert_int_eq(run(&wire_v1), REGISTERED);
    ck_assert_str_eq(id.node_id, "n1");
    ck_assert_int_eq(server.requests, 1);
    ck_assert(text_contains(bodies[0], "\"project_id\":\"00010203-0405-0607-0809-0a0b0c0d0e0f\""));
    ck_assert(text_contains(bodies[0], "\"resource_handle\":\"host\""));
    ck_assert_str_eq(bearer, "");
    ck_assert(!path_exists(c.token_file));
    struct identity saved;
    ck_assert_int_eq(identity_load(a, c.data_dir, &saved, &e), IDENTITY_FOUND);
    ck_assert_int_eq(memcmp(saved.private_key, id.private_key, 32), 0);
    finish();
}
END_TEST

START_TEST(the_other_dialect_sends_its_token_as_bearer_too)
{
    begin();
    say(201, "", IDENTITY);
    ck_assert_int_eq(run(&wire_mvp), REGISTERED);
    ck_assert_str_eq(bearer, "Bearer " TOKEN);
    ck_assert_str_eq(id.dialect, "mvp");
    finish();
}
END_TEST

START_TEST(an_identity_on_disk_is_taken_without_a_call)
{
    begin();
    say(500, "", "");
    struct identity old = {
        .node_id = "n9", .mesh_ip = "10.9.9.9", .nsk = KEY_B64, .signing_key_id = "", .dialect = ""
    };
    ck_assert(identity_save(a, c.data_dir, &old, &e));
    ck_assert_int_eq(run(&wire_v1), REGISTERED);
    ck_assert_str_eq(id.node_id, "n9");
    ck_assert_int_eq(server.requests, 0);
    ck_assert(path_exists(c.token_file)); /* not looked at */
    finish();
}
END_TEST

START_TEST(corrupt_files_lead_to_a_new_registration)
{
    begin();
    say(201, "", IDENTITY);
    ck_assert(directory_make(c.data_dir, 0700, &e));
    ck_assert(file_write_atomic(path_join(a, c.data_dir, "identity.json"), "{", 1, 0600, &e));
    ck_assert_int_eq(run(&wire_v1), REGISTERED);
    ck_assert_str_eq(id.node_id, "n1");
    finish();
}
END_TEST

/* Ruling 10, plexd-facts 13 case 27: one attempt, and the code is told. */
START_TEST(a_refusal_ends_it_at_once)
{
    static const int statuses[] = { 400, 401, 403, 404, 409, 413, 422, 451 };
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        begin();
        n_script = 0;
        say(statuses[i], "", "{\"code\":\"token_consumed\",\"detail\":\"" TOKEN "\"}");
        ck_assert_int_eq(run(&wire_v1), REGISTRATION_FAILED);
        ck_assert_int_eq(server.requests, 1);
        ck_assert_msg(text_contains(e.text, "token_consumed"), "%s", e.text);
        ck_assert(!text_contains(e.text, TOKEN));
        ck_assert(path_exists(c.token_file));
        ck_assert(!path_exists(path_join(a, c.data_dir, "identity.json")));
        finish();
    }
}
END_TEST

START_TEST(other_failures_are_tried_again_with_the_same_order)
{
    begin();
    say(503, "", "");
    say(408, "", "");
    say(200, "", "no json");
    say(201, "", IDENTITY);
    ck_assert_int_eq(run(&wire_v1), REGISTERED);
    ck_assert_int_eq(server.requests, 4);
    for (int i = 1; i < 4; i++)
        ck_assert_str_eq(bodies[0], bodies[i]); /* key and nonce, too */
    ck_assert_int_ge(times[1] - times[0], NANOS_PER_SECOND * 3 / 4);
    ck_assert_int_ge(times[2] - times[1], NANOS_PER_SECOND * 3 / 2);
    ck_assert_int_ge(times[3] - times[2], NANOS_PER_SECOND * 3);
    finish();
}
END_TEST

START_TEST(a_rate_limit_says_how_long)
{
    begin();
    say(429, "Retry-After: 30\r\n", "");
    say(201, "", IDENTITY);
    ck_assert_int_eq(run(&wire_v1), REGISTERED);
    ck_assert_int_ge(times[1] - times[0], 30 * NANOS_PER_SECOND);
    finish();
}
END_TEST

START_TEST(patience_has_an_end)
{
    begin();
    say(503, "", "");
    c.max_retry_duration = 10 * NANOS_PER_SECOND;
    ck_assert_int_eq(run(&wire_v1), REGISTRATION_FAILED);
    ck_assert_int_ge(server.requests, 3);
    ck_assert_msg(text_contains(e.text, "given up after 10s"), "%s", e.text);
    ck_assert(path_exists(c.token_file));
    finish();
}
END_TEST

static void stop(void *self)
{
    (void)self;
    loop_stop(l);
}

START_TEST(it_can_be_stopped)
{
    begin();
    say(503, "", "");
    struct timer t = { .fire = stop };
    timer_set(l, &t, 2 * NANOS_PER_SECOND);
    ck_assert_int_eq(run(&wire_v1), REGISTRATION_STOPPED);
    ck_assert(path_exists(c.token_file));
    finish();
}
END_TEST

/* A token is not spent for an identity that nobody could keep. */
START_TEST(a_folder_that_cannot_be_made_is_noticed_first)
{
    begin();
    say(201, "", IDENTITY);
    c.data_dir = path_join(a, c.token_file, "data");
    ck_assert_int_eq(run(&wire_v1), REGISTRATION_FAILED);
    ck_assert_int_eq(server.requests, 0);
    finish();
}
END_TEST

START_TEST(without_a_project_v1_does_not_ask)
{
    begin();
    say(201, "", IDENTITY);
    ck_assert(file_write_atomic(c.token_file, "plain", 5, 0600, &e));
    ck_assert_int_eq(run(&wire_v1), REGISTRATION_FAILED);
    ck_assert(text_contains(e.text, "project_id"));
    c.project_id = "p";
    c.resource_handle = "r";
    ck_assert_int_eq(run(&wire_v1), REGISTERED);
    ck_assert(text_contains(bodies[0], "\"project_id\":\"p\",\"resource_handle\":\"r\""));
    finish();
}
END_TEST

TESTS("plexd/registration", a_token_becomes_an_identity,
      the_other_dialect_sends_its_token_as_bearer_too, an_identity_on_disk_is_taken_without_a_call,
      corrupt_files_lead_to_a_new_registration, a_refusal_ends_it_at_once,
      other_failures_are_tried_again_with_the_same_order, a_rate_limit_says_how_long,
      patience_has_an_end, it_can_be_stopped, a_folder_that_cannot_be_made_is_noticed_first,
      without_a_project_v1_does_not_ask)
