/* harness/test_server.h — for unit tests: a loopback server that answers what the test has
 * scripted, right or wrong.
 *
 * Include it before judge.h (it brings <sys/socket.h>). One server per test; Check runs each test
 * in a process of its own. */
#ifndef HARNESS_TEST_SERVER_H
#define HARNESS_TEST_SERVER_H

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#include "common/base.h"
#include "common/memory.h"

struct test_answer {
    int status;
    const char *media_type; /* NULL: none */
    const char *body;       /* NULL: none */
    size_t body_len;        /* 0: strlen(body) */
    struct {
        const char *name, *value;
    } headers[4];
};

static struct {
    struct MHD_Daemon *daemon;
    char url[64];
    struct test_answer answer; /* the next answers */
    /* Consulted first when set: gives the answer by method and path. */
    struct test_answer (*script)(const char *method, const char *path, const char *body);
    char target[8192], method[32], authorization[256], media_type[128], extra[128];
    char body[65536];
    size_t body_len;
    int requests;
} server;

static void *test_server_target(void *arg UNUSED, const char *uri, struct MHD_Connection *c UNUSED)
{
    snprintf(server.target, sizeof server.target, "%s", uri);
    return NULL;
}

static void test_server_note(char *into, size_t size, struct MHD_Connection *c, const char *name)
{
    const char *value = MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
    snprintf(into, size, "%s", value == NULL ? "(none)" : value);
}

static enum MHD_Result test_server_send(struct MHD_Connection *c, const struct test_answer *a)
{
    const char *body = a->body == NULL ? "" : a->body;
    size_t len = a->body_len != 0 ? a->body_len : strlen(body);
    struct MHD_Response *r =
        MHD_create_response_from_buffer(len, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);
    if (a->media_type != NULL)
        MHD_add_response_header(r, "Content-Type", a->media_type);
    for (size_t i = 0; i < ARRAY_LEN(a->headers) && a->headers[i].name != NULL; i++)
        MHD_add_response_header(r, a->headers[i].name, a->headers[i].value);
    enum MHD_Result result = MHD_queue_response(c, (unsigned)a->status, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result test_server_on(void *arg UNUSED, struct MHD_Connection *c,
                                      const char *url UNUSED, const char *method,
                                      const char *version UNUSED, const char *data, size_t *len,
                                      void **state)
{
    static int begun;
    if (*state == NULL) {
        *state = &begun;
        server.body_len = 0;
        server.body[0] = '\0';
        return MHD_YES;
    }
    if (*len > 0) {
        size_t room = sizeof server.body - 1 - server.body_len, n = *len < room ? *len : room;
        memcpy(server.body + server.body_len, data, n);
        server.body_len += n;
        server.body[server.body_len] = '\0';
        *len = 0;
        return MHD_YES;
    }
    server.requests++;
    snprintf(server.method, sizeof server.method, "%s", method);
    test_server_note(server.authorization, sizeof server.authorization, c, "Authorization");
    test_server_note(server.media_type, sizeof server.media_type, c, "Content-Type");
    test_server_note(server.extra, sizeof server.extra, c, "X-Extra");
    struct test_answer a =
        server.script == NULL ? server.answer : server.script(method, server.target, server.body);
    return test_server_send(c, &a);
}

static inline void test_server_start(void)
{
    server.daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, test_server_on, NULL,
                         MHD_OPTION_URI_LOG_CALLBACK, test_server_target, NULL,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)65536, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server.daemon, MHD_DAEMON_INFO_BIND_PORT);
    snprintf(server.url, sizeof server.url, "http://127.0.0.1:%u", (unsigned)info->port);
}

static inline void test_server_stop(void)
{
    MHD_stop_daemon(server.daemon);
}

#endif
