/* suites/chaos/cases.c — CHA-*: rounds of kills. */
#include "common/random.h"
#include "harness/agent.h"
#include "suites/chaos/chaos.h"
#include "suites/chaos/flight.h"

/* ---- rounds that kill either or both -------------------------------------------------------- */

struct wave {
    struct flight flights[64];
    const char *values[64];
    const struct step *steps;
    int n;
};

static void wave_starts(struct chaos *c, struct wave *wave)
{
    struct world *w = c->w;
    for (int i = 0; i < wave->n; i++) {
        const struct step *s = &wave->steps[i];
        bool put = s->kind == STEP_PUT;
        wave->values[i] = next_value(c);
        expect(w,
               flight_start(w->arena, &wave->flights[i], agent_socket(c->a), put ? "PUT" : "DELETE",
                            local_path(w, s->key), put ? report_body(w, wave->values[i]) : NULL),
               "the node API takes no connection");
    }
}

static void wave_ends(struct chaos *c, struct wave *wave)
{
    flights_land(wave->flights, wave->n);
    for (int i = 0; i < wave->n; i++) {
        int status = wave->flights[i].status;
        expect(c->w, status != 0 || !c->agent_up,
               "a report is not answered while nobody kills the agent");
        report_answered(c, &wave->steps[i], wave->values[i], status);
    }
}

static void kill_drawn(struct chaos *c, enum victim victim)
{
    if (victim == KILL_AGENT || victim == KILL_BOTH)
        agent_killed(c);
    if (victim != KILL_AGENT)
        control_plane_killed(c);
    if (victim == KILL_BOTH_REVERSED)
        agent_killed(c);
}

static void down_steps(struct chaos *c, const struct plan *p)
{
    for (int i = 0; i < p->n_down; i++)
        take_step(c, &p->down[i]);
}

static void up_again(struct chaos *c, const struct plan *p)
{
    bool both = !c->agent_up && !c->cp_up;
    if (both && p->agent_first)
        agent_up(c);
    else if (both)
        control_plane_up(c);
    down_steps(c, p);
    if (!c->cp_up)
        control_plane_up(c);
    if (!c->agent_up)
        agent_up(c);
}

static void mixed_round(struct chaos *c, int round)
{
    const struct plan *p = chaos_round(c, round);
    struct wave wave = { .steps = p->flying, .n = p->n_flying };
    for (int i = 0; i < p->n_before; i++)
        take_step(c, &p->before[i]);
    struct telling *t = p->told ? telling_start(c, &p->telling) : NULL;
    wave_starts(c, &wave);
    (void)flights_wait(wave.flights, wave.n, p->landed);
    kill_drawn(c, p->victim);
    wave_ends(c, &wave);
    if (t != NULL)
        telling_ends(t);
    up_again(c, p);
    chaos_settles(c);
}

CHAOS_CASE(
    "CHA-001",
    .clauses = { "CHA-001", "CHA-002", "CHA-003", "CHA-004", "CHA-005", "CHA-006", "CHA-007",
                 "LIFE-002" },
    .title = "killed at drawn moments, agent and control plane lose nothing and leak nothing")
{
    struct chaos *c = chaos_begin(w, mvp);
    for (int round = 1; round <= chaos_rounds(w, 1); round++)
        mixed_round(c, round);
    chaos_end(c);
}

/* ---- a journal under load ------------------------------------------------------------------- */

enum { WAVE = 32, WAVES = 8, DELETES_IN = 8 };

/* Keys in a row, of which a wave has each once. */
static void draw_wave(struct prng *p, struct step steps[WAVE])
{
    int first = (int)(prng_next(p) % REPORTS_MAX);
    for (int i = 0; i < WAVE; i++)
        steps[i] = (struct step){ prng_next(p) % DELETES_IN == 0 ? STEP_DELETE : STEP_PUT,
                                  (first + i) % REPORTS_MAX };
}

static void loaded_round(struct chaos *c, int round)
{
    struct world *w = c->w;
    struct prng p = { .state = plan_seed(w->seed, w->row->id, round) };
    int kill_after = (int)(prng_next(&p) % (WAVE * WAVES));
    w->during = path(w, "round %d: kill the agent after %d answers", round, kill_after);
    for (int seen = 0; c->agent_up; seen += WAVE) {
        struct step steps[WAVE];
        struct wave wave = { .steps = steps, .n = WAVE };
        draw_wave(&p, steps);
        wave_starts(c, &wave);
        if (kill_after < seen + WAVE) {
            (void)flights_wait(wave.flights, WAVE, kill_after - seen);
            agent_killed(c);
        }
        wave_ends(c, &wave);
    }
    agent_up(c);
    chaos_settles(c);
}

CHAOS_CASE("CHA-002", .clauses = { "CHA-001", "CHA-002", "CHA-003", "CHA-004" },
           .title = "an agent killed among hundreds of writes keeps each one it answered")
{
    struct chaos *c = chaos_begin(w, mvp);
    c->n_reports = REPORTS_MAX;
    for (int round = 1; round <= chaos_rounds(w, 1); round++)
        loaded_round(c, round);
    chaos_end(c);
}
