#include "common/yaml_lines.h"

#include <string.h>

#include "common/arena.h"
#include "common/yaml.h"

struct entry {
    struct entry *next;
    const json_t *value;
    const char *key;
    int line;
};

struct yaml_lines {
    struct arena *arena;
    struct entry **buckets;
    size_t n_buckets; /* a power of two */
    size_t n;
};

static const char attach_key; /* its address is the name of the arena's slot */

struct yaml_lines *yaml_lines_create(struct arena *a)
{
    struct yaml_lines *t = arena_alloc(a, sizeof(*t));
    t->arena = a;
    t->n_buckets = 16;
    t->buckets = arena_alloc_array(a, t->n_buckets, sizeof(struct entry *));
    return t;
}

/* FNV-1a over the key, begun with the address. */
static size_t bucket_of(const struct yaml_lines *t, const json_t *value, const char *key)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)(uintptr_t)value;
    h = (h ^ h >> 32) * UINT64_C(0x100000001b3);
    for (; key != NULL && *key != '\0'; key++)
        h = (h ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ h >> 29) & (t->n_buckets - 1);
}

static bool same_key(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct entry *find(const struct yaml_lines *t, const json_t *value, const char *key)
{
    struct entry *e = t->buckets[bucket_of(t, value, key)];
    while (e != NULL && (e->value != value || !same_key(e->key, key)))
        e = e->next;
    return e;
}

static void put(struct yaml_lines *t, struct entry *e)
{
    size_t bucket = bucket_of(t, e->value, e->key);
    e->next = t->buckets[bucket];
    t->buckets[bucket] = e;
}

static void grow(struct yaml_lines *t)
{
    struct entry **old = t->buckets;
    size_t n_old = t->n_buckets;
    t->n_buckets *= 4;
    t->buckets = arena_alloc_array(t->arena, t->n_buckets, sizeof(struct entry *));
    for (size_t i = 0; i < n_old; i++) {
        for (struct entry *e = old[i], *next; e != NULL; e = next) {
            next = e->next;
            put(t, e);
        }
    }
}

void yaml_lines_add(struct yaml_lines *t, const json_t *value, const char *key, int line)
{
    struct entry *e = find(t, value, key);
    if (e != NULL) { /* the address of a value freed while reading */
        e->line = line;
        return;
    }
    if (t->n++ == 2 * t->n_buckets)
        grow(t);
    e = arena_alloc(t->arena, sizeof(*e));
    *e = (struct entry){ .value = value, .key = key, .line = line };
    put(t, e);
}

int yaml_lines_find(const struct yaml_lines *t, const json_t *value, const char *key)
{
    const struct entry *e = find(t, value, key);
    return e != NULL ? e->line : 0;
}

/* One table for all texts of an arena: asking must not take longer with each text read. Addresses
 * are those of values that live, so a newer text never names an older one's. */
void yaml_lines_keep(struct yaml_lines *t)
{
    struct yaml_lines *all = arena_attached(t->arena, &attach_key);
    if (all == NULL) {
        arena_attach(t->arena, &attach_key, t);
        return;
    }
    for (size_t i = 0; i < t->n_buckets; i++) {
        for (struct entry *e = t->buckets[i], *next; e != NULL; e = next) {
            next = e->next;
            struct entry *known = find(all, e->value, e->key);
            if (known != NULL) {
                known->line = e->line;
                continue;
            }
            if (all->n++ == 2 * all->n_buckets)
                grow(all);
            put(all, e);
        }
    }
}

int yaml_line_of(struct arena *a, const json_t *object, const char *key)
{
    const struct yaml_lines *all = arena_attached(a, &attach_key);
    /* A member that is not there has no line, whatever stood at this address before. */
    if (all == NULL || object == NULL || (key != NULL && json_object_get(object, key) == NULL))
        return 0;
    return yaml_lines_find(all, object, key);
}
