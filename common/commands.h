/* common/commands.h — a program of several words: `plexd up`, `plexd status`.
 *
 * One table tells the words, what they do and the help. `PROGRAM` alone prints the help on standard
 * error and is a usage error; `--help`, `-h` and `help` print it on standard output; `help WORD` is
 * `WORD --help`; `--version` is the word `version`. An unknown word names the nearest. */
#ifndef COMMON_COMMANDS_H
#define COMMON_COMMANDS_H

#include "common/base.h"
#include "common/environment.h"

/* The exit statuses that every program here shares; each has more of its own. */
enum { COMMANDS_DONE = 0, COMMANDS_USAGE = 2 };

struct command_row {
    const char *name;
    /* argv[0] is the word itself; returns the program's exit status. */
    int (*run)(struct environment env, int argc, char **argv);
    const char *help; /* a few words */
};

struct command_table {
    const char *program;            /* "plexd" */
    const char *summary;            /* "The Plexsphere node agent." */
    const struct command_row *rows; /* ends with name NULL; one is called "version" */
    const char *footer;             /* first steps, printed last; NULL: none */
    int unwritable;                 /* exit status when standard output could not be written */
};

/* What main() returns. Success without having been able to write standard output is none: the
 * table's `unwritable`, with a line on standard error. */
int commands_run(const struct command_table *t, int argc, char **argv);

#endif
