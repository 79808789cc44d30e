/* Fuzz target: whatever SPEC.md holds, its clauses are whole and have ids of their own, or one line
 * says which is not. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "harness/spec_clauses.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_clauses(const json_t *clauses)
{
    static const char *const members[] = { "id", "level", "source", "where", "text" };
    json_t *ids = json_object(), *clause;
    size_t i;
    json_array_foreach (clauses, i, clause) {
        for (size_t m = 0; m < ARRAY_LEN(members); m++)
            require(!text_blank(json_text(clause, members[m])) || strcmp(members[m], "where") == 0);
        require(json_object_get(ids, json_text(clause, "id")) == NULL);
        json_object_set(ids, json_text(clause, "id"), clause);
    }
    json_decref(ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    json_t *clauses = NULL;
    if (spec_clauses_parse(a, (struct bytes){ data, size }, &clauses, &e))
        check_clauses(clauses);
    else
        require(e.text[0] != '\0' && strchr(e.text, '\n') == NULL);
    arena_destroy(a);
    return 0;
}
