#include "common/options.h"

#include <stdlib.h>
#include <string.h>

#include "common/testing.h"
#include "common/text.h"

static bool verbose, fail_fast;
static const char *out;
static int64_t jobs, any;
static struct option_list selects;
static struct error e;

static const struct option_row rows[] = {
    { "verbose", 'v', OPTION_FLAG, &verbose, NULL, "Say more.", 0, 0 },
    { "fail-fast", 'f', OPTION_FLAG, &fail_fast, NULL, "Stop at the first failed case.", 0, 0 },
    { "out", 'o', OPTION_TEXT, &out, "DIR",
      "Write the reports into this folder, which is made when it is not there yet, and leave what "
      "else is in it alone.",
      0, 0 },
    { "jobs", 'j', OPTION_NUMBER, &jobs, "N", "Workers.", 1, 64 },
    { "any", 0, OPTION_NUMBER, &any, "N", "Any number.", 0, 0 },
    { "select", 0, OPTION_LIST, &selects, "EXPR", "Only these cases.", 0, 0 },
    { NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, 0 },
};
static const struct option_table table = { "plexconf run", "[options] [SUITE…]", "Judges a target.",
                                           rows, "Examples:\n  plexconf run" };

#define PARSE(...) parse((char *[]){ "run", __VA_ARGS__, NULL })

static char **rest;
static int n_rest;

/* The words are copied: `rest` points into them until the next call. */
static enum options_result parse(char **words)
{
    static char *argv[80];
    int argc = 0;
    for (; words[argc] != NULL; argc++)
        argv[argc] = words[argc];
    argv[argc] = NULL;
    verbose = fail_fast = false;
    out = NULL;
    jobs = any = -7;
    selects.n = 0;
    e.text[0] = '\0';
    return options_parse(&table, argc, argv, &rest, &n_rest, &e);
}

START_TEST(refuses_with_one_clear_line)
{
    ck_assert_int_eq(PARSE("--selct", "x"), OPTIONS_BAD);
    ck_assert_str_eq(e.text, "unknown option --selct; did you mean --select?");
    ck_assert_int_eq(PARSE("--token=hunter2"), OPTIONS_BAD);
    ck_assert_str_eq(e.text, "unknown option --token; see plexconf run --help");
    ck_assert_int_eq(PARSE("-x"), OPTIONS_BAD);
    ck_assert_str_eq(e.text, "unknown option -x; see plexconf run --help");
    ck_assert_int_eq(PARSE("--out"), OPTIONS_BAD);
    ck_assert_str_eq(e.text, "--out needs a value: --out DIR");
    ck_assert_int_eq(PARSE("-o"), OPTIONS_BAD);
    ck_assert_int_eq(PARSE("--verbose=yes"), OPTIONS_BAD);
    ck_assert_str_eq(e.text, "--verbose takes no value");
    ck_assert_int_eq(PARSE("--jobs", "0"), OPTIONS_BAD);
    ck_assert_str_eq(e.text, "--jobs: must be a number from 1 to 64, not '0'");
    ck_assert_int_eq(PARSE("-j65"), OPTIONS_BAD);
    ck_assert_int_eq(PARSE("--jobs="), OPTIONS_BAD);
    ck_assert_int_eq(PARSE("--any", "1x"), OPTIONS_BAD);
    ck_assert_str_eq(e.text, "--any: must be a whole number, not '1x'");
    ck_assert_int_eq(PARSE("--verbos", "--"), OPTIONS_BAD);
    ck_assert_int_eq(PARSE("--ver"), OPTIONS_BAD); /* no abbreviations */
}
END_TEST

START_TEST(refuses_stray_arguments_where_none_are_taken)
{
    char *argv[] = { "run", "-v", "suite", NULL };
    ck_assert_int_eq(options_parse(&table, 3, argv, NULL, NULL, &e), OPTIONS_BAD);
    ck_assert_str_eq(e.text,
                     "plexconf run takes no argument, got 'suite'; see plexconf run --help");
    char *none[] = { "run", NULL };
    ck_assert_int_eq(options_parse(&table, 1, none, NULL, NULL, &e), OPTIONS_OK);
}
END_TEST

START_TEST(refuses_an_endless_list)
{
    char *argv[68] = { "run" };
    for (size_t i = 1; i < 67; i++)
        argv[i] = "--select=x";
    ck_assert_int_eq(parse(argv), OPTIONS_BAD);
    ck_assert_str_eq(e.text, "--select: given more than 64 times");
}
END_TEST

START_TEST(reads_every_spelling)
{
    ck_assert_int_eq(PARSE("--verbose", "--out=a=b", "-j", "4", "--select", "x", "--select=y"),
                     OPTIONS_OK);
    ck_assert(verbose && !fail_fast);
    ck_assert_str_eq(out, "a=b");
    ck_assert_int_eq(jobs, 4);
    ck_assert_uint_eq(selects.n, 2);
    ck_assert_str_eq(selects.items[1], "y");
    ck_assert_int_eq(n_rest, 0);
    ck_assert_ptr_null(rest[0]);

    ck_assert_int_eq(PARSE("-vfj16", "--any=-9223372036854775808", "--out", "--jobs"), OPTIONS_OK);
    ck_assert(verbose && fail_fast && jobs == 16 && any == INT64_MIN);
    ck_assert_str_eq(out, "--jobs");

    ck_assert_int_eq(PARSE("-odir"), OPTIONS_OK);
    ck_assert_str_eq(out, "dir");
}
END_TEST

START_TEST(leaves_arguments_in_order)
{
    ck_assert_int_eq(PARSE("one", "-v", "two", "-", "--out", "d", "--", "-x", "--verbose"),
                     OPTIONS_OK);
    ck_assert_int_eq(n_rest, 5);
    static const char *const expected[] = { "one", "two", "-", "-x", "--verbose" };
    for (int i = 0; i < n_rest; i++)
        ck_assert_str_eq(rest[i], expected[i]);
    ck_assert_ptr_null(rest[5]);
    ck_assert_str_eq(out, "d");
}
END_TEST

START_TEST(prints_help_within_80_columns)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    options_help(&table, f);
    fclose(f);
    static const char expected[] =
        "Usage: plexconf run [options] [SUITE…]\n"
        "\n"
        "Judges a target.\n"
        "\n"
        "Options:\n"
        "  -v, --verbose           Say more.\n"
        "  -f, --fail-fast         Stop at the first failed case.\n"
        "  -o, --out DIR           Write the reports into this folder, which is made when\n"
        "                          it is not there yet, and leave what else is in it\n"
        "                          alone.\n"
        "  -j, --jobs N            Workers.\n"
        "      --any N             Any number.\n"
        "      --select EXPR       Only these cases.\n"
        "  -h, --help              Print this help.\n"
        "\n"
        "Examples:\n"
        "  plexconf run\n";
    ck_assert_str_eq(text, expected);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        ck_assert_uint_le(text_utf8_length(line), 80);
    free(text);
}
END_TEST

START_TEST(help_wins_over_what_follows)
{
    FILE *devnull = freopen("/dev/null", "w", stdout);
    ck_assert_ptr_nonnull(devnull);
    ck_assert_int_eq(PARSE("--help", "--nonsense"), OPTIONS_HELP);
    ck_assert_int_eq(PARSE("-vh"), OPTIONS_HELP);
    ck_assert_int_eq(PARSE("--", "--help"), OPTIONS_OK);
}
END_TEST

START_TEST(finds_the_nearest_word)
{
    static const char *const names[] = { "run", "list", "explain", "gate", "report", NULL };
    ck_assert_str_eq(options_nearest("lsit", names), "list");
    ck_assert_str_eq(options_nearest("explian", names), "explain");
    ck_assert_str_eq(options_nearest("rum", names), "run");
    ck_assert_str_eq(options_nearest("reports", names), "report");
    ck_assert_ptr_null(options_nearest("banana", names));
    ck_assert_ptr_null(options_nearest("", names));
    ck_assert_ptr_null(options_nearest("x", names));
    char long_word[500];
    memset(long_word, 'r', sizeof(long_word) - 1);
    long_word[sizeof(long_word) - 1] = '\0';
    ck_assert_ptr_null(options_nearest(long_word, names));
}
END_TEST

TESTS("common/options", refuses_with_one_clear_line, refuses_stray_arguments_where_none_are_taken,
      refuses_an_endless_list, reads_every_spelling, leaves_arguments_in_order,
      prints_help_within_80_columns, help_wins_over_what_follows, finds_the_nearest_word)
