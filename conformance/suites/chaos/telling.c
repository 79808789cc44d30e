/* suites/chaos/telling.c — a change of the platform that is under way while its control plane is
 * killed. */
#include <pthread.h>

#include "suites/chaos/chaos.h"

struct telling {
    struct chaos *c;
    struct arena *arena; /* the thread's own */
    const struct step *step;
    const char *value;
    bool answered, running;
    pthread_t thread;
};

static void *telling_thread(void *arg)
{
    struct telling *t = arg;
    t->answered = tell(t->c, t->arena, t->step, t->value);
    return NULL;
}

static void telling_over(void *thing)
{
    struct telling *t = thing;
    if (t->running)
        pthread_join(t->thread, NULL);
    t->running = false;
    arena_destroy(t->arena);
    t->arena = NULL;
}

struct telling *telling_start(struct chaos *c, const struct step *s)
{
    struct telling *t = arena_alloc(c->w->arena, sizeof *t);
    *t = (struct telling){ .c = c, .arena = arena_create(), .step = s };
    t->value = telling_value(c, s);
    world_defer(c->w, telling_over, t);
    t->running = pthread_create(&t->thread, NULL, telling_thread, t) == 0;
    if (!t->running)
        broken(c->w, "no thread can be started");
    return t;
}

void telling_ends(struct telling *t)
{
    telling_over(t);
    expect(t->c->w, t->answered || !t->c->cp_up,
           "the control plane does not take a change while nobody kills it");
    told(t->c, t->step, t->value, t->answered);
}
