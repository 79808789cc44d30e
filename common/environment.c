#include "common/environment.h"

#include <string.h>
#include <unistd.h>

struct environment environment_of_process(void)
{
    return (struct environment){ environ };
}

const char *environment_get(const struct environment *env, const char *name)
{
    size_t len = strlen(name);
    for (char *const *pair = env->pairs; pair != NULL && *pair != NULL; pair++)
        if (strncmp(*pair, name, len) == 0 && (*pair)[len] == '=')
            return *pair + len + 1;
    return NULL;
}
