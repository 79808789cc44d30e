/* nodes/heartbeat.h — reading a heartbeat (SPEC HBT-*). Pure: no database, no clock of its own. */
#ifndef PLEXSPHERE_NODES_HEARTBEAT_H
#define PLEXSPHERE_NODES_HEARTBEAT_H

#include <jansson.h>

#include "common/base.h"

struct arena;

enum { CHECKSUM_BYTES = 32 };

struct heartbeat {
    int64_t client_now;
    bool has_checksum; /* always, but in the MVP dialect */
    unsigned char checksum[CHECKSUM_BYTES];
    const char *version;     /* trimmed */
    const char *nat_summary; /* compact JSON */
};

enum heartbeat_result {
    HEARTBEAT_OK,
    HEARTBEAT_MALFORMED,
    HEARTBEAT_SKEWED,
    HEARTBEAT_NO_CHECKSUM,
    HEARTBEAT_NO_VERSION,
};

/* *why: one sentence for the Problem's detail, when HEARTBEAT_MALFORMED. */
enum heartbeat_result heartbeat_read(struct arena *a, const json_t *body, int64_t now,
                                     struct heartbeat *out, const char **why);

/* The MVP dialect's: every member may be missing or zero, and no clock is compared (ruling 1).
 * HEARTBEAT_OK or HEARTBEAT_MALFORMED. */
enum heartbeat_result heartbeat_read_mvp(struct arena *a, const json_t *body, int64_t now,
                                         struct heartbeat *out, const char **why);

/* 64 lower-case hex digits, or 44 characters of padded base64: 32 bytes either way. */
MUST_CHECK bool checksum_parse(struct arena *a, const char *text,
                               unsigned char out[CHECKSUM_BYTES]);

#endif
