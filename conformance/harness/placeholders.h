/* harness/placeholders.h — ${NAME} in a profile's commands and boot environment, filled in by the
 * rig.
 *
 * Known to the process rig: BIN, RUN_DIR, MIGRATIONS, DSN, SIGNING_SEED_FILE,
 * SIGNING_PUBLIC_KEY_B64; to every boot: BOOT_DIR. RANDOM_HEX_32 and RANDOM_B64_32 stand for 32
 * fresh bytes at each place. An unknown name is left as it is. */
#ifndef HARNESS_PLACEHOLDERS_H
#define HARNESS_PLACEHOLDERS_H

#include <jansson.h>

#include "common/arena.h"

struct placeholder {
    const char *name, *value; /* name NULL ends the list */
};

char *placeholders_text(struct arena *a, const char *text, const struct placeholder *known);
char **placeholders_argv(struct arena *a, char *const *argv, const struct placeholder *known);
/* An object of texts; the result is owned by the arena. */
json_t *placeholders_object(struct arena *a, const json_t *object, const struct placeholder *known);

#endif
