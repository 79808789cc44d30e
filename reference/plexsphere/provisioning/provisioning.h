/* provisioning/provisioning.h — what the provisioning broker takes from the environment (SPEC
 * ENV-*).
 *
 * With a datastore all three are mandatory: a blank one refuses the boot (ruling 14). */
#ifndef PLEXSPHERE_PROVISIONING_H
#define PLEXSPHERE_PROVISIONING_H

#include "reference/plexsphere/env_read.h"

struct provisioning_config {
    const char *enrol_base;     /* PLEXSPHERE_PROVISIONING_BROKER_ENROL_BASE_URL */
    const char *plexd_download; /* PLEXSPHERE_PROVISIONING_BROKER_PLEXD_DOWNLOAD_URL */
    const char *plexd_image;    /* PLEXSPHERE_PROVISIONING_BROKER_PLEXD_IMAGE */
};

enum configured production_provisioning_config_from_env(struct arena *a,
                                                        const struct environment *env,
                                                        struct provisioning_config *out,
                                                        struct error *e);

#endif
