#include "reference/plexd/disk.h"

#include <pthread.h>

#include "common/memory.h"
#include "common/testing.h"

struct job {
    struct disk_job base;
    int number;
    bool last;
};

static struct loop *l;
static struct disk *d;
static int worked[64], n_worked, told[64], n_told;
static pthread_t worker, teller;

static void work(struct disk_job *base)
{
    struct job *job = (struct job *)base;
    worker = pthread_self();
    worked[n_worked++] = job->number;
}

static void done(struct disk_job *base)
{
    struct job *job = (struct job *)base;
    teller = pthread_self();
    told[n_told++] = job->number;
    if (job->last)
        loop_stop(l);
    mem_free(job);
}

static void submit(int number, bool last)
{
    struct job *job = mem_alloc(sizeof *job);
    *job = (struct job){ .base = { .work = work, .done = done }, .number = number, .last = last };
    disk_submit(d, &job->base);
}

static void begin(void)
{
    struct error e;
    ck_assert(loop_create(&l, &e));
    ck_assert(disk_create(l, &d, &e));
}

START_TEST(jobs_are_done_elsewhere_in_their_order_and_told_here)
{
    begin();
    for (int i = 0; i < 20; i++)
        submit(i, i == 19);
    loop_run(l);
    ck_assert_int_eq(n_told, 20);
    for (int i = 0; i < 20; i++)
        ck_assert(worked[i] == i && told[i] == i);
    ck_assert(!pthread_equal(worker, pthread_self()));
    ck_assert(pthread_equal(teller, pthread_self()));
    disk_destroy(d);
    loop_destroy(l);
}
END_TEST

static void done_and_one_more(struct disk_job *base)
{
    submit(7, false);
    done(base);
}

START_TEST(destroying_finishes_everything_even_what_the_end_of_a_job_asks_for)
{
    begin();
    struct job *job = mem_alloc(sizeof *job);
    *job = (struct job){ .base = { .work = work, .done = done_and_one_more }, .number = 1 };
    disk_submit(d, &job->base);
    disk_destroy(d);
    ck_assert_int_eq(n_worked, 2);
    ck_assert_int_eq(n_told, 2);
    ck_assert_int_eq(worked[1], 7);
    loop_destroy(l);
}
END_TEST

START_TEST(an_idle_disk_ends)
{
    begin();
    disk_destroy(d);
    disk_destroy(NULL);
    loop_destroy(l);
}
END_TEST

TESTS("plexd/disk", jobs_are_done_elsewhere_in_their_order_and_told_here,
      destroying_finishes_everything_even_what_the_end_of_a_job_asks_for, an_idle_disk_ends)
