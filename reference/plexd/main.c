/* plexd — the command line of the node agent. Each word is a command of commands.h. */
#include <signal.h>
#include <stdio.h>

#include "common/options.h"
#include "common/text.h"
#include "reference/plexd/commands.h"

static const struct {
    const char *name;
    int (*run)(struct environment env, int argc, char **argv);
    const char *help;
} commands[] = {
    { "up", command_up, "register if need be, and run the agent" },
    { "join", command_join, "register this host and end" },
    { "status", command_status, "ask the running agent what it holds" },
    { "deregister", command_deregister, "take this Node out of the control plane" },
    { "version", command_version, "print the version" },
};

static int help(FILE *out)
{
    fputs("usage: plexd COMMAND [options]\n\nThe Plexsphere node agent.\n\n", out);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        fprintf(out, "  %-10s  %s\n", commands[i].name, commands[i].help);
    fputs("\nTo begin: put a bootstrap token into a file and say\n\n"
          "  plexd up --api https://plexsphere.example --token-file FILE\n\n"
          "`plexd COMMAND --help` tells more. Settings: docs/plexd.md, plexd(1).\n",
          out);
    return out == stdout ? COMMAND_DONE : COMMAND_USAGE;
}

static int unknown(const char *word)
{
    const char *names[ARRAY_LEN(commands) + 1] = { NULL };
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        names[i] = commands[i].name;
    const char *near = options_nearest(word, names);
    if (near != NULL)
        fprintf(stderr, "plexd: no command '%s'; did you mean '%s'?\n", word, near);
    else
        fprintf(stderr, "plexd: no command '%s'; see plexd --help\n", word);
    return COMMAND_USAGE;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2)
        return help(stderr);
    if (text_equal(argv[1], "--help") || text_equal(argv[1], "-h") || text_equal(argv[1], "help"))
        return help(stdout);
    if (text_equal(argv[1], "--version"))
        return command_version(environment_of_process(), argc - 1, argv + 1);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (text_equal(argv[1], commands[i].name))
            return commands[i].run(environment_of_process(), argc - 1, argv + 1);
    return unknown(argv[1]);
}
