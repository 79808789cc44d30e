/* Fuzz target: a text that reads as a bootstrap token is spelled as its parts would be spelled
 * again, up to the random part; so no two texts of one token exist, and nothing outside the grammar
 * gets as far as a look-up. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "reference/plexsphere/registration/bootstrap_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_token(struct arena *a, const char *text, const struct bootstrap_parts *parts)
{
    const char *random = strrchr(text, '_') + 1;
    const char *again = bootstrap_token_make(a, parts);
    size_t head = (size_t)(random - text);
    require(strncmp(text, again, head) == 0);
    require(strlen(random) >= 20);
    require(strspn(random, "abcdefghijklmnopqrstuvwxyz234567") == strlen(random));
    require(strlen(text) <= 4096);
    require(bootstrap_env_valid(parts->env) && !uuid_is_nil(&parts->project));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct bootstrap_parts parts;
    const char *text = arena_strndup(a, (const char *)data, size);
    if (bootstrap_token_parse(a, text, &parts))
        check_token(a, text, &parts);
    arena_destroy(a);
    return 0;
}
