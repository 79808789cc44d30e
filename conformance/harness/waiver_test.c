#include "harness/waiver.h"

#include <string.h>

#include "common/file.h"
#include "common/testing.h"
#include "common/timestamp.h"
#include "harness/case.h"

#define SUITE "waivers"
CASE("WVR-1", .clauses = { "RUN-001" }, .title = "a") {}
CASE("WVR-2", .clauses = { "RUN-001" }, .title = "b") {}

static struct arena *arena;
static char *directory;

static bool load(const char *text, const char *now, struct waivers *out, struct error *e)
{
    struct error problem = { .text = "" };
    int64_t at = 0;
    char *path = path_join(arena, directory, "waivers.yaml");
    ck_assert(timestamp_parse(now, &at));
    ck_assert_msg(file_write_atomic(path, text, strlen(text), 0600, &problem), "%s", problem.text);
    return waivers_load(arena, path, at, out, e);
}

static void with_directory(void)
{
    struct error e;
    arena = arena_create();
    ck_assert(directory_make_temporary(arena, "/tmp/waivers", &directory, &e));
}

static void without_directory(void)
{
    struct error e;
    ck_assert(directory_remove(directory, &e));
    arena_destroy(arena);
}

static void has_fault(const char *text, const char *words)
{
    struct waivers w;
    struct error e = { .text = "" };
    ck_assert_msg(load(text, "2026-06-01T00:00:00Z", &w, &e), "%s", e.text);
    const struct waiver *last = &w.rows[w.n - 1];
    ck_assert_msg(last->fault != NULL, "no fault in: %s", text);
    ck_assert_msg(strstr(last->fault, words) != NULL, "%s", last->fault);
    ck_assert_msg(strstr(last->fault, "waivers.yaml:") != NULL, "%s", last->fault);
}

START_TEST(a_file_that_is_no_list_is_refused)
{
    with_directory();
    struct waivers w;
    struct error e = { .text = "" };
    ck_assert(!load("id: WVR-1\n", "2026-06-01T00:00:00Z", &w, &e));
    ck_assert(strstr(e.text, "must be a list") != NULL);
    ck_assert(!load("- WVR-1\n", "2026-06-01T00:00:00Z", &w, &e));
    ck_assert(strstr(e.text, "entry 1 is not a mapping") != NULL);
    ck_assert(!load("- {id: [\n", "2026-06-01T00:00:00Z", &w, &e));
    ck_assert(!waivers_load(arena, "/nonexistent/waivers.yaml", 0, &w, &e));
    ck_assert(strstr(e.text, "/nonexistent/waivers.yaml") != NULL);
    without_directory();
}
END_TEST

START_TEST(an_entry_that_does_not_hold_says_why)
{
    with_directory();
    has_fault("- {id: WVR-1, owner: o, expires: 2026-12-31}\n", "needs 'reason'");
    has_fault("- {id: WVR-1, owner: ' ', reason: r, expires: 2026-12-31}\n", "needs 'owner'");
    has_fault("- {id: WVR-1, owner: o, reason: r}\n", "needs 'expires'");
    has_fault("- {owner: o, reason: r, expires: 2026-12-31}\n", "needs 'id'");
    has_fault("- {id: WVR-9, owner: o, reason: r, expires: 2026-12-31}\n", "no case has the id");
    has_fault("- {id: 'WVR-*', owner: o, reason: r, expires: 2026-12-31}\n", "no case has the id");
    has_fault("- {id: WVR-1, owner: o, reason: r, expires: 2026-05-31}\n", "expired on 2026-05-31");
    has_fault("- {id: WVR-1, owner: o, reason: r, expires: 2026-13-01}\n", "is not a date");
    has_fault("- {id: WVR-1, owner: o, reason: r, expires: soon}\n", "is not a date");
    has_fault("- {id: WVR-1, owner: o, reason: r, expires: 2026-12-31, until: x}\n",
              "unknown member 'until'");
    has_fault("- {id: WVR-1, owner: o, reason: r, expires: 2026-12-31}\n"
              "- {id: WVR-1, owner: o, reason: r, expires: 2026-12-31}\n",
              "waived twice");
    without_directory();
}
END_TEST

START_TEST(a_waiver_holds_through_its_last_day)
{
    with_directory();
    struct waivers w;
    struct error e;
    const char *text = "- {id: WVR-1, owner: ana, reason: known, expires: 2026-06-01}\n";
    ck_assert(load(text, "2026-06-01T23:59:59Z", &w, &e));
    const struct waiver *found = waivers_for(&w, "WVR-1");
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->owner, "ana");
    ck_assert_str_eq(found->reason, "known");
    ck_assert_int_eq(found->line, 1);
    ck_assert_ptr_null(waivers_for(&w, "WVR-2"));
    ck_assert_ptr_null(waivers_for(NULL, "WVR-1"));
    ck_assert(load(text, "2026-06-02T00:00:00Z", &w, &e));
    ck_assert_ptr_null(waivers_for(&w, "WVR-1"));
    ck_assert(load("[]\n", "2026-06-02T00:00:00Z", &w, &e));
    ck_assert_uint_eq(w.n, 0);
    without_directory();
}
END_TEST

TESTS("harness/waiver", a_file_that_is_no_list_is_refused, an_entry_that_does_not_hold_says_why,
      a_waiver_holds_through_its_last_day)
