/* Fuzz target: the agent's settings and its identity files, whatever is in them. The input is both:
 * the settings, and each of the four identity files in turn. */
#include <stdlib.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/log.h"
#include "reference/plexd/config.h"
#include "reference/plexd/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = { "identity.json", "private_key", "node_secret_key",
                                     "signing_public_key" };
static const char *const good[] = { "{\"node_id\":\"n\",\"mesh_ip\":\"m\"}",
                                    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                                    "0123456789abcdef0123456789abcdef",
                                    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" };

static void put(struct arena *a, const char *folder, const char *name, const void *data,
                size_t size)
{
    struct error e;
    const char *path = path_join(a, folder, name);
    if (!file_write_atomic(path, data, size, 0600, &e))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char *nothing[] = { NULL };
    static char *folder;
    struct arena *a = arena_create();
    struct error e;
    if (folder == NULL) {
        static struct arena *kept;
        kept = arena_create();
        log_set_level(LOG_ERROR);
        if (!directory_make_temporary(kept, "/dev/shm/plexd-fuzz", &folder, &e))
            abort();
    }
    for (size_t which = 0; which < ARRAY_LEN(names); which++) {
        struct identity id;
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            if (i == which)
                put(a, folder, names[i], data, size);
            else
                put(a, folder, names[i], good[i], __builtin_strlen(good[i]));
        if (identity_load(a, folder, &id, &e) == IDENTITY_FOUND && id.node_id[0] == '\0')
            abort();
    }
    put(a, folder, "config.yaml", data, size);
    struct plexd_flags flags = { .config = path_join(a, folder, "config.yaml") };
    struct environment env = { .pairs = nothing };
    struct plexd_config config;
    if (plexd_config_read(a, &flags, &env, &config, &e) && config.heartbeat_interval <= 0)
        abort();
    arena_destroy(a);
    return 0;
}
