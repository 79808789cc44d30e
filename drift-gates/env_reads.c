#include "drift-gates/env_reads.h"

#include "drift-gates/env_source.h"

#include "common/memory.h"
#include "common/text.h"

struct search {
    struct gate_run *g;
    const char *rule_unreadable;
    struct env_source source;
    struct env_reads *out;
    size_t room;
};

static void unreadable(struct search *w, const char *path, const char *why)
{
    finding(w->g, w->rule_unreadable, (struct place){ .file = path }, "%s", why);
}

static void keep(struct search *w)
{
    const struct env_source *s = &w->source;
    for (size_t i = 0; i < s->n; i++) {
        if (w->out->n == w->room) {
            struct env_read *old = w->out->rows;
            w->room = w->room == 0 ? 256 : w->room * 2;
            w->out->rows = arena_alloc_array(w->g->arena, w->room, sizeof(*old));
            if (w->out->n > 0)
                memcpy(w->out->rows, old, w->out->n * sizeof(*old));
        }
        w->out->rows[w->out->n++] = s->rows[i].read;
    }
}

static void look_into(struct search *w, const struct tree_file *file)
{
    struct error e = { "" };
    struct bytes text;
    enum language l;
    const char *slash = strrchr(file->path, '/');
    bool suffix = strchr(slash == NULL ? file->path : slash, '.') != NULL;
    if (suffix && !language_of(file->path, (struct bytes){ NULL, 0 }, &l))
        return;
    if (!tree_map(w->g->tree, file, &text, &e)) {
        unreadable(w, file->path, e.text);
        return;
    }
    if (language_of(file->path, text, &l)) {
        w->out->n_files++;
        if (!env_source_read(&w->source, file->path, l, text, &e))
            unreadable(w, file->path, e.text);
        keep(w);
    }
    tree_unmap(text);
}

bool env_reads_find(struct gate_run *g, const char *rule_unreadable, struct env_reads *out,
                    struct error *e)
{
    struct env_rules *rules;
    struct search w = { .g = g, .rule_unreadable = rule_unreadable, .out = out };
    const char *const *source = g->settings->sources;
    *out = (struct env_reads){ 0 };
    if (!env_rules_make(g->arena, g->settings, &rules, e))
        return false;
    w.source.arena = g->arena;
    w.source.rules = rules;
    for (size_t i = 0; source[0] == NULL && i < g->tree->n; i++)
        look_into(&w, &g->tree->files[i]);
    for (; *source != NULL; source++) {
        size_t n;
        const struct tree_file *files = tree_below(g->tree, *source, &n);
        for (size_t i = 0; i < n; i++)
            look_into(&w, &files[i]);
    }
    env_source_release(&w.source);
    return true;
}
