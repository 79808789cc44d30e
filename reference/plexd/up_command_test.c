/* The whole agent, in a child, against a control plane on this test's loop. */
#include <fcntl.h>
#include <openssl/evp.h>
#include <signal.h>
#include <sys/wait.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/log.h"
#include "common/testing.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexd/commands.h"
#include "reference/plexd/identity.h"
#include "reference/plexd/test_server.h"

#define TOKEN "psb_dev_aaaqeayeaudaocajbifqydiob4_node_aaaaaaaaaaaaaaaaaaaa"
#define NSK "ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A="

static struct arena *a;
static struct error e;
static struct loop *l;
static struct test_server server;
static struct timer reap;
static char *folder;
static EVP_PKEY *key;
static pid_t child;
static bool asked;
static int child_status, heartbeats, streams, states, refusal;

static const char *in_folder(const char *name)
{
    return path_join(a, folder, name);
}

static const char *content(const char *name)
{
    struct bytes text;
    return file_read(a, in_folder(name), 1u << 20, &text, &e) ? (const char *)text.data : "";
}

static const char *signed_event(void)
{
    const char *text = arena_printf(
        a,
        "{\"id\":\"e1\",\"type\":\"node_state_updated\",\"issued_at\":\"%s\",\"payload\":"
        "{\"metadata\":[{\"key\":\"told\",\"value\":\"by event\"}]}}",
        timestamp_format(a, clock_wall_micros()));
    unsigned char raw[64];
    size_t len = 64;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_DigestSignInit(ctx, NULL, NULL, NULL, key);
    EVP_DigestSign(ctx, raw, &len, (const unsigned char *)text, strlen(text));
    EVP_MD_CTX_free(ctx);
    return arena_printf(a, "%.*s,\"signature\":\"%s\"}", (int)strlen(text) - 1, text,
                        base64_encode(a, BASE64_STANDARD, raw, 64));
}

static void answer_register(struct test_request *rq)
{
    unsigned char public_key[32];
    size_t len = 32;
    EVP_PKEY_get_raw_public_key(key, public_key, &len);
    test_answer(rq, 201, "",
                arena_printf(a,
                             "{\"node_id\":\"n1\",\"mesh_ip\":\"10.0.0.1\",\"nsk\":\"" NSK
                             "\",\"signing_public_key\":\"%s\",\"signing_key_id\":\"k\"}",
                             base64_encode(a, BASE64_STANDARD, public_key, 32)));
}

static void answer_state(struct test_request *rq)
{
    states++;
    test_answer(rq, 200, "",
                streams == 0 ? "{\"peers\":[],\"state\":null}"
                             : "{\"peers\":[],\"state\":{\"metadata\":[{\"key\":"
                               "\"told\",\"value\":\"by event\"}],\"data\":[]}}");
}

static void answer_events(struct test_request *rq)
{
    streams++;
    test_send(rq->fd, "HTTP/1.1 200 OK\r\n\r\n");
    test_send(rq->fd, arena_printf(a, "id: 1\ndata: %s\n\n", signed_event()));
}

static void handle(struct test_request *rq)
{
    if (refusal != 0) {
        test_answer(rq, refusal, "", "{\"code\":\"token_consumed\",\"detail\":\"" TOKEN "\"}");
        return;
    }
    if (text_equal(rq->path, "/v1/register")) {
        answer_register(rq);
        return;
    }
    ck_assert_str_eq(test_header(a, rq, "Authorization"), "Bearer " NSK);
    if (text_equal(rq->path, "/v1/nodes/n1/heartbeat")) {
        heartbeats++;
        test_answer(rq, 200, "", "{\"reconcile\":false,\"rotate_keys\":false}");
    } else if (text_equal(rq->path, "/v1/nodes/n1/state")) {
        answer_state(rq);
    } else if (text_equal(rq->path, "/v1/nodes/n1/events")) {
        answer_events(rq);
    } else {
        ck_abort_msg("%s", rq->path);
    }
}

/* Once all of it has been seen the agent is asked, once, to end: a second signal would end it
 * without order. */
static void look(void *self)
{
    (void)self;
    bool seen =
        heartbeats > 0 && states > 1 && text_contains(content("data/state/metadata.json"), "event");
    if (seen && !asked) {
        asked = true;
        kill(child, SIGTERM);
    }
    if (waitpid(child, &child_status, WNOHANG) == child)
        loop_stop(l);
    else
        timer_set(l, &reap, 20000000);
}

static NO_RETURN void be_the_agent(void)
{
    static char *none[] = { NULL };
    int log = open(in_folder("log"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(log, STDERR_FILENO);
    char *argv[] = { "up", "--config", (char *)(uintptr_t)in_folder("config.yaml"), NULL };
    struct environment env = { .pairs = none };
    _exit(command_up(env, 3, argv));
}

static void run(void)
{
    asked = false;
    child = fork();
    if (child == 0)
        be_the_agent();
    reap = (struct timer){ .fire = look };
    timer_set(l, &reap, 0);
    loop_run(l);
}

static void put(const char *name, const char *text)
{
    ck_assert(file_write_atomic(in_folder(name), text, strlen(text), 0600, &e));
}

static void begin(void)
{
    unsigned char seed[32] = { 5 };
    a = arena_create();
    key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    ck_assert(directory_make_temporary(a, "/tmp/plexd-up", &folder, &e));
    ck_assert(loop_create(&l, &e) && test_server_open(&server, l, handle, NULL));
    put("token", TOKEN "\n");
    put("config.yaml", arena_printf(a,
                                    "api: {base_url: '%s'}\ndata_dir: %s/data\n"
                                    "registration: {token_file: %s/token}\n"
                                    "node_api: {socket_path: %s/api.sock}\n",
                                    server.url, folder, folder, folder));
}

static void finish(void)
{
    test_server_close(&server);
    loop_destroy(l);
    EVP_PKEY_free(key);
    ck_assert(directory_remove(folder, &e));
    arena_destroy(a);
}

START_TEST(an_agent_registers_follows_and_ends_in_order)
{
    begin();
    run();
    ck_assert_msg(WIFEXITED(child_status) && WEXITSTATUS(child_status) == 0, "%s", content("log"));
    ck_assert(!path_exists(in_folder("token")));
    ck_assert(!path_exists(in_folder("api.sock")));
    struct identity id;
    ck_assert_int_eq(identity_load(a, in_folder("data"), &id, &e), IDENTITY_FOUND);
    const char *log = content("log");
    ck_assert_msg(text_contains(log, "registration successful"), "%s", log);
    ck_assert_msg(text_contains(log, "plexd stopped"), "%s", log);
    /* AGT-038 */
    ck_assert(!text_contains(log, TOKEN) && !text_contains(log, NSK));
    ck_assert(!text_contains(log, base64_encode(a, BASE64_STANDARD, id.private_key, 32)));

    /* And again: the identity is there, the server's register route is not asked. */
    int before = server.requests;
    heartbeats = states = streams = 0;
    run();
    ck_assert_msg(WIFEXITED(child_status) && WEXITSTATUS(child_status) == 0, "%s", content("log"));
    ck_assert(text_contains(content("log"), "existing identity loaded"));
    ck_assert_int_gt(server.requests, before);
    finish();
}
END_TEST

START_TEST(a_refused_agent_exits_at_once)
{
    begin();
    refusal = 403;
    run();
    ck_assert(WIFEXITED(child_status) && WEXITSTATUS(child_status) == 1);
    ck_assert_int_eq(server.requests, 1);
    const char *log = content("log");
    ck_assert_msg(text_contains(log, "403 token_consumed"), "%s", log);
    ck_assert(!text_contains(log, TOKEN));
    ck_assert(path_exists(in_folder("token")));
    finish();
}
END_TEST

TESTS("plexd/up_command", an_agent_registers_follows_and_ends_in_order,
      a_refused_agent_exits_at_once)
