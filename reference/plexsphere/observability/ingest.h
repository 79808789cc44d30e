/* observability/ingest.h — the adapters of ports/ingest_buffer.h. */
#ifndef PLEXSPHERE_OBSERVABILITY_INGEST_H
#define PLEXSPHERE_OBSERVABILITY_INGEST_H

#include "reference/plexsphere/ports/ingest_buffer.h"

struct arena;

#define INGEST_KEPT_S 3600 /* how long a buffer holds on to a record (ING-028) */

/* Tables of the control plane's own database. */
extern struct ingest_buffer ingest_postgres;

/* A JetStream at a nats:// or tls:// URL. Connects when the first batch comes; `url` must hold as
 * long. */
struct ingest_buffer *ingest_nats_create(const char *url);
void ingest_nats_destroy(struct ingest_buffer *b);

/* "plexsphere.ingest.<signal>.<domain>", where a JetStream has the batches of a Domain. */
const char *ingest_nats_subject(struct arena *a, const struct ingest_batch *batch);

#endif
