/* What lands in the buffers: the tables of a private PostgreSQL, and a stream of a real nats-server
 * where one is installed (ING-026 to ING-033). */
#include "reference/plexsphere/observability/ingest.h"

#include <arpa/inet.h>
#include <nats/nats.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/json.h"
#include "common/json_slice.h"
#include "reference/plexsphere/nodes/one_node_test_support.h"

/* A label that looks like a tag is a label. */
#define RECORD "{\"name\":\"n\",\"labels\":{\"node_id\":\"forged\",\"domain_id\":\"forged\"}}"

static struct ingest_batch batch_of(const struct request *rq, const char *signal,
                                    const struct bytes *records, size_t n)
{
    return (struct ingest_batch){ .signal = signal,
                                  .domain_id = rq->node.domain_id,
                                  .project_id = rq->node.project_id,
                                  .node_id = rq->node.node_id,
                                  .received_at = rq->now,
                                  .records = records,
                                  .n = n };
}

/* ---- PostgreSQL ---- */

START_TEST(a_table_has_the_records_of_its_signal_with_the_servers_tags)
{
    static const char *const names[] = { "metrics", "logs", "audit" };
    struct node_fixture f = node_fixture_open(1);
    struct request rq = node_request(&f, f.arena);
    const struct bytes records[] = { BYTES_OF_TEXT(RECORD), BYTES_OF_TEXT("{\"name\":\"o\"}") };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct ingest_batch batch = batch_of(&rq, names[i], records, i + 1 < 2 ? i + 1 : 2);
        ck_assert_int_eq(ingest_postgres.publish(&ingest_postgres, rq.tx, &batch), INGEST_BUFFERED);
    }
    const char *tagged =
        "SELECT (SELECT count(*) FROM plexsphere.ingest_metrics) || ' ' || (SELECT count(*) FROM "
        "plexsphere.ingest_logs) || ' ' || (SELECT count(*) FROM plexsphere.ingest_audit) || ' ' "
        "|| (SELECT concat_ws(' ', domain_id, project_id, node_id, record->'labels'->>'node_id') "
        "FROM plexsphere.ingest_metrics)";
    ck_assert_str_eq(cluster_sql(f.arena, f.dsn, tagged),
                     "1 2 2 " TEST_DOMAIN " " TEST_PROJECT " " TEST_NODE " forged");
    tx_end(rq.tx);
    node_fixture_close(&f);
}
END_TEST

START_TEST(a_batch_that_the_table_refuses_leaves_nothing)
{
    struct node_fixture f = node_fixture_open(1);
    struct request rq = node_request(&f, f.arena);
    const struct bytes records[] = { BYTES_OF_TEXT(RECORD), BYTES_OF_TEXT("1") };
    struct ingest_batch batch = batch_of(&rq, "logs", records, 2);
    ck_assert_int_eq(ingest_postgres.publish(&ingest_postgres, rq.tx, &batch), INGEST_FAILED);
    ck_assert_str_eq(cluster_sql(f.arena, f.dsn, "SELECT count(*) FROM plexsphere.ingest_logs"),
                     "0");
    tx_end(rq.tx);
    node_fixture_close(&f);
}
END_TEST

START_TEST(a_record_is_kept_for_an_hour)
{
    struct node_fixture f = node_fixture_open(1);
    struct request rq = node_request(&f, f.arena);
    const struct bytes record = BYTES_OF_TEXT(RECORD);
    struct ingest_batch batch = batch_of(&rq, "audit", &record, 1);
    int64_t hour = INGEST_KEPT_S * MICROS_PER_SECOND;
    ck_assert_int_eq(ingest_postgres.publish(&ingest_postgres, rq.tx, &batch), INGEST_BUFFERED);
    batch.received_at++;
    ck_assert_int_eq(ingest_postgres.publish(&ingest_postgres, rq.tx, &batch), INGEST_BUFFERED);
    const char *count = "SELECT count(*) FROM plexsphere.ingest_audit";
    ck_assert_int_eq(ingest_postgres.expire(&ingest_postgres, rq.tx, TEST_NOW + hour),
                     INGEST_BUFFERED);
    ck_assert_str_eq(cluster_sql(f.arena, f.dsn, count), "2");
    ck_assert_int_eq(ingest_postgres.expire(&ingest_postgres, rq.tx, TEST_NOW + hour + 1),
                     INGEST_BUFFERED);
    ck_assert_str_eq(cluster_sql(f.arena, f.dsn, count), "1");
    tx_end(rq.tx);
    node_fixture_close(&f);
}
END_TEST

/* ---- NATS ---- */

static int free_port(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 &&
              getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    close(fd);
    return ntohs(at.sin_port);
}

struct nats_fixture {
    struct node_fixture nodes;
    char *directory, *url, *port;
    struct process server;
};

static bool nats_start(struct nats_fixture *f)
{
    struct error e = { "" };
    char *const argv[] = { (char[]){ "nats-server" }, (char[]){ "-a" }, (char[]){ "127.0.0.1" },
                           (char[]){ "-p" },          f->port,          (char[]){ "-js" },
                           (char[]){ "-sd" },         f->directory,     NULL };
    struct process_options o = { .argv = argv, .cwd = "/", .stdout_fd = -1, .stderr_fd = -1 };
    return process_start(&o, &f->server, &e);
}

static void nats_stop(struct nats_fixture *f)
{
    int code;
    process_stop(&f->server, 5000, &code);
}

static bool nats_installed(void)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    struct process_result r;
    char *const argv[] = { (char[]){ "nats-server" }, (char[]){ "--version" }, NULL };
    struct process_options o = { .argv = argv, .cwd = "/" };
    bool there = process_run(a, &o, (struct bytes){ NULL, 0 }, 4096, 10000, &r, &e) &&
                 r.end == PROCESS_EXITED && r.code == 0;
    arena_destroy(a);
    return there;
}

static struct nats_fixture nats_fixture_open(void)
{
    struct error e = { "" };
    struct nats_fixture f = { .nodes = node_fixture_open(1) };
    struct arena *a = f.nodes.arena;
    ck_assert_msg(directory_make_temporary(a, "/var/tmp/plexsphere-nats", &f.directory, &e), "%s",
                  e.text);
    f.port = arena_printf(a, "%d", free_port());
    f.url = arena_printf(a, "nats://127.0.0.1:%s", f.port);
    return f;
}

static void nats_fixture_close(struct nats_fixture *f)
{
    nats_stop(f);
    ck_assert(directory_remove(f->directory, NULL));
    node_fixture_close(&f->nodes);
}

/* The server takes its time to come up, and a failed attempt is not repeated for a second. */
static enum ingest_result published_within(struct ingest_buffer *b, struct tx *tx,
                                           const struct ingest_batch *batch)
{
    int64_t deadline = clock_monotonic_nanos() + 20 * NANOS_PER_SECOND;
    enum ingest_result r;
    while ((r = b->publish(b, tx, batch)) != INGEST_BUFFERED && clock_monotonic_nanos() < deadline)
        poll(NULL, 0, 50);
    return r;
}

static struct bytes message_of(struct nats_fixture *f, uint64_t seq, char **subject)
{
    natsConnection *c = NULL;
    jsCtx *js = NULL;
    natsMsg *message = NULL;
    jsErrCode why;
    ck_assert_int_eq(natsConnection_ConnectTo(&c, f->url), NATS_OK);
    ck_assert_int_eq(natsConnection_JetStream(&js, c, NULL), NATS_OK);
    natsStatus s = js_GetMsg(&message, js, "PLEXSPHERE_INGEST", seq, NULL, &why);
    struct bytes data = { NULL, 0 };
    if (s == NATS_OK) {
        data.len = (size_t)natsMsg_GetDataLength(message);
        data.data = (const unsigned char *)arena_strndup(f->nodes.arena, natsMsg_GetData(message),
                                                         data.len);
        *subject = arena_strdup(f->nodes.arena, natsMsg_GetSubject(message));
    }
    natsMsg_Destroy(message);
    jsCtx_Destroy(js);
    natsConnection_Destroy(c);
    return data;
}

static const json_t *read_message(struct nats_fixture *f, uint64_t seq, char **subject)
{
    json_t *read = NULL;
    struct error e = { "" };
    struct bytes data = message_of(f, seq, subject);
    if (!data.data)
        return NULL;
    ck_assert_msg(json_parse(f->nodes.arena, data.data, data.len, &read, &e), "%s", e.text);
    ck_assert_str_eq(json_text(read, "domain_id"), TEST_DOMAIN);
    ck_assert_str_eq(json_text(read, "project_id"), TEST_PROJECT);
    ck_assert_str_eq(json_text(read, "node_id"), TEST_NODE);
    ck_assert_str_eq(json_text(read, "received_at"), "2026-09-21T14:13:20Z");
    return read;
}

START_TEST(a_stream_has_the_batch_with_the_servers_tags)
{
    struct nats_fixture f = nats_fixture_open();
    struct request rq = node_request(&f.nodes, f.nodes.arena);
    const struct bytes records[] = { BYTES_OF_TEXT(RECORD), BYTES_OF_TEXT("{\"v\":1.50}") };
    struct ingest_batch batch = batch_of(&rq, "logs", records, 2);
    struct ingest_buffer *b = ingest_nats_create(f.url);
    char *subject = NULL;
    ck_assert(nats_start(&f));
    ck_assert_int_eq(published_within(b, rq.tx, &batch), INGEST_BUFFERED);
    const json_t *m = read_message(&f, 1, &subject);
    ck_assert_ptr_nonnull(m);
    ck_assert_str_eq(subject, "plexsphere.ingest.logs." TEST_DOMAIN);
    ck_assert_str_eq(json_text(m, "signal"), "logs");
    ck_assert_uint_eq(json_array_size(json_member(m, "records")), 2);
    ck_assert_str_eq(json_string_value(json_at(m, "/records/0/labels/node_id")), "forged");
    ck_assert_ptr_nonnull(strstr((const char *)message_of(&f, 1, &subject).data, "{\"v\":1.50}"));
    ingest_nats_destroy(b);
    tx_end(rq.tx);
    nats_fixture_close(&f);
}
END_TEST

START_TEST(a_batch_beyond_the_longest_message_becomes_several)
{
    enum { RECORDS = 12, LONG = 250 * 1024 };
    struct nats_fixture f = nats_fixture_open();
    struct request rq = node_request(&f.nodes, f.nodes.arena);
    struct bytes records[RECORDS];
    char *subject = NULL;
    size_t messages = 0, seen = 0;
    for (int i = 0; i < RECORDS; i++) {
        char *text = arena_alloc(f.nodes.arena, LONG + 1);
        memset(text, 'a', LONG);
        memcpy(text, "{\"m\":\"", 6);
        memcpy(text + LONG - 2, "\"}", 2);
        records[i] = (struct bytes){ (unsigned char *)text, LONG };
    }
    struct ingest_batch batch = batch_of(&rq, "audit", records, RECORDS);
    struct ingest_buffer *b = ingest_nats_create(f.url);
    ck_assert(nats_start(&f));
    ck_assert_int_eq(published_within(b, rq.tx, &batch), INGEST_BUFFERED);
    for (const json_t *m; (m = read_message(&f, messages + 1, &subject)); messages++)
        seen += json_array_size(json_member(m, "records"));
    ck_assert_uint_eq(seen, RECORDS);
    ck_assert_uint_eq(messages, 3);
    ingest_nats_destroy(b);
    tx_end(rq.tx);
    nats_fixture_close(&f);
}
END_TEST

START_TEST(a_server_that_went_away_is_found_again)
{
    struct nats_fixture f = nats_fixture_open();
    struct request rq = node_request(&f.nodes, f.nodes.arena);
    const struct bytes record = BYTES_OF_TEXT(RECORD);
    struct ingest_batch batch = batch_of(&rq, "metrics", &record, 1);
    struct ingest_buffer *b = ingest_nats_create(f.url);
    char *subject = NULL;
    ck_assert(nats_start(&f));
    ck_assert_int_eq(published_within(b, rq.tx, &batch), INGEST_BUFFERED);
    nats_stop(&f);
    ck_assert_int_eq(b->publish(b, rq.tx, &batch), INGEST_UNAVAILABLE);
    ck_assert_int_eq(b->publish(b, rq.tx, &batch), INGEST_UNAVAILABLE);
    ck_assert(nats_start(&f));
    ck_assert_int_eq(published_within(b, rq.tx, &batch), INGEST_BUFFERED);
    ck_assert_ptr_nonnull(read_message(&f, 2, &subject)); /* the stream outlived the server */
    ck_assert_ptr_null(read_message(&f, 3, &subject));
    ingest_nats_destroy(b);
    tx_end(rq.tx);
    nats_fixture_close(&f);
}
END_TEST

START_TEST(without_a_server_a_batch_is_refused_at_once)
{
    struct node_fixture f = node_fixture_open(1);
    struct request rq = node_request(&f, f.arena);
    const struct bytes record = BYTES_OF_TEXT(RECORD);
    struct ingest_batch batch = batch_of(&rq, "metrics", &record, 1);
    struct ingest_buffer *b =
        ingest_nats_create(arena_printf(f.arena, "nats://127.0.0.1:%d", free_port()));
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(b->publish(b, rq.tx, &batch), INGEST_UNAVAILABLE);
    ingest_nats_destroy(b);
    tx_end(rq.tx);
    node_fixture_close(&f);
}
END_TEST

TEST_RUNNER(run_without_nats, "observability/ingest",
            a_table_has_the_records_of_its_signal_with_the_servers_tags,
            a_batch_that_the_table_refuses_leaves_nothing, a_record_is_kept_for_an_hour,
            without_a_server_a_batch_is_refused_at_once)
TEST_RUNNER(run_with_nats, "observability/ingest, nats-server",
            a_stream_has_the_batch_with_the_servers_tags,
            a_batch_beyond_the_longest_message_becomes_several,
            a_server_that_went_away_is_found_again)

int main(void)
{
    int result = cluster_up() ? run_without_nats() : EXIT_FAILURE;
    if (result == EXIT_SUCCESS && nats_installed())
        result = run_with_nats();
    else if (result == EXIT_SUCCESS)
        printf("not shown: what lands in a NATS stream; there is no nats-server on PATH\n");
    cluster_down();
    return result;
}
