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
    bool stood_in; /* an impostor answers in its place */
};

#endif
