#include "reference/plexd/node_auth.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/memory.h"
#include "common/text.h"

enum { TOKEN_MOST = 4096, GROUPS_MOST = 1024 };

bool node_token_read(const char *path, char **out, struct error *e)
{
    struct arena *a = arena_create();
    struct bytes text;
    char *token = NULL;
    bool ok = (path != NULL && *path != '\0') ||
              error_set(e, "node_api.http_token_file: needed with node_api.http_enabled");
    ok = ok &&
         (file_read(a, path, TOKEN_MOST, &text, e) || error_prefix(e, "node_api.http_token_file"));
    if (ok) {
        token = text_trim(a, (const char *)text.data);
        ok = strlen((const char *)text.data) == text.len && *token != '\0';
        for (const char *c = token; *c != '\0'; c++)
            ok = ok && *c > 0x20 && *c < 0x7f;
        if (!ok)
            error_set(e, "node_api.http_token_file %s: must hold one token of printable characters",
                      path);
        else
            *out = mem_strdup(token);
        mem_wipe((void *)(uintptr_t)text.data, text.len);
        mem_wipe(token, strlen(token));
    }
    arena_destroy(a);
    return ok;
}

bool node_token_matches(const char *header, const char *token)
{
    size_t len = strlen(token);
    if (header == NULL || strncasecmp(header, "bearer ", 7) != 0 || strlen(header + 7) != len)
        return false;
    return bytes_equal_constant_time(header + 7, token, len);
}

bool node_user_in_group(uid_t uid, gid_t gid, const char *name)
{
    const struct group *g = getgrnam(name);
    if (g == NULL)
        return false;
    gid_t wanted = g->gr_gid, groups[GROUPS_MOST];
    int n = GROUPS_MOST;
    if (gid == wanted)
        return true;
    const struct passwd *user = getpwuid(uid);
    if (user == NULL || getgrouplist(user->pw_name, user->pw_gid, groups, &n) < 0)
        return false;
    for (int i = 0; i < n; i++)
        if (groups[i] == wanted)
            return true;
    return false;
}

bool node_peer_may_read_secrets(int fd, uid_t *uid, gid_t *gid)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    *uid = (uid_t)-1;
    *gid = (gid_t)-1;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || len != sizeof peer)
        return false;
    *uid = peer.uid;
    *gid = peer.gid;
    return peer.uid == 0 || node_user_in_group(peer.uid, peer.gid, "plexd-secrets");
}
