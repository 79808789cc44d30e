/* plexd/dev_control.h — a socket for tests: time and cycles by command (ruling 26, SPEC AGT-*).
 *
 * Lines of JSON, one answer each: {"cmd":"advance","seconds":N} and {"cmd":"reconcile"} are
 * answered {"ok":true}, anything else {"error":"…"}. Only with --dev-control, never under a system
 * unit. */
#ifndef PLEXD_DEV_CONTROL_H
#define PLEXD_DEV_CONTROL_H

#include "common/base.h"
#include "common/environment.h"
#include "common/error.h"
#include "reference/plexd/loop.h"

struct dev_control;

struct dev_control_options {
    struct loop *loop;
    const char *path; /* mode 0600 */
    const struct environment *env;
    void (*reconcile)(void *self);
    void *self;
};
/* Asked before anything is done: a token must not be spent for a process that ends then. */
MUST_CHECK bool dev_control_allowed(const struct environment *env, struct error *e);
MUST_CHECK bool dev_control_open(const struct dev_control_options *o, struct dev_control **out,
                                 struct error *e);
void dev_control_close(struct dev_control *c); /* NULL is fine */

/* What one line does, and its answer (without the line's end). Pure but for the loop's time. */
const char *dev_control_line(const struct dev_control_options *o, const char *line, size_t len);

#endif
