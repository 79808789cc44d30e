#include "drift-gates/sources/env_reads.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/memory.h"
#include "drift-gates/sources/env_filter.h"
#include "drift-gates/sources/env_source.h"

#define WORKERS_MAX 8
#define FILES_PER_WORKER 64 /* fewer are not worth a thread */

/* What one file gave. */
struct result {
    const struct tree_file *file;
    struct env_read *rows;
    size_t n;
    const char *fault; /* why it cannot be read as its language, or NULL */
};

/* Shared by the workers. */
struct search {
    const struct tree *tree;
    const struct env_rules *rules;
    const struct env_filter *filter;
    const struct tree_file **files;
    size_t n;
    pthread_mutex_t lock; /* over `next` and the tree, which knows no threads */
    size_t next;
};

struct worker {
    struct search *search;
    pthread_t thread;
    bool running;
    struct arena *arena; /* its own: what it found lives there */
    struct env_source source;
    struct result *results;
    size_t n, room, n_files;
};

static struct result *add_result(struct worker *w, const struct tree_file *file)
{
    if (w->n == w->room) {
        w->room = w->room == 0 ? 64 : w->room * 2;
        w->results = mem_resize(w->results, w->room, sizeof(*w->results));
    }
    w->results[w->n] = (struct result){ .file = file };
    return &w->results[w->n++];
}

static bool has_suffix(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strchr(slash == NULL ? path : slash, '.') != NULL;
}

/* Could this be a source, by its name alone? Only files without a suffix have to be opened. */
static bool may_be_source(const char *path)
{
    enum language l;
    return !has_suffix(path) || language_of(path, (struct bytes){ NULL, 0 }, &l);
}

static void read_source(struct worker *w, const struct tree_file *file, enum language l,
                        struct bytes text)
{
    struct error e = { "" };
    bool whole = env_source_read(&w->source, file->path, l, text, &e);
    if (whole && w->source.n == 0)
        return;
    struct result *r = add_result(w, file);
    r->n = w->source.n;
    r->rows = arena_alloc_array(w->arena, r->n + 1, sizeof(*r->rows));
    for (size_t i = 0; i < r->n; i++)
        r->rows[i] = w->source.rows[i].read;
    r->fault = whole ? NULL : arena_strdup(w->arena, e.text);
}

/* The next file, read; NULL: there is no more. */
static const struct tree_file *next_file(struct worker *w, struct bytes *text)
{
    struct search *s = w->search;
    const struct tree_file *file = NULL;
    struct error e = { "" };
    bool read = false;
    pthread_mutex_lock(&s->lock);
    if (s->next < s->n) {
        file = s->files[s->next++];
        read = tree_map(s->tree, file, text, &e);
    }
    pthread_mutex_unlock(&s->lock);
    if (file != NULL && !read) {
        *text = (struct bytes){ NULL, 0 };
        add_result(w, file)->fault = arena_strdup(w->arena, e.text);
    }
    return file;
}

static void *work(void *own)
{
    struct worker *w = own;
    const struct tree_file *file;
    struct bytes text;
    while ((file = next_file(w, &text)) != NULL) {
        enum language l;
        if (text.data == NULL)
            continue;
        if (language_of(file->path, text, &l)) {
            w->n_files++;
            if (env_filter_passes(w->search->filter, l, text))
                read_source(w, file, l, text);
        }
        tree_unmap(text);
    }
    env_source_release(&w->source);
    return NULL;
}

static int by_file(const void *a, const void *b)
{
    const struct result *one = a, *other = b;
    return (one->file > other->file) - (one->file < other->file);
}

/* All results in the order of files, as findings and rows. */
static void collect(struct gate_run *g, const char *rule, struct worker *workers, size_t n_workers,
                    struct env_reads *out)
{
    size_t n = 0, rows = 0, at = 0;
    for (size_t i = 0; i < n_workers; i++) {
        n += workers[i].n;
        out->n_files += workers[i].n_files;
        for (size_t k = 0; k < workers[i].n; k++)
            rows += workers[i].results[k].n;
    }
    struct result *all = arena_alloc_array(g->arena, n + 1, sizeof(*all));
    out->rows = arena_alloc_array(g->arena, rows + 1, sizeof(*out->rows));
    for (size_t i = 0; i < n_workers; i++) {
        if (workers[i].n > 0)
            memcpy(all + at, workers[i].results, workers[i].n * sizeof(*all));
        at += workers[i].n;
        mem_free(workers[i].results);
    }
    qsort(all, n, sizeof(*all), by_file);
    for (size_t i = 0; i < n; i++) {
        if (all[i].n > 0)
            memcpy(out->rows + out->n, all[i].rows, all[i].n * sizeof(*out->rows));
        out->n += all[i].n;
        if (all[i].fault != NULL)
            finding(g, rule, (struct place){ .file = all[i].file->path }, "%s", all[i].fault);
    }
}

static void destroy_arena(void *arena)
{
    arena_destroy(arena);
}

static size_t number_of_workers(size_t files)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n = cores < 1 ? 1 : (size_t)cores;
    n = n > WORKERS_MAX ? WORKERS_MAX : n;
    return files / FILES_PER_WORKER + 1 < n ? files / FILES_PER_WORKER + 1 : n;
}

static void run(struct gate_run *g, const char *rule, struct search *s, struct env_reads *out)
{
    struct worker workers[WORKERS_MAX] = { { 0 } };
    size_t n = number_of_workers(s->n);
    pthread_mutex_init(&s->lock, NULL);
    for (size_t i = 0; i < n; i++) {
        struct worker *w = &workers[i];
        w->search = s;
        w->arena = arena_create();
        arena_defer(g->arena, destroy_arena, w->arena);
        w->source.arena = w->arena;
        w->source.rules = s->rules;
        w->running = i > 0 && pthread_create(&w->thread, NULL, work, w) == 0;
    }
    work(&workers[0]); /* this thread is one of them, and enough should no other start */
    for (size_t i = 1; i < n; i++) {
        if (workers[i].running)
            pthread_join(workers[i].thread, NULL);
    }
    pthread_mutex_destroy(&s->lock);
    collect(g, rule, workers, n, out);
}

static void add_files(struct search *s, const struct tree_file *files, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (may_be_source(files[i].path))
            s->files[s->n++] = &files[i];
    }
}

bool env_reads_find(struct gate_run *g, const char *rule_unreadable, struct env_reads *out,
                    struct error *e)
{
    struct env_rules *rules;
    struct search s = { .tree = g->tree };
    const char *const *source = g->settings->sources;
    *out = (struct env_reads){ 0 };
    if (!env_rules_make(g->arena, g->settings, &rules, e))
        return false;
    s.rules = rules;
    s.filter = env_filter_make(g->arena, rules);
    s.files = arena_alloc_array(g->arena, g->tree->n + 1, sizeof(*s.files));
    if (source[0] == NULL)
        add_files(&s, g->tree->files, g->tree->n);
    for (; *source != NULL; source++) {
        size_t n;
        const struct tree_file *files = tree_below(g->tree, *source, &n);
        add_files(&s, files, n);
    }
    run(g, rule_unreadable, &s, out);
    return true;
}
