#include "reference/plexsphere/control/connect.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool control_address(const char *path, struct sockaddr_un *out, struct error *e)
{
    *out = (struct sockaddr_un){ .sun_family = AF_UNIX };
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof out->sun_path)
        return error_set(e, "a socket path has 1 to %zu bytes, this one has %zu",
                         sizeof out->sun_path - 1, len);
    memcpy(out->sun_path, path, len + 1);
    return true;
}

int control_connect(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}
