/* surface.h — a surface is a row of boot's table (SPEC ENV-*).
 *
 * `configure` reads the environment through its production_<surface>_config_from_env() and makes
 * the state its handlers see as rq->state. ON: the rows answer. OFF: they answer 501. REFUSED: the
 * boot ends with one line that names variable and rule, never the value. With no datastore nothing
 * is configured at all. */
#ifndef PLEXSPHERE_SURFACE_H
#define PLEXSPHERE_SURFACE_H

#include "common/base.h"
#include "common/environment.h"
#include "common/error.h"

struct app;
struct arena;
struct operation;

enum configured { CONFIGURED_ON, CONFIGURED_OFF, CONFIGURED_REFUSED };

struct surface {
    const char *name;
    enum configured (*configure)(struct app *app, void **state, struct error *e);
    const struct operation *operations;
    size_t n_operations;
    /* Optional: runs in a thread of its own from boot until app_stopping(); looks every `tick` at
     * most. */
    void (*background)(struct app *app, void *state);
};

#endif
