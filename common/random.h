/* common/random.h — random bytes from the kernel; never fails (if the kernel does, the process
 * ends). */
#ifndef COMMON_RANDOM_H
#define COMMON_RANDOM_H

#include "common/base.h"

void random_bytes(void *out, size_t len);
uint64_t random_below(uint64_t limit); /* uniform in 0..limit-1; limit > 0 */

/* A small deterministic stream (splitmix64) for tests and fuzzing that print their seed. */
struct prng {
    uint64_t state;
};
uint64_t prng_next(struct prng *p);

#endif
