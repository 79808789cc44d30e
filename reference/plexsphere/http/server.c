#include "reference/plexsphere/http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/encoding.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/number.h"
#include "common/random.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/http/router.h"
#include "reference/plexsphere/http/takeover.h"

enum {
    /* Bounds the queue too: a connection has one request at a time. Streams do not count. */
    CONNECTIONS_MOST = 4096,
    IDLE_SECONDS = 60,
    DRAIN_MOST = 1024 * 1024,
    QUERY_MOST = 16 * 1024,
    CONNECTION_MEMORY = 32 * 1024,
};

/* One request between the first byte and the last. Made by the event thread, lent to one worker
 * while the connection is suspended, freed by the event thread. */
struct exchange {
    struct server *server;
    struct MHD_Connection *connection;
    char *path;         /* raw, without the query */
    char *query;        /* raw, NULL when absent */
    const char *method; /* libmicrohttpd's; holds as long as the request */
    size_t body_cap;
    struct buffer body;
    size_t dropped;
    bool body_too_large;
    bool http10;
    struct MHD_Response *response; /* set by the worker; NULL: hang up */
    unsigned status;
    struct exchange *next;
};

struct server {
    struct app *app;
    struct server_options options;
    struct MHD_Daemon *daemon;
    struct arena *routing; /* the event thread's scratch */
    int port;
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    struct exchange *first, *last; /* waiting for a worker */
    size_t lent;                   /* suspended: waiting for a worker, or with one */
    size_t open;                   /* requests begun and not yet answered to the last byte */
    bool draining;                 /* answers close their connections */
    bool stopping;
    pthread_t *threads;
    int n_threads;
};

/* ---- what a worker does ---- */

static void correlation_id_make(int64_t now, char out[27])
{
    unsigned char ulid[16];
    uint64_t millis = (uint64_t)(now / 1000);
    random_bytes(ulid, sizeof ulid);
    for (int i = 0; i < 6; i++)
        ulid[i] = (unsigned char)(millis >> (40 - 8 * i));
    crockford_encode16(ulid, out);
}

static const char *header_of(struct request *rq, const char *name)
{
    struct exchange *x = rq->transport;
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

static const char *remote_of(struct arena *a, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char text[INET6_ADDRSTRLEN] = "";
    if (info == NULL || info->client_addr == NULL)
        return "";
    const void *address =
        info->client_addr->sa_family == AF_INET6
            ? (const void *)&((const struct sockaddr_in6 *)(const void *)info->client_addr)
                  ->sin6_addr
            : (const void *)&((const struct sockaddr_in *)(const void *)info->client_addr)
                  ->sin_addr;
    if (inet_ntop(info->client_addr->sa_family, address, text, sizeof text) == NULL)
        return "";
    return arena_strdup(a, text);
}

static void request_of(struct exchange *x, struct arena *a, struct request *rq)
{
    struct app *app = x->server->app;
    *rq = (struct request){
        .arena = a,
        .app = app,
        .now = app_clock_now(&app->clock),
        .method = x->method,
        .path = x->path,
        .body = { (const unsigned char *)x->body.data, x->body.len },
        .body_too_large = x->body_too_large,
        .header = header_of,
        .transport = x,
    };
    rq->remote = remote_of(a, x->connection);
    correlation_id_make(rq->now, rq->correlation_id);
}

static struct answer routed_answer(struct exchange *x, struct request *rq,
                                   const struct route *route)
{
    for (size_t i = 0; i < route->n_params; i++) {
        rq->param_names[i] = route->names[i];
        rq->param_values[i] = route->values[i];
    }
    rq->n_params = route->n_params;
    if (rq->app->db != NULL)
        rq->tx = tx_begin(rq->app->db, rq->arena);
    struct answer a =
        pipeline_run(rq, &x->server->options.endpoints[route->id], route->id, x->query);
    if (rq->tx != NULL)
        tx_end(rq->tx);
    return a;
}

static struct answer answer_exchange(struct exchange *x, struct request *rq)
{
    struct route route;
    switch (route_find(rq->arena, rq->method, rq->path, &route)) {
    case ROUTED: return routed_answer(x, rq, &route);
    case ROUTE_WRONG_METHOD:
        return answer_with_header(answer_problem(rq, PROBLEM_METHOD_NOT_ALLOWED), "Allow",
                                  route.allow);
    case ROUTE_UNKNOWN: break;
    }
    struct answer a =
        x->server->options.probe == NULL ? answer_go_on() : x->server->options.probe(rq);
    return a.status != 0 ? a : answer_problem(rq, PROBLEM_NOT_FOUND);
}

static struct MHD_Response *response_of(const struct answer *a, bool last)
{
    /* libmicrohttpd copies: the arena goes when the worker is done. */
    struct MHD_Response *response =
        MHD_create_response_from_buffer(a->body.len, (void *)(uintptr_t)a->body.data,
                                        MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return NULL;
    if (a->media_type != NULL)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, a->media_type);
    for (size_t i = 0; i < a->n_headers; i++)
        MHD_add_response_header(response, a->headers[i].name, a->headers[i].value);
    if (last)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    return response;
}

/* SRV: at DEBUG only, and never the query or a body: both may hold what is nobody's business. */
static void log_request(const struct request *rq, const struct answer *a)
{
    char status[12];
    snprintf(status, sizeof status, "%d", a->status);
    log_line(LOG_DEBUG, "request", "method", rq->method, "path", rq->path, "status", status,
             "correlation_id", rq->correlation_id, NULL);
}

static bool is_draining(struct server *s)
{
    pthread_mutex_lock(&s->lock);
    bool draining = s->draining;
    pthread_mutex_unlock(&s->lock);
    return draining;
}

/* libmicrohttpd keeps a connection's memory for as long as it has it, so it does not keep
 * a stream's: the stream gets a descriptor of its own, and the exchange ends without a response.
 * With MHD_USE_TURBO libmicrohttpd then closes its descriptor and does not shut the connection
 * down. */
static void give_away(struct exchange *x, const struct answer *answer, struct request *rq)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info == NULL || !takeover(info->connect_fd, answer, rq, x->http10))
        log_line(LOG_WARN, "a stream could not be opened: no descriptor is left", "correlation_id",
                 rq->correlation_id, NULL);
}

static void settle(struct exchange *x, struct answer *answer, struct request *rq)
{
    x->status = (unsigned)answer->status;
    if (answer->stream != NULL && !text_equal(rq->method, "HEAD")) {
        give_away(x, answer, rq);
        return;
    }
    if (answer->stream != NULL)
        answer->stream->drop(answer->stream);
    x->response = response_of(answer, is_draining(x->server));
}

static void work_on(struct exchange *x, struct arena *a)
{
    struct request rq;
    request_of(x, a, &rq);
    struct answer answer = answer_exchange(x, &rq);
    log_request(&rq, &answer);
    settle(x, &answer, &rq);
    arena_reset(a);
}

static struct exchange *take(struct server *s)
{
    pthread_mutex_lock(&s->lock);
    while (s->first == NULL && !s->stopping)
        pthread_cond_wait(&s->work, &s->lock);
    struct exchange *x = s->first;
    if (x != NULL) {
        s->first = x->next;
        if (s->first == NULL)
            s->last = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    return x;
}

static void give_back(struct server *s, struct exchange *x)
{
    MHD_resume_connection(x->connection);
    pthread_mutex_lock(&s->lock);
    if (--s->lent == 0)
        pthread_cond_broadcast(&s->idle);
    pthread_mutex_unlock(&s->lock);
}

static void *worker(void *argument)
{
    struct server *s = argument;
    struct arena *a = arena_create();
    struct exchange *x;
    while ((x = take(s)) != NULL) {
        work_on(x, a);
        give_back(s, x);
    }
    arena_destroy(a);
    return NULL;
}

/* ---- what the event thread does ---- */

static enum MHD_Result hand_over(struct exchange *x)
{
    struct server *s = x->server;
    pthread_mutex_lock(&s->lock);
    if (s->stopping) {
        pthread_mutex_unlock(&s->lock);
        return MHD_NO;
    }
    MHD_suspend_connection(x->connection);
    x->next = NULL;
    if (s->last != NULL)
        s->last->next = x;
    else
        s->first = x;
    s->last = x;
    s->lent++;
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
    return MHD_YES;
}

static size_t body_cap_of(struct server *s, const char *method, const char *path)
{
    struct route route;
    size_t cap = BODY_CAP_DEFAULT;
    if (route_find(s->routing, method, path, &route) == ROUTED) {
        const struct operation *op = s->options.endpoints[route.id].op;
        if (op != NULL && op->body_cap != 0)
            cap = op->body_cap;
    }
    arena_reset(s->routing);
    return cap;
}

static void count_open(struct server *s, int change)
{
    pthread_mutex_lock(&s->lock);
    s->open += (size_t)change;
    if (s->open == 0)
        pthread_cond_broadcast(&s->idle);
    pthread_mutex_unlock(&s->lock);
}

/* Called with the raw target before anything else is known; what it returns becomes *con_cls. */
static void *begin(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct exchange *x = mem_alloc(sizeof *x);
    const char *mark = strchr(target, '?');
    x->server = cls;
    count_open(x->server, 1);
    x->connection = connection;
    x->path = mem_strdup(target);
    if (mark != NULL) {
        x->path[mark - target] = '\0';
        x->query = mem_strdup(mark + 1);
    }
    return x;
}

/* A body that says it is far over the cap is not read at all: the answer goes out and the
 * connection closes. With Expect: 100-continue nothing has been sent yet, so any length over the
 * cap is refused early. */
static bool refuse_unread(struct exchange *x)
{
    const char *length =
        MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    const char *expect =
        MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT);
    int64_t n;
    if (length == NULL || !number_parse(length, 0, INT64_MAX, &n))
        return false;
    bool waits = expect != NULL && text_equal_nocase(expect, "100-continue");
    return (uint64_t)n > x->body_cap + (waits ? 0 : DRAIN_MOST);
}

static enum MHD_Result first_look(struct exchange *x, const char *method)
{
    x->method = method;
    x->body_cap = body_cap_of(x->server, method, x->path);
    buffer_init(&x->body, x->body_cap);
    if (refuse_unread(x)) {
        x->body_too_large = true;
        return hand_over(x);
    }
    return MHD_YES;
}

/* SRV: keeps up to the cap, drains 1 MiB more so that the client reads its answer, then hangs up.
 */
static enum MHD_Result take_body(struct exchange *x, const char *data, size_t *len)
{
    if (!x->body_too_large && !buffer_append(&x->body, data, *len))
        x->body_too_large = true;
    if (x->body_too_large)
        x->dropped += *len;
    *len = 0;
    return x->dropped > x->body_cap + DRAIN_MOST ? MHD_NO : MHD_YES;
}

static enum MHD_Result send_answer(struct exchange *x)
{
    return MHD_queue_response(x->connection, x->status, x->response);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *len, void **con_cls)
{
    struct exchange *x = *con_cls;
    (void)cls, (void)connection, (void)url;
    if (x == NULL)
        return MHD_NO;
    if (x->response != NULL)
        return send_answer(x);
    if (x->status != 0)
        return MHD_NO; /* a stream has the connection, or there was no memory for the response */
    x->http10 = text_equal(version, MHD_HTTP_VERSION_1_0);
    if (x->method == NULL)
        return first_look(x, method);
    if (*len > 0)
        return take_body(x, data, len);
    return hand_over(x);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
                         enum MHD_RequestTerminationCode code)
{
    struct exchange *x = *con_cls;
    (void)cls, (void)connection, (void)code;
    if (x == NULL)
        return;
    if (x->response != NULL)
        MHD_destroy_response(x->response);
    if (x->method != NULL)
        buffer_release(&x->body);
    count_open(x->server, -1);
    mem_free(x->path);
    mem_free(x->query);
    mem_free(x);
    *con_cls = NULL;
}

/* The router splits before it decodes, so libmicrohttpd must not decode at all. */
static size_t no_unescape(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls, (void)connection;
    return strlen(text);
}

/* ---- start and stop ---- */

static bool address_of(const struct server_options *o, struct sockaddr_storage *out, socklen_t *len)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)out;
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, o->host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)o->port);
        *len = sizeof *v4;
        return true;
    }
    if (inet_pton(AF_INET6, o->host, &v6->sin6_addr) != 1)
        return false;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons((uint16_t)o->port);
    *len = sizeof *v6;
    return true;
}

/* Bound here and not by libmicrohttpd, so that a failure has its reason. -1 with the line set. */
static int listen_on(const struct server_options *o, int *port, struct error *e)
{
    struct sockaddr_storage address;
    socklen_t len;
    int yes = 1;
    if (!address_of(o, &address, &len)) {
        error_set(e, "cannot listen on %s: not a numeric address", o->host);
        return -1;
    }
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 1024) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        error_errno(e, errno, "cannot listen on %s port %d", o->host, o->port);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *port =
        ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&address)->sin6_port
                                            : ((struct sockaddr_in *)(void *)&address)->sin_port);
    return fd;
}

static void workers_join(struct server *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_broadcast(&s->work);
    pthread_mutex_unlock(&s->lock);
    for (int i = 0; i < s->n_threads; i++)
        pthread_join(s->threads[i], NULL);
}

static void server_free(struct server *s)
{
    pthread_cond_destroy(&s->work);
    pthread_cond_destroy(&s->idle);
    pthread_mutex_destroy(&s->lock);
    arena_destroy(s->routing);
    mem_free(s->threads);
    mem_free(s);
}

static struct server *server_make(struct app *app, const struct server_options *o)
{
    struct server *s = mem_alloc(sizeof *s);
    pthread_condattr_t monotonic;
    s->app = app;
    s->options = *o;
    s->routing = arena_create();
    s->threads = mem_alloc_array((size_t)o->workers, sizeof *s->threads);
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->work, NULL);
    pthread_cond_init(&s->idle, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return s;
}

static bool workers_start(struct server *s, struct error *e)
{
    for (; s->n_threads < s->options.workers; s->n_threads++) {
        int failed = pthread_create(&s->threads[s->n_threads], NULL, worker, s);
        if (failed != 0)
            return error_errno(e, failed, "cannot start a worker");
    }
    return true;
}

bool server_start(struct app *app, const struct server_options *o, struct server **out,
                  struct error *e)
{
    int port;
    int fd = listen_on(o, &port, e);
    if (fd < 0)
        return false;
    struct server *s = server_make(app, o);
    s->port = port;
    if (!workers_start(s, e)) {
        close(fd);
        workers_join(s);
        server_free(s);
        return false;
    }
    s->daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO,
                         0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, fd,
                         MHD_OPTION_URI_LOG_CALLBACK, begin, s, MHD_OPTION_UNESCAPE_CALLBACK,
                         no_unescape, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
                         MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MOST,
                         MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
                         MHD_OPTION_END);
    if (s->daemon == NULL) {
        close(fd);
        workers_join(s);
        server_free(s);
        return error_set(e, "cannot start the HTTP listener on %s port %d", o->host, port);
    }
    *out = s;
    return true;
}

int server_port(const struct server *s)
{
    return s->port;
}

/* MHD_stop_daemon() aborts the process while a connection is suspended, so what is lent is always
 * waited for; what is being sent, or was begun by a client that then fell silent, has until the
 * grace is over. */
static void wait_until_idle(struct server *s, int grace_ms)
{
    struct timespec until;
    int64_t end = clock_monotonic_nanos() + (int64_t)grace_ms * 1000000;
    until.tv_sec = (time_t)(end / NANOS_PER_SECOND);
    until.tv_nsec = (long)(end % NANOS_PER_SECOND);
    pthread_mutex_lock(&s->lock);
    s->draining = true;
    while (s->open > 0 && pthread_cond_timedwait(&s->idle, &s->lock, &until) != ETIMEDOUT)
        ;
    s->stopping = true; /* from here on what arrives is refused, so `lent` only falls */
    while (s->lent > 0)
        pthread_cond_wait(&s->idle, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

void server_stop(struct server *s, int grace_ms)
{
    MHD_socket listener = MHD_quiesce_daemon(s->daemon);
    wait_until_idle(s, grace_ms);
    workers_join(s);
    MHD_stop_daemon(s->daemon);
    if (listener != MHD_INVALID_SOCKET)
        close(listener);
    server_free(s);
}
