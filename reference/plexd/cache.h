/* plexd/cache.h — what this Node was told and what it reports, in memory and on disk (SPEC API-*).
 *
 * Below <data_dir>/state: metadata.json, secrets.json, data/<key>.json, report/<key>.json; folders
 * 0700, files 0600, written atomically by the disk thread. Reads copy nothing and hold until the
 * next change. Secret values never come here. */
#ifndef PLEXD_CACHE_H
#define PLEXD_CACHE_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "reference/plexd/disk.h"
#include "reference/plexd/wire.h"

struct cache;

/* Reads what is there. A file that cannot be read, is no JSON or breaks its shape is moved aside as
 * <name>.corrupt (logged at WARN) and the rest is kept; temporary files of a crash are removed.
 * False only when the folders cannot be made. `disk` NULL writes at once (tests, one-shot
 * commands). */
MUST_CHECK bool cache_open(const char *data_dir, struct disk *disk, struct cache **out,
                           struct error *e);
void cache_close(struct cache *c);

/* Replace what was there; keys that would leave their folder are refused one by one, with a log
 * line. */
void cache_set_metadata(struct cache *c, const json_t *metadata);
void cache_set_data(struct cache *c, const struct data_entry *entries, size_t n);
void cache_set_secrets(struct cache *c, const struct secret_ref *refs, size_t n);

const json_t *cache_metadata(const struct cache *c);                   /* object; never NULL */
const struct data_entry *cache_data(const struct cache *c, size_t *n); /* by key, ascending */
const struct data_entry *cache_data_find(const struct cache *c, const char *key);
const struct secret_ref *cache_secrets(const struct cache *c, size_t *n); /* in the order given */

#endif
