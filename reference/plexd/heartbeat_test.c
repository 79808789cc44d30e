#include "reference/plexd/heartbeat.h"

#include "common/encoding.h"
#include "common/log.h"
#include "common/process.h"
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
static char reactions[16];

static const struct {
    int status;
    const char *body;
} script[] = { { 500, "" },
               { 200, "" },
               { 200, "{}" },
               { 401, "{\"code\":\"nsk_revoked\"}" },
               { 200, "{\"reconcile\":true}" },
               { 200, "{\"rotate_keys\":true,\"reconcile\":true}" } };

static void handle(struct test_request *rq)
{
    size_t i = (size_t)rq->number - 1;
    ck_assert_str_eq(rq->path, "/v1/nodes/n1/heartbeat");
    ck_assert(text_contains((const char *)rq->body.data, "\"binary_version\":\"7\""));
    if (i >= ARRAY_LEN(script)) {
        loop_stop(l);
        return;
    }
    test_answer(rq, script[i].status, "", script[i].body);
}

static void reconcile(void *self)
{
    (void)self;
    reactions[strlen(reactions)] = 'r';
}

static void rotate(void *self)
{
    (void)self;
    reactions[strlen(reactions)] = 'k';
}

/* plexd-facts 13, cases 23 and 24; and a 401 ends nothing. */
START_TEST(it_beats_on_whatever_the_answer_and_reacts)
{
    a = arena_create();
    ck_assert(loop_create(&l, &e) && test_server_open(&server, l, handle, NULL));
    struct http_options o = { .base_url = server.url, .version = "1" };
    ck_assert(http_create(l, &o, &h, &e));
    log_set_level(LOG_ERROR + 1);
    fast_clock_start(&fast, l);
    struct heartbeat_options ho = { .loop = l,
                                    .http = h,
                                    .wire = &wire_v1,
                                    .node_id = "n1",
                                    .version = "7",
                                    .interval = 30 * NANOS_PER_SECOND,
                                    .reconcile = reconcile,
                                    .rotate = rotate };
    int64_t before = loop_now(l);
    struct heartbeat *hb = heartbeat_start(&ho);
    loop_run(l);
    ck_assert_str_eq(reactions, "rrk");
    ck_assert_int_eq(server.requests, (int)ARRAY_LEN(script) + 1);
    ck_assert_int_ge(loop_now(l) - before, (int64_t)ARRAY_LEN(script) * 30 * NANOS_PER_SECOND);
    heartbeat_stop(hb);
    fast_clock_stop(&fast);
    http_destroy(h);
    test_server_close(&server);
    loop_destroy(l);
    arena_destroy(a);
}
END_TEST

START_TEST(the_checksum_is_that_of_the_running_program)
{
    unsigned char sum[32];
    struct process_result result;
    a = arena_create();
    char *exe = arena_printf(a, "/proc/%d/exe", (int)getpid());
    char *argv[] = { "sha256sum", exe, NULL };
    struct process_options o = { .argv = argv };
    ck_assert(process_run(a, &o, (struct bytes){ 0 }, 4096, 10000, &result, &e));
    ck_assert(heartbeat_own_checksum(sum, &e));
    ck_assert(text_starts((const char *)result.out.data, hex_encode(a, sum, 32)));
    arena_destroy(a);
}
END_TEST

TESTS("plexd/heartbeat", it_beats_on_whatever_the_answer_and_reacts,
      the_checksum_is_that_of_the_running_program)
