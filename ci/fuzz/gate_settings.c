/* Fuzz target: whatever a settings file holds, it is read or refused in one line that names it. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/text.h"
#include "drift-gates/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    struct settings *s = NULL;
    if (settings_parse(a, "fuzz.yaml", (struct bytes){ data, size }, &s, &e)) {
        require(s->sources != NULL && s->ignore != NULL && s->require != NULL);
        for (size_t i = 0; i < s->n_renders; i++)
            require(!text_blank(s->renders[i].file) && s->renders[i].name != NULL);
        for (const char *const *name = s->require; *name != NULL; name++)
            require(!text_blank(*name));
        for (size_t i = 0; i < s->n_waivers; i++)
            require(s->waivers[i].line > 0);
    } else {
        require(text_starts(e.text, "fuzz.yaml:") && !text_contains(e.text, "\n"));
    }
    arena_destroy(a);
    return 0;
}
