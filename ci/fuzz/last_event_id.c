/* Fuzz target: a Last-Event-ID is a number spelled in digits, nothing at all, or refused. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "reference/plexsphere/events/last_event_id.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    const char *text = arena_strndup(a, (const char *)data, size);
    char again[32];
    bool given = false;
    int64_t seq = -1;
    if (last_event_id_read(text, &given, &seq) && given) {
        require(seq >= 0 && strspn(text, "0123456789") == strlen(text));
        (void)snprintf(again, sizeof again, "%" PRId64, seq);
        size_t zeros = strspn(text, "0");
        zeros -= zeros == strlen(text); /* the last one is the number */
        require(strcmp(text + zeros, again) == 0);
    } else if (given) {
        require(*text != '\0');
    }
    arena_destroy(a);
    return 0;
}
