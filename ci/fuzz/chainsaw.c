/* Fuzz target: whatever a chainsaw file holds, its tests are read or refused in one line, and what
 * is read is whole. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "drift-gates/golden_flow/chainsaw.h"
#include "drift-gates/golden_flow/golden_flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void fault(void *self, int line, const char *what)
{
    size_t *told = self;
    require(line >= 0 && what[0] != '\0');
    (*told)++;
}

static void check_step(const struct chainsaw_step *s)
{
    for (size_t i = 0; i < s->n; i++) {
        require(s->operations[i].verb[0] != '\0');
        (void)golden_flow_traced(s->operations[i].description);
    }
    (void)golden_flow_traced(s->description);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    struct chainsaw_test *tests;
    size_t n, told = 0;
    struct chainsaw_reader r = { .arena = a, .fault = fault, .self = &told };
    if (chainsaw_read(&r, (struct bytes){ data, size }, &tests, &n, &e)) {
        for (size_t i = 0; i < n; i++) {
            require(tests[i].name != NULL && (tests[i].name[0] != '\0' || told > 0));
            for (size_t k = 0; k < tests[i].n; k++)
                check_step(&tests[i].steps[k]);
        }
    } else {
        require(e.text[0] != '\0' && strchr(e.text, '\n') == NULL);
    }
    arena_destroy(a);
    return 0;
}
