/* plexd/node_listen.h — the two doors of the Local Node API (SPEC API-*). */
#ifndef PLEXD_NODE_LISTEN_H
#define PLEXD_NODE_LISTEN_H

#include <sys/types.h>

#include "common/base.h"
#include "common/error.h"

struct unix_door {
    int fd;
    char *path; /* mem_strdup */
    dev_t device;
    ino_t inode;      /* only our own file is removed at the end */
    bool open_to_all; /* mode 0666: anybody on this machine may connect */
};

/* Makes the parent folder (0755), removes the file of an agent that crashed, refuses to take the
 * place of one that listens, and sets the permissions:
 *
 *     group `plexd` exists and may be given    group plexd, 0660
 *     it does not exist, we are root           0666, with a warning
 *     else                                     0600 */
MUST_CHECK bool unix_door_open(const char *path, struct unix_door *out, struct error *e);
/* Removes the file; the descriptor is closed already, by whoever listened. */
void unix_door_remove(struct unix_door *d);

/* "host:port"; the host is a numeric address, empty means all. */
MUST_CHECK bool tcp_door_open(const char *address, int *fd, int *port, struct error *e);

#endif
