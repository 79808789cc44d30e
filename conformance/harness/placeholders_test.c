#include "harness/placeholders.h"

#include "common/testing.h"

static const struct placeholder known[] = { { "BIN", "/opt/bin" },
                                            { "EMPTY", "" },
                                            { NULL, NULL } };

START_TEST(leaves_what_it_does_not_know)
{
    struct arena *a = arena_create();
    ck_assert_str_eq(placeholders_text(a, "x ${OTHER} $BIN ${BIN", known), "x ${OTHER} $BIN ${BIN");
    arena_destroy(a);
}
END_TEST

START_TEST(fills_in_every_place)
{
    struct arena *a = arena_create();
    ck_assert_str_eq(placeholders_text(a, "${BIN}/x:${BIN}${EMPTY}", known), "/opt/bin/x:/opt/bin");
    arena_destroy(a);
}
END_TEST

START_TEST(random_values_differ_from_place_to_place)
{
    struct arena *a = arena_create();
    const char *first = placeholders_text(a, "${RANDOM_HEX_32}", known);
    const char *second = placeholders_text(a, "${RANDOM_HEX_32}", known);
    ck_assert_uint_eq(strlen(first), 64);
    ck_assert_str_ne(first, second);
    ck_assert_uint_eq(strlen(placeholders_text(a, "${RANDOM_B64_32}", known)), 44);
    arena_destroy(a);
}
END_TEST

TESTS("harness/placeholders", leaves_what_it_does_not_know, fills_in_every_place,
      random_values_differ_from_place_to_place)
