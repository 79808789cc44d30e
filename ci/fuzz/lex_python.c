/* Fuzz target: any bytes as python: tokens in order and inside the text, brackets in pairs, and a
 * read found on every line that is told. */
#include "ci/fuzz/lex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return lex_any(LANGUAGE_PYTHON, data, size);
}
