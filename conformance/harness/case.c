#include "harness/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define EXIT_BROKEN 3

static struct {
    const struct case_row **rows;
    size_t n, size;
    bool sorted;
    void (**generators)(void);
    size_t n_generators;
} registry;

void case_register(const struct case_row *row)
{
    if (registry.n == registry.size) {
        registry.size = registry.size == 0 ? 256 : registry.size * 2;
        registry.rows = mem_resize(registry.rows, registry.size, sizeof(*registry.rows));
    }
    registry.rows[registry.n++] = row;
    registry.sorted = false;
}

void case_generators_add(void (*generate)(void))
{
    size_t n = registry.n_generators;
    registry.generators = mem_resize(registry.generators, n + 1, sizeof(*registry.generators));
    registry.generators[n] = generate;
    registry.n_generators = n + 1;
}

void cases_generate(void)
{
    size_t n = registry.n_generators;
    registry.n_generators = 0; /* a second call finds nothing left to do */
    for (size_t i = 0; i < n; i++)
        registry.generators[i]();
    mem_free(registry.generators);
    registry.generators = NULL;
}

static int compare_ids(const void *a, const void *b)
{
    const struct case_row *const *x = a, *const *y = b;
    return strcmp((*x)->id, (*y)->id);
}

void case_defect(const char *id, const char *fault)
{
    fprintf(stderr, "plexconf: case %s: %s\n", id, fault);
    exit(EXIT_BROKEN);
}

static const char *fault_of(size_t i)
{
    const struct case_row *row = registry.rows[i];
    if (i > 0 && strcmp(registry.rows[i - 1]->id, row->id) == 0)
        return "its id is taken by another case";
    if (row->clauses[0] == NULL)
        return "it names no clause";
    if (row->run == NULL || row->suite == NULL || row->title == NULL)
        return "it lacks a suite, a title or a body";
    return NULL;
}

static void refuse_bad_rows(void)
{
    for (size_t i = 0; i < registry.n; i++) {
        const struct case_row *row = registry.rows[i];
        char which[512];
        if (fault_of(i) == NULL)
            continue;
        snprintf(which, sizeof(which), "%s (%s:%d)", row->id, row->file ? row->file : "?",
                 row->line);
        case_defect(which, fault_of(i));
    }
}

static void sort_rows(void)
{
    if (registry.sorted || registry.n == 0)
        return;
    qsort(registry.rows, registry.n, sizeof(*registry.rows), compare_ids);
    registry.sorted = true;
    refuse_bad_rows();
}

size_t case_count(void)
{
    sort_rows();
    return registry.n;
}

const struct case_row *case_at(size_t i)
{
    sort_rows();
    return i < registry.n ? registry.rows[i] : NULL;
}

static int compare_id_with_row(const void *id, const void *row)
{
    return strcmp(id, (*(const struct case_row *const *)row)->id);
}

const struct case_row *case_find(const char *id)
{
    sort_rows();
    if (registry.n == 0)
        return NULL;
    const struct case_row **found =
        bsearch(id, registry.rows, registry.n, sizeof(*registry.rows), compare_id_with_row);
    return found == NULL ? NULL : *found;
}
