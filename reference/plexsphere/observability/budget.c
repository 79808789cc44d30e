#include "reference/plexsphere/observability/budget.h"

#include <pthread.h>
#include <string.h>

#include "common/memory.h"
#include "common/timestamp.h"

enum { SLOTS_FIRST = 64 };

struct bucket {
    struct uuid id;
    bool used;
    int64_t level; /* bytes; below zero: owed */
    int64_t seen;  /* when `level` was true */
};

/* Open addressing with linear probing; half full at most. */
struct table {
    struct budget_size size;
    struct bucket *slots;
    size_t n_slots, n_used;
};

struct budgets {
    pthread_mutex_t lock;
    struct table of_node, of_domain;
};

/* The end of an id is random, whatever its version. */
static size_t place_of(const struct table *t, const struct uuid *id)
{
    uint64_t tail;
    memcpy(&tail, id->b + 8, sizeof tail);
    return (size_t)(tail * UINT64_C(0x9e3779b97f4a7c15) >> 16) & (t->n_slots - 1);
}

static struct bucket *slot_of(const struct table *t, const struct uuid *id)
{
    size_t i = place_of(t, id);
    while (t->slots[i].used && !uuid_equal(&t->slots[i].id, id))
        i = (i + 1) & (t->n_slots - 1);
    return &t->slots[i];
}

static void refill(const struct budget_size *size, struct bucket *b, int64_t now)
{
    int64_t missing = size->burst - b->level, elapsed = now - b->seen;
    if (elapsed <= 0)
        return;
    /* Whole bytes only, and the time they took: what is left of a byte is not lost. */
    __int128 filled = (__int128)size->rate * elapsed / MICROS_PER_SECOND;
    if (filled >= missing) {
        b->level = size->burst;
        b->seen = now;
        return;
    }
    b->level += (int64_t)filled;
    b->seen += (int64_t)(filled * MICROS_PER_SECOND / size->rate);
}

/* A bucket that is full says no more than one that is not there. */
static void rebuild(struct table *t, int64_t now)
{
    struct table old = *t;
    size_t live = 0;
    for (size_t i = 0; i < old.n_slots; i++) {
        struct bucket *b = &old.slots[i];
        if (b->used)
            refill(&t->size, b, now);
        b->used = b->used && b->level < t->size.burst;
        live += b->used;
    }
    while (t->n_slots < (live + 1) * 4)
        t->n_slots *= 2;
    t->slots = mem_alloc_array(t->n_slots, sizeof *t->slots);
    t->n_used = live;
    for (size_t i = 0; i < old.n_slots; i++)
        if (old.slots[i].used)
            *slot_of(t, &old.slots[i].id) = old.slots[i];
    mem_free(old.slots);
}

static struct bucket *bucket_of(struct table *t, const struct uuid *id, int64_t now)
{
    struct bucket *b = slot_of(t, id);
    if (!b->used && (t->n_used + 1) * 2 > t->n_slots) {
        rebuild(t, now);
        b = slot_of(t, id);
    }
    if (!b->used) {
        *b = (struct bucket){ .id = *id, .used = true, .level = t->size.burst, .seen = now };
        t->n_used++;
    }
    refill(&t->size, b, now);
    return b;
}

static bool pay(const struct budget_size *size, struct bucket *b, int64_t bytes,
                int64_t *retry_after_s)
{
    int64_t asked = bytes < size->burst ? bytes : size->burst;
    if (b->level >= asked) {
        b->level -= bytes;
        return true;
    }
    *retry_after_s = (asked - b->level + size->rate - 1) / size->rate;
    return false;
}

static void table_init(struct table *t, struct budget_size size)
{
    *t = (struct table){ .size = size, .n_slots = SLOTS_FIRST };
    t->slots = mem_alloc_array(t->n_slots, sizeof *t->slots);
}

struct budgets *budgets_create(struct budget_size of_node, struct budget_size of_domain)
{
    struct budgets *b = mem_alloc(sizeof *b);
    pthread_mutex_init(&b->lock, NULL);
    table_init(&b->of_node, of_node);
    table_init(&b->of_domain, of_domain);
    return b;
}

void budgets_destroy(struct budgets *b)
{
    pthread_mutex_destroy(&b->lock);
    mem_free(b->of_node.slots);
    mem_free(b->of_domain.slots);
    mem_free(b);
}

enum budget_result budgets_charge(struct budgets *b, const struct uuid *node,
                                  const struct uuid *domain, int64_t bytes, int64_t now,
                                  int64_t *retry_after_s)
{
    enum budget_result result = BUDGET_PAID;
    pthread_mutex_lock(&b->lock);
    struct bucket *of_node = bucket_of(&b->of_node, node, now);
    struct bucket *of_domain = bucket_of(&b->of_domain, domain, now);
    if (!pay(&b->of_node.size, of_node, bytes, retry_after_s)) {
        result = BUDGET_NODE_EXHAUSTED;
    } else if (!pay(&b->of_domain.size, of_domain, bytes, retry_after_s)) {
        of_node->level += bytes;
        result = BUDGET_DOMAIN_EXHAUSTED;
    }
    pthread_mutex_unlock(&b->lock);
    return result;
}

size_t budgets_kept(struct budgets *b)
{
    pthread_mutex_lock(&b->lock);
    size_t kept = b->of_node.n_used + b->of_domain.n_used;
    pthread_mutex_unlock(&b->lock);
    return kept;
}
