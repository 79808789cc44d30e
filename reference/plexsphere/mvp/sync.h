/* mvp/sync.h — a batch of reports as the MVP agent sends it (SPEC MVP-*). Pure. */
#ifndef PLEXSPHERE_MVP_SYNC_H
#define PLEXSPHERE_MVP_SYNC_H

#include <jansson.h>

#include "common/base.h"

struct arena;

enum { SYNC_MAX = 1024 }; /* entries, and deleted keys */

struct sync_entry {
    const char *key, *content_type;
    const char *payload; /* compact JSON */
};
struct sync {
    struct sync_entry *entries;
    const char **deleted;
    size_t n_entries, n_deleted;
};

/* False with one sentence in *why. */
MUST_CHECK bool sync_read(struct arena *a, const json_t *body, struct sync *out, const char **why);

#endif
