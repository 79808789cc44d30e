#include "reference/plexd/cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/testing.h"
#include "common/text.h"
#include "reference/plexd/state_files.h"

static struct arena *a;
static char *dir;

static void begin(void)
{
    struct error e = { "" };
    a = arena_create();
    ck_assert_msg(directory_make_temporary(a, "/tmp/plexd-cache", &dir, &e), "%s", e.text);
}

static void end(void)
{
    ck_assert(directory_remove(dir, NULL));
    arena_destroy(a);
}

static const char *path(const char *name)
{
    return path_join(a, dir, name);
}

static struct cache *opened(void)
{
    struct cache *c;
    struct error e = { "" };
    ck_assert_msg(cache_open(dir, NULL, &c, &e), "%s", e.text);
    return c;
}

static const char *content(const char *name)
{
    struct bytes text;
    return file_read(a, path(name), 1 << 20, &text, NULL) ? (const char *)text.data : NULL;
}

static void plant(const char *name, const char *text)
{
    ck_assert(file_write_atomic(path(name), text, strlen(text), 0600, NULL));
}

static int mode_of(const char *name)
{
    struct stat s;
    return stat(path(name), &s) == 0 ? (int)(s.st_mode & 07777) : -1;
}

static struct data_entry entry(const char *key, const char *payload, int64_t version)
{
    return (struct data_entry){ .key = key,
                                .content_type = "application/json",
                                .payload = BYTES_OF_TEXT(payload),
                                .version = version,
                                .updated_at = "2025-01-15T10:30:00Z" };
}

START_TEST(starts_empty_with_private_folders)
{
    begin();
    struct cache *c = opened();
    size_t n = 9;
    ck_assert_int_eq(mode_of("state"), 0700);
    ck_assert_int_eq(mode_of("state/data"), 0700);
    ck_assert_uint_eq(json_object_size(cache_metadata(c)), 0);
    cache_data(c, &n);
    ck_assert_uint_eq(n, 0);
    cache_secrets(c, &n);
    ck_assert_uint_eq(n, 0);
    ck_assert_ptr_null(cache_data_find(c, "k"));
    cache_close(c);
    end();
}
END_TEST

START_TEST(keeps_all_over_a_restart)
{
    begin();
    struct cache *c = opened();
    json_t *metadata;
    ck_assert(json_parse(a, "{\"region\":\"eu\",\"n\":1}", 21, &metadata, NULL));
    struct data_entry data[] = { entry("b", "{\"x\":1.0,\"y\":1e3}", 7), entry("a", "[]", 1) };
    struct secret_ref refs[] = { { "z", 2 }, { "a\"b", 1 } };
    cache_set_metadata(c, metadata);
    cache_set_data(c, data, 2);
    cache_set_secrets(c, refs, 2);
    cache_close(c);

    ck_assert_str_eq(content("state/metadata.json"), "{\"region\":\"eu\"}\n");
    ck_assert_str_eq(content("state/data/b.json"),
                     "{\"key\":\"b\",\"content_type\":\"application/json\",\"payload\":"
                     "{\"x\":1.0,\"y\":1e3},\"version\":7,"
                     "\"updated_at\":\"2025-01-15T10:30:00Z\"}\n");
    ck_assert_str_eq(content("state/secrets.json"),
                     "[{\"key\":\"z\",\"version\":2},{\"key\":\"a\\\"b\",\"version\":1}]\n");
    ck_assert_int_eq(mode_of("state/metadata.json"), 0600);
    ck_assert_int_eq(mode_of("state/data/b.json"), 0600);

    c = opened();
    size_t n;
    const struct data_entry *all = cache_data(c, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(all[0].key, "a");
    ck_assert_str_eq(all[1].key, "b");
    ck_assert_mem_eq(all[1].payload.data, "{\"x\":1.0,\"y\":1e3}", 17);
    ck_assert_int_eq(all[1].version, 7);
    ck_assert_str_eq(json_text(cache_metadata(c), "region"), "eu");
    ck_assert_ptr_null(json_member(cache_metadata(c), "n"));
    const struct secret_ref *kept = cache_secrets(c, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(kept[0].key, "z");
    ck_assert_str_eq(kept[1].key, "a\"b");
    cache_close(c);
    end();
}
END_TEST

START_TEST(an_update_removes_what_is_no_more)
{
    begin();
    struct cache *c = opened();
    struct data_entry two[] = { entry("a", "1", 1), entry("b", "2", 1) };
    struct data_entry one[] = { entry("b", "3", 2) };
    cache_set_data(c, two, 2);
    ck_assert(path_exists(path("state/data/a.json")));
    cache_set_data(c, one, 1);
    ck_assert(!path_exists(path("state/data/a.json")));
    ck_assert(text_contains(content("state/data/b.json"), "\"payload\":3"));
    ck_assert_ptr_null(cache_data_find(c, "a"));
    cache_set_data(c, NULL, 0);
    ck_assert(!path_exists(path("state/data/b.json")));
    cache_close(c);
    end();
}
END_TEST

START_TEST(unchanged_entries_are_not_written_again)
{
    begin();
    struct cache *c = opened();
    struct data_entry two[] = { entry("a", "1", 1), entry("b", "2", 1) };
    cache_set_data(c, two, 2);
    ck_assert_int_eq(unlink(path("state/data/a.json")), 0);
    two[1].version = 2;
    cache_set_data(c, two, 2);
    ck_assert(!path_exists(path("state/data/a.json")));
    ck_assert(text_contains(content("state/data/b.json"), "\"version\":2"));
    cache_close(c);
    end();
}
END_TEST

START_TEST(counts_changes_where_the_dialect_gives_no_version)
{
    begin();
    struct cache *c = opened();
    struct data_entry e = entry("k", "1", 0);
    e.updated_at = "";
    cache_set_data(c, &e, 1);
    ck_assert_int_eq(cache_data_find(c, "k")->version, 1);
    const char *first = arena_strdup(a, cache_data_find(c, "k")->updated_at);
    ck_assert_uint_ge(strlen(first), 20);
    cache_set_data(c, &e, 1);
    ck_assert_int_eq(cache_data_find(c, "k")->version, 1);
    ck_assert_str_eq(cache_data_find(c, "k")->updated_at, first);
    e.payload = BYTES_OF_TEXT("2");
    cache_set_data(c, &e, 1);
    ck_assert_int_eq(cache_data_find(c, "k")->version, 2);
    cache_close(c);

    c = opened(); /* and goes on counting after a restart */
    e.payload = BYTES_OF_TEXT("3");
    cache_set_data(c, &e, 1);
    ck_assert_int_eq(cache_data_find(c, "k")->version, 3);
    cache_set_data(c, NULL, 0);
    cache_set_data(c, &e, 1);
    ck_assert_int_eq(cache_data_find(c, "k")->version, 1);
    cache_close(c);
    end();
}
END_TEST

START_TEST(of_two_entries_with_one_key_the_higher_version_stays)
{
    begin();
    struct cache *c = opened();
    struct data_entry two[] = { entry("k", "\"new\"", 5), entry("k", "\"old\"", 4) };
    size_t n;
    cache_set_data(c, two, 2);
    cache_data(c, &n);
    ck_assert_uint_eq(n, 1);
    ck_assert_int_eq(cache_data_find(c, "k")->version, 5);
    cache_close(c);
    end();
}
END_TEST

/* Case 37 of the wire facts. */
START_TEST(refuses_keys_that_would_leave_the_folder)
{
    begin();
    struct cache *c = opened();
    char longest[257];
    memset(longest, 'k', 256);
    longest[256] = '\0';
    const char *const bad[] = { "../x", "a/b", "/etc/x", "..", ".", "", "a\nb", "\xff", longest };
    size_t n;
    char **names;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct data_entry two[] = { entry(bad[i], "1", 1), entry("good", "1", 1) };
        cache_set_data(c, two, 2);
        cache_data(c, &n);
        ck_assert_uint_eq(n, 1);
    }
    ck_assert(directory_list(a, path("state/data"), &names, &n, NULL));
    ck_assert_uint_eq(n, 1);
    ck_assert_str_eq(names[0], "good.json");
    ck_assert(directory_list(a, dir, &names, &n, NULL));
    ck_assert_uint_eq(n, 1);
    ck_assert(!path_exists(path("../x.json")));
    cache_close(c);
    end();
}
END_TEST

START_TEST(every_legal_key_has_one_file_of_its_own)
{
    begin();
    struct cache *c = opened();
    char longest[256], other[256];
    memset(longest, ' ', 255); /* encoded: three times as long */
    longest[255] = '\0';
    memcpy(other, longest, 256);
    other[254] = '!';
    struct data_entry data[] = {
        entry(".hidden", "1", 1),      entry("a b", "1", 1), entry("a%20b", "1", 1),
        entry("A", "1", 1),            entry("a", "1", 1),   entry("a.json", "1", 1),
        entry("\xc3\xa9", "1", 1),     entry("~", "1", 1),   entry("x.json.abcdef", "1", 1),
        entry(".tmp-a", "1", 1),       entry("a\\b", "1", 1), entry(longest, "1", 1),
        entry(other, "1", 1),          entry("-", "1", 1),   entry("...", "1", 1),
    };
    size_t n;
    cache_set_data(c, data, ARRAY_LEN(data));
    cache_data(c, &n);
    ck_assert_uint_eq(n, ARRAY_LEN(data));
    cache_close(c);
    ck_assert(path_exists(path("state/data/%2Ehidden.json")));
    ck_assert(path_exists(path("state/data/a%20b.json")));
    ck_assert(path_exists(path("state/data/a%2520b.json")));
    c = opened();
    cache_data(c, &n);
    ck_assert_uint_eq(n, ARRAY_LEN(data));
    for (size_t i = 0; i < ARRAY_LEN(data); i++)
        ck_assert_ptr_nonnull(cache_data_find(c, data[i].key));
    cache_close(c);
    end();
}
END_TEST

START_TEST(broken_files_are_set_aside_and_the_rest_is_served)
{
    begin();
    struct cache *c = opened();
    struct data_entry data[] = { entry("good", "1", 1) };
    cache_set_data(c, data, 1);
    cache_close(c);
    plant("state/metadata.json", "{\"a\":");
    plant("state/secrets.json", "{}");
    static const char *const broken[] = {
        "", "{", "[]", "{\"key\":\"b\"}",
        "{\"key\":\"other\",\"content_type\":\"t\",\"payload\":1,\"version\":1,"
        "\"updated_at\":\"2025-01-15T10:30:00Z\"}",
        "{\"key\":\"b\",\"content_type\":\"t\",\"payload\":1,\"version\":\"1\","
        "\"updated_at\":\"2025-01-15T10:30:00Z\"}",
        "{\"key\":\"b\",\"content_type\":\"t\",\"payload\":1,\"version\":-1,"
        "\"updated_at\":\"2025-01-15T10:30:00Z\"}",
        "{\"key\":\"b\",\"content_type\":\"t\",\"payload\":1,\"version\":1,\"updated_at\":\"x\"}",
        "{\"key\":\"b\",\"content_type\":\"t\",\"version\":1,"
        "\"updated_at\":\"2025-01-15T10:30:00Z\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        plant("state/data/b.json", broken[i]);
        c = opened();
        ck_assert_ptr_null(cache_data_find(c, "b"));
        ck_assert_ptr_null(cache_data_find(c, "other"));
        ck_assert_ptr_nonnull(cache_data_find(c, "good"));
        ck_assert_uint_eq(json_object_size(cache_metadata(c)), 0);
        ck_assert(!path_exists(path("state/data/b.json")));
        ck_assert_str_eq(content("state/data/b.json.corrupt"), broken[i]);
        cache_close(c);
    }
    ck_assert_str_eq(content("state/metadata.json.corrupt"), "{\"a\":");
    ck_assert_str_eq(content("state/secrets.json.corrupt"), "{}");
    end();
}
END_TEST

START_TEST(what_a_crash_left_is_removed)
{
    begin();
    cache_close(opened());
    static const char *const left[] = { "state/.tmp-metadata.json", "state/metadata.json.a1B2c3",
                                        "state/data/.tmp-k.json", "state/data/k.json.XyZ012" };
    static const char *const others[] = { "state/note.txt", "state/data/k.json.corrupt" };
    for (size_t i = 0; i < ARRAY_LEN(left); i++)
        plant(left[i], "{\"half");
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        plant(others[i], "x");
    cache_close(opened());
    for (size_t i = 0; i < ARRAY_LEN(left); i++)
        ck_assert_msg(!path_exists(path(left[i])), "%s", left[i]);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        ck_assert_msg(path_exists(path(others[i])), "%s", others[i]);
    end();
}
END_TEST

START_TEST(a_folder_that_cannot_be_made_is_an_error)
{
    begin();
    struct cache *c;
    struct error e = { "" };
    plant("state", "a file");
    ck_assert(!cache_open(dir, NULL, &c, &e));
    ck_assert(text_starts(e.text, "state cache: "));
    end();
}
END_TEST

START_TEST(the_disk_thread_writes_in_order)
{
    begin();
    struct loop *l;
    struct disk *d;
    struct cache *c;
    ck_assert(loop_create(&l, NULL) && disk_create(l, &d, NULL));
    ck_assert(cache_open(dir, d, &c, NULL));
    for (int i = 1; i <= 50; i++) {
        struct data_entry e = entry("k", arena_printf(a, "%d", i), i);
        cache_set_data(c, &e, 1);
        if (i % 10 == 5)
            cache_set_data(c, NULL, 0);
        ck_assert_int_eq(cache_data_find(c, "k") == NULL, i % 10 == 5); /* memory is first */
    }
    cache_close(c);
    disk_destroy(d);
    loop_destroy(l);
    ck_assert(text_contains(content("state/data/k.json"), "\"payload\":50,\"version\":50"));
    end();
}
END_TEST

TESTS("plexd/cache", starts_empty_with_private_folders, keeps_all_over_a_restart,
      an_update_removes_what_is_no_more, unchanged_entries_are_not_written_again,
      counts_changes_where_the_dialect_gives_no_version,
      of_two_entries_with_one_key_the_higher_version_stays,
      refuses_keys_that_would_leave_the_folder, every_legal_key_has_one_file_of_its_own,
      broken_files_are_set_aside_and_the_rest_is_served, what_a_crash_left_is_removed,
      a_folder_that_cannot_be_made_is_an_error, the_disk_thread_writes_in_order)
