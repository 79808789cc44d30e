#include "common/uuid.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/testing.h"

/* RFC 9562 appendix A.6: 2022-02-22T14:22:22-05:00 as a version 7 UUID. */
#define EXAMPLE "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
#define EXAMPLE_MILLIS INT64_C(1645557742000)

START_TEST(refuses_other_spellings)
{
    static const char *const bad[] = {
        "",
        "017f22e279b07cc398c4dc0c0c07398f",
        "{" EXAMPLE "}",
        "urn:uuid:" EXAMPLE,
        EXAMPLE "0",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "017f22e-279b0-7cc3-98c4-dc0c0c07398f",
        " 17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4_dc0c0c07398f",
        EXAMPLE "\n",
    };
    struct uuid u;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!uuid_parse(bad[i], &u), "%s", bad[i]);
    ck_assert(!uuid_parse(NULL, &u));
}
END_TEST

START_TEST(reads_either_case_and_writes_lower)
{
    struct uuid u, v;
    struct arena *a = arena_create();
    ck_assert(uuid_parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", &u));
    ck_assert(uuid_parse(EXAMPLE, &v) && uuid_equal(&u, &v));
    ck_assert_str_eq(uuid_text(a, &u), EXAMPLE);
    ck_assert(!uuid_is_nil(&u));
    ck_assert(uuid_parse("00000000-0000-0000-0000-000000000000", &v) && uuid_is_nil(&v));
    ck_assert(!uuid_equal(&u, &v));
    arena_destroy(a);
}
END_TEST

START_TEST(lays_version_7_out_as_the_rfc_example)
{
    struct uuid example, u = uuid_v7(EXAMPLE_MILLIS * 1000 + 999);
    ck_assert(uuid_parse(EXAMPLE, &example));
    ck_assert_mem_eq(u.b, example.b, 6);
    ck_assert_uint_eq(u.b[6] >> 4, 7);
    ck_assert_uint_eq(u.b[8] >> 6, 2);
    u = uuid_v7(-1);
    ck_assert_mem_eq(u.b, "\0\0\0\0\0\0", 6);
}
END_TEST

START_TEST(sorts_in_call_order_within_a_millisecond)
{
    struct uuid last = uuid_v7(5000);
    for (int i = 0; i < 10000; i++) {
        (void)uuid_v7(i % 2 == 0 ? 4000 : 9000); /* other clocks in between */
        struct uuid next = uuid_v7(5000 + i % 1000);
        ck_assert_int_lt(memcmp(last.b, next.b, 16), 0);
        last = next;
    }
}
END_TEST

#define PER_THREAD 5000

static void *make_many(void *out)
{
    struct uuid *u = out;
    for (size_t i = 0; i < PER_THREAD; i++)
        u[i] = uuid_v7(1000);
    return NULL;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

START_TEST(never_repeats_over_threads)
{
    static struct uuid all[4 * PER_THREAD];
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, make_many, all + i * PER_THREAD), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 1; k < PER_THREAD; k++)
            ck_assert(memcmp(all[i * PER_THREAD + k - 1].b, all[i * PER_THREAD + k].b, 16) < 0);
    qsort(all, ARRAY_LEN(all), sizeof(all[0]), by_bytes);
    /* The 74 bits before the random tail: the counter alone keeps threads apart. */
    for (size_t i = 1; i < ARRAY_LEN(all); i++)
        ck_assert(memcmp(all[i - 1].b, all[i].b, 12) != 0);
}
END_TEST

START_TEST(a_forked_worker_counts_from_elsewhere)
{
    (void)uuid_v7(1000);
    int fds[2];
    struct uuid child;
    ck_assert_int_eq(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct uuid u = uuid_v7(1000);
        _exit(write(fds[1], &u, sizeof(u)) == sizeof(u) ? 0 : 1);
    }
    struct uuid mine = uuid_v7(1000);
    ck_assert_int_eq(read(fds[0], &child, sizeof(child)), sizeof(child));
    waitpid(pid, NULL, 0);
    ck_assert(memcmp(mine.b, child.b, 12) != 0); /* equal once in 2^41 runs */
}
END_TEST

TESTS("common/uuid", refuses_other_spellings, reads_either_case_and_writes_lower,
      lays_version_7_out_as_the_rfc_example, sorts_in_call_order_within_a_millisecond,
      never_repeats_over_threads, a_forked_worker_counts_from_elsewhere)
