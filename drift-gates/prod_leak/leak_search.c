/* Searching what a render holds, and files as they stand. */
#include "drift-gates/prod_leak/leak_walk.h"
#include "drift-gates/prod_leak/prod_leak.h"

/* Larger files have their findings on line 1. */
#define LINES_CAP ((size_t)1 << 20)

struct search {
    struct gate_run *g;
    struct leak_subject *s;
    struct arena *scratch;
};

static void look(void *arg, const struct leak_text *text)
{
    struct search *q = arg;
    struct needle_hits hits;
    q->s->n_texts++;
    needles_search(q->s->needles, q->scratch, text->text, text->secret, &hits);
    if (hits.n > 0 || hits.end != LAYERS_WHOLE) {
        struct place where =
            object_place(q->g, text->object, text->at, text->key, "%s", text->path);
        q->s->found(q->s->arg, where, &hits);
    }
    arena_reset(q->scratch);
}

/* The first line that holds this needle by itself; 1 when none does. */
static int line_of(struct leak_subject *s, struct arena *scratch, struct bytes text, size_t needle)
{
    size_t from = 0;
    for (int line = 1; from < text.len; line++) {
        struct needle_hits hits;
        const unsigned char *end = memchr(text.data + from, '\n', text.len - from);
        size_t to = end == NULL ? text.len : (size_t)(end - text.data);
        needles_search(s->needles, scratch, (struct bytes){ text.data + from, to - from }, false,
                       &hits);
        for (size_t i = 0; i < hits.n; i++) {
            if (hits.rows[i].needle == needle)
                return line;
        }
        from = to + 1;
    }
    return 1;
}

void leak_search_text(struct gate_run *g, struct leak_subject *s, const char *file,
                      struct bytes text)
{
    struct needle_hits hits, one;
    struct arena *scratch = arena_create();
    struct place where = { .file = file,
                           .line = 1,
                           .environment = s->render == NULL ? NULL : s->render->name };
    s->n_texts++;
    needles_search(s->needles, g->arena, text, false, &hits);
    if (hits.n == 0 && hits.end != LAYERS_WHOLE)
        s->found(s->arg, where, &hits);
    for (size_t i = 0; i < hits.n; i++) {
        one = (struct needle_hits){ &hits.rows[i], 1, i == 0 ? hits.end : LAYERS_WHOLE };
        if (text.len <= LINES_CAP)
            where.line = line_of(s, scratch, text, hits.rows[i].needle);
        s->found(s->arg, where, &one);
    }
    arena_destroy(scratch);
}

void leak_search_render(struct gate_run *g, struct leak_subject *s)
{
    struct search q = { g, s, arena_create() };
    struct arena *walks = arena_create();
    for (size_t i = 0; i < s->render->n; i++) {
        leak_walk(walks, &s->render->objects[i], s->secret_names, look, &q);
        arena_reset(walks);
    }
    leak_search_text(g, s, s->render->file, leak_rest(walks, s->render->text));
    arena_destroy(walks);
    arena_destroy(q.scratch);
}
