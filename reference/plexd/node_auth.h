/* plexd/node_auth.h — who may ask (SPEC API-*): a bearer token on TCP, file permissions on the Unix
 * socket and, for secrets, the peer's credentials. */
#ifndef PLEXD_NODE_AUTH_H
#define PLEXD_NODE_AUTH_H

#include <sys/types.h>

#include "common/base.h"
#include "common/error.h"

/* The token of node_api.http_token_file, trimmed; mem_free() it. Missing, blank or not printable:
 * an error. */
MUST_CHECK bool node_token_read(const char *path, char **out, struct error *e);

/* Whether an Authorization header (NULL: none) carries that token: scheme in any case, the token
 * compared in constant time. */
bool node_token_matches(const char *header, const char *token);

/* Whether the process at the other end of a Unix socket may read secrets: root, or primary group or
 * membership plexd-secrets. *uid and *gid are for the log. */
bool node_peer_may_read_secrets(int fd, uid_t *uid, gid_t *gid);
/* The rule itself. */
bool node_user_in_group(uid_t uid, gid_t gid, const char *group);

#endif
