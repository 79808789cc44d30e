#include "reference/plexsphere/identity/token.h"

#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/memory.h"
#include "common/random.h"
#include "common/text.h"
#include "reference/plexsphere/crypto/crypto.h"

static const char prefix[] = "psk_";
enum { RANDOM_BYTES = 20, RANDOM_TEXT = 32, ENV_MAX = 16 };

/* The letters at the start of `text`, not counted beyond one more than an environment may have. */
static size_t env_length(const char *text)
{
    size_t n = 0;
    while (n <= ENV_MAX && text[n] >= 'a' && text[n] <= 'z')
        n++;
    return n;
}

bool token_env_is_valid(const char *env_prefix)
{
    size_t n = env_length(env_prefix);
    return n >= 1 && n <= ENV_MAX && env_prefix[n] == '\0';
}

char *token_make(struct arena *a, const char *env_prefix)
{
    unsigned char secret[RANDOM_BYTES];
    random_bytes(secret, sizeof secret);
    char *plaintext =
        arena_printf(a, "%s%s_%s", prefix, env_prefix, base32_encode(a, secret, sizeof secret));
    mem_wipe(secret, sizeof secret);
    return plaintext;
}

static bool is_base32(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
}

bool token_is_shaped(const char *text)
{
    if (!text_starts(text, prefix))
        return false;
    const char *env = text + strlen(prefix);
    size_t n = env_length(env);
    if (n < 1 || n > ENV_MAX || env[n] != '_')
        return false;
    const char *tail = env + n + 1;
    size_t len = 0;
    while (len <= RANDOM_TEXT && is_base32(tail[len]))
        len++;
    return len == RANDOM_TEXT && tail[len] == '\0';
}

void token_digest(const char *plaintext, unsigned char out[32])
{
    sha256(plaintext, strlen(plaintext), out);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

const char *bearer_of_header(struct arena *a, const char *header)
{
    static const char scheme[] = "bearer";
    const size_t scheme_len = sizeof scheme - 1;
    if (!header || strlen(header) <= scheme_len || header[scheme_len] != ' ')
        return NULL;
    if (!text_equal_nocase(arena_strndup(a, header, scheme_len), scheme))
        return NULL;
    const char *start = header + scheme_len;
    while (*start == ' ')
        start++;
    size_t len = 0;
    while (start[len] && !is_blank(start[len]))
        len++;
    for (const char *rest = start + len; *rest; rest++)
        if (!is_blank(*rest))
            return NULL;
    return len > 0 ? arena_strndup(a, start, len) : NULL;
}
