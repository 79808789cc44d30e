/* boot.h — from an environment to a control plane that can be served (SPEC BOOT-*). */
#ifndef PLEXSPHERE_BOOT_H
#define PLEXSPHERE_BOOT_H

#include "common/base.h"
#include "common/environment.h"
#include "common/error.h"
#include "reference/plexsphere/app.h"
#include "reference/plexsphere/http/pipeline.h"

struct boot {
    struct app app;
    struct endpoint endpoints[OPERATION_COUNT];
    void **states; /* one a surface */
    void *loops;   /* the background threads */
    size_t n_loops;
};

/* PLEXSPHERE_MODE; unset is production, any other word is refused. */
MUST_CHECK bool boot_mode(struct arena *a, const struct environment *env, enum app_mode *out,
                          struct error *e);

/* Configures every surface of the table. Opens no connection. False: one line that names variable
 * and rule. */
MUST_CHECK bool boot_configure(struct arena *a, struct environment env, int connections,
                               struct boot *out, struct error *e);
/* Starts the background loops of the surfaces that are on. */
MUST_CHECK bool boot_start_loops(struct boot *b, struct error *e);
/* After app_stop(): joins the loops, closes the pool. */
void boot_close(struct boot *b);

#endif
