/* Fuzz target: whatever a migration holds, the gate's reader ends, and its statements are in order.
 */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "drift-gates/migrations/goose_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void fault(void *self, int line, const char *what)
{
    (void)self;
    require(line > 0 && what[0] != '\0');
}

static void check_part(const struct goose_part *p)
{
    int line = 0;
    for (size_t i = 0; i < p->n; i++) {
        require(p->statements[i].n > 0 && p->statements[i].line >= line);
        line = p->statements[i].line;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct goose_migration_text out;
    struct goose_reader r = { .arena = a, .fault = fault };
    goose_text_read(&r, (struct bytes){ data, size }, &out);
    check_part(&out.up);
    check_part(&out.down);
    arena_destroy(a);
    return 0;
}
