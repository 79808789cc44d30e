#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/memory.h"

bool write_all(int fd, const void *data, size_t len)
{
    const char *p = data;
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

/* What fstat says is a guess: /proc files say 0, others grow while they are read. */
static size_t first_guess(int fd)
{
    struct stat s;
    if (fstat(fd, &s) != 0 || s.st_size < 4096)
        return 4096;
    return (size_t)s.st_size;
}

static bool read_to_end(struct arena *a, int fd, size_t cap, struct bytes *out, bool *too_long)
{
    size_t guess = first_guess(fd);
    size_t room = (guess < cap ? guess : cap) + 1; /* one more shows that there is more */
    unsigned char *data = arena_alloc(a, room + 1);
    size_t len = 0;
    *too_long = false;
    for (;;) {
        ssize_t n = read(fd, data + len, room - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        len += (size_t)n;
        if (len > cap) {
            *too_long = true;
            return false;
        }
        if (n == 0)
            break;
        if (len == room) {
            size_t larger = room > cap / 2 ? cap + 1 : room * 2;
            unsigned char *copy = arena_alloc(a, larger + 1);
            memcpy(copy, data, len);
            data = copy;
            room = larger;
        }
    }
    data[len] = '\0';
    *out = (struct bytes){ data, len };
    return true;
}

bool file_read_fd(struct arena *a, int fd, const char *name, size_t cap, struct bytes *out,
                  struct error *e)
{
    bool too_long;
    if (cap > SIZE_MAX - 2)
        cap = SIZE_MAX - 2;
    if (read_to_end(a, fd, cap, out, &too_long))
        return true;
    if (too_long)
        return error_set(e, "%s: longer than %zu bytes", name, cap);
    return error_errno(e, errno, "%s", name);
}

bool file_read(struct arena *a, const char *path, size_t cap, struct bytes *out, struct error *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(e, errno, "%s", path);
    bool ok = file_read_fd(a, fd, path, cap, out, e);
    close(fd);
    return ok;
}

static char *folder_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return arena_strdup(a, ".");
    return arena_strndup(a, path, slash == path ? 1 : (size_t)(slash - path));
}

static bool sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = fsync(fd) == 0;
    int code = errno;
    close(fd);
    errno = code;
    return ok;
}

static bool fill(int fd, const void *data, size_t len, mode_t mode)
{
    bool ok = fchmod(fd, mode) == 0 && write_all(fd, data, len) && fsync(fd) == 0;
    int code = errno;
    if (close(fd) != 0 && ok)
        return false;
    errno = code;
    return ok;
}

/* Two steps a crash may fall between: the full new file, then its name. */
static bool replace(struct arena *a, const char *path, const void *data, size_t len, mode_t mode)
{
    char *temporary = arena_printf(a, "%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return false;
    if (fill(fd, data, len, mode) && rename(temporary, path) == 0)
        return sync_folder(folder_of(a, path));
    int code = errno;
    unlink(temporary);
    errno = code;
    return false;
}

bool file_write_atomic(const char *path, const void *data, size_t len, mode_t mode, struct error *e)
{
    struct arena *a = arena_create();
    bool ok = replace(a, path, data, len, mode);
    int code = errno;
    arena_destroy(a);
    return ok || error_errno(e, code, "%s", path);
}

bool path_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

char *path_join(struct arena *a, const char *directory, const char *name)
{
    if (*directory == '\0' || *name == '/')
        return arena_strdup(a, name);
    size_t len = strlen(directory);
    return arena_printf(a, "%s%s%s", directory, directory[len - 1] == '/' ? "" : "/", name);
}

char *path_of_executable(struct arena *a)
{
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (len <= 0)
        return arena_strdup(a, ".");
    path[len] = '\0';
    return folder_of(a, path);
}
