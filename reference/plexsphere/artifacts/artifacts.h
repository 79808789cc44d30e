/* artifacts/artifacts.h — what the Artifact Registry takes from the environment (SPEC ENV-*).
 *
 * ON when registry, SAN and issuer are all there. Without a registry the cursor key is not looked
 * at. */
#ifndef PLEXSPHERE_ARTIFACTS_H
#define PLEXSPHERE_ARTIFACTS_H

#include "reference/plexsphere/env_read.h"

struct artifacts_config {
    const char *registry;     /* PLEXSPHERE_ARTIFACTS_OCI_REGISTRY */
    const char *fulcio_san;   /* PLEXSPHERE_ARTIFACTS_FULCIO_SAN */
    const char *oidc_issuer;  /* PLEXSPHERE_ARTIFACTS_OIDC_ISSUER */
    int64_t refresh_seconds;  /* PLEXSPHERE_ARTIFACTS_REFRESH_INTERVAL_SECS, default 3600 */
    struct cursor_key cursor; /* PLEXSPHERE_ARTIFACTS_CURSOR_HMAC_KEY; len 0: cursors go unsigned */
};

enum configured production_artifacts_config_from_env(struct arena *a, const struct environment *env,
                                                     struct artifacts_config *out, struct error *e);

#endif
