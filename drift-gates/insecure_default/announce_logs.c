/* Logs of containers: where they lie, whose they are, and what is expected of each.
 *
 *     FOLDER/POD/CONTAINER.log             the only start that is known
 *     FOLDER/POD/CONTAINER.N.log           its start N; CONTAINER.previous.log the one before
 *     FOLDER/NAMESPACE_POD_UID/CONTAINER/N.log     as the kubelet keeps them
 *
 * Links below the folder are not followed. A file alone is POD/CONTAINER.log by its last two names;
 * standard input is one start of a container that announces. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/memory.h"
#include "common/number.h"
#include "common/text.h"
#include "drift-gates/insecure_default/insecure_default.h"

#define PIECE ((size_t)256 << 10)

struct logs {
    struct gate_run *g;
    const struct announcements *all;
    const struct log_source *from;
    struct arena *scratch; /* of one stream */
    bool *heard;           /* of from->pods: one of its Pods has logs */
    size_t n_starts;
    int64_t n_lines;
};

/* A Pod's folder. */
struct pod_logs {
    const char *name;
    const struct announcing_pod *workload; /* NULL: there is no render, or none fits */
    const struct announcement *expected;
    bool *heard; /* of workload->announcers */
    bool has_dev_warning;
};

struct stream_place {
    struct logs *l;
    struct place where;
};

static const char *rule_of(enum announce_fault fault)
{
    switch (fault) {
    case ANNOUNCE_MISSING: return "WARN-05";
    case ANNOUNCE_REPEATED: return "WARN-06";
    case ANNOUNCE_INEXACT: return "WARN-07";
    case ANNOUNCE_FOREIGN: return "WARN-08";
    case ANNOUNCE_PRODUCTION: break;
    }
    return "WARN-09";
}

static const char *says(enum announce_fault fault)
{
    switch (fault) {
    case ANNOUNCE_MISSING: return "this start announces nothing";
    case ANNOUNCE_REPEATED: return "announces once more in the same start";
    case ANNOUNCE_INEXACT: return "is not exactly the line that belongs here";
    case ANNOUNCE_FOREIGN: return "announces, though another container does that";
    case ANNOUNCE_PRODUCTION: break;
    }
    return "announces an insecure default in production";
}

static void tell(void *arg, enum announce_fault fault, int64_t line, const char *what)
{
    struct stream_place *p = arg;
    struct place where = p->where;
    where.line = line > INT32_MAX ? INT32_MAX : (int)line;
    finding(p->l->g, rule_of(fault), where, "%s: %s", says(fault), what);
}

static struct place place_in(struct logs *l, const char *file, const char *inside)
{
    return (struct place){ .file = arena_strdup(l->g->arena, file),
                           .path = inside == NULL ? NULL : arena_strdup(l->g->arena, inside),
                           .environment = l->from->environment };
}

static void problem(struct logs *l, const char *file, const char *what)
{
    finding(l->g, "WARN-10", place_in(l, file, NULL), "%s", what);
}

static const char *full_path(struct logs *l, const char *path)
{
    return l->from->root == NULL ? path : path_join(l->scratch, l->from->root, path);
}

/* ---- one stream ---- */

static bool feed_all(struct announce_stream *s, int fd)
{
    char *piece = mem_alloc(PIECE);
    ssize_t n;
    do {
        n = read(fd, piece, PIECE);
        if (n > 0)
            announce_stream_feed(s, piece, (size_t)n);
    } while (n > 0 || (n < 0 && errno == EINTR));
    int code = errno;
    announce_stream_end(s);
    mem_free(piece);
    errno = code;
    return n == 0;
}

/* Takes over `fd`. */
static void judge_stream(struct logs *l, const char *file, int fd,
                         const struct announce_start *start)
{
    struct announce_stream *s = announce_stream_open(l->scratch, l->all);
    struct stream_place p = { l, place_in(l, file,
                                          arena_printf(l->scratch, "%s/%s start %d", start->owner,
                                                       start->container, start->start)) };
    if (!feed_all(s, fd))
        problem(l, file, arena_printf(l->g->arena, "cannot be read: %s", strerror(errno)));
    announce_stream_judge(s, start, tell, &p);
    l->n_starts++;
    l->n_lines += announce_stream_lines(s);
    if (fd != 0)
        close(fd);
    arena_reset(l->scratch);
}

/* A regular file; what else stands there is a finding and never opened for reading. */
static int open_log(struct logs *l, const char *file, bool follow)
{
    struct stat st;
    int flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
    int fd = open(full_path(l, file), flags);
    if (fd < 0) {
        problem(l, file, arena_printf(l->g->arena, "cannot be read: %s", strerror(errno)));
    } else if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        problem(l, file, "is no regular file");
        close(fd);
        fd = -1;
    }
    return fd;
}

/* ---- a Pod's folder ---- */

static bool is_pod_of(const char *pod, const char *workload)
{
    size_t len = strlen(workload);
    return text_starts(pod, workload) && (pod[len] == '\0' || pod[len] == '-');
}

static void find_workload(struct logs *l, struct pod_logs *pod)
{
    size_t longest = 0;
    for (size_t i = 0; i < l->from->n_pods; i++) {
        const char *name = l->from->pods[i].object->name;
        if (is_pod_of(pod->name, name) && strlen(name) >= longest) {
            longest = strlen(name);
            pod->workload = &l->from->pods[i];
        }
    }
    for (size_t i = 0; i < l->all->n && l->from->n_pods == 0; i++) {
        const char *name = l->all->rows[i].name;
        if (is_pod_of(pod->name, name) && strlen(name) >= longest) {
            longest = strlen(name);
            pod->expected = &l->all->rows[i];
        }
    }
    if (pod->workload != NULL) {
        pod->expected = pod->workload->expected;
        pod->heard = arena_alloc_array(l->g->arena, pod->workload->n + 1, sizeof(bool));
        l->heard[pod->workload - l->from->pods] = true;
    }
}

/* Without a render the contract's name for it tells, else the Pod's own container. */
static bool announces(struct pod_logs *pod, const char *container)
{
    for (size_t i = 0; pod->workload != NULL && i < pod->workload->n; i++) {
        if (text_equal(pod->workload->announcers[i].container.name, container)) {
            pod->heard[i] = true;
            return true;
        }
    }
    if (pod->workload != NULL)
        return false;
    if (pod->has_dev_warning)
        return text_equal(container, "dev-warning");
    return pod->expected != NULL && text_equal(container, pod->expected->name);
}

static void judge_log(struct logs *l, struct pod_logs *pod, const char *container, int start,
                      const char *file)
{
    int fd = open_log(l, file, false);
    if (fd < 0)
        return;
    struct announce_start is = { .owner = pod->name,
                                 .container = container,
                                 .start = start,
                                 .production = l->from->production,
                                 .announces = announces(pod, container),
                                 .expected = pod->expected };
    judge_stream(l, file, fd, &is);
}

/* "NAME.3.log": NAME and 3. False: it is no log's name. */
static bool split_name(struct arena *a, const char *file, const char **container, int *start)
{
    int64_t number = 0;
    if (!text_ends(file, ".log"))
        return false;
    char *name = arena_strndup(a, file, strlen(file) - 4);
    char *dot = strrchr(name, '.');
    if (dot != NULL && (text_equal(dot, ".previous") || number_parse(dot + 1, 0, 1000000, &number)))
        *dot = '\0';
    *container = name;
    *start = (int)number;
    return name[0] != '\0' && strchr(name, '.') == NULL;
}

static bool is_folder(struct logs *l, const char *path)
{
    struct stat st;
    return lstat(full_path(l, path), &st) == 0 && S_ISDIR(st.st_mode);
}

static char **list(struct logs *l, const char *path, size_t *n)
{
    char **names;
    struct error e = { "" };
    *n = 0;
    if (directory_list(l->g->arena, full_path(l, path), &names, n, &e))
        return names;
    problem(l, path, arena_strdup(l->g->arena, e.text));
    return NULL;
}

/* The kubelet's folder of a container: 0.log, 1.log, … */
static void judge_starts(struct logs *l, struct pod_logs *pod, const char *container,
                         const char *folder)
{
    size_t n;
    char **names = list(l, folder, &n);
    for (size_t i = 0; i < n; i++) {
        int64_t start;
        const char *file = path_join(l->g->arena, folder, names[i]);
        const char *stem = arena_strndup(l->g->arena, names[i], strcspn(names[i], "."));
        if (text_equal(strchr(names[i], '.'), ".log") && number_parse(stem, 0, 1000000, &start))
            judge_log(l, pod, container, (int)start, file);
        else
            problem(l, file, "is no N.log; a rotated log may have lost the line");
    }
}

static void judge_entry(struct logs *l, struct pod_logs *pod, const char *folder, const char *name)
{
    const char *container, *path = path_join(l->g->arena, folder, name);
    int start;
    if (is_folder(l, path))
        judge_starts(l, pod, name, path);
    else if (split_name(l->g->arena, name, &container, &start))
        judge_log(l, pod, container, start, path);
    else
        problem(l, path, "is neither CONTAINER.log nor CONTAINER.N.log");
}

static void judge_unheard(struct logs *l, const struct pod_logs *pod, const char *folder)
{
    for (size_t i = 0; pod->workload != NULL && i < pod->workload->n; i++) {
        if (!pod->heard[i] && !l->from->production)
            finding(l->g, "WARN-05", place_in(l, folder, pod->name),
                    "there is no log of container %s, which announces",
                    pod->workload->announcers[i].container.name);
    }
}

/* The kubelet calls a Pod's folder NAMESPACE_POD_UID. */
static const char *pod_name(struct arena *a, const char *folder)
{
    const char *from = strchr(folder, '_'), *to = strrchr(folder, '_');
    return from == NULL || from == to ? folder
                                      : arena_strndup(a, from + 1, (size_t)(to - from - 1));
}

static void judge_pod(struct logs *l, const char *folder, const char *name)
{
    struct pod_logs pod = { .name = pod_name(l->g->arena, name) };
    const char *path = text_equal(folder, ".") ? name : path_join(l->g->arena, folder, name);
    size_t n;
    if (!is_folder(l, path)) {
        problem(l, path, "is no folder of a Pod's logs");
        return;
    }
    find_workload(l, &pod);
    char **names = list(l, path, &n);
    if (l->from->n_pods > 0 && pod.workload == NULL)
        problem(l, path,
                arena_printf(l->g->arena, "belongs to no workload of %s", l->from->environment));
    for (size_t i = 0; i < n; i++)
        pod.has_dev_warning = pod.has_dev_warning || text_starts(names[i], "dev-warning");
    for (size_t i = 0; i < n; i++)
        judge_entry(l, &pod, path, names[i]);
    judge_unheard(l, &pod, path);
}

static void judge_folder(struct logs *l, const char *folder)
{
    size_t n;
    char **names = list(l, folder, &n);
    for (size_t i = 0; i < n; i++)
        judge_pod(l, folder, names[i]);
    if (n == 0 && names != NULL)
        problem(l, folder, "holds no Pod's logs");
    for (size_t i = 0; i < l->from->n_pods; i++) {
        const struct announcing_pod *pod = &l->from->pods[i];
        if (!l->heard[i] && pod->n > 0 && !l->from->production)
            finding_between(l->g, "WARN-05", place_in(l, folder, NULL),
                            object_place(l->g, pod->object, NULL, NULL, "%s", ""),
                            "there is no log of a Pod of %s %s", pod->object->kind,
                            pod->object->name);
    }
}

/* ---- a file alone, standard input ---- */

static void judge_file(struct logs *l, const char *path)
{
    const char *slash = strrchr(path, '/'), *container;
    struct pod_logs pod = { .name = "-" };
    int start, fd;
    if (slash != NULL) {
        const char *folder = arena_strndup(l->g->arena, path, (size_t)(slash - path));
        const char *before = strrchr(folder, '/');
        pod.name = pod_name(l->g->arena, before == NULL ? folder : before + 1);
    }
    if (!split_name(l->g->arena, slash == NULL ? path : slash + 1, &container, &start)) {
        container = slash == NULL ? path : slash + 1;
        start = 0;
    }
    find_workload(l, &pod);
    fd = open_log(l, path, true);
    if (fd < 0)
        return;
    struct announce_start is = { .owner = pod.name,
                                 .container = container,
                                 .start = start,
                                 .production = l->from->production,
                                 .announces = pod.expected == NULL || announces(&pod, container),
                                 .expected = pod.expected };
    judge_stream(l, path, fd, &is);
}

bool announce_logs_judge(struct gate_run *g, const struct announcements *all,
                         const struct log_source *from, struct error *e)
{
    struct logs l = { .g = g, .all = all, .from = from, .scratch = arena_create() };
    struct stat st;
    l.heard = arena_alloc_array(g->arena, from->n_pods + 1, sizeof(*l.heard));
    bool ok = true;
    if (text_equal(from->path, "-"))
        judge_stream(&l, "-", 0,
                     &(struct announce_start){ .owner = "standard input",
                                               .container = "-",
                                               .production = from->production,
                                               .announces = true });
    else if (stat(full_path(&l, from->path), &st) != 0)
        ok = error_errno(e, errno, "logs %s", from->path);
    else if (S_ISDIR(st.st_mode))
        judge_folder(&l, from->path);
    else
        judge_file(&l, from->path);
    gate_compared(g, l.n_starts, "starts of containers in logs");
    gate_compared(g, (size_t)l.n_lines, "lines of logs");
    arena_destroy(l.scratch);
    return ok;
}
