/* harness/agent_raw.c — bytes over the socket of a judged agent's node API, by no rules of HTTP. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/number.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/agent_parts.h"
#include "harness/case.h"
#include "harness/judge.h"
#include "harness/world_own.h"

#define WAIT_NANOS INT64_C(15000000000)
#define ANSWER_CAP (4u << 20)

static struct sockaddr_un address_of(const struct agent *a)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(a->socket) >= sizeof address.sun_path)
        broken(a->w, "the path of the agent's socket is too long: %s", a->socket);
    memcpy(address.sun_path, a->socket, strlen(a->socket) + 1);
    return address;
}

static int dial(const struct agent *a)
{
    const struct sockaddr_un address = address_of(a);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

int agent_squat(struct agent *a)
{
    const struct sockaddr_un address = address_of(a);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, 8) != 0)
        broken(a->w, "%s cannot be listened at: %s", a->socket, strerror(errno));
    return fd;
}

bool agent_listens(const struct agent *a)
{
    int fd = dial(a);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void close_kept(void *kept)
{
    close(*(int *)kept);
}

int agent_dial(struct agent *a)
{
    const struct case_row *row = a->w->row;
    int fd = dial(a);
    if (fd < 0)
        fail_case(a->w, row->file, row->line, "nobody listens at the node API's socket");
    world_defer(a->w, close_kept, arena_copy(a->w->arena, &fd, sizeof fd));
    return fd;
}

/* A peer that has hung up shows in what is heard, or not. */
void agent_say(struct agent *a, int fd, const char *text)
{
    size_t len = strlen(text);
    (void)a;
    for (ssize_t n; len > 0 && (n = send(fd, text, len, MSG_NOSIGNAL)) > 0; len -= (size_t)n)
        text += n;
}

/* More bytes: 1; the end: 0; the wait is over: -1. */
static int more(int fd, struct buffer *b, int64_t deadline)
{
    char piece[16384];
    struct pollfd p = { .fd = fd, .events = POLLIN };
    int64_t left = deadline - clock_monotonic_nanos();
    if (left <= 0 || poll(&p, 1, (int)(left / 1000000) + 1) <= 0)
        return -1;
    ssize_t n = recv(fd, piece, sizeof piece, 0);
    return n > 0 && buffer_append(b, piece, (size_t)n) ? 1 : 0;
}

/* Is it all there, by its Content-Length? */
static bool is_whole(struct arena *a, const struct buffer *b)
{
    const char *text = arena_strndup(a, b->data, b->len);
    const char *end = strstr(text, "\r\n\r\n"), *field = strcasestr(text, "\r\nContent-Length:");
    int64_t len;
    if (end == NULL || field == NULL || field > end)
        return false;
    field += strlen("\r\nContent-Length:");
    return number_parse(text_trim(a, arena_strndup(a, field, strcspn(field, "\r"))), 0, ANSWER_CAP,
                        &len) &&
           b->len >= (size_t)(end - text) + 4 + (size_t)len;
}

const char *agent_hear(struct agent *a, int fd)
{
    struct buffer b;
    int64_t deadline = clock_monotonic_nanos() + WAIT_NANOS;
    buffer_init_arena(&b, ANSWER_CAP, a->w->arena);
    while (!is_whole(a->w->arena, &b) && more(fd, &b, deadline) == 1)
        ;
    return arena_strndup(a->w->arena, b.len == 0 ? "" : b.data, b.len);
}

int agent_heard(const char *answer)
{
    static const char version[] = "HTTP/1.1 ";
    int status = 0;
    if (!text_starts(answer, version))
        return 0;
    for (const char *at = answer + strlen(version); *at >= '0' && *at <= '9' && status < 1000; at++)
        status = status * 10 + (*at - '0');
    return status;
}

bool agent_hangs_up(struct agent *a, int fd)
{
    struct buffer b;
    int result;
    int64_t deadline = clock_monotonic_nanos() + WAIT_NANOS;
    buffer_init_arena(&b, ANSWER_CAP, a->w->arena);
    while ((result = more(fd, &b, deadline)) == 1)
        buffer_clear(&b);
    return result == 0;
}
