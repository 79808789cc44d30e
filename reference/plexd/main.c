/* plexd — the command line of the node agent. Each word is a command of commands.h. */
#include <signal.h>

#include "common/commands.h"
#include "reference/plexd/commands.h"

static const struct command_row commands[] = {
    { "up", command_up, "register if need be, and run the agent" },
    { "join", command_join, "register this host and end" },
    { "status", command_status, "ask the running agent what it holds" },
    { "deregister", command_deregister, "take this Node out of the control plane" },
    { "version", command_version, "print the version" },
    { 0 },
};

static const struct command_table table = {
    .program = "plexd",
    .summary = "The Plexsphere node agent.",
    .rows = commands,
    .footer = "To begin: put a bootstrap token into a file and say\n\n"
              "  plexd up --api https://plexsphere.example --token-file FILE\n\n"
              "Settings: docs/plexd.md, plexd(1).\n",
    .unwritable = COMMAND_FAILED,
};

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    return commands_run(&table, argc, argv);
}
