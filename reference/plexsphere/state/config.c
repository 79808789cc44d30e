#include "reference/plexsphere/state/config.h"

#include <string.h>

#include "common/memory.h"
#include "reference/plexsphere/nodes/config.h"
#include "reference/plexsphere/registration/config.h"

enum configured production_state_config_from_env(struct arena *a, const struct environment *env,
                                                 struct state_config *out, struct error *e)
{
    struct registration_config config = { .has_seed = false };
    enum configured set = production_registration_config_from_env(a, env, &config, e);
    if (set == CONFIGURED_ON && !config.has_seed)
        set = CONFIGURED_OFF;
    memcpy(out->nsk_wrap_key, config.nsk_wrap_key, sizeof out->nsk_wrap_key);
    mem_wipe(&config, sizeof config);
    return set;
}

enum configured production_reports_config_from_env(struct arena *a, const struct environment *env,
                                                   struct state_config *out, struct error *e)
{
    struct heartbeat_config config = { { 0 } };
    enum configured set = production_heartbeat_config_from_env(a, env, &config, e);
    memcpy(out->nsk_wrap_key, config.nsk_wrap_key, sizeof out->nsk_wrap_key);
    mem_wipe(&config, sizeof config);
    return set;
}
