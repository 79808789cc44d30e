#include "drift-gates/prod_leak/leak_walk.h"

#include "common/json.h"
#include "common/testing.h"
#include "common/text.h"

static void expect_rest(const char *yaml, const char *rest)
{
    struct arena *a = arena_create();
    struct bytes got = leak_rest(a, BYTES_OF_TEXT(yaml));
    const char *text = arena_strndup(a, (const char *)got.data, got.len);
    ck_assert_str_eq(text, rest);
    arena_destroy(a);
}

START_TEST(comments_and_what_is_no_object_are_left_on_their_lines)
{
    expect_rest("", "");
    expect_rest("apiVersion: v1 # one\nkind: Secret\n# two\ndata:\n  a: 'b' # three\n",
                "          :    # one\n\n# two\n\n   :     # three\n");
    /* Characters of several bytes, before and inside scalars. */
    expect_rest("# ä€😀\nkind: \"ä€😀\" # b\napiVersion: ä\nx: y # c",
                "# ä€😀\n    :             # b\n\n :   # c");
    expect_rest("kind: A\napiVersion: v1\na: |\n  # no comment\n  b\nc: >-\n  d\n  e\n",
                "\n\n\n\n\n\n\n\n");
    expect_rest("kind: A\napiVersion: v1\n---\npassword: x\n---\nkind: B\n",
                "\n\n---\npassword: x\n---\nkind: B\n");
    expect_rest("kind: PodList\napiVersion: v1\nitems: [{a: b}]\n",
                "kind: PodList\napiVersion: v1\nitems: [{a: b}]\n");
}
END_TEST

struct seen {
    const char *path;
    const char *text;
    bool secret, found;
};

static void look(void *arg, const struct leak_text *t)
{
    struct seen *s = arg;
    if (text_equal(t->path, s->path) && t->text.len == strlen(s->text) &&
        memcmp(t->text.data, s->text, t->text.len) == 0) {
        s->found = true;
        s->secret = t->secret;
        ck_assert_ptr_nonnull(t->at);
    }
}

static void expect_text(const char *json, const char *kind, const char *path, const char *text,
                        bool secret)
{
    struct arena *a = arena_create();
    json_t *value, *names = json_own(a, json_pack("{s:b}", "PASSWORD", 1));
    struct error e = { "" };
    ck_assert_msg(json_parse(a, json, strlen(json), &value, &e), "%s", e.text);
    struct object o = { .value = value, .kind = kind, .name = "x", .namespace = "default" };
    struct seen s = { path, text, false, false };
    leak_walk(a, &o, names, look, &s);
    ck_assert_msg(s.found, "%s: no %s", json, path);
    ck_assert_msg(s.secret == secret, "%s: %s", json, path);
    arena_destroy(a);
}

START_TEST(every_text_is_visited_and_secret_places_are_known)
{
    expect_text("{\"data\":{\"a\":\"b\"}}", "Secret", "data.a", "b", true);
    expect_text("{\"data\":{\"a\":\"b\"}}", "Secret", "data.a", "a", false); /* the name */
    expect_text("{\"stringData\":{\"a\":\"b\"}}", "Secret", "stringData.a", "b", true);
    expect_text("{\"data\":{\"a\":\"b\"}}", "ConfigMap", "data.a", "b", false);
    expect_text("{\"data\":{\"PASSWORD\":\"b\"}}", "ConfigMap", "data.PASSWORD", "b", true);
    expect_text("{\"env\":[{\"name\":\"PASSWORD\",\"value\":\"b\"}]}", "Pod", "env[PASSWORD].value",
                "b", true);
    expect_text("{\"env\":[{\"name\":\"MODE\",\"value\":\"b\"}]}", "Pod", "env[MODE].value", "b",
                false);
    expect_text("{\"a\":[[\"b\",123456789012]]}", "Any", "a[0][1]", "123456789012", false);
    expect_text("{\"a\":{\"long-secret-name\":true}}", "Any", "a.long-secret-name",
                "long-secret-name", false);
}
END_TEST

TESTS("drift-gates/leak_walk", comments_and_what_is_no_object_are_left_on_their_lines,
      every_text_is_visited_and_secret_places_are_known)
