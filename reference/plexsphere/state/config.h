/* state/config.h — what the reads and reports of a Node's state take from the environment (SPEC
 * ENV-*). */
#ifndef PLEXSPHERE_STATE_CONFIG_H
#define PLEXSPHERE_STATE_CONFIG_H

#include "reference/plexsphere/env_read.h"

struct state_config {
    unsigned char nsk_wrap_key[32]; /* PLEXSPHERE_NSK_WRAP_KEY_B64 */
};

/* Off unless events are signed: the state is read with the stream, or not at all (ruling 11). */
enum configured production_state_config_from_env(struct arena *a, const struct environment *env,
                                                 struct state_config *out, struct error *e);
/* Reports need the wrap key alone. */
enum configured production_reports_config_from_env(struct arena *a, const struct environment *env,
                                                   struct state_config *out, struct error *e);

#endif
