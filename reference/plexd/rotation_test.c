#include "reference/plexd/rotation.h"

#include "common/encoding.h"
#include "common/file.h"
#include "common/json.h"
#include "common/log.h"
#include "common/testing.h"
#include "common/text.h"
#include "reference/plexd/test_server.h"

static struct arena *a;
static struct error e;
static struct loop *l;
static struct disk *d;
static struct http *h;
static struct test_server server;
static struct rotation *r;
static struct identity id;
static unsigned char before[32];
static char *folder;
static int status;
static const char *body;
static char sent[2][64];

static void stop(void *self)
{
    (void)self;
    loop_stop(l);
}

static struct timer soon = { .fire = stop };

static const char *file(const char *name)
{
    struct bytes text;
    const char *path = path_join(a, folder, name);
    return path_exists(path) && file_read(a, path, 256, &text, &e) ? (const char *)text.data : "";
}

static void handle(struct test_request *rq)
{
    json_t *json;
    ck_assert_str_eq(rq->path, "/v1/keys/rotate");
    ck_assert(json_parse(a, rq->body.data, rq->body.len, &json, &e));
    snprintf(sent[(rq->number - 1) % 2], 64, "%s", json_text(json, "new_public_key"));
    /* Before it is told, it is on the disk; and the old key is still in force. */
    ck_assert_str_ne(file("private_key.next"), "");
    ck_assert_int_eq(memcmp(id.private_key, before, 32), 0);
    test_answer(rq, status, "", body);
    timer_set(l, &soon, 100000000);
}

static void begin(void)
{
    a = arena_create();
    ck_assert(directory_make_temporary(a, "/tmp/plexd-rotation", &folder, &e));
    ck_assert(loop_create(&l, &e) && disk_create(l, &d, &e));
    ck_assert(test_server_open(&server, l, handle, NULL));
    struct http_options o = { .base_url = server.url, .version = "1" };
    ck_assert(http_create(l, &o, &h, &e));
    id = (struct identity){
        .node_id = "n", .mesh_ip = "m", .nsk = "n", .signing_key_id = "", .dialect = "v1"
    };
    identity_new_key(id.private_key);
    memcpy(before, id.private_key, 32);
    ck_assert(identity_save(a, folder, &id, &e));
    log_set_level(LOG_ERROR + 1);
}

static void start(const struct wire *w)
{
    struct rotation_options o = {
        .data_dir = folder, .identity = &id, .disk = d, .http = h, .wire = w
    };
    r = rotation_start(&o);
}

static void finish(void)
{
    timer_cancel(l, &soon);
    rotation_stop(r);
    disk_destroy(d);
    http_destroy(h);
    test_server_close(&server);
    loop_destroy(l);
    ck_assert(directory_remove(folder, &e));
    arena_destroy(a);
}

static bool is_sent_key(const char *private_base64, const char *public_base64)
{
    struct bytes raw;
    unsigned char public_key[32];
    ck_assert(base64_decode(a, BASE64_STANDARD, private_base64, strlen(private_base64), &raw));
    identity_public_key(raw.data, public_key);
    return text_equal(base64_encode(a, BASE64_STANDARD, public_key, 32), public_base64);
}

START_TEST(an_accepted_key_takes_its_place)
{
    begin();
    status = 200;
    body = "{}";
    start(&wire_v1);
    rotation_now(r);
    rotation_now(r); /* once at a time */
    loop_run(l);
    ck_assert_int_eq(server.requests, 1);
    ck_assert_str_eq(file("private_key.next"), "");
    ck_assert(is_sent_key(file("private_key"), sent[0]));
    ck_assert_int_ne(memcmp(id.private_key, before, 32), 0);
    finish();
}
END_TEST

START_TEST(a_refused_key_is_forgotten)
{
    begin();
    status = 409;
    body = "{\"code\":\"keys_rotate_no_pending_rotation\"}";
    start(&wire_v1);
    rotation_now(r);
    loop_run(l);
    ck_assert_str_eq(file("private_key.next"), "");
    ck_assert_int_eq(memcmp(id.private_key, before, 32), 0);
    ck_assert_str_eq(file("private_key"), base64_encode(a, BASE64_STANDARD, before, 32));
    finish();
}
END_TEST

/* The answer may be lost while the key was taken: the same key goes again, also from a new
 * process. */
START_TEST(without_an_answer_the_same_key_is_sent_again)
{
    begin();
    status = 503;
    body = "";
    start(&wire_v1);
    rotation_now(r);
    loop_run(l);
    ck_assert_str_ne(file("private_key.next"), "");
    rotation_stop(r);
    status = 422;
    body = "{\"code\":\"keys_rotate_public_key_unchanged\"}";
    start(&wire_v1);
    loop_run(l);
    ck_assert_int_eq(server.requests, 2);
    ck_assert_str_eq(sent[0], sent[1]);
    ck_assert(is_sent_key(file("private_key"), sent[0]));
    finish();
}
END_TEST

START_TEST(a_dialect_without_rotation_does_nothing)
{
    begin();
    start(&wire_mvp);
    rotation_now(r);
    timer_set(l, &soon, 50000000);
    loop_run(l);
    ck_assert_int_eq(server.requests, 0);
    ck_assert_str_eq(file("private_key.next"), "");
    finish();
}
END_TEST

START_TEST(stopping_in_the_middle_is_harmless)
{
    begin();
    start(&wire_v1);
    rotation_now(r);
    finish();
}
END_TEST

TESTS("plexd/rotation", an_accepted_key_takes_its_place, a_refused_key_is_forgotten,
      without_an_answer_the_same_key_is_sent_again, a_dialect_without_rotation_does_nothing,
      stopping_in_the_middle_is_harmless)
