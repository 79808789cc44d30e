/* plexsphere version */
#include <stdio.h>

#include "common/options.h"
#include "reference/plexsphere/commands.h"
#include "reference/plexsphere/meta/version.h"

int command_version(struct environment env, int argc, char **argv)
{
    struct error e = { "" };
    const struct option_row rows[] = { { .name = NULL } };
    const struct option_table table = { .program = "plexsphere version",
                                        .synopsis = "",
                                        .summary = "Prints version, commit and build time.",
                                        .rows = rows };
    (void)env;
    switch (options_parse(&table, argc, argv, NULL, NULL, &e)) {
    case OPTIONS_HELP: return COMMAND_DONE;
    case OPTIONS_BAD: fprintf(stderr, "plexsphere: %s\n", e.text); return COMMAND_USAGE;
    case OPTIONS_OK: break;
    }
    struct version v = version_of_build();
    printf("plexsphere %s commit %s built %s\n", v.version, v.commit, v.date);
    return COMMAND_DONE;
}
