/* Fuzz target: whatever a patch holds, it is read whole or refused in one line, and what is read
 * applies to the text its own hunks show. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/text.h"
#include "drift-gates/mutants_apply/patch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_hunk(const struct patch_hunk *h, const uint8_t *data, size_t size)
{
    size_t old = 0, new = 0;
    for (size_t i = 0; i < h->n; i++) {
        const struct patch_line *l = &h->lines[i];
        require(l->text.len == 0 ||
                (l->text.data >= data && l->text.data + l->text.len <= data + size));
        old += l->sign != '+';
        new += l->sign != '-';
    }
    require(old == h->old_count && new == h->new_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    struct patch p;
    size_t moved = 0;
    if (patch_read(a, (struct bytes){ data, size }, &p, &e)) {
        require(p.n > 0);
        for (size_t i = 0; i < p.n; i++) {
            for (size_t k = 0; k < p.files[i].n; k++)
                check_hunk(&p.files[i].hunks[k], data, size);
            (void)patch_is_idle(&p.files[i]);
            if (!patch_applies(a, &p.files[i], (struct bytes){ data, size }, &moved, &e))
                require(text_starts(e.text, "line "));
        }
    } else {
        require(text_starts(e.text, "line ") && strchr(e.text, '\n') == NULL);
    }
    arena_destroy(a);
    return 0;
}
