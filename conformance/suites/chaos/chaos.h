/* suites/chaos/chaos.h — a real control plane and a real agent, killed at drawn moments (SPEC
 * CHA-*).
 *
 * The control plane is one of the case's own on the run's database, on one port for its whole life
 * of many processes; the agent keeps one data folder. Both end with the case. */
#ifndef SUITES_CHAOS_H
#define SUITES_CHAOS_H

#include "harness/boot.h"
#include "harness/case.h"
#include "harness/judge.h"
#include "suites/chaos/plan.h"
#include "suites/common/both.h"

#define SUITE "chaos"

/* One body and two rows: `<id>` for the published contract's dialect and `<id>/mvp` for seed 002's;
 * inside it `mvp` says which. Hundreds of rounds on a busy machine take long: every wait within
 * them has a bound of its own. */
#define CHAOS_ROW(name, tail, row_id, mvp, feature, ...)                                           \
    static void CASE_JOIN(name, CASE_JOIN(_run, tail))(struct world * w)                           \
    {                                                                                              \
        CASE_JOIN(name, _body)(w, mvp);                                                            \
    }                                                                                              \
    static struct case_row CASE_JOIN(name, tail) = {                                               \
        .id = row_id,                                                                              \
        .suite = SUITE,                                                                            \
        .run = CASE_JOIN(name, CASE_JOIN(_run, tail)),                                             \
        .needs = { feature, "posture", "node-secrets", "node-state", "audit" },                    \
        .flags = CASE_OWN_TARGET | CASE_UNJUDGED | CASE_SEEDED,                                    \
        .budget_ms = 3600000,                                                                      \
        .file = __FILE__,                                                                          \
        .line = __LINE__,                                                                          \
        __VA_ARGS__                                                                                \
    };
#define CHAOS_CASE_(name, case_id, ...)                                                            \
    static void CASE_JOIN(name, _body)(struct world * w, bool mvp);                                \
    CHAOS_ROW(name, _v1, case_id, false, "agent-v1", __VA_ARGS__)                                  \
    CHAOS_ROW(name, _mvp, case_id "/mvp", true, "agent-mvp", __VA_ARGS__)                          \
    __attribute__((constructor)) static void CASE_JOIN(name, _register)(void)                      \
    {                                                                                              \
        both_register(&CASE_JOIN(name, _v1), &CASE_JOIN(name, _mvp));                              \
    }                                                                                              \
    static void CASE_JOIN(name, _body)(struct world * w, bool mvp)
#define CHAOS_CASE(case_id, ...) CHAOS_CASE_(CASE_JOIN(chaos_, __LINE__), case_id, __VA_ARGS__)

struct agent;

/* What a thing may be once requests about it went unanswered: one of these. */
#define DOUBTS_MAX 32
struct doubt {
    const char *values[DOUBTS_MAX]; /* NULL: it is not there */
    int n;
};
void doubt_settled(struct doubt *d, const char *value); /* an answer said so */
void doubt_grows(struct doubt *d, const char *value);   /* … or nothing did */
bool doubt_allows(const struct doubt *d, const char *value);

#define TOKENS_MAX (PLAN_BEFORE_MAX + PLAN_DOWN_MAX)
#define REPORTS_MAX 160

struct chaos {
    struct world *w;
    bool mvp; /* the dialect of the agent */
    const char *domain, *project;
    const char *node_id, *nsk; /* of the agent, once it has registered */

    struct booted *cp; /* the last one booted */
    const char *address, *base_url;
    bool cp_up, agent_up;
    struct agent *a;

    const char *marker; /* every secret's plaintext begins with it */
    int said;           /* the last number the platform said in metadata or data */
    int values;         /* the last number a report or a secret had */
    struct doubt reports[REPORTS_MAX];
    int n_reports; /* keys in use */
    struct doubt secrets[PLAN_SECRETS];
    const char *tokens[TOKENS_MAX]; /* issued in this round */
    int n_tokens;

    int rounds, agent_kills, cp_kills, kept, unanswered; /* figures */
};

/* Boots, registers, and waits until the agent has its first state on disk. */
struct chaos *chaos_begin(struct world *w, bool mvp);
/* Draws a round and says so in the message of a failure. */
const struct plan *chaos_round(struct chaos *c, int round);
/* How many rounds this run asks for; `few` in a whole run. */
int chaos_rounds(const struct world *w, int few);
/* Everything holds that must hold between rounds (invariants.c). */
void chaos_settles(struct chaos *c);
/* After the last round: the audit chain too, and the figures to whom asked for rounds. */
void chaos_end(struct chaos *c);

/* ---- target.c ---- */

void control_plane_up(struct chaos *c);
void control_plane_killed(struct chaos *c); /* SIGKILL */
void agent_up(struct chaos *c);             /* and what it serves at once is judged */
void agent_killed(struct chaos *c);         /* SIGKILL; what it leaves is judged */
/* A given state at this control plane, in an arena of its caller: false when it did not answer. */
MUST_CHECK bool given_here(struct chaos *c, struct arena *a, const char *name, json_t *input);

/* ---- steps.c ---- */

/* One step to its answer. What cannot be done while something is down is left out. */
void take_step(struct chaos *c, const struct step *s);
/* The platform's half of it. `value` is what it will say. */
const char *telling_value(struct chaos *c, const struct step *s);
MUST_CHECK bool tell(struct chaos *c, struct arena *a, const struct step *s, const char *value);
/* … was answered, or may have been done. */
void told(struct chaos *c, const struct step *s, const char *value, bool answered);

const char *local_path(struct world *w, int key);
const char *next_value(struct chaos *c);
const char *report_body(struct world *w, const char *value);
/* An answer to PUT or DELETE of a report by a local program; status 0: none came. */
void report_answered(struct chaos *c, const struct step *s, const char *value, int status);

/* ---- telling.c: a change of the platform that is under way while its control plane is killed ----
 */

struct telling;
struct telling *telling_start(struct chaos *c, const struct step *s);
void telling_ends(struct telling *t);

/* ---- invariants.c ---- */

/* What the agent serves is something that was said; its reports are what they may be. */
void cache_is_readable(struct chaos *c);
/* No secret below the data folder or in a log, nothing given up as damaged. */
void nothing_leaks(struct chaos *c);

#endif
