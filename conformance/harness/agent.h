/* harness/agent.h — the agent that a case judges: started from the profile's command, stopped,
 * killed, asked (SPEC JAG-*).
 *
 * One per case, in a folder of the case's own that goes with it. Its node API is asked with
 * judge.h: get(w, "/v1/state", .agent = a). Where an impostor stands in for it (proof.h), nothing
 * is started: it is ready at once, sends nothing, never ends by itself, and its node API answers as
 * the impostor does. */
#ifndef HARNESS_AGENT_H
#define HARNESS_AGENT_H

#include <sys/types.h>

#include "common/base.h"
#include "common/error.h"
#include "harness/fake_cp.h"

struct world;
struct exchange;
struct agent;

struct agent_options {
    struct fake_cp *cp; /* NULL: a real one; then these three, url and token are needed */
    enum agent_dialect dialect;
    const char *project_id; /* NULL: cp's; "" is none */
    const char *hostname;   /* NULL: one that nobody else has */
    const char *url;        /* another control plane's address; NULL: cp's */
    const char *ca_file;    /* NULL: cp's */
    const char *token;      /* content of the token file; NULL: cp's token, "" is an empty file */
    bool no_token_file;     /* the file is not there */
    const char *token_env;  /* ${TOKEN}; NULL: "" */
    bool http;              /* TCP listener on */
    bool secret_auth;       /* callers of secret routes are checked on the socket */
    bool dev_control;       /* opens ${DEV_CONTROL}: agent_advance() needs it */
    int debounce_ms;        /* 0: 100 */
    int heartbeat_ms;       /* 0: an hour */
    int reconcile_ms;       /* 0: an hour; at least 1,000 */
    bool other_dialect;     /* configured for the dialect that its control plane does not speak */
    const char *socket_folder; /* the socket's own folder below the others'; nobody has made it */
    const char *env[3];        /* further variables, NAME=VALUE */
    const char *more_config;   /* behind the profile's file; its lines stand for themselves */
};
/* Makes folder and files; starts nothing. */
struct agent *agent_prepare(struct world *w, struct agent_options o);
void agent_start(struct agent *a);
size_t agent_starts(const struct agent *a); /* how often it was */
/* Until its node API listens; fails the case when it ends before, or never does. */
void agent_ready(struct agent *a);
/* prepare, start, ready */
struct agent *agent_run(struct world *w, struct agent_options o);

/* The profile's stop signal; its exit status, or -1 when it did not end or was killed by a signal.
 */
int agent_stop(struct agent *a);
void agent_tell_to_stop(struct agent *a); /* the signal alone; waits for nothing */
void agent_kill(struct agent *a);         /* SIGKILL */
/* Waits for its own end: the exit status; -1 when it is still running or died of a signal. */
int agent_exit_status(struct agent *a);
bool agent_is_running(struct agent *a);
/* Do all its threads say this in /proc (`field` "Seccomp")? Else `came` is what one of them says.
 */
bool agent_threads_say(struct agent *a, const char *field, const char *value, const char **came);

/* Another word of its command line, run to its end on the same data. */
enum agent_word { AGENT_JOIN, AGENT_STATUS, AGENT_DEREGISTER };
struct agent_said {
    int status; /* exit status; -1: it did not end, or died of a signal */
    const char *out, *err;
};
/* `more` is one more argument, or NULL. Unsupported where the profile lacks the word. */
struct agent_said agent_command(struct agent *a, enum agent_word word, const char *more);

/* Moves its clock, and that of its control plane. Unsupported without agent.advance. */
void agent_advance(struct agent *a, int64_t seconds);

/* What it wrote on standard error so far. */
const char *agent_log(struct agent *a);
/* Does it hold this secret, as it was written? */
bool agent_log_leaks(struct agent *a, const char *secret);
/* Waits, bounded, for a text there. */
bool agent_log_has(struct agent *a, const char *text);

/* Its data folder; names are relative to it. */
const char *agent_data(const struct agent *a, const char *name);
bool agent_has_file(const struct agent *a, const char *name);
/* Waits, bounded, until the file is there (or is gone). */
bool agent_file_appears(struct agent *a, const char *name);
bool agent_file_goes(struct agent *a, const char *name);
const char *agent_read_file(struct agent *a, const char *name); /* NULL: not there */
/* Waits, bounded, until the file is there without this text. */
bool agent_file_forgets(struct agent *a, const char *name, const char *text);
void agent_write_file(struct agent *a, const char *name, const char *text, mode_t mode);
void agent_remove_file(struct agent *a, const char *name);
int agent_file_mode(const struct agent *a, const char *name); /* permission bits; -1: not there */
/* Does any file below the data folder hold this text? Its relative name, or NULL. */
const char *agent_file_holding(struct agent *a, const char *text);

const char *agent_socket(const struct agent *a);
const char *agent_http_url(const struct agent *a);
const char *agent_http_token(const struct agent *a);
/* Is it there, and hears its token? Another case's agent may listen where it does not. */
bool agent_serves_over_tcp(struct agent *a);
const char *agent_token_file(const struct agent *a);
const char *agent_hostname(const struct agent *a);

/* A folder of the running case's own. */
const char *agent_case_directory(struct world *w);

/* Asks GET `path` until `pointer` is `text` (NULL: until it is absent or its parent answers 404),
 * bounded; then fails the case with what it was last. An empty pointer compares the status with
 * `text`. */
#define agent_until(a, path, pointer, text)                                                        \
    agent_until_at((a), (path), (pointer), (text), __FILE__, __LINE__)
void agent_until_at(struct agent *a, const char *path, const char *pointer, const char *text,
                    const char *file, int line);

/* ---- a client that keeps to no rules (agent_raw.c): bytes over the node API's socket ---- */

bool agent_listens(const struct agent *a); /* is somebody let in? */
/* A connection, closed with the case; fails the case when nobody is let in. */
int agent_dial(struct agent *a);
void agent_say(struct agent *a, int fd, const char *text);
/* One answer as it came, head and body; what came until then, maybe "", when the connection ended
 * or the wait was over. */
const char *agent_hear(struct agent *a, int fd);
int agent_heard(const char *answer); /* its status; 0: none */
/* Listens at its socket's path in its place, where nothing is; closed by the case. */
int agent_squat(struct agent *a);
/* Waits, bounded, for the end of the connection; what else comes is passed over. */
bool agent_hangs_up(struct agent *a, int fd);

/* node_api_rules.c: what every answer of a node API keeps (seed 002). */
MUST_CHECK bool node_api_rules_hold(const struct exchange *x, struct error *e);

#endif
