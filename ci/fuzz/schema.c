/* Fuzz target: a schema and, after the first newline, a value. A schema that is understood gives a
 * verdict on any value, the opposite one below `not`, and the same one below allOf, anyOf and
 * oneOf. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "harness/contract.h"
#include "harness/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool verdict(struct arena *a, const char *join, json_t *schema, const json_t *value)
{
    json_t *joined = strcmp(join, "not") == 0 ? json_pack("{s:O}", join, schema)
                                              : json_pack("{s:[O]}", join, schema);
    struct error e = { "" };
    bool holds = schema_validate(a, json_own(a, joined), value, &e);
    require(holds || e.text[0] == '/');
    return holds;
}

static void judge(struct arena *a, json_t *schema, const json_t *value)
{
    struct error e = { "" };
    bool holds = schema_validate(a, schema, value, &e);
    require(holds || e.text[0] == '/');
    require(schema_validate(a, schema, value, NULL) == holds);
    require(verdict(a, "not", schema, value) == !holds);
    require(verdict(a, "allOf", schema, value) == holds);
    require(verdict(a, "anyOf", schema, value) == holds);
    require(verdict(a, "oneOf", schema, value) == holds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *newline = memchr(data, '\n', size);
    struct error e = { "" };
    json_t *schema, *value;
    require(contract_load(&e));
    /* Patterns are the contract's own: the system's regex compiler is not what is tried here. */
    if (newline == NULL || memmem(data, size, "pattern", 7) != NULL ||
        memchr(data, '\\', size) != NULL)
        return 0;
    struct arena *a = arena_create();
    size_t first = (size_t)(newline - data);
    if (json_parse(a, data, first, &schema, &e) &&
        json_parse(a, newline + 1, size - first - 1, &value, &e) && schema_understood(schema, &e))
        judge(a, schema, value);
    arena_destroy(a);
    return 0;
}
