/* bench DIRECTORY [harness | server | events | agent | gates] — the speed table of this build.
 * ci/bench builds it, gives it an empty folder and removes that. */
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "ci/bench.d/bench.h"
#include "common/text.h"

static void crowding_row(const char *when)
{
    struct samples s = { .n = 0 };
    for (int i = 0; i < 9; i++)
        samples_add(&s, crowding());
    note_print(when, &s, "x");
}

int main(int argc, char **argv)
{
    struct error e = { "" };
    const char *part = argc == 3 ? argv[2] : NULL;
    if (argc != 2 && argc != 3) {
        fputs("usage: ci/bench [harness | server | events | agent | gates]\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0)
        return 3;
    struct arena *a = arena_create();
    bool ok = true;
    printf("%-52s %8s %-5s %16s %4s  limit\n", "", "median", "", "smallest..largest", "n");
    crowding_row("machine: wall / CPU of pure work, before");
    if (part == NULL || text_equal(part, "harness"))
        ok = rows_of_harness(a, argv[1], &e);
    if (part == NULL || text_equal(part, "server"))
        ok = rows_of_server(a, argv[1], &e) && ok;
    if (part == NULL || text_equal(part, "events"))
        ok = rows_of_events(a, argv[1], &e) && ok;
    if (part == NULL || text_equal(part, "agent"))
        ok = rows_of_agent(a, argv[1], &e) && ok;
    if (part == NULL || text_equal(part, "gates"))
        ok = rows_of_gates(a, argv[1], &e) && ok;
    crowding_row("machine: wall / CPU of pure work, after");
    arena_destroy(a);
    return ok ? 0 : 3;
}
