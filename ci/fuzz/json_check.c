/* Fuzz target: what json_parse() takes json_check() takes, too, and what json_check() takes can be
 * walked. */
#include <stdlib.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/json_check.h"
#include "common/json_slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct bytes text = { data, size }, value;
    json_t *parsed;
    bool good = json_check(text);
    if (json_parse(a, data, size, &parsed, NULL) && !good)
        abort();
    if (good) {
        struct bytes compact = json_slice_compact(a, text);
        if (!json_check(compact) || compact.len > size)
            abort();
        if (json_slice_member(text, "payload", &value) && !json_check(value))
            abort();
    }
    arena_destroy(a);
    return 0;
}
