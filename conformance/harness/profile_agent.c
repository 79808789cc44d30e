/* harness/profile_agent.c — the section `agent` of a profile (SPEC JAG-001). */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "harness/placeholders.h"
#include "harness/profile_parts.h"

#define READY_MS 10000
#define READY_CEILING_MS 60000
#define ID_CEILING 65535

static const char *const agent_keys[] = { "command", "timeout_ms", "config",      "env",
                                          "uid",     "gid",        "stop_signal", "advance",
                                          "join",    "status",     "deregister",  NULL };

static bool take_stop_signal(struct profile_reading *r, const json_t *agent)
{
    static const struct {
        const char *name;
        int number;
    } known[] = { { "TERM", SIGTERM }, { "INT", SIGINT }, { "QUIT", SIGQUIT }, { "HUP", SIGHUP } };
    const json_t *value = json_member(agent, "stop_signal");
    r->p->agent.stop_signal = SIGTERM;
    if (value == NULL || json_is_null(value))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (text_equal(json_string_value(value), known[i].name)) {
            r->p->agent.stop_signal = known[i].number;
            return true;
        }
    return profile_bad(r, agent, "stop_signal", "agent.stop_signal",
                       "must be TERM, INT, QUIT or HUP");
}

static bool take_config(struct profile_reading *r, const json_t *agent)
{
    const json_t *value = json_member(agent, "config");
    if (value == NULL || json_is_null(value))
        return true;
    if (!json_is_string(value))
        return profile_bad(r, agent, "config", "agent.config",
                           "must be text: the file as it is written, after a |");
    r->p->agent.config = json_string_value(value);
    return true;
}

/* A config template whose file nobody is told of is a slip of the pen. */
static bool config_is_used(struct profile_reading *r, const json_t *agent)
{
    const struct profile_agent *a = &r->p->agent;
    const char *name;
    json_t *value;
    if (a->config == NULL)
        return true;
    for (size_t i = 0; a->argv[i] != NULL; i++)
        if (text_contains(a->argv[i], "${CONFIG_FILE}"))
            return true;
    json_object_foreach ((json_t *)(uintptr_t)a->env, name, value)
        if (text_contains(json_string_value(value), "${CONFIG_FILE}"))
            return true;
    return profile_bad(r, agent, "config", "agent.config",
                       "is written to ${CONFIG_FILE}, which neither command nor env names");
}

static bool take_word(struct profile_reading *r, const json_t *agent, const char *key,
                      struct hook *out)
{
    return json_member(agent, key) == NULL ||
           profile_hook(r, agent, "agent", key, profile_hook_keys, out);
}

bool profile_agent(struct profile_reading *r)
{
    static const char *const hook_of_agent = "agent";
    struct profile_agent *out = &r->p->agent;
    struct hook hook = { .argv = NULL };
    const json_t *agent = json_member(r->p->document, hook_of_agent);
    if (agent == NULL || json_is_null(agent))
        return true;
    if (!profile_hook(r, r->p->document, NULL, hook_of_agent, agent_keys, &hook))
        return false;
    out->argv = hook.argv;
    out->ready_ms = READY_MS;
    if (!profile_number(r, agent, "agent", "timeout_ms", 1, READY_CEILING_MS, &out->ready_ms) ||
        !profile_number(r, agent, "agent", "uid", 1, ID_CEILING, &out->uid) ||
        !profile_number(r, agent, "agent", "gid", 1, ID_CEILING, &out->gid) ||
        !take_stop_signal(r, agent) || !take_config(r, agent) ||
        !profile_env(r, agent, "agent", &out->env) || !config_is_used(r, agent))
        return false;
    return take_word(r, agent, "advance", &out->advance) &&
           take_word(r, agent, "join", &out->join) && take_word(r, agent, "status", &out->status) &&
           take_word(r, agent, "deregister", &out->deregister);
}

bool profile_agent_is_there(struct arena *a, const struct profile *p, struct error *e)
{
    const struct placeholder known[] = { { "BIN", path_of_executable(a) },
                                         { "RUN_DIR", p->scratch == NULL ? "" : p->scratch },
                                         { NULL, NULL } };
    const char *program = placeholders_text(a, p->agent.argv[0], known);
    if (strchr(program, '/') == NULL || access(program, X_OK) == 0)
        return true;
    return error_errno(e, errno, "profile %s: agent.command: %s cannot be run", p->path, program);
}
