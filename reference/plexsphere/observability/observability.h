/* observability/observability.h — what telemetry takes from the environment (SPEC ENV-*). No
 * backend is assumed (ruling 32): each NULL leaves its own operations off. */
#ifndef PLEXSPHERE_OBSERVABILITY_H
#define PLEXSPHERE_OBSERVABILITY_H

#include "reference/plexsphere/env_read.h"

struct observability_config {
    const char *mimir; /* PLEXSPHERE_OBS_MIMIR_QUERY_URL; QueryDomainMetrics */
    const char *loki;  /* PLEXSPHERE_OBS_LOKI_QUERY_URL; QueryDomainLogs */
    /* PLEXSPHERE_OBS_NATS_URL, nats:// or tls:// or "postgres:"; metrics, logs and audit ingest */
    const char *ingest;
};

enum configured production_observability_config_from_env(struct arena *a,
                                                         const struct environment *env,
                                                         struct observability_config *out,
                                                         struct error *e);

#endif
