/* nodes/config.h — what heartbeats and the Node list take from the environment (SPEC ENV-*). */
#ifndef PLEXSPHERE_NODES_CONFIG_H
#define PLEXSPHERE_NODES_CONFIG_H

#include "reference/plexsphere/env_read.h"

/* A blank key refuses the boot (ruling 14): one key seals at registration and opens here. */
struct heartbeat_config {
    unsigned char nsk_wrap_key[32]; /* PLEXSPHERE_NSK_WRAP_KEY_B64 */
};
struct nodes_config {
    struct cursor_key cursor; /* PLEXSPHERE_NODES_CURSOR_HMAC_KEY; len 0: only ListNodes is off */
};

enum configured production_heartbeat_config_from_env(struct arena *a, const struct environment *env,
                                                     struct heartbeat_config *out, struct error *e);
enum configured production_nodes_config_from_env(struct arena *a, const struct environment *env,
                                                 struct nodes_config *out, struct error *e);

#endif
