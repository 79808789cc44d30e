/* Fuzz target: URLs and queries; what is decoded, encoded and decoded again is the same text. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    const char *text = arena_strndup(a, (const char *)data, size);
    struct url u;
    struct query q;
    char *once, *twice;
    if (url_parse(a, text, &u) && (*u.host == '\0' || u.port < 0 || u.port > 65535))
        abort();
    if (query_parse(a, text, &q))
        for (size_t i = 0; i < q.n; i++)
            if (query_get(&q, q.pairs[i].name) == NULL)
                abort();
    if (url_decode(a, (const char *)data, size, &once)) {
        const char *coded = url_encode(a, once);
        if (!url_decode(a, coded, strlen(coded), &twice) || strcmp(once, twice) != 0)
            abort();
    }
    arena_destroy(a);
    return 0;
}
