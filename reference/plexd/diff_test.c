#include "reference/plexd/diff.h"

#include "common/json.h"
#include "common/testing.h"

static struct arena *a;

static struct desired state(const char *json)
{
    struct desired d;
    struct error e;
    struct http_answer answer = { .status = 200, .body = BYTES_OF_TEXT(json) };
    ck_assert_msg(wire_mvp.state_answer(a, &answer, &d, &e), "%s", e.text);
    return d;
}

static const char *told(const char *before, const char *now)
{
    struct desired x = state(before), y = state(now);
    struct diff d = diff_states(a, &x, &y);
    const char *out = "";
    for (size_t i = 0; i < d.n; i++)
        out = arena_printf(a, "%s%s=%s;", out, d.corrections[i].type, d.corrections[i].detail);
    ck_assert((d.changed == 0) == (d.n == 0));
    return out;
}

#define FULL                                                                                       \
    "{\"peers\":[{\"id\":\"p1\"},{\"id\":\"p2\",\"allowed_ips\":[\"a\",\"b\"]}],"                  \
    "\"policies\":[{\"id\":\"q1\",\"rules\":[1]}],\"metadata\":{\"k\":\"v\"},"                     \
    "\"data\":[{\"key\":\"d\",\"version\":1,\"payload\":1}],"                                      \
    "\"secret_refs\":[{\"key\":\"s\",\"version\":1}],\"signing_keys\":{\"current\":\"c\"}}"

/* plexd-facts 5.4: the order and the wording of a drift report. */
START_TEST(everything_new_is_told_in_its_order)
{
    a = arena_create();
    ck_assert_str_eq(told("{}", FULL),
                     "peer_added=peer p1;peer_added=peer p2;policy_added=policy q1;"
                     "signing_keys_updated=signing keys rotated;metadata_updated=metadata updated;"
                     "data_updated=data updated;secret_refs_updated=secret refs updated;");
    ck_assert_str_eq(told(FULL, FULL), "");
    ck_assert_str_eq(told(FULL, "{}"),
                     "peer_removed=peer p1;peer_removed=peer p2;policy_removed=policy q1;"
                     "signing_keys_updated=signing keys rotated;metadata_updated=metadata updated;"
                     "data_updated=data updated;secret_refs_updated=secret refs updated;");
    arena_destroy(a);
}
END_TEST

START_TEST(a_peer_differs_in_each_member_but_not_in_the_order_of_its_addresses)
{
    static const char *const members[] = { "public_key", "mesh_ip", "endpoint", "psk" };
    a = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        ck_assert_str_eq(told("{\"peers\":[{\"id\":\"p\"}]}",
                              arena_printf(a, "{\"peers\":[{\"id\":\"p\",\"%s\":\"x\"}]}",
                                           members[i])),
                         "peer_updated=peer p;");
    const char *ab = "{\"peers\":[{\"id\":\"p\",\"allowed_ips\":[\"a\",\"b\"]}]}",
               *ba = "{\"peers\":[{\"id\":\"p\",\"allowed_ips\":[\"b\",\"a\"]}]}",
               *ac = "{\"peers\":[{\"id\":\"p\",\"allowed_ips\":[\"a\",\"c\"]}]}";
    ck_assert_str_eq(told(ab, ba), "");
    ck_assert_str_eq(told(ab, ac), "peer_updated=peer p;");
    arena_destroy(a);
}
END_TEST

/* Annex A.3: a rule edited under the same id is a change. */
START_TEST(a_policy_differs_in_its_rules)
{
    a = arena_create();
    ck_assert_str_eq(told("{\"policies\":[{\"id\":\"q\",\"rules\":[{\"src\":\"*\"}]}]}",
                          "{\"policies\":[{\"id\":\"q\",\"rules\":[{\"src\":\"x\"}]}]}"),
                     "policy_updated=policy q;");
    ck_assert_str_eq(told("{\"policies\":[{\"id\":\"q\",\"rules\":[{\"a\":1,\"b\":2}]}]}",
                          "{\"policies\":[{\"id\":\"q\",\"rules\":[{\"b\":2,\"a\":1}]}]}"),
                     "");
    arena_destroy(a);
}
END_TEST

START_TEST(data_differ_by_version_and_without_one_by_payload)
{
    a = arena_create();
    const char *v1 = "{\"data\":[{\"key\":\"d\",\"version\":1,\"payload\":1}]}",
               *v1_other = "{\"data\":[{\"key\":\"d\",\"version\":1,\"payload\":2}]}",
               *v2 = "{\"data\":[{\"key\":\"d\",\"version\":2,\"payload\":1}]}",
               *plain = "{\"data\":[{\"key\":\"d\",\"payload\":1}]}",
               *plain_other = "{\"data\":[{\"key\":\"d\",\"payload\":2}]}",
               *named = "{\"data\":[{\"key\":\"e\",\"version\":1,\"payload\":1}]}";
    ck_assert_str_eq(told(v1, v1_other), "");
    ck_assert_str_eq(told(v1, v2), "data_updated=data updated;");
    ck_assert_str_eq(told(plain, plain), "");
    ck_assert_str_eq(told(plain, plain_other), "data_updated=data updated;");
    ck_assert_str_eq(told(v1, named), "data_updated=data updated;");
    arena_destroy(a);
}
END_TEST

START_TEST(secrets_differ_by_key_and_version_and_not_when_nobody_tells)
{
    a = arena_create();
    const char *one = "{\"secret_refs\":[{\"key\":\"s\",\"version\":1}]}",
               *two = "{\"secret_refs\":[{\"key\":\"s\",\"version\":2}]}";
    ck_assert_str_eq(told(one, two), "secret_refs_updated=secret refs updated;");
    struct desired x = state(one), y = state("{}");
    y.has_secret_refs = false;
    ck_assert_uint_eq(diff_states(a, &x, &y).n, 0);
    arena_destroy(a);
}
END_TEST

START_TEST(signing_keys_differ_in_each_of_their_members)
{
    a = arena_create();
    const char *base = "{\"signing_keys\":{\"current\":\"c\",\"previous\":\"p\"}}";
    static const char *const others[] = {
        "{\"signing_keys\":{\"current\":\"x\",\"previous\":\"p\"}}",
        "{\"signing_keys\":{\"current\":\"c\",\"previous\":\"x\"}}",
        "{\"signing_keys\":{\"current\":\"c\",\"previous\":\"p\",\"transition_expires\":"
        "\"2026-01-01T00:00:00Z\"}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        ck_assert_str_eq(told(base, others[i]), "signing_keys_updated=signing keys rotated;");
    arena_destroy(a);
}
END_TEST

TESTS("plexd/diff", everything_new_is_told_in_its_order,
      a_peer_differs_in_each_member_but_not_in_the_order_of_its_addresses,
      a_policy_differs_in_its_rules, data_differ_by_version_and_without_one_by_payload,
      secrets_differ_by_key_and_version_and_not_when_nobody_tells,
      signing_keys_differ_in_each_of_their_members)
