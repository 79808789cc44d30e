/* Fuzz target: whatever an Authorization header holds, the credential read from it is one word of
 * that header, and only text of the token's own shape goes on to be looked up. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/text.h"
#include "reference/plexsphere/identity/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_token(const char *token)
{
    size_t len = strlen(token);
    require(len >= strlen("psk_x_") + 32 && len <= strlen("psk__") + 16 + 32);
    require(text_starts(token, "psk_"));
    for (size_t i = 0; i < len; i++)
        require((token[i] >= 'a' && token[i] <= 'z') || (token[i] >= '2' && token[i] <= '7') ||
                token[i] == '_');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    const char *header = arena_strndup(a, (const char *)data, size);
    const char *token = bearer_of_header(a, header);
    if (token) {
        require(*token != '\0' && strpbrk(token, " \t") == NULL);
        require(strstr(header, token) != NULL);
        require(text_equal_nocase(arena_strndup(a, header, 7), "bearer "));
        if (token_is_shaped(token))
            check_token(token);
    }
    if (token_is_shaped(header))
        check_token(header);
    arena_destroy(a);
    return 0;
}
