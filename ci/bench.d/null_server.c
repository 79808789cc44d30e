/* The smallest honest target: one thread, epoll, answers before the client has blinked. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ci/bench.d/bench.h"
#include "common/file.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/number.h"
#include "common/text.h"
#include "harness/contract.h"

enum { REQUEST_MOST = 256 * 1024 };

struct peer {
    int fd;
    char *in;
    size_t len;
};

static const char **codes; /* by place of the operation in the contract */

/* A surface's own code where it has one. */
static const char *code_of(const struct contract_operation *op)
{
    static const char any[] = "surface_not_provisioned";
    size_t i;
    json_t *row;
    json_array_foreach (contract()->problem_codes, i, row) {
        const char *code = json_text(row, "code");
        if (json_int(row, "status", 0) == 501 && text_ends(code, "_not_provisioned") &&
            !text_equal(code, any) && json_array_has_text(json_member(row, "operations"), op->id))
            return code;
    }
    return any;
}

static void learn_codes(void)
{
    const struct contract *c = contract();
    codes = arena_alloc_array(c->arena, c->n_ops, sizeof *codes);
    for (size_t i = 0; i < c->n_ops; i++)
        codes[i] = code_of(&c->ops[i]);
}

/* A world makes two Domains and two Projects, with a credential; the cases come without one. */
static bool is_set_up(const char *method, const char *path, const char *head)
{
    return text_equal(method, "POST") && strcasestr(head, "\r\nAuthorization:") != NULL &&
           (text_equal(path, "/v1/domains") || text_equal(path, "/v1/projects"));
}

static int body_of(const char *method, const char *path, const char *head, char *out, size_t size)
{
    const struct contract_operation *op = contract_match(method, path);
    if (is_set_up(method, path, head)) {
        snprintf(out, size, "{\"id\":\"%s\"}", "0190a3c4-5b6d-7e8f-9a0b-1c2d3e4f5a6b");
        return 201;
    }
    if (op == NULL) {
        snprintf(out, size, "{}");
        return 404;
    }
    const char *code = codes[op - contract()->ops];
    snprintf(out, size,
             "{\"type\":\"https://plexsphere.com/errors/%s\",\"title\":\"Not provisioned\","
             "\"status\":501,\"detail\":\"Nothing is.\",\"code\":\"%s\",\"instance\":\"%s\","
             "\"correlation_id\":\"01JD3Z6K7M8N9P0Q1R2S3T4V5W\"}",
             code, code, path);
    return 501;
}

static bool answer(struct peer *p)
{
    char method[16], path[2048], body[4096], message[8192];
    if (sscanf(p->in, "%15s %2047s", method, path) != 2)
        return false;
    int status = body_of(method, path, p->in, body, sizeof body);
    int n = snprintf(message, sizeof message,
                     "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", status,
                     status < 300 ? "application/json" : "application/problem+json", strlen(body),
                     body);
    return write_all(p->fd, message, (size_t)n);
}

/* Bytes of the whole request at the start of `in`; 0: not all there yet. */
static size_t request_length(const struct peer *p)
{
    const char *end = strstr(p->in, "\r\n\r\n");
    if (end == NULL)
        return 0;
    const char *field = strcasestr(p->in, "\r\nContent-Length:");
    unsigned length = 0;
    if (field != NULL && field < end)
        (void)sscanf(field + 17, "%u", &length);
    size_t whole = (size_t)(end + 4 - p->in) + length;
    return p->len >= whole ? whole : 0;
}

static bool serve(struct peer *p)
{
    size_t whole;
    ssize_t n = read(p->fd, p->in + p->len, REQUEST_MOST - p->len);
    if (n <= 0)
        return false;
    p->len += (size_t)n;
    p->in[p->len] = '\0';
    while ((whole = request_length(p)) > 0) {
        if (!answer(p))
            return false;
        p->len -= whole;
        memmove(p->in, p->in + whole, p->len + 1);
    }
    return true;
}

static void welcome(int epoll, int listener)
{
    int yes = 1, fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct peer *p = mem_alloc(sizeof *p);
    struct epoll_event want = { .events = EPOLLIN, .data.ptr = p };
    p->fd = fd;
    p->in = mem_alloc(REQUEST_MOST + 1);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    (void)epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &want);
}

static void part(struct peer *p)
{
    close(p->fd);
    mem_free(p->in);
    mem_free(p);
}

static void NO_RETURN run(int listener)
{
    struct epoll_event events[64], want = { .events = EPOLLIN, .data.ptr = NULL };
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    (void)epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &want);
    for (;;) {
        int n = epoll_wait(epoll, events, (int)ARRAY_LEN(events), -1);
        for (int i = 0; i < n; i++) {
            struct peer *p = events[i].data.ptr;
            if (p == NULL)
                welcome(epoll, listener);
            else if (!serve(p))
                part(p);
        }
    }
}

bool null_server_start(pid_t *pid, int *port, struct error *e)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!contract_load(e))
        return false;
    learn_codes();
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, 128) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        return error_set(e, "the null server cannot listen");
    *port = ntohs(at.sin_port);
    *pid = fork();
    if (*pid == 0)
        run(fd);
    close(fd);
    return *pid > 0 || error_set(e, "the null server cannot be started");
}

void null_server_stop(pid_t pid)
{
    kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}
