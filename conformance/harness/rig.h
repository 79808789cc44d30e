/* harness/rig.h — bringing a target up and taking it down.
 *
 * process: a private PostgreSQL (initdb once, kept by hash; socket only; an unprivileged user when
 * we are root) and the target of the profile's boot hook on a free loopback port, below one run
 * directory under /var/tmp, its database's files in /dev/shm where that is roomy. All of it is
 * removed at the end, on Ctrl-C, and after a crash of ours (the next run sweeps). external: nothing
 * to bring up, the profile has a base_url; only the run directory is made. */
#ifndef HARNESS_RIG_H
#define HARNESS_RIG_H

#include <jansson.h>
#include <stdio.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "harness/profile.h"

struct rig;

/* Starts what the kind needs and completes the profile (base_url, boot_env, hooks, hook_env). The
 * error names what is missing and the command that mends it. On failure nothing is left behind. */
MUST_CHECK bool rig_up(const char *kind, struct profile *p, struct rig **out, struct error *e);
/* For a run that judges agents alone: the run directory and nothing else, whatever the kind. */
MUST_CHECK bool rig_up_for_agents(struct profile *p, struct rig **out, struct error *e);
void rig_down(struct rig *r); /* NULL is fine */
/* Is everything it started still alive? The error says what ended and how. */
MUST_CHECK bool rig_healthy(struct rig *r, struct error *e);
const char *rig_directory(const struct rig *r);
const char *
rig_dsn(const struct rig *r); /* of the database that it started; NULL: it started none */
/* One line per rig that is up on this machine and account; returns how many. */
int rig_status(FILE *out);

#endif
