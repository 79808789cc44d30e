/* harness/agent_process.c — a judged agent's process as the kernel sees it, and the other words of
 * its command line. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "common/file.h"
#include "common/text.h"
#include "harness/agent_parts.h"
#include "harness/hooks.h"
#include "harness/judge.h"
#include "harness/placeholders.h"
#include "harness/profile.h"
#include "harness/worker.h"

#define STATUS_CAP 65536
#define OUTPUT_CAP (1u << 20)

/* "Seccomp:\t2" is "2"; "" without such a line. */
static const char *field_of(struct arena *a, const char *status, const char *field)
{
    const char *at = strstr(status, arena_printf(a, "\n%s:", field));
    if (at == NULL)
        return "";
    at += strlen(field) + 2;
    return text_trim(a, arena_strndup(a, at, strcspn(at, "\n")));
}

bool agent_threads_say(struct agent *a, const char *field, const char *value, const char **came)
{
    struct arena *m = a->w->arena;
    const char *folder = arena_printf(m, "/proc/%d/task", (int)a->process.pid);
    DIR *tasks = a->stood_in ? NULL : opendir(folder);
    struct dirent *task;
    struct bytes status;
    *came = "nothing: there is no such process";
    if (tasks == NULL)
        return false;
    size_t asked = 0;
    bool same = true;
    while (same && (task = readdir(tasks)) != NULL) {
        if (task->d_name[0] == '.' ||
            !file_read(m, arena_printf(m, "%s/%s/status", folder, task->d_name), STATUS_CAP,
                       &status, NULL))
            continue; /* it ended meanwhile */
        *came = field_of(m, (const char *)status.data, field);
        same = text_equal(*came, value);
        asked++;
    }
    closedir(tasks);
    return same && asked > 0;
}

static const struct hook *word_of(const struct profile_agent *p, enum agent_word word,
                                  const char **name)
{
    switch (word) {
    case AGENT_JOIN: *name = "join"; return &p->join;
    case AGENT_STATUS: *name = "status"; return &p->status;
    case AGENT_DEREGISTER: *name = "deregister"; return &p->deregister;
    }
    return NULL;
}

static char **with_one_more(struct arena *m, char **argv, const char *more)
{
    size_t n = 0;
    while (argv[n] != NULL)
        n++;
    char **out = arena_alloc_array(m, n + 2, sizeof *out);
    memcpy(out, argv, n * sizeof *out);
    out[n] = more == NULL ? NULL : arena_strdup(m, more);
    return out;
}

struct agent_said agent_command(struct agent *a, enum agent_word word, const char *more)
{
    struct world *w = a->w;
    const char *name;
    const struct profile_agent *p = &w->profile->agent;
    const struct hook *hook = word_of(p, word, &name);
    struct process_result r;
    struct error e = { "" };
    if (hook->argv == NULL)
        unsupported(w, "the profile has no agent.%s", name);
    worker_judges_agent(w);
    if (worker_impostor(w) != IMPOSTOR_NONE) {
        a->stood_in = true;
        return (struct agent_said){ .status = -1, .out = "", .err = "" };
    }
    char **argv =
        agent_without_empty(w->arena, placeholders_argv(w->arena, hook->argv, agent_parameters(a)));
    struct process_options o = { .argv = with_one_more(w->arena, argv, more),
                                 .env = agent_environment(a),
                                 .cwd = a->directory,
                                 .uid = (uid_t)p->uid,
                                 .gid = (gid_t)p->gid };
    if (!process_run(w->arena, &o, (struct bytes){ 0 }, OUTPUT_CAP, hook->timeout_ms, &r, &e))
        broken(w, "agent.%s cannot be run: %s", name, e.text);
    return (struct agent_said){ .status = r.end == PROCESS_EXITED ? r.code : -1,
                                .out = (const char *)r.out.data,
                                .err = (const char *)r.err.data };
}
