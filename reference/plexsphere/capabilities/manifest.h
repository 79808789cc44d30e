/* capabilities/manifest.h — reading a capability manifest (SPEC CAP-*). Pure: no database. */
#ifndef PLEXSPHERE_CAPABILITIES_MANIFEST_H
#define PLEXSPHERE_CAPABILITIES_MANIFEST_H

#include <jansson.h>

#include "common/base.h"
#include "reference/plexsphere/nodes/checksum.h"

struct arena;

struct manifest {
    const char *binary_version; /* trimmed */
    unsigned char binary_checksum[CHECKSUM_LEN];
    const char *ssh_host_key_fingerprint; /* NULL: none */
    /* Objects by hook name, as JSON text: hooks are sets, their order says nothing. What a hook may
     * leave out is filled in with what that means. */
    const char *declared_hooks; /* {"name":"checksum"} */
    const char *plexd_hooks;    /* {"name":{image_digest,parameters,timeout_seconds,sandbox}} */
};

enum manifest_result {
    MANIFEST_OK,
    MANIFEST_MALFORMED,
    MANIFEST_NO_VERSION,
    MANIFEST_BAD_CHECKSUM,
    MANIFEST_BAD_FINGERPRINT,
    MANIFEST_DECLARED_TWICE,
    MANIFEST_DECLARED_TOO_MANY,
    MANIFEST_DECLARED_INVALID,
    MANIFEST_DISCOVERED_TWICE,
    MANIFEST_DISCOVERED_TOO_MANY,
    MANIFEST_DISCOVERED_INVALID,
};

/* *why: one sentence for the Problem's detail, when MANIFEST_MALFORMED. */
enum manifest_result manifest_read(struct arena *a, const json_t *body, struct manifest *out,
                                   const char **why);

#endif
