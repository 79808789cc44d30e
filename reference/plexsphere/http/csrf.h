/* http/csrf.h — the two legs a cookie-authenticated mutation must pass (SPEC CSRF-*). */
#ifndef PLEXSPHERE_HTTP_CSRF_H
#define PLEXSPHERE_HTTP_CSRF_H

#include "reference/plexsphere/http/request.h"

/* Absolute http(s) origins, lower case, compared byte for byte with Origin. None: not configured.
 */
struct csrf_config {
    const char *const *origins;
    size_t n;
};

/* Goes on for bearer callers and for GET and HEAD. Otherwise, in this order: 403
 * csrf_origin_not_configured, csrf_origin_mismatch, csrf_token_mismatch. */
struct answer csrf_check(struct request *rq);

#endif
