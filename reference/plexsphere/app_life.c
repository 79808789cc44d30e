#include "reference/plexsphere/app_life.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <time.h>

#include "common/timestamp.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_bool stopping;
static int stop_fd = -1;

/* The monotonic clock: setting the wall clock must neither end nor stretch a wait. */
static void make_waits(void)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &attributes);
    pthread_condattr_destroy(&attributes);
    stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

bool app_stopping(void)
{
    return atomic_load(&stopping);
}

static struct timespec deadline_after(int64_t nanos)
{
    int64_t now = clock_monotonic_nanos();
    int64_t end = nanos <= 0 ? now : nanos > INT64_MAX - now ? INT64_MAX : now + nanos;
    return (struct timespec){ .tv_sec = end / NANOS_PER_SECOND, .tv_nsec = end % NANOS_PER_SECOND };
}

bool app_wait(int64_t nanos)
{
    pthread_once(&once, make_waits);
    struct timespec deadline = deadline_after(nanos);
    pthread_mutex_lock(&lock);
    int result = 0;
    while (!atomic_load(&stopping) && result == 0)
        result = pthread_cond_timedwait(&changed, &lock, &deadline);
    pthread_mutex_unlock(&lock);
    return atomic_load(&stopping);
}

void app_stop(void)
{
    pthread_once(&once, make_waits);
    pthread_mutex_lock(&lock);
    atomic_store(&stopping, true);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    eventfd_write(stop_fd, 1);
}

int app_stop_fd(void)
{
    pthread_once(&once, make_waits);
    return stop_fd;
}
