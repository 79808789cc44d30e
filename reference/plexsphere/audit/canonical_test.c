/* AUD-005, AUD-006: the encoding is frozen. The vectors were computed by another program, from
 * the words of canonical.h. */
#include "reference/plexsphere/audit/canonical.h"

#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/testing.h"

static struct audit_row first_row(void)
{
    struct audit_row row = { .seq = 1,
                             .occurred_at = INT64_C(1763786100123456),
                             .reason = "granted",
                             .relation = "project.create",
                             .object_type = "project",
                             .object_id = "0192f0c4-4a1e-7b3c-8d5e-6f708192a3b5",
                             .caveat_context = "{}",
                             .relation_path =
                                 "[\"domain:0192f0c4-4a1e-7b3c-8d5e-6f708192a3b4#admin\"]",
                             .correlation_id = "01JD8Z3Q4RC5V6B7N8M9K0PQRS",
                             .ip = "192.0.2.7" };
    ck_assert(uuid_parse("0192f0c4-4a1e-7b3c-8d5e-6f708192a3b4", &row.chain));
    for (unsigned char i = 0; i < 32; i++)
        row.subject[i] = i;
    return row;
}

static struct audit_row second_row(void)
{
    struct audit_row row = first_row();
    row.seq = 2;
    row.occurred_at = -1;
    row.reason = "out_of_scope";
    row.relation = "manage";
    row.object_type = row.object_id = "platform";
    row.relation_path = "[]";
    row.correlation_id = "";
    row.ip = NULL;
    row.user_agent = "";
    return row;
}

static const char first_canonical[] =
    "01000000100192f0c44a1e7b3c8d5e6f708192a3b400000008000000000000000100000008000644"
    "2773f52740000000076772616e74656400000020000102030405060708090a0b0c0d0e0f10111213"
    "1415161718191a1b1c1d1e1f0000000e70726f6a6563742e6372656174650000000770726f6a6563"
    "740000002430313932663063342d346131652d376233632d386435652d3666373038313932613362"
    "35000000027b7d000000355b22646f6d61696e3a30313932663063342d346131652d376233632d38"
    "6435652d3666373038313932613362342361646d696e225d0000001a30314a44385a335134524335"
    "563642374e384d394b3050515253000000093139322e302e322e37ffffffff";
static const char first_hash[] = "772fbb4f2823135b31c7201becfd36f1f4bd835557510c569a11304577f3d6be";
static const char second_canonical[] =
    "01000000100192f0c44a1e7b3c8d5e6f708192a3b400000008000000000000000200000008ffffff"
    "ffffffffff0000000c6f75745f6f665f73636f706500000020000102030405060708090a0b0c0d0e"
    "0f101112131415161718191a1b1c1d1e1f000000066d616e61676500000008706c6174666f726d00"
    "000008706c6174666f726d000000027b7d000000025b5d00000000ffffffff00000000";
static const char second_hash[] =
    "3f82f72c5a74e1ad436a1af9786f6d5c72fd3e995c40a87368791a22e446203d";

static const char *hex_of(struct arena *a, struct bytes b)
{
    return hex_encode(a, b.data, b.len);
}

START_TEST(an_entry_has_the_frozen_bytes)
{
    struct arena *a = arena_create();
    struct audit_row row = first_row();
    ck_assert_str_eq(hex_of(a, audit_canonical(a, &row)), first_canonical);
    arena_destroy(a);
}
END_TEST

START_TEST(absent_differs_from_empty)
{
    struct arena *a = arena_create();
    struct audit_row row = second_row();
    ck_assert_str_eq(hex_of(a, audit_canonical(a, &row)), second_canonical);
    arena_destroy(a);
}
END_TEST

START_TEST(two_entries_make_a_chain)
{
    struct arena *a = arena_create();
    unsigned char genesis[32] = { 0 }, hash[32];
    struct audit_row one = first_row(), two = second_row();
    audit_hash(genesis, audit_canonical(a, &one), hash);
    ck_assert_str_eq(hex_encode(a, hash, 32), first_hash);
    audit_hash(hash, audit_canonical(a, &two), hash);
    ck_assert_str_eq(hex_encode(a, hash, 32), second_hash);
    arena_destroy(a);
}
END_TEST

/* What is known later, or forgotten later, must not disturb the hash. */
START_TEST(hashes_are_no_part_of_the_bytes)
{
    struct arena *a = arena_create();
    struct audit_row row = first_row();
    memset(row.prev_hash, 7, sizeof row.prev_hash);
    memset(row.entry_hash, 9, sizeof row.entry_hash);
    ck_assert_str_eq(hex_of(a, audit_canonical(a, &row)), first_canonical);
    arena_destroy(a);
}
END_TEST

/* Every field that is stored changes the bytes when it changes; moving a letter across a border
 * does too. */
START_TEST(every_field_counts)
{
    struct arena *a = arena_create();
    enum { FIELDS = 14 };
    for (int i = 0; i < FIELDS; i++) {
        struct audit_row row = first_row();
        switch (i) {
        case 0: row.chain.b[15] ^= 1; break;
        case 1: row.seq++; break;
        case 2: row.occurred_at++; break;
        case 3: row.reason = "grante"; break;
        case 4: row.subject[31] ^= 1; break;
        case 5: row.relation = "project.creat"; break;
        case 6: row.object_type = "projec"; break;
        case 7: row.object_id = "0192f0c4-4a1e-7b3c-8d5e-6f708192a3b6"; break;
        case 8: row.caveat_context = "{\"from_cidr\":[\"cidr\"]}"; break;
        case 9: row.relation_path = "[]"; break;
        case 10: row.correlation_id = "01JD8Z3Q4RC5V6B7N8M9K0PQRT"; break;
        case 11: row.ip = NULL; break;
        case 12: row.user_agent = "curl/8"; break;
        case 13: row.relation = "project.createp", row.object_type = "roject"; break;
        }
        const char *hex = hex_of(a, audit_canonical(a, &row));
        ck_assert_msg(strcmp(hex, first_canonical) != 0, "field %d is not in the bytes", i);
    }
    arena_destroy(a);
}
END_TEST

TESTS("audit/canonical", an_entry_has_the_frozen_bytes, absent_differs_from_empty,
      two_entries_make_a_chain, hashes_are_no_part_of_the_bytes, every_field_counts)
