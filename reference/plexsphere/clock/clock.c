#include "reference/plexsphere/clock/clock.h"

#include "common/timestamp.h"

int64_t app_clock_now(const struct app_clock *c)
{
    return clock_wall_micros() + atomic_load_explicit(&c->offset_micros, memory_order_relaxed);
}

int64_t app_clock_ticks(const struct app_clock *c)
{
    return clock_monotonic_nanos() / 1000 +
           atomic_load_explicit(&c->offset_micros, memory_order_relaxed);
}

/* Forward only: a clock that went back would revive expired tokens. It stops at a century, far
 * beyond any clause, so that sums with wall time can never overflow. */
void app_clock_advance(struct app_clock *c, int64_t micros)
{
    const int64_t most = INT64_C(100) * 365 * 86400 * MICROS_PER_SECOND;
    if (micros <= 0)
        return;
    int64_t old = atomic_load(&c->offset_micros);
    int64_t wanted;
    do
        wanted = micros > most - old ? most : old + micros;
    while (!atomic_compare_exchange_weak(&c->offset_micros, &old, wanted));
}
