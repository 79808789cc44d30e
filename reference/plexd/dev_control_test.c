#include "reference/plexd/dev_control.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/log.h"
#include "common/testing.h"
#include "common/text.h"
#include "common/timestamp.h"

static struct arena *a;
static struct error e;
static struct loop *l;
static int reconciled;
static char *no_variables[] = { NULL };
static char *of_systemd[] = { "INVOCATION_ID=1", NULL };

static void reconcile(void *self)
{
    (void)self;
    reconciled++;
}

static struct dev_control_options options(struct environment *env)
{
    env->pairs = no_variables;
    return (struct dev_control_options){ .loop = l, .env = env, .reconcile = reconcile };
}

START_TEST(lines_do_what_they_say)
{
    struct environment env;
    ck_assert(loop_create(&l, &e));
    struct dev_control_options o = options(&env);
    int64_t before = loop_now(l);
    const char *good = "{\"cmd\":\"advance\",\"seconds\":90}";
    ck_assert_str_eq(dev_control_line(&o, good, strlen(good)), "{\"ok\":true}");
    ck_assert_int_ge(loop_now(l) - before, 90 * NANOS_PER_SECOND);
    good = "{\"cmd\":\"reconcile\"}";
    ck_assert_str_eq(dev_control_line(&o, good, strlen(good)), "{\"ok\":true}");
    ck_assert_int_eq(reconciled, 1);
    static const char *const bad[] = { "",
                                       "x",
                                       "[]",
                                       "{}",
                                       "{\"cmd\":\"advance\"}",
                                       "{\"cmd\":\"advance\",\"seconds\":-1}",
                                       "{\"cmd\":\"advance\",\"seconds\":9999999999}",
                                       "{\"cmd\":\"advance\",\"seconds\":\"9\"}",
                                       "{\"cmd\":\"exec\"}" };
    before = loop_now(l);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(text_starts(dev_control_line(&o, bad[i], strlen(bad[i])), "{\"error\""), "%s",
                      bad[i]);
    ck_assert_int_lt(loop_now(l) - before, 80 * NANOS_PER_SECOND);
    loop_destroy(l);
}
END_TEST

START_TEST(a_system_unit_gets_none)
{
    struct environment env;
    struct dev_control *c;
    ck_assert(loop_create(&l, &e));
    struct dev_control_options o = options(&env);
    env.pairs = of_systemd;
    o.path = "/tmp/plexd-dev-control-none";
    ck_assert(!dev_control_open(&o, &c, &e));
    ck_assert(text_contains(e.text, "system unit"));
    ck_assert(!path_exists(o.path));
    loop_destroy(l);
}
END_TEST

static void stop(void *self)
{
    (void)self;
    loop_stop(l);
}

START_TEST(the_socket_is_for_its_owner_and_goes_with_it)
{
    struct environment env;
    struct dev_control *c;
    char *folder;
    a = arena_create();
    ck_assert(directory_make_temporary(a, "/tmp/plexd-dev", &folder, &e));
    ck_assert(loop_create(&l, &e));
    log_set_level(LOG_ERROR);
    struct dev_control_options o = options(&env);
    o.path = path_join(a, folder, "s");
    for (int i = 0; i < 2; i++) {
        struct stat s;
        ck_assert_msg(dev_control_open(&o, &c, &e), "%s", e.text);
        ck_assert_int_eq(stat(o.path, &s), 0);
        ck_assert_int_eq(s.st_mode & 07777, 0600);
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        memcpy(address.sun_path, o.path, strlen(o.path));
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
        const char *two = "{\"cmd\":\"reconcile\"}\n{}\n";
        ck_assert(write_all(fd, two, strlen(two)));
        struct timer t = { .fire = stop };
        timer_set(l, &t, 50000000);
        loop_run(l);
        char answer[256] = { 0 };
        ck_assert_int_gt(read(fd, answer, sizeof answer - 1), 0);
        ck_assert_msg(text_starts(answer, "{\"ok\":true}\n{\"error\""), "%s", answer);
        close(fd);
        dev_control_close(c);
        ck_assert(!path_exists(o.path));
    }
    dev_control_close(NULL);
    loop_destroy(l);
    ck_assert(directory_remove(folder, &e));
    arena_destroy(a);
}
END_TEST

TESTS("plexd/dev_control", lines_do_what_they_say, a_system_unit_gets_none,
      the_socket_is_for_its_owner_and_goes_with_it)
