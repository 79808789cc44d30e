#include "reference/plexd/node_listen.h"

#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/number.h"
#include "common/text.h"

enum { BACKLOG = 128 };

/* ---- the Unix socket ---- */

static bool somebody_listens(const struct sockaddr_un *at)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* A full backlog (EAGAIN) is a sign of life, too. */
    bool yes =
        fd >= 0 && (connect(fd, (const struct sockaddr *)at, sizeof *at) == 0 || errno == EAGAIN);
    if (fd >= 0)
        close(fd);
    return yes;
}

static bool clear_place(const struct sockaddr_un *at, struct error *e)
{
    struct stat s;
    if (lstat(at->sun_path, &s) != 0)
        return errno == ENOENT || error_errno(e, errno, "%s", at->sun_path);
    if (!S_ISSOCK(s.st_mode))
        return error_set(e, "%s: there is a file that is no socket; remove it", at->sun_path);
    if (somebody_listens(at))
        return error_set(e, "%s: another process listens there; stop it first", at->sun_path);
    return unlink(at->sun_path) == 0 || error_errno(e, errno, "%s", at->sun_path);
}

static void warn(const char *path, const char *message)
{
    log_line(LOG_WARN, message, "component", "nodeapi", "socket", path, NULL);
}

/* API-004. Until here the file is 0600. */
static void open_up(struct unix_door *d)
{
    const struct group *plexd = getgrnam("plexd");
    if (plexd != NULL) {
        if (chown(d->path, (uid_t)-1, plexd->gr_gid) != 0 || chmod(d->path, 0660) != 0)
            warn(d->path, "socket cannot be given to group plexd, only its owner may connect");
        return;
    }
    if (geteuid() != 0)
        return;
    warn(d->path, "plexd group not found, using permissive socket permissions");
    d->open_to_all = chmod(d->path, 0666) == 0;
}

static bool listen_at(const struct sockaddr_un *at, struct unix_door *d, struct error *e)
{
    struct stat s;
    d->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* The mode of an unbound socket is the mode its file is made with: no moment is open. */
    if (d->fd < 0 || fchmod(d->fd, 0600) != 0 ||
        bind(d->fd, (const struct sockaddr *)at, sizeof *at) != 0 || listen(d->fd, BACKLOG) != 0 ||
        lstat(at->sun_path, &s) != 0)
        return error_errno(e, errno, "%s", at->sun_path);
    d->device = s.st_dev;
    d->inode = s.st_ino;
    return true;
}

bool unix_door_open(const char *path, struct unix_door *out, struct error *e)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    const char *slash = strrchr(path, '/');
    *out = (struct unix_door){ .fd = -1 };
    if (*path == '\0' || strlen(path) >= sizeof at.sun_path)
        return error_set(e, "node_api.socket_path: a path of 1 to %zu bytes is wanted",
                         sizeof at.sun_path - 1);
    memcpy(at.sun_path, path, strlen(path) + 1);
    if (slash != NULL && slash != path) {
        struct arena *a = arena_create();
        bool made = directory_make(arena_strndup(a, path, (size_t)(slash - path)), 0755, e);
        arena_destroy(a);
        if (!made)
            return false;
    }
    if (!clear_place(&at, e))
        return false;
    if (!listen_at(&at, out, e)) {
        if (out->fd >= 0)
            close(out->fd);
        return false;
    }
    out->path = mem_strdup(path);
    open_up(out);
    return true;
}

void unix_door_remove(struct unix_door *d)
{
    struct stat s;
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    if (d->path == NULL)
        return;
    memcpy(at.sun_path, d->path, strlen(d->path) + 1);
    /* A later file may have our number again; then somebody listens, and it is not we. */
    if (lstat(d->path, &s) == 0 && s.st_dev == d->device && s.st_ino == d->inode &&
        !somebody_listens(&at))
        unlink(d->path);
    mem_free(d->path);
    d->path = NULL;
}

/* ---- TCP ---- */

/* "[::1]:9100", "127.0.0.1:9100", ":9100" */
static bool split_address(struct arena *a, const char *address, const char **host,
                          const char **port)
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL)
        return false;
    size_t len = (size_t)(colon - address);
    bool brackets = len >= 2 && address[0] == '[' && address[len - 1] == ']';
    *host = brackets ? arena_strndup(a, address + 1, len - 2) : arena_strndup(a, address, len);
    *port = colon + 1;
    return *colon != '\0' && **port != '\0' && (brackets || strchr(*host, ':') == NULL);
}

static int bound_port(int fd)
{
    struct sockaddr_storage at;
    socklen_t len = sizeof at;
    if (getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        return 0;
    return at.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&at)->sin6_port)
                                    : ntohs(((struct sockaddr_in *)&at)->sin_port);
}

static bool listen_on(const struct addrinfo *at, const char *address, int *fd, struct error *e)
{
    int yes = 1;
    *fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd >= 0 && setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0 &&
        bind(*fd, at->ai_addr, at->ai_addrlen) == 0 && listen(*fd, BACKLOG) == 0)
        return true;
    error_errno(e, errno, "node_api.http_listen %s", address);
    if (*fd >= 0)
        close(*fd);
    return false;
}

bool tcp_door_open(const char *address, int *fd, int *port, struct error *e)
{
    struct arena *a = arena_create();
    struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
                              .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    const char *host, *service;
    int64_t number;
    bool ok = split_address(a, address, &host, &service) &&
              number_parse(service, 0, 65535, &number) &&
              getaddrinfo(*host == '\0' ? NULL : host, service, &hints, &found) == 0;
    if (!ok)
        error_set(e,
                  "node_api.http_listen %s: an address and a port are wanted, as in "
                  "127.0.0.1:9100",
                  address);
    ok = ok && listen_on(found, address, fd, e);
    if (ok)
        *port = bound_port(*fd);
    if (found != NULL)
        freeaddrinfo(found);
    arena_destroy(a);
    return ok;
}
