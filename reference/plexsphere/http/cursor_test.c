#include "reference/plexsphere/http/cursor.h"

#include <string.h>

#include "common/encoding.h"
#include "common/testing.h"
#include "common/text.h"
#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/crypto/pepper.h"
#include "reference/plexsphere/http/page.h"
#include "reference/plexsphere/http/request.h"

static const struct operation list = { .id = OP_ListProjects, .paged = true };
static const struct operation other_list = { .id = OP_ListDomains, .paged = true };
static const struct cursor_key key = { .bytes = "0123456789abcdef0123456789abcdef",
                                       .len = 32,
                                       .bind_caller = true };
static struct pepper pepper;
static struct app app;
static struct request rq;

static void start(void)
{
    ck_assert(crypto_init(NULL));
    pepper_derive((const unsigned char *)"an unguessable pepper, 32 bytes!", &pepper);
    app = (struct app){ .pepper = &pepper };
    rq = (struct request){ .arena = arena_create(),
                           .app = &app,
                           .op = &list,
                           .path = "/v1/projects",
                           .caller = { .kind = CALLER_USER, .id.b = { 1, 2, 3 } } };
}

static const char *minted(void)
{
    return cursor_mint(&rq, &key, "domain_id=x", json_pack("{s:s}", "slug", "m"));
}

static enum problem opened(const char *cursor, const char *filters)
{
    json_t *position = NULL;
    rq.page.cursor = cursor;
    struct answer a = cursor_open(&rq, &key, filters, &position);
    if (a.status == 0)
        ck_assert_str_eq(json_text(position, "slug"), "m");
    else
        ck_assert_ptr_null(position);
    return a.problem;
}

START_TEST(no_cursor_is_the_first_page)
{
    json_t *position = json_null();
    start();
    struct answer a = cursor_open(&rq, &key, "", &position);
    ck_assert_int_eq(a.status, 0);
    ck_assert_ptr_null(position);
    arena_destroy(rq.arena);
}
END_TEST

START_TEST(what_was_minted_opens)
{
    start();
    ck_assert_int_eq(opened(minted(), "domain_id=x"), PROBLEM_NONE);
    arena_destroy(rq.arena);
}
END_TEST

START_TEST(every_flipped_bit_is_a_bad_cursor)
{
    start();
    const char *good = minted();
    struct bytes raw;
    ck_assert(base64_decode(rq.arena, BASE64_URL_RAW, good, strlen(good), &raw));
    for (size_t i = 0; i < raw.len; i++) { /* version, payload and MAC alike */
        unsigned char *bad = arena_copy(rq.arena, raw.data, raw.len);
        bad[i] ^= 1;
        ck_assert_int_eq(opened(base64_encode(rq.arena, BASE64_URL_RAW, bad, raw.len),
                                "domain_id=x"),
                         PROBLEM_INVALID_CURSOR);
    }
    arena_destroy(rq.arena);
}
END_TEST

START_TEST(every_truncation_is_a_bad_cursor)
{
    start();
    const char *good = minted();
    for (size_t n = 0; n < strlen(good); n++)
        ck_assert_int_eq(opened(arena_strndup(rq.arena, good, n), "domain_id=x"),
                         PROBLEM_INVALID_CURSOR);
    arena_destroy(rq.arena);
}
END_TEST

START_TEST(another_version_is_bad_even_when_signed)
{
    start();
    const char *good = minted();
    struct bytes raw;
    ck_assert(base64_decode(rq.arena, BASE64_URL_RAW, good, strlen(good), &raw));
    unsigned char *bad = arena_copy(rq.arena, raw.data, raw.len);
    bad[0] = 2;
    hmac_sha256((struct bytes){ key.bytes, key.len }, (struct bytes){ bad, raw.len - 32 },
                bad + raw.len - 32);
    ck_assert_int_eq(opened(base64_encode(rq.arena, BASE64_URL_RAW, bad, raw.len), "domain_id=x"),
                     PROBLEM_INVALID_CURSOR);
    arena_destroy(rq.arena);
}
END_TEST

START_TEST(random_text_is_a_bad_cursor)
{
    static const char *const texts[] = { "x", "====", "abc def", "%%%", "AAAA", "\xff\xfe" };
    start();
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        ck_assert_int_eq(opened(texts[i], "domain_id=x"), PROBLEM_INVALID_CURSOR);
    arena_destroy(rq.arena);
}
END_TEST

START_TEST(another_list_is_a_bad_cursor)
{
    start();
    const char *good = minted();
    ck_assert_int_eq(opened(good, "domain_id=y"), PROBLEM_INVALID_CURSOR);
    ck_assert_int_eq(opened(good, ""), PROBLEM_INVALID_CURSOR);
    rq.op = &other_list;
    ck_assert_int_eq(opened(good, "domain_id=x"), PROBLEM_INVALID_CURSOR);
    rq.op = &list;
    rq.param_names[0] = "id";
    rq.param_values[0] = "parent";
    rq.n_params = 1;
    ck_assert_int_eq(opened(good, "domain_id=x"), PROBLEM_INVALID_CURSOR);
    arena_destroy(rq.arena);
}
END_TEST

START_TEST(another_caller_is_told_apart_from_a_forger)
{
    start();
    const char *good = minted();
    rq.caller.id.b[0] = 9;
    ck_assert_int_eq(opened(good, "domain_id=x"), PROBLEM_CURSOR_BINDING_MISMATCH);
    rq.caller.id.b[0] = 1;
    rq.caller.kind = CALLER_SERVICE;
    ck_assert_int_eq(opened(good, "domain_id=x"), PROBLEM_CURSOR_BINDING_MISMATCH);
    /* and with the wrong filters too: not its list comes before not its caller */
    ck_assert_int_eq(opened(good, "domain_id=y"), PROBLEM_INVALID_CURSOR);
    arena_destroy(rq.arena);
}
END_TEST

START_TEST(the_same_caller_by_another_credential_keeps_its_cursor)
{
    start();
    const char *good = minted();
    rq.caller.by_cookie = true;
    ck_assert_int_eq(opened(good, "domain_id=x"), PROBLEM_NONE);
    arena_destroy(rq.arena);
}
END_TEST

START_TEST(an_unbound_list_takes_any_caller)
{
    struct cursor_key unbound = key;
    json_t *position;
    unbound.bind_caller = false;
    start();
    rq.page.cursor = cursor_mint(&rq, &unbound, "", json_integer(7));
    rq.caller.id.b[0] = 9;
    ck_assert_int_eq(cursor_open(&rq, &unbound, "", &position).status, 0);
    ck_assert_int_eq(json_integer_value(position), 7);
    arena_destroy(rq.arena);
}
END_TEST

START_TEST(an_id_comes_back_as_it_went)
{
    struct uuid last = { { 7, 0, 9 } }, after = { { 1 } };
    start();
    ck_assert_int_eq(cursor_open_id(&rq, &key, "", &after).status, 0);
    ck_assert_mem_eq(&after, &(struct uuid){ { 0 } }, sizeof after);
    rq.page.cursor = cursor_mint_id(&rq, &key, "", &last);
    ck_assert_int_eq(cursor_open_id(&rq, &key, "", &after).status, 0);
    ck_assert_mem_eq(&after, &last, sizeof after);
    arena_destroy(rq.arena);
}
END_TEST

START_TEST(a_signed_position_without_an_id_is_a_bad_cursor)
{
    struct uuid after;
    start();
    rq.page.cursor = cursor_mint(&rq, &key, "", json_pack("{s:s}", "slug", "m"));
    ck_assert_int_eq(cursor_open_id(&rq, &key, "", &after).problem, PROBLEM_INVALID_CURSOR);
    rq.page.cursor = cursor_mint(&rq, &key, "", json_pack("{s:s}", "id", "m"));
    ck_assert_int_eq(cursor_open_id(&rq, &key, "", &after).problem, PROBLEM_INVALID_CURSOR);
    arena_destroy(rq.arena);
}
END_TEST

START_TEST(a_cursor_does_not_show_its_caller)
{
    struct bytes raw;
    start();
    const char *good = minted();
    ck_assert(base64_decode(rq.arena, BASE64_URL_RAW, good, strlen(good), &raw));
    const char *id = uuid_text(rq.arena, &rq.caller.id);
    ck_assert_ptr_null(memmem(raw.data, raw.len, id, strlen(id)));
    arena_destroy(rq.arena);
}
END_TEST

START_TEST(keys_have_a_floor_and_a_ceiling)
{
    char hex[131] = "";
    struct cursor_key out = { .len = 0 };
    struct error e = { "" };
    memset(hex, 'a', 62);
    ck_assert(!cursor_key_parse(hex, &out, &e));
    ck_assert(text_contains(e.text, "31"));
    memset(hex, 'a', 63);
    ck_assert(!cursor_key_parse(hex, &out, &e));
    memset(hex, 'a', 130);
    ck_assert(!cursor_key_parse(hex, &out, &e));
    ck_assert(!cursor_key_parse("", &out, &e));
    ck_assert_uint_eq(out.len, 0);
    hex[128] = '\0';
    ck_assert(cursor_key_parse(hex, &out, &e));
    ck_assert_uint_eq(out.len, 64);
    hex[64] = '\0';
    ck_assert(cursor_key_parse(hex, &out, &e));
    ck_assert_uint_eq(out.len, 32);
    ck_assert_uint_eq(out.bytes[31], 0xaa);
}
END_TEST

static enum problem paged(const char *name, const char *value)
{
    struct query_pair pair = { name, value };
    rq.query = (struct query){ &pair, 1 };
    struct answer a = page_read(&rq);
    rq.query = (struct query){ NULL, 0 };
    return a.problem;
}

START_TEST(limits_are_refused_never_clamped)
{
    static const char *const bad[] = { "0",   "-1", "201", "50 ", "+5",
                                       "5.0", "x",  "",    "1e2", "99999999999999999999",
                                       "05" };
    start();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(paged("limit", bad[i]) == PROBLEM_INVALID_LIMIT, "limit '%s'", bad[i]);
    ck_assert_int_eq(paged("limit", "1"), PROBLEM_NONE);
    ck_assert_int_eq(rq.page.limit, 1);
    ck_assert_int_eq(paged("limit", "200"), PROBLEM_NONE);
    ck_assert_int_eq(rq.page.limit, 200);
    ck_assert_int_eq(paged("other", "1"), PROBLEM_NONE);
    ck_assert_int_eq(rq.page.limit, 50);
    ck_assert_int_eq(paged("cursor", ""), PROBLEM_INVALID_CURSOR);
    ck_assert_int_eq(paged("cursor", "abc"), PROBLEM_NONE);
    arena_destroy(rq.arena);
}
END_TEST

TESTS("http/cursor", no_cursor_is_the_first_page, what_was_minted_opens,
      every_flipped_bit_is_a_bad_cursor, every_truncation_is_a_bad_cursor,
      another_version_is_bad_even_when_signed, random_text_is_a_bad_cursor,
      another_list_is_a_bad_cursor, another_caller_is_told_apart_from_a_forger,
      the_same_caller_by_another_credential_keeps_its_cursor, an_unbound_list_takes_any_caller,
      an_id_comes_back_as_it_went, a_signed_position_without_an_id_is_a_bad_cursor,
      a_cursor_does_not_show_its_caller, keys_have_a_floor_and_a_ceiling,
      limits_are_refused_never_clamped)
