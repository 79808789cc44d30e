#include "harness/validators.h"

#include <openssl/evp.h>
#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/file.h"
#include "common/testing.h"
#include "common/text.h"
#include "common/timestamp.h"

#define NODE "0188d0e0-0000-7000-8000-000000000001"
#define OTHER "0188d0e0-0000-7000-8000-000000000002"
#define KID "k1"
#define S MICROS_PER_SECOND

static const unsigned char seed[32] = { 7 };

static char *signature_of(struct arena *a, const char *text)
{
    unsigned char raw[64];
    size_t len = sizeof raw;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ck_assert(EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1);
    ck_assert(EVP_DigestSign(context, raw, &len, (const unsigned char *)text, strlen(text)) == 1);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return base64_encode(a, BASE64_STANDARD, raw, len);
}

static struct bytes envelope_of(struct arena *a, const char *id, const char *node,
                                const char *marker)
{
    char *body = arena_printf(a,
                              "{\"id\":\"%s\",\"type\":\"t\",\"scope\":\"domain:d\",\"key_id\":"
                              "\"" KID "\",\"issued_at\":\"2026-11-22T04:55:00Z\",\"payload\":{"
                              "\"node_id\":\"%s\",\"marker\":\"%s\"}}",
                              id, node, marker);
    char *signature = signature_of(a, body);
    body[strlen(body) - 1] = '\0';
    const char *text = arena_printf(a, "%s,\"signature\":\"%s\"}", body, signature);
    return BYTES_OF_TEXT(text);
}

static struct history *fresh(struct arena *a)
{
    struct history *h = history_create(a, NODE, false);
    unsigned char public_key[32];
    size_t len = sizeof public_key;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    ck_assert(EVP_PKEY_get_raw_public_key(key, public_key, &len) == 1);
    EVP_PKEY_free(key);
    history_key(h, KID, public_key);
    return h;
}

static void opened(struct history *h, int stream, int64_t at, int64_t behind)
{
    history_add(h, &(struct moment){
                       .kind = MOMENT_OPENED, .stream = stream, .at = at, .id = behind });
}

static void closed(struct history *h, int stream, int64_t at)
{
    history_add(h, &(struct moment){ .kind = MOMENT_CLOSED, .stream = stream, .at = at });
}

static void published(struct history *h, int64_t at, const char *marker)
{
    history_add(h, &(struct moment){ .kind = MOMENT_PUBLISHED, .at = at, .text = marker });
}

static void comment(struct history *h, int stream, int64_t at, const char *text)
{
    history_add(h, &(struct moment){
                       .kind = MOMENT_COMMENT, .stream = stream, .at = at, .text = text });
}

static void frame(struct history *h, int stream, int64_t at, int64_t id, const char *envelope,
                  const char *node, const char *marker)
{
    history_add(h, &(struct moment){ .kind = MOMENT_FRAME,
                                     .stream = stream,
                                     .at = at,
                                     .id = id,
                                     .event = "t",
                                     .data = envelope_of(h->arena, envelope, node, marker) });
}

/* A good history: three events over two streams, the second resumed behind the first's. */
static struct history *good(struct arena *a)
{
    struct history *h = fresh(a);
    opened(h, 1, 0, -1);
    published(h, 1 * S, "m-1");
    frame(h, 1, 1 * S, 5, "e-1", NODE, "m-1");
    comment(h, 1, 25 * S, ":keep-alive");
    closed(h, 1, 26 * S);
    published(h, 27 * S, "m-2");
    opened(h, 2, 28 * S, 5);
    frame(h, 2, 28 * S, 9, "e-2", NODE, "m-2");
    published(h, 29 * S, "m-3");
    frame(h, 2, 29 * S, 10, "e-3", NODE, "m-3");
    return h;
}

START_TEST(a_good_history_holds)
{
    struct arena *a = arena_create();
    struct error why = { "" };
    ck_assert_msg(history_holds(good(a), &why), "%s", why.text);
    arena_destroy(a);
}
END_TEST

/* Each breaks exactly what its name says; the first validator to notice is that one. */
static void break_framed(struct history *h)
{
    history_add(h,
                &(struct moment){ .kind = MOMENT_GARBAGE, .stream = 2, .at = 29 * S, .text = "x" });
}
static void break_framed_comment(struct history *h)
{
    comment(h, 2, 29 * S, ": keep-alive");
}
static void break_ordered(struct history *h)
{
    frame(h, 2, 29 * S, 10, "e-4", NODE, "m-4");
}
static void break_unique(struct history *h)
{
    frame(h, 2, 29 * S, 11, "e-3", NODE, "m-3");
}
static void break_unique_id(struct history *h)
{
    opened(h, 3, 29 * S, 9);
    frame(h, 3, 29 * S, 10, "e-other", NODE, "m-3");
}
static void break_gap(struct history *h)
{
    published(h, 29 * S, "m-lost");
    published(h, 29 * S, "m-4");
    frame(h, 2, 29 * S, 12, "e-4", NODE, "m-4");
}
static void break_gap_order(struct history *h)
{
    published(h, 29 * S, "m-4");
    published(h, 29 * S, "m-5");
    frame(h, 2, 29 * S, 11, "e-5", NODE, "m-5");
    frame(h, 2, 29 * S, 12, "e-4", NODE, "m-4");
}
static void break_resumable(struct history *h)
{
    opened(h, 3, 29 * S, 10);
    frame(h, 3, 29 * S, 9, "e-2", NODE, "m-2");
}
static void break_resumable_skip(struct history *h)
{
    opened(h, 3, 29 * S, 5);
    frame(h, 3, 29 * S, 10, "e-3", NODE, "m-3");
}
static void break_filtered(struct history *h)
{
    frame(h, 2, 29 * S, 11, "e-4", OTHER, "m-4");
}
static void break_filtered_event(struct history *h)
{
    frame(h, 2, 29 * S, 11, "e-4", NODE, "m-4");
    h->moments[h->n - 1].event = "u";
}
static void break_signed(struct history *h)
{
    frame(h, 2, 29 * S, 11, "e-4", NODE, "m-4");
    unsigned char *data = (unsigned char *)(uintptr_t)h->moments[h->n - 1].data.data;
    char *at = strstr((char *)data, "m-4");
    at[2] = '5';
}
static void break_lag(struct history *h)
{
    published(h, 29 * S, "m-4");
    frame(h, 2, 41 * S, 11, "e-4", NODE, "m-4");
}
static void break_cadence(struct history *h)
{
    comment(h, 2, 61 * S, ":keep-alive");
}

static const struct {
    const char *name;
    void (*apply)(struct history *h);
} breaks[] = {
    { "framed", break_framed },
    { "framed", break_framed_comment },
    { "ordered", break_ordered },
    { "unique", break_unique },
    { "unique", break_unique_id },
    { "gap-free", break_gap },
    { "gap-free", break_gap_order },
    { "resumable", break_resumable },
    { "resumable", break_resumable_skip },
    { "filtered", break_filtered },
    { "filtered", break_filtered_event },
    { "signed", break_signed },
    { "bounded-lag", break_lag },
    { "cadence", break_cadence },
};

START_TEST(each_validator_rejects_its_broken_history)
{
    for (size_t i = 0; i < ARRAY_LEN(breaks); i++) {
        struct arena *a = arena_create();
        struct history *h = good(a);
        struct error why = { "" };
        breaks[i].apply(h);
        ck_assert_msg(!history_holds(h, &why), "break %zu holds", i);
        const char *begins = arena_printf(a, "not %s:", breaks[i].name);
        ck_assert_msg(text_starts(why.text, begins), "break %zu (%s): %s", i, breaks[i].name,
                      why.text);
        arena_destroy(a);
    }
}
END_TEST

START_TEST(every_validator_has_a_broken_history)
{
    for (size_t v = 0; v < n_validators; v++) {
        bool broken = false;
        for (size_t i = 0; i < ARRAY_LEN(breaks); i++)
            broken = broken || text_equal(breaks[i].name, validators[v].name);
        ck_assert_msg(broken, "%s is never seen to fail", validators[v].name);
    }
}
END_TEST

START_TEST(what_nobody_was_owed_may_be_missing)
{
    struct arena *a = arena_create();
    struct history *h = fresh(a);
    struct error why = { "" };
    published(h, 0, "m-1");
    opened(h, 1, 1 * S, -1);
    closed(h, 1, 2 * S);
    published(h, 3 * S, "m-2");
    opened(h, 2, 4 * S, -1);
    ck_assert_msg(history_holds(h, &why), "%s", why.text);
    arena_destroy(a);
}
END_TEST

static void unread(struct history *h, int stream, int64_t at)
{
    history_add(h, &(struct moment){ .kind = MOMENT_UNREAD, .at = at, .stream = stream });
}

/* The same twice: once the case looked away, once it did not. */
START_TEST(what_nobody_read_may_be_seen_late)
{
    struct arena *a = arena_create();
    struct error why = { "" };
    for (int reads = 0; reads < 2; reads++) {
        struct history *h = fresh(a);
        opened(h, 1, 1 * S, -1);
        frame(h, 1, 2 * S, 5, "e-1", NODE, "m-1");
        if (!reads)
            unread(h, 1, 3 * S);
        published(h, 4 * S, "m-2");
        closed(h, 1, 90 * S);
        opened(h, 2, 91 * S, 5);
        frame(h, 2, 92 * S, 6, "e-2", NODE, "m-2");
        ck_assert_msg(history_holds(h, &why) == !reads, "%s", why.text);
    }
    arena_destroy(a);
}
END_TEST

START_TEST(ahead_of_all_there_is_means_from_now_on)
{
    struct arena *a = arena_create();
    struct history *h = good(a);
    struct error why = { "" };
    opened(h, 3, 29 * S, INT64_MAX);
    published(h, 29 * S, "m-4");
    frame(h, 3, 29 * S, 11, "e-4", NODE, "m-4");
    ck_assert_msg(history_holds(h, &why), "%s", why.text);
    arena_destroy(a);
}
END_TEST

START_TEST(a_history_is_the_same_from_its_file)
{
    struct arena *a = arena_create();
    char *folder;
    struct history *back;
    struct error e = { "" };
    ck_assert_msg(directory_make_temporary(a, "/tmp/history", &folder, &e), "%s", e.text);
    char *file = path_join(a, folder, "h.ndjson");
    struct history *h = good(a);
    break_gap(h);
    ck_assert_msg(history_write(h, file, &e) && history_read(a, file, &back, &e), "%s", e.text);
    ck_assert_uint_eq(back->n, h->n);
    ck_assert_uint_eq(back->n_keys, 1);
    ck_assert(!history_holds(back, &e));
    ck_assert_msg(strstr(e.text, "m-lost") != NULL, "%s", e.text);
    ck_assert(directory_remove(folder, &e));
    arena_destroy(a);
}
END_TEST

START_TEST(what_is_no_history_is_named_by_its_line)
{
    struct arena *a = arena_create();
    char *folder;
    struct history *back;
    struct error e = { "" };
    static const char text[] =
        "{\"node_id\":\"n\",\"dialect\":\"v1\",\"keys\":[]}\n{\"kind\":\"odd\"}\n";
    ck_assert(directory_make_temporary(a, "/tmp/history", &folder, &e));
    char *file = path_join(a, folder, "h.ndjson");
    ck_assert(file_write_atomic(file, text, sizeof text - 1, 0600, &e));
    ck_assert(!history_read(a, file, &back, &e));
    ck_assert_msg(strstr(e.text, "line 2") != NULL, "%s", e.text);
    ck_assert(directory_remove(folder, &e));
    arena_destroy(a);
}
END_TEST

TESTS("harness/validators", a_good_history_holds, each_validator_rejects_its_broken_history,
      every_validator_has_a_broken_history, what_nobody_was_owed_may_be_missing,
      what_nobody_read_may_be_seen_late, ahead_of_all_there_is_means_from_now_on,
      a_history_is_the_same_from_its_file,
      what_is_no_history_is_named_by_its_line)
