/* The Local Node API as its clients meet it: real sockets, real files, a control plane of the
 * test's own; all on one loop. */
#include "reference/plexd/node_api.h"

#include <errno.h>
#include <grp.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/log.h"
#include "common/testing.h"
#include "common/timestamp.h"
#include "reference/plexd/node_auth.h"
#include "reference/plexd/node_listen.h"
#include "reference/plexd/node_secret.h"
#include "reference/plexd/test_server.h"

static struct arena *a;
static char *dir;
static struct loop *l;
static struct disk *d;
static struct http *h;
static struct test_server control_plane;
static struct cache *cache;
static struct reports *reports;
static struct node_api *api;
static struct plexd_config config;
static struct identity identity;
static const struct wire *wire = &wire_mvp;

/* What the control plane answers to a secret's reader; 0: nothing at all. */
static int secret_status = 200;
static const char *secret_body = "", *secret_extra = "";
static int n_upstream, upstream_fd;
static char upstream_path[256];

static void upstream(struct test_request *rq)
{
    n_upstream++;
    upstream_fd = rq->fd;
    snprintf(upstream_path, sizeof upstream_path, "%s", rq->path);
    if (secret_status != 0)
        test_answer(rq, secret_status, secret_extra, secret_body);
}

/* ---- the client ---- */

struct client {
    struct watch watch;
    struct buffer in;
    bool closed;
};

static void client_ready(void *self, uint32_t events)
{
    struct client *c = self;
    char data[65536];
    (void)events;
    ssize_t n = recv(c->watch.fd, data, sizeof data, MSG_DONTWAIT);
    if (n > 0) {
        buffer_append(&c->in, data, (size_t)n);
    } else {
        c->closed = true;
        loop_unwatch(l, &c->watch);
    }
    loop_stop(l);
}

static struct client *client_of(int fd)
{
    struct client *c = arena_alloc(a, sizeof *c);
    buffer_init_arena(&c->in, 16 << 20, a);
    c->watch = (struct watch){ .fd = fd, .ready = client_ready, .self = c };
    ck_assert(loop_watch(l, &c->watch, EPOLLIN, NULL));
    return c;
}

static struct client *connect_unix(void)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(at.sun_path, sizeof at.sun_path, "%s", config.socket_path);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return client_of(fd);
}

static struct client *connect_tcp(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)node_api_port(api)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return client_of(fd);
}

static void disconnect(struct client *c)
{
    loop_unwatch(l, &c->watch);
    close(c->watch.fd);
}

static void too_long(void *self)
{
    (void)self;
    ck_abort_msg("waited for 20 s");
}

/* The whole answer at the start of what came; 0 while it is not all there. */
static size_t answer_length(const struct client *c, bool head_only)
{
    const char *end = strstr(c->in.data, "\r\n\r\n"), *field;
    if (end == NULL)
        return 0;
    size_t len = (size_t)(end + 4 - c->in.data), body = 0;
    field = strstr(c->in.data, "Content-Length: ");
    if (field != NULL && field < end && !head_only)
        for (field += 16; *field >= '0' && *field <= '9'; field++)
            body = body * 10 + (size_t)(*field - '0');
    return c->in.len >= len + body ? len + body : 0;
}

static const char *receive(struct client *c, bool head_only)
{
    struct timer guard = { .fire = too_long };
    size_t len;
    timer_set(l, &guard, 20 * NANOS_PER_SECOND);
    while ((len = answer_length(c, head_only)) == 0 && !c->closed)
        loop_run(l);
    timer_cancel(l, &guard);
    char *answer = arena_strndup(a, c->in.data, len);
    memmove(c->in.data, c->in.data + len, c->in.len - len + 1);
    c->in.len -= len;
    return answer;
}

static void wait_for_end(struct client *c)
{
    struct timer guard = { .fire = too_long };
    timer_set(l, &guard, 20 * NANOS_PER_SECOND);
    while (!c->closed)
        loop_run(l);
    timer_cancel(l, &guard);
}

static void turn(void)
{
    struct timer soon = { .fire = (void (*)(void *))loop_stop, .self = l };
    timer_set(l, &soon, 1000000);
    loop_run(l);
    timer_cancel(l, &soon);
}

/* The other end is this thread, too: what does not fit waits until it has read. */
static void send_text(struct client *c, const char *text)
{
    size_t len = strlen(text);
    while (len > 0 && !c->closed) {
        ssize_t n = send(c->watch.fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0) {
            ck_assert_int_eq(errno, EAGAIN);
            turn();
        } else {
            text += n;
            len -= (size_t)n;
        }
    }
}

static const char *request(const char *method, const char *path, const char *headers,
                           const char *body)
{
    return arena_printf(a, "%s %s HTTP/1.1\r\nHost: any\r\n%sContent-Length: %zu\r\n\r\n%s", method,
                        path, headers, strlen(body), body);
}

/* One request on a connection of its own. */
static const char *ask(const char *method, const char *path, const char *headers, const char *body)
{
    struct client *c = connect_unix();
    send_text(c, request(method, path, headers, body));
    const char *answer = receive(c, text_equal(method, "HEAD"));
    disconnect(c);
    return answer;
}

static const char *get(const char *path)
{
    return ask("GET", path, "", "");
}

static const char *put(const char *key, const char *headers, const char *body)
{
    return ask("PUT", arena_printf(a, "/v1/state/report/%s", key), headers, body);
}

static int status_of(const char *answer)
{
    int status = 0;
    return sscanf(answer, "HTTP/1.1 %d ", &status) == 1 ? status : 0;
}

static const char *body_of(const char *answer)
{
    const char *end = strstr(answer, "\r\n\r\n");
    return end == NULL ? "" : end + 4;
}

static void expect(const char *answer, int status, const char *body)
{
    ck_assert_msg(status_of(answer) == status, "expected %d, got %s", status, answer);
    ck_assert_str_eq(body_of(answer), body);
    ck_assert(status == 204 || strstr(answer, "\r\nContent-Type: application/json\r\n") != NULL);
}

/* ---- the agent ---- */

static void fill_cache(void)
{
    json_t *metadata;
    struct data_entry data[] = { { .key = "config",
                                   .content_type = "application/json",
                                   .payload = BYTES_OF_TEXT("{\"n\":1.0}"),
                                   .version = 2,
                                   .updated_at = "2025-01-15T10:30:00Z" },
                                 { .key = "a b",
                                   .content_type = "text/plain",
                                   .payload = BYTES_OF_TEXT("\"\\u00e9\""),
                                   .version = 1,
                                   .updated_at = "2025-01-15T10:30:00Z" } };
    struct secret_ref refs[] = { { "db-password", 1 } };
    const char *text = "{\"region\":\"us-east-1\",\"a/b\":\"\\\"x\\\"\"}";
    ck_assert(json_parse(a, text, strlen(text), &metadata, NULL));
    cache_set_metadata(cache, metadata);
    cache_set_data(cache, data, 2);
    cache_set_secrets(cache, refs, 1);
}

static bool open_api(struct error *e)
{
    struct node_api_options o = { .config = &config,
                                  .identity = &identity,
                                  .wire = wire,
                                  .loop = l,
                                  .http = h,
                                  .cache = cache,
                                  .reports = reports };
    api = NULL;
    return node_api_open(&o, &api, e);
}

static void set_up(void)
{
    struct error e = { "" };
    a = arena_create();
    ck_assert(directory_make_temporary(a, "/tmp/plexd-api", &dir, &e));
    ck_assert_int_eq(chmod(dir, 0755), 0);
    ck_assert(loop_create(&l, &e) && disk_create(l, &d, &e));
    ck_assert(test_server_open(&control_plane, l, upstream, NULL));
    struct http_options ho = { .base_url = control_plane.url, .version = "1" };
    ck_assert(http_create(l, &ho, &h, &e));
    identity = (struct identity){ .node_id = "n1" };
    memcpy(identity.nsk_key, "0123456789abcdef0123456789abcdef", 32);
    ck_assert(cache_open(dir, d, &cache, &e));
    struct reports_options ro = { .data_dir = dir,
                                  .node_id = "n1",
                                  .wire = wire,
                                  .loop = l,
                                  .disk = d,
                                  .http = h,
                                  .debounce = 3600 * NANOS_PER_SECOND };
    ck_assert(reports_open(&ro, &reports, &e));
    config = (struct plexd_config){ .socket_path = path_join(a, dir, "run/api.sock"),
                                    .http_listen = "127.0.0.1:0",
                                    .shutdown_timeout = 5 * NANOS_PER_SECOND };
}

static void begin(void)
{
    struct error e = { "" };
    set_up();
    ck_assert_msg(open_api(&e), "%s", e.text);
}

static void end(void)
{
    node_api_close(api);
    reports_close(reports);
    cache_close(cache);
    http_destroy(h);
    disk_destroy(d);
    test_server_close(&control_plane);
    loop_destroy(l);
    ck_assert(directory_remove(dir, NULL));
    arena_destroy(a);
}

static void use_token(const char *text)
{
    config.http_enabled = true;
    config.http_token_file = path_join(a, dir, "token");
    ck_assert(file_write_atomic(config.http_token_file, text, strlen(text), 0600, NULL));
}

/* ---- reading ---- */

START_TEST(an_empty_node_has_empty_bodies)
{
    begin();
    expect(get("/v1/state"), 200,
           "{\"metadata\":{},\"data_keys\":[],\"secret_keys\":[],\"report_keys\":[]}\n");
    expect(get("/v1/state/metadata"), 200, "{}\n");
    expect(get("/v1/state/data"), 200, "[]\n");
    expect(get("/v1/state/secrets"), 200, "[]\n");
    expect(get("/v1/state/report"), 200, "[]\n");
    end();
}
END_TEST

START_TEST(bodies_are_as_the_seed_prints_them)
{
    begin();
    fill_cache();
    ck_assert_int_eq(status_of(put("health", "", "{\"content_type\":\"t\",\"payload\":1}")), 200);
    expect(get("/v1/state"), 200,
           "{\"metadata\":{\"region\":\"us-east-1\",\"a/b\":\"\\\"x\\\"\"},"
           "\"data_keys\":[{\"key\":\"a b\",\"version\":1,\"content_type\":\"text/plain\"},"
           "{\"key\":\"config\",\"version\":2,\"content_type\":\"application/json\"}],"
           "\"secret_keys\":[{\"key\":\"db-password\",\"version\":1}],"
           "\"report_keys\":[{\"key\":\"health\",\"version\":1}]}\n");
    expect(get("/v1/state/metadata"), 200, "{\"region\":\"us-east-1\",\"a/b\":\"\\\"x\\\"\"}\n");
    expect(get("/v1/state/metadata/region"), 200, "{\"key\":\"region\",\"value\":\"us-east-1\"}\n");
    expect(get("/v1/state/metadata/a%2Fb"), 200, "{\"key\":\"a/b\",\"value\":\"\\\"x\\\"\"}\n");
    expect(get("/v1/state/data"), 200,
           "[{\"key\":\"a b\",\"version\":1,\"content_type\":\"text/plain\"},"
           "{\"key\":\"config\",\"version\":2,\"content_type\":\"application/json\"}]\n");
    expect(get("/v1/state/data/config"), 200,
           "{\"key\":\"config\",\"content_type\":\"application/json\",\"payload\":{\"n\":1.0},"
           "\"version\":2,\"updated_at\":\"2025-01-15T10:30:00Z\"}\n");
    ck_assert(strstr(get("/v1/state/data/a%20b"), "\"payload\":\"\\u00e9\"") != NULL);
    expect(get("/v1/state/secrets"), 200, "[{\"key\":\"db-password\",\"version\":1}]\n");
    expect(get("/v1/state/report"), 200, "[{\"key\":\"health\",\"version\":1}]\n");
    const char *report = body_of(get("/v1/state/report/health"));
    ck_assert(text_starts(report, "{\"key\":\"health\",\"content_type\":\"t\",\"payload\":1,"
                                  "\"version\":1,\"updated_at\":\"20"));
    end();
}
END_TEST

START_TEST(what_is_not_there)
{
    static const char not_found[] = "{\"error\":\"not found\"}\n";
    static const char *const paths[] = {
        "/",
        "/v1",
        "/v1/",
        "/v2/state",
        "/v1/state/",
        "/v1/statex",
        "/v1/state/x",
        "/v1/state//x",
        "/v1/state/data/",
        "/v1/state/data/none",
        "/v1/state/metadata/none",
        "/v1/state/data/a/b",
        "/v1/state/report/none",
        "//v1/state",
        "/v1/state/data/../data",
        "/v1/state/secrets/a/b",
        "/V1/state",
    };
    begin();
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        expect(get(paths[i]), 404, not_found);
    expect(get("/v1/state/data/%zz"), 400, "{\"error\":\"malformed request\"}\n");
    expect(get("/v1/state/data/a%00b"), 400, "{\"error\":\"malformed request\"}\n");
    ck_assert_int_eq(n_upstream, 0);
    end();
}
END_TEST

START_TEST(wrong_methods_are_told_the_right_ones)
{
    static const char *const reads[] = { "/v1/state",           "/v1/state/data",
                                         "/v1/state/data/k",    "/v1/state/report",
                                         "/v1/state/secrets/k", "/healthz" };
    begin();
    for (size_t i = 0; i < ARRAY_LEN(reads); i++) {
        const char *answer = ask("POST", reads[i], "", "{}");
        expect(answer, 405, "{\"error\":\"method not allowed\"}\n");
        ck_assert(strstr(answer, "\r\nAllow: GET, HEAD\r\n") != NULL);
    }
    ck_assert(strstr(ask("PATCH", "/v1/state/report/k", "", ""),
                     "\r\nAllow: GET, HEAD, PUT, DELETE\r\n") != NULL);
    end();
}
END_TEST

START_TEST(head_has_the_head_of_get)
{
    begin();
    fill_cache();
    struct client *c = connect_unix();
    send_text(c, request("HEAD", "/v1/state/data/config", "", ""));
    const char *head = receive(c, true);
    ck_assert_int_eq(status_of(head), 200);
    ck_assert(strstr(head, "\r\nContent-Length: 119\r\n") != NULL);
    send_text(c, request("GET", "/v1/state/data/config", "", "")); /* nothing came behind it */
    const char *answer = receive(c, false);
    ck_assert_int_eq(status_of(answer), 200);
    ck_assert_uint_eq(strlen(body_of(answer)), 119);
    disconnect(c);
    end();
}
END_TEST

/* ---- writing ---- */

/* Case 13. */
START_TEST(versions_of_reports)
{
    static const char body[] = "{\"content_type\":\"t\",\"payload\":{\"a\": [1.0]}}";
    static const char conflict[] = "{\"error\":\"version conflict\"}\n";
    begin();
    const char *first = put("k", "", body);
    ck_assert_int_eq(status_of(first), 200);
    ck_assert(text_starts(body_of(first), "{\"key\":\"k\",\"content_type\":\"t\",\"payload\":"
                                          "{\"a\":[1.0]},\"version\":1,\"updated_at\":\""));
    ck_assert(strstr(put("k", "", body), "\"version\":2,") != NULL);
    expect(put("k", "If-Match: 1\r\n", body), 409, conflict);
    expect(put("k", "If-Match: 0\r\n", body), 409, conflict);
    expect(put("k", "If-Match: -1\r\n", body), 409, conflict);
    expect(put("new", "If-Match: 1\r\n", body), 409, conflict);
    ck_assert(strstr(put("new", "If-Match: 0\r\n", body), "\"version\":1,") != NULL);
    ck_assert(strstr(put("k", "if-match: 2\r\n", body), "\"version\":3,") != NULL);
    expect(ask("DELETE", "/v1/state/report/k", "", ""), 204, "");
    expect(ask("DELETE", "/v1/state/report/k", "", ""), 404, "{\"error\":\"not found\"}\n");
    expect(get("/v1/state/report/k"), 404, "{\"error\":\"not found\"}\n");
    ck_assert(strstr(put("k", "", body), "\"version\":1,") != NULL);
    end();
}
END_TEST

/* Case 14. */
START_TEST(bodies_that_are_no_report)
{
    static const char type[] = "{\"error\":\"content_type is required\"}\n";
    static const char payload[] = "{\"error\":\"payload must be valid JSON\"}\n";
    static const char json[] = "{\"error\":\"invalid JSON body\"}\n";
    static const char match[] = "{\"error\":\"If-Match must be an integer\"}\n";
    begin();
    expect(put("k", "", "{\"payload\":1}"), 400, type);
    expect(put("k", "", "{\"content_type\":\"\",\"payload\":1}"), 400, type);
    expect(put("k", "", "{\"content_type\":7,\"payload\":1}"), 400, type);
    expect(put("k", "", "{}"), 400, type);
    expect(put("k", "", "{\"content_type\":\"t\"}"), 400, payload);
    ck_assert_int_eq(status_of(put("k", "", "{\"content_type\":\"t\",\"payload\":null}")), 200);
    static const char *const bad[] = { "",
                                       "{",
                                       "[]",
                                       "1",
                                       "null",
                                       "{\"content_type\":\"t\",}",
                                       "{\"content_type\":\"t\",\"payload\":tru}",
                                       "{\"content_type\":\"t\",\"payload\":1} x",
                                       "\xff" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        expect(put("k", "", bad[i]), 400, json);
    static const char good[] = "{\"content_type\":\"t\",\"payload\":1}";
    static const char *const conditions[] = { "\"1\"", "x", "1.0", "", "*", "1 1", "0x1" };
    for (size_t i = 0; i < ARRAY_LEN(conditions); i++)
        expect(put("k", arena_printf(a, "If-Match: %s\r\n", conditions[i]), good), 400, match);
    /* The order of the checks. */
    expect(put("a%5Cb", "If-Match: x\r\n", "{"), 400, "{\"error\":\"invalid report key\"}\n");
    expect(put("k", "If-Match: x\r\n", "{"), 400, json);
    expect(put("k", "If-Match: x\r\n", "{\"payload\":1}"), 400, type);
    expect(put("k", "If-Match: x\r\n", "{\"content_type\":\"t\"}"), 400, payload);
    end();
}
END_TEST

START_TEST(numbers_and_names_that_json_allows_are_kept)
{
    begin();
    const char *payload = "{\"a\":1,\"a\":12345678901234567890123,\"b\":1e999,\"c\":\"\\u0000\"}";
    const char *answer =
        put("k", "", arena_printf(a, "{\"payload\":%s,\"content_type\":\"t\"}", payload));
    ck_assert_int_eq(status_of(answer), 200);
    ck_assert(strstr(answer, payload) != NULL);
    end();
}
END_TEST

/* Case 15. */
START_TEST(keys_that_are_no_file_of_the_folder)
{
    static const char *const bad[] = { "..",  ".",   "%2e%2e", "a%2Fb", "a%5Cb", "a\\b",
                                       "%00", "%0a", "%ff",    "",      "%zz" };
    static const char *const methods[] = { "GET", "PUT", "DELETE" };
    begin();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        for (size_t m = 0; m < ARRAY_LEN(methods); m++)
            expect(ask(methods[m], arena_printf(a, "/v1/state/report/%s", bad[i]), "",
                       "{\"content_type\":\"t\",\"payload\":1}"),
                   400, "{\"error\":\"invalid report key\"}\n");
    size_t n;
    char **names;
    ck_assert(directory_list(a, path_join(a, dir, "state/report"), &names, &n, NULL));
    ck_assert_uint_eq(n, 0);
    end();
}
END_TEST

/* `len` bytes of JSON in all. */
static const char *report_of(size_t len)
{
    static const char front[] = "{\"content_type\":\"t\",\"payload\":\"", back[] = "\"}";
    char *body = arena_alloc(a, len + 1);
    memset(body, 'x', len);
    memcpy(body, front, sizeof front - 1);
    memcpy(body + len - (sizeof back - 1), back, sizeof back - 1);
    return body;
}

START_TEST(one_mebibyte_and_no_more)
{
    begin();
    ck_assert_int_eq(status_of(put("k", "", report_of(1 << 20))), 200);
    const char *answer = put("k", "", report_of((1 << 20) + 1));
    expect(answer, 400, "{\"error\":\"invalid JSON body\"}\n");
    ck_assert(strstr(answer, "\r\nConnection: close\r\n") != NULL); /* what follows is no request */
    struct client *c = connect_unix();                              /* and chunked */
    send_text(c,
              "PUT /v1/state/report/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 17; i++)
        send_text(c, arena_printf(a, "10000\r\n%.*s\r\n", 65536, report_of(65536)));
    expect(receive(c, false), 400, "{\"error\":\"invalid JSON body\"}\n");
    disconnect(c);
    end();
}
END_TEST

/* ---- HTTP ---- */

START_TEST(several_requests_on_one_connection)
{
    static const char body[] = "{\"content_type\":\"t\",\"payload\":1}";
    begin();
    struct client *c = connect_unix();
    const char *two =
        arena_printf(a, "%s%s%s\r\n%s", request("PUT", "/v1/state/report/a", "", body),
                     request("PUT", "/v1/state/report/a", "", body),
                     request("GET", "/v1/state/report", "", ""),
                     request("DELETE", "/v1/state/report/a", "", ""));
    send_text(c, two);
    ck_assert(strstr(receive(c, false), "\"version\":1,") != NULL);
    ck_assert(strstr(receive(c, false), "\"version\":2,") != NULL);
    expect(receive(c, false), 200, "[{\"key\":\"a\",\"version\":2}]\n");
    expect(receive(c, false), 204, "");
    for (size_t i = 0; i < strlen(two); i++) { /* and byte by byte */
        ck_assert(write_all(c->watch.fd, two + i, 1));
        turn();
    }
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(status_of(receive(c, false)), i == 3 ? 204 : 200);
    disconnect(c);
    end();
}
END_TEST

START_TEST(chunked_and_expecting_bodies)
{
    begin();
    struct client *c = connect_unix();
    send_text(c, "PUT /v1/state/report/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "10\r\n{\"content_type\":\r\n11\r\n\"t\",\"payload\":42}\r\n0\r\n\r\n");
    ck_assert(strstr(receive(c, false), "\"payload\":42") != NULL);
    send_text(c, "PUT /v1/state/report/k HTTP/1.1\r\nHost: x\r\nContent-Length: 33\r\n"
                 "Expect: 100-continue\r\n\r\n");
    ck_assert_str_eq(receive(c, false), "HTTP/1.1 100 Continue\r\n\r\n");
    send_text(c, "{\"content_type\":\"t\",\"payload\":43}");
    ck_assert(strstr(receive(c, false), "\"payload\":43") != NULL);
    disconnect(c);
    end();
}
END_TEST

START_TEST(what_is_no_request_ends_the_connection)
{
    begin();
    struct client *c = connect_unix();
    send_text(c, "GET /v1/state HTTP/1.1\r\n\r\nGET /v1/state HTTP/1.1\r\nHost: x\r\n\r\n");
    const char *answer = receive(c, false);
    expect(answer, 400, "{\"error\":\"malformed request\"}\n");
    ck_assert(strstr(answer, "\r\nConnection: close\r\n") != NULL);
    wait_for_end(c);
    ck_assert_uint_eq(c->in.len, 0);
    disconnect(c);
    c = connect_unix();
    char *long_line = arena_alloc(a, 20001);
    memset(long_line, 'x', 20000);
    send_text(c, long_line);
    ck_assert_int_eq(status_of(receive(c, false)), 414);
    disconnect(c);
    c = connect_unix();
    send_text(c, arena_printf(a, "GET / HTTP/1.1\r\nA: %s", long_line));
    ck_assert_int_eq(status_of(receive(c, false)), 431);
    disconnect(c);
    end();
}
END_TEST

START_TEST(slow_clients_are_dropped_and_hold_up_nobody)
{
    begin();
    struct client *idle = connect_unix(), *half = connect_unix();
    expect(get("/v1/state/report"), 200, "[]\n");
    send_text(half, "GET /v1/state HT");
    expect(get("/v1/state/report"), 200, "[]\n");
    loop_advance(l, 16 * NANOS_PER_SECOND);
    wait_for_end(half);
    ck_assert(!idle->closed);
    loop_advance(l, 60 * NANOS_PER_SECOND);
    wait_for_end(idle);
    disconnect(idle);
    disconnect(half);
    end();
}
END_TEST

START_TEST(a_full_house_lets_its_longest_idle_guest_go)
{
    begin();
    struct client *clients[140];
    for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
        clients[i] = connect_unix();
        send_text(clients[i], request("GET", "/v1/state/report", "", ""));
        expect(receive(clients[i], false), 200, "[]\n");
    }
    wait_for_end(clients[0]);
    ck_assert(!clients[139]->closed);
    for (size_t i = 0; i < ARRAY_LEN(clients); i++)
        disconnect(clients[i]);
    end();
}
END_TEST

/* ---- secrets ---- */

#define VECTOR                                                                                     \
    "{\"key\":\"k\",\"ciphertext\":\"XtbYDrxsvTCo8o6S6dvMqKSOadypug==\","                          \
    "\"nonce\":\"AAECAwQFBgcICQoL\",\"version\":4}"

/* Cases 9 and 10. */
START_TEST(a_secret_is_fetched_and_opened_each_time)
{
    begin();
    secret_body = VECTOR;
    for (int i = 1; i <= 2; i++) {
        const char *answer = get("/v1/state/secrets/a%2Fb");
        expect(answer, 200, "{\"key\":\"k\",\"value\":\"s3cret\",\"version\":4}\n");
        ck_assert(strstr(answer, "\r\nCache-Control: no-store\r\n") != NULL);
        ck_assert_int_eq(n_upstream, i);
    }
    ck_assert_str_eq(upstream_path, "/v1/nodes/n1/secrets/a%2Fb");
    end();
}
END_TEST

START_TEST(why_a_secret_is_not_told)
{
    static const char unavailable[] = "{\"error\":\"control plane unavailable\"}\n";
    static const char internal[] = "{\"error\":\"internal error\"}\n";
    static const int down[] = { 500, 503, 401, 403, 400, 429, 302 };
    begin();
    secret_body = VECTOR;
    secret_status = 404;
    expect(get("/v1/state/secrets/k"), 404, "{\"error\":\"not found\"}\n");
    for (size_t i = 0; i < ARRAY_LEN(down); i++) {
        secret_status = down[i];
        expect(get("/v1/state/secrets/k"), 503, unavailable);
    }
    secret_status = 200;
    secret_body = "{";
    expect(get("/v1/state/secrets/k"), 503, unavailable);
    /* No base64; tampered with; a nonce of 11 bytes; another key. */
    secret_body = "{\"key\":\"k\",\"ciphertext\":\"***\","
                  "\"nonce\":\"AAECAwQFBgcICQoL\",\"version\":4}";
    expect(get("/v1/state/secrets/k"), 500, internal);
    secret_body = "{\"key\":\"k\",\"ciphertext\":\"XtbYDrxsvTCo8o6S6dvMqKSOadypuw==\","
                  "\"nonce\":\"AAECAwQFBgcICQoL\",\"version\":4}";
    expect(get("/v1/state/secrets/k"), 500, internal);
    secret_body = "{\"key\":\"k\",\"ciphertext\":\"XtbYDrxsvTCo8o6S6dvMqKSOadypug==\","
                  "\"nonce\":\"AAECAwQFBgcICQo=\",\"version\":4}";
    expect(get("/v1/state/secrets/k"), 500, internal);
    secret_body = "{\"key\":\"k\",\"ciphertext\":\"***\",\"nonce\":\"AAECAwQFBgcICQoL\","
                  "\"version\":4}";
    expect(get("/v1/state/secrets/k"), 500, internal);
    secret_body = "{}";
    expect(get("/v1/state/secrets/k"), 500, internal);
    secret_body = VECTOR;
    identity.nsk_key[0] ^= 1;
    expect(get("/v1/state/secrets/k"), 500, internal);
    identity.nsk_key[0] ^= 1; /* a rotated key counts at once */
    ck_assert_int_eq(status_of(get("/v1/state/secrets/k")), 200);
    test_server_close(&control_plane); /* case 36: cached state goes on, secrets do not */
    expect(get("/v1/state/secrets/k"), 503, unavailable);
    expect(get("/v1/state/secrets"), 200, "[]\n");
    ck_assert(test_server_open(&control_plane, l, upstream, NULL));
    end();
}
END_TEST

/* Sealed with the test's own hands: nonce of zeros, tag behind. */
static const char *sealed(const void *plain, size_t len)
{
    unsigned char out[256], nonce[12] = { 0 };
    int n = 0, rest = 0;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    ck_assert(EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, identity.nsk_key, nonce) == 1);
    ck_assert(EVP_EncryptUpdate(c, out, &n, plain, (int)len) == 1);
    ck_assert(EVP_EncryptFinal_ex(c, out + n, &rest) == 1);
    ck_assert(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, out + len) == 1);
    EVP_CIPHER_CTX_free(c);
    return arena_printf(a,
                        "{\"key\":\"k\",\"ciphertext\":\"%s\",\"nonce\":\"AAAAAAAAAAAAAAAA\","
                        "\"version\":1}",
                        base64_encode(a, BASE64_STANDARD, out, len + 16));
}

START_TEST(plaintexts_are_told_unaltered_or_not_at_all)
{
    begin();
    secret_body = sealed("a\"b\n\0\xc3\xa9", 7);
    expect(get("/v1/state/secrets/k"), 200,
           "{\"key\":\"k\",\"value\":\"a\\\"b\\n\\u0000\xc3\xa9\",\"version\":1}\n");
    secret_body = sealed("", 0);
    expect(get("/v1/state/secrets/k"), 200, "{\"key\":\"k\",\"value\":\"\",\"version\":1}\n");
    secret_body = sealed("\xff\xfe", 2);
    expect(get("/v1/state/secrets/k"), 500, "{\"error\":\"internal error\"}\n");
    end();
}
END_TEST

START_TEST(v1_secrets_are_bytes)
{
    wire = &wire_v1;
    begin();
    struct bytes raw;
    const char *json = sealed("s3cret", 6);
    const char *text = strstr(json, "ciphertext\":\"") + 13;
    ck_assert(base64_decode(a, BASE64_STANDARD, text, strcspn(text, "\""), &raw));
    struct http_header version = { "X-Plexsphere-Secret-Version", "7" };
    unsigned char body[12 + 22] = { 0 };
    memcpy(body + 12, raw.data, raw.len);
    struct http_answer answer = {
        .status = 200, .body = { body, sizeof body }, .headers = &version, .n_headers = 1
    };
    struct sealed_secret s;
    struct error e = { "" };
    unsigned char plain[64];
    size_t len;
    ck_assert_msg(wire->secret_answer(a, "k", &answer, &s, &e), "%s", e.text);
    ck_assert(secret_open(identity.nsk_key, &s, plain, &len));
    ck_assert_uint_eq(len, 6);
    ck_assert_mem_eq(plain, "s3cret", 6);
    body[33] ^= 1;
    ck_assert(wire->secret_answer(a, "k", &answer, &s, &e));
    memset(plain, 'x', sizeof plain);
    ck_assert(!secret_open(identity.nsk_key, &s, plain, &len));
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(plain[i], 0); /* nothing unauthenticated is left */
    end();
}
END_TEST

static bool upstream_is_busy(void)
{
    for (size_t i = 0; i < TEST_CONNECTIONS; i++)
        if (control_plane.connections[i].open)
            return true;
    return false;
}

START_TEST(a_reader_who_leaves_ends_the_fetch)
{
    begin();
    secret_status = 0;
    struct client *c = connect_unix();
    send_text(c, request("GET", "/v1/state/secrets/k", "", ""));
    while (n_upstream == 0)
        turn();
    disconnect(c);
    for (int i = 0; i < 5000 && upstream_is_busy(); i++)
        turn();
    ck_assert(!upstream_is_busy());
    expect(get("/v1/state/secrets"), 200, "[]\n"); /* the agent goes on */
    secret_status = 200;
    secret_body = VECTOR;
    ck_assert_int_eq(status_of(get("/v1/state/secrets/k")), 200);
    end();
}
END_TEST

START_TEST(a_writer_who_leaves_has_written)
{
    begin();
    struct client *c = connect_unix();
    send_text(c,
              request("PUT", "/v1/state/report/k", "", "{\"content_type\":\"t\",\"payload\":1}"));
    while (reports_find(reports, "k") == NULL) {
        turn();
        if (c->watch.added)
            disconnect(c);
    }
    expect(get("/v1/state/report"), 200, "[{\"key\":\"k\",\"version\":1}]\n");
    end();
}
END_TEST

/* ---- doors ---- */

/* Case 12. */
START_TEST(tcp_wants_the_bearer)
{
    static const struct {
        const char *header;
        int status;
    } tries[] = {
        { "", 401 },
        { "Authorization: Bearer wrong-token\r\n", 401 },
        { "Authorization: Bearer t0ken!\r\n", 401 },
        { "Authorization: Bearer t0ke\r\n", 401 },
        { "Authorization: Basic t0ken\r\n", 401 },
        { "Authorization: t0ken\r\n", 401 },
        { "Authorization: Bearer  t0ken\r\n", 401 },
        { "Authorization: Bearer\r\n", 401 },
        { "Authorization: bearer t0ken\r\n", 200 },
        { "Authorization: BEARER t0ken\r\n", 200 },
    };
    struct error e = { "" };
    set_up();
    use_token(" t0ken\n");
    ck_assert_msg(open_api(&e), "%s", e.text);
    for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
        struct client *c = connect_tcp();
        send_text(c, request("GET", "/v1/state/metadata", tries[i].header, ""));
        expect(receive(c, false), tries[i].status,
               tries[i].status == 200 ? "{}\n" : "{\"error\":\"unauthorized\"}\n");
        disconnect(c);
    }
    struct client *c = connect_tcp(); /* whatever the path; but probes carry none */
    send_text(c, request("GET", "/nowhere", "", ""));
    ck_assert_int_eq(status_of(receive(c, false)), 401);
    send_text(c, request("GET", "/healthz", "", ""));
    expect(receive(c, false), 200, "{\"status\":\"ok\"}\n");
    send_text(c, request("GET", "/readyz", "", ""));
    expect(receive(c, false), 200, "{\"status\":\"ok\"}\n");
    secret_body = VECTOR; /* and with it secrets need nothing else */
    send_text(c, request("GET", "/v1/state/secrets/k", "Authorization: Bearer t0ken\r\n", ""));
    ck_assert_int_eq(status_of(receive(c, false)), 200);
    disconnect(c);
    expect(get("/v1/state/metadata"), 200, "{}\n"); /* the socket asks for none */
    end();
}
END_TEST

START_TEST(without_a_token_nothing_starts)
{
    static const char *const bad[] = { "", " \n", "two words", "\x01" };
    struct error e = { "" };
    set_up();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        use_token(bad[i]);
        ck_assert(!open_api(&e));
        ck_assert_msg(text_contains(e.text, "node_api.http_token_file"), "%s", e.text);
        ck_assert(!path_exists(config.socket_path));
    }
    config.http_token_file = path_join(a, dir, "none");
    ck_assert(!open_api(&e));
    config.http_token_file = NULL;
    ck_assert(!open_api(&e));
    use_token("good");
    static const char *const addresses[] = {
        "", "127.0.0.1", "localhost:80", "127.0.0.1:x", "::1:80", "127.0.0.1:70000", "127.0.0.1:"
    };
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        config.http_listen = addresses[i];
        ck_assert(!open_api(&e));
        ck_assert_msg(text_contains(e.text, "node_api.http_listen"), "%s", e.text);
        ck_assert(!path_exists(config.socket_path));
    }
    end();
}
END_TEST

START_TEST(the_socket_takes_the_place_of_the_dead_only)
{
    struct error e = { "" };
    struct unix_door dead, other;
    begin();
    struct node_api *first = api;
    ck_assert(!open_api(&e)); /* somebody listens */
    ck_assert_msg(text_contains(e.text, "another process listens there"), "%s", e.text);
    api = first;
    expect(get("/v1/state/metadata"), 200, "{}\n");
    node_api_close(api);
    ck_assert(!path_exists(config.socket_path));

    ck_assert(unix_door_open(config.socket_path, &dead, &e));
    close(dead.fd); /* as a crash leaves it */
    ck_assert(path_exists(config.socket_path));
    ck_assert_msg(open_api(&e), "%s", e.text);
    expect(get("/v1/state/metadata"), 200, "{}\n");
    unix_door_remove(&dead); /* not its own any more */
    ck_assert(path_exists(config.socket_path));
    node_api_close(api);

    ck_assert(file_write_atomic(config.socket_path, "x", 1, 0600, NULL));
    ck_assert(!open_api(&e));
    ck_assert_msg(text_contains(e.text, "no socket"), "%s", e.text);
    ck_assert(path_exists(config.socket_path));
    char *long_path = arena_alloc(a, 200);
    memset(long_path, 'x', 199);
    ck_assert(!unix_door_open(long_path, &other, &e));
    api = NULL;
    end();
}
END_TEST

START_TEST(the_socket_has_its_mode)
{
    struct stat s;
    begin();
    ck_assert_int_eq(stat(config.socket_path, &s), 0);
    int wanted = getgrnam("plexd") != NULL ? 0660 : geteuid() == 0 ? 0666 : 0600;
    ck_assert_int_eq(s.st_mode & 07777, wanted);
    ck_assert_int_eq(stat(path_join(a, dir, "run"), &s), 0);
    ck_assert_int_eq(s.st_mode & 07777, 0755);
    end();
}
END_TEST

/* What another user gets: a child with that user's ids asks and hands the answer back. */
static const char *ask_as(uid_t uid, gid_t gid, const char *path)
{
    int fds[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct sockaddr_un at = { .sun_family = AF_UNIX };
        char data[4096];
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        const char *text = request("GET", path, "Connection: close\r\n", "");
        snprintf(at.sun_path, sizeof at.sun_path, "%s", config.socket_path);
        if (setgroups(0, NULL) != 0 || setgid(gid) != 0 || setuid(uid) != 0 ||
            connect(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
            !write_all(fd, text, strlen(text)))
            _exit(1);
        for (ssize_t n; (n = read(fd, data, sizeof data)) > 0;)
            if (!write_all(fds[1], data, (size_t)n))
                _exit(1);
        _exit(0);
    }
    close(fds[1]);
    struct client *c = client_of(fds[0]);
    const char *answer = receive(c, false);
    disconnect(c);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    return answer;
}

/* Case 11. */
START_TEST(secrets_want_the_right_peer)
{
    static const char forbidden[] =
        "{\"error\":\"forbidden: insufficient privileges for secret access\"}\n";
    struct error e = { "" };
    if (geteuid() != 0)
        return; /* nobody else can be played */
    set_up();
    config.secret_auth = true;
    ck_assert(open_api(&e));
    ck_assert_int_eq(chmod(config.socket_path, 0666), 0); /* were there a group plexd */
    secret_body = VECTOR;
    expect(ask_as(65534, 65534, "/v1/state/secrets"), 403, forbidden);
    expect(ask_as(65534, 65534, "/v1/state/secrets/k"), 403, forbidden);
    expect(ask_as(65534, 65534, "/v1/state/%73ecrets/k"), 403, forbidden);
    ck_assert_int_eq(n_upstream, 0);
    ck_assert_int_eq(status_of(ask_as(65534, 65534, "/v1/state")), 200);
    ck_assert_int_eq(status_of(get("/v1/state/secrets/k")), 200); /* root */
    end();
}
END_TEST

START_TEST(a_socket_open_to_all_keeps_secrets_all_the_same)
{
    if (geteuid() != 0 || getgrnam("plexd") != NULL)
        return; /* the socket is not open to all then */
    begin();
    ck_assert(!config.secret_auth);
    ck_assert_int_eq(status_of(ask_as(65534, 65534, "/v1/state/secrets")), 403);
    ck_assert_int_eq(status_of(ask_as(65534, 65534, "/v1/state/data")), 200);
    end();
}
END_TEST

START_TEST(membership_counts)
{
    const struct group *g = getgrgid(getegid());
    ck_assert_ptr_nonnull(g);
    const char *name = arena_strdup(a = arena_create(), g->gr_name);
    ck_assert(node_user_in_group(12345, getegid(), name));        /* primary, no such user */
    ck_assert(node_user_in_group(geteuid(), (gid_t)54321, name)); /* by the user's own entry */
    ck_assert(!node_user_in_group(12345, (gid_t)54321, name));
    ck_assert(!node_user_in_group(geteuid(), getegid(), "no-such-group"));
    arena_destroy(a);
}
END_TEST

/* ---- the end ---- */

START_TEST(closing_answers_what_is_in_flight)
{
    begin();
    struct client *idle = connect_unix(), *busy = connect_unix();
    send_text(idle, request("GET", "/v1/state/report", "", ""));
    expect(receive(idle, false), 200, "[]\n");
    send_text(busy,
              request("PUT", "/v1/state/report/k", "", "{\"content_type\":\"t\",\"payload\":1}"));
    node_api_close(api);
    api = NULL;
    const char *answer = receive(busy, false);
    ck_assert_int_eq(status_of(answer), 200);
    wait_for_end(idle);
    disconnect(idle);
    disconnect(busy);
    end();
}
END_TEST

START_TEST(closing_does_not_wait_for_ever)
{
    begin();
    config.shutdown_timeout = 10000000;
    secret_status = 0;
    struct client *c = connect_unix();
    send_text(c, request("GET", "/v1/state/secrets/k", "", ""));
    while (n_upstream == 0)
        turn();
    node_api_close(api);
    api = NULL;
    wait_for_end(c);
    disconnect(c);
    end();
}
END_TEST

TESTS("plexd/node_api", an_empty_node_has_empty_bodies, bodies_are_as_the_seed_prints_them,
      what_is_not_there, wrong_methods_are_told_the_right_ones, head_has_the_head_of_get,
      versions_of_reports, bodies_that_are_no_report, numbers_and_names_that_json_allows_are_kept,
      keys_that_are_no_file_of_the_folder, one_mebibyte_and_no_more,
      several_requests_on_one_connection, chunked_and_expecting_bodies,
      what_is_no_request_ends_the_connection, slow_clients_are_dropped_and_hold_up_nobody,
      a_full_house_lets_its_longest_idle_guest_go, a_secret_is_fetched_and_opened_each_time,
      why_a_secret_is_not_told, plaintexts_are_told_unaltered_or_not_at_all, v1_secrets_are_bytes,
      a_reader_who_leaves_ends_the_fetch, a_writer_who_leaves_has_written, tcp_wants_the_bearer,
      without_a_token_nothing_starts, the_socket_takes_the_place_of_the_dead_only,
      the_socket_has_its_mode, secrets_want_the_right_peer,
      a_socket_open_to_all_keeps_secrets_all_the_same, membership_counts,
      closing_answers_what_is_in_flight, closing_does_not_wait_for_ever)
