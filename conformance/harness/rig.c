#include "harness/rig.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/file.h"
#include "common/text.h"
#include "harness/rig_parts.h"

#define MEMORY_LEAST (UINT64_C(2) << 30) /* a container's /dev/shm often has 64 MiB */

/* A rig's folder holds `lock`, flocked as long as its owner lives: a lock that can be had is a
 * crash's leftover. */
static int lock_of(const char *directory)
{
    struct arena *a = arena_create();
    int fd = open(path_join(a, directory, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    arena_destroy(a);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool home_is_ours(const char *path, struct error *e)
{
    struct stat st;
    if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
        return error_set(e, "rig: %s belongs to somebody else; remove it", path);
    return true;
}

/* Open for the database's own user to pass through, whatever the umask. */
static bool make_home(const char *path, struct error *e)
{
    if (!directory_make(path, 0755, e) || !home_is_ours(path, e))
        return false;
    return chmod(path, 0755) == 0 || error_errno(e, errno, "rig: %s", path);
}

bool rig_home(struct arena *a, char **out, struct error *e)
{
    *out = arena_printf(a, "/var/tmp/plexconf-%u", (unsigned)geteuid());
    return make_home(*out, e);
}

/* A database that is thrown away needs no disk, and ext4 is slow to create files again where a run
 * before has just removed hundreds. By size and not by what is free: all runs must agree. NULL: no
 * memory file system to speak of. */
static char *memory_home(struct arena *a)
{
    struct statvfs fs;
    char *path = arena_printf(a, "/dev/shm/plexconf-%u", (unsigned)geteuid());
    bool roomy = access("/dev/shm", W_OK | X_OK) == 0 && statvfs("/dev/shm", &fs) == 0 &&
                 (uint64_t)fs.f_blocks * fs.f_frsize >= MEMORY_LEAST;
    return roomy && make_home(path, NULL) ? path : NULL;
}

/* Where a run keeps its database: a folder of the same name, or the run's own folder. */
static char *data_home(struct arena *a, const char *run)
{
    const char *memory = memory_home(a);
    return memory ? path_join(a, memory, strrchr(run, '/') + 1) : arena_strdup(a, run);
}

/* Calls `visit` for each run folder with its lock when nobody holds it, else -1. */
static int each_run(const char *home, void (*visit)(const char *path, int lock, FILE *out),
                    FILE *out)
{
    struct arena *a = arena_create();
    char **names;
    size_t n = 0;
    int live = 0;
    if (directory_list(a, home, &names, &n, NULL))
        for (size_t i = 0; i < n; i++)
            if (text_starts(names[i], "run.")) {
                const char *path = path_join(a, home, names[i]);
                int lock = lock_of(path);
                live += lock < 0;
                visit(path, lock, out);
                if (lock >= 0)
                    close(lock);
            }
    arena_destroy(a);
    return live;
}

/* What cannot be removed now is swept by the next run. */
static void discard(const char *run)
{
    struct arena *a = arena_create();
    bool removed = directory_remove(data_home(a, run), NULL) && directory_remove(run, NULL);
    (void)removed;
    arena_destroy(a);
}

static void sweep_one(const char *path, int lock, FILE *out UNUSED)
{
    if (lock >= 0)
        discard(path);
}

static void tell_one(const char *path, int lock, FILE *out)
{
    if (lock >= 0)
        return;
    struct arena *a = arena_create();
    struct bytes text;
    bool told = file_read(a, path_join(a, path, "base_url"), 4096, &text, NULL);
    fprintf(out, "%s  %s\n", told ? (const char *)text.data : "(starting)", path);
    arena_destroy(a);
}

int rig_status(FILE *out)
{
    struct arena *a = arena_create();
    char *home;
    int live = rig_home(a, &home, NULL) ? each_run(home, tell_one, out) : 0;
    arena_destroy(a);
    return live;
}

static struct rig *rig_new(const char *kind)
{
    struct arena *a = arena_create();
    struct rig *r = arena_alloc(a, sizeof *r);
    *r = (struct rig){ .arena = a, .kind = arena_strdup(a, kind), .lock = -1 };
    return r;
}

static bool run_directory(struct rig *r, struct error *e)
{
    char *home;
    if (!rig_home(r->arena, &home, e))
        return false;
    each_run(home, sweep_one, NULL);
    r->home = home;
    if (!directory_make_temporary(r->arena, path_join(r->arena, home, "run"), &r->directory, e))
        return false;
    (void)chmod(r->directory, 0711); /* the database's own user passes through */
    r->data_home = data_home(r->arena, r->directory);
    r->lock = lock_of(r->directory);
    if (r->lock < 0)
        return error_set(e, "rig: cannot lock %s", r->directory);
    return directory_make(r->data_home, 0711, e) &&
           (chmod(r->data_home, 0711) == 0 || error_errno(e, errno, "rig: %s", r->data_home));
}

bool rig_up_for_agents(struct profile *p, struct rig **out, struct error *e)
{
    struct rig *r = rig_new("agents");
    *out = NULL;
    if (!run_directory(r, e)) {
        rig_down(r);
        return false;
    }
    p->scratch = r->directory;
    p->memory = r->data_home;
    p->base_url = NULL; /* nobody is asked for a world there */
    *out = r;
    return true;
}

bool rig_up(const char *kind, struct profile *p, struct rig **out, struct error *e)
{
    *out = NULL;
    bool process = text_equal(kind, "process");
    if (!process && !text_equal(kind, "external"))
        return error_set(e, "rig: unknown kind '%s'; known: process, external", kind);
    if (!process && !p->base_url)
        return error_set(e, "rig: external needs base_url in %s", p->path);
    struct rig *r = rig_new(kind);
    bool ok = run_directory(r, e);
    p->scratch = r->directory;
    p->memory = r->data_home;
    if (!ok || (process && !rig_process_up(r, p, e))) {
        rig_down(r);
        return false;
    }
    *out = r;
    return true;
}

void rig_down(struct rig *r)
{
    if (!r)
        return;
    rig_process_down(r);
    if (r->directory)
        discard(r->directory);
    if (r->lock >= 0)
        close(r->lock);
    arena_destroy(r->arena);
}

bool rig_healthy(struct rig *r, struct error *e)
{
    return !text_equal(r->kind, "process") || rig_process_healthy(r, e);
}

const char *rig_directory(const struct rig *r)
{
    return r->directory;
}

const char *rig_dsn(const struct rig *r)
{
    return r->dsn;
}
