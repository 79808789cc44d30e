/* plexsphere — the command line. Each word is a command of commands.h. */
#include <signal.h>

#include "common/commands.h"
#include "reference/plexsphere/commands.h"

static const struct command_row commands[] = {
    { "serve", command_serve, "run the control plane" },
    { "migrate", command_migrate, "up, down, status or wait: the database's schema" },
    { "seed", command_seed, "fill a development database" },
    { "token", command_token, "mint: an operator with a role, and a token" },
    { "control", command_control, "speak to the control socket of a server in dev mode" },
    { "version", command_version, "print version, commit and build time" },
    { 0 },
};

static const struct command_table table = {
    .program = "plexsphere",
    .summary = "The Plexsphere control plane.",
    .rows = commands,
    .footer = "Configuration comes from PLEXSPHERE_*.\n",
    .unwritable = COMMAND_FAILED,
};

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    return commands_run(&table, argc, argv);
}
