/* The bodies of the MVP dialect's own paths. */
#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/testing.h"
#include "reference/plexsphere/mvp/drift.h"
#include "reference/plexsphere/mvp/sync.h"

static struct arena *arena;
static struct sync batch;
static struct drift drift;

static json_t *parsed(const char *text)
{
    json_t *body;
    ck_assert_msg(json_parse(arena, text, strlen(text), &body, NULL), "no JSON: %s", text);
    return body;
}

static bool reads_sync(const char *text)
{
    const char *why = NULL;
    bool ok = sync_read(arena, parsed(text), &batch, &why);
    ck_assert(ok || why != NULL);
    return ok;
}

static bool reads_drift(const char *text)
{
    const char *why = NULL;
    bool ok = drift_read(arena, parsed(text), &drift, &why);
    ck_assert(ok || why != NULL);
    return ok;
}

START_TEST(a_batch_that_is_none_is_refused)
{
    static const char *const bad[] = {
        "{\"entries\":{}}",
        "{\"deleted\":\"a\"}",
        "{\"entries\":[7]}",
        "{\"entries\":[{\"payload\":1}]}",
        "{\"entries\":[{\"key\":7,\"payload\":1}]}",
        "{\"entries\":[{\"key\":\"a\"}]}",
        "{\"entries\":[{\"key\":\"a\",\"payload\":1,\"content_type\":7}]}",
        "{\"deleted\":[null]}",
        "{\"deleted\":[7]}",
    };
    arena = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!reads_sync(bad[i]), "accepted: %s", bad[i]);
    arena_destroy(arena);
}
END_TEST

START_TEST(a_batch_may_be_null_on_either_side)
{
    arena = arena_create();
    ck_assert(reads_sync("{}") && batch.n_entries == 0 && batch.n_deleted == 0);
    ck_assert(reads_sync("{\"entries\":null,\"deleted\":[\"a\",\"b\"]}"));
    ck_assert(batch.n_entries == 0 && batch.n_deleted == 2);
    ck_assert_str_eq(batch.deleted[1], "b");
    ck_assert(reads_sync("{\"entries\":[{\"key\":\"k\",\"content_type\":\"text/plain\","
                         "\"payload\":{ \"b\" : [1, null] },\"version\":3}],\"deleted\":null}"));
    ck_assert(batch.n_entries == 1 && batch.n_deleted == 0);
    ck_assert_str_eq(batch.entries[0].key, "k");
    ck_assert_str_eq(batch.entries[0].content_type, "text/plain");
    ck_assert_str_eq(batch.entries[0].payload, "{\"b\":[1,null]}");
    ck_assert(reads_sync("{\"entries\":[{\"key\":\"k\",\"payload\":\"text\"}]}"));
    ck_assert_str_eq(batch.entries[0].payload, "\"text\"");
    arena_destroy(arena);
}
END_TEST

START_TEST(a_drift_has_its_time_and_its_corrections)
{
#define AT "\"timestamp\":\"2026-11-22T05:00:00.5+01:00\""
    static const char *const bad[] = {
        "{}",
        "{" AT "}",
        "{\"corrections\":[]}",
        "{\"timestamp\":7,\"corrections\":[]}",
        "{" AT ",\"corrections\":null}",
        "{" AT ",\"corrections\":[7]}",
        "{" AT ",\"corrections\":[{\"type\":\"t\"}]}",
        "{" AT ",\"corrections\":[{\"type\":\"t\",\"detail\":7}]}",
    };
    arena = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!reads_drift(bad[i]), "accepted: %s", bad[i]);
    ck_assert(reads_drift("{" AT ",\"corrections\":[]}"));
    ck_assert(reads_drift("{" AT ",\"corrections\":[{\"detail\":\"d\",\"type\":\"t\",\"x\":1}]}"));
    ck_assert_str_eq(drift.corrections, "[{\"type\":\"t\",\"detail\":\"d\"}]");
    arena_destroy(arena);
}
END_TEST

TESTS("mvp/bodies", a_batch_that_is_none_is_refused, a_batch_may_be_null_on_either_side,
      a_drift_has_its_time_and_its_corrections)
