/* harness/rig_parts.h — between the rig's files; nobody else includes this. */
#ifndef HARNESS_RIG_PARTS_H
#define HARNESS_RIG_PARTS_H

#include <sys/types.h>

#include "common/process.h"
#include "harness/boot.h"
#include "harness/rig.h"

struct rig {
    struct arena *arena;
    const char *kind;
    char *home;      /* /var/tmp/plexconf-<uid>: run folders and database templates */
    char *directory; /* home/run.XXXXXX */
    char *data_home; /* a folder of the same name in /dev/shm, or `directory` where that is small */
    int lock;
    const char *dsn;
    struct process postgres;
    struct booted target;
};

/* The account's folder; refused when it is not ours. */
MUST_CHECK bool rig_home(struct arena *a, char **out, struct error *e);

MUST_CHECK bool rig_process_up(struct rig *r, struct profile *p, struct error *e);
void rig_process_down(struct rig *r);
MUST_CHECK bool rig_process_healthy(struct rig *r, struct error *e);

/* rig_postgres.c: a migrated database named plexsphere on a socket in r->directory/pg. */
struct postgres_site {
    const char *bin; /* folder of initdb and postgres */
    uid_t uid;       /* 0: run as we are */
    gid_t gid;
};
MUST_CHECK bool postgres_find(struct arena *a, struct postgres_site *out, struct error *e);
/* `migrate` is the command that brings the database at DSN (in its environment) up to date. */
MUST_CHECK bool postgres_up(struct rig *r, const struct postgres_site *site, char *const *migrate,
                            const char *migrations, char **dsn, struct error *e);

#endif
