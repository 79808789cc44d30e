/* Folders; declared in file.h. */
#include "common/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/memory.h"

static bool make_one(const char *path, mode_t mode)
{
    struct stat s;
    if (mkdir(path, mode) == 0)
        return true;
    /* Somebody else may have made it; on a read-only root mkdir complains of that first. */
    int code = errno;
    if (stat(path, &s) == 0 && S_ISDIR(s.st_mode))
        return true;
    errno = code == EEXIST ? ENOTDIR : code;
    return false;
}

bool directory_make(const char *path, mode_t mode, struct error *e)
{
    char *part = mem_strdup(path);
    bool ok = true;
    for (char *slash = strchr(part + (*part == '/'), '/'); slash != NULL && ok;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        ok = make_one(part, mode);
        *slash = '/';
    }
    ok = ok && make_one(part, mode);
    int code = errno;
    mem_free(part);
    return ok || error_errno(e, code, "%s", path);
}

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool remove_tree(int parent, const char *name);

static bool remove_entries(int fd)
{
    DIR *dir = fdopendir(fd); /* takes fd over */
    if (dir == NULL) {
        close(fd);
        return false;
    }
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(dir)) != NULL;)
        if (!is_dot(entry->d_name))
            ok = remove_tree(dirfd(dir), entry->d_name);
    int code = errno;
    closedir(dir);
    errno = code;
    return ok;
}

/* Works on descriptors, so that a folder swapped for a link meanwhile is not followed. */
static bool remove_tree(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return true;
    if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
        return unlinkat(parent, name, 0) == 0 || errno == ENOENT;
    if (fd < 0 || !remove_entries(fd))
        return false;
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT;
}

bool directory_remove(const char *path, struct error *e)
{
    struct stat s;
    if (lstat(path, &s) == 0 && !S_ISDIR(s.st_mode))
        return error_errno(e, ENOTDIR, "%s", path);
    return remove_tree(AT_FDCWD, path) || error_errno(e, errno, "%s", path);
}

bool directory_make_temporary(struct arena *a, const char *prefix, char **path, struct error *e)
{
    char *made = arena_printf(a, "%s.XXXXXX", prefix);
    if (mkdtemp(made) == NULL)
        return error_errno(e, errno, "%s.XXXXXX", prefix);
    *path = made;
    return true;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool directory_list(struct arena *a, const char *path, char ***names, size_t *n, struct error *e)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return error_errno(e, errno, "%s", path);
    size_t count = 0, room = 16;
    char **list = arena_alloc_array(a, room, sizeof(*list));
    for (struct dirent *entry; (errno = 0, entry = readdir(dir)) != NULL;) {
        if (is_dot(entry->d_name))
            continue;
        if (count + 1 == room) {
            char **larger = arena_alloc_array(a, 2 * room, sizeof(*list));
            memcpy(larger, list, count * sizeof(*list));
            list = larger;
            room *= 2;
        }
        list[count++] = arena_strdup(a, entry->d_name);
    }
    int code = errno;
    closedir(dir);
    if (code != 0)
        return error_errno(e, code, "%s", path);
    qsort(list, count, sizeof(*list), by_bytes);
    *names = list;
    if (n != NULL)
        *n = count;
    return true;
}
