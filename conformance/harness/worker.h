/* harness/worker.h — the seam between a running case and the engine.
 *
 * A worker is a forked process with one world. It gets jobs from the parent (a case, and an
 * impostor or none), runs the case inside setjmp and answers with the verdict, what was observed
 * and, when somebody will read them, the transcripts.
 *
 * judge.c and world.c call worker_leave() and the observation functions; the worker calls the three
 * world functions below. Everything here runs in the worker process. */
#ifndef HARNESS_WORKER_H
#define HARNESS_WORKER_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "harness/events.h"

struct world;
struct profile;
struct case_row;

/* Who answers the judged requests (ruling 28). Set-up always reaches the target. */
enum impostor {
    IMPOSTOR_NONE,         /* the target itself */
    IMPOSTOR_CLOSED,       /* nothing listening */
    IMPOSTOR_EMPTY_200,    /* 200 without a body */
    IMPOSTOR_500,          /* 500 without a body */
    IMPOSTOR_501,          /* 501 as text/plain without a body */
    IMPOSTOR_ECHO,         /* 200 with the request's body and media type */
    IMPOSTOR_RIGHT_STATUS, /* the status the case expects, with {} */
};
#define IMPOSTOR_LAST IMPOSTOR_RIGHT_STATUS
/* "closed", "empty-200", "500", "501", "echo", "right-status"; "none" for IMPOSTOR_NONE. */
const char *worker_impostor_name(enum impostor i);

/* Who answers this case's judged requests. judge.c asks for each judged exchange. */
enum impostor worker_impostor(const struct world *w);

/* Ends the running case (or the building of the world) by longjmp. `message` is copied;
 * `where_file` may be NULL. `broken()`, `unsupported()` and `fail_case()` are this with their
 * verdict. */
void worker_leave(struct world *w, enum verdict_kind verdict, const char *where_file, int line,
                  const char *message) NO_RETURN;

/* The run's folder of recorded streams; NULL: none are kept. */
const char *worker_histories(const struct world *w);

/* What the target was seen to do, for coverage; `code` may be NULL. Ignored under an impostor. */
void worker_observe(struct world *w, const char *operation, int status, const char *code);
/* A response member of a named schema was present. Ignored under an impostor. */
void worker_observe_member(struct world *w, const char *schema, const char *member);

/* One exchange of the running case as events.h describes a transcript, already redacted; steals it.
 * The last 24 are kept. Every exchange of a case is added, judged ones with "judged": true: a case
 * that passes without a judged exchange is broken (unless CASE_UNJUDGED). */
void worker_add_exchange(struct world *w, json_t *transcript);
/* The case judges the agent it has started: that counts as a judged request (RUN-020, JAG-004). */
void worker_judges_agent(struct world *w);

/* The world, made and used by the worker. Before world_build the worker sets arena, world_arena,
 * profile, run, worker and engine; world_build sets the rest (base_url from the profile, without a
 * trailing slash). It may end with false or with worker_leave. `worker` is unique in the run: a
 * restarted worker is a new one with the next number. world_case_begin and _end bracket every case,
 * also one that left by longjmp; _end runs what world_defer collected. The worker resets w->arena
 * after it. */
MUST_CHECK bool world_build(struct world *w, const struct profile *p, int worker, struct error *e);
void world_case_begin(struct world *w, const struct case_row *row);
void world_case_end(struct world *w);

/* The same three as a value, so that the engine's own tests can run on a world without a target. */
struct world_makers {
    bool (*build)(struct world *w, const struct profile *p, int worker, struct error *e);
    void (*case_begin)(struct world *w, const struct case_row *row);
    void (*case_end)(struct world *w);
};

struct worker_setup {
    const struct profile *profile;
    const struct world_makers *makers;
    const char *run;  /* the run's prefix */
    bool transcripts; /* of passing cases too */
    uint64_t seed;    /* of CASE_SEEDED cases */
    int rounds;
    const char *histories; /* folder for recorded streams (history.h); NULL: none are kept */
};

/* A job as the parent sends it. */
struct worker_job {
    uint32_t row;      /* index for case_at() */
    uint32_t impostor; /* enum impostor */
};

/* "conformance/suites/x.c" for the absolute path a compiler was given: reports name places in the
 * tree. */
const char *worker_place(const char *file);

/* A worker's whole life: builds the world, says {"ready":true} or {"error":text}, answers jobs
 * until the parent closes `fd`. Frames to the parent are a uint32_t length in host order and that
 * many bytes of JSON:
 *   {"row":n, "impostor":n, "verdict":text, "ms":x, "message":text?, "where":"file:line"?,
 * "exchanges":[…]?, "seen":[[operation, status, code or null, count]…]?, "members":[[schema,
 * member]…]?} */
void worker_main(const struct worker_setup *setup, int number, int fd) NO_RETURN;

#define WORKER_FRAME_MAX (64u * 1024 * 1024)

#endif
