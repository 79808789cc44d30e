/* control/connect.h — the address of a control socket, for both of its ends. */
#ifndef PLEXSPHERE_CONTROL_CONNECT_H
#define PLEXSPHERE_CONTROL_CONNECT_H

#include <sys/un.h>

#include "common/error.h"

/* Refuses an empty path and one that does not fit a socket address (107 bytes). */
MUST_CHECK bool control_address(const char *path, struct sockaddr_un *out, struct error *e);
/* A connected descriptor, or -1 with errno. */
int control_connect(const struct sockaddr_un *address);

#endif
