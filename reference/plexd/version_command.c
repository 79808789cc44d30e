/* plexd version */
#include <stdio.h>

#include "reference/plexd/commands.h"

int command_version(struct environment env, int argc, char **argv)
{
    (void)env, (void)argc, (void)argv;
    puts("plexd " PLEXD_VERSION);
    return COMMAND_DONE;
}
