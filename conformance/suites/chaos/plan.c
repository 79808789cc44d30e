#include "suites/chaos/plan.h"

#include "common/buffer.h"
#include "common/random.h"

#define TEXT_CAP 4096

uint64_t plan_seed(uint64_t seed, const char *case_id, int round)
{
    struct prng p = { .state = seed };
    for (const char *c = case_id; *c != '\0'; c++)
        p.state = prng_next(&p) ^ (unsigned char)*c;
    p.state = prng_next(&p) + (uint64_t)round;
    return prng_next(&p);
}

static int below(struct prng *p, int limit)
{
    return (int)(prng_next(p) % (uint64_t)limit);
}

static struct step draw_step(struct prng *p, int kinds)
{
    enum step_kind kind = (enum step_kind)below(p, kinds);
    bool secret = kind == STEP_SECRET || kind == STEP_READ_SECRET;
    return (struct step){ kind, below(p, secret ? PLAN_SECRETS : PLAN_REPORTS) };
}

/* Reports are what is easiest lost: every other step is one. */
static struct step draw(struct prng *p)
{
    return draw_step(p, below(p, 2) == 0 ? STEP_DELETE + 1 : STEP_KINDS);
}

static struct step draw_telling(struct prng *p)
{
    static const enum step_kind kinds[] = { STEP_METADATA, STEP_DATA, STEP_SECRET };
    return (struct step){ kinds[below(p, ARRAY_LEN(kinds))], below(p, PLAN_SECRETS) };
}

/* Answers of requests that are under way together come in any order: of one key there is one. */
static void draw_flying(struct prng *p, struct plan *plan)
{
    int first = below(p, PLAN_REPORTS);
    plan->n_flying = below(p, PLAN_FLYING_MAX + 1);
    for (int i = 0; i < plan->n_flying; i++)
        plan->flying[i] =
            (struct step){ below(p, 4) == 0 ? STEP_DELETE : STEP_PUT, (first + i) % PLAN_REPORTS };
    plan->landed = below(p, plan->n_flying + 1);
}

struct plan plan_mixed(uint64_t seed)
{
    struct prng p = { .state = seed };
    struct plan plan = { .victim = (enum victim)below(&p, VICTIMS) };
    plan.n_before = below(&p, PLAN_BEFORE_MAX + 1);
    for (int i = 0; i < plan.n_before; i++)
        plan.before[i] = draw(&p);
    draw_flying(&p, &plan);
    plan.told = below(&p, 2) == 0;
    plan.telling = draw_telling(&p);
    plan.n_down = below(&p, PLAN_DOWN_MAX + 1);
    for (int i = 0; i < plan.n_down; i++)
        plan.down[i] = draw(&p);
    plan.agent_first = below(&p, 3) != 0;
    return plan;
}

/* ---- in words ------------------------------------------------------------------------------ */

static void say(struct buffer *b, const struct step *steps, int n)
{
    static const char *const names[STEP_KINDS] = {
        [STEP_PUT] = "put r",         [STEP_DELETE] = "delete r", [STEP_READ_SECRET] = "read s",
        [STEP_METADATA] = "metadata", [STEP_DATA] = "data",       [STEP_SECRET] = "secret s",
        [STEP_TOKEN] = "token",
    };
    for (int i = 0; i < n; i++) {
        bool keyed = steps[i].kind <= STEP_READ_SECRET || steps[i].kind == STEP_SECRET;
        buffer_printf(b, "%s%s", i == 0 ? "" : ", ", names[steps[i].kind]);
        if (keyed)
            buffer_printf(b, "%d", steps[i].key);
    }
}

const char *plan_text(struct arena *a, const struct plan *p)
{
    static const char *const victims[VICTIMS] = { "the agent", "the control plane",
                                                  "the agent and then the control plane",
                                                  "the control plane and then the agent" };
    struct buffer b;
    buffer_init_arena(&b, TEXT_CAP, a);
    say(&b, p->before, p->n_before);
    buffer_printf(&b, "; in flight ");
    say(&b, p->flying, p->n_flying);
    buffer_printf(&b, " (%d answered)", p->landed);
    if (p->told) {
        buffer_printf(&b, " and ");
        say(&b, &p->telling, 1);
    }
    buffer_printf(&b, "; kill %s; down ", victims[p->victim]);
    say(&b, p->down, p->n_down);
    if (p->victim >= KILL_BOTH)
        buffer_printf(&b, "; %s first", p->agent_first ? "agent" : "control plane");
    return b.data;
}
