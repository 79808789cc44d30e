#include "drift-gates/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/memory.h"
#include "common/text.h"

#define TREE_FILES_MAX 1000000
#define TREE_DEPTH_MAX 256 /* each level holds a descriptor while it is walked */
#define ENTRIES_ROOM ((size_t)32 << 10)
#define PATH_CAP ((size_t)1 << 20)
#define TOO_LARGE "larger than 64 MiB"

_Static_assert(TREE_FILE_CAP >> 20 == 64, "TOO_LARGE says so");

struct list {
    struct tree_file *rows;
    size_t n, room;
};

struct walk {
    struct arena *arena;
    const char *const *ignore;
    struct list files, odd;
    struct buffer path; /* of what is looked at */
    int depth;
    char *rooms[TREE_DEPTH_MAX + 1]; /* for the entries of a folder, one for each level */
    struct error *e;
};

/* What a tree has read stays: a slot for each file of the walk, and a list for others. */
struct kept {
    const char *path;
    struct bytes bytes;
    struct kept *next;
};

struct tree_own {
    struct tree tree; /* first: a struct tree is one of these */
    int folder;
    struct bytes *slots;  /* data NULL: not read */
    unsigned char *marks; /* enum tree_mark */
    struct kept *others;
    struct list failures;
};

static struct tree_own *own_of(const struct tree *t)
{
    return (struct tree_own *)(uintptr_t)t;
}

/* The rows are heap memory; the texts are the arena's. */
static void list_add(struct list *l, struct tree_file row)
{
    if (l->n == l->room) {
        l->room = l->room == 0 ? 256 : l->room * 2;
        l->rows = mem_resize(l->rows, l->room, sizeof(*l->rows));
    }
    l->rows[l->n++] = row;
}

/* "permission denied" */
static const char *words_of(struct arena *a, int code)
{
    const char *words = strerrordesc_np(code);
    return words == NULL ? "unknown error" : text_lower(a, words);
}

static void add_odd(struct walk *w, const char *problem)
{
    list_add(&w->odd, (struct tree_file){ arena_strdup(w->arena, w->path.data), 0, problem });
}

static bool is_ignored(const struct walk *w, const char *name)
{
    if (text_equal(name, ".git") || text_equal(name, "node_modules"))
        return true;
    if (w->depth == 0 && (text_equal(name, "build") || text_starts(name, "build-")))
        return true;
    for (const char *const *p = w->ignore; p != NULL && *p != NULL; p++) {
        if (text_glob(*p, w->path.data) || text_glob(*p, name))
            return true;
    }
    return false;
}

static const char *kind_of(mode_t mode)
{
    if (S_ISLNK(mode))
        return TREE_LINK;
    if (S_ISFIFO(mode))
        return "a FIFO";
    return S_ISSOCK(mode) ? "a socket" : "a device";
}

static bool walk_folder(struct walk *w, int folder);

static bool walk_below(struct walk *w, int folder, const char *name)
{
    if (w->depth >= TREE_DEPTH_MAX) {
        add_odd(w, "a folder more than 256 levels down");
        return true;
    }
    int below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below < 0) {
        add_odd(w, arena_printf(w->arena, "a folder that cannot be opened: %s",
                                words_of(w->arena, errno)));
        return true;
    }
    w->depth++;
    bool ok = walk_folder(w, below);
    w->depth--;
    return ok;
}

/* w->path is that of the entry. */
static bool walk_entry(struct walk *w, int folder, const struct dirent64 *entry)
{
    struct stat st;
    if (is_ignored(w, entry->d_name))
        return true;
    if (entry->d_type == DT_DIR)
        return walk_below(w, folder, entry->d_name);
    if (fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return true; /* gone between listing and looking */
    if (S_ISDIR(st.st_mode))
        return walk_below(w, folder, entry->d_name);
    if (!S_ISREG(st.st_mode)) {
        add_odd(w, kind_of(st.st_mode));
        return true;
    }
    size_t size = (size_t)st.st_size;
    list_add(&w->files, (struct tree_file){ arena_strndup(w->arena, w->path.data, w->path.len),
                                            size, size > TREE_FILE_CAP ? TOO_LARGE : NULL });
    return w->files.n <= TREE_FILES_MAX ||
           error_set(w->e, "more than %d files; judge a smaller folder, or ignore some",
                     TREE_FILES_MAX);
}

static bool walk_entries(struct walk *w, int folder, const char *data, size_t len)
{
    size_t prefix = w->path.len;
    bool ok = true;
    for (size_t at = 0; ok && at < len;) {
        const struct dirent64 *entry = (const struct dirent64 *)(const void *)(data + at);
        at += entry->d_reclen;
        if (text_equal(entry->d_name, ".") || text_equal(entry->d_name, ".."))
            continue;
        if (prefix > 0)
            buffer_char(&w->path, '/');
        buffer_text(&w->path, entry->d_name);
        ok = walk_entry(w, folder, entry);
        w->path.len = prefix;
        w->path.data[prefix] = '\0';
    }
    return ok;
}

/* Takes over `folder`, whose path is w->path. Without readdir(), which costs more than the looking
 * where folders are small. */
static bool walk_folder(struct walk *w, int folder)
{
    ssize_t n;
    if (w->rooms[w->depth] == NULL)
        w->rooms[w->depth] = mem_alloc(ENTRIES_ROOM);
    char *room = w->rooms[w->depth];
    bool ok = true;
    while (ok && (n = getdents64(folder, room, ENTRIES_ROOM)) != 0) {
        if (n < 0)
            ok = error_errno(w->e, errno, "%s", w->path.data);
        else
            ok = walk_entries(w, folder, room, (size_t)n);
    }
    close(folder);
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

static void forget(void *thing)
{
    struct tree_own *own = thing;
    for (size_t i = 0; i < own->tree.n; i++)
        tree_unmap(own->slots[i]);
    for (const struct kept *k = own->others; k != NULL; k = k->next)
        tree_unmap(k->bytes);
    mem_free(own->failures.rows);
    close(own->folder);
}

bool tree_open(struct arena *a, const char *root, const char *const *ignore, struct tree **out,
               struct error *e)
{
    int folder = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int walked = folder < 0 ? -1 : openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (walked < 0) {
        int code = errno;
        if (folder >= 0)
            close(folder);
        return error_errno(e, code, "tree %s", root);
    }
    struct walk w = { .arena = a, .ignore = ignore, .e = e };
    buffer_init(&w.path, PATH_CAP);
    bool ok = walk_folder(&w, walked);
    buffer_release(&w.path);
    for (size_t i = 0; i < ARRAY_LEN(w.rooms); i++)
        mem_free(w.rooms[i]);
    struct tree_own *own = arena_alloc(a, sizeof(*own));
    struct tree *t = &own->tree;
    t->arena = a;
    t->root = arena_strdup(a, root);
    t->n = w.files.n;
    t->n_odd = w.odd.n;
    t->files = settle(&w, &w.files);
    t->odd = settle(&w, &w.odd);
    own->folder = folder;
    own->slots = arena_alloc_array(a, t->n + 1, sizeof(*own->slots));
    own->marks = arena_alloc_array(a, t->n + 1, sizeof(*own->marks));
    arena_defer(a, forget, own);
    *out = t;
    return ok;
}

/* Reads what the file had when it was opened, or less when it was shortened since. */
static bool read_whole(int fd, size_t size, struct bytes *out)
{
    unsigned char *data = mem_alloc(size + 1);
    size_t len = 0;
    while (len < size) {
        ssize_t n = read(fd, data + len, size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            mem_free(data);
            return false;
        }
        if (n == 0)
            break;
        len += (size_t)n;
    }
    data[len] = '\0';
    *out = (struct bytes){ data, len };
    return true;
}

/* NULL: read; else the problem. */
static const char *read_file(const struct tree *t, const char *path, struct bytes *out)
{
    /* O_NONBLOCK: what was a file when the tree was walked may be a FIFO by now. */
    int fd = openat(own_of(t)->folder, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    const char *problem = NULL;
    if (fd < 0)
        return errno == ELOOP ? TREE_LINK : words_of(t->arena, errno);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        problem = "no regular file";
    else if ((size_t)st.st_size > TREE_FILE_CAP)
        problem = TOO_LARGE;
    else if (!read_whole(fd, (size_t)st.st_size, out))
        problem = words_of(t->arena, errno);
    close(fd);
    return problem;
}

/* 'x' is rare, and looking for one byte is what the C library does fastest. */
static bool has_mark(struct bytes text)
{
    static const char mark[] = TREE_MARK;
    const size_t before = 3, len = sizeof(mark) - 1;
    const unsigned char *at = text.data, *end = text.data + text.len;
    while (at < end && (at = memchr(at, 'x', (size_t)(end - at))) != NULL) {
        if ((size_t)(at - text.data) >= before && (size_t)(end - at) >= len - before &&
            memcmp(at - before, mark, len) == 0)
            return true;
        at++;
    }
    return false;
}

static bool get(const struct tree *t, const char *path, const struct tree_file *file,
                struct bytes *out, struct error *e)
{
    struct tree_own *own = own_of(t);
    const char *problem = read_file(t, path, out);
    if (problem != NULL) {
        list_add(&own->failures, (struct tree_file){ arena_strdup(t->arena, path), 0, problem });
        return error_set(e, "%s: %s", path, problem);
    }
    unsigned char *mark = file == NULL ? NULL : &own->marks[file - t->files];
    if (mark != NULL && *mark == MARK_UNREAD)
        *mark = has_mark(*out) ? MARK_PRESENT : MARK_ABSENT;
    return true;
}

/* A row of t->files, which a copy of one is not. */
static const struct tree_file *row_of(const struct tree *t, const struct tree_file *file)
{
    return file >= t->files && file < t->files + t->n ? file : tree_find(t, file->path);
}

bool tree_map(const struct tree *t, const struct tree_file *file, struct bytes *out,
              struct error *e)
{
    return get(t, file->path, row_of(t, file), out, e);
}

void tree_unmap(struct bytes bytes)
{
    mem_free((void *)(uintptr_t)bytes.data);
}

static struct bytes *other_slot(const struct tree *t, const char *path)
{
    struct tree_own *own = own_of(t);
    struct kept *k = own->others;
    while (k != NULL && !text_equal(k->path, path))
        k = k->next;
    if (k == NULL) {
        k = arena_alloc(t->arena, sizeof(*k));
        *k = (struct kept){ .path = arena_strdup(t->arena, path), .next = own->others };
        own->others = k;
    }
    return &k->bytes;
}

bool tree_read(const struct tree *t, const char *path, struct bytes *out, struct error *e)
{
    const struct tree_file *file = tree_find(t, path);
    struct bytes *slot = file == NULL ? other_slot(t, path) : &own_of(t)->slots[file - t->files];
    if (slot->data == NULL && !get(t, path, file, slot, e))
        return false;
    *out = *slot;
    return true;
}

const struct tree_file *tree_failures(const struct tree *t, size_t *n)
{
    *n = own_of(t)->failures.n;
    return own_of(t)->failures.rows;
}

enum tree_mark tree_mark_of(const struct tree *t, const struct tree_file *file)
{
    return (enum tree_mark)own_of(t)->marks[row_of(t, file) - t->files];
}

const struct tree_file *tree_odd(const struct tree *t, const char *path)
{
    const struct tree_file wanted = { .path = path };
    return t->n_odd == 0 ? NULL : bsearch(&wanted, t->odd, t->n_odd, sizeof(wanted), by_path);
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
    if (text_equal(folder, ".")) {
        *n = t->n;
        return t->files;
    }
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
