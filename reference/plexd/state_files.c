#include "reference/plexd/state_files.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/encoding.h"
#include "common/file.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/text.h"

enum { NAME_MOST = 200 /* of 255: room for ".json", ".corrupt" and mkstemp's letters */ };

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool stays(const char *key, size_t i)
{
    char c = key[i];
    return is_alnum(c) || c == '-' || c == '_' || (c == '.' && i > 0);
}

char *state_file_name(struct arena *a, const char *key)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    struct buffer b;
    buffer_init_arena(&b, SIZE_MAX, a);
    for (size_t i = 0; key[i] != '\0'; i++)
        if (stays(key, i))
            buffer_char(&b, key[i]);
        else
            buffer_printf(&b, "%%%02X", (unsigned)(unsigned char)key[i]);
    if (b.len > NAME_MOST) {
        SHA256((const unsigned char *)key, strlen(key), digest);
        /* '~' is in no other name. */
        return arena_printf(a, "%.100s~%s.json", b.data, hex_encode(a, digest, sizeof digest));
    }
    buffer_text(&b, ".json");
    return b.data;
}

/* ---- what a crash left ---- */

static bool is_leftover(const char *name)
{
    size_t len = strlen(name);
    if (text_starts(name, ".tmp-"))
        return true;
    if (len < 12 || name[len - 7] != '.')
        return false;
    for (size_t i = len - 6; i < len; i++)
        if (!is_alnum(name[i]))
            return false;
    return strncmp(name + len - 12, ".json", 5) == 0 ||
           (len > 15 && strncmp(name + len - 15, ".journal", 8) == 0);
}

bool state_folder_open(const char *path, struct error *e)
{
    struct arena *a = arena_create();
    char **names;
    size_t n;
    bool ok = directory_make(path, 0700, e) && directory_list(a, path, &names, &n, e);
    for (size_t i = 0; ok && i < n; i++)
        if (is_leftover(names[i]))
            unlink(path_join(a, path, names[i]));
    arena_destroy(a);
    return ok;
}

static void set_aside(struct arena *a, const char *path, const char *why)
{
    const char *aside = arena_printf(a, "%s.corrupt", path);
    bool moved = rename(path, aside) == 0;
    log_line(LOG_WARN, "state file set aside", "component", "nodeapi", "path", path, "error", why,
             "moved_to", moved ? aside : "nowhere", NULL);
}

bool state_file_read(const char *path, bool (*file)(void *self, const char *name, struct bytes),
                     void *self)
{
    struct arena *a = arena_create();
    struct bytes text;
    struct error e = { "" };
    const char *slash = strrchr(path, '/');
    bool there = path_exists(path);
    bool ok = there && file_read(a, path, STATE_FILE_CAP, &text, &e) &&
              (file(self, slash == NULL ? path : slash + 1, text) ||
               error_set(&e, "not what it should hold"));
    if (there && !ok)
        set_aside(a, path, e.text);
    arena_destroy(a);
    return ok;
}

void state_folder_read(const char *path,
                       bool (*file)(void *self, const char *name, struct bytes text), void *self)
{
    struct arena *a = arena_create();
    char **names;
    size_t n;
    if (directory_list(a, path, &names, &n, NULL))
        for (size_t i = 0; i < n; i++)
            if (text_ends(names[i], ".json"))
                (void)state_file_read(path_join(a, path, names[i]), file, self);
    arena_destroy(a);
}

/* ---- writing ---- */

bool state_file_write_now(const char *path, struct bytes text, struct error *e)
{
    return file_write_atomic(path, text.data, text.len, 0600, e);
}

/* Only an fsynced folder has forgotten the name for good. */
bool state_file_remove_now(const char *path, struct error *e)
{
    struct arena *a = arena_create();
    const char *folder = arena_strndup(a, path, (size_t)(strrchr(path, '/') - path));
    bool gone = unlink(path) == 0;
    bool ok = gone || errno == ENOENT || error_errno(e, errno, "%s", path);
    int fd = gone ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (gone && (fd < 0 || fsync(fd) != 0))
        ok = error_errno(e, errno, "%s", folder);
    if (fd >= 0)
        close(fd);
    arena_destroy(a);
    return ok;
}

struct file_job {
    struct disk_job job;
    char *path;
    unsigned char *text; /* NULL: remove */
    size_t len;
    struct error error;
};

static void work(struct disk_job *job)
{
    struct file_job *f = (struct file_job *)job;
    struct bytes text = { f->text, f->len };
    if (!(f->text == NULL ? state_file_remove_now(f->path, &f->error)
                          : state_file_write_now(f->path, text, &f->error)) &&
        f->error.text[0] == '\0')
        error_set(&f->error, "failed");
}

static void done(struct disk_job *job)
{
    struct file_job *f = (struct file_job *)job;
    if (f->error.text[0] != '\0')
        log_line(LOG_ERROR, "persist write failed", "component", "nodeapi", "path", f->path,
                 "error", f->error.text, NULL);
    mem_free(f->path);
    mem_free(f->text);
    mem_free(f);
}

static void submit(struct disk *disk, struct file_job *f)
{
    f->job.work = work;
    f->job.done = done;
    if (disk != NULL) {
        disk_submit(disk, &f->job);
        return;
    }
    work(&f->job);
    done(&f->job);
}

void state_file_write(struct disk *disk, const char *path, struct bytes text)
{
    struct file_job *f = mem_alloc(sizeof *f);
    f->path = mem_strdup(path);
    f->text = mem_alloc(text.len + 1);
    memcpy(f->text, text.data, text.len);
    f->len = text.len;
    submit(disk, f);
}

void state_file_remove(struct disk *disk, const char *path)
{
    struct file_job *f = mem_alloc(sizeof *f);
    f->path = mem_strdup(path);
    submit(disk, f);
}
