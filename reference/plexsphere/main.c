/* plexsphere — the command line. Each word is a command of commands.h. */
#include <signal.h>
#include <stdio.h>

#include "common/environment.h"
#include "common/options.h"
#include "common/text.h"
#include "reference/plexsphere/commands.h"

static const struct {
    const char *name;
    int (*run)(struct environment env, int argc, char **argv);
    const char *help;
} commands[] = {
    { "serve", command_serve, "run the control plane" },
    { "migrate", command_migrate, "up, down, status or wait: the database's schema" },
    { "seed", command_seed, "fill a development database" },
    { "token", command_token, "mint: an operator with a role, and a token" },
    { "control", command_control, "speak to the control socket of a server in dev mode" },
    { "version", command_version, "print version, commit and build time" },
};

static int help(FILE *out)
{
    fputs("usage: plexsphere COMMAND [options]\n\nThe Plexsphere control plane.\n\n", out);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        fprintf(out, "  %-8s  %s\n", commands[i].name, commands[i].help);
    fputs("\n`plexsphere COMMAND --help` tells more. Configuration comes from PLEXSPHERE_*.\n",
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
        fprintf(stderr, "plexsphere: no command '%s'; did you mean '%s'?\n", word, near);
    else
        fprintf(stderr, "plexsphere: no command '%s'; see plexsphere --help\n", word);
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
