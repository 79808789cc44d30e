#include "reference/plexsphere/registration/mesh_range.h"

#include <string.h>

#include "common/arena.h"
#include "common/testing.h"
#include "common/text.h"

static struct arena *arena;

static struct mesh_range block(const char *cidr)
{
    struct cidr c;
    ck_assert_msg(cidr_parse(cidr, &c), "refused: %s", cidr);
    return mesh_range_of(&c);
}

static const char *text_of(struct mesh_range r)
{
    return arena_printf(arena, "%s-%s", mesh_address_text(arena, r.bits, r.first),
                        mesh_address_text(arena, r.bits, r.last));
}

START_TEST(reads_blocks_of_both_families)
{
    arena = arena_create();
    static const struct {
        const char *cidr, *ends;
    } rows[] = {
        { "10.42.0.0/16", "10.42.0.0-10.42.255.255" },
        { "0.0.0.0/0", "0.0.0.0-255.255.255.255" },
        { "192.0.2.7/32", "192.0.2.7-192.0.2.7" },
        { "fd00::/64", "fd00::-fd00::ffff:ffff:ffff:ffff" },
        { "::/0", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
        { "fd00::1/128", "fd00::1-fd00::1" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ck_assert_str_eq(text_of(block(rows[i].cidr)), rows[i].ends);
    arena_destroy(arena);
}
END_TEST

START_TEST(keeps_network_and_broadcast_back)
{
    arena = arena_create();
    static const struct {
        const char *cidr, *ends; /* NULL: nothing left */
    } rows[] = {
        { "10.0.0.0/32", NULL },
        { "10.0.0.0/31", NULL },
        { "fd00::/128", NULL },
        { "10.0.0.0/30", "10.0.0.1-10.0.0.2" },
        { "10.0.0.0/8", "10.0.0.1-10.255.255.254" },
        { "0.0.0.0/0", "0.0.0.1-255.255.255.254" },
        { "fd00::/127", "fd00::1-fd00::1" },
        { "fd00::/126", "fd00::1-fd00::3" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct mesh_range usable;
        bool left = mesh_range_usable(block(rows[i].cidr), &usable);
        ck_assert_msg(left == (rows[i].ends != NULL), "%s", rows[i].cidr);
        if (left)
            ck_assert_str_eq(text_of(usable), rows[i].ends);
    }
    arena_destroy(arena);
}
END_TEST

static const char *pieces_of(const char *cidr, struct mesh_range *holes, size_t n)
{
    struct mesh_range pieces[8];
    size_t m = mesh_range_without(block(cidr), holes, n, pieces);
    char *all = arena_strdup(arena, "");
    for (size_t i = 0; i < m; i++)
        all = arena_printf(arena, "%s%s ", all, text_of(pieces[i]));
    return all;
}

START_TEST(cuts_holes_out)
{
    arena = arena_create();
    ck_assert_str_eq(pieces_of("10.0.0.0/24", NULL, 0), "10.0.0.0-10.0.0.255 ");

    struct mesh_range whole[] = { block("10.0.0.0/8") };
    ck_assert_str_eq(pieces_of("10.0.0.0/24", whole, 1), "");

    struct mesh_range elsewhere[] = { block("10.0.1.0/24"), block("fd00::/64"),
                                      block("9.0.0.0/8") };
    ck_assert_str_eq(pieces_of("10.0.0.0/24", elsewhere, 3), "10.0.0.0-10.0.0.255 ");

    struct mesh_range ends[] = { block("10.0.0.128/25"), block("10.0.0.0/26") };
    ck_assert_str_eq(pieces_of("10.0.0.0/24", ends, 2), "10.0.0.64-10.0.0.127 ");

    struct mesh_range middle[] = { block("10.0.0.96/27"), block("10.0.0.32/27"),
                                   block("10.0.0.40/29") };
    ck_assert_str_eq(pieces_of("10.0.0.0/24", middle, 3),
                     "10.0.0.0-10.0.0.31 10.0.0.64-10.0.0.95 10.0.0.128-10.0.0.255 ");

    struct mesh_range top[] = { block("8000::/1") };
    ck_assert_str_eq(pieces_of("::/0", top, 1), "::-7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ");
    arena_destroy(arena);
}
END_TEST

START_TEST(addresses_are_canonical)
{
    arena = arena_create();
    mesh_number n;
    ck_assert(!mesh_address_parse("10.0.0.1/32", 32, &n));
    ck_assert(!mesh_address_parse("10.0.0.1", 128, &n));
    ck_assert(!mesh_address_parse("fd00::1", 32, &n));
    ck_assert(!mesh_address_parse("", 32, &n));
    ck_assert(mesh_address_parse("fd00:0:0:0::00ff", 128, &n));
    ck_assert_str_eq(mesh_address_text(arena, 128, n + 1), "fd00::100");
    ck_assert(mesh_address_parse("10.0.0.255", 32, &n));
    ck_assert_str_eq(mesh_address_text(arena, 32, n + 1), "10.0.1.0");
    arena_destroy(arena);
}
END_TEST

TESTS("registration/mesh_range", reads_blocks_of_both_families, keeps_network_and_broadcast_back,
      cuts_holes_out, addresses_are_canonical)
