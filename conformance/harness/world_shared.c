#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/number.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/judge.h"
#include "harness/profile.h"
#include "harness/world_own.h"

/* What may be handed out only once in a run, whichever worker asks: names and address blocks. */

static struct world_shared *shared;

void world_shared_create(void)
{
    if (shared != NULL)
        return;
    void *memory =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        fprintf(stderr, "plexconf: no shared memory for the workers\n");
        _exit(70);
    }
    shared = memory;
}

struct world_shared *world_shared(void)
{
    world_shared_create();
    return shared;
}

int64_t world_now(const struct world *w UNUSED)
{
    return clock_wall_micros() + atomic_load(&world_shared()->advanced_s) * MICROS_PER_SECOND;
}

char *world_name(struct world *w, const char *what)
{
    enum { NAME_MAX_LEN = 60 };
    uint64_t n = atomic_fetch_add(&world_shared()->names, 1) + 1;
    char *tail = arena_printf(w->arena, "-%llu", (unsigned long long)n);
    size_t room = NAME_MAX_LEN - strlen(tail) - strlen(w->run) - 1;
    return arena_printf(w->arena, "%s-%.*s%s", w->run, (int)room, what, tail);
}

/* ---- address blocks ----------------------------------------------------------------------- */

#define RANGES_MAX 64

struct ranges {
    uint32_t first[RANGES_MAX];
    uint64_t count[RANGES_MAX];
    size_t n;
    uint64_t total;
};

/* The profile has been checked: what stands there are IPv4 blocks. */
static void read_range(struct arena *a, struct ranges *r, const char *text)
{
    size_t n;
    int64_t part = 0;
    char **parts = text_split(a, text_replace_char(a, text, '/', '.'), '.', &n);
    uint32_t first = 0;
    for (size_t i = 0; i < 4 && i < n; i++) {
        if (!number_parse(parts[i], 0, 255, &part))
            return;
        first = first << 8 | (uint32_t)part;
    }
    if (n != 5 || !number_parse(parts[4], 1, 32, &part))
        return;
    r->first[r->n] = first;
    r->count[r->n] = UINT64_C(1) << (32 - part);
    r->total += r->count[r->n++];
}

/* Another run on the same target begins elsewhere: what it left behind overlaps less likely. */
static uint64_t beginning(const char *run, uint64_t total)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *c = run; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    return (hash ^ hash >> 32) % total & ~UINT64_C(0xffff);
}

/* The first block of `size` at or after `cursor`; *used: addresses from the cursor to the block's
 * end. */
static bool fit(const struct ranges *r, uint64_t offset, uint64_t cursor, uint64_t size,
                uint32_t *block, uint64_t *used)
{
    for (*used = 0; cursor + *used < r->total;) {
        uint64_t at = (offset + cursor + *used) % r->total;
        size_t i = 0;
        while (at >= r->count[i])
            at -= r->count[i++];
        uint64_t address = r->first[i] + at, end = (uint64_t)r->first[i] + r->count[i];
        uint64_t aligned = (address + size - 1) & ~(size - 1);
        if (aligned + size <= end) {
            *used += aligned + size - address;
            *block = (uint32_t)aligned;
            return cursor + *used <= r->total;
        }
        *used += end - address;
    }
    return false;
}

char *world_cidr(struct world *w, int prefix_len)
{
    struct ranges r = { .n = 0 };
    uint64_t used = 0, cursor = atomic_load(&world_shared()->addresses);
    uint32_t block = 0;
    for (size_t i = 0; w->profile->address_ranges[i] != NULL && i < RANGES_MAX; i++)
        read_range(w->arena, &r, w->profile->address_ranges[i]);
    if (prefix_len < 1 || prefix_len > 32 || r.total == 0)
        broken(w, "no address block of length /%d can be made", prefix_len);
    do
        if (!fit(&r, beginning(w->run, r.total), cursor, UINT64_C(1) << (32 - prefix_len), &block,
                 &used))
            broken(w, "address_ranges of the profile are used up: give it more for a /%d",
                   prefix_len);
    while (!atomic_compare_exchange_weak(&world_shared()->addresses, &cursor, cursor + used));
    return arena_printf(w->arena, "%u.%u.%u.%u/%d", block >> 24, block >> 16 & 255,
                        block >> 8 & 255, block & 255, prefix_len);
}
