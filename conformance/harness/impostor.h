/* harness/impostor.h — who answers judged requests when a case must prove that it can fail (ruling
 * 28).
 *
 * One small server on the loopback interface in a process of its own, started once per run before
 * the workers are forked. The request says which impostor it wants (header X-Plexconf-Impostor)
 * and, for IMPOSTOR_RIGHT_STATUS, which status (X-Plexconf-Expect); judge.c adds both.
 * IMPOSTOR_CLOSED is a port that is held and on which nobody listens. */
#ifndef HARNESS_IMPOSTOR_H
#define HARNESS_IMPOSTOR_H

#include "common/base.h"
#include "common/error.h"

#define IMPOSTOR_HEADER "X-Plexconf-Impostor"
#define IMPOSTOR_EXPECT_HEADER "X-Plexconf-Expect"

/* Starts it; a second call is harmless. The server ends with this process or by impostor_stop(). */
MUST_CHECK bool impostor_start(struct error *e);
void impostor_stop(void);

/* "http://127.0.0.1:PORT" for an impostor 1..6 of worker.h; NULL before impostor_start(). */
const char *impostor_url(int impostor);

#endif
