#include "common/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

void random_bytes(void *out, size_t len)
{
    unsigned char *p = out;
    while (len > 0) {
        ssize_t n = getrandom(p, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            static const char line[] = "the kernel gives no random bytes: getrandom failed\n";
            ssize_t ignored = write(STDERR_FILENO, line, sizeof(line) - 1);
            (void)ignored;
            _exit(70);
        }
        p += n;
        len -= (size_t)n;
    }
}

/* Draws from the incomplete last span are thrown away, else small results were likelier. */
uint64_t random_below(uint64_t limit)
{
    uint64_t skip = (0 - limit) % limit; /* 2^64 mod limit */
    uint64_t draw;
    do {
        random_bytes(&draw, sizeof(draw));
    } while (draw < skip);
    return draw % limit;
}

uint64_t prng_next(struct prng *p)
{
    p->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = p->state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
