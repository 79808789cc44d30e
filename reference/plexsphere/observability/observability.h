/* observability/observability.h — telemetry that Nodes send (SPEC ING-*). No backend is assumed
 * (ruling 32): each NULL leaves its own operations off. */
#ifndef PLEXSPHERE_OBSERVABILITY_H
#define PLEXSPHERE_OBSERVABILITY_H

#include "reference/plexsphere/env_read.h"
#include "reference/plexsphere/observability/budget.h"

struct observability_config {
    const char *mimir; /* PLEXSPHERE_OBS_MIMIR_QUERY_URL; QueryDomainMetrics */
    const char *loki;  /* PLEXSPHERE_OBS_LOKI_QUERY_URL; QueryDomainLogs */
    /* PLEXSPHERE_OBS_NATS_URL, nats:// or tls:// or "postgres:"; metrics, logs and audit ingest */
    const char *ingest;
    unsigned char nsk_wrap_key[32];        /* PLEXSPHERE_NSK_WRAP_KEY_B64; blank refuses the boot */
    struct budget_size of_node, of_domain; /* PLEXSPHERE_OBS_NODE_BUDGET, …_DOMAIN_BUDGET */
};

enum configured production_observability_config_from_env(struct arena *a,
                                                         const struct environment *env,
                                                         struct observability_config *out,
                                                         struct error *e);

/* PostNodeMetrics, PostNodeLogs, PostNodeAudit */
extern const struct surface surface_observability;

#endif
