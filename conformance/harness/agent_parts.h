/* harness/agent_parts.h — between the agent's files; nobody else includes this. */
#ifndef HARNESS_AGENT_PARTS_H
#define HARNESS_AGENT_PARTS_H

#include "common/process.h"
#include "harness/agent.h"

struct agent {
    struct world *w;
    struct agent_options o;
    const char *directory; /* the case's */
    const char *data, *run;
    const char *socket, *dev_control, *token_file, *http_token_file, *config_file, *log_file;
    const char *http_listen, *http_token, *hostname;
    struct process process;
    size_t starts;
    bool stood_in; /* an impostor answers in its place */
};

/* What the placeholders of the profile's commands stand for, and the environment they run in. */
const struct placeholder *agent_parameters(const struct agent *a);
char **agent_environment(const struct agent *a);
/* An option whose value is empty in this case goes with its value: --dev-control "" asks for
 * something else than no control socket. */
char **agent_without_empty(struct arena *m, char **argv);

#endif
