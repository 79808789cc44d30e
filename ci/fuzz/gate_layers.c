/* Fuzz target: any bytes are looked through within the bounds, and a secret that stands in them is
 * found. */
#include <stdlib.h>
#include <string.h>

#include "drift-gates/prod_leak/encodings.h"
#include "drift-gates/prod_leak/needles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECRET "harbour-lantern/42"

static void search(struct arena *a, struct needles *s, struct bytes text, bool must)
{
    struct needle_hits hits;
    needles_search(s, a, text, true, &hits);
    if (must && hits.n == 0 && hits.end == LAYERS_WHOLE)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct needles *s = needles_create(a);
    needles_add_value(s, BYTES_OF_TEXT(SECRET), "secret", (struct place){ 0 });
    needles_add_marker(s, "dec0de", "marker", (struct place){ 0 });
    needles_ready(s);
    search(a, s, (struct bytes){ data, size }, false);
    if (size > 0) {
        enum encoding e = (enum encoding)(data[0] % ENCODINGS);
        struct bytes form = encoding_apply(a, e, BYTES_OF_TEXT(SECRET));
        unsigned char *text = arena_alloc(a, size + form.len);
        memcpy(text, data, size / 2);
        memcpy(text + size / 2, form.data, form.len);
        memcpy(text + size / 2 + form.len, data + size / 2, size - size / 2);
        search(a, s, (struct bytes){ text, size + form.len }, e == ENCODING_PLAIN);
    }
    arena_destroy(a);
    return 0;
}
