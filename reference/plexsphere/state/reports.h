/* state/reports.h — storing what a Node reports of its own state (SPEC STA-*). */
#ifndef PLEXSPHERE_STATE_REPORTS_H
#define PLEXSPHERE_STATE_REPORTS_H

#include "common/base.h"
#include "common/uuid.h"

struct request;

enum report_result {
    REPORT_OK,
    REPORT_INVALID, /* the key's grammar, or a value or tag over its length */
    REPORT_NO_NODE,
    REPORT_QUOTA,     /* a new entry past the Node's cap */
    REPORT_NOT_FOUND, /* of a delete */
    REPORT_FAILED,
};

/* Inside rq->tx, which must be writing; `tag` NULL: none. Weak: a build without the node state has
 * neither, and whoever needs them is off then. */
enum report_result node_report_put(struct request *rq, const struct uuid *node, const char *key,
                                   const char *value, const char *tag) __attribute__((weak));
enum report_result node_report_delete(struct request *rq, const struct uuid *node, const char *key)
    __attribute__((weak));

#endif
