/* peers/endpoint.h — reading a report of where a Node is seen (SPEC MSH-*). Pure. */
#ifndef PLEXSPHERE_PEERS_ENDPOINT_H
#define PLEXSPHERE_PEERS_ENDPOINT_H

#include <jansson.h>

#include "common/base.h"

struct arena;

struct endpoint_report {
    const char *address; /* canonical, without brackets */
    int port;
    const char *nat_type;
    int64_t reported_at;
};

enum endpoint_read_result {
    ENDPOINT_READ,
    ENDPOINT_MALFORMED,
    ENDPOINT_SKEWED,
    ENDPOINT_UNPARSEABLE,
};

/* *why: one sentence for the Problem's detail, when ENDPOINT_MALFORMED. */
enum endpoint_read_result endpoint_report_read(struct arena *a, const json_t *body, int64_t now,
                                               struct endpoint_report *out, const char **why);

/* "192.0.2.7:51820" or "[2001:db8::7]:51820". */
MUST_CHECK bool endpoint_parse(struct arena *a, const char *text, const char **address, int *port);
char *endpoint_text(struct arena *a, const char *address, int port);

#endif
