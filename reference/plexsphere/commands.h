/* commands.h — the words of the command line, each a main() of its own.
 *
 * argv[0] is the command word (options.h skips it): `plexsphere token mint --role X` reaches
 * command_token() with argv { "token", "mint", "--role", "X" }. The result is the exit status: 0
 * done, 1 it failed (one line on standard error, "plexsphere: what, where, what to do"), 2 the
 * command line was wrong. */
#ifndef PLEXSPHERE_COMMANDS_H
#define PLEXSPHERE_COMMANDS_H

#include "common/base.h"
#include "common/environment.h"
#include "common/error.h"

enum { COMMAND_DONE = 0, COMMAND_FAILED = 1, COMMAND_USAGE = 2 };

int command_serve(struct environment env, int argc, char **argv);
int command_migrate(struct environment env, int argc, char **argv);
int command_version(struct environment env, int argc, char **argv);
int command_seed(struct environment env, int argc, char **argv);    /* control/ */
int command_token(struct environment env, int argc, char **argv);   /* control/ */
int command_control(struct environment env, int argc, char **argv); /* control/ */

/* The control socket of dev mode (ruling 26); serve opens it when --control names a path, after the
 * listener is ready, and closes it before the process ends. Implemented in control/. Refused in
 * production mode. */
struct app;
struct control;
MUST_CHECK bool control_open(struct app *app, const char *path, struct control **out,
                             struct error *e);
void control_close(struct control *c);

/* Where the migrations are when the command line does not say: beside the executable's folder
 * (../../migrations in a build tree, ../share/plexsphere/migrations installed), else /migrations.
 * NULL when there are none. */
struct arena;
const char *migrations_directory(struct arena *a);

#endif
