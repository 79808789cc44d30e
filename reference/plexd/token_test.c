#include "reference/plexd/token.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/testing.h"
#include "common/text.h"

static struct arena *a;
static struct error e;
static struct plexd_config c;
static struct token t;
static char *pairs[2];
static char *folder;

static void begin(void)
{
    a = arena_create();
    ck_assert(directory_make_temporary(a, "/tmp/plexd-token", &folder, &e));
    c = (struct plexd_config){ .token_value = "",
                               .token_env = "THE_TOKEN",
                               .token_file = path_join(a, folder, "token") };
}

static void finish(void)
{
    ck_assert(directory_remove(folder, &e));
    arena_destroy(a);
}

static void put(const char *text)
{
    ck_assert(file_write_atomic(c.token_file, text, strlen(text), 0600, &e));
}

static bool resolve(void)
{
    struct environment env = { .pairs = pairs };
    return token_resolve(a, &c, &env, &t, &e);
}

START_TEST(the_first_source_that_is_not_blank_wins)
{
    begin();
    pairs[0] = "THE_TOKEN= from-environment ";
    ck_assert(resolve());
    ck_assert_str_eq(t.text, "from-environment");
    ck_assert_ptr_null(t.file);
    put(" \n");
    ck_assert(resolve());
    ck_assert_str_eq(t.text, "from-environment");
    put(" from-file\n");
    ck_assert(resolve());
    ck_assert_str_eq(t.text, "from-file");
    ck_assert_str_eq(t.file, c.token_file);
    c.token_value = " from-value ";
    ck_assert(resolve());
    ck_assert_str_eq(t.text, "from-value");
    ck_assert_ptr_null(t.file);
    finish();
}
END_TEST

START_TEST(no_source_is_an_error_that_lists_them)
{
    begin();
    ck_assert(!resolve());
    ck_assert(text_contains(e.text, "THE_TOKEN") && text_contains(e.text, c.token_file));
    finish();
}
END_TEST

START_TEST(a_bad_token_falls_through_to_nobody_and_is_not_quoted)
{
    static char long_text[514];
    begin();
    pairs[0] = "THE_TOKEN=good";
    memset(long_text, 'x', 512);
    put(long_text);
    ck_assert(resolve());
    long_text[512] = 'x';
    put(long_text);
    ck_assert(!resolve());
    ck_assert(!text_contains(e.text, "xxx"));
    put("with\x01control");
    ck_assert(!resolve());
    ck_assert(!text_contains(e.text, "with"));
    put("caf\xC3\xA9");
    ck_assert(!resolve());
    finish();
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_fatal)
{
    begin();
    pairs[0] = "THE_TOKEN=good";
    ck_assert(directory_make(c.token_file, 0700, &e)); /* root reads any file, but no folder */
    ck_assert(!resolve());
    finish();
}
END_TEST

START_TEST(a_token_names_its_project)
{
    a = arena_create();
    ck_assert_str_eq(token_project(a,
                                   "psb_dev_aaaqeayeaudaocajbifqydiob4_node_aaaaaaaaaaaaaaaaaaaa"),
                     "00010203-0405-0607-0809-0a0b0c0d0e0f");
    static const char *const bad[] = { "",
                                       "x",
                                       "psb_dev_short_node_aaaa",
                                       "psb_dev_AAAQEAYEAUDAOCAJBIFQYDIOB4_node_aaaa",
                                       "xsb_dev_aaaqeayeaudaocajbifqydiob4_node_aaaa",
                                       "psb_dev_aaaqeayeaudaocajbifqydiob4_node" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_ptr_null(token_project(a, bad[i]));
    arena_destroy(a);
}
END_TEST

TESTS("plexd/token", the_first_source_that_is_not_blank_wins, no_source_is_an_error_that_lists_them,
      a_bad_token_falls_through_to_nobody_and_is_not_quoted, a_file_that_cannot_be_read_is_fatal,
      a_token_names_its_project)
