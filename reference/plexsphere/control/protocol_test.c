#include "reference/plexsphere/control/control.h"

#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/testing.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/audit/chain.h"

static struct app app;

/* The `error` of the answer, or NULL. */
static const char *error_of(struct arena *a, const char *line)
{
    char *answer = control_answer(&app, a, line, strlen(line));
    json_t *json;
    ck_assert_ptr_null(strchr(answer, '\n'));
    ck_assert(json_parse(a, answer, strlen(answer), &json, NULL));
    return json_text(json, "error");
}

START_TEST(refuses_other_lines)
{
    static const struct {
        const char *line, *says;
    } bad[] = {
        { "", "not JSON" },
        { "advance", "not JSON" },
        { "{} {}", "not JSON" },
        { "[]", "not a JSON object" },
        { "{}", "'cmd'" },
        { "{\"cmd\":1}", "'cmd'" },
        { "{\"cmd\":\"rewind\",\"seconds\":1}", "'cmd'" },
        { "{\"cmd\":\"advance\"}", "'seconds'" },
        { "{\"cmd\":\"advance\",\"seconds\":-1}", "'seconds'" },
        { "{\"cmd\":\"advance\",\"seconds\":1.5}", "'seconds'" },
        { "{\"cmd\":\"advance\",\"seconds\":\"1\"}", "'seconds'" },
        { "{\"cmd\":\"advance\",\"seconds\":9223372036854775807}", "'seconds'" },
        { "{\"cmd\":\"given\"}", "'name'" },
        { "{\"cmd\":\"given\",\"name\":\"revoked_nsk\"}", "'input'" },
        { "{\"cmd\":\"given\",\"name\":\"revoked_nsk\",\"input\":[]}", "'input'" },
        { "{\"cmd\":\"given\",\"name\":\"revoked_nks\",\"input\":{}}", "'revoked_nsk'" },
        { "{\"cmd\":\"given\",\"name\":\"\",\"input\":{}}", "no state is named ''" },
        { "{\"cmd\":\"given\",\"name\":\"revoked_nsk\",\"input\":{}}", "no datastore" },
    };
    struct arena *a = arena_create();
    int64_t before = app_clock_now(&app.clock);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const char *error = error_of(a, bad[i].line);
        ck_assert_msg(error && text_contains(error, bad[i].says), "%s: %s", bad[i].line,
                      error ? error : "(accepted)");
    }
    /* None of them moved the clock. */
    ck_assert_int_lt(app_clock_now(&app.clock) - before, 30 * MICROS_PER_SECOND);
    arena_destroy(a);
}
END_TEST

START_TEST(advances_the_clock)
{
    struct arena *a = arena_create();
    int64_t before = app_clock_now(&app.clock);
    ck_assert_ptr_null(error_of(a, "{\"cmd\":\"advance\",\"seconds\":0}"));
    ck_assert_ptr_null(error_of(a, "{\"cmd\":\"advance\",\"seconds\":300}"));
    int64_t moved = app_clock_now(&app.clock) - before;
    ck_assert_int_ge(moved, 300 * MICROS_PER_SECOND);
    ck_assert_int_lt(moved, 330 * MICROS_PER_SECOND);
    arena_destroy(a);
}
END_TEST

/* given.c spells the anchor out, since only the chain's own folder includes chain.h. */
START_TEST(the_platform_chain_is_where_given_looks_for_it)
{
    char text[UUID_TEXT_LEN + 1];
    uuid_format(&audit_platform_anchor, text);
    ck_assert_str_eq(text, "00000000-0000-8000-8000-706c6174666f");
}
END_TEST

TESTS("control/protocol", refuses_other_lines, advances_the_clock,
      the_platform_chain_is_where_given_looks_for_it)
