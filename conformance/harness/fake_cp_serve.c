/* harness/fake_cp_serve.c — the threads: accepting, hearing requests, writing answers. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "common/memory.h"
#include "common/number.h"
#include "common/text.h"
#include "harness/fake_cp_parts.h"

/* ---- bytes -------------------------------------------------------------------------------- */

bool cp_send(struct cp_connection *c, const void *data, size_t len)
{
    const char *at = data;
    while (len > 0) {
        ssize_t n = c->ssl != NULL ? SSL_write(c->ssl, at, len > 16384 ? 16384 : (int)len)
                                   : send(c->fd, at, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

/* Everything a request holds moves into the control plane's own arena. */
static struct cp_request *keep(struct fake_cp *cp, struct cp_incoming *in)
{
    struct arena *a = cp->arena;
    struct cp_request *r = arena_alloc(a, sizeof *r);
    struct http_header *headers = arena_alloc_array(a, in->n_headers + 1, sizeof *headers);
    r->method = arena_strdup(a, in->method);
    r->target = arena_strdup(a, in->target);
    r->path = arena_strndup(a, in->target, strcspn(in->target, "?"));
    for (size_t i = 0; i < in->n_headers; i++)
        headers[i] = (struct http_header){ arena_strdup(a, in->headers[i].name),
                                           arena_strdup(a, in->headers[i].value) };
    r->headers = headers;
    r->n_headers = in->n_headers;
    r->body_received = in->body.len;
    r->compressed = text_equal_nocase(cp_header_of(in, "Content-Encoding"), "gzip");
    if (r->compressed)
        (void)cp_gunzip(&in->body);
    r->body.data = arena_copy(a, in->body.data, in->body.len + 1);
    r->body.len = in->body.len;
    *cp->last = r;
    cp->last = &r->next;
    return r;
}

/* ---- answers ------------------------------------------------------------------------------ */

static struct buffer zipped(const void *data, size_t len)
{
    struct buffer out;
    char piece[16384];
    int result = Z_OK;
    z_stream z = { .next_in = (unsigned char *)(uintptr_t)data, .avail_in = (unsigned)len };
    buffer_init(&out, CP_BODY_CAP);
    deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    while (result == Z_OK) {
        z.next_out = (unsigned char *)piece;
        z.avail_out = sizeof piece;
        result = deflate(&z, Z_FINISH);
        buffer_append(&out, piece, sizeof piece - z.avail_out);
    }
    deflateEnd(&z);
    return out;
}

static void write_head(struct buffer *b, const struct cp_answer *answer, size_t len)
{
    const char *media = answer->media_type != NULL ? answer->media_type : "application/json";
    buffer_printf(b, "HTTP/1.1 %d %s\r\n", answer->status, answer->status < 400 ? "Fine" : "No");
    if (len > 0 || answer->media_type != NULL)
        buffer_printf(b, "Content-Type: %s\r\n", media);
    if (answer->gzip)
        buffer_text(b, "Content-Encoding: gzip\r\n");
    for (size_t i = 0; i < ARRAY_LEN(answer->headers) && answer->headers[i].name != NULL; i++)
        buffer_printf(b, "%s: %s\r\n", answer->headers[i].name, answer->headers[i].value);
    if (answer->status != 204 && answer->status != 304)
        buffer_printf(b, "Content-Length: %zu\r\n", len);
    buffer_text(b, "\r\n");
}

void cp_write_answer(struct cp_connection *c, const struct cp_answer *answer, bool *keep_alive)
{
    struct buffer out, body;
    struct bytes plain = answer->raw.data != NULL ? answer->raw
                         : answer->body != NULL   ? BYTES_OF_TEXT(answer->body)
                                                  : (struct bytes){ 0 };
    buffer_init(&out, CP_BODY_CAP + CP_HEAD_CAP);
    buffer_init(&body, CP_BODY_CAP);
    if (answer->gzip) {
        buffer_release(&body);
        body = zipped(plain.data, plain.len);
    } else {
        buffer_append(&body, plain.data, plain.len);
    }
    write_head(&out, answer, body.len);
    bool cut = answer->cut > 0 && answer->cut < body.len;
    buffer_append(&out, body.data, cut ? answer->cut : body.len);
    *keep_alive = cp_send(c, out.data, out.len) && !cut;
    buffer_release(&out);
    buffer_release(&body);
}

static struct cp_answer refused(int status, const char *code)
{
    return (struct cp_answer){ .status = status, .body = code };
}

/* A correct control plane hears nobody below a Node's path who is not that Node. */
static bool is_authorised(const struct fake_cp *cp, const struct cp_request *r)
{
    const char *bearer = cp_header(r, "Authorization");
    if (!text_starts(r->path, "/v1/nodes/"))
        return true;
    return bearer != NULL && text_starts(bearer, "Bearer ") && text_equal(bearer + 7, cp->node.nsk);
}

static bool stands_for(const struct cp_route *route, const struct cp_request *r)
{
    const char *part = route->standing.containing;
    return route->stands &&
           (part == NULL || memmem(r->body.data, r->body.len, part, strlen(part)) != NULL);
}

static struct cp_answer choose(struct fake_cp *cp, const struct cp_request *r)
{
    for (struct cp_route *route = cp->routes; route != NULL; route = route->next) {
        if (!cp_matches(r, route->method, route->pattern))
            continue;
        struct cp_queued *next = route->queue;
        if (next != NULL) {
            route->queue = next->next;
            if (route->queue == NULL)
                route->queue_end = &route->queue;
            return next->answer;
        }
        if (stands_for(route, r))
            return is_authorised(cp, r) ? route->standing
                                        : refused(401, "{\"error\":\"unauthorized\"}");
    }
    return refused(404, "{\"error\":\"not found\"}");
}

static struct cp_answer hear(struct cp_connection *c, struct cp_incoming *in,
                             struct cp_request **out)
{
    struct fake_cp *cp = c->cp;
    pthread_mutex_lock(&cp->lock);
    struct cp_request *r = keep(cp, in);
    struct cp_answer answer = choose(cp, r);
    pthread_cond_broadcast(&cp->changed);
    while (answer.hold && !cp->released && !cp->closing)
        pthread_cond_wait(&cp->changed, &cp->lock);
    *out = r;
    pthread_mutex_unlock(&cp->lock);
    return answer;
}

static void note_status(struct fake_cp *cp, struct cp_request *r, int status)
{
    pthread_mutex_lock(&cp->lock);
    r->status = status;
    pthread_cond_broadcast(&cp->changed);
    pthread_mutex_unlock(&cp->lock);
}

/* False: the connection is at its end. */
static bool serve_one(struct cp_connection *c)
{
    struct cp_incoming in;
    struct cp_request *r;
    bool keep_alive = false;
    if (cp_read_request(c, &in)) {
        struct cp_answer answer = hear(c, &in, &r);
        if (answer.stream) {
            note_status(c->cp, r, answer.status);
            cp_serve_stream(c);
        } else if (!answer.drop) {
            /* First the bytes: who waits for a status may rely on the agent having it. */
            cp_write_answer(c, &answer, &keep_alive);
            note_status(c->cp, r, answer.status);
            keep_alive = keep_alive && !text_equal_nocase(cp_header_of(&in, "Connection"), "close");
        }
    }
    cp_incoming_release(&in);
    return keep_alive;
}

/* ---- connections -------------------------------------------------------------------------- */

static void close_connection(struct cp_connection *c)
{
    struct fake_cp *cp = c->cp;
    if (c->ssl != NULL)
        SSL_free(c->ssl);
    c->ssl = NULL;
    pthread_mutex_lock(&cp->lock);
    close(c->fd);
    c->fd = -1;
    pthread_mutex_unlock(&cp->lock);
}

static void note_refusal(struct fake_cp *cp)
{
    pthread_mutex_lock(&cp->lock);
    cp->n_refusals++;
    pthread_cond_broadcast(&cp->changed);
    pthread_mutex_unlock(&cp->lock);
}

static void *serve_connection(void *arg)
{
    struct cp_connection *c = arg;
    bool ok = true;
    buffer_init(&c->in, CP_BODY_CAP + CP_HEAD_CAP);
    if (c->cp->tls != NULL) {
        c->ssl = SSL_new(c->cp->tls);
        ok = c->ssl != NULL && SSL_set_fd(c->ssl, c->fd) == 1 && SSL_accept(c->ssl) == 1;
        if (!ok)
            note_refusal(c->cp);
    }
    while (ok && serve_one(c))
        ;
    close_connection(c);
    buffer_release(&c->in);
    return NULL;
}

static void reset(int fd)
{
    const struct linger now = { .l_onoff = 1, .l_linger = 0 };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}

static void begin_connection(struct fake_cp *cp, int fd)
{
    pthread_mutex_lock(&cp->lock);
    bool wanted = !cp->closing && !cp->offline;
    struct cp_connection *c = arena_alloc(cp->arena, sizeof *c);
    *c = (struct cp_connection){ .cp = cp, .fd = fd, .wake = eventfd(0, EFD_CLOEXEC) };
    if (wanted && pthread_create(&c->thread, NULL, serve_connection, c) == 0) {
        c->next = cp->connections;
        cp->connections = c;
    } else {
        close(c->wake);
        reset(fd);
    }
    pthread_mutex_unlock(&cp->lock);
}

void *cp_accept_connections(void *arg)
{
    struct fake_cp *cp = arg;
    for (;;) {
        struct pollfd p[2] = { { .fd = cp->listen_fd, .events = POLLIN },
                               { .fd = cp->wake, .events = POLLIN } };
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            return NULL;
        if (p[1].revents != 0)
            return NULL;
        int fd = p[0].revents != 0 ? accept4(cp->listen_fd, NULL, NULL, SOCK_CLOEXEC) : -1;
        if (fd >= 0)
            begin_connection(cp, fd);
    }
}
