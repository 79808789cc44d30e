/* bench.h — what the rows of the speed table are made of.
 *
 * A row measures one thing several times. Its figure is the median; smallest and largest stand
 * beside it and say how noisy the machine was. A row is "within" or "over" its limit and never
 * fails for being slow; it fails when it could not be measured. Nothing here judges correctness
 * but one thing: work that was not done rightly is not counted as done. */
#ifndef CI_BENCH_H
#define CI_BENCH_H

#include <sys/types.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "common/process.h"

/* ---- figures.c ---- */

enum { SAMPLES_MAX = 64 };

struct samples {
    double values[SAMPLES_MAX];
    size_t n;
};

void samples_add(struct samples *s, double value); /* more than fit are dropped */
double samples_median(const struct samples *s);

/* One line of the table. A limit is "<= limit", or ">= limit" with `at_least`. */
void row_print(const char *what, const struct samples *s, const char *unit, double limit,
               bool at_least);
/* A line below a row: a figure that explains it and has no limit. */
void note_print(const char *what, const struct samples *s, const char *unit);
void failure_print(const char *what, const struct error *e);

/* ---- cpu.c ---- */

/* Processor seconds of a living process, all its threads; 0 when it is gone. */
double cpu_of_process(pid_t pid);
/* The same over all PostgreSQL backends that serve a client of this postmaster. */
double cpu_of_backends(pid_t postmaster);
/* Private_Clean and Private_Dirty of smaps_rollup, in MiB; negative when it cannot be read. */
double private_mib(pid_t pid);

/* Wall time over processor time of 50 ms of pure work: 1 on a machine that is ours alone. What is
 * measured in wall time is worth as much as this is near 1; processor time and ratios suffer less.
 */
double crowding(void);

/* ---- watch.c ---- */

/* A plexconf run as seen from outside. */
struct watched {
    double wall;       /* seconds from exec to exit */
    double first_case; /* from exec until the first case that ran stands in events.ndjson */
    double cpu;        /* plexconf and all it has waited for */
    size_t cases;      /* that ran */
    size_t wrong;      /* failed or broken ones among them */
};

/* Runs `argv` (a plexconf run) with `--out out` added. */
MUST_CHECK bool watch_run(struct arena *a, const char *out, char *const *argv,
                          struct watched *result, struct error *e);

/* ---- null_server.c ---- */

/* A child process that answers every request at once: 501 and the Problem that the contract names,
 * or, to a world's set-up, 201 and an id. The smallest target there is. */
MUST_CHECK bool null_server_start(pid_t *pid, int *port, struct error *e);
void null_server_stop(pid_t pid);

/* ---- load.c ---- */

struct load {
    int port;           /* on 127.0.0.1 */
    const char *socket; /* a Unix socket instead; NULL: none */
    size_t connections;
    /* Whole HTTP/1.1 messages. Connection i sends i, i + connections, … and starts over: no two
     * send the same one at once, and with `total` of them each is sent once. */
    const struct bytes *requests;
    size_t n_requests;
    size_t total;
    int status; /* what each must answer */
    void (*answered)(void *arg, size_t request, const char *body, size_t len); /* may be NULL */
    void *arg;
};

/* Keep-alive connections, one request in flight on each; *seconds is the time it took. */
MUST_CHECK bool load_run(const struct load *l, double *seconds, struct error *e);
/* "POST /path HTTP/1.1 …" with bearer and JSON body, each NULL when there is none. */
struct bytes load_request(struct arena *a, const char *method, const char *path, const char *bearer,
                          const char *body);

/* ---- site.c ---- */

/* A PostgreSQL that keeps its promises (fsync on) and the control plane on it. */
struct site {
    struct arena *arena;
    char *bin;    /* folder of plexsphere and plexconf */
    char *pg_bin; /* folder of postgres and pgbench */
    char *directory;
    char *dsn;
    uid_t uid; /* PostgreSQL's; 0: ours */
    gid_t gid;
    struct process postgres;
    struct process server;
    struct profile *profile;
    int port;
    char *manager, *domain_id, *project_id, *project_admin;
};

/* In s->directory, which is there; s->arena is set. */
MUST_CHECK bool site_open(struct site *s, struct error *e);
void site_close(struct site *s);
/* Boots the control plane; *seconds until GET /readyz answered 200. */
MUST_CHECK bool site_boot(struct site *s, double *seconds, struct error *e);
void site_halt(struct site *s);
/* Domain, Project and operators: what the rows' requests need. */
MUST_CHECK bool site_furnish(struct site *s, struct error *e);

/* ---- the rows; false: could not be measured ---- */

/* `directory` is empty and ours; who made it removes it. */
bool rows_of_harness(struct arena *a, const char *directory, struct error *e);
bool rows_of_events(struct arena *a, const char *directory, struct error *e);
/* Of rows_of_events(): GetNodeEvents for these Nodes of s->domain_id, by these NSKs. */
bool event_rows(struct site *s, char *const *nodes, char *const *keys, size_t n_nodes,
                struct error *e);
bool rows_of_server(struct arena *a, const char *directory, struct error *e);
bool rows_of_agent(struct arena *a, const char *directory, struct error *e);
bool rows_of_gates(struct arena *a, const char *directory, struct error *e);

#endif
