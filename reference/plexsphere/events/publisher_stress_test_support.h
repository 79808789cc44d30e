/* events/publisher_stress_test_support.h — writers that commit in an order of their own, two
 * publishers, and a reader that resumes all the time. Only test programs include this.
 *
 * A writer that has appended stops at a gate, and the gate lets one of those who wait through at
 * random: rows that came first into the outbox are committed last, again and again. */
#ifndef PLEXSPHERE_EVENTS_PUBLISHER_STRESS_TEST_SUPPORT_H
#define PLEXSPHERE_EVENTS_PUBLISHER_STRESS_TEST_SUPPORT_H

#include "reference/plexsphere/events/events_test_support.h"

enum {
    STRESS_WRITERS = 6,
    STRESS_ROUNDS = 60,
    STRESS_PUBLISHERS = 2,
    STRESS_EVENTS = STRESS_WRITERS * STRESS_ROUNDS,
    STRESS_CONNECTIONS = STRESS_WRITERS + STRESS_PUBLISHERS + 2,
};

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool waiting[STRESS_WRITERS];
    int n_waiting, n_writing; /* of n_writing who are not done, n_waiting stand at the gate */
    struct prng prng;
};
static struct gate gate = { .lock = PTHREAD_MUTEX_INITIALIZER,
                            .changed = PTHREAD_COND_INITIALIZER,
                            .n_writing = STRESS_WRITERS };

/* With the lock held: once everybody who still writes has come, one may go. */
static inline void gate_open(void)
{
    if (gate.n_waiting == 0 || gate.n_waiting < gate.n_writing)
        return;
    uint64_t skip = prng_next(&gate.prng) % (uint64_t)gate.n_waiting;
    for (int i = 0; i < STRESS_WRITERS; i++)
        if (gate.waiting[i] && skip-- == 0) {
            gate.waiting[i] = false;
            gate.n_waiting--;
            break;
        }
    pthread_cond_broadcast(&gate.changed);
}

static inline void gate_pass(int writer)
{
    pthread_mutex_lock(&gate.lock);
    gate.waiting[writer] = true;
    gate.n_waiting++;
    gate_open();
    while (gate.waiting[writer])
        pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
}

static inline void gate_leave(void)
{
    pthread_mutex_lock(&gate.lock);
    gate.n_writing--;
    gate_open();
    pthread_mutex_unlock(&gate.lock);
}

static inline void *stress_write(void *number)
{
    int writer = (int)(intptr_t)number;
    for (int round = 0; round < STRESS_ROUNDS; round++) {
        struct arena *a = arena_create();
        struct tx *tx = writing(a);
        append_named(tx, &bus_domain, NULL, arena_printf(a, "%d", writer * STRESS_ROUNDS + round));
        gate_pass(writer);
        ck_assert_int_eq(tx_commit(tx), SQL_OK);
        tx_end(tx);
        arena_destroy(a);
    }
    gate_leave();
    return NULL;
}

static inline void *stress_publish(void *publisher)
{
    publisher_run(publisher);
    return NULL;
}

/* One resume; the events it gave are noted in `seen`. */
static inline size_t stress_read(struct event_bus *bus, int64_t *last, bool *seen)
{
    struct arena *a = arena_create();
    struct bus_event *events;
    size_t n;
    struct tx *tx = tx_begin(app.db, a);
    ck_assert(bus->replay(bus, tx, &bus_domain, &bus_node, *last, 5, &events, &n));
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_gt(events[i].seq, *last);
        *last = events[i].seq;
        int64_t name;
        ck_assert(number_parse(member_of(arena_strndup(a, (const char *)events[i].v1.data,
                                                       events[i].v1.len),
                                         "/payload/name"),
                               0, STRESS_EVENTS - 1, &name));
        ck_assert_msg(!seen[name], "event %d came twice", (int)name);
        seen[name] = true;
    }
    tx_end(tx);
    arena_destroy(a);
    return n;
}

static inline void stress(struct event_bus *bus)
{
    static struct publisher publishers[STRESS_PUBLISHERS];
    static bool seen[STRESS_EVENTS];
    pthread_t writers[STRESS_WRITERS], publishing[STRESS_PUBLISHERS];
    int64_t last = 0, end = clock_monotonic_nanos() + 45 * NANOS_PER_SECOND;
    size_t n = 0;
    random_bytes(&gate.prng, sizeof gate.prng);
    for (int i = 0; i < STRESS_PUBLISHERS; i++) {
        publishers[i] = (struct publisher){ .app = &app, .bus = bus };
        ck_assert_int_eq(pthread_create(&publishing[i], NULL, stress_publish, &publishers[i]), 0);
    }
    for (int i = 0; i < STRESS_WRITERS; i++)
        ck_assert_int_eq(pthread_create(&writers[i], NULL, stress_write, (void *)(intptr_t)i), 0);
    while (n < STRESS_EVENTS) {
        ck_assert_msg(clock_monotonic_nanos() < end, "only %zu of %d events came", n,
                      STRESS_EVENTS);
        n += stress_read(bus, &last, seen);
    }
    app_stop();
    for (int i = 0; i < STRESS_WRITERS; i++)
        pthread_join(writers[i], NULL);
    for (int i = 0; i < STRESS_PUBLISHERS; i++)
        pthread_join(publishing[i], NULL);
    ck_assert_uint_eq(stress_read(bus, &last, seen), 0);
}

#endif
