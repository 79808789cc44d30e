#include "drift-gates/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/memory.h"
#include "common/text.h"

#define TREE_FILES_MAX 1000000

struct list {
    struct tree_file *rows;
    size_t n, room;
};

struct walk {
    struct arena *arena;
    const char *const *ignore;
    struct list files, odd;
    struct error *e;
};

/* What a tree has read stays: a small table by path, on the arena. */
struct kept {
    const char *path;
    struct bytes bytes;
    struct kept *next;
};

struct tree_own {
    struct tree tree; /* first: a struct tree is one of these */
    struct kept *kept;
};

static void list_add(struct walk *w, struct list *l, const char *path, size_t size)
{
    if (l->n == l->room) {
        l->room = l->room == 0 ? 256 : l->room * 2;
        l->rows = mem_resize(l->rows, l->room, sizeof(*l->rows));
    }
    l->rows[l->n++] = (struct tree_file){ arena_strdup(w->arena, path), size };
}

static bool is_ignored(const struct walk *w, const char *path, const char *name)
{
    if (text_equal(name, ".git") || text_equal(name, "node_modules"))
        return true;
    if (path == name && (text_equal(name, "build") || text_starts(name, "build-")))
        return true;
    for (const char *const *p = w->ignore; p != NULL && *p != NULL; p++) {
        if (text_glob(*p, path) || text_glob(*p, name))
            return true;
    }
    return false;
}

static bool walk_folder(struct walk *w, int folder, const char *prefix);

static bool walk_entry(struct walk *w, int folder, const char *prefix, const char *name)
{
    struct stat st;
    const char *path = prefix[0] == '\0' ? name : arena_printf(w->arena, "%s/%s", prefix, name);
    if (is_ignored(w, path, name))
        return true;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return true; /* gone between listing and looking */
    if (S_ISREG(st.st_mode)) {
        list_add(w, &w->files, path, (size_t)st.st_size);
        return w->files.n <= TREE_FILES_MAX ||
               error_set(w->e, "more than %d files; judge a smaller folder, or ignore some",
                         TREE_FILES_MAX);
    }
    if (!S_ISDIR(st.st_mode)) {
        list_add(w, &w->odd, path, 0);
        return true;
    }
    int below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below < 0) {
        list_add(w, &w->odd, path, 0);
        return true;
    }
    return walk_folder(w, below, path);
}

/* Takes over `folder`. */
static bool walk_folder(struct walk *w, int folder, const char *prefix)
{
    DIR *d = fdopendir(folder);
    if (d == NULL) {
        int code = errno;
        close(folder);
        return error_errno(w->e, code, "%s", prefix);
    }
    bool ok = true;
    struct dirent *entry;
    while (ok && (entry = readdir(d)) != NULL) {
        if (!text_equal(entry->d_name, ".") && !text_equal(entry->d_name, ".."))
            ok = walk_entry(w, dirfd(d), prefix, arena_strdup(w->arena, entry->d_name));
    }
    closedir(d);
    return ok;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct tree_file *)a)->path, ((const struct tree_file *)b)->path);
}

/* Sorted, on the arena; the walk's own list is given back. */
static const struct tree_file *settle(struct walk *w, struct list *l)
{
    struct tree_file *rows = arena_alloc_array(w->arena, l->n + 1, sizeof(*rows));
    if (l->n > 0) {
        memcpy(rows, l->rows, l->n * sizeof(*rows));
        qsort(rows, l->n, sizeof(*rows), by_path);
    }
    mem_free(l->rows);
    return rows;
}

bool tree_open(struct arena *a, const char *root, const char *const *ignore, struct tree **out,
               struct error *e)
{
    int folder = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return error_errno(e, errno, "tree %s", root);
    struct walk w = { .arena = a, .ignore = ignore, .e = e };
    bool ok = walk_folder(&w, folder, "");
    struct tree_own *own = arena_alloc(a, sizeof(*own));
    struct tree *t = &own->tree;
    t->arena = a;
    t->root = arena_strdup(a, root);
    t->n = w.files.n;
    t->n_odd = w.odd.n;
    t->files = settle(&w, &w.files);
    t->odd = settle(&w, &w.odd);
    *out = t;
    return ok;
}

static bool map_file(const struct tree *t, const char *path, struct bytes *out, struct error *e)
{
    const char *full = arena_printf(t->arena, "%s/%s", t->root, path);
    /* O_NONBLOCK: what was a file when the tree was walked may be a FIFO by now. */
    int fd = open(full, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return error_errno(e, errno, "%s", path);
    bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (!ok)
        error_set(e, "%s: is no regular file", path);
    else if ((size_t)st.st_size > TREE_FILE_CAP)
        ok = error_set(e, "%s: is larger than %zu MiB", path, TREE_FILE_CAP >> 20);
    *out = (struct bytes){ (const unsigned char *)"", 0 };
    if (ok && st.st_size > 0) {
        size_t len = (size_t)st.st_size;
        /* One byte more than the file: an anonymous page lies under the mapping, so that a NUL
         * follows even a file of whole pages. */
        unsigned char *at = mmap(NULL, len + 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED || mmap(at, len, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) != at)
            ok = error_errno(e, errno, "%s", path);
        else
            *out = (struct bytes){ at, len };
    }
    close(fd);
    return ok;
}

bool tree_map(const struct tree *t, const struct tree_file *file, struct bytes *out,
              struct error *e)
{
    return map_file(t, file->path, out, e);
}

void tree_unmap(struct bytes bytes)
{
    if (bytes.len > 0)
        munmap((void *)(uintptr_t)bytes.data, bytes.len + 1);
}

static void unmap_kept(void *thing)
{
    tree_unmap(((struct kept *)thing)->bytes);
}

bool tree_read(const struct tree *t, const char *path, struct bytes *out, struct error *e)
{
    struct tree_own *own = (struct tree_own *)(uintptr_t)t;
    for (const struct kept *k = own->kept; k != NULL; k = k->next) {
        if (text_equal(k->path, path)) {
            *out = k->bytes;
            return true;
        }
    }
    if (!map_file(t, path, out, e))
        return false;
    struct kept *k = arena_alloc(t->arena, sizeof(*k));
    *k = (struct kept){ arena_strdup(t->arena, path), *out, own->kept };
    own->kept = k;
    arena_defer(t->arena, unmap_kept, k);
    return true;
}

/* The first file whose path is not before `path`. */
static size_t lower_bound(const struct tree *t, const char *path)
{
    size_t from = 0, to = t->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (strcmp(t->files[middle].path, path) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

const struct tree_file *tree_find(const struct tree *t, const char *path)
{
    size_t at = lower_bound(t, path);
    return at < t->n && text_equal(t->files[at].path, path) ? &t->files[at] : NULL;
}

const struct tree_file *tree_below(const struct tree *t, const char *folder, size_t *n)
{
    const char *prefix = arena_printf(t->arena, "%s/", folder);
    size_t from = lower_bound(t, prefix), to = from;
    while (to < t->n && text_starts(t->files[to].path, prefix))
        to++;
    *n = to - from;
    return t->files + from;
}

int line_at(struct bytes text, size_t offset)
{
    int line = 1;
    const unsigned char *at = text.data, *end = text.data + (offset < text.len ? offset : text.len);
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        line++;
        at++;
    }
    return line;
}
