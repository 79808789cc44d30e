/* Fuzz target: whatever stands in a request line, it reaches an operation of the contract or none;
 * what it reaches has every parameter of the operation's own path, and no segment was made by
 * decoding. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/text.h"
#include "reference/plexsphere/http/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static size_t count(const char *text, char what)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == what;
    return n;
}

static void check_route(const struct route *r, const char *path)
{
    const char *template = operation_facts(r->id)->path;
    size_t slashes = count(path, '/');
    require(r->n_params == count(template, '{'));
    /* The colon spelling saves one slash, nothing else may. */
    require(slashes == count(template, '/') || slashes + 1 == count(template, '/'));
    for (size_t i = 0; i < r->n_params; i++) {
        require(r->values[i][0] != '\0');
        require(text_is_utf8(r->values[i], strlen(r->values[i])));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const methods[] = {
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"
    };
    if (size == 0)
        return 0;
    struct arena *a = arena_create();
    struct route route;
    const char *path = arena_strndup(a, (const char *)data + 1, size - 1);
    switch (route_find(a, methods[data[0] % ARRAY_LEN(methods)], path, &route)) {
    case ROUTED: check_route(&route, path); break;
    case ROUTE_WRONG_METHOD: require(route.allow[0] != '\0'); break;
    case ROUTE_UNKNOWN: break;
    }
    arena_destroy(a);
    return 0;
}
