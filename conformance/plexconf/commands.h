/* plexconf/commands.h — the commands, and what several of them need.
 *
 * argv[0] of a command is its own word. Each returns the exit code of the program; main.c has the
 * table. */
#ifndef PLEXCONF_COMMANDS_H
#define PLEXCONF_COMMANDS_H

#include <signal.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/environment.h"
#include "common/error.h"
#include "common/options.h"
#include "harness/profile.h"
#include "harness/selector.h"

int command_run(struct environment env, int argc, char **argv);
int command_list(struct environment env, int argc, char **argv);
int command_explain(struct environment env, int argc, char **argv);
int command_report(struct environment env, int argc, char **argv);
int command_gate(struct environment env, int argc, char **argv);
int command_rig(struct environment env, int argc, char **argv);
int command_clean(struct environment env, int argc, char **argv);

/* "plexconf: <error>" on standard error; returns the code, so that `return complain(&e, 2)` reads
 * well. */
int complain(const struct error *e, int code);
/* What options_parse() left: the code to return with (usage error or help shown), or -1 to go on.
 */
int after_options(enum options_result r, const char *program, const struct error *e);

/* Loads the contract and makes the derived cases. */
MUST_CHECK bool load_cases(struct error *e);

/* --select and the id patterns behind the options. An id pattern that matches no case is an error
 * that names the nearest id. */
MUST_CHECK bool read_selection(struct arena *a, const char *expression, char *const *words,
                               size_t n_words, const struct selector **out, struct error *e);

/* The profile of the reference, beside the source tree or installed; the error says where it was
 * looked for. */
MUST_CHECK bool find_reference_profile(struct arena *a, const char **out, struct error *e);
/* XDG_CACHE_HOME/plexconf or ~/.cache/plexconf; NULL when neither variable is set. */
const char *cache_directory(struct arena *a);
/* A fresh run prefix, "pc-" and six letters or digits. */
char *new_run_prefix(struct arena *a);

/* SIGINT and SIGTERM set it; a second one ends the program at once. */
extern volatile sig_atomic_t was_interrupted;
void watch_interrupts(void);

#endif
