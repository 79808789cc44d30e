/* harness/case.h — the case registry.
 *
 * A case is a C function with a row. It owns nothing outside its world's arena and handles: a
 * failed assertion leaves it by longjmp. Register with CASE in a file that defines SUITE:
 *
 *     #define SUITE "registration"
 *     CASE("REG-014", .clauses = { "REG-014" }, .needs = { "registration" },
 *          .title = "a bootstrap token registers one node, once")
 *     { … w … }
 *
 * Ids are stable for ever: AREA-NNN for hand-written cases, derived/<operationId>/<arm> for derived
 * ones, posture/<VARIABLE>/<arm> for posture ones. Two cases with one id end the program. */
#ifndef HARNESS_CASE_H
#define HARNESS_CASE_H

#include "common/base.h"

struct world;

#define CASE_CLAUSES_MAX 8
#define CASE_NEEDS_MAX 8

enum case_flags {
    CASE_SERIAL = 1,        /* touches global state: runs alone */
    CASE_SLOW = 2,          /* needs the clock hook, else real minutes (--slow) */
    CASE_PROVISIONAL = 4,   /* reported, never decides */
    CASE_UNPROVISIONED = 8, /* a 501 arm: a pass is counted as unprovisioned */
    CASE_UNJUDGED = 16, /* asserts on something else than an HTTP answer (a boot, a log): impostors
                           do not apply */
    CASE_OWN_TARGET = 32, /* boots a target of its own (posture); needs the boot hook */
    CASE_AGENT = 64,      /* judges an agent: needs the profile's agent and no control plane */
    CASE_SEEDED = 128,    /* draws what it does from the run's seed (world.h) */
};

struct case_row {
    const char *id;
    const char *suite;
    const char *title;                     /* one sentence in the present tense */
    const char *clauses[CASE_CLAUSES_MAX]; /* SPEC clause ids; at least one */
    /* Features the profile must claim; "!x": must not (else the case is left out of the run). */
    const char *needs[CASE_NEEDS_MAX];
    unsigned flags;
    unsigned budget_ms; /* wall time, so generous: 0 is 20,000 */
    void (*run)(struct world *w);
    const void *data; /* derived cases: their arm */
    const char *file; /* where it stands */
    int line;
};

void case_register(const struct case_row *row); /* the row must hold for ever */

/* Generators make derived rows from the contract. A suite adds its generator from a constructor;
 * cases_generate() runs each of them once, after contract_load() and before anyone asks for a row.
 */
void case_generators_add(void (*generate)(void));
void cases_generate(void);

/* A suite that cannot be judged or told apart is worse than none: says so and ends the program with
 * 3. */
void case_defect(const char *id, const char *fault) NO_RETURN;

/* All rows, sorted by id. */
size_t case_count(void);
const struct case_row *case_at(size_t i);
const struct case_row *case_find(const char *id); /* NULL when unknown */

#define CASE_JOIN_(a, b) a##b
#define CASE_JOIN(a, b) CASE_JOIN_(a, b)
#define CASE(case_id, ...) CASE_NUMBERED(CASE_JOIN(case_, __LINE__), case_id, __VA_ARGS__)
#define CASE_NUMBERED(name, case_id, ...)                                                          \
    static void CASE_JOIN(name, _body)(struct world * w);                                          \
    static const struct case_row CASE_JOIN(name, _row) = { .id = case_id,                          \
                                                           .suite = SUITE,                         \
                                                           .run = CASE_JOIN(name, _body),          \
                                                           .file = __FILE__,                       \
                                                           .line = __LINE__,                       \
                                                           __VA_ARGS__ };                          \
    __attribute__((constructor)) static void CASE_JOIN(name, _register)(void)                      \
    {                                                                                              \
        case_register(&CASE_JOIN(name, _row));                                                     \
    }                                                                                              \
    static void CASE_JOIN(name, _body)(struct world * w UNUSED)

#endif
