/* plexconf — the command line. Each word is a command of commands.h. */
#include <stdio.h>

#include "common/commands.h"
#include "harness/engine.h"
#include "plexconf/commands.h"

static int command_version(struct environment env, int argc, char **argv)
{
    (void)env;
    (void)argc;
    (void)argv;
    puts("plexconf " PLEXCONF_VERSION);
    return EXIT_CONFORMANT;
}

static const struct command_row commands[] = {
    { "run", command_run, "judge a target and write a report" },
    { "list", command_list, "list the cases" },
    { "explain", command_explain, "say what a case, a clause or an operation is about" },
    { "report", command_report, "write reports again, or compare two runs" },
    { "gate", command_gate, "judge sources and manifests of any tree" },
    { "rig", command_rig, "hold the reference up to try things on it" },
    { "clean", command_clean, "remove what a run left on an external target" },
    { "version", command_version, "print the version" },
    { 0 },
};

static const struct command_table table = {
    .program = "plexconf",
    .summary = "plexconf judges an implementation of the Plexsphere contract over HTTP.",
    .rows = commands,
    .footer = "First steps:\n"
              "  plexconf run                          judge the reference implementation\n"
              "  plexconf run --rig external --profile mine.yaml\n"
              "                                        judge yours\n"
              "  plexconf explain REG-014              what a failing case wants\n"
              "  plexconf gate                         judge the sources and manifests here\n",
    .unwritable = EXIT_BROKEN,
};

int main(int argc, char **argv)
{
    return commands_run(&table, argc, argv);
}
