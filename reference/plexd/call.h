/* plexd/call.h — one call, waited for: for commands that do nothing else. */
#ifndef PLEXD_CALL_H
#define PLEXD_CALL_H

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "reference/plexd/http.h"
#include "reference/plexd/loop.h"

struct call_reply {
    int status;
    struct bytes body;   /* on the arena, NUL-terminated */
    const char *problem; /* "" when the status is 2xx, else what problem_text() says */
};
void call_and_wait(struct arena *a, struct loop *l, struct http *h, const struct http_request *r,
                   struct call_reply *out);

#endif
