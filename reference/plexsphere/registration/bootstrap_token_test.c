#include "reference/plexsphere/registration/bootstrap_token.h"

#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "common/testing.h"
#include "common/text.h"

/* base32 of 0123456789abcdef0123456789abcdef, worked out by hand with RFC 4648's alphabet. */
#define PROJECT "aerukz4jvpg66ajdivtytk6n54"
#define RANDOM "abcdefghijklmnopqrstuvwxyz234567"

static bool parses(const char *text)
{
    struct arena *a = arena_create();
    struct bootstrap_parts parts;
    bool ok = bootstrap_token_parse(a, text, &parts);
    arena_destroy(a);
    return ok;
}

START_TEST(refuses_what_is_not_a_token)
{
    static const char *const bad[] = {
        "",
        "psb",
        "psb____",
        "PSB_dev_" PROJECT "_node_" RANDOM,
        "psk_dev_" PROJECT "_node_" RANDOM,
        "psb__" PROJECT "_node_" RANDOM,
        "psb_Dev_" PROJECT "_node_" RANDOM,
        "psb_dev1_" PROJECT "_node_" RANDOM,
        "psb_dev_" PROJECT "_vm_" RANDOM,
        "psb_dev_" PROJECT "_Node_" RANDOM,
        "psb_dev_" PROJECT "__" RANDOM,
        "psb_dev_" PROJECT "_node_",
        "psb_dev_" PROJECT "_node_abcdefghijklmnopqrs",  /* 19 */
        "psb_dev_" PROJECT "_node_abcdefghijklmnopqrs1", /* 1 is outside the alphabet */
        "psb_dev_" PROJECT "_node_" RANDOM "_",
        "psb_dev_" PROJECT "_node_" RANDOM "_x",
        " psb_dev_" PROJECT "_node_" RANDOM,
        "psb_dev_" PROJECT "_node_" RANDOM "\n",
        "psb_dev_aerukz4jvpg66ajdivtytk6n5_node_" RANDOM,   /* 25: not 16 bytes */
        "psb_dev_aerukz4jvpg66ajdivtytk6n544_node_" RANDOM, /* 27 */
        "psb_dev_aerukz4jvpg66ajdivtytk6n55_node_" RANDOM,  /* stray bits */
        "psb_dev_AERUKZ4JVPG66AJDIVTYTK6N54_node_" RANDOM,
        "psb_dev_aaaaaaaaaaaaaaaaaaaaaaaaaa_node_" RANDOM,                /* the nil UUID */
        "psb_abcdefghijklmnopqrstuvwxyzabcdefg_" PROJECT "_node_" RANDOM, /* env of 33 */
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!parses(bad[i]), "accepted: %s", bad[i]);
}
END_TEST

START_TEST(refuses_an_endless_token)
{
    char text[6000];
    int head = snprintf(text, sizeof text, "psb_dev_" PROJECT "_node_");
    memset(text + head, 'a', sizeof text - (size_t)head);
    text[sizeof text - 1] = '\0';
    ck_assert(!parses(text));
    text[4097] = '\0';
    ck_assert(!parses(text));
    text[4096] = '\0'; /* its twin, one character shorter */
    ck_assert(parses(text));
}
END_TEST

START_TEST(reads_the_parts)
{
    struct arena *a = arena_create();
    struct bootstrap_parts parts;
    ck_assert(bootstrap_token_parse(a, "psb_prod_" PROJECT "_bridge_" RANDOM, &parts));
    ck_assert_str_eq(parts.env, "prod");
    ck_assert_int_eq(parts.kind, BOOTSTRAP_BRIDGE);
    ck_assert_str_eq(uuid_text(a, &parts.project), "01234567-89ab-cdef-0123-456789abcdef");
    ck_assert(parses("psb_abcdefghijklmnopqrstuvwxyzabcdef_" PROJECT "_node_abcdefghijklmnopqrst"));
    arena_destroy(a);
}
END_TEST

START_TEST(makes_what_it_reads)
{
    struct arena *a = arena_create();
    struct bootstrap_parts parts = { .env = "dev", .kind = BOOTSTRAP_NODE }, read;
    ck_assert(uuid_parse("01234567-89ab-cdef-0123-456789abcdef", &parts.project));
    char *first = bootstrap_token_make(a, &parts), *second = bootstrap_token_make(a, &parts);
    ck_assert(text_starts(first, "psb_dev_" PROJECT "_node_"));
    ck_assert_str_ne(first, second);
    ck_assert(bootstrap_token_parse(a, first, &read));
    ck_assert_str_eq(read.env, "dev");
    ck_assert_int_eq(read.kind, BOOTSTRAP_NODE);
    ck_assert(uuid_equal(&read.project, &parts.project));
    /* 160 bits behind the last underscore. */
    ck_assert_uint_eq(strlen(strrchr(first, '_') + 1), 32);
    arena_destroy(a);
}
END_TEST

START_TEST(kinds_are_two_words)
{
    enum bootstrap_kind kind;
    ck_assert(!bootstrap_kind_parse("vm", &kind));
    ck_assert(!bootstrap_kind_parse("", &kind));
    ck_assert(!bootstrap_kind_parse("NODE", &kind));
    ck_assert(bootstrap_kind_parse("node", &kind) && kind == BOOTSTRAP_NODE);
    ck_assert(bootstrap_kind_parse("bridge", &kind) && kind == BOOTSTRAP_BRIDGE);
    ck_assert_str_eq(bootstrap_kind_text(BOOTSTRAP_NODE), "node");
    ck_assert_str_eq(bootstrap_kind_text(BOOTSTRAP_BRIDGE), "bridge");
}
END_TEST

TESTS("registration/bootstrap_token", refuses_what_is_not_a_token, refuses_an_endless_token,
      reads_the_parts, makes_what_it_reads, kinds_are_two_words)
