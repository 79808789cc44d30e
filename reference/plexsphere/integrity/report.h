/* integrity/report.h — reading a batch of violations (SPEC INT-*). Pure: no database. */
#ifndef PLEXSPHERE_INTEGRITY_REPORT_H
#define PLEXSPHERE_INTEGRITY_REPORT_H

#include <jansson.h>

#include "common/base.h"

struct arena;

struct violation {
    const char *kind; /* the inventory's word: "binary", "hook", "host_key" */
    const char *detected_by, *artifact_id;
    const char *observed, *expected; /* base64 checksum or fingerprint; expected may be NULL */
};

enum { VIOLATIONS_MAX = 128 };

enum report_result {
    REPORT_OK,
    REPORT_MALFORMED,
    REPORT_KIND_INVALID,
    REPORT_KIND_MISMATCH,
    REPORT_DETECTED_BY_INVALID,
    REPORT_ARTIFACT_ID_EMPTY,
    REPORT_CHECKSUM_INVALID,
    REPORT_FINGERPRINT_INVALID,
    REPORT_EMPTY,
    REPORT_TOO_MANY,
};

/* *why: one sentence for the Problem's detail, when REPORT_MALFORMED. */
enum report_result report_read(struct arena *a, const json_t *body, struct violation **out,
                               size_t *n, const char **why);

#endif
