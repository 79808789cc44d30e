/* Against a real nats-server, found on PATH; without one these are not shown, and a line says so.
 */
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/environment.h"
#include "reference/plexsphere/events/bus_nats_message.h"
#include "reference/plexsphere/events/bus_test_support.h"
#include "reference/plexsphere/events/events_test_support.h"
#include "reference/plexsphere/events/publisher_stress_test_support.h"

static struct {
    struct process process;
    char *directory;
    int port;
} server;

static void server_start(void)
{
    struct error e = { "" };
    char *const argv[] = { (char[]){ "nats-server" },
                           (char[]){ "-js" },
                           (char[]){ "-a" },
                           (char[]){ "127.0.0.1" },
                           (char[]){ "-p" },
                           arena_printf(arena, "%d", server.port),
                           (char[]){ "-sd" },
                           server.directory,
                           (char[]){ "--user" },
                           (char[]){ "plex" },
                           (char[]){ "--pass" },
                           (char[]){ "s3cret" },
                           NULL };
    struct process_options o = { .argv = argv, .cwd = "/", .stdout_fd = -1, .stderr_fd = -1 };
    ck_assert_msg(process_start(&o, &server.process, &e), "%s", e.text);
}

static void server_stop(void)
{
    int code;
    process_stop(&server.process, 5000, &code);
}

/* A port that was free a moment ago. */
static int free_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static bool reachable(struct event_bus *bus)
{
    int64_t seq;
    struct tx *tx = tx_begin(app.db, arena);
    bool ok = bus->head(bus, tx, &seq);
    tx_end(tx);
    return ok;
}

static void wait_until_reachable(struct event_bus *bus)
{
    int64_t end = clock_monotonic_nanos() + BUS_TEST_PATIENCE;
    while (!reachable(bus)) {
        ck_assert_msg(clock_monotonic_nanos() < end, "nats-server is not reachable");
        poll(NULL, 0, 20);
    }
}

static struct event_bus *another_bus(void)
{
    return bus_nats_create(&app,
                           arena_printf(arena, "nats://plex:s3cret@127.0.0.1:%d", server.port));
}

static struct event_bus *set_up(int connections)
{
    struct error e = { "" };
    events_set_up(connections, SIGNING_PLATFORM);
    server.port = free_port();
    ck_assert_msg(directory_make_temporary(arena, "/var/tmp/plexsphere-nats", &server.directory,
                                           &e),
                  "%s", e.text);
    server_start();
    struct event_bus *bus = another_bus();
    wait_until_reachable(bus);
    return bus;
}

static void tear_down(void)
{
    struct error e = { "" };
    server_stop();
    ck_assert_msg(directory_remove(server.directory, &e), "%s", e.text);
    bus_tear_down();
}

START_TEST(keeps_recipients_apart)
{
    bus_keeps_recipients_apart(set_up(2));
    tear_down();
}
END_TEST

START_TEST(keeps_every_member)
{
    bus_keeps_every_member(set_up(2));
    tear_down();
}
END_TEST

START_TEST(forgets_by_age)
{
    bus_forgets_by_age(set_up(2));
    tear_down();
}
END_TEST

START_TEST(delivers_what_comes)
{
    struct event_bus *bus = set_up(2);
    bus_delivers_what_comes(bus, another_bus());
    tear_down();
}
END_TEST

/* EVT-022 */
START_TEST(keeps_one_of_what_is_published_twice)
{
    struct event_bus *bus = set_up(2);
    struct bus_event once = bus_some_event(&bus_node, &bus_nobody, "once");
    bus_publish(bus, &once, 1);
    int64_t seq = once.seq;
    bus_publish(bus, &once, 1);
    ck_assert_int_eq(once.seq, seq);
    ck_assert_str_eq(bus_replayed(bus, &bus_node, 0, 10), "once");
    tear_down();
}
END_TEST

/* EVT-007: rows wait in the outbox, listeners go on behind the last event they had. */
START_TEST(a_server_that_was_away_costs_no_event)
{
    static struct ears ears;
    struct error e = { "" };
    struct event_bus *bus = set_up(3);
    struct bus_event one = bus_some_event(&bus_node, &bus_nobody, "one");
    struct bus_event two = bus_some_event(&bus_node, &bus_nobody, "two");
    struct bus_event *events;
    size_t n;
    ears_open(&ears, bus);
    bus_publish(bus, &one, 1);
    ears_wait(&ears, 1, 0);
    server_stop();
    ears_wait_for_loss(&ears, 1);
    struct tx *tx = writing(arena);
    ck_assert(!bus->publish(bus, tx, &two, 1, &e));
    ck_assert_ptr_null(strstr(e.text, "s3cret"));
    ck_assert(!bus->replay(bus, tx, &bus_domain, &bus_node, 0, 10, &events, &n));
    tx_end(tx);
    server_start();
    wait_until_reachable(bus);
    bus_publish(bus, &two, 1);
    ears_wait(&ears, 2, 1);
    ears_close(&ears);
    ck_assert_str_eq(ears.heard, "one two");
    ck_assert_str_eq(bus_replayed(bus, &bus_node, 0, 10), "one two");
    tear_down();
}
END_TEST

/* A server that comes up after the first attempt, and one that forgot its stream. */
START_TEST(a_lost_stream_is_made_again)
{
    struct error e = { "" };
    struct event_bus *bus = set_up(2);
    struct bus_event old = bus_some_event(&bus_node, &bus_nobody, "old");
    struct bus_event fresh = bus_some_event(&bus_node, &bus_nobody, "fresh");
    bus_publish(bus, &old, 1);
    server_stop();
    ck_assert_msg(directory_remove(server.directory, &e), "%s", e.text);
    server_start();
    wait_until_reachable(bus);
    bus_publish(bus, &fresh, 1);
    ck_assert_str_eq(bus_replayed(bus, &bus_node, 0, 10), "fresh");
    tear_down();
}
END_TEST

START_TEST(no_event_is_skipped_whatever_the_order_of_commits)
{
    struct event_bus *bus = set_up(STRESS_CONNECTIONS);
    a_domain(&bus_domain);
    a_node(&bus_node, &bus_domain, "v1");
    stress(bus);
    tear_down();
}
END_TEST

START_TEST(what_is_no_event_is_refused)
{
    struct bus_event event;
    bool found;
    static const char *const bad[] = { "", "{}", "{}\n\n", "no json\na\nb",
                                       "{\"type\":\"t\",\"domain_id\":\"x\"}\na\nb" };
    arena = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!nats_message_read(arena, BYTES_OF_TEXT(bad[i]), 1, &event), "%s", bad[i]);
    ck_assert(!nats_next_answer(arena, BYTES_OF_TEXT("{}"), &found, &event));
    ck_assert(!nats_next_answer(arena, BYTES_OF_TEXT("{\"error\":{\"err_code\":10059}}"), &found,
                                &event));
    ck_assert(
        nats_next_answer(arena, BYTES_OF_TEXT("{\"error\":{\"err_code\":10037}}"), &found, &event));
    ck_assert(!found);
    arena_destroy(arena);
}
END_TEST

TEST_RUNNER(run_with_server, "plexsphere/events/bus_nats", keeps_recipients_apart,
            keeps_every_member, forgets_by_age, delivers_what_comes,
            keeps_one_of_what_is_published_twice, a_server_that_was_away_costs_no_event,
            a_lost_stream_is_made_again, no_event_is_skipped_whatever_the_order_of_commits)
TEST_RUNNER(run_without, "plexsphere/events/bus_nats_message", what_is_no_event_is_refused)

static bool has_server(void)
{
    struct error e = { "" };
    struct process_result r;
    struct arena *a = arena_create();
    char *const argv[] = { (char[]){ "nats-server" }, (char[]){ "--version" }, NULL };
    struct process_options o = { .argv = argv, .cwd = "/" };
    bool found = process_run(a, &o, (struct bytes){ NULL, 0 }, 4096, 10000, &r, &e) &&
                 r.end == PROCESS_EXITED && r.code == 0;
    arena_destroy(a);
    return found;
}

int main(void)
{
    int result = run_without();
    if (!has_server()) {
        fprintf(stderr, "nats-server not found: the NATS bus is not shown\n");
        return result;
    }
    if (!cluster_up() || run_with_server() != EXIT_SUCCESS)
        result = EXIT_FAILURE;
    cluster_down();
    return result;
}
