#include "reference/plexsphere/registration/bootstrap_token.h"

#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/memory.h"
#include "common/random.h"
#include "common/text.h"

#define TOKEN_TEXT_MAX 4096
#define RANDOM_TEXT_MIN 20
#define RANDOM_BYTES 20

const char *bootstrap_kind_text(enum bootstrap_kind kind)
{
    return kind == BOOTSTRAP_BRIDGE ? "bridge" : "node";
}

bool bootstrap_kind_parse(const char *text, enum bootstrap_kind *out)
{
    if (text_equal(text, "node"))
        *out = BOOTSTRAP_NODE;
    else if (text_equal(text, "bridge"))
        *out = BOOTSTRAP_BRIDGE;
    else
        return false;
    return true;
}

bool bootstrap_env_valid(const char *text)
{
    size_t len = strlen(text);
    return len >= 1 && len <= BOOTSTRAP_ENV_MAX &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz") == len;
}

static bool random_part_valid(const char *text)
{
    size_t len = strlen(text);
    return len >= RANDOM_TEXT_MIN && strspn(text, "abcdefghijklmnopqrstuvwxyz234567") == len;
}

static bool project_part(struct arena *a, const char *text, struct uuid *out)
{
    struct bytes raw;
    if (!base32_decode(a, text, strlen(text), &raw) || raw.len != sizeof out->b)
        return false;
    memcpy(out->b, raw.data, sizeof out->b);
    return !uuid_is_nil(out);
}

bool bootstrap_token_parse(struct arena *a, const char *text, struct bootstrap_parts *out)
{
    size_t n;
    if (strlen(text) > TOKEN_TEXT_MAX)
        return false;
    char **part = text_split(a, text, '_', &n);
    if (n != 5 || !text_equal(part[0], "psb") || !bootstrap_env_valid(part[1]) ||
        !project_part(a, part[2], &out->project) || !bootstrap_kind_parse(part[3], &out->kind) ||
        !random_part_valid(part[4]))
        return false;
    memcpy(out->env, part[1], strlen(part[1]) + 1);
    return true;
}

char *bootstrap_token_make(struct arena *a, const struct bootstrap_parts *parts)
{
    unsigned char random[RANDOM_BYTES];
    random_bytes(random, sizeof random);
    char *text =
        arena_printf(a, "psb_%s_%s_%s_%s", parts->env,
                     base32_encode(a, parts->project.b, sizeof parts->project.b),
                     bootstrap_kind_text(parts->kind), base32_encode(a, random, sizeof random));
    mem_wipe(random, sizeof random);
    return text;
}
