/* Fuzz target: the agent's cache files, whatever is in them. It opens; a file either counts or is
 * moved aside; and opened again the cache says the same. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/log.h"
#include "reference/plexd/cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = { "metadata.json", "secrets.json", "data/k.json" };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static const char *folder(void)
{
    static struct arena *kept;
    static char *made;
    struct error e;
    if (made == NULL) {
        kept = arena_create();
        log_set_level(LOG_ERROR);
        require(directory_make_temporary(kept, "/dev/shm/plexd-fuzz", &made, &e));
    }
    return made;
}

static struct cache *opened(void)
{
    struct cache *c;
    struct error e;
    require(cache_open(folder(), NULL, &c, &e));
    return c;
}

static void same_again(void)
{
    struct cache *first = opened(), *second = opened();
    size_t n, m;
    require(json_equal(cache_metadata(first), cache_metadata(second)));
    const struct data_entry *a = cache_data(first, &n), *b = cache_data(second, &m);
    require(n == m);
    for (size_t i = 0; i < n; i++)
        require(strcmp(a[i].key, b[i].key) == 0 && a[i].payload.len == b[i].payload.len);
    (void)cache_secrets(first, &n);
    (void)cache_secrets(second, &m);
    require(n == m);
    cache_close(first);
    cache_close(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct error e;
    const char *state = path_join(a, folder(), "state");
    cache_close(opened()); /* makes the folders */
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        require(file_write_atomic(path_join(a, state, names[i]), data, size, 0600, &e));
    same_again();
    require(directory_remove(state, &e));
    arena_destroy(a);
    return 0;
}
