#include "reference/plexd/heartbeat.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/memory.h"
#include "reference/plexd/problem.h"

#define COMPONENT "component", "heartbeat"

struct heartbeat {
    struct heartbeat_options o;
    struct timer due;
    struct http_call *call;
    int64_t started;
};

bool heartbeat_own_checksum(unsigned char out[32], struct error *e)
{
    static unsigned char piece[65536];
    crypto_hash_sha256_state hash;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(e, errno, "/proc/self/exe");
    crypto_hash_sha256_init(&hash);
    ssize_t n;
    while ((n = read(fd, piece, sizeof piece)) > 0)
        crypto_hash_sha256_update(&hash, piece, (unsigned long long)n);
    int code = errno;
    close(fd);
    if (n < 0)
        return error_errno(e, code, "/proc/self/exe");
    crypto_hash_sha256_final(&hash, out);
    return true;
}

static void tell_failure(const struct http_answer *answer, const char *why)
{
    const char *message =
        answer->status == 401 ? "agent: heartbeat: unauthorized" : "agent: heartbeat: send failed";
    log_line(LOG_ERROR, message, COMPONENT, "error", why, NULL);
}

static void answered(void *self, const struct http_answer *answer)
{
    struct heartbeat *h = self;
    struct arena *a = arena_create();
    struct heartbeat_reply reply = { 0 };
    struct error e;
    h->call = NULL;
    bool good = answer->status >= 200 && answer->status < 300;
    if (!good)
        tell_failure(answer, problem_text(a, answer));
    else if (!h->o.wire->heartbeat_answer(a, answer, &reply, &e))
        tell_failure(answer, e.text);
    arena_destroy(a);
    if (reply.reconcile)
        h->o.reconcile(h->o.self);
    if (reply.rotate_keys)
        h->o.rotate(h->o.self);
}

static void beat(void *self)
{
    struct heartbeat *h = self;
    timer_set(h->o.loop, &h->due, h->o.interval);
    if (h->call != NULL)
        return; /* the last one is still on its way */
    struct arena *a = arena_create();
    struct heartbeat_facts facts = {
        .node_id = h->o.node_id,
        .now = loop_wall(h->o.loop),
        .uptime = loop_now(h->o.loop) - h->started,
        .version = h->o.version,
    };
    memcpy(facts.binary_checksum, h->o.binary_checksum, 32);
    struct http_request r;
    h->o.wire->heartbeat_request(a, &facts, &r);
    r.done = answered;
    r.self = h;
    h->call = http_start(h->o.http, &r);
    arena_destroy(a);
}

struct heartbeat *heartbeat_start(const struct heartbeat_options *o)
{
    struct heartbeat *h = mem_alloc(sizeof *h);
    h->o = *o;
    h->started = loop_now(o->loop);
    h->due = (struct timer){ .fire = beat, .self = h };
    timer_set(o->loop, &h->due, 0);
    return h;
}

void heartbeat_stop(struct heartbeat *h)
{
    if (h == NULL)
        return;
    timer_cancel(h->o.loop, &h->due);
    http_cancel(h->call);
    mem_free(h);
}
