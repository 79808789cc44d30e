#include "common/commands.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/testing.h"
#include "common/text.h"

static int times, n_words;
static const char *second;

static int run_up(struct environment env, int argc, char **argv)
{
    ck_assert_str_eq(argv[0], "up");
    ck_assert_ptr_nonnull(env.pairs);
    times++;
    n_words = argc;
    second = argc > 1 ? argv[1] : NULL;
    return 7;
}

static int run_version(struct environment env, int argc, char **argv)
{
    (void)env;
    (void)argc;
    (void)argv;
    puts("tool 1");
    return COMMANDS_DONE;
}

static const struct command_row rows[] = {
    { "up", run_up, "begin" },
    { "version", run_version, "print the version" },
    { 0 },
};
static const struct command_table table = { "tool", "A tool.", rows, "Begin with `tool up`.\n", 3 };

struct said {
    int code;
    char out[1024], err[1024];
};

static void read_back(int fd, char *into)
{
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    ssize_t n = read(fd, into, 1023);
    ck_assert_int_ge(n, 0);
    into[n] = '\0';
    close(fd);
}

/* The table runs with standard output and error in files of their own. */
static struct said say(char **argv, const char *out_path)
{
    struct said s;
    int argc = 0;
    while (argv[argc] != NULL)
        argc++;
    fflush(stdout);
    fflush(stderr);
    int kept_out = dup(1), kept_err = dup(2);
    int out = out_path == NULL ? open("/tmp", O_TMPFILE | O_RDWR, 0600) : open(out_path, O_RDWR);
    int err = open("/tmp", O_TMPFILE | O_RDWR, 0600);
    ck_assert_int_ge(out, 0);
    ck_assert_int_ge(err, 0);
    dup2(out, 1);
    dup2(err, 2);
    s.code = commands_run(&table, argc, argv);
    fflush(stderr);
    dup2(kept_out, 1);
    dup2(kept_err, 2);
    close(kept_out);
    close(kept_err);
    s.out[0] = '\0';
    if (out_path == NULL)
        read_back(out, s.out);
    else
        close(out);
    read_back(err, s.err);
    clearerr(stdout);
    return s;
}

#define SAY(...) say((char *[]){ "tool", __VA_ARGS__ __VA_OPT__(, ) NULL }, NULL)

static const char help[] = "Usage: tool COMMAND [options]\n\n"
                           "A tool.\n\n"
                           "  up       begin\n"
                           "  version  print the version\n\n"
                           "`tool COMMAND --help` explains each.\n\n"
                           "Begin with `tool up`.\n";

START_TEST(runs_the_word_with_what_follows)
{
    struct said s = SAY("up", "--now");
    ck_assert_int_eq(s.code, 7);
    ck_assert_int_eq(times, 1);
    ck_assert_int_eq(n_words, 2);
    ck_assert_str_eq(second, "--now");
}
END_TEST

START_TEST(prints_help_where_it_was_asked_for)
{
    ck_assert_str_eq(SAY("--help").out, help);
    ck_assert_str_eq(SAY("-h").out, help);
    struct said s = SAY("help");
    ck_assert_str_eq(s.out, help);
    ck_assert_int_eq(s.code, COMMANDS_DONE);
}
END_TEST

START_TEST(nothing_to_do_is_a_usage_error)
{
    struct said s = SAY();
    ck_assert_int_eq(s.code, COMMANDS_USAGE);
    ck_assert_str_eq(s.err, help);
    ck_assert_str_eq(s.out, "");
}
END_TEST

START_TEST(help_of_a_word_is_its_own)
{
    struct said s = SAY("help", "up");
    ck_assert_int_eq(s.code, 7);
    ck_assert_str_eq(second, "--help");
    ck_assert_int_eq(SAY("help", "down").code, COMMANDS_USAGE);
}
END_TEST

START_TEST(version_has_two_spellings)
{
    ck_assert_str_eq(SAY("version").out, "tool 1\n");
    ck_assert_str_eq(SAY("--version").out, "tool 1\n");
}
END_TEST

START_TEST(an_unknown_word_names_the_nearest)
{
    struct said s = SAY("pu");
    ck_assert_int_eq(s.code, COMMANDS_USAGE);
    ck_assert_str_eq(s.err, "tool: no command 'pu'; did you mean 'up'?\n");
    s = SAY("banana");
    ck_assert_str_eq(s.err, "tool: no command 'banana'; `tool --help` lists them\n");
}
END_TEST

START_TEST(an_answer_that_cannot_be_written_is_no_success)
{
    struct said s = say((char *[]){ "tool", "version", NULL }, "/dev/full");
    ck_assert_int_eq(s.code, 3);
    ck_assert_str_eq(s.err, "tool: standard output cannot be written\n");
}
END_TEST

TESTS("common/commands", runs_the_word_with_what_follows, prints_help_where_it_was_asked_for,
      nothing_to_do_is_a_usage_error, help_of_a_word_is_its_own, version_has_two_spellings,
      an_unknown_word_names_the_nearest, an_answer_that_cannot_be_written_is_no_success)
