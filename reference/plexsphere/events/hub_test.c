/* The hub over socket pairs, with a bus that the test plays. */
#include "reference/plexsphere/events/hub.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/memory.h"
#include "common/testing.h"
#include "common/text.h"
#include "reference/plexsphere/app_life.h"
#include "reference/plexsphere/events/follow.h"
#include "reference/plexsphere/events/hub_inner.h"

static struct app app;
static struct hub *hub;
static int64_t last_seq;
static const struct uuid domain = { { 1 } }, other_domain = { { 2 } };
static const struct uuid one = { { 11 } }, two = { { 12 } }, three = { { 13 } }, nobody;

static void set_up(void)
{
    struct error e = { "" };
    app = (struct app){ .arena = arena_create(), .mode = APP_DEV };
    last_seq = 0;
    ck_assert_msg(hub_create(&app, &hub, &e), "%s", e.text);
    hub_up(hub, true);
}

static void tear_down(void)
{
    hub_stop(hub);
    arena_destroy(app.arena);
}

static struct stream_owner owner_of(struct uuid node)
{
    return (struct stream_owner){ .node_id = node,
                                  .domain_id = uuid_equal(&node, &three) ? other_domain : domain,
                                  .nsk_id = node };
}

/* Our end of a stream's socket; each send of the other end is one recv of ours. */
static int start_as(struct stream *s, int type, bool chunked)
{
    int fds[2];
    struct timeval patience = { .tv_sec = 20 };
    ck_assert_ptr_nonnull(s);
    ck_assert_int_eq(socketpair(AF_UNIX, type, 0, fds), 0);
    ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    setsockopt(fds[1], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    struct answer_stream *a = stream_answer(s);
    a->start(a, fds[0], BYTES_OF_TEXT("head\n"), chunked);
    return fds[1];
}

static int start(struct stream *s)
{
    return start_as(s, SOCK_STREAM, false);
}

static int open_stream(struct uuid node)
{
    bool covered;
    struct stream_owner owner = owner_of(node);
    return start(hub_join(hub, &owner, NULL, &covered));
}

static struct bus_event event_for(struct uuid whose, struct uuid node, struct uuid but)
{
    return (struct bus_event){ .seq = ++last_seq,
                               .domain_id = whose,
                               .node_id = node,
                               .but_node_id = but,
                               .type = "t",
                               .v1 = BYTES_OF_TEXT("v1"),
                               .mvp = BYTES_OF_TEXT("mvp"),
                               .issued_at = app_clock_now(&app.clock) };
}

static void deliver(struct uuid whose, struct uuid node, struct uuid but)
{
    struct bus_event e = event_for(whose, node, but);
    hub_deliver(hub, &e);
}

/* Reads on until what was read ends with `end`, or to the end of the stream when that is NULL. */
static const char *hear(int fd, const char *end)
{
    static char text[1 << 16];
    size_t len = 0;
    ssize_t n = 1;
    text[0] = '\0';
    while (n > 0 && (end == NULL || !text_ends(text, end))) {
        n = recv(fd, text + len, sizeof text - 1 - len, 0);
        ck_assert_msg(n >= 0, "heard only: %s", text);
        len += (size_t)n;
        text[len] = '\0';
    }
    ck_assert_msg(end == NULL || n > 0, "the end after: %s", text);
    return text;
}

#define FRAME(seq) "id: " #seq "\nevent: t\ndata: v1\n\n"

static size_t streams(void)
{
    struct arena *a = arena_create();
    struct stream_owner *owners;
    size_t n = hub_owners(hub, a, &owners);
    arena_destroy(a);
    return n;
}

static void await_streams(size_t n)
{
    for (int i = 0; i < 20000 && streams() != n; i++)
        app_wait(1000000);
    ck_assert_uint_eq(streams(), n);
}

START_TEST(each_gets_its_own_in_order)
{
    set_up();
    int a = open_stream(one), b = open_stream(two), c = open_stream(three);
    deliver(domain, nobody, nobody);
    deliver(domain, one, nobody);
    deliver(domain, nobody, one);
    deliver(other_domain, nobody, nobody);
    deliver(domain, two, nobody);
    deliver(domain, nobody, nobody);
    deliver(other_domain, three, nobody);
    ck_assert_str_eq(hear(a, FRAME(6)), "head\n" FRAME(1) FRAME(2) FRAME(6));
    ck_assert_str_eq(hear(b, FRAME(6)), "head\n" FRAME(1) FRAME(3) FRAME(5) FRAME(6));
    ck_assert_str_eq(hear(c, FRAME(7)), "head\n" FRAME(4) FRAME(7));
    tear_down();
    close(a), close(b), close(c);
}
END_TEST

START_TEST(each_dialect_has_its_line)
{
    bool covered;
    set_up();
    struct stream_owner owner = owner_of(one);
    owner.mvp = true;
    int old = start(hub_join(hub, &owner, NULL, &covered)), new = open_stream(one);
    struct bus_event e = event_for(domain, nobody, nobody);
    e.mvp.len = 0;
    hub_deliver(hub, &e);
    e = event_for(domain, nobody, nobody);
    e.v1.len = 0;
    hub_deliver(hub, &e);
    deliver(domain, nobody, nobody);
    ck_assert_str_eq(hear(new, FRAME(3)), "head\n" FRAME(1) FRAME(3));
    ck_assert_str_eq(hear(old, "id: 3\nevent: t\ndata: mvp\n\n"),
                     "head\nid: 2\nevent: t\ndata: mvp\n\nid: 3\nevent: t\ndata: mvp\n\n");
    tear_down();
    close(old), close(new);
}
END_TEST

START_TEST(a_chunked_stream_ends_as_a_body_ends)
{
    bool covered;
    set_up();
    struct stream_owner owner = owner_of(one);
    int fd = start_as(hub_join(hub, &owner, NULL, &covered), SOCK_STREAM, true);
    deliver(domain, nobody, nobody);
    ck_assert_str_eq(hear(fd, "\n\n\r\n"), "head\n19\r\nid: 1\nevent: t\ndata: v1\n\n\r\n");
    app_clock_advance(&app.clock, KEEP_ALIVE_EVERY);
    ck_assert_str_eq(hear(fd, "\n\n\r\n"), "d\r\n:keep-alive\n\n\r\n");
    tear_down();
    ck_assert_str_eq(hear(fd, NULL), "0\r\n\r\n");
    close(fd);
}
END_TEST

START_TEST(what_waits_goes_out_together)
{
    bool covered;
    char text[1 << 16];
    set_up();
    struct stream_owner owner = owner_of(one);
    struct stream *s = hub_join(hub, &owner, NULL, &covered);
    for (int i = 0; i < 100; i++)
        deliver(domain, nobody, nobody);
    int fd = start_as(s, SOCK_SEQPACKET, false), sends = 0;
    do {
        ssize_t n = recv(fd, text, sizeof text - 1, 0);
        ck_assert_int_gt(n, 0);
        text[n] = '\0';
        sends++;
    } while (!text_ends(text, FRAME(100)));
    ck_assert_int_le(sends, 2);
    tear_down();
    close(fd);
}
END_TEST

/* ---- the seam ---- */

struct played_bus {
    struct event_bus port;
    int64_t head;
    int64_t asked_after;
    bool away;
    size_t n;
    struct bus_event events[8];
    void (*meanwhile)(void);
};
static struct played_bus bus;

static bool played_head(struct event_bus *self, struct tx *tx, int64_t *seq)
{
    (void)self, (void)tx;
    *seq = bus.head;
    return !bus.away;
}

static bool played_replay(struct event_bus *self, struct tx *tx, const struct uuid *whose,
                          const struct uuid *node, int64_t after, size_t limit,
                          struct bus_event **out, size_t *n)
{
    (void)self, (void)tx, (void)limit;
    ck_assert(uuid_equal(whose, &domain) && uuid_equal(node, &one));
    bus.asked_after = after;
    *out = bus.events;
    *n = bus.n;
    if (bus.meanwhile != NULL)
        bus.meanwhile();
    return !bus.away;
}

static struct stream *follow_from(const int64_t *after)
{
    struct stream_owner owner = owner_of(one);
    bus.port = (struct event_bus){ .head = played_head, .replay = played_replay };
    bus.asked_after = -1;
    return follow(NULL, &bus.port, hub, &owner, after);
}

/* 4 was published before the replay and is delivered during it, as is 5, which the replay missed.
 */
static void deliver_two(void)
{
    last_seq = 3;
    deliver(domain, nobody, nobody);
    deliver(domain, nobody, nobody);
}

START_TEST(between_replay_and_ring_is_no_gap_and_no_double)
{
    set_up();
    int64_t after = 2;
    last_seq = 2;
    bus = (struct played_bus){ .head = 4, .n = 2, .meanwhile = deliver_two };
    bus.events[0] = event_for(domain, nobody, nobody);
    bus.events[1] = event_for(domain, nobody, nobody);
    int fd = start(follow_from(&after));
    ck_assert_int_eq(bus.asked_after, 2);
    deliver(domain, nobody, nobody);
    ck_assert_str_eq(hear(fd, FRAME(6)), "head\n" FRAME(3) FRAME(4) FRAME(5) FRAME(6));
    tear_down();
    close(fd);
}
END_TEST

START_TEST(what_the_ring_holds_is_not_asked_of_the_bus)
{
    set_up();
    int64_t after = 2;
    for (int i = 0; i < 4; i++)
        deliver(domain, nobody, i == 2 ? one : nobody);
    bus = (struct played_bus){ .head = 4, .away = true };
    int fd = start(follow_from(&after));
    ck_assert_int_eq(bus.asked_after, -1);
    deliver(domain, nobody, nobody);
    ck_assert_str_eq(hear(fd, FRAME(5)), "head\n" FRAME(4) FRAME(5));
    tear_down();
    close(fd);
}
END_TEST

START_TEST(without_a_number_nothing_old_comes)
{
    set_up();
    for (int i = 0; i < 2; i++)
        deliver(domain, nobody, nobody);
    bus = (struct played_bus){ .head = 3 };
    int fd = start(follow_from(NULL));
    ck_assert_int_eq(bus.asked_after, -1);
    deliver(domain, nobody, nobody); /* published before, delivered only now */
    deliver(domain, nobody, nobody);
    ck_assert_str_eq(hear(fd, FRAME(4)), "head\n" FRAME(4));
    tear_down();
    close(fd);
}
END_TEST

START_TEST(a_number_ahead_of_the_head_is_the_head)
{
    set_up();
    int64_t after = 1000;
    deliver(domain, nobody, nobody);
    bus = (struct played_bus){ .head = 1 };
    int fd = start(follow_from(&after));
    ck_assert_int_eq(bus.asked_after, -1);
    deliver(domain, nobody, nobody);
    ck_assert_str_eq(hear(fd, FRAME(2)), "head\n" FRAME(2));
    tear_down();
    close(fd);
}
END_TEST

START_TEST(a_replay_in_a_chunked_stream_is_a_chunk)
{
    set_up();
    int64_t after = 0;
    bus = (struct played_bus){ .head = 2, .n = 2 };
    bus.events[0] = event_for(domain, nobody, nobody);
    bus.events[1] = event_for(domain, nobody, nobody);
    int fd = start_as(follow_from(&after), SOCK_STREAM, true);
    deliver(domain, nobody, nobody);
    ck_assert_str_eq(hear(fd, "19\r\n" FRAME(3) "\r\n"),
                     "head\n32\r\n" FRAME(1) FRAME(2) "\r\n19\r\n" FRAME(3) "\r\n");
    tear_down();
    close(fd);
}
END_TEST

START_TEST(a_replay_too_long_ends_behind_its_piece)
{
    static char data[3 << 20];
    set_up();
    int64_t after = 0;
    memset(data, 'x', sizeof data);
    bus = (struct played_bus){ .head = 2, .n = 2 };
    for (int i = 0; i < 2; i++) {
        bus.events[i] = event_for(domain, nobody, nobody);
        bus.events[i].v1 = (struct bytes){ (unsigned char *)data, sizeof data };
    }
    int fd = start_as(follow_from(&after), SOCK_STREAM, false);
    deliver(domain, nobody, nobody);
    size_t len = 0;
    ssize_t n;
    while ((n = recv(fd, data, sizeof data, 0)) > 0)
        len += (size_t)n;
    ck_assert_int_eq(n, 0);
    ck_assert_uint_eq(len, strlen("head\nid: 1\nevent: t\ndata: \n\n") + sizeof data);
    await_streams(0);
    tear_down();
    close(fd);
}
END_TEST

START_TEST(without_its_bus_nothing_is_opened)
{
    set_up();
    int64_t after = 0;
    bus = (struct played_bus){ .head = 1, .away = true };
    ck_assert_ptr_null(follow_from(&after));
    ck_assert_ptr_null(follow_from(NULL));
    ck_assert_uint_eq(streams(), 0);
    bus.away = false;
    hub_up(hub, false);
    ck_assert_ptr_null(follow_from(NULL));
    hub_up(hub, true);
    close(start(follow_from(NULL)));
    tear_down();
}
END_TEST

/* EVT-058, EVT-066: and when one has gone there is room again. */
START_TEST(there_are_no_more_streams_than_descriptors)
{
    bool covered;
    set_up();
    struct stream_owner owner = owner_of(two);
    hub->streams_most = 1;
    int first = open_stream(one);
    bus = (struct played_bus){ .head = 0 };
    ck_assert_ptr_null(hub_join(hub, &owner, NULL, &covered));
    ck_assert_ptr_null(follow_from(NULL));
    close(first);
    await_streams(0);
    close(start(hub_join(hub, &owner, NULL, &covered)));
    tear_down();
}
END_TEST

/* ---- slow, silent and gone ---- */

static char *big_event(struct bus_event *e)
{
    enum { BIG = 64 * 1024 };
    char *data = mem_alloc(BIG + 1);
    memset(data, 'x', BIG);
    *e = event_for(domain, nobody, nobody);
    e->v1 = BYTES_OF_TEXT(data);
    return data;
}

static void hear_big(int fd)
{
    static char text[1 << 17];
    char head[64];
    size_t len = 0, whole = (size_t)snprintf(head, sizeof head,
                                             "id: %lld\nevent: t\ndata: ", (long long)last_seq);
    whole += 64 * 1024 + 2;
    while (len < whole) {
        ssize_t n = recv(fd, text + len, whole - len, 0);
        ck_assert_int_gt(n, 0);
        len += (size_t)n;
    }
    ck_assert(text_starts(text, head));
}

START_TEST(a_slow_reader_is_dropped_and_holds_nobody_back)
{
    static char text[1 << 16];
    struct bus_event e;
    ssize_t n;
    size_t len = 0;
    set_up();
    int slow = open_stream(one), quick = open_stream(two);
    ck_assert_str_eq(hear(quick, "head\n"), "head\n");
    for (int i = 0; i < 400; i++) { /* 25 MiB: more than the ring holds */
        char *data = big_event(&e);
        hub_deliver(hub, &e);
        mem_free(data);
        hear_big(quick);
    }
    while ((n = recv(slow, text, sizeof text, 0)) > 0)
        len += (size_t)n;
    ck_assert_int_eq(n, 0);
    ck_assert_uint_lt(len, 4 << 20);
    await_streams(1);
    deliver(domain, nobody, nobody);
    ck_assert_str_eq(hear(quick, FRAME(401)), FRAME(401));
    tear_down();
    close(slow), close(quick);
}
END_TEST

START_TEST(a_reader_that_takes_nothing_for_long_is_dropped)
{
    struct bus_event e;
    set_up();
    int stuck = open_stream(one), quick = open_stream(two);
    ck_assert_str_eq(hear(quick, "head\n"), "head\n");
    for (int i = 0; i < 20; i++) {
        char *data = big_event(&e);
        hub_deliver(hub, &e);
        mem_free(data);
        hear_big(quick);
    }
    app_clock_advance(&app.clock, STALLED_MOST - 5 * MICROS_PER_SECOND);
    ck_assert_str_eq(hear(quick, "\n\n"), ":keep-alive\n\n");
    ck_assert_uint_eq(streams(), 2);
    app_clock_advance(&app.clock, 6 * MICROS_PER_SECOND);
    await_streams(1);
    tear_down();
    close(stuck), close(quick);
}
END_TEST

START_TEST(it_is_kept_alive_by_the_clock)
{
    set_up();
    int fd = open_stream(one);
    ck_assert_str_eq(hear(fd, "head\n"), "head\n");
    app_clock_advance(&app.clock, KEEP_ALIVE_EVERY - 5 * MICROS_PER_SECOND);
    deliver(domain, nobody, nobody);
    ck_assert_str_eq(hear(fd, "\n\n"), FRAME(1));
    app_clock_advance(&app.clock, 5 * MICROS_PER_SECOND);
    ck_assert_str_eq(hear(fd, "\n\n"), ":keep-alive\n\n");
    deliver(domain, nobody, nobody);
    ck_assert_str_eq(hear(fd, FRAME(2)), FRAME(2));
    app_clock_advance(&app.clock, 10 * KEEP_ALIVE_EVERY); /* one is enough */
    ck_assert_str_eq(hear(fd, "\n\n"), ":keep-alive\n\n");
    deliver(domain, nobody, nobody);
    ck_assert_str_eq(hear(fd, FRAME(3)), FRAME(3));
    tear_down();
    close(fd);
}
END_TEST

START_TEST(a_peer_that_went_is_noticed_without_a_write)
{
    set_up();
    int gone = open_stream(one), there = open_stream(one);
    await_streams(2);
    close(gone);
    await_streams(1);
    deliver(domain, one, nobody);
    ck_assert_str_eq(hear(there, FRAME(1)), "head\n" FRAME(1));
    tear_down();
    close(there);
}
END_TEST

/* ---- ends ---- */

START_TEST(one_credential_ends_and_not_the_other)
{
    bool covered;
    set_up();
    struct stream_owner owner = owner_of(one), by_operator = owner_of(one);
    by_operator.nsk_id = nobody;
    by_operator.token[0] = 1;
    int a = start(hub_join(hub, &owner, NULL, &covered));
    int b = start(hub_join(hub, &by_operator, NULL, &covered));
    hub_end(hub, &owner);
    ck_assert_str_eq(hear(a, NULL), "head\n");
    deliver(domain, one, nobody);
    ck_assert_str_eq(hear(b, FRAME(1)), "head\n" FRAME(1));
    await_streams(1);
    tear_down();
    close(a), close(b);
}
END_TEST

START_TEST(after_the_end_nothing_begins)
{
    bool covered;
    set_up();
    struct stream_owner owner = owner_of(one);
    struct stream *late = hub_join(hub, &owner, NULL, &covered);
    struct stream *later = hub_join(hub, &owner, NULL, &covered);
    hub_stop(hub);
    int fd = start(late);
    ck_assert_str_eq(hear(fd, NULL), "");
    close(fd);
    stream_answer(later)->drop(stream_answer(later));
    ck_assert_ptr_null(hub_join(hub, &owner, NULL, &covered));
    arena_destroy(app.arena);
}
END_TEST

static void *bus_comes(void *argument)
{
    (void)argument;
    app_wait(20000000);
    hub_up(hub, true);
    return NULL;
}

START_TEST(the_first_waits_for_the_bus)
{
    struct error e = { "" };
    pthread_t thread;
    bool covered;
    struct stream_owner owner = owner_of(one);
    app = (struct app){ .arena = arena_create(), .mode = APP_DEV };
    ck_assert(hub_create(&app, &hub, &e));
    ck_assert_int_eq(pthread_create(&thread, NULL, bus_comes, NULL), 0);
    int fd = start(hub_join(hub, &owner, NULL, &covered));
    pthread_join(thread, NULL);
    ck_assert_str_eq(hear(fd, "head\n"), "head\n");
    tear_down();
    close(fd);
}
END_TEST

TESTS("events/hub", the_first_waits_for_the_bus, each_gets_its_own_in_order,
      each_dialect_has_its_line, a_chunked_stream_ends_as_a_body_ends, what_waits_goes_out_together,
      between_replay_and_ring_is_no_gap_and_no_double, what_the_ring_holds_is_not_asked_of_the_bus,
      without_a_number_nothing_old_comes, a_number_ahead_of_the_head_is_the_head,
      a_replay_in_a_chunked_stream_is_a_chunk, a_replay_too_long_ends_behind_its_piece,
      without_its_bus_nothing_is_opened, there_are_no_more_streams_than_descriptors,
      a_slow_reader_is_dropped_and_holds_nobody_back,
      a_reader_that_takes_nothing_for_long_is_dropped, it_is_kept_alive_by_the_clock,
      a_peer_that_went_is_noticed_without_a_write, one_credential_ends_and_not_the_other,
      after_the_end_nothing_begins)
