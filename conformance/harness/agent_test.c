/* The agent of these tests is this program itself (see toy()): small, and bad on purpose. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "harness/test_server.h"

#include "harness/test_world.h"

#include "common/buffer.h"
#include "common/environment.h"
#include "common/file.h"
#include "common/json.h"
#include "common/number.h"
#include "common/text.h"
#include "harness/agent.h"
#include "harness/placeholders.h"

/* ---- the toy ------------------------------------------------------------------------------ */

static const char *toy_word(const char *name)
{
    struct environment own = environment_of_process();
    const char *value = environment_get(&own, name);
    return value == NULL ? "" : value;
}

static bool toy_is(const char *kind)
{
    return text_equal(toy_word("TOY"), kind);
}

/* One request on a connection of its own; the answer's bytes to `into`. */
static bool toy_ask(struct arena *a, const char *request, struct buffer *into)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int64_t port = 0;
    char piece[4096];
    ssize_t n = 0;
    const char *text = arena_printf(a, "%s\r\nHost: cp\r\nConnection: close\r\n", request);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!number_parse(strrchr(toy_word("CONTROL_PLANE"), ':') + 1, 1, 65535, &port))
        return false;
    to.sin_port = htons((uint16_t)port);
    bool ok =
        connect(fd, (struct sockaddr *)&to, sizeof to) == 0 && write_all(fd, text, strlen(text));
    while (ok && (n = recv(fd, piece, sizeof piece, 0)) > 0)
        buffer_append(into, piece, (size_t)n);
    close(fd);
    return ok && into->len > 0;
}

static bool toy_register(struct arena *a)
{
    struct buffer got;
    struct bytes token;
    buffer_init_arena(&got, 65536, a);
    if (!file_read(a, toy_word("TOKEN_FILE"), 4096, &token, NULL))
        return false;
    const char *body = arena_printf(a, "{\"token\":\"%s\"}", (const char *)token.data);
    const char *request =
        arena_printf(a,
                     "POST /v1/register HTTP/1.1\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu",
                     strlen(body));
    return toy_ask(a,
                   arena_printf(a, "%s\r\nHost: cp\r\nConnection: close\r\n\r\n%s", request, body),
                   &got) &&
           strstr(got.data, " 201 ") != NULL;
}

/* Answers every question with the same words until a signal ends it. */
static void toy_serve(int fd)
{
    static const char good[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                               "Content-Length: 22\r\nConnection: close\r\n\r\n"
                               "{\"metadata\":{\"a\":\"b\"}}";
    static const char plain[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                                "Content-Length: 2\r\nConnection: close\r\n\r\nno";
    char request[4096];
    for (;;) {
        int c = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        if (c < 0)
            return;
        ssize_t n = recv(c, request, sizeof request, 0);
        if (n <= 0 || !write_all(c, toy_is("plain") ? plain : good,
                                 toy_is("plain") ? sizeof plain - 1 : sizeof good - 1))
            fprintf(stderr, "a caller went away\n");
        close(c);
    }
}

static int toy_in(struct arena *a)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (toy_is("dies")) {
        fprintf(stderr, "no such thing as a control plane\n");
        return 3;
    }
    if (!toy_register(a) || (toy_is("twice") && !toy_register(a)))
        return 1;
    fprintf(stderr, "registered with %s\n", toy_word("TOKEN_FILE"));
    snprintf(address.sun_path, sizeof address.sun_path, "%s", toy_word("SOCKET"));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 8) != 0)
        return 2;
    toy_serve(fd);
    return 0;
}

static int toy(void)
{
    struct arena *a = arena_create();
    int status = toy_in(a);
    arena_destroy(a);
    return status;
}

/* ---- the tests ---------------------------------------------------------------------------- */

static struct fake_cp *cp;
static struct agent *agent;

static void open_with(const char *kind)
{
    static char program[4096], *argv[] = { program, NULL };
    signal(SIGPIPE, SIG_IGN);
    test_world_open("http://127.0.0.1:1");
    snprintf(program, sizeof program, "%s/conformance-harness-agent_test",
             path_of_executable(w->world_arena));
    profile.agent = (struct profile_agent){
        .argv = argv,
        .config = "dialect: ${DIALECT}\nbeat: ${HEARTBEAT_INTERVAL}\n",
        .env = json_own(w->world_arena,
                        json_pack("{s:s, s:s, s:s, s:s, s:s}", "TOY", kind, "CONTROL_PLANE",
                                  "${CONTROL_PLANE}", "TOKEN_FILE", "${TOKEN_FILE}", "SOCKET",
                                  "${SOCKET}", "EMPTY", "${TOKEN}")),
        .stop_signal = SIGTERM,
        .ready_ms = 5000,
    };
    cp = cp_start(w, (struct cp_options){ .dialect = AGENT_MVP });
}

static void finish(void)
{
    world_case_end(w);
    test_world_close();
}

static void run_it(void)
{
    agent = agent_run(w, (struct agent_options){ .cp = cp });
}

START_TEST(starts_asks_and_stops_an_agent)
{
    open_with("good");
    ck_assert_msg(try(run_it), "%s", left.message);
    ck_assert_uint_eq(cp_count(cp, "POST", "/v1/register"), 1);
    struct reply *r = accept(get(w, "/v1/state", .agent = agent), 200);
    expect_equal(r, "/metadata/a", "b");
    agent_until(agent, "/v1/state", "/metadata/a", "b");
    ck_assert(agent_is_running(agent));
    ck_assert(agent_log_has(agent, "registered with"));
    ck_assert_int_eq(agent_stop(agent), -1); /* it has no handler: the signal killed it */
    ck_assert(!agent_is_running(agent));
    finish();
}
END_TEST

START_TEST(writes_the_configuration_it_was_given)
{
    struct bytes text;
    open_with("good");
    agent = agent_prepare(w, (struct agent_options){ .cp = cp, .heartbeat_ms = 1500 });
    const char *file = arena_printf(w->arena, "%s/config.yaml", agent_case_directory(w));
    ck_assert(file_read(w->arena, file, 4096, &text, NULL));
    ck_assert_str_eq((const char *)text.data, "dialect: mvp\nbeat: 1500ms\n");
    ck_assert_int_eq(agent_file_mode(agent, "."), 0700);
    finish();
    ck_assert(!path_exists(file));
}
END_TEST

START_TEST(tells_how_an_agent_ended_too_soon)
{
    open_with("dies");
    ck_assert(!try(run_it));
    ck_assert_int_eq(left.verdict, VERDICT_FAILED);
    ck_assert_ptr_nonnull(strstr(left.message, "exit status 3"));
    ck_assert_ptr_nonnull(strstr(left.message, "no such thing as a control plane"));
    finish();
}
END_TEST

START_TEST(sees_an_agent_that_registers_twice)
{
    open_with("twice");
    ck_assert_msg(try(run_it), "%s", left.message);
    ck_assert_uint_eq(cp_count(cp, "POST", "/v1/register"), 2);
    finish();
}
END_TEST

static void ask_it(void)
{
    accept(get(w, "/v1/state", .agent = agent), 200);
}

START_TEST(judges_the_node_api_by_its_own_rules)
{
    open_with("plain");
    ck_assert_msg(try(run_it), "%s", left.message);
    ck_assert(!try(ask_it));
    ck_assert_ptr_nonnull(strstr(left.message, "media type is \"text/plain\""));
    finish();
}
END_TEST

static void ask_for_b(void)
{
    expect_equal(accept(get(w, "/v1/state", .agent = agent), 200), "/metadata/a", "b");
}

static void wait_for_heartbeat(void)
{
    (void)cp_wait(cp, "POST", "@/heartbeat", 1);
}

/* Nothing is started, nothing comes, and the node API answers as the impostor does. */
START_TEST(an_impostor_stands_in_for_the_agent)
{
    open_with("good");
    for (int i = 1; i <= IMPOSTOR_LAST; i++) {
        left.impostor = (enum impostor)i;
        ck_assert_msg(try(run_it), "%s", left.message);
        ck_assert(!agent_is_running(agent));
        ck_assert_int_eq(agent_exit_status(agent), -1);
        ck_assert(!agent_has_file(agent, "identity.json"));
        ck_assert(!try(ask_for_b));
        ck_assert_int_eq(left.verdict, VERDICT_FAILED);
        ck_assert(!try(wait_for_heartbeat));
        ck_assert_int_eq(left.verdict, VERDICT_FAILED);
    }
    ck_assert_uint_eq(cp_count(cp, "POST", "/v1/register"), 0);
    left.impostor = IMPOSTOR_NONE;
    finish();
}
END_TEST

START_TEST(finds_what_must_not_stand_on_disk)
{
    open_with("good");
    agent = agent_prepare(w, (struct agent_options){ .cp = cp });
    agent_write_file(agent, "state/data/deep.json", "a secret in here", 0600);
    ck_assert_str_eq(agent_file_holding(agent, "secret in"), "./state/data/deep.json");
    ck_assert_ptr_null(agent_file_holding(agent, "nothing of the kind"));
    ck_assert_int_eq(agent_file_mode(agent, "state/data"), 0700);
    agent_remove_file(agent, "state/data/deep.json");
    ck_assert(!agent_has_file(agent, "state/data/deep.json"));
    finish();
}
END_TEST

TEST_RUNNER(run_tests, "harness/agent", starts_asks_and_stops_an_agent,
            writes_the_configuration_it_was_given, tells_how_an_agent_ended_too_soon,
            sees_an_agent_that_registers_twice, judges_the_node_api_by_its_own_rules,
            an_impostor_stands_in_for_the_agent, finds_what_must_not_stand_on_disk)

int main(void)
{
    return toy_word("TOY")[0] != '\0' ? toy() : run_tests();
}
