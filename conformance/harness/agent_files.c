/* harness/agent_files.c — the data folder of a judged agent, and where it is reached. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/text.h"
#include "harness/agent_parts.h"
#include "harness/judge.h"
#include "harness/profile.h"

#define FILE_CAP (16u << 20)

const char *agent_data(const struct agent *a, const char *name)
{
    return path_join(a->w->arena, a->data, name);
}

bool agent_has_file(const struct agent *a, const char *name)
{
    struct stat st;
    return lstat(agent_data(a, name), &st) == 0;
}

const char *agent_read_file(struct agent *a, const char *name)
{
    struct bytes text;
    if (!file_read(a->w->arena, agent_data(a, name), FILE_CAP, &text, NULL))
        return NULL;
    return (const char *)text.data;
}

void agent_write_file(struct agent *a, const char *name, const char *text, mode_t mode)
{
    struct error e = { "" };
    const struct profile_agent *p = &a->w->profile->agent;
    const char *file = agent_data(a, name);
    char *folder = arena_strndup(a->w->arena, file, (size_t)(strrchr(file, '/') - file));
    if (!directory_make(folder, 0700, &e) || !file_write_atomic(file, text, strlen(text), mode, &e))
        broken(a->w, "%s", e.text);
    if (p->uid != 0 && (chown(file, (uid_t)p->uid, (gid_t)-1) != 0 ||
                        chown(folder, (uid_t)p->uid, (gid_t)-1) != 0))
        broken(a->w, "agent.uid %d: %s cannot be given to it", p->uid, file);
}

void agent_remove_file(struct agent *a, const char *name)
{
    if (unlink(agent_data(a, name)) != 0 && !a->stood_in)
        fail_case(a->w, __FILE__, __LINE__, "the data folder has no %s", name);
}

int agent_file_mode(const struct agent *a, const char *name)
{
    struct stat st;
    return lstat(agent_data(a, name), &st) == 0 ? (int)(st.st_mode & 07777) : -1;
}

static const char *holding(struct agent *a, const char *name, const char *text)
{
    struct error e = { "" };
    char **names;
    size_t n;
    struct bytes content;
    const char *place = agent_data(a, name), *found = NULL;
    if (directory_list(a->w->arena, place, &names, &n, &e)) {
        for (size_t i = 0; i < n && found == NULL; i++)
            found = holding(a, path_join(a->w->arena, name, names[i]), text);
        return found;
    }
    if (!file_read(a->w->arena, place, FILE_CAP, &content, NULL))
        return NULL;
    return memmem(content.data, content.len, text, strlen(text)) != NULL ? name : NULL;
}

const char *agent_file_holding(struct agent *a, const char *text)
{
    return holding(a, ".", text);
}

const char *agent_socket(const struct agent *a)
{
    return a->socket;
}

const char *agent_http_url(const struct agent *a)
{
    return arena_printf(a->w->arena, "http://%s", a->http_listen);
}

const char *agent_http_token(const struct agent *a)
{
    return a->http_token;
}

const char *agent_token_file(const struct agent *a)
{
    return a->token_file;
}

const char *agent_hostname(const struct agent *a)
{
    return a->hostname;
}
