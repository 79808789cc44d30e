/* Fuzz target: bytes have one text in each encoding: whatever is decoded encodes to itself. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    const char *text = (const char *)data, *copy = arena_strndup(a, text, size);
    struct bytes got;
    for (int kind = BASE64_STANDARD; kind <= BASE64_URL_RAW; kind++)
        if (base64_decode(a, (enum base64_kind)kind, text, size, &got) &&
            strcmp(base64_encode(a, (enum base64_kind)kind, got.data, got.len), copy) != 0)
            abort();
    if (base32_decode(a, text, size, &got) &&
        strcmp(base32_encode(a, got.data, got.len), copy) != 0)
        abort();
    if (hex_decode(a, text, size, &got) &&
        !text_equal_nocase(hex_encode(a, got.data, got.len), copy))
        abort();
    arena_destroy(a);
    return 0;
}
