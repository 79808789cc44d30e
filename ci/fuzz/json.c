/* Fuzz target: any bytes are read or refused in one line, and what was read and written again is
 * the same value. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    json_t *value, *again;
    if (json_parse(a, data, size, &value, &e)) {
        const char *text = json_dump_sorted(a, value);
        if (!json_parse(a, text, strlen(text), &again, &e) || !json_equal(value, again))
            abort();
    } else if (!text_starts(e.text, "line ") || text_contains(e.text, "\n")) {
        abort();
    }
    arena_destroy(a);
    return 0;
}
