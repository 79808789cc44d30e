#include "reference/plexd/follow.h"

#include <openssl/evp.h>

#include "common/encoding.h"
#include "common/log.h"
#include "common/testing.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexd/test_server.h"

static struct arena *a;
static struct error e;
static struct loop *l;
static struct http *h;
static struct test_server server;
static struct fast_clock fast;
static struct verifier *v;
static struct follow *f;
static EVP_PKEY *key;

static char heard[512]; /* types of believed events, each with a blank */
static int n_connected, n_polls, refused_with;
static const char *stop_at; /* type of the event that ends the test */
static char last_ids[8][64];

static const char *signed_event(const char *id, const char *type)
{
    const char *now = timestamp_format(a, loop_wall(l));
    const char *text = arena_printf(a,
                                    "{\"id\":\"%s\",\"type\":\"%s\",\"issued_at\":\"%s\","
                                    "\"payload\":{}}",
                                    id, type, now);
    unsigned char raw[64];
    size_t len = 64;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_DigestSignInit(ctx, NULL, NULL, NULL, key);
    EVP_DigestSign(ctx, raw, &len, (const unsigned char *)text, strlen(text));
    EVP_MD_CTX_free(ctx);
    return arena_printf(a, "%.*s,\"signature\":\"%s\"}", (int)strlen(text) - 1, text,
                        base64_encode(a, BASE64_STANDARD, raw, 64));
}

static void send_event(int fd, const char *sse_id, const char *data)
{
    test_send(fd, arena_printf(a, "id: %s\nevent: x\ndata: %s\n\n", sse_id, data));
}

static void open_stream(struct test_request *rq)
{
    ck_assert_str_eq(rq->path, "/v1/nodes/n1/events");
    ck_assert(rq->number <= 8);
    snprintf(last_ids[rq->number - 1], 64, "%s", test_header(a, rq, "Last-Event-ID"));
    test_send(rq->fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n:keep-alive\n\n");
}

static void on_event(void *self, const struct envelope *ev)
{
    (void)self;
    size_t len = strlen(heard);
    snprintf(heard + len, sizeof heard - len, "%s ", ev->type);
    if (text_equal(ev->type, stop_at))
        loop_stop(l);
}

static void on_connected(void *self)
{
    (void)self;
    n_connected++;
}

static void on_poll(void *self)
{
    (void)self;
    if (++n_polls == 3)
        loop_stop(l);
}

static void on_refused(void *self, int status)
{
    (void)self;
    refused_with = status;
    loop_stop(l);
}

static void run(void (*handle)(struct test_request *rq))
{
    unsigned char seed[32] = { 1 }, public_key[32];
    size_t len = 32;
    a = arena_create();
    key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    EVP_PKEY_get_raw_public_key(key, public_key, &len);
    ck_assert(loop_create(&l, &e) && test_server_open(&server, l, handle, NULL));
    struct http_options o = { .base_url = server.url, .version = "1" };
    ck_assert(http_create(l, &o, &h, &e));
    v = verifier_create(public_key, "k");
    log_set_level(LOG_ERROR + 1);
    fast_clock_start(&fast, l);
    struct follow_options fo = { .loop = l,
                                 .http = h,
                                 .wire = &wire_v1,
                                 .node_id = "n1",
                                 .idle = 90 * NANOS_PER_SECOND,
                                 .verifier = v,
                                 .event = on_event,
                                 .connected = on_connected,
                                 .poll = on_poll,
                                 .refused = on_refused };
    f = follow_start(&fo);
    loop_run(l);
    follow_stop(f);
    fast_clock_stop(&fast);
    http_destroy(h);
    test_server_close(&server);
    verifier_destroy(v);
    EVP_PKEY_free(key);
    loop_destroy(l);
    arena_destroy(a);
}

/* plexd-facts 13, cases 4, 6, 29 and 32 in one stream and its successor. */
static void one_then_another(struct test_request *rq)
{
    open_stream(rq);
    if (rq->number == 1) {
        const char *twice = signed_event("e1", "one");
        send_event(rq->fd, "3", twice);
        send_event(rq->fd, "4", twice);
        send_event(rq->fd, "5", "no json");
        send_event(rq->fd, "6", "{\"id\":\"e2\",\"type\":\"forged\",\"signature\":\"\"}");
        send_event(rq->fd, "7", signed_event("e3", "two"));
        test_hang_up(rq->server, rq->fd);
    } else {
        send_event(rq->fd, "8", signed_event("e4", "three"));
    }
}

START_TEST(events_are_believed_once_and_a_resume_goes_on_where_it_was)
{
    stop_at = "three";
    run(one_then_another);
    ck_assert_str_eq(heard, "one two three ");
    ck_assert_str_eq(last_ids[0], "");
    ck_assert_str_eq(last_ids[1], "7");
    ck_assert_int_eq(n_connected, 2);
    ck_assert_int_eq(n_polls, 0);
}
END_TEST

static void a_huge_line(struct test_request *rq)
{
    open_stream(rq);
    if (rq->number == 1) {
        char *line = arena_alloc(a, 70001);
        memset(line, 'x', 70000);
        send_event(rq->fd, "5", line);
        test_hang_up(rq->server, rq->fd);
    } else {
        send_event(rq->fd, "6", signed_event("e", "after"));
    }
}

START_TEST(an_event_that_is_too_large_is_asked_for_as_state_and_not_again)
{
    stop_at = "after";
    run(a_huge_line);
    ck_assert_str_eq(last_ids[1], "5");
    ck_assert_int_eq(n_polls, 1);
}
END_TEST

static void unavailable(struct test_request *rq)
{
    test_answer(rq, 503, "", "{\"code\":\"event_stream_unavailable\"}");
}

START_TEST(a_stream_that_stays_away_is_replaced_by_polling)
{
    run(unavailable);
    ck_assert_int_eq(n_polls, 3);
    ck_assert_int_eq(n_connected, 0);
    ck_assert_int_ge(server.requests, 8);
}
END_TEST

static int refusal;

static void refuse(struct test_request *rq)
{
    test_answer(rq, refusal, "", "{\"code\":\"nsk_revoked\"}");
}

START_TEST(a_refusal_is_for_good)
{
    static const int statuses[] = { 401, 403, 404 };
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        refusal = statuses[i];
        run(refuse);
        ck_assert_int_eq(refused_with, refusal);
        ck_assert_int_eq(server.requests, 1);
    }
}
END_TEST

static void silent_at_first(struct test_request *rq)
{
    open_stream(rq);
    if (rq->number == 2)
        send_event(rq->fd, "1", signed_event("e", "end"));
}

START_TEST(silence_for_too_long_leads_to_a_new_connection)
{
    stop_at = "end";
    run(silent_at_first);
    ck_assert_int_eq(server.requests, 2);
    ck_assert_int_eq(n_connected, 2);
}
END_TEST

TESTS("plexd/follow", events_are_believed_once_and_a_resume_goes_on_where_it_was,
      an_event_that_is_too_large_is_asked_for_as_state_and_not_again,
      a_stream_that_stays_away_is_replaced_by_polling, a_refusal_is_for_good,
      silence_for_too_long_leads_to_a_new_connection)
