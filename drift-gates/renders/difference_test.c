#include "drift-gates/renders/difference.h"

#include "common/json.h"
#include "common/testing.h"

static const char *between(struct arena *a, const char *x, const char *y)
{
    struct error e = { "" };
    json_t *left, *right;
    ck_assert_msg(json_parse(a, x, strlen(x), &left, &e), "%s", e.text);
    ck_assert_msg(json_parse(a, y, strlen(y), &right, &e), "%s", e.text);
    return json_difference(a, left, right, "image");
}

START_TEST(the_first_difference_is_named_by_its_path)
{
    static const struct {
        const char *x, *y, *path;
    } rows[] = {
        { "{\"a\":{\"b\":[1,{\"c\":2}]}}", "{\"a\":{\"b\":[1,{\"c\":3}]}}", "a.b[1].c" },
        { "{\"a\":1}", "{\"a\":1,\"b\":2}", "b" },
        { "{\"a\":1,\"b\":2}", "{\"a\":1}", "b" },
        { "{\"a\":[1]}", "{\"a\":[1,2]}", "a[1]" },
        { "{\"a\":[1,2]}", "{\"a\":[1]}", "a[1]" },
        { "{\"a\":1}", "{\"a\":\"1\"}", "a" },
        { "{\"image\":\"x\"}", "{}", "image" },
        { "{\"image\":1}", "{\"image\":2}", "image" },
    };
    struct arena *a = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ck_assert_str_eq(between(a, rows[i].x, rows[i].y), rows[i].path);
    arena_destroy(a);
}
END_TEST

START_TEST(equal_values_and_spared_texts_do_not_differ)
{
    struct arena *a = arena_create();
    ck_assert_ptr_null(between(a, "{\"a\":[{\"b\":null}]}", "{\"a\":[{\"b\":null}]}"));
    ck_assert_ptr_null(between(a, "{\"a\":[{\"image\":\"x\"}]}", "{\"a\":[{\"image\":\"y\"}]}"));
    arena_destroy(a);
}
END_TEST

TESTS("drift-gates/difference", the_first_difference_is_named_by_its_path,
      equal_values_and_spared_texts_do_not_differ)
