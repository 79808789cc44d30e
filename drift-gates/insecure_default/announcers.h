/* drift-gates/insecure_default/announcers.h — who announces the insecure default, by the manifests.
 *
 * A Pod belongs to the announcement of its workload's name (dev-stack.json, or sentences of the
 * tree's own), else to that of the image its containers run. A container announces when it runs
 * `announce NAME`, when its command or arguments spell the line out (a shell's echo), or when it is
 * a program that does so by itself in development: the contract names those. */
#ifndef DRIFT_GATES_ANNOUNCERS_H
#define DRIFT_GATES_ANNOUNCERS_H

#include "drift-gates/insecure_default/announce.h"
#include "drift-gates/manifest.h"

/* Of dev-stack.json, then of the file that settings name (gates.insecure-default.announcements). */
MUST_CHECK bool announcements_read(struct gate_run *g, const struct announcements **out,
                                   struct error *e);

enum announcer_how {
    ANNOUNCER_TOOL,  /* announce NAME */
    ANNOUNCER_LINE,  /* the line stands in its command or arguments */
    ANNOUNCER_ITSELF /* the program does, in development */
};

struct announcer {
    struct container container;
    enum announcer_how how;
    const char *name;  /* TOOL: what it announces */
    struct bytes line; /* LINE */
    const char *mode;  /* ITSELF: the value of the mode variable, NULL: not set */
};

struct announcing_pod {
    const struct object *object;
    const struct announcement *expected; /* NULL: nothing says what belongs to it */
    struct announcer *announcers;
    size_t n;
};

/* The workloads of a render that make Pods, in its order. */
MUST_CHECK bool announcing_pods(struct gate_run *g, const struct announcements *all,
                                const struct render *r, struct announcing_pod **out, size_t *n,
                                struct error *e);

#endif
