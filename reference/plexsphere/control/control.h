/* control/control.h — the control socket of dev mode: clock and named states (rulings 26, 27; SPEC
 * CTL-*).
 *
 * A Unix socket, mode 0600. A client sends one line of JSON and gets one line of JSON:
 *
 *     {"cmd":"advance","seconds":90}                              {"now":"2026-11-22T04:56:30Z"}
 *     {"cmd":"given","name":"revoked_nsk","input":{"node_id":…}}  {"revoked":1}
 *     anything else                                               {"error":"…"}
 *
 * A connection may send any number of lines. commands.h opens and closes the socket. */
#ifndef PLEXSPHERE_CONTROL_H
#define PLEXSPHERE_CONTROL_H

#include "common/base.h"
#include "common/error.h"
#include "reference/plexsphere/app.h"

struct arena;

enum { CONTROL_LINE_CAP = 64 * 1024 };

/* What one line is answered with, without its newline; arena text. */
char *control_answer(struct app *app, struct arena *a, const char *line, size_t len);

#endif
