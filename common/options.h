/* common/options.h — command tables and option tables that print their own help.
 *
 * Long options (--name VALUE, --name=VALUE), short ones (-j 4, -j4), "--" ends options. Unknown
 * options, missing values and stray arguments are errors of one line that name the nearest
 * option. */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <stdio.h>

#include "common/base.h"
#include "common/error.h"

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_NUMBER, OPTION_LIST };

struct option_row {
    const char *name; /* without dashes */
    char letter;      /* 0: none */
    enum option_kind kind;
    void *into;             /* bool *, const char **, int64_t *, struct option_list * */
    const char *value_name; /* "FILE"; NULL for flags */
    const char *help;       /* one sentence */
    int64_t min, max;       /* numbers */
};

struct option_list {
    const char *items[64];
    size_t n;
};

struct option_table {
    const char *program;           /* "plexconf run" */
    const char *synopsis;          /* "[options] [SUITE…]" */
    const char *summary;           /* a sentence or two, printed by --help; NULL: none */
    const struct option_row *rows; /* ends with name NULL */
    const char *footer;            /* examples and exit codes, printed last; NULL: none */
};

enum options_result { OPTIONS_OK, OPTIONS_HELP, OPTIONS_BAD };

/* argv[0] is the command word and is skipped. Arguments may stand between options; they go to
 * *rest, which points into argv (reordered) and ends with NULL. `rest` NULL: the command takes no
 * argument. A number row whose min and max are both 0 has no bounds. --help and -h need no row;
 * after OPTIONS_HELP the help stands on standard output. */
enum options_result options_parse(const struct option_table *t, int argc, char **argv, char ***rest,
                                  int *n_rest, struct error *e);
void options_help(const struct option_table *t, FILE *out);

/* The nearest of `names` (ends with NULL) to a mistyped word, or NULL when none is near. */
const char *options_nearest(const char *word, const char *const *names);

#endif
