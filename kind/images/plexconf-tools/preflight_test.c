#include "common/arena.h"
#include "common/file.h"
#include "common/testing.h"
#include "common/text.h"
#include "kind/images/plexconf-tools/tools.h"

static struct arena *a;
static char *root;

static void put(const char *secret, const char *key, const char *value)
{
    struct error e = { "" };
    const char *folder = path_join(a, root, secret);
    if (!path_exists(folder))
        ck_assert_msg(directory_make(folder, 0700, &e), "%s", e.text);
    if (key != NULL)
        ck_assert_msg(file_write_atomic(path_join(a, folder, key), value, strlen(value), 0600, &e),
                      "%s", e.text);
}

static const char *said(bool expected, char *const *wanted)
{
    struct buffer out;
    buffer_init_arena(&out, 65536, a);
    const struct preflight p = { .root = root,
                                 .namespace_name = "shop",
                                 .remedy = "make {secret}-sync # {secret}",
                                 .wanted = wanted };
    ck_assert(preflight_check(a, &p, &out) == expected);
    return arena_strndup(a, out.data, out.len);
}

static void begin(void)
{
    struct error e = { "" };
    a = arena_create();
    ck_assert_msg(directory_make_temporary(a, "/tmp/preflight", &root, &e), "%s", e.text);
}

static void end(void)
{
    struct error e = { "" };
    ck_assert_msg(directory_remove(root, &e), "%s", e.text);
    arena_destroy(a);
}

static char *const wanted[] = { "db/url", "db/password", "keys/k", NULL };

START_TEST(every_missing_secret_has_its_line)
{
    begin();
    ck_assert_str_eq(said(false, wanted),
                     "missing Secret shop/db (url, password): make db-sync # db\n"
                     "missing Secret shop/keys (k): make keys-sync # keys\n"
                     "2 of 2 Secrets are missing; nothing is started\n");
    end();
}
END_TEST

START_TEST(a_key_that_lacks_or_is_empty_is_named_alone)
{
    begin();
    put("db", "url", "postgres://nobody:s3cret@db/");
    put("db", "password", "");
    put("keys", "k", "v");
    const char *text = said(false, wanted);
    ck_assert_str_eq(text, "missing Secret shop/db (password): make db-sync # db\n"
                           "1 of 2 Secrets are missing; nothing is started\n");
    ck_assert(!text_contains(text, "s3cret"));
    put("db", "password", "p");
    ck_assert_str_eq(said(true, wanted), "2 Secrets are there\n");
    end();
}
END_TEST

START_TEST(a_secret_without_named_keys_must_be_mounted)
{
    begin();
    char *const any[] = { "tls", NULL };
    ck_assert(text_starts(said(false, any), "missing Secret shop/tls (any key): "));
    put("tls", NULL, NULL);
    ck_assert_str_eq(said(true, any), "1 Secrets are there\n");
    end();
}
END_TEST

TESTS("kind/preflight", every_missing_secret_has_its_line,
      a_key_that_lacks_or_is_empty_is_named_alone, a_secret_without_named_keys_must_be_mounted)
