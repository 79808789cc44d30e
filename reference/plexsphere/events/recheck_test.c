/* Streams whose credential ends while they run (SPEC EVT-071): the hub over socket pairs, the
 * credentials in a database, the time moved by the clock. */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/encoding.h"
#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/events/hub.h"
#include "reference/plexsphere/store/cluster_test_support.h"

#include "reference/plexsphere/nodes/node_test_support.h"

static struct test_fleet fleet;
static struct app app;
static struct hub *hub;

struct open_stream {
    struct uuid node, nsk;
    int fd;
};

static void set_up(void)
{
    struct error e = { "" };
    ck_assert_msg(crypto_init(&e), "%s", e.text);
    fleet_open(&fleet);
    app = (struct app){
        .arena = arena_create(), .db = fleet.db, .mode = APP_DEV, .relations = &relations_embedded
    };
    ck_assert_msg(hub_create(&app, &hub, &e), "%s", e.text);
    hub_up(hub, true);
}

static void tear_down(void)
{
    hub_stop(hub);
    arena_destroy(app.arena);
    fleet_close(&fleet);
}

static struct open_stream opened(struct stream_owner owner)
{
    struct open_stream s = { .node = owner.node_id, .nsk = owner.nsk_id };
    struct timeval patience = { .tv_sec = 30 };
    int fds[2];
    bool covered;
    char head[5];
    struct stream *stream = hub_join(hub, &owner, NULL, &covered);
    ck_assert_ptr_nonnull(stream);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    setsockopt(fds[1], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    stream_answer(stream)->start(stream_answer(stream), fds[0], BYTES_OF_TEXT("head\n"), false);
    ck_assert_int_eq(recv(fds[1], head, sizeof head, MSG_WAITALL), sizeof head);
    s.fd = fds[1];
    return s;
}

/* A new Node's stream, by its own key. */
static struct open_stream a_nodes_stream(void)
{
    char *text;
    struct nsk key;
    bool found;
    struct uuid node = fleet_node(&fleet, false, &text);
    fleet_commit(&fleet);
    ck_assert_int_eq(nsk_current(fleet.tx, test_wrap_key, &node, &found, &key), SQL_OK);
    ck_assert(found);
    fleet_commit(&fleet);
    return opened((struct stream_owner){
        .node_id = node, .domain_id = fleet.domain, .nsk_id = key.id, .kind = CALLER_NODE });
}

/* A stream of an operator whose token nobody knows. */
static struct open_stream an_operators_stream(struct uuid node)
{
    return opened((struct stream_owner){ .node_id = node,
                                         .domain_id = fleet.domain,
                                         .kind = CALLER_USER,
                                         .caller_id = uuid_v7(TEST_NOW),
                                         .token = { 9 } });
}

static void expect_end(struct open_stream s)
{
    char piece[256];
    ssize_t n;
    while ((n = recv(s.fd, piece, sizeof piece, 0)) > 0)
        ;
    ck_assert_int_eq(n, 0);
    close(s.fd);
}

/* What is alive at the end gets an event, and nothing but keep-alives before it. */
static void expect_alive(struct open_stream s, int64_t seq)
{
    char text[1024];
    size_t len = 0;
    struct bus_event event = { .seq = seq,
                               .domain_id = fleet.domain,
                               .node_id = s.node,
                               .type = "t",
                               .v1 = BYTES_OF_TEXT("v1"),
                               .issued_at = app_clock_now(&app.clock) };
    hub_deliver(hub, &event);
    do {
        ssize_t n = recv(s.fd, text + len, sizeof text - 1 - len, 0);
        ck_assert_int_gt(n, 0);
        len += (size_t)n;
        text[len] = '\0';
    } while (strstr(text, "data: v1\n\n") == NULL);
    close(s.fd);
}

START_TEST(a_revoked_key_ends_its_streams_and_no_others)
{
    int n;
    set_up();
    struct open_stream ends = a_nodes_stream(), stays = a_nodes_stream();
    ck_assert_int_eq(nsk_revoke(fleet.tx, &ends.node, TEST_NOW, &n), SQL_OK);
    ck_assert_int_eq(n, 1);
    fleet_commit(&fleet);
    app_clock_advance(&app.clock, KEEP_ALIVE_EVERY);
    expect_end(ends);
    expect_alive(stays, 1);
    tear_down();
}
END_TEST

START_TEST(a_replaced_key_is_good_to_the_end_of_its_overlap)
{
    set_up();
    struct open_stream replaced = a_nodes_stream(), witness = a_nodes_stream();
    int64_t until = app_clock_now(&app.clock) + 4 * KEEP_ALIVE_EVERY;
    int n;
    ck_assert_int_eq(nsk_retire(fleet.tx, &replaced.node, until), SQL_OK);
    ck_assert_int_eq(nsk_revoke(fleet.tx, &witness.node, TEST_NOW, &n), SQL_OK);
    fleet_commit(&fleet);
    app_clock_advance(&app.clock, KEEP_ALIVE_EVERY);
    expect_end(witness); /* it was looked at, and found good */
    struct stream_owner *owners;
    ck_assert_uint_eq(hub_owners(hub, fleet.arena, &owners), 1);
    app_clock_advance(&app.clock, 4 * KEEP_ALIVE_EVERY);
    expect_end(replaced);
    tear_down();
}
END_TEST

START_TEST(a_node_that_left_is_told_nothing_more)
{
    set_up();
    struct open_stream left = a_nodes_stream(), stays = a_nodes_stream();
    cluster_sql(fleet.arena, fleet.dsn,
                arena_printf(fleet.arena,
                             "UPDATE plexsphere.nodes SET drained_at = registered_at"
                             " WHERE id = '%s'",
                             uuid_text(fleet.arena, &left.node)));
    app_clock_advance(&app.clock, KEEP_ALIVE_EVERY);
    expect_end(left);
    expect_alive(stays, 1);
    tear_down();
}
END_TEST

START_TEST(an_operator_without_a_token_is_told_nothing_more)
{
    set_up();
    struct open_stream node = a_nodes_stream(), by_operator = an_operators_stream(node.node);
    app_clock_advance(&app.clock, KEEP_ALIVE_EVERY);
    expect_end(by_operator);
    expect_alive(node, 1);
    tear_down();
}
END_TEST

CLUSTER_TESTS("events/recheck", a_revoked_key_ends_its_streams_and_no_others,
              a_replaced_key_is_good_to_the_end_of_its_overlap,
              a_node_that_left_is_told_nothing_more,
              an_operator_without_a_token_is_told_nothing_more)
