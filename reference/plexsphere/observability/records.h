/* observability/records.h — from a body to its records (SPEC ING-012 to ING-019). Pure.
 *
 * A record leaves with the members the contract gives it and no others, each spelled as it came. */
#ifndef PLEXSPHERE_OBSERVABILITY_RECORDS_H
#define PLEXSPHERE_OBSERVABILITY_RECORDS_H

#include "common/base.h"

struct arena;

enum { RECORDS_MAX = 1000, RECORD_BYTES_MAX = 256 * 1024 };

struct record_rule {
    const char *name;
    enum {
        RECORD_WORD,
        RECORD_TEXT,
        RECORD_ANY_TEXT,
        RECORD_INSTANT,
        RECORD_NUMBER,
        RECORD_TEXTS
    } is; /* ANY_TEXT may be empty */
    bool optional;
    const char *const *words; /* of a RECORD_WORD; ends with NULL */
};
struct record_form {
    const char *signal;
    bool lines; /* one object a line; else one array of them */
    const struct record_rule *rules;
    size_t n_rules;
};
extern const struct record_form metric_samples, log_lines, audit_events;

enum records_result { RECORDS_OK, RECORDS_TOO_MANY, RECORDS_MALFORMED };

/* *out, in the arena, are the records in their order. */
enum records_result records_read(struct arena *a, const struct record_form *form, struct bytes body,
                                 struct bytes **out, size_t *n);

#endif
