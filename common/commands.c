#include "common/commands.h"

#include <stdio.h>

#include "common/arena.h"
#include "common/options.h"
#include "common/text.h"

static size_t count(const struct command_table *t)
{
    size_t n = 0;
    while (t->rows[n].name != NULL)
        n++;
    return n;
}

static const struct command_row *find(const struct command_table *t, const char *word)
{
    for (const struct command_row *row = t->rows; row->name != NULL; row++) {
        if (text_equal(row->name, word))
            return row;
    }
    return NULL;
}

static void print_help(const struct command_table *t, FILE *out)
{
    int width = 0;
    for (const struct command_row *row = t->rows; row->name != NULL; row++) {
        int len = (int)strlen(row->name);
        width = len > width ? len : width;
    }
    fprintf(out, "Usage: %s COMMAND [options]\n\n%s\n\n", t->program, t->summary);
    for (const struct command_row *row = t->rows; row->name != NULL; row++)
        fprintf(out, "  %-*s  %s\n", width, row->name, row->help);
    fprintf(out, "\n`%s COMMAND --help` explains each.\n", t->program);
    if (t->footer != NULL)
        fprintf(out, "\n%s", t->footer);
}

static int unknown(const struct command_table *t, const char *word)
{
    struct arena *a = arena_create();
    const char **names = arena_alloc_array(a, count(t) + 1, sizeof(*names));
    for (size_t i = 0; t->rows[i].name != NULL; i++)
        names[i] = t->rows[i].name;
    const char *near = options_nearest(word, names);
    if (near != NULL)
        fprintf(stderr, "%s: no command '%s'; did you mean '%s'?\n", t->program, word, near);
    else
        fprintf(stderr, "%s: no command '%s'; `%s --help` lists them\n", t->program, word,
                t->program);
    arena_destroy(a);
    return COMMANDS_USAGE;
}

static int help_on(const struct command_table *t, const char *word)
{
    const struct command_row *row = find(t, word);
    char *arguments[] = { (char *)(uintptr_t)word, "--help", NULL };
    return row == NULL ? unknown(t, word) : row->run(environment_of_process(), 2, arguments);
}

static int choose(const struct command_table *t, int argc, char **argv)
{
    const char *word = argv[1];
    if (text_equal(word, "--help") || text_equal(word, "-h") || text_equal(word, "help")) {
        if (argc > 2)
            return help_on(t, argv[2]);
        print_help(t, stdout);
        return COMMANDS_DONE;
    }
    const struct command_row *row = find(t, text_equal(word, "--version") ? "version" : word);
    if (row == NULL)
        return unknown(t, word);
    return row->run(environment_of_process(), argc - 1, argv + 1);
}

int commands_run(const struct command_table *t, int argc, char **argv)
{
    if (argc < 2) {
        print_help(t, stderr);
        return COMMANDS_USAGE;
    }
    int code = choose(t, argc, argv);
    /* `plexconf list > /dev/full` must not look like a success. */
    if (fflush(stdout) != 0 && code == COMMANDS_DONE) {
        fprintf(stderr, "%s: standard output cannot be written\n", t->program);
        return t->unwritable;
    }
    return code;
}
