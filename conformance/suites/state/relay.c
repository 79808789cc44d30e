#include "suites/state/relay.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/arena.h"

enum { PAIRS = 64, PIECE = 65536 };

struct relay {
    const char *from, *to;
    int listening, stop;
    pthread_t thread;
    bool running;
    int ends[PAIRS][2]; /* -1: free */
};

static bool address_of(const char *path, struct sockaddr_un *out)
{
    *out = (struct sockaddr_un){ .sun_family = AF_UNIX };
    size_t len = strlen(path);
    if (len >= sizeof out->sun_path)
        return false;
    memcpy(out->sun_path, path, len + 1);
    return true;
}

static int connected(const char *path)
{
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && address_of(path, &address) &&
        connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void drop(struct relay *r, int i)
{
    for (int side = 0; side < 2; side++) {
        if (r->ends[i][side] >= 0)
            close(r->ends[i][side]);
        r->ends[i][side] = -1;
    }
}

static void welcome(struct relay *r)
{
    int fd = accept4(r->listening, NULL, NULL, SOCK_CLOEXEC);
    for (int i = 0; fd >= 0 && i < PAIRS; i++)
        if (r->ends[i][0] < 0) {
            r->ends[i][0] = fd;
            r->ends[i][1] = connected(r->to);
            if (r->ends[i][1] < 0)
                drop(r, i);
            return;
        }
    if (fd >= 0)
        close(fd);
}

/* False when this way is at its end. */
static bool pass_on(int from, int to)
{
    char piece[PIECE];
    ssize_t n = read(from, piece, sizeof piece);
    for (ssize_t sent = 0; sent < n;) {
        ssize_t now = send(to, piece + sent, (size_t)(n - sent), MSG_NOSIGNAL);
        if (now <= 0)
            return false;
        sent += now;
    }
    return n > 0;
}

/* The stop, the listener, and both ends of every pair; a negative descriptor is not looked at. */
static void *run(void *argument)
{
    struct relay *r = argument;
    struct pollfd fds[2 + 2 * PAIRS];
    for (;;) {
        fds[0] = (struct pollfd){ .fd = r->stop, .events = POLLIN };
        fds[1] = (struct pollfd){ .fd = r->listening, .events = POLLIN };
        for (int i = 0; i < 2 * PAIRS; i++)
            fds[2 + i] = (struct pollfd){ .fd = r->ends[i / 2][i % 2], .events = POLLIN };
        if (poll(fds, ARRAY_LEN(fds), -1) < 0 && errno != EINTR)
            return NULL;
        if (fds[0].revents)
            return NULL;
        for (int i = 0; i < 2 * PAIRS; i++)
            if (fds[2 + i].revents && r->ends[i / 2][i % 2] >= 0 &&
                !pass_on(r->ends[i / 2][i % 2], r->ends[i / 2][1 - i % 2]))
                drop(r, i / 2);
        if (fds[1].revents)
            welcome(r);
    }
}

static bool listen_on(struct relay *r, struct error *e)
{
    struct sockaddr_un address;
    if (!address_of(r->from, &address))
        return error_set(e, "%s: too long for a socket", r->from);
    r->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return (r->listening >= 0 &&
            bind(r->listening, (struct sockaddr *)&address, sizeof address) == 0 &&
            listen(r->listening, PAIRS) == 0) ||
           error_errno(e, errno, "%s", r->from);
}

bool relay_start(struct arena *a, const char *from, const char *to, struct relay **out,
                 struct error *e)
{
    struct relay *r = arena_alloc(a, sizeof *r);
    *r = (struct relay){ .from = from, .to = to, .listening = -1 };
    memset(r->ends, -1, sizeof r->ends);
    r->stop = eventfd(0, EFD_CLOEXEC);
    *out = r;
    if (r->stop < 0 || !listen_on(r, e))
        return error_prefix(e, "relay");
    int failed = pthread_create(&r->thread, NULL, run, r);
    r->running = failed == 0;
    return r->running || error_errno(e, failed, "relay");
}

void relay_cut(void *relay)
{
    struct relay *r = relay;
    if (!r->running)
        return;
    r->running = false;
    (void)!eventfd_write(r->stop, 1);
    pthread_join(r->thread, NULL);
    for (int i = 0; i < PAIRS; i++)
        drop(r, i);
    close(r->listening);
    close(r->stop);
    unlink(r->from);
}
