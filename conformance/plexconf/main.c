#include <stdio.h>
#include <string.h>

#include "common/options.h"
#include "common/text.h"
#include "harness/engine.h"
#include "plexconf/commands.h"

static int command_version(int argc, char **argv);
static int command_help(int argc, char **argv);

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    { "run", command_run, "judge a target and write a report" },
    { "list", command_list, "list the cases" },
    { "explain", command_explain, "say what a case, a clause or an operation is about" },
    { "report", command_report, "write reports again, or compare two runs" },
    { "gate", command_gate, "judge sources and manifests of any tree" },
    { "rig", command_rig, "hold the reference up to try things on it" },
    { "clean", command_clean, "remove what a run left on an external target" },
    { "version", command_version, "print the version" },
    { "help", command_help, "explain a command" },
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (text_equal(commands[i].name, name))
            return &commands[i];
    }
    return NULL;
}

static void print_help(FILE *out)
{
    fputs("plexconf judges an implementation of the Plexsphere contract over HTTP.\n\n"
          "Usage: plexconf COMMAND [options]\n\n",
          out);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
    fputs("\n`plexconf COMMAND --help` explains each.\n\n"
          "First steps:\n"
          "  plexconf run                          judge the reference implementation\n"
          "  plexconf run --rig external --profile mine.yaml\n"
          "                                        judge yours\n"
          "  plexconf explain REG-014              what a failing case wants\n"
          "  plexconf gate                         judge the sources and manifests here\n",
          out);
}

static int command_help(int argc, char **argv)
{
    struct error e;
    if (argc < 2) {
        print_help(stdout);
        return EXIT_CONFORMANT;
    }
    const struct command *c = find_command(argv[1]);
    if (c == NULL) {
        error_set(&e, "help: no command '%s'", argv[1]);
        return complain(&e, EXIT_USAGE);
    }
    if (c->run == command_help || c->run == command_version) {
        print_help(stdout);
        return EXIT_CONFORMANT;
    }
    char *arguments[] = { argv[1], "--help", NULL };
    return c->run(2, arguments);
}

static int command_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("plexconf " PLEXCONF_VERSION);
    return EXIT_CONFORMANT;
}

static int unknown_command(const char *word)
{
    const char *names[ARRAY_LEN(commands) + 1] = { NULL };
    struct error e;
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        names[i] = commands[i].name;
    const char *nearest = options_nearest(word, names);
    if (nearest != NULL)
        error_set(&e, "no command '%s'; did you mean '%s'?", word, nearest);
    else
        error_set(&e, "no command '%s'; `plexconf help` lists them", word);
    return complain(&e, EXIT_USAGE);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    const char *word = argv[1];
    if (text_equal(word, "--help") || text_equal(word, "-h"))
        word = "help";
    if (text_equal(word, "--version"))
        word = "version";
    const struct command *c = find_command(word);
    if (c == NULL)
        return unknown_command(word);
    int code = c->run(argc - 1, argv + 1);
    /* `plexconf list > /dev/full` must not look like a success. */
    if (fflush(stdout) != 0 && code == EXIT_CONFORMANT) {
        struct error e;
        error_set(&e, "standard output cannot be written");
        return complain(&e, EXIT_BROKEN);
    }
    return code;
}
