/* drift-gates/insecure_default/insecure_default.h — the gate insecure-default: development says
 * that it is insecure, once and exactly, and production never does. */
#ifndef DRIFT_GATES_INSECURE_DEFAULT_H
#define DRIFT_GATES_INSECURE_DEFAULT_H

#include "drift-gates/insecure_default/announcers.h"
#include "drift-gates/gate.h"

extern const struct gate gate_insecure_default;

/* For the command's --logs: the running gate then judges these logs, beside those that the settings
 * name. `path` is a file, a folder laid out as announce_logs.c says, or "-" for standard input;
 * `environment` names a render, or is "development" or "production", NULL: the first development
 * render. Call before the gate runs; paths are those of the process, not of the tree. */
MUST_CHECK bool insecure_default_add_logs(struct settings *s, const char *path,
                                          const char *environment, struct error *e);

/* ---- announce_logs.c ---- */

struct log_source {
    const char *path; /* as the finding names it */
    const char *root; /* folder it is relative to, NULL: the process's own */
    const char *environment;
    bool production;
    const struct announcing_pod *pods; /* of the render, when there is one */
    size_t n_pods;
    struct log_source *next;
};

/* Rules of the gate that logs can break. */
MUST_CHECK bool announce_logs_judge(struct gate_run *g, const struct announcements *all,
                                    const struct log_source *from, struct error *e);

#endif
