#include "reference/plexsphere/events/ring.h"

#include <string.h>

#include "common/testing.h"

static struct ring ring;
static const struct uuid domain = { { 1 } }, other_domain = { { 2 } };
static const struct uuid node = { { 3 } }, other_node = { { 4 } }, nobody;

static struct bus_event event_of(int64_t seq, const char *data)
{
    return (struct bus_event){ .seq = seq,
                               .domain_id = domain,
                               .type = "t",
                               .v1 = BYTES_OF_TEXT(data),
                               .issued_at = seq * 10 };
}

static bool add(int64_t seq, int64_t oldest)
{
    struct bus_event e = event_of(seq, "{}");
    return ring_add(&ring, &e, oldest) != NULL;
}

static void covers(int64_t seq, int64_t oldest, int64_t first)
{
    uint64_t position = 0;
    ck_assert_msg(ring_covers(&ring, seq, oldest, &position), "%d is not covered", (int)seq);
    if (first == 0)
        ck_assert_uint_eq(position, ring.end);
    else
        ck_assert_int_eq(ring_at(&ring, position)->seq, first);
}

static void covers_not(int64_t seq)
{
    uint64_t position;
    ck_assert_msg(!ring_covers(&ring, seq, 0, &position), "%d is covered", (int)seq);
}

START_TEST(a_frame_is_three_fields_and_a_blank_line)
{
    struct bus_event e = event_of(42, "{\"a\":1}");
    struct frame f;
    ck_assert(frame_make(&f, &e, e.v1));
    struct bytes plain = frame_bytes(&f, false), chunk = frame_bytes(&f, true);
    static const char text[] = "id: 42\nevent: t\ndata: {\"a\":1}\n\n";
    ck_assert_uint_eq(plain.len, sizeof text - 1);
    ck_assert_mem_eq(plain.data, text, plain.len);
    ck_assert_uint_eq(chunk.len, sizeof text - 1 + 6);
    ck_assert_mem_eq(chunk.data, "1f\r\n", 4);
    ck_assert_mem_eq(chunk.data + chunk.len - 4, "\n\n\r\n", 4);
    buffer_release(&f.chunk);
    ck_assert(frame_make(&f, &e, e.mvp));
    ck_assert_uint_eq(frame_bytes(&f, false).len, 0);
    ck_assert_uint_eq(frame_bytes(&f, true).len, 0);
    buffer_release(&f.chunk);
}
END_TEST

START_TEST(who_an_event_is_for)
{
    struct ring_event e = { .domain_id = domain };
    ck_assert(ring_event_is_for(&e, &domain, &node));
    ck_assert(!ring_event_is_for(&e, &other_domain, &node));
    e.but_node_id = node;
    ck_assert(!ring_event_is_for(&e, &domain, &node));
    ck_assert(ring_event_is_for(&e, &domain, &other_node));
    e.but_node_id = nobody;
    e.node_id = node;
    ck_assert(ring_event_is_for(&e, &domain, &node));
    ck_assert(!ring_event_is_for(&e, &domain, &other_node));
    ck_assert(!ring_event_is_for(&e, &other_domain, &node));
}
END_TEST

START_TEST(only_what_comes_after_the_last_is_added)
{
    ring_init(&ring, 4, 1 << 20);
    ck_assert(add(5, 0));
    ck_assert(!add(5, 0));
    ck_assert(!add(4, 0));
    ck_assert(add(7, 0));
    ck_assert_uint_eq(ring.end, 2);
    ring_release(&ring);
}
END_TEST

START_TEST(number_bytes_and_age_push_out)
{
    ring_init(&ring, 4, 1 << 20);
    for (int64_t seq = 1; seq <= 6; seq++)
        ck_assert(add(seq, 0));
    ck_assert_uint_eq(ring.end - ring.first, 4);
    ck_assert_int_eq(ring.pushed_out, 2);
    ck_assert(add(7, 50)); /* issued at 30 and 40 */
    ck_assert_uint_eq(ring.end - ring.first, 3);
    ring.bytes_most = 1;
    ck_assert(add(8, 0));
    ck_assert_uint_eq(ring.end - ring.first, 1);
    ck_assert(!add(7, 0));
    ring_release(&ring);
}
END_TEST

START_TEST(what_was_pushed_out_stays_in_memory)
{
    ring_init(&ring, 1, 1 << 20);
    ck_assert(add(1, 0));
    const struct ring_event *e = ring_at(&ring, 0);
    ck_assert(add(2, 0));
    ck_assert_int_eq(e->seq, 1);
    ck_assert_ptr_null(ring_take_gone(&ring, 0));
    struct ring_event *gone = ring_take_gone(&ring, 1);
    ck_assert_ptr_eq(gone, e);
    ck_assert_ptr_null(gone->next);
    ck_assert_ptr_null(ring_take_gone(&ring, 2));
    ring_events_free(gone);
    ring_release(&ring);
}
END_TEST

START_TEST(it_knows_what_it_covers)
{
    ring_init(&ring, 4, 1 << 20);
    covers_not(0);
    ck_assert(add(10, 0) && add(12, 0) && add(15, 0));
    covers_not(8); /* 9 may have been before its time */
    covers_not(0);
    covers_not(16); /* it has not got there */
    covers(9, 0, 10);
    covers(10, 0, 12);
    covers(11, 0, 12);
    covers(14, 0, 15);
    covers(15, 0, 0);
    covers(9, 120, 12); /* 10 is too old */
    covers(9, 999, 0);
    ck_assert(add(20, 0) && add(30, 0)); /* pushes out 10 */
    covers_not(9);
    covers(10, 0, 12);
    ck_assert(add(31, 0)); /* pushes out 12 */
    covers(12, 0, 15);
    covers(13, 0, 15);
    covers_not(11);
    ring_release(&ring);
}
END_TEST

TESTS("events/ring", a_frame_is_three_fields_and_a_blank_line, who_an_event_is_for,
      only_what_comes_after_the_last_is_added, number_bytes_and_age_push_out,
      what_was_pushed_out_stays_in_memory, it_knows_what_it_covers)
