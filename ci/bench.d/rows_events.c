/* The fan-out: many streams, events for all of them, and what an idle stream costs. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ci/bench.d/bench.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/memory.h"
#include "common/number.h"
#include "common/timestamp.h"

enum {
    STREAMS = 10000,
    DESCRIPTORS_SPARED = 600, /* of ours and of the server's */
    OPENING = 64,             /* requests in flight while streams are opened */
    WARM_EVENTS = 10,
    EVENTS = 100, /* measured: ten seconds of ten a second */
    ROUNDS = 3,
    PENDING_MOST = 8192,
    PAUSE_MS = 40, /* from the first frame of an event until any is read */
    STUCK_MS = 30000,
};

struct listener {
    int fd;
    bool open; /* its 200 has come */
    size_t len;
    char *pending; /* what is no whole frame yet */
};

struct crowd {
    struct site *site;
    struct listener *all;
    size_t n, opened, frames;
    size_t overtaken; /* frames still unread when the next came: they have its time */
    int epoll;
    float *delays; /* milliseconds from the INSERT to the frame's arrival; NULL: not kept */
};

/* ---- one stream ---- */

static void keep_delay(struct crowd *c, const char *frame, int64_t arrived)
{
    static const char mark[] = "\"at\":";
    const char *at = strstr(frame, mark);
    int64_t micros;
    char digits[24];
    if (at == NULL)
        return;
    at += sizeof mark - 1;
    size_t len = strspn(at, "0123456789");
    if (len >= sizeof digits)
        return;
    memcpy(digits, at, len);
    digits[len] = '\0';
    if (number_parse(digits, 0, INT64_MAX, &micros) && c->delays != NULL)
        c->delays[c->frames] = (float)(arrived - micros) / 1000;
    c->frames++;
}

/* When the kernel had the last of these bytes for us, in microseconds: how late we come to read
 * them is not the server's doing. */
static int64_t arrival(struct msghdr *m)
{
    struct timespec t;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
            memcpy(&t, CMSG_DATA(c), sizeof t);
            return t.tv_sec * MICROS_PER_SECOND + t.tv_nsec / 1000;
        }
    return clock_wall_micros();
}

static ssize_t read_on(struct listener *l, int64_t *arrived)
{
    char control[CMSG_SPACE(sizeof(struct timespec))];
    struct iovec in = { l->pending + l->len, PENDING_MOST - l->len };
    struct msghdr m = {
        .msg_iov = &in, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };
    ssize_t n = recvmsg(l->fd, &m, 0);
    *arrived = n > 0 ? arrival(&m) : 0;
    return n;
}

/* A head, an event and a keep-alive each end with an empty line; the event's chunk goes on behind
 * it, and its rest is left in front of the next. */
static bool take(struct crowd *c, struct listener *l, struct error *e)
{
    int64_t arrived;
    ssize_t n = read_on(l, &arrived);
    if (n <= 0)
        return error_set(e, "the server closed a stream");
    l->len += (size_t)n;
    l->pending[l->len] = '\0';
    char *frame = l->pending, *end;
    if (!l->open) {
        if ((end = strstr(frame, "\r\n\r\n")) == NULL)
            return true;
        if (strncmp(frame, "HTTP/1.1 200 ", 13) != 0)
            return error_set(e, "%.100s", frame);
        l->open = true;
        c->opened++;
        frame = end + 4;
    }
    for (bool first = true; (end = strstr(frame, "\n\n")) != NULL; first = false) {
        *end = '\0';
        c->overtaken += !first;
        keep_delay(c, frame, arrived);
        frame = end + 2;
    }
    l->len -= (size_t)(frame - l->pending);
    memmove(l->pending, frame, l->len + 1);
    return true;
}

static bool dial(struct crowd *c, struct listener *l, struct bytes rq, struct error *e)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)c->site->port) };
    struct epoll_event want = { .events = EPOLLIN, .data.ptr = l };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int yes = 1;
    l->pending = mem_alloc(PENDING_MOST + 1);
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return (l->fd >= 0 && setsockopt(l->fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes) == 0 &&
            connect(l->fd, (struct sockaddr *)&to, sizeof to) == 0 &&
            epoll_ctl(c->epoll, EPOLL_CTL_ADD, l->fd, &want) == 0 &&
            write_all(l->fd, rq.data, rq.len)) ||
           error_set(e, "cannot open a stream on 127.0.0.1 port %d", c->site->port);
}

static bool read_ready(struct crowd *c, int timeout, int *n_ready, struct error *e)
{
    struct epoll_event events[256];
    int n = *n_ready = epoll_wait(c->epoll, events, (int)ARRAY_LEN(events), timeout);
    for (int i = 0; i < n; i++)
        if (!take(c, events[i].data.ptr, e))
            return false;
    return true;
}

static bool listen_once(struct crowd *c, struct error *e)
{
    int n;
    return read_ready(c, STUCK_MS, &n, e) &&
           (n > 0 || error_set(e, "nothing came for %d s", STUCK_MS / 1000));
}

/* Real listeners are on other machines: ours do not compete with the server for its processors, nor
 * must each send wake them. All but the first frame of an event wait in their sockets. */
static bool listen_in_the_pause(struct crowd *c, struct error *e)
{
    int n;
    bool ok = listen_once(c, e);
    (void)poll(NULL, 0, PAUSE_MS);
    do
        ok = ok && read_ready(c, 0, &n, e);
    while (ok && n > 0);
    return ok;
}

static bool open_all(struct crowd *c, char *const *nodes, char *const *keys, size_t n_nodes,
                     struct error *e)
{
    struct arena *a = c->site->arena;
    struct bytes *rq = arena_alloc_array(a, n_nodes, sizeof *rq);
    for (size_t i = 0; i < n_nodes; i++)
        rq[i] =
            load_request(a, "GET", arena_printf(a, "/v1/nodes/%s/events", nodes[i]), keys[i], NULL);
    for (size_t asked = 0; c->opened < c->n;) {
        for (; asked < c->n && asked < c->opened + OPENING; asked++)
            if (!dial(c, &c->all[asked], rq[asked % n_nodes], e))
                return false;
        if (!listen_once(c, e))
            return false;
    }
    return true;
}

static void close_all(struct crowd *c)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->all[i].fd > 0)
            close(c->all[i].fd);
        mem_free(c->all[i].pending);
    }
    mem_free(c->all);
    mem_free(c->delays);
    close(c->epoll);
}

/* ---- events ---- */

/* What node_event_append() writes, for the whole Domain; the time of the INSERT is the payload. */
static bool start_events(struct site *s, int count, struct process *p, struct error *e)
{
    struct arena *a = s->arena;
    struct buffer b;
    const char *path = path_join(a, s->directory, "events.sql");
    buffer_init_arena(&b, 1 << 20, a);
    for (int i = 0; i < count; i++)
        buffer_printf(&b,
                      "WITH added AS (INSERT INTO plexsphere.outbox_events "
                      "(type, domain_id, for_nodes, payload, created_at) VALUES "
                      "('node_state_updated', '%s', true, jsonb_build_object('canonical', "
                      "'{\"at\":' || (extract(epoch FROM clock_timestamp()) * 1000000)::bigint || "
                      "'}'), now())) SELECT pg_notify('plexsphere_node_events', '');\n"
                      "SELECT pg_sleep(0.1);\n",
                      s->domain_id);
    if (!file_write_atomic(path, b.data, b.len, 0644, e))
        return false;
    char *argv[] = { path_join(a, s->pg_bin, "psql"), "-qX",  "-v", "ON_ERROR_STOP=1", "-f",
                     arena_strdup(a, path),           s->dsn, NULL };
    struct process_options o = { .argv = argv, .cwd = "/", .stdout_fd = -1 };
    return process_start(&o, p, e);
}

static bool send_events(struct crowd *c, int count, struct error *e)
{
    struct process psql;
    int code;
    size_t wanted = c->n * (size_t)count;
    c->frames = c->overtaken = 0;
    if (!start_events(c->site, count, &psql, e))
        return false;
    bool ok = true;
    while (ok && c->frames < wanted)
        ok = listen_in_the_pause(c, e);
    if (!ok)
        (void)process_stop(&psql, 1000, &code);
    else if (process_wait(&psql, STUCK_MS, &code) != PROCESS_EXITED || code != 0)
        return error_set(e, "psql failed");
    return ok;
}

static int by_size(const void *left, const void *right)
{
    float l = *(const float *)left, r = *(const float *)right;
    return (l > r) - (l < r);
}

struct event_figures {
    struct samples p1, p50, p99, server, frame, ours, overtaken;
};

static bool event_round(struct crowd *c, struct event_figures *f, struct error *e)
{
    int64_t start = clock_monotonic_nanos();
    double server = cpu_of_process(c->site->server.pid), ours = cpu_of_process(getpid());
    if (!send_events(c, EVENTS, e))
        return false;
    double seconds = (double)(clock_monotonic_nanos() - start) / 1e9;
    server = cpu_of_process(c->site->server.pid) - server;
    samples_add(&f->server, server / seconds);
    samples_add(&f->frame, server * 1e6 / (double)c->frames);
    samples_add(&f->ours, (cpu_of_process(getpid()) - ours) / seconds);
    samples_add(&f->overtaken, 100 * (double)c->overtaken / (double)c->frames);
    qsort(c->delays, c->frames, sizeof *c->delays, by_size);
    samples_add(&f->p1, (double)c->delays[c->frames / 100]);
    samples_add(&f->p50, (double)c->delays[c->frames / 2]);
    samples_add(&f->p99, (double)c->delays[c->frames * 99 / 100]);
    return true;
}

static bool measure_events(struct crowd *c, struct error *e)
{
    struct event_figures f = { .p1.n = 0 };
    bool ok = send_events(c, WARM_EVENTS, e);
    c->delays = mem_alloc_array(c->n * EVENTS, sizeof *c->delays);
    for (int i = 0; ok && i < ROUNDS; i++)
        ok = event_round(c, &f, e);
    if (!ok)
        return error_prefix(e, "events");
    row_print("events to all streams, 10 a second: p99", &f.p99, "ms", 50, false);
    row_print("events to all streams: server CPU", &f.server, "cores", 1, false);
    note_print("  server CPU a frame", &f.frame, "us");
    note_print("  from INSERT until it has arrived, first hundredth", &f.p1, "ms");
    note_print("  from INSERT until it has arrived, median", &f.p50, "ms");
    note_print("  read too late: counted with the next event's time", &f.overtaken, "%");
    note_print("  the listening side's CPU", &f.ours, "cores");
    return true;
}

/* ---- all of it ---- */

/* Nor do they push the server aside when they read: an idle task waits for a free core. */
static void be_unobtrusive(void)
{
    const struct sched_param none = { 0 };
    if (sched_setscheduler(0, SCHED_IDLE, &none) != 0)
        fputs("bench: the listening side could not be made an idle task\n", stderr);
}

static size_t streams_allowed(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < 2 * DESCRIPTORS_SPARED)
        return 0;
    size_t most = (size_t)limit.rlim_cur - DESCRIPTORS_SPARED;
    return most < STREAMS ? most : STREAMS;
}

bool event_rows(struct site *s, char *const *nodes, char *const *keys, size_t n_nodes,
                struct error *e)
{
    struct crowd c = { .site = s, .n = streams_allowed() };
    struct samples memory = { .n = 0 }, streams = { .n = 0 };
    if (c.n == 0)
        return error_set(e, "events: too few descriptors are allowed (ulimit -n)");
    be_unobtrusive();
    c.epoll = epoll_create1(EPOLL_CLOEXEC);
    c.all = mem_alloc_array(c.n, sizeof *c.all);
    double before = private_mib(s->server.pid);
    bool ok = open_all(&c, nodes, keys, n_nodes, e);
    samples_add(&memory, (private_mib(s->server.pid) - before) * 1024 / (double)c.n);
    samples_add(&streams, (double)c.n);
    if (ok) {
        note_print("streams (fewer than 10000: ulimit -n forbids)", &streams, "");
        row_print("private memory an idle stream", &memory, "KiB", 12, false);
        ok = measure_events(&c, e);
    }
    close_all(&c);
    return ok;
}
