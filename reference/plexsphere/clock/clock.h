/* clock/clock.h — the time every rule of the control plane goes by.
 *
 * It is the wall clock plus an offset that only the control socket of dev mode moves (ruling 26).
 * SQL takes the time as a parameter and never calls now(). */
#ifndef PLEXSPHERE_CLOCK_H
#define PLEXSPHERE_CLOCK_H

#include <stdatomic.h>

#include "common/base.h"

struct app_clock {
    _Atomic int64_t offset_micros;
};

int64_t app_clock_now(const struct app_clock *c); /* microseconds since 1970 */
/* Microseconds for measuring how long something took: setting the wall clock does not move them,
 * app_clock_advance() does. */
int64_t app_clock_ticks(const struct app_clock *c);
void app_clock_advance(struct app_clock *c, int64_t micros); /* forward only */

#endif
