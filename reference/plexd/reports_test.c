#include "reference/plexd/reports.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <zlib.h>

#include "common/json.h"
#include "common/log.h"
#include "common/random.h"
#include "common/testing.h"
#include "common/timestamp.h"
#include "reference/plexd/reports_internal.h"
#include "reference/plexd/test_server.h"

#define DEBOUNCE (5 * NANOS_PER_SECOND)

static struct arena *a;
static char *dir;
static struct loop *l;
static struct disk *d;
static struct http *h;
static struct test_server server;
static struct reports *r;
static const struct wire *wire = &wire_mvp;

/* What the control plane heard, one line a request: "POST /path body". */
static char heard[64][4096];
static int n_heard;
/* What it answers: the status of the request's number, or `otherwise`. */
static int statuses[64], otherwise = 200;
static const char *extra = "", *problem = "{}";
static const char *offender; /* MVP: a body with this text in it is refused */
static void (*on_request)(void);
static int late_fd, late_status;

/* The body as text, whether or not it came compressed. */
static const char *plain_body(const struct test_request *rq)
{
    static char out[1 << 20];
    z_stream z = { .next_in = (unsigned char *)(uintptr_t)rq->body.data,
                   .avail_in = (unsigned)rq->body.len,
                   .next_out = (unsigned char *)out,
                   .avail_out = sizeof out - 1 };
    if (!text_equal(test_header(a, rq, "Content-Encoding"), "gzip"))
        return (const char *)rq->body.data;
    ck_assert_int_eq(inflateInit2(&z, 16 + MAX_WBITS), Z_OK);
    ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
    inflateEnd(&z);
    out[z.total_out] = '\0';
    return out;
}

static void handle(struct test_request *rq)
{
    int at = n_heard < 64 ? n_heard++ : 63;
    const char *body = plain_body(rq);
    snprintf(heard[at], sizeof heard[at], "%s %s %.2048s", rq->method, rq->path, body);
    int status = statuses[at] != 0 ? statuses[at] : otherwise;
    if (offender != NULL && text_contains(body, offender))
        status = 422;
    if (on_request != NULL) { /* who answers when it has done what it does */
        late_fd = rq->fd;
        late_status = status;
        on_request();
        return;
    }
    test_answer(rq, status, extra, problem);
    loop_stop(l);
}

static void too_long(void *self)
{
    (void)self;
    ck_abort_msg("waited for 20 s");
}

static void until(bool (*holds)(void))
{
    struct timer guard = { .fire = too_long };
    timer_set(l, &guard, 20 * NANOS_PER_SECOND);
    while (!holds())
        loop_run(l);
    timer_cancel(l, &guard);
}

/* ---- the disk has done all it was asked ---- */

static int barriers;

static void no_work(struct disk_job *job)
{
    (void)job;
}

static void passed(struct disk_job *job)
{
    mem_free(job);
    barriers--;
    loop_stop(l);
}

static bool no_barrier(void)
{
    return barriers == 0;
}

static void settle_disk(void)
{
    for (int i = 0; i < 6; i++) { /* what a `done` submits comes behind the next one */
        struct disk_job *job = mem_alloc(sizeof *job);
        *job = (struct disk_job){ .work = no_work, .done = passed };
        barriers++;
        disk_submit(d, job);
        until(no_barrier);
    }
}

static bool round_over(void)
{
    return !r->round.active && r->round.call == NULL;
}

/* The debounce is over; everything that follows from it is done. */
static void let_sync(void)
{
    loop_advance(l, r->debounce);
    int before = n_heard;
    struct timer guard = { .fire = too_long };
    timer_set(l, &guard, 20 * NANOS_PER_SECOND);
    while (n_heard == before || !round_over()) {
        struct timer soon = { .fire = (void (*)(void *))loop_stop, .self = l };
        timer_set(l, &soon, 1000000);
        loop_run(l);
        timer_cancel(l, &soon);
    }
    timer_cancel(l, &guard);
    settle_disk();
}

static void open_reports(void)
{
    struct error e = { "" };
    struct reports_options o = { .data_dir = dir,
                                 .node_id = "n 1",
                                 .wire = wire,
                                 .loop = l,
                                 .disk = d,
                                 .http = h,
                                 .debounce = DEBOUNCE };
    ck_assert_msg(reports_open(&o, &r, &e), "%s", e.text);
}

static void start_all(void)
{
    struct error e = { "" };
    ck_assert(loop_create(&l, &e) && disk_create(l, &d, &e));
    ck_assert(test_server_open(&server, l, handle, NULL));
    struct http_options o = { .base_url = server.url, .version = "1" };
    ck_assert(http_create(l, &o, &h, &e));
    open_reports();
}

static void stop_all(void)
{
    reports_close(r);
    http_destroy(h);
    test_server_close(&server);
    disk_destroy(d);
    loop_destroy(l);
    n_heard = 0;
    memset(statuses, 0, sizeof statuses);
}

static void begin(void)
{
    a = arena_create();
    ck_assert(directory_make_temporary(a, "/tmp/plexd-reports", &dir, NULL));
    start_all();
}

static void end(void)
{
    stop_all();
    ck_assert(directory_remove(dir, NULL));
    arena_destroy(a);
}

/* ---- writing ---- */

static int n_done;
static enum report_result result;
static int64_t version;

static void done(void *self, enum report_result got, const struct data_entry *now)
{
    (void)self;
    n_done++;
    result = got;
    version = now == NULL ? -1 : now->version;
    loop_stop(l);
}

static bool one_done(void)
{
    return n_done > 0;
}

static enum report_result put_if(const char *key, const char *payload, int64_t if_match)
{
    struct report_write w = { .key = key,
                              .content_type = "application/json",
                              .payload = BYTES_OF_TEXT(payload),
                              .if_match = if_match,
                              .done = done };
    n_done = 0;
    reports_put(r, &w);
    until(one_done);
    return result;
}

static enum report_result put(const char *key, const char *payload)
{
    return put_if(key, payload, -1);
}

static enum report_result delete_key(const char *key)
{
    struct report_write w = { .key = key, .done = done };
    n_done = 0;
    reports_delete(r, &w);
    until(one_done);
    return result;
}

static const char *content(const char *name)
{
    struct bytes text;
    const char *path = path_join(a, dir, name);
    return file_read(a, path, 1 << 22, &text, NULL) ? (const char *)text.data : NULL;
}

/* ---- tests: keeping ---- */

/* Case 13 of the wire facts. */
START_TEST(versions_count_from_one_and_start_over_after_a_delete)
{
    begin();
    ck_assert_int_eq(put("k", "1"), REPORT_OK);
    ck_assert_int_eq(version, 1);
    ck_assert_int_eq(put("k", "2"), REPORT_OK);
    ck_assert_int_eq(version, 2);
    ck_assert_int_eq(put_if("k", "3", 1), REPORT_CONFLICT);
    ck_assert_int_eq(put_if("k", "3", 0), REPORT_CONFLICT);
    ck_assert_int_eq(put_if("k", "3", 2), REPORT_OK);
    ck_assert_int_eq(version, 3);
    ck_assert_int_eq(put_if("new", "1", 1), REPORT_CONFLICT);
    ck_assert_int_eq(put_if("new", "1", 0), REPORT_OK);
    ck_assert_int_eq(delete_key("k"), REPORT_OK);
    ck_assert_ptr_null(reports_find(r, "k"));
    ck_assert_int_eq(delete_key("k"), REPORT_NOT_FOUND);
    ck_assert_int_eq(delete_key("never"), REPORT_NOT_FOUND);
    ck_assert_int_eq(put("k", "4"), REPORT_OK);
    ck_assert_int_eq(version, 1);
    size_t n;
    const struct data_entry *all = reports_all(r, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(all[0].key, "k");
    ck_assert_str_eq(all[1].key, "new");
    end();
}
END_TEST

START_TEST(a_writer_is_answered_when_its_line_is_in_the_journal)
{
    begin();
    struct report_write w = { .key = "k",
                              .content_type = "t",
                              .payload = BYTES_OF_TEXT("42"),
                              .if_match = -1,
                              .done = done };
    n_done = 0;
    reports_put(r, &w);
    ck_assert_int_eq(n_done, 0);
    ck_assert_ptr_null(reports_find(r, "k")); /* no reader sees what a crash could undo */
    until(one_done);
    ck_assert(text_contains(content("state/report.journal"), "\"payload\":42"));
    ck_assert_ptr_nonnull(reports_find(r, "k"));
    settle_disk();
    ck_assert(text_contains(content("state/report/k.json"),
                            "{\"key\":\"k\",\"content_type\":\"t\",\"payload\":42,\"version\":1,"));
    end();
}
END_TEST

START_TEST(changes_under_way_stand_on_each_other)
{
    begin();
    struct report_write w = {
        .key = "k", .content_type = "t", .payload = BYTES_OF_TEXT("1"), .if_match = 0, .done = done
    };
    n_done = 0;
    reports_put(r, &w); /* version 1 */
    reports_put(r, &w); /* there is one already */
    ck_assert_int_eq(n_done, 1);
    ck_assert_int_eq(result, REPORT_CONFLICT);
    w.if_match = 1;
    reports_put(r, &w); /* version 2 */
    reports_delete(r, &w);
    reports_delete(r, &w);
    ck_assert_int_eq(n_done, 2);
    ck_assert_int_eq(result, REPORT_NOT_FOUND);
    settle_disk();
    ck_assert_int_eq(n_done, 5);
    ck_assert_ptr_null(reports_find(r, "k"));
    end();
}
END_TEST

START_TEST(all_is_there_after_a_restart_and_is_sent)
{
    begin();
    put("a", "{\"x\":1.0}");
    put("b", "1");
    delete_key("b");
    stop_all();
    start_all();
    ck_assert_ptr_nonnull(reports_find(r, "a"));
    ck_assert_mem_eq(reports_find(r, "a")->payload.data, "{\"x\":1.0}", 9);
    ck_assert_ptr_null(reports_find(r, "b"));
    ck_assert_int_eq(n_heard, 0);
    let_sync();
    ck_assert_int_eq(n_heard, 1);
    ck_assert(text_contains(heard[0], "\"payload\":{\"x\":1.0},\"version\":1"));
    ck_assert(text_contains(heard[0], "\"deleted\":[\"b\"]"));
    ck_assert_str_eq(content("state/report.journal"), "");
    stop_all();
    start_all(); /* nothing is left to be sent; what was sent is still there to be read */
    ck_assert(!r->timer.armed);
    ck_assert_ptr_nonnull(reports_find(r, "a"));
    end();
}
END_TEST

START_TEST(a_journal_that_cannot_be_written_refuses_and_recovers)
{
    begin();
    ck_assert_int_eq(put("k", "1"), REPORT_OK);
    settle_disk();
    /* Something in the journal's place that can be neither appended to nor replaced. */
    const char *path = path_join(a, dir, "state/report.journal");
    const char *keep = path_join(a, dir, "kept");
    ck_assert_int_eq(rename(path, keep), 0);
    ck_assert(directory_make(path_join(a, path, "x"), 0700, NULL));
    ck_assert_int_eq(put("k", "2"), REPORT_FAILED);
    ck_assert_int_eq(put("k", "2"), REPORT_FAILED);
    ck_assert_int_eq(reports_find(r, "k")->version, 1);
    ck_assert(directory_remove(path, NULL));
    ck_assert_int_eq(put("k", "3"), REPORT_OK);
    ck_assert_int_eq(version, 2);
    ck_assert(text_contains(content("state/report.journal"), "\"payload\":3"));
    end();
}
END_TEST

static const char *journal_stopper;

/* Between the failure and the next attempt the journal becomes writable again. */
static void done_and_repaired(void *self, enum report_result got, const struct data_entry *now)
{
    ck_assert_int_eq(got, REPORT_FAILED);
    ck_assert(directory_remove(journal_stopper, NULL));
    done(self, got, now);
}

/* Its writer was told of success nowhere, and its version stands on a change that never was. */
START_TEST(what_was_gathered_behind_a_failed_write_fails_too)
{
    begin();
    journal_stopper = path_join(a, dir, "state/report.journal");
    ck_assert(!path_exists(journal_stopper) || unlink(journal_stopper) == 0);
    ck_assert(directory_make(path_join(a, journal_stopper, "x"), 0700, NULL));
    struct report_write first = { .key = "k",
                                  .content_type = "t",
                                  .payload = BYTES_OF_TEXT("1"),
                                  .if_match = -1,
                                  .done = done_and_repaired };
    struct report_write behind = first;
    behind.payload = BYTES_OF_TEXT("2");
    behind.done = done;
    n_done = 0;
    reports_put(r, &first);
    reports_put(r, &behind); /* gathered while the first is under way */
    while (n_done < 2)
        loop_run(l);
    ck_assert_int_eq(result, REPORT_FAILED);
    ck_assert_ptr_null(reports_find(r, "k"));
    ck_assert_int_eq(put("k", "3"), REPORT_OK);
    ck_assert_int_eq(version, 1);
    ck_assert(!text_contains(content("state/report.journal"), "\"payload\":2"));
    end();
}
END_TEST

START_TEST(a_report_file_that_cannot_be_written_stays_in_the_journal)
{
    begin();
    const char *path = path_join(a, dir, "state/report/k.json");
    ck_assert(directory_make(path_join(a, path, "x"), 0700, NULL));
    ck_assert_int_eq(put("k", "1"), REPORT_OK);
    let_sync();
    ck_assert(text_contains(content("state/report.journal"), "\"state\":\"sent\""));
    stop_all();
    ck_assert(directory_remove(path, NULL));
    start_all();
    ck_assert_ptr_nonnull(reports_find(r, "k"));
    ck_assert(!r->timer.armed);
    settle_disk();
    ck_assert_ptr_nonnull(content("state/report/k.json"));
    end();
}
END_TEST

START_TEST(a_damaged_journal_is_kept_aside)
{
    begin();
    put("a", "1");
    put("b", "2");
    stop_all();
    const char *path = path_join(a, dir, "state/report.journal");
    char *text = arena_strdup(a, content("state/report.journal"));
    text[20] ^= 1;
    ck_assert(file_write_atomic(path, text, strlen(text), 0600, NULL));
    ck_assert(directory_remove(path_join(a, dir, "state/report"), NULL));
    start_all();
    ck_assert_ptr_null(reports_find(r, "a"));
    ck_assert_ptr_nonnull(reports_find(r, "b"));
    ck_assert_str_eq(content("state/report.journal.corrupt"), text);
    end();
}
END_TEST

START_TEST(a_journal_that_grows_is_replaced)
{
    begin();
    char *big = arena_alloc(a, 200001);
    memset(big, '1', 200000);
    r->http = NULL; /* nobody takes anything */
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(put("k", big), REPORT_OK);
    settle_disk();
    ck_assert_uint_lt(strlen(content("state/report.journal")), 2500000);
    ck_assert_int_eq(reports_find(r, "k")->version, 20);
    end();
}
END_TEST

/* ---- tests: sending ---- */

/* Case 16. */
START_TEST(one_debounce_gathers_and_is_not_extended)
{
    begin();
    put("a", "1");
    loop_advance(l, 2 * NANOS_PER_SECOND);
    put("b", "1");
    put("a", "2");
    loop_advance(l, 2 * NANOS_PER_SECOND);
    put("c", "1");
    delete_key("c");
    settle_disk();
    ck_assert_int_eq(n_heard, 0); /* 4 s are over */
    r->debounce = NANOS_PER_SECOND;
    let_sync(); /* the fifth */
    ck_assert_int_eq(n_heard, 1);
    ck_assert(text_starts(heard[0], "POST /v1/nodes/n%201/report {\"entries\":["));
    ck_assert(text_contains(heard[0], "\"key\":\"a\",\"content_type\":\"application/json\","
                                      "\"payload\":2,\"version\":2"));
    ck_assert(!text_contains(heard[0], "\"payload\":1,\"version\":1,\"updated_at\":\"x"));
    ck_assert(text_contains(heard[0], "\"key\":\"b\""));
    ck_assert(text_contains(heard[0], "\"deleted\":[\"c\"]"));
    ck_assert_str_eq(content("state/report.journal"), "");
    end();
}
END_TEST

/* Case 17. */
START_TEST(only_a_delete)
{
    begin();
    put("k", "1");
    let_sync();
    delete_key("k");
    let_sync();
    ck_assert_int_eq(n_heard, 2);
    ck_assert(text_ends(heard[1], " {\"entries\":null,\"deleted\":[\"k\"]}"));
    settle_disk();
    ck_assert_uint_eq(r->n, 0); /* and the tombstone is gone */
    ck_assert_ptr_null(content("state/report/k.json"));
    end();
}
END_TEST

/* Case 18. */
START_TEST(what_fails_is_sent_again_after_the_same_wait)
{
    static const int retried[] = { 500, 503, 501, 429, 408, 401, 302 };
    begin();
    for (size_t i = 0; i < ARRAY_LEN(retried); i++) {
        n_heard = 0;
        statuses[0] = statuses[1] = retried[i];
        put("k", "1");
        let_sync();
        ck_assert(r->timer.armed);
        let_sync();
        let_sync();
        ck_assert_int_eq(n_heard, 3);
        ck_assert_str_eq(heard[0], heard[1]);
        ck_assert_str_eq(heard[0], heard[2]);
        ck_assert(!r->timer.armed);
    }
    end();
}
END_TEST

/* ARP-011: the same status parks when it is the report that is meant. */
START_TEST(what_refuses_the_key_parks_nothing)
{
    begin();
    statuses[0] = 403;
    problem = "{\"code\":\"node_id_mismatch\"}";
    put("k", "1");
    let_sync();
    ck_assert_int_eq(entry_of(r, "k")->state, REPORT_PENDING);
    problem = "{\"code\":\"permission_denied\"}";
    statuses[1] = 403;
    let_sync();
    ck_assert_int_eq(entry_of(r, "k")->state, REPORT_PARKED);
    problem = "{}";
    end();
}
END_TEST

START_TEST(retry_after_is_waited_for)
{
    begin();
    statuses[0] = 429;
    extra = "Retry-After: 60\r\n";
    put("k", "1");
    let_sync();
    int64_t left = r->timer.due - loop_now(l);
    ck_assert_int_gt(left, 50 * NANOS_PER_SECOND);
    ck_assert_int_le(left, 60 * NANOS_PER_SECOND);
    end();
}
END_TEST

START_TEST(v1_sends_one_request_a_key_in_order)
{
    wire = &wire_v1;
    begin();
    put("z", "{\"a\": [1.0]}");
    put("a b", "1");
    put("gone", "1");
    delete_key("gone");
    put("z", "2");
    let_sync();
    ck_assert_int_eq(n_heard, 3);
    ck_assert_str_eq(heard[0], "PUT /v1/nodes/n%201/state/reports/z {\"value\":\"2\"}");
    ck_assert_str_eq(heard[1], "PUT /v1/nodes/n%201/state/reports/a%20b {\"value\":\"1\"}");
    ck_assert(text_starts(heard[2], "DELETE /v1/nodes/n%201/state/reports/gone "));
    end();
}
END_TEST

START_TEST(what_is_refused_is_parked_and_blocks_nobody)
{
    wire = &wire_v1;
    begin();
    put("a", "1");
    put("bad", "2");
    put("c", "3");
    statuses[1] = 413;
    let_sync();
    ck_assert_int_eq(n_heard, 3);
    ck_assert(!r->timer.armed);
    ck_assert_int_eq(entry_of(r, "bad")->state, REPORT_PARKED);
    ck_assert_int_eq(entry_of(r, "c")->state, REPORT_SENT);
    ck_assert_ptr_nonnull(reports_find(r, "bad")); /* readable all the same */
    ck_assert(text_contains(content("state/report.journal"), "\"state\":\"parked\""));
    stop_all();
    start_all(); /* parked it stays */
    ck_assert(!r->timer.armed);
    ck_assert_int_eq(entry_of(r, "bad")->state, REPORT_PARKED);
    put("bad", "4"); /* written anew it is sent */
    let_sync();
    ck_assert_int_eq(n_heard, 1);
    ck_assert(text_ends(heard[0], "bad {\"value\":\"4\"}"));
    ck_assert_int_eq(entry_of(r, "bad")->state, REPORT_SENT);
    end();
}
END_TEST

START_TEST(every_other_4xx_parks)
{
    static const int parks[] = { 400, 403, 404, 405, 409, 413, 415, 422, 451 };
    wire = &wire_v1;
    begin();
    for (size_t i = 0; i < ARRAY_LEN(parks); i++) {
        const char *key = arena_printf(a, "k%zu", i);
        n_heard = 0;
        statuses[0] = parks[i];
        put(key, "1");
        let_sync();
        ck_assert_int_eq(entry_of(r, key)->state, REPORT_PARKED);
    }
    end();
}
END_TEST

START_TEST(a_delete_of_what_is_not_there_is_done)
{
    wire = &wire_v1;
    begin();
    put("k", "1");
    delete_key("k");
    statuses[0] = 404;
    let_sync();
    ck_assert_uint_eq(r->n, 0);
    ck_assert_str_eq(content("state/report.journal"), "");
    end();
}
END_TEST

START_TEST(a_refused_batch_is_split_until_the_offender_is_found)
{
    begin();
    for (int i = 0; i < 20; i++)
        put(arena_printf(a, "k%02d", i), i == 13 ? "\"offends\"" : "1");
    offender = "offends";
    let_sync();
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(entry_of(r, arena_printf(a, "k%02d", i))->state,
                         i == 13 ? REPORT_PARKED : REPORT_SENT);
    ck_assert_int_le(n_heard, 12);
    offender = NULL;
    end();
}
END_TEST

START_TEST(large_batches_are_cut)
{
    begin();
    char *big = arena_alloc(a, 200001);
    memset(big, '1', 200000);
    put("a", big);
    put("b", big);
    put("c", "1");
    let_sync();
    ck_assert_int_eq(n_heard, 2);
    ck_assert_int_eq(entry_of(r, "c")->state, REPORT_SENT);
    end();
}
END_TEST

static void answer_late(void *self, enum report_result got, const struct data_entry *now)
{
    done(self, got, now);
    test_answer(&(struct test_request){ .fd = late_fd }, late_status, extra, "{}");
}

static void write_again(void)
{
    struct report_write w = { .key = "k",
                              .content_type = "t",
                              .payload = BYTES_OF_TEXT("\"second\""),
                              .if_match = -1,
                              .done = answer_late };
    on_request = NULL;
    reports_put(r, &w);
}

START_TEST(what_is_written_while_it_is_sent_is_sent_again)
{
    static const int answers[] = { 200, 422, 500 };
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        begin();
        put("k", "\"first\"");
        on_request = write_again;
        statuses[0] = answers[i];
        let_sync();
        settle_disk();
        ck_assert(r->timer.armed);
        let_sync();
        ck_assert_int_eq(n_heard, 2);
        ck_assert(text_contains(heard[0], "first"));
        ck_assert(text_contains(heard[1], "second"));
        ck_assert_int_eq(entry_of(r, "k")->state, REPORT_SENT);
        ck_assert(!r->timer.armed);
        end();
    }
}
END_TEST

START_TEST(too_much_is_refused)
{
    begin();
    char *big = arena_alloc(a, (1 << 20) + 1);
    memset(big, '1', 1 << 20);
    r->http = NULL;
    for (int i = 0; i < 32; i++)
        ck_assert_int_eq(put(arena_printf(a, "k%d", i), big), REPORT_OK);
    ck_assert_int_eq(put("one-more", big), REPORT_FAILED);
    ck_assert_int_eq(put("k1", big), REPORT_OK); /* in place of another */
    ck_assert_int_eq(delete_key("k1"), REPORT_OK);
    ck_assert_int_eq(put("one-more", big), REPORT_OK);
    end();
}
END_TEST

START_TEST(closing_answers_and_leaves_the_rest_in_the_journal)
{
    begin();
    struct report_write w = {
        .key = "k", .content_type = "t", .payload = BYTES_OF_TEXT("1"), .if_match = -1, .done = done
    };
    n_done = 0;
    reports_put(r, &w); /* under way */
    w.key = "l";
    reports_put(r, &w); /* gathered */
    stop_all();
    ck_assert_int_eq(n_done, 2);
    start_all();
    ck_assert_ptr_nonnull(reports_find(r, "k"));
    ck_assert_ptr_null(reports_find(r, "l"));
    end();
}
END_TEST

/* ---- kill -9 ---- */

enum { KEYS = 5, OPS = 4096, KILLS = 25 };

/* Shared with the child: what it has begun and what was answered, per key. */
struct ledger {
    uint32_t begun[KEYS], answered[KEYS];
    bool put[KEYS][OPS];
};
static struct ledger *ledger;
static int pipe_out, under_way;

struct op {
    int key;
    uint32_t number;
};

static void child_done(void *self, enum report_result got, const struct data_entry *now)
{
    struct op *op = self;
    (void)now;
    if (got == REPORT_OK)
        ledger->answered[op->key] = op->number;
    if (write(pipe_out, "x", 1) != 1)
        _exit(3);
    mem_free(op);
    under_way--;
    loop_stop(l);
}

static void NO_RETURN child(uint64_t seed)
{
    struct prng p = { seed };
    signal(SIGPIPE, SIG_DFL);
    if (!loop_create(&l, NULL) || !disk_create(l, &d, NULL))
        _exit(3);
    h = NULL;
    open_reports();
    for (;;) {
        char payload[16], key[8];
        struct op *op = mem_alloc(sizeof *op);
        op->key = (int)(prng_next(&p) % KEYS);
        snprintf(key, sizeof key, "k%d", op->key);
        op->number = ledger->begun[op->key] + 1;
        if (op->number >= OPS)
            _exit(3);
        bool put_it = prng_next(&p) % 3 != 0;
        struct report_write w = {
            .key = key, .content_type = "t", .if_match = -1, .done = child_done, .self = op
        };
        snprintf(payload, sizeof payload, "%u", op->number);
        w.payload = BYTES_OF_TEXT(payload);
        ledger->put[op->key][op->number] = put_it;
        ledger->begun[op->key] = op->number;
        under_way++;
        if (put_it)
            reports_put(r, &w);
        else
            reports_delete(r, &w);
        if (prng_next(&p) % 4 == 0 && under_way > 0)
            loop_run(l);
    }
}

/* What is found is what was answered last, or something begun after it. */
static bool plausible(int k, const struct data_entry *found)
{
    uint32_t from = ledger->answered[k], to = ledger->begun[k];
    if (from == 0 && found == NULL)
        return true;
    for (uint32_t i = from; i <= to; i++) {
        const char *number = arena_printf(a, "%u", i);
        if (found == NULL ? !ledger->put[k][i]
                          : ledger->put[k][i] && found->payload.len == strlen(number) &&
                                memcmp(found->payload.data, number, strlen(number)) == 0)
            return true;
    }
    return false;
}

static void kill_one(uint64_t seed)
{
    int fds[2];
    char byte;
    struct prng p = { seed };
    uint64_t acks = prng_next(&p) % 60;
    memset(ledger, 0, sizeof *ledger);
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        pipe_out = fds[1];
        child(seed);
    }
    close(fds[1]);
    for (uint64_t i = 0; i < acks; i++)
        ck_assert_int_eq(read(fds[0], &byte, 1), 1);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    close(fds[0]);
    start_all();
    for (int k = 0; k < KEYS; k++) {
        const char *key = arena_printf(a, "k%d", k);
        ck_assert_msg(plausible(k, reports_find(r, key)), "key %s, seed %llu", key,
                      (unsigned long long)seed);
        if (ledger->answered[k] > 0) /* and it will be sent */
            ck_assert_msg(entry_of(r, key)->state == REPORT_PENDING, "key %s, seed %llu", key,
                          (unsigned long long)seed);
    }
    stop_all();
}

START_TEST(whatever_was_answered_survives_a_kill)
{
    uint64_t seed;
    random_bytes(&seed, sizeof seed);
    printf("plexd/reports: kill seed %llu\n", (unsigned long long)seed);
    ledger = mmap(NULL, sizeof *ledger, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(ledger, MAP_FAILED);
    log_set_level(LOG_ERROR);
    for (int i = 0; i < KILLS; i++) {
        begin();
        stop_all();
        kill_one(seed + (uint64_t)i);
        ck_assert(directory_remove(dir, NULL));
        arena_destroy(a);
    }
}
END_TEST

TESTS("plexd/reports", versions_count_from_one_and_start_over_after_a_delete,
      a_writer_is_answered_when_its_line_is_in_the_journal, changes_under_way_stand_on_each_other,
      all_is_there_after_a_restart_and_is_sent, what_was_gathered_behind_a_failed_write_fails_too,
      a_journal_that_cannot_be_written_refuses_and_recovers,
      a_report_file_that_cannot_be_written_stays_in_the_journal, a_damaged_journal_is_kept_aside,
      a_journal_that_grows_is_replaced, one_debounce_gathers_and_is_not_extended, only_a_delete,
      what_fails_is_sent_again_after_the_same_wait, what_refuses_the_key_parks_nothing,
      retry_after_is_waited_for, v1_sends_one_request_a_key_in_order,
      what_is_refused_is_parked_and_blocks_nobody, every_other_4xx_parks,
      a_delete_of_what_is_not_there_is_done, a_refused_batch_is_split_until_the_offender_is_found,
      large_batches_are_cut, what_is_written_while_it_is_sent_is_sent_again, too_much_is_refused,
      closing_answers_and_leaves_the_rest_in_the_journal, whatever_was_answered_survives_a_kill)
