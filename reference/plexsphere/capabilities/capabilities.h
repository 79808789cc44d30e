/* capabilities/capabilities.h — what Nodes are and can do: their manifests and the inventory of
 * them (SPEC CAP-*). */
#ifndef PLEXSPHERE_CAPABILITIES_H
#define PLEXSPHERE_CAPABILITIES_H

#include "reference/plexsphere/env_read.h"
#include "reference/plexsphere/store/db.h"

struct capabilities_config {
    unsigned char nsk_wrap_key[32]; /* PLEXSPHERE_NSK_WRAP_KEY_B64; blank refuses the boot */
    /* PLEXSPHERE_CAPABILITIES_CURSOR_HMAC_KEY; len 0: only ListCapabilities is off */
    struct cursor_key cursor;
};

enum configured production_capabilities_config_from_env(struct arena *a,
                                                        const struct environment *env,
                                                        struct capabilities_config *out,
                                                        struct error *e);

/* From now on that checksum of that version counts as good (CAP-021). */
MUST_CHECK enum sql_result capabilities_know_good(struct tx *tx, const char *version,
                                                  const unsigned char checksum[32]);

extern const struct surface surface_capabilities; /* PutNodeCapabilities, ListCapabilities */

#endif
