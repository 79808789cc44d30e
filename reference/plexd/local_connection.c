#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "common/memory.h"
#include "common/text.h"
#include "reference/plexd/local_internal.h"

enum { HEAD_SPACE = 512 };
#define LINGER SECONDS(2)

/* ---- answers ---- */

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        { 200, "OK" },
        { 204, "No Content" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 409, "Conflict" },
        { 414, "URI Too Long" },
        { 417, "Expectation Failed" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 503, "Service Unavailable" },
        { 505, "HTTP Version Not Supported" },
    };
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Answer";
}

static const char *date_of(struct local_server *s)
{
    int64_t second = loop_wall(s->loop) / MICROS_PER_SECOND;
    if (second != s->date_second) {
        struct arena *a = arena_create();
        snprintf(s->date, sizeof s->date, "%s",
                 timestamp_format_http(a, second * MICROS_PER_SECOND));
        arena_destroy(a);
        s->date_second = second;
    }
    return s->date;
}

static size_t write_head(struct connection *c, const struct local_answer *answer, char *out)
{
    char length[64] = "";
    if (answer->status != 204)
        snprintf(length, sizeof length, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                 answer->body.len);
    int n =
        snprintf(out, HEAD_SPACE, "HTTP/1.1 %d %s\r\nDate: %s\r\n%s%s%s%s%s%s%s\r\n",
                 answer->status, reason_of(answer->status), date_of(c->server), length,
                 answer->allow == NULL ? "" : "Allow: ", answer->allow == NULL ? "" : answer->allow,
                 answer->allow == NULL ? "" : "\r\n",
                 answer->secret ? "Cache-Control: no-store\r\n" : "",
                 answer->status == 401 ? "WWW-Authenticate: Bearer\r\n" : "",
                 c->close_after ? "Connection: close\r\n" : "");
    return (size_t)n;
}

static void drop_out(struct connection *c)
{
    if (c->secret_out && c->out != NULL)
        mem_wipe(c->out, c->out_len);
    mem_free(c->out);
    c->out = NULL;
    c->out_len = c->out_at = 0;
    c->secret_out = false;
}

/* Ready for the next request, or on the way out. */
static void answered(struct connection *c)
{
    drop_out(c);
    buffer_release(&c->body);
    arena_reset(c->request.a);
    if (c->close_after && c->server->draining) {
        c->broken = true; /* the end does not wait for farewells */
    } else if (c->close_after) {
        c->state = LINGERING;
        connection_deadline(c, LINGER);
        shutdown(c->watch.fd, SHUT_WR);
    } else {
        c->state = HEAD;
        connection_deadline(c, c->in.len > 0 ? c->server->limits.receive : c->server->limits.idle);
    }
    connection_want(c, EPOLLIN);
}

static void keep_rest(struct connection *c, const struct iovec *parts, size_t sent, bool secret)
{
    size_t whole = parts[0].iov_len + parts[1].iov_len;
    unsigned char *out = mem_alloc(whole);
    memcpy(out, parts[0].iov_base, parts[0].iov_len);
    if (parts[1].iov_len > 0)
        memcpy(out + parts[0].iov_len, parts[1].iov_base, parts[1].iov_len);
    c->out = out;
    c->out_len = whole;
    c->out_at = sent;
    c->secret_out = secret;
    c->state = SENDING;
    connection_deadline(c, c->server->limits.send);
    connection_want(c, EPOLLOUT);
}

static struct connection *connection_of(struct local_request *rq)
{
    return (struct connection *)((char *)rq - offsetof(struct connection, request));
}

static void run(struct connection *c);

/* From within the handler the connection goes on when that has returned, else here. */
void local_answer(struct local_request *rq, const struct local_answer *answer)
{
    struct connection *c = connection_of(rq);
    char head[HEAD_SPACE];
    bool no_body = answer->status == 204 || text_equal(rq->method, "HEAD");
    struct iovec parts[2] = { { head, write_head(c, answer, head) },
                              { (void *)(uintptr_t)answer->body.data,
                                no_body ? 0 : answer->body.len } };
    struct msghdr m = { .msg_iov = parts, .msg_iovlen = no_body ? 1 : 2 };
    ssize_t sent = sendmsg(c->watch.fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    rq->abandoned = NULL;
    if (sent < 0 && errno != EAGAIN)
        c->broken = true;
    if (sent >= 0 && (size_t)sent == parts[0].iov_len + parts[1].iov_len)
        answered(c);
    else
        keep_rest(c, parts, sent < 0 ? 0 : (size_t)sent, answer->secret);
    if (!c->in_handler)
        run(c);
}

static void send_rest(struct connection *c)
{
    ssize_t n =
        send(c->watch.fd, c->out + c->out_at, c->out_len - c->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN)
        c->broken = true;
    if (n <= 0)
        return;
    c->out_at += (size_t)n;
    connection_deadline(c, c->server->limits.send);
    if (c->out_at == c->out_len)
        answered(c);
}

/* ---- requests ---- */

static void hand_over(struct connection *c, struct bytes body)
{
    c->state = OWNED;
    c->request.body = body;
    c->in_handler = true;
    c->server->handle(c->server->self, &c->request);
    c->in_handler = false;
    if (c->state == OWNED)
        connection_want(c, 0);
}

/* What is no request is answered and the connection ended: where the next one would begin is
 * anybody's guess. */
static void refuse(struct connection *c, int status)
{
    struct arena *a = c->request.a;
    char body[64];
    int n = snprintf(body, sizeof body, "{\"error\":\"%s\"}\n",
                     status == 400 ? "malformed request" : reason_of(status));
    c->request = (struct local_request){ .method = "", .path = "", .a = a };
    c->state = OWNED;
    c->close_after = true;
    c->in_handler = true;
    local_answer(&c->request, &(struct local_answer){
                                  .status = status,
                                  .body = { (unsigned char *)body, (size_t)n },
                              });
    c->in_handler = false;
}

static void refuse_body(struct connection *c)
{
    c->close_after = true;
    c->request.too_large = true;
    hand_over(c, (struct bytes){ 0 });
}

static void begin_body(struct connection *c, bool nothing_there)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    c->state = BODY;
    c->chunks = (struct local_chunks){ 0 };
    c->body_left = c->head.chunked ? 0 : (size_t)c->head.content_length;
    connection_deadline(c, c->server->limits.receive);
    if (c->head.content_length > LOCAL_BODY_MOST)
        refuse_body(c);
    else if (c->head.expects_continue && nothing_there &&
             send(c->watch.fd, go_on, sizeof go_on - 1, MSG_NOSIGNAL | MSG_DONTWAIT) !=
                 (ssize_t)sizeof go_on - 1)
        c->broken = true;
}

static size_t take_head(struct connection *c, const char *data, size_t len)
{
    if (len >= 2 && data[0] == '\r' && data[1] == '\n')
        return 2; /* RFC 9112 2.2: an empty line before a request is read over */
    size_t head = local_head_length(data, len);
    if (head == 0 && len <= LOCAL_HEAD_MOST)
        return 0;
    if (head == 0 || head > LOCAL_HEAD_MOST) {
        refuse(c, memchr(data, '\n', len) == NULL ? 414 : 431);
        return len;
    }
    int status = local_head_parse(arena_copy(c->request.a, data, head), head, &c->head);
    if (status != 0) {
        refuse(c, status);
        return len;
    }
    c->request = (struct local_request){ .method = c->head.method,
                                         .path = c->head.path,
                                         .head = &c->head,
                                         .tcp = c->tcp,
                                         .fd = c->watch.fd,
                                         .a = c->request.a };
    c->close_after = !c->head.keep_alive || c->server->draining;
    begin_body(c, len == head);
    return head;
}

static bool add_to_body(void *self, const char *data, size_t len)
{
    struct connection *c = self;
    if (c->body.data == NULL)
        buffer_init(&c->body, LOCAL_BODY_MOST);
    return buffer_append(&c->body, data, len);
}

static struct bytes body_of(const struct connection *c)
{
    return (struct bytes){ (const unsigned char *)c->body.data, c->body.len };
}

static size_t take_chunks(struct connection *c, const char *data, size_t len)
{
    size_t left = len;
    switch (local_chunks_feed(&c->chunks, &data, &left, add_to_body, c)) {
    case CHUNK_MORE: return len;
    case CHUNK_END: hand_over(c, body_of(c)); return len - left;
    case CHUNK_BAD: break;
    }
    if (c->body.overflow)
        refuse_body(c);
    else
        refuse(c, 400);
    return len;
}

/* A body that is all there is not copied. */
static size_t take_body(struct connection *c, const char *data, size_t len)
{
    if (c->head.chunked)
        return take_chunks(c, data, len);
    size_t n = len < c->body_left ? len : c->body_left;
    if (n == c->body_left && c->body.data == NULL) {
        hand_over(c, (struct bytes){ (const unsigned char *)data, n });
        return n;
    }
    c->body_left -= n;
    if (!add_to_body(c, data, n))
        c->broken = true;
    else if (c->body_left == 0)
        hand_over(c, body_of(c));
    return n;
}

/* As many requests as are there and can be answered at once; the answer is what they took. */
static size_t feed(struct connection *c, const char *data, size_t len)
{
    size_t at = 0, taken = 1;
    while (taken > 0 && at < len && !c->broken && (c->state == HEAD || c->state == BODY)) {
        taken = c->state == HEAD ? take_head(c, data + at, len - at)
                                 : take_body(c, data + at, len - at);
        at += taken;
        if (c->state == BODY && !c->head.chunked && c->body_left == 0)
            take_body(c, data, 0);
    }
    return c->state == LINGERING ? len : at;
}

static void keep_input(struct connection *c, const char *data, size_t len)
{
    bool idle = c->in.len == 0;
    if (len == 0)
        return;
    if (c->in.data == NULL)
        buffer_init(&c->in, SIZE_MAX);
    buffer_append(&c->in, data, len);
    if (idle && c->state == HEAD)
        connection_deadline(c, c->server->limits.receive);
}

static void feed_kept(struct connection *c)
{
    size_t taken = feed(c, c->in.data, c->in.len);
    if (taken == c->in.len) {
        buffer_release(&c->in);
        return;
    }
    c->in.len -= taken;
    memmove(c->in.data, c->in.data + taken, c->in.len + 1);
}

static void run(struct connection *c)
{
    if (c->in.len > 0 && !c->broken)
        feed_kept(c);
    if (c->broken)
        connection_close(c);
}

static void send_rest_and_go_on(struct connection *c)
{
    send_rest(c);
    run(c);
}

static void read_more(struct connection *c)
{
    char *data = c->server->scratch;
    ssize_t n = recv(c->watch.fd, data, LOCAL_SCRATCH, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        connection_close(c);
        return;
    }
    if (c->state == LINGERING)
        return;
    if (c->in.len == 0) {
        size_t taken = feed(c, data, (size_t)n);
        keep_input(c, data + taken, (size_t)n - taken);
    } else {
        keep_input(c, data, (size_t)n);
        feed_kept(c);
    }
    if (c->broken)
        connection_close(c);
}

void connection_ready(void *self, uint32_t events)
{
    struct connection *c = self;
    bool gone = (events & (EPOLLHUP | EPOLLERR)) != 0;
    if (c->state == OWNED || c->state == SENDING) {
        if (gone)
            connection_close(c);
        else if (c->state == SENDING)
            send_rest_and_go_on(c);
        return;
    }
    read_more(c);
}
