/* Fuzz target: an instant or a duration that was read, written and read again is the same. */
#include <stdlib.h>

#include "common/arena.h"
#include "common/timestamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    const char *text = arena_strndup(a, (const char *)data, size);
    int64_t once, twice;
    if (timestamp_parse(text, &once) &&
        (!timestamp_parse(timestamp_format(a, once), &twice) || once != twice))
        abort();
    if (duration_parse(text, &once) &&
        (!duration_parse(duration_format(a, once), &twice) || once != twice))
        abort();
    arena_destroy(a);
    return 0;
}
