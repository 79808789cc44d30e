#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ci/bench.d/bench.h"
#include "common/file.h"
#include "common/number.h"
#include "common/text.h"
#include "common/timestamp.h"

/* The scheduler's own account in nanoseconds: /proc/PID/stat counts in ticks, which a request of
 * some microseconds slips through. */
double cpu_of_process(pid_t pid)
{
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return 0;
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool is_backend(struct arena *a, const char *pid)
{
    struct bytes title;
    return file_read(a, arena_printf(a, "/proc/%s/cmdline", pid), 4096, &title, NULL) &&
           text_starts((const char *)title.data, "postgres: plexsphere ");
}

double cpu_of_backends(pid_t postmaster)
{
    struct arena *a = arena_create();
    struct bytes list;
    double sum = 0;
    if (file_read(a, arena_printf(a, "/proc/%d/task/%d/children", (int)postmaster, (int)postmaster),
                  65536, &list, NULL)) {
        size_t n;
        char **pids = text_split(a, text_trim(a, (const char *)list.data), ' ', &n);
        int64_t pid;
        for (size_t i = 0; i < n; i++)
            if (is_backend(a, pids[i]) && number_parse(pids[i], 1, INT32_MAX, &pid))
                sum += cpu_of_process((pid_t)pid);
    }
    arena_destroy(a);
    return sum;
}

static double own_cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double crowding(void)
{
    double cpu = own_cpu();
    int64_t start = clock_monotonic_nanos();
    while (own_cpu() - cpu < 0.05)
        ;
    return (double)(clock_monotonic_nanos() - start) / 1e9 / (own_cpu() - cpu);
}

double private_mib(pid_t pid)
{
    struct arena *a = arena_create();
    struct bytes text;
    double kib = -1024;
    if (file_read(a, arena_printf(a, "/proc/%d/smaps_rollup", (int)pid), 65536, &text, NULL)) {
        size_t n;
        long long part;
        char **lines = text_split(a, (const char *)text.data, '\n', &n);
        kib = 0;
        for (size_t i = 0; i < n; i++)
            if (sscanf(lines[i], "Private_Clean: %lld", &part) == 1 ||
                sscanf(lines[i], "Private_Dirty: %lld", &part) == 1)
                kib += (double)part;
    }
    arena_destroy(a);
    return kib / 1024;
}
