/* From which functions of its file a read is reached. */
#include "drift-gates/sources/env_source.h"

#include <string.h>

#include "common/memory.h"

#define STEPS_MAX ((size_t)1 << 20) /* of one file: then a read's own function has to do */

struct edge {
    uint32_t callee, caller;
    uint32_t next; /* edge to the same callee, NOWHERE: none */
};

struct graph {
    const struct env_source *s;
    struct edge *edges;
    size_t n, room, steps;
    uint32_t *first;  /* by function: its first edge */
    uint32_t *marked; /* by function: the search that came by last */
    uint32_t *stack;
    const char **names; /* of one search */
};

static void add_edge(struct graph *g, int callee, int caller)
{
    uint32_t *first = &g->first[callee];
    if (callee == caller || (*first != NOWHERE && g->edges[*first].caller == (uint32_t)caller))
        return;
    if (g->n == g->room) {
        g->room = g->room == 0 ? 256 : g->room * 2;
        g->edges = mem_resize(g->edges, g->room, sizeof(*g->edges));
    }
    g->edges[g->n] = (struct edge){ (uint32_t)callee, (uint32_t)caller, *first };
    *first = (uint32_t)g->n++;
}

/* Is the name at i that of this function, and not of something's member? */
static bool is_mention(const struct tokens *t, uint32_t i, const struct function *f)
{
    bool member =
        i > 0 && (token_is(t, i - 1, ".") || token_is(t, i - 1, "?.") || token_is(t, i - 1, "->"));
    return member == f->method && (!member || token_is(t, i + 1, "("));
}

/* A mention of a function inside another is taken for a call, and so is standing inside one. */
static void find_edges(struct graph *g)
{
    const struct env_source *s = g->s;
    struct cursor_of_functions c = { .s = s, .now = -1 };
    for (uint32_t i = 0; i < s->tokens.n; i++) {
        if (s->tokens.rows[i].kind != TOKEN_NAME)
            continue;
        int caller = function_at(&c, i), callee = source_function_named(s, i);
        if (caller >= 0 && callee >= 0 && is_mention(&s->tokens, i, &s->functions[callee]))
            add_edge(g, callee, caller);
    }
    for (size_t i = 0; i < s->n_functions; i++) {
        if (s->functions[i].around >= 0)
            add_edge(g, (int)i, s->functions[i].around);
    }
}

/* Those of the functions above `from` that nobody calls. */
static const char *const *entries_of(struct graph *g, uint32_t from, uint32_t search)
{
    const struct env_source *s = g->s;
    size_t n = 0, height = 0;
    g->stack[height++] = from;
    g->marked[from] = search;
    while (height > 0 && g->steps++ < STEPS_MAX) {
        uint32_t f = g->stack[--height];
        if (g->first[f] == NOWHERE)
            g->names[n++] = s->functions[f].name;
        for (uint32_t i = g->first[f]; i != NOWHERE; i = g->edges[i].next, g->steps++) {
            uint32_t caller = g->edges[i].caller;
            if (g->marked[caller] != search)
                g->stack[height++] = caller;
            g->marked[caller] = search;
        }
    }
    if (n == 0)
        g->names[n++] = s->functions[from].name; /* they call each other */
    const char **out = arena_alloc_array(s->arena, n + 1, sizeof(*out));
    memcpy(out, g->names, n * sizeof(*out));
    return out;
}

void source_find_entries(struct env_source *s)
{
    static const char *const none[] = { NULL };
    struct graph g = { .s = s };
    const char *const **known = mem_alloc_array(s->n_functions + 1, sizeof(*known));
    g.first = mem_alloc_array(s->n_functions + 1, sizeof(*g.first));
    g.marked = mem_alloc_array(s->n_functions + 1, sizeof(*g.marked));
    g.names = mem_alloc_array(s->n_functions + 1, sizeof(*g.names));
    g.stack = mem_alloc_array(s->n_functions + 1, sizeof(*g.stack));
    for (size_t i = 0; i < s->n_functions; i++)
        g.first[i] = NOWHERE;
    if (s->n > 0)
        find_edges(&g);
    for (size_t i = 0; i < s->n; i++) {
        int f = s->rows[i].function;
        if (f >= 0 && known[f] == NULL)
            known[f] = entries_of(&g, (uint32_t)f, (uint32_t)f + 1);
        s->rows[i].read.entries = f < 0 ? none : known[f];
    }
    mem_free(known);
    mem_free(g.edges);
    mem_free(g.first);
    mem_free(g.marked);
    mem_free(g.stack);
    mem_free(g.names);
}
