/* app_life.h — is the process on its way out? Background loops ask, and wait on it instead of
 * sleeping. */
#ifndef PLEXSPHERE_APP_LIFE_H
#define PLEXSPHERE_APP_LIFE_H

#include "common/base.h"

bool app_stopping(void);
/* Waits until the time is over or the process stops; true when it stops. */
bool app_wait(int64_t nanos);
void app_stop(void); /* from a signal's thread, not from a handler */
/* Readable from app_stop() on: for loops that wait in poll() or epoll. Never closed, never read. */
int app_stop_fd(void);

#endif
