/* meta/probes.h — /livez and /readyz: outside the contract's operations, no credential, no pipeline
 * (SPEC META-*). */
#ifndef PLEXSPHERE_META_PROBES_H
#define PLEXSPHERE_META_PROBES_H

#include "reference/plexsphere/http/request.h"

/* What the datastore is worth right now. One bounded round trip or two. */
enum datastore_state { DATASTORE_OK, DATASTORE_NONE, DATASTORE_GONE, DATASTORE_NOT_MIGRATED };
/* *reason names it in words that hold no address and no credential; arena or static. */
enum datastore_state datastore_state_of(struct request *rq, const char **reason);

/* Status 0 when the path is no probe's. */
struct answer probe_answer(struct request *rq);

#endif
