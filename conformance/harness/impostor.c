#include "harness/impostor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/memory.h"
#include "common/number.h"
#include "harness/worker.h"

#ifdef PLEXCONF_COVERAGE
void __gcov_dump(void);
#endif

#define BODY_CAP (8u * 1024 * 1024)

static struct {
    pid_t pid;     /* 0: not started */
    pid_t starter; /* a fork of it must not stop what is not its own */
    int closed_fd; /* bound, never listening */
    char url[64], closed_url[64];
} running = { .closed_fd = -1 };

/* ---- the server --------------------------------------------------------------------------- */

struct asking {
    struct buffer body;
};

static enum MHD_Result answer(struct MHD_Connection *c, int status, const char *media_type,
                              const void *body, size_t len)
{
    struct MHD_Response *r =
        MHD_create_response_from_buffer(len, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);
    if (media_type != NULL)
        MHD_add_response_header(r, "Content-Type", media_type);
    enum MHD_Result result = MHD_queue_response(c, (unsigned)status, r);
    MHD_destroy_response(r);
    return result;
}

static int header_number(struct MHD_Connection *c, const char *name, int64_t least, int64_t most)
{
    const char *text = MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
    int64_t n = 0;
    return text != NULL && number_parse(text, least, most, &n) ? (int)n : 0;
}

static enum MHD_Result right_status(struct MHD_Connection *c)
{
    int status = header_number(c, IMPOSTOR_EXPECT_HEADER, 200, 599);
    if (status == 0)
        status = 200;
    if (status == 204 || status == 304)
        return answer(c, status, NULL, "", 0);
    return answer(c, status, status >= 400 ? "application/problem+json" : "application/json", "{}",
                  2);
}

static enum MHD_Result impersonate(struct MHD_Connection *c, const struct asking *asking)
{
    switch (header_number(c, IMPOSTOR_HEADER, 1, IMPOSTOR_LAST)) {
    case IMPOSTOR_EMPTY_200: return answer(c, 200, NULL, "", 0);
    case IMPOSTOR_501: return answer(c, 501, "text/plain", "", 0);
    case IMPOSTOR_ECHO:
        return answer(c, 200, MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Type"),
                      asking->body.data, asking->body.len);
    case IMPOSTOR_RIGHT_STATUS: return right_status(c);
    default: return answer(c, 500, NULL, "", 0);
    }
}

static enum MHD_Result on_request(void *arg UNUSED, struct MHD_Connection *c,
                                  const char *url UNUSED, const char *method UNUSED,
                                  const char *version UNUSED, const char *data, size_t *len,
                                  void **state)
{
    struct asking *asking = *state;
    if (asking == NULL) {
        asking = mem_alloc(sizeof *asking);
        buffer_init(&asking->body, BODY_CAP);
        *state = asking;
        return MHD_YES;
    }
    if (*len > 0) {
        buffer_append(&asking->body, data, *len); /* past the cap: echoed short */
        *len = 0;
        return MHD_YES;
    }
    return impersonate(c, asking);
}

static void on_done(void *arg UNUSED, struct MHD_Connection *c UNUSED, void **state,
                    enum MHD_RequestTerminationCode how UNUSED)
{
    struct asking *asking = *state;
    if (asking == NULL)
        return;
    buffer_release(&asking->body);
    mem_free(asking);
}

static void serve(int listen_fd, pid_t parent) NO_RETURN;
static void serve(int listen_fd, pid_t parent)
{
    /* The starter may be gone before we asked to die with it. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    sigset_t ending;
    int caught;
    /* Nothing of the starter's stays open here: whoever waits for the end of a pipe must see it. */
    if (dup2(listen_fd, 3) != 3 || close_range(4, ~0U, 0) != 0)
        _exit(1);
    listen_fd = 3;
    signal(SIGINT, SIG_IGN); /* Ctrl-C reaches the group: the starter decides when we end */
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigprocmask(SIG_BLOCK, &ending, NULL);
    struct MHD_Daemon *d =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL, 0, NULL, NULL, on_request,
                         NULL, MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_NOTIFY_COMPLETED,
                         on_done, NULL, MHD_OPTION_END);
    if (d == NULL)
        _exit(1);
    sigwait(&ending, &caught);
    MHD_stop_daemon(d);
#ifdef PLEXCONF_COVERAGE
    __gcov_dump();
#endif
    _exit(0);
}

/* ---- the starter's side ------------------------------------------------------------------- */

/* A loopback port of the kernel's choice; -1 with errno. */
static int bind_loopback(char url[64])
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        close(fd);
        return -1;
    }
    snprintf(url, 64, "http://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    return fd;
}

static bool fork_server(int listen_fd, struct error *e)
{
    pid_t parent = getpid();
    running.pid = fork();
    if (running.pid == 0)
        serve(listen_fd, parent);
    if (running.pid < 0) {
        running.pid = 0;
        return error_errno(e, errno, "impostor: a process for its server");
    }
    running.starter = parent;
    return true;
}

bool impostor_start(struct error *e)
{
    if (running.pid != 0)
        return true;
    running.closed_fd = bind_loopback(running.closed_url);
    int listen_fd = running.closed_fd < 0 ? -1 : bind_loopback(running.url);
    bool ok = listen_fd >= 0 && listen(listen_fd, 256) == 0;
    if (!ok)
        error_errno(e, errno, "impostor: a port on 127.0.0.1");
    ok = ok && fork_server(listen_fd, e);
    if (listen_fd >= 0)
        close(listen_fd);
    if (!ok && running.closed_fd >= 0) {
        close(running.closed_fd);
        running.closed_fd = -1;
    }
    return ok;
}

void impostor_stop(void)
{
    if (running.pid == 0 || running.starter != getpid())
        return;
    kill(running.pid, SIGTERM);
    while (waitpid(running.pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close(running.closed_fd);
    running.pid = 0;
    running.closed_fd = -1;
}

const char *impostor_url(int impostor)
{
    if (running.pid == 0)
        return NULL;
    return impostor == IMPOSTOR_CLOSED ? running.closed_url : running.url;
}
