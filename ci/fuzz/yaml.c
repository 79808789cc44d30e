/* Fuzz target: any bytes are read or refused in one line, and what was read can be written as
 * JSON. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    json_t *value;
    if (yaml_parse_stream(a, data, size, &value, &e)) {
        const char *text = json_dump(a, value);
        if (*text != '[' || text[strlen(text) - 1] != ']')
            abort();
        (void)yaml_line_of(a, json_array_get(value, 0), NULL);
    } else if (!text_starts(e.text, "line ") || text_contains(e.text, "\n")) {
        abort();
    }
    arena_destroy(a);
    return 0;
}
