/* ports/ingest_buffer.h — where accepted telemetry goes, behind a port (SPEC ING-*).
 *
 * What reads the buffer is not part of this program. Two adapters: tables of the control plane's
 * own Postgres, and a NATS JetStream. Whether a buffer can be reached is found out per batch, never
 * at boot. */
#ifndef PLEXSPHERE_PORTS_INGEST_BUFFER_H
#define PLEXSPHERE_PORTS_INGEST_BUFFER_H

#include "common/base.h"
#include "common/error.h"
#include "common/uuid.h"

struct app;
struct arena;
struct tx;

/* Records of one signal from one Node. The tags are the server's; they never come from a record. */
struct ingest_batch {
    const char *signal; /* "metrics", "logs", "audit" */
    struct uuid domain_id, project_id, node_id;
    int64_t received_at;
    const struct bytes *records; /* JSON objects */
    size_t n;
};

enum ingest_result {
    INGEST_BUFFERED,
    INGEST_UNAVAILABLE, /* not there, or it takes no more: try again later */
    INGEST_FAILED,      /* ours to mend */
};

struct ingest_buffer {
    /* All of the batch, or what of it was taken is sent again with the next try: at least once. */
    enum ingest_result (*publish)(struct ingest_buffer *self, struct tx *tx,
                                  const struct ingest_batch *batch);
    /* Takes out what is too old; NULL where the buffer does so itself. */
    enum ingest_result (*expire)(struct ingest_buffer *self, struct tx *tx, int64_t now);
};

#endif
