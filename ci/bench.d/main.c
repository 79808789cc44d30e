/* bench — the speed table of this build. ci/bench builds and starts it. */
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "ci/bench.d/bench.h"
#include "common/text.h"

static void usage(FILE *out)
{
    fputs(
        "usage: ci/bench [harness | server]\n\n"
        "Measures this machine's ratios against the limits we hold ourselves to (docs/bench.md).\n"
        "One line a row: median, smallest..largest, number of measurements, limit. Exit status 0\n"
        "whatever is over its limit, 3 when something could not be measured.\n",
        out);
}

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
    const char *part = argc > 1 ? argv[1] : NULL;
    if (argc > 2 || (part != NULL && !text_equal(part, "harness") && !text_equal(part, "server"))) {
        usage(text_equal(part, "--help") ? stdout : stderr);
        return text_equal(part, "--help") ? 0 : 2;
    }
    signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0)
        return 3;
    struct arena *a = arena_create();
    bool ok = true;
    printf("%-52s %8s %-5s %16s %4s  limit\n", "", "median", "", "smallest..largest", "n");
    crowding_row("machine: wall / CPU of pure work, before");
    if (!text_equal(part, "server"))
        ok = rows_of_harness(a, &e);
    if (!text_equal(part, "harness"))
        ok = rows_of_server(a, &e) && ok;
    crowding_row("machine: wall / CPU of pure work, after");
    arena_destroy(a);
    return ok ? 0 : 3;
}
