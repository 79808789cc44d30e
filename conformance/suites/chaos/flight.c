#include "suites/chaos/flight.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/file.h"
#include "common/timestamp.h"

#define FLIGHTS_MAX 64
#define WAIT_MS 15000

bool flight_start(struct arena *a, struct flight *f, const char *socket_path, const char *method,
                  const char *path, const char *body)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t len = strlen(socket_path);
    const char *text =
        arena_printf(a, "%s %s HTTP/1.1\r\nHost: plexd\r\nConnection: close\r\n%s%s%zu\r\n\r\n%s",
                     method, path, body == NULL ? "" : "Content-Type: application/json\r\n",
                     "Content-Length: ", body == NULL ? 0 : strlen(body), body == NULL ? "" : body);
    *f = (struct flight){ .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    bool ok = f->fd >= 0 && len < sizeof address.sun_path;
    if (ok)
        memcpy(address.sun_path, socket_path, len + 1);
    ok = ok && connect(f->fd, (struct sockaddr *)&address, sizeof address) == 0 &&
         write_all(f->fd, text, strlen(text));
    if (!ok && f->fd >= 0) {
        close(f->fd);
        f->fd = -1;
    }
    return ok;
}

static bool is_waiting(const struct flight *f)
{
    return f->fd >= 0 && f->status == 0;
}

static void read_some(struct flight *f)
{
    ssize_t n = recv(f->fd, f->head + f->have, FLIGHT_HEAD - f->have, MSG_DONTWAIT);
    if (n <= 0) {
        close(f->fd);
        f->fd = -1;
        return;
    }
    f->have += (size_t)n;
    if (f->have == FLIGHT_HEAD)
        f->status = (f->head[9] - '0') * 100 + (f->head[10] - '0') * 10 + (f->head[11] - '0');
}

int flights_wait(struct flight *fs, int n, int answered)
{
    int64_t until = clock_monotonic_nanos() + WAIT_MS * INT64_C(1000000);
    for (;;) {
        struct pollfd polled[FLIGHTS_MAX];
        int done = 0, waiting = 0;
        for (int i = 0; i < n; i++) {
            polled[i] =
                (struct pollfd){ .fd = is_waiting(&fs[i]) ? fs[i].fd : -1, .events = POLLIN };
            done += fs[i].status != 0;
            waiting += is_waiting(&fs[i]);
        }
        int64_t left = until - clock_monotonic_nanos();
        if (done >= answered || waiting == 0 || left <= 0)
            return done;
        (void)poll(polled, (nfds_t)n, (int)(left / 1000000) + 1);
        for (int i = 0; i < n; i++)
            if (polled[i].revents != 0)
                read_some(&fs[i]);
    }
}

void flights_land(struct flight *fs, int n)
{
    (void)flights_wait(fs, n, n);
    for (int i = 0; i < n; i++)
        if (fs[i].fd >= 0)
            close(fs[i].fd);
}
