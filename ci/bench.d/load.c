/* A load generator that costs little: one thread, epoll, no parsing beyond what framing needs. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ci/bench.d/bench.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/memory.h"
#include "common/number.h"
#include "common/text.h"
#include "common/timestamp.h"

enum { ANSWER_MOST = 1 << 20, STUCK_MS = 30000 };

struct link {
    int fd;
    size_t request; /* in flight */
    size_t left;    /* to be sent yet: each connection has its share */
    char *in;
    size_t len;
};

struct run {
    const struct load *l;
    struct link *links;
    size_t done;
    int epoll;
};

struct bytes load_request(struct arena *a, const char *method, const char *path, const char *bearer,
                          const char *body)
{
    struct buffer b;
    buffer_init_arena(&b, 65536, a);
    buffer_printf(&b, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n", method, path);
    if (bearer != NULL)
        buffer_printf(&b, "Authorization: Bearer %s\r\n", bearer);
    if (body != NULL)
        buffer_printf(&b, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                      strlen(body));
    buffer_printf(&b, "\r\n%s", body == NULL ? "" : body);
    return (struct bytes){ (const unsigned char *)b.data, b.len };
}

static int dial_socket(const char *path)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int dial_port(int port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0 &&
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool dial(struct run *r, size_t i, struct error *e)
{
    struct epoll_event want = { .events = EPOLLIN, .data.u64 = i };
    struct link *link = &r->links[i];
    link->in = mem_alloc(ANSWER_MOST + 1);
    link->fd = r->l->socket != NULL ? dial_socket(r->l->socket) : dial_port(r->l->port);
    if (link->fd >= 0 && epoll_ctl(r->epoll, EPOLL_CTL_ADD, link->fd, &want) == 0)
        return true;
    return r->l->socket != NULL ? error_set(e, "cannot connect to %s", r->l->socket)
                                : error_set(e, "cannot connect to 127.0.0.1 port %d", r->l->port);
}

static bool send_next(struct run *r, size_t i, struct error *e)
{
    struct link *link = &r->links[i];
    if (link->left == 0)
        return true;
    link->left--;
    const struct bytes *rq = &r->l->requests[link->request];
    return write_all(link->fd, rq->data, rq->len) ||
           error_set(e, "a connection broke while sending");
}

/* The length of the whole message that `in` begins with; 0: not all there yet. */
static size_t message_length(const struct link *link, const char **body, size_t *body_len)
{
    const char *end = strstr(link->in, "\r\n\r\n");
    if (end == NULL)
        return 0;
    const char *field = strcasestr(link->in, "\r\nContent-Length: ");
    unsigned long long length = 0;
    if (field != NULL && field < end)
        for (const char *c = field + 18; *c >= '0' && *c <= '9'; c++)
            length = length * 10 + (unsigned)(*c - '0');
    *body = end + 4;
    *body_len = (size_t)length;
    size_t whole = (size_t)(*body - link->in) + *body_len;
    return link->len >= whole ? whole : 0;
}

static int status_of(const char *message)
{
    return strlen(message) < 12
               ? 0
               : (message[9] - '0') * 100 + (message[10] - '0') * 10 + (message[11] - '0');
}

static bool take_answer(struct run *r, size_t i, struct error *e)
{
    struct link *link = &r->links[i];
    const char *body;
    size_t len;
    ssize_t n = read(link->fd, link->in + link->len, ANSWER_MOST - link->len);
    if (n <= 0)
        return error_set(e, "the server closed a connection");
    link->len += (size_t)n;
    link->in[link->len] = '\0';
    if (message_length(link, &body, &len) == 0)
        return true;
    if (status_of(link->in) != r->l->status)
        return error_set(e, "%.200s", link->in); /* the status line says enough */
    if (r->l->answered != NULL)
        r->l->answered(r->l->arg, link->request, body, len);
    r->done++;
    link->len = 0;
    link->request += r->l->connections;
    if (link->request >= r->l->n_requests)
        link->request = i % r->l->n_requests;
    return send_next(r, i, e);
}

static bool drive(struct run *r, struct error *e)
{
    struct epoll_event events[64];
    bool ok = true;
    for (size_t i = 0; ok && i < r->l->connections; i++)
        ok = send_next(r, i, e);
    while (ok && r->done < r->l->total) {
        int n = epoll_wait(r->epoll, events, (int)ARRAY_LEN(events), STUCK_MS);
        if (n <= 0)
            return error_set(e, "no answer within %d s", STUCK_MS / 1000);
        for (int i = 0; ok && i < n; i++)
            ok = take_answer(r, (size_t)events[i].data.u64, e);
    }
    return ok;
}

bool load_run(const struct load *l, double *seconds, struct error *e)
{
    struct run r = { .l = l, .epoll = epoll_create1(EPOLL_CLOEXEC) };
    bool ok = true;
    r.links = mem_alloc_array(l->connections, sizeof *r.links);
    for (size_t i = 0; ok && i < l->connections; i++) {
        r.links[i].request = i % l->n_requests;
        r.links[i].left = l->total / l->connections + (i < l->total % l->connections);
        ok = dial(&r, i, e);
    }
    int64_t start = clock_monotonic_nanos();
    ok = ok && drive(&r, e);
    *seconds = (double)(clock_monotonic_nanos() - start) / 1e9;
    for (size_t i = 0; i < l->connections; i++) {
        if (r.links[i].fd > 0)
            close(r.links[i].fd);
        mem_free(r.links[i].in);
    }
    mem_free(r.links);
    close(r.epoll);
    return ok;
}
