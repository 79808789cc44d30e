/* plexd/commands.h — the words of the command line, and what they share. */
#ifndef PLEXD_COMMANDS_H
#define PLEXD_COMMANDS_H

#include "common/arena.h"
#include "common/base.h"
#include "common/environment.h"
#include "common/error.h"
#include "common/options.h"
#include "reference/plexd/config.h"
#include "reference/plexd/http.h"
#include "reference/plexd/loop.h"
#include "reference/plexd/wire.h"

enum { COMMAND_DONE = 0, COMMAND_FAILED = 1, COMMAND_USAGE = 2 };

int command_up(struct environment env, int argc, char **argv);
int command_join(struct environment env, int argc, char **argv);
int command_status(struct environment env, int argc, char **argv);
int command_deregister(struct environment env, int argc, char **argv);
int command_version(struct environment env, int argc, char **argv);

/* The options that most commands take; a command adds its own behind them. */
#define TEXT_OPTION(name, into, value, help)                                                       \
    {                                                                                              \
        name, 0, OPTION_TEXT, into, value, help, 0, 0                                              \
    }
#define FLAG_ROWS(f)                                                                               \
    TEXT_OPTION("config", &(f).config, "FILE",                                                     \
                "settings; default PLEXD_CONFIG, else /etc/plexd/config.yaml if it is there"),     \
        TEXT_OPTION("api", &(f).api, "URL", "the control plane; overrides PLEXD_API"),             \
        TEXT_OPTION("dialect", &(f).dialect, "v1|mvp",                                             \
                    "how the control plane speaks; default v1"),                                   \
        TEXT_OPTION("data-dir", &(f).data_dir, "DIR",                                              \
                    "where identity and state are kept; default /var/lib/plexd"),                  \
        TEXT_OPTION("token-file", &(f).token_file, "FILE",                                         \
                    "the bootstrap token; default /etc/plexd/bootstrap-token"),                    \
        TEXT_OPTION("mode", &(f).mode, "node|bridge", "what this host is"),                        \
        TEXT_OPTION("socket", &(f).socket, "PATH",                                                 \
                    "the Local Node API; default /var/run/plexd/api.sock"),                        \
        TEXT_OPTION("log-level", &(f).log_level, "LEVEL",                                          \
                    "debug, info, warn or error; default info")

/* Reads options and settings; an answer other than -1 is the command's exit status. */
int command_begin(struct arena *a, const struct option_table *table, int argc, char **argv,
                  const struct plexd_flags *flags, const struct environment *env,
                  struct plexd_config *config, bool calls_control_plane);
/* Prints "plexd: <line>" on standard error; answers COMMAND_FAILED. */
int command_failed(const struct error *e);

/* A client of the control plane as the settings describe it; what is dangerous in them is logged.
 */
MUST_CHECK bool command_connect(struct loop *l, const struct plexd_config *c, struct http **out,
                                struct error *e);
/* The codec of the dialect: that of the files of a registered Node, else the configured one. */
const struct wire *command_wire(const struct plexd_config *c, const char *registered);

#endif
