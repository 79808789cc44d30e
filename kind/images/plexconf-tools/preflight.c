/* The preflight of a migration: Secrets that a Pod needs, mounted with `optional: true` so that the
 * kubelet starts the Pod without them, are looked for as files. What is missing is said in one line
 * a Secret with the command that makes it, all of them before it gives up. Only the size of a key's
 * file is looked at, never what it holds. */
#include <string.h>
#include <sys/stat.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/text.h"
#include "kind/images/plexconf-tools/tools.h"

static const char *secret_of(struct arena *a, const char *entry)
{
    return arena_strndup(a, entry, strcspn(entry, "/"));
}

static bool is_first(struct arena *a, char *const *wanted, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (text_equal(secret_of(a, wanted[k]), secret_of(a, wanted[i])))
            return false;
    return true;
}

/* An empty value is a shell that nobody filled. */
static bool has_key(struct arena *a, const char *root, const char *entry)
{
    struct stat s;
    return stat(path_join(a, root, entry), &s) == 0 &&
           (S_ISDIR(s.st_mode) || (S_ISREG(s.st_mode) && s.st_size > 0));
}

static const char *remedy_for(struct arena *a, const char *remedy, const char *secret)
{
    static const char mark[] = "{secret}";
    struct buffer b;
    buffer_init_arena(&b, 4096, a);
    for (const char *at; (at = strstr(remedy, mark)) != NULL; remedy = at + sizeof mark - 1) {
        buffer_append(&b, remedy, (size_t)(at - remedy));
        buffer_text(&b, secret);
    }
    buffer_text(&b, remedy);
    return b.overflow ? "" : arena_strndup(a, b.data, b.len);
}

/* The keys of one Secret that are not there, separated by commas; NULL when all are. */
static const char *lacking(struct arena *a, const struct preflight *p, const char *secret)
{
    const char *keys = NULL;
    for (size_t i = 0; p->wanted[i] != NULL; i++) {
        const char *entry = p->wanted[i];
        if (!text_equal(secret_of(a, entry), secret) || has_key(a, p->root, entry))
            continue;
        const char *key = entry[strlen(secret)] == '/' ? entry + strlen(secret) + 1 : "any key";
        keys = keys == NULL ? key : arena_printf(a, "%s, %s", keys, key);
    }
    return keys;
}

bool preflight_check(struct arena *a, const struct preflight *p, struct buffer *out)
{
    size_t secrets = 0, missing = 0;
    for (size_t i = 0; p->wanted[i] != NULL; i++) {
        if (!is_first(a, p->wanted, i))
            continue;
        const char *secret = secret_of(a, p->wanted[i]);
        const char *keys = lacking(a, p, secret);
        secrets++;
        if (keys == NULL)
            continue;
        missing++;
        buffer_printf(out, "missing Secret %s/%s (%s): %s\n", p->namespace_name, secret, keys,
                      remedy_for(a, p->remedy, secret));
    }
    if (missing > 0)
        buffer_printf(out, "%zu of %zu Secrets are missing; nothing is started\n", missing,
                      secrets);
    else
        buffer_printf(out, "%zu Secrets are there\n", secrets);
    return missing == 0;
}
