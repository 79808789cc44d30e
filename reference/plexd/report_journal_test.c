#include "reference/plexd/report_journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/testing.h"
#include "common/text.h"

static const struct data_entry entry = { .key = "k\"1",
                                         .content_type = "text/plain",
                                         .payload = { (const unsigned char *)"{\"a\":1.0}", 9 },
                                         .version = 3,
                                         .updated_at = "2025-01-15T10:30:00Z" };

static const struct journal_record records[] = {
    { REPORT_PENDING, "k\"1", &entry },
    { REPORT_PENDING, "gone", NULL },
    { REPORT_PARKED, "k\"1", &entry },
    { REPORT_SENT, "gone", NULL },
};

struct seen {
    size_t n;
    struct journal_record last;
    char key[64], payload[64];
};

static void see(void *self, const struct journal_record *r)
{
    struct seen *s = self;
    s->n++;
    s->last = *r;
    snprintf(s->key, sizeof s->key, "%s", r->key);
    snprintf(s->payload, sizeof s->payload, "%.*s", r->put == NULL ? 0 : (int)r->put->payload.len,
             r->put == NULL ? "" : (const char *)r->put->payload.data);
}

static struct buffer journal(struct arena *a)
{
    struct buffer b;
    buffer_init_arena(&b, 1 << 20, a);
    for (size_t i = 0; i < ARRAY_LEN(records); i++)
        journal_write(&b, &records[i]);
    return b;
}

static size_t read_it(const char *text, size_t len, struct seen *s)
{
    *s = (struct seen){ .n = 0 };
    return journal_read((struct bytes){ (const unsigned char *)text, len }, see, s);
}

START_TEST(reads_what_it_wrote)
{
    struct arena *a = arena_create();
    struct seen s;
    for (size_t i = 0; i < ARRAY_LEN(records); i++) {
        struct buffer b;
        buffer_init_arena(&b, 1 << 20, a);
        journal_write(&b, &records[i]);
        ck_assert_uint_eq(read_it(b.data, b.len, &s), 0);
        ck_assert_uint_eq(s.n, 1);
        ck_assert_str_eq(s.key, records[i].key);
        ck_assert_int_eq(s.last.state, records[i].state);
        ck_assert_int_eq(s.last.put == NULL, records[i].put == NULL);
        ck_assert_str_eq(s.payload, records[i].put == NULL ? "" : "{\"a\":1.0}");
    }
    arena_destroy(a);
}
END_TEST

/* The format is what other versions of the agent will find: it stays. */
START_TEST(lines_look_like_this)
{
    struct arena *a = arena_create();
    struct buffer b;
    buffer_init_arena(&b, 1 << 20, a);
    journal_write(&b, &records[1]);
    ck_assert_str_eq(b.data, "3285103a 36 {\"state\":\"pending\",\"deleted\":\"gone\"}\n");
    arena_destroy(a);
}
END_TEST

START_TEST(of_a_torn_journal_the_whole_lines_count)
{
    struct arena *a = arena_create();
    struct buffer b = journal(a);
    struct seen s;
    for (size_t len = 0; len <= b.len; len++) {
        size_t lines = 0, whole = 0;
        for (size_t i = 0; i < len; i++)
            if (b.data[i] == '\n') {
                lines++;
                whole = i + 1;
            }
        ck_assert_uint_eq(read_it(b.data, len, &s), len - whole);
        ck_assert_uint_eq(s.n, lines);
    }
    arena_destroy(a);
}
END_TEST

START_TEST(a_changed_byte_costs_its_own_line_only)
{
    struct arena *a = arena_create();
    struct buffer b = journal(a);
    struct seen s;
    for (size_t i = 0; i < b.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            char *text = arena_copy(a, b.data, b.len + 1);
            text[i] = (char)(text[i] ^ (1 << bit));
            bool was_end = b.data[i] == '\n';
            ck_assert_uint_gt(read_it(text, b.len, &s), 0);
            ck_assert_uint_ge(s.n, ARRAY_LEN(records) - (was_end ? 2 : 1));
        }
    arena_destroy(a);
}
END_TEST

START_TEST(refuses_keys_that_no_program_may_write)
{
    static const char *const bad[] = { "", ".", "..", "a/b", "a\\b", "a\nb", "\x1f", "\xff", NULL };
    char longest[257];
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert(!report_key_valid(bad[i]));
    memset(longest, 'k', 256);
    longest[256] = '\0';
    ck_assert(!report_key_valid(longest));
    longest[255] = '\0';
    ck_assert(report_key_valid(longest));
    ck_assert(report_key_valid("...") && report_key_valid(".a") && report_key_valid("a b"));

    struct arena *a = arena_create();
    struct buffer b;
    struct seen s;
    buffer_init_arena(&b, 1 << 20, a);
    journal_write(&b, &(struct journal_record){ REPORT_PENDING, "../x", NULL });
    ck_assert_uint_eq(read_it(b.data, b.len, &s), b.len);
    ck_assert_uint_eq(s.n, 0);
    arena_destroy(a);
}
END_TEST

START_TEST(appends_only_to_the_file_it_left)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    struct bytes got, line = BYTES_OF_TEXT("two\n");
    char *dir;
    ck_assert(directory_make_temporary(a, "/tmp/plexd-journal", &dir, &e));
    const char *path = path_join(a, dir, "report.journal");
    ck_assert(!journal_append(path, 0, line, &e)); /* never made by appending */
    ck_assert(file_write_atomic(path, "one\n", 4, 0600, &e));
    ck_assert(!journal_append(path, 3, line, &e));
    ck_assert(!journal_append(path, 5, line, &e));
    ck_assert_msg(journal_append(path, 4, line, &e), "%s", e.text);
    ck_assert(file_read(a, path, 100, &got, &e));
    ck_assert_str_eq((const char *)got.data, "one\ntwo\n");
    ck_assert(directory_remove(dir, &e));
    arena_destroy(a);
}
END_TEST

TESTS("plexd/report_journal", reads_what_it_wrote, lines_look_like_this,
      of_a_torn_journal_the_whole_lines_count, a_changed_byte_costs_its_own_line_only,
      refuses_keys_that_no_program_may_write, appends_only_to_the_file_it_left)
