#include "common/log.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/testing.h"
#include "common/text.h"

static int fds[2];

/* A socket that keeps message borders: each write(2) arrives as one message. */
static void begin(void)
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
    log_set_fd(fds[1]);
}

static char *next_line(char line[80000])
{
    ssize_t n = recv(fds[0], line, 79999, MSG_DONTWAIT);
    line[n > 0 ? n : 0] = '\0';
    return line;
}

START_TEST(writes_one_line_in_one_write)
{
    char line[80000];
    begin();
    log_line(LOG_INFO, "listening", "address", "127.0.0.1:8080", "path", "/a b", NULL);
    next_line(line);
    ck_assert_msg(strlen(line) > 30 && text_starts(line, "time=20") && line[28] == 'Z', "%s", line);
    ck_assert_str_eq(line + 29,
                     " level=INFO msg=\"listening\" address=127.0.0.1:8080 path=\"/a b\"\n");
    ck_assert_str_eq(next_line(line), "");
}
END_TEST

START_TEST(no_value_can_forge_a_line_or_a_field)
{
    char line[80000];
    begin();
    log_line(LOG_ERROR, "m \"q\"\n", "a", "x\nlevel=INFO", "b", "", "c", NULL, "d",
             "\"\\\t\r\x01\x7f", "e", "k=v", "f", "\xc3\xa9", "g", "\xff", "h", "a\\b", NULL);
    next_line(line);
    ck_assert_str_eq(strstr(line, " level="),
                     " level=ERROR msg=\"m \\\"q\\\"\\n\" a=\"x\\nlevel=INFO\" b=\"\" c=\"\" "
                     "d=\"\\\"\\\\\\t\\x0d\\x01\\x7f\" e=\"k=v\" f=\xc3\xa9 g=\"\\xff\" "
                     "h=\"a\\\\b\"\n");
}
END_TEST

START_TEST(keeps_quiet_below_its_level)
{
    char line[80000];
    begin();
    log_line(LOG_DEBUG, "hidden", NULL);
    ck_assert_str_eq(next_line(line), "");
    log_set_level(LOG_DEBUG);
    log_line(LOG_DEBUG, "shown", NULL);
    ck_assert_msg(text_ends(next_line(line), " level=DEBUG msg=\"shown\"\n"), "%s", line);
    log_set_level(LOG_ERROR);
    log_line(LOG_WARN, "hidden", NULL);
    ck_assert_str_eq(next_line(line), "");
    log_insecure_default("x", "y z");
    ck_assert_msg(text_starts(next_line(line), "level=WARN "), "%s", line);
}
END_TEST

/* `log_line` of conformance/contract/dev-stack.json. */
START_TEST(announces_an_insecure_default_exactly_as_the_contract_says)
{
    char line[80000];
    begin();
    log_insecure_default("postgres", "production uses \"TLS\". And roles.");
    ck_assert_str_eq(next_line(line),
                     "level=WARN msg=\"insecure default active in dev mode\" env=dev "
                     "dependency=postgres "
                     "prod_delta=\"production uses \\\"TLS\\\". And roles.\"\n");
}
END_TEST

START_TEST(leaves_out_what_is_too_long_but_ends_the_line)
{
    char line[80000];
    static char long_value[70000];
    memset(long_value, 'x', sizeof(long_value) - 1);
    begin();
    log_line(LOG_INFO, "m", "a", "1", "long", long_value, "b", "2", NULL);
    ck_assert_msg(text_ends(next_line(line), " msg=\"m\" a=1 cut=true\n"), "%s", line);
}
END_TEST

static void *write_many(void *name)
{
    for (int i = 0; i < 50; i++)
        log_line(LOG_INFO, "thread", "name", (const char *)name, NULL);
    return NULL;
}

START_TEST(threads_do_not_mix_their_lines)
{
    char line[80000];
    pthread_t one, two;
    begin();
    ck_assert_int_eq(pthread_create(&one, NULL, write_many, "one"), 0);
    ck_assert_int_eq(pthread_create(&two, NULL, write_many, "two"), 0);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    int seen[2] = { 0 };
    while (*next_line(line) != '\0') {
        seen[0] += text_ends(line, " msg=\"thread\" name=one\n");
        seen[1] += text_ends(line, " msg=\"thread\" name=two\n");
    }
    ck_assert_int_eq(seen[0], 50);
    ck_assert_int_eq(seen[1], 50);
}
END_TEST

TESTS("common/log", writes_one_line_in_one_write, no_value_can_forge_a_line_or_a_field,
      keeps_quiet_below_its_level, announces_an_insecure_default_exactly_as_the_contract_says,
      leaves_out_what_is_too_long_but_ends_the_line, threads_do_not_mix_their_lines)
