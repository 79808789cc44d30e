/* plexconf-tools — what Pods of the dev stack need and most pinned images lack: a voice, a
 * forwarder, and a look at mounted Secrets. One static table, no configuration, no shell. */
#ifndef PLEXCONF_TOOLS_H
#define PLEXCONF_TOOLS_H

#include "common/base.h"
#include "common/buffer.h"
#include "common/error.h"

struct arena;

/* The sentence that `name` announces, or NULL. */
const char *announcement_sentence(const char *name);
/* All names that can announce, ends with NULL. */
const char *const *announcement_names(void);

/* Secret volumes are mounted below `root`, one folder a Secret, one file a key. An entry of
 * `wanted` is NAME or NAME/KEY; several entries may name one Secret. */
struct preflight {
    const char *root;
    const char *namespace_name; /* printed only */
    const char *remedy;         /* a command; "{secret}" stands for the Secret's name */
    char *const *wanted;        /* ends with NULL */
};
/* One line a Secret that is missing or lacks a key, and a count; true when none is. Never values.
 */
bool preflight_check(struct arena *a, const struct preflight *p, struct buffer *out);

/* Accepts on `listen`, connects to `target` for each connection (both HOST:PORT) and copies both
 * ways until both sides are done. Returns only with an error. */
struct forwarder;
MUST_CHECK bool forwarder_open(struct arena *a, const char *listen, const char *target,
                               struct forwarder **out, struct error *e);
int forwarder_port(const struct forwarder *f); /* of the listener */
MUST_CHECK bool forwarder_run(struct forwarder *f, struct error *e);
/* From another thread: forwarder_run returns true once open connections have ended. */
void forwarder_stop(struct forwarder *f);

#endif
