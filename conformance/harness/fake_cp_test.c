#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/test_server.h"

#include "harness/test_world.h"

#include "common/buffer.h"
#include "common/file.h"
#include "common/json.h"
#include "common/number.h"
#include "common/text.h"
#include "harness/agent.h"
#include "harness/fake_cp.h"

static struct fake_cp *cp;
static struct error e;

static void open_cp(enum agent_dialect d, bool tls)
{
    signal(SIGPIPE, SIG_IGN); /* as in a worker */
    test_world_open("http://127.0.0.1:1");
    cp = cp_start(w, (struct cp_options){ .dialect = d, .tls = tls });
}

static void close_cp(void)
{
    world_case_end(w);
    test_world_close();
}

static struct http_answer answer;

static enum http_result ask(const char *method, const char *path, const char *bearer,
                            const char *body)
{
    struct http_header headers[2] = {
        { "Authorization", bearer == NULL ? "" : arena_printf(w->arena, "Bearer %s", bearer) },
        { "Content-Type", "application/json" },
    };
    const char *where =
        path[0] == '@' ? arena_printf(w->arena, "/v1/nodes/%s%s", cp_node_id(cp), path + 1) : path;
    struct http_request rq = { .method = method,
                               .url = arena_printf(w->arena, "%s%s", cp_url(cp), where),
                               .headers = headers,
                               .n_headers = 2,
                               .body = BYTES_OF_TEXT(body == NULL ? "" : body),
                               .has_body = body != NULL,
                               .timeout_ms = 3000 };
    memset(&answer, 0, sizeof answer);
    return http_send(w->own->http, w->arena, &rq, &answer, &e);
}

START_TEST(is_a_correct_control_plane_by_default)
{
    open_cp(AGENT_MVP, false);
    ck_assert_int_eq(ask("POST", "/v1/register", NULL, "{\"token\":\"t\"}"), HTTP_ANSWERED);
    ck_assert_int_eq(answer.status, 201);
    ck_assert_ptr_nonnull(strstr((const char *)answer.body.data, cp_nsk(cp)));
    ck_assert_uint_eq(strlen(cp_nsk(cp)), 32);
    ask("POST", "@/heartbeat", cp_nsk(cp), "{}");
    ck_assert_int_eq(answer.status, 200);
    ask("GET", "@/state", cp_nsk(cp), NULL);
    ck_assert_int_eq(answer.status, 200);
    ask("GET", "@/secrets/none", cp_nsk(cp), NULL);
    ck_assert_int_eq(answer.status, 404);
    ask("GET", "/v1/nothing", NULL, NULL);
    ck_assert_int_eq(answer.status, 404);
    close_cp();
}
END_TEST

START_TEST(hears_nobody_without_the_nodes_credential)
{
    open_cp(AGENT_V1, false);
    ask("POST", "@/heartbeat", NULL, "{}");
    ck_assert_int_eq(answer.status, 401);
    ask("POST", "@/heartbeat", "another", "{}");
    ck_assert_int_eq(answer.status, 401);
    ask("GET", "@/state", cp_token(cp), NULL);
    ck_assert_int_eq(answer.status, 401);
    ask("GET", "@/state", cp_nsk(cp), NULL);
    ck_assert_int_eq(answer.status, 200);
    close_cp();
}
END_TEST

START_TEST(follows_its_script_and_then_the_standing_answer)
{
    open_cp(AGENT_V1, false);
    /* First, on a fresh connection: libcurl tries again by itself on one it had kept. */
    cp_once(cp, "POST", "/v1/register", (struct cp_answer){ .drop = true });
    cp_once(cp, "POST", "/v1/register", (struct cp_answer){ .status = 503 });
    cp_once(cp, "POST", "/v1/register",
            (struct cp_answer){ .status = 200, .body = "0123456789", .cut = 4 });
    cp_once(cp, "POST", "/v1/register",
            (struct cp_answer){ .status = 429, .headers = { { "Retry-After", "3" } } });
    ck_assert_int_ne(ask("POST", "/v1/register", NULL, "{}"), HTTP_ANSWERED);
    ask("POST", "/v1/register", NULL, "{}");
    ck_assert_int_eq(answer.status, 503);
    ck_assert_int_ne(ask("POST", "/v1/register", NULL, "{}"), HTTP_ANSWERED);
    ask("POST", "/v1/register", NULL, "{}");
    ck_assert_int_eq(answer.status, 429);
    ck_assert_str_eq(http_answer_header(&answer, "Retry-After"), "3");
    ask("POST", "/v1/register", NULL, "{}");
    ck_assert_int_eq(answer.status, 201);
    ck_assert_uint_eq(cp_count(cp, "POST", "/v1/register"), 5);
    ck_assert_int_eq(cp_wait(cp, "POST", "/v1/register", 4)->status, 429);
    close_cp();
}
END_TEST

START_TEST(compresses_when_told_to)
{
    open_cp(AGENT_V1, false);
    cp_always(cp, "GET", "/v1/x",
              (struct cp_answer){ .status = 200, .body = "plain text", .gzip = true });
    ask("GET", "/v1/x", NULL, NULL);
    ck_assert_str_eq(http_answer_header(&answer, "Content-Encoding"), "gzip");
    ck_assert_uint_eq(answer.body.data[0], 0x1f);
    ck_assert_uint_eq(answer.body.data[1], 0x8b);
    close_cp();
}
END_TEST

START_TEST(can_be_away_and_come_back)
{
    open_cp(AGENT_V1, false);
    cp_offline(cp);
    ck_assert_int_ne(ask("POST", "/v1/register", NULL, "{}"), HTTP_ANSWERED);
    ck_assert_uint_eq(cp_count(cp, "POST", "/v1/register"), 0);
    cp_online(cp);
    ck_assert_int_eq(ask("POST", "/v1/register", NULL, "{}"), HTTP_ANSWERED);
    close_cp();
}
END_TEST

static void wait_in_vain(void)
{
    left.impostor = IMPOSTOR_CLOSED; /* nothing will come: no use in waiting */
    (void)cp_wait(cp, "POST", "@/heartbeat", 2);
}

START_TEST(says_what_came_instead)
{
    open_cp(AGENT_V1, false);
    ask("POST", "/v1/register", NULL, "{}");
    ask("POST", "/v1/register", NULL, "{}");
    ask("POST", "@/heartbeat", cp_nsk(cp), "{}");
    ck_assert(!try(wait_in_vain));
    ck_assert_int_eq(left.verdict, VERDICT_FAILED);
    ck_assert_ptr_nonnull(strstr(left.message, "no POST @/heartbeat number 2"));
    ck_assert_ptr_nonnull(strstr(left.message, "POST /v1/register 201 (2 times)"));
    ck_assert_ptr_nonnull(strstr(left.message, "POST @/heartbeat 200"));
    left.impostor = IMPOSTOR_NONE;
    close_cp();
}
END_TEST

START_TEST(tells_requests_without_secrets)
{
    open_cp(AGENT_MVP, false);
    const char *nsk = arena_strdup(w->world_arena, cp_nsk(cp));
    const char *token = arena_strdup(w->world_arena, cp_token(cp));
    ask("POST", "/v1/register", NULL, arena_printf(w->arena, "{\"token\":\"%s\"}", token));
    ask("POST", "@/heartbeat", nsk, "{}");
    world_case_end(w);
    const char *told = json_dump(w->world_arena, left.transcripts);
    ck_assert_uint_eq(json_array_size(left.transcripts), 2);
    ck_assert_ptr_null(strstr(told, nsk));
    ck_assert_ptr_null(strstr(told, token));
    ck_assert_ptr_nonnull(strstr(told, "heartbeat"));
    /* A reader must see who asked whom. */
    ck_assert_str_eq(json_text(json_array_get(left.transcripts, 1), "by"), "agent");
    test_world_close();
}
END_TEST

/* ---- the stream --------------------------------------------------------------------------- */

struct listener {
    int port;
    const char *request;
    struct buffer got;
};

/* Reads a stream to its end, as an agent would. */
static void *listen_to_stream(void *arg)
{
    struct listener *l = arg;
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                   .sin_port = htons((uint16_t)l->port) };
    char piece[4096];
    ssize_t n = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        write_all(fd, l->request, strlen(l->request)))
        while ((n = recv(fd, piece, sizeof piece, 0)) > 0)
            buffer_append(&l->got, piece, (size_t)n);
    close(fd);
    return NULL;
}

static struct listener *listener_new(void)
{
    struct listener *l = arena_alloc(w->world_arena, sizeof *l);
    int64_t port = 0;
    ck_assert(number_parse(strrchr(cp_url(cp), ':') + 1, 1, 65535, &port));
    l->port = (int)port;
    l->request = arena_printf(w->world_arena,
                              "GET /v1/nodes/%s/events HTTP/1.1\r\nHost: x\r\nAuthorization: "
                              "Bearer %s\r\n\r\n",
                              cp_node_id(cp), cp_nsk(cp));
    buffer_init(&l->got, 1u << 20);
    return l;
}

static size_t times(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what))
        n++;
    return n;
}

START_TEST(sends_events_with_and_without_faults)
{
    open_cp(AGENT_MVP, false);
    pthread_t thread;
    struct listener *l = listener_new();
    ck_assert_int_eq(pthread_create(&thread, NULL, listen_to_stream, l), 0);
    cp_wait_stream(cp, 1);
    (void)cp_event(cp, (struct cp_event){ .payload_text = "{\"x\":1}", .id = "evt-1" });
    cp_raw(cp, cp_last_event(cp), 0);
    (void)cp_event(cp, (struct cp_event){ .no_signature = true, .id = "evt-2", .crlf = true });
    (void)cp_event(cp, (struct cp_event){ .line = "{nonsense", .sse_id = "" });
    cp_end_stream(cp);
    pthread_join(thread, NULL);
    const char *got = l->got.data;
    ck_assert_ptr_nonnull(strstr(got, "text/event-stream"));
    ck_assert_uint_eq(times(got, "\"event_id\":\"evt-1\""), 2);
    ck_assert_uint_eq(times(got, "\"signature\""), 2);
    ck_assert_uint_eq(times(got, "id: 1\n"), 2);
    ck_assert_ptr_nonnull(strstr(got, "event: node_state_updated\r\n"));
    ck_assert_ptr_nonnull(strstr(got, "data: {nonsense\n\n"));
    ck_assert(text_ends(got, "0\r\n\r\n"));
    ck_assert(!cp_stream_is_open(cp));
    buffer_release(&l->got);
    close_cp();
}
END_TEST

START_TEST(cuts_a_stream_in_the_middle)
{
    open_cp(AGENT_V1, false);
    pthread_t thread;
    struct listener *l = listener_new();
    ck_assert_int_eq(pthread_create(&thread, NULL, listen_to_stream, l), 0);
    (void)cp_event(cp, (struct cp_event){ .payload_text = "{\"x\":1}", .cut = true });
    pthread_join(thread, NULL);
    ck_assert_ptr_nonnull(strstr(l->got.data, "data: "));
    ck_assert(!text_ends(l->got.data, "0\r\n\r\n"));
    ck_assert_ptr_null(strstr(l->got.data, "\"signature\""));
    buffer_release(&l->got);
    close_cp();
}
END_TEST

START_TEST(ends_while_a_stream_is_open)
{
    open_cp(AGENT_V1, false);
    pthread_t thread;
    struct listener *l = listener_new();
    ck_assert_int_eq(pthread_create(&thread, NULL, listen_to_stream, l), 0);
    cp_wait_stream(cp, 1);
    world_case_end(w); /* must not hang */
    pthread_join(thread, NULL);
    buffer_release(&l->got);
    test_world_close();
}
END_TEST

START_TEST(speaks_tls_with_an_authority_of_its_own)
{
    open_cp(AGENT_V1, true);
    ck_assert_int_ne(ask("POST", "/v1/register", NULL, "{}"), HTTP_ANSWERED);
    cp_wait_refusals(cp, 1);
    profile.ca_file = cp_ca_file(cp);
    http_client_destroy(w->own->http);
    w->own->http = http_client_create(&profile, NULL);
    ck_assert_msg(ask("POST", "/v1/register", NULL, "{}") == HTTP_ANSWERED, "%s", e.text);
    ck_assert_int_eq(answer.status, 201);
    close_cp();
}
END_TEST

TESTS("harness/fake_cp", is_a_correct_control_plane_by_default,
      hears_nobody_without_the_nodes_credential, follows_its_script_and_then_the_standing_answer,
      compresses_when_told_to, can_be_away_and_come_back, says_what_came_instead,
      tells_requests_without_secrets, sends_events_with_and_without_faults,
      cuts_a_stream_in_the_middle, ends_while_a_stream_is_open,
      speaks_tls_with_an_authority_of_its_own)
