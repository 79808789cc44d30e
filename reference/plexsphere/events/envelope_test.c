#include "reference/plexsphere/events/envelope.h"

#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/testing.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/crypto/crypto.h"

#define VECTORS "fixtures/events/envelopes.json"

static struct arena *arena;

static void set_up(void)
{
    struct error e = { "" };
    arena = arena_create();
    ck_assert_msg(crypto_init(&e), "%s", e.text);
}

static enum dialect dialect_of(const json_t *vector)
{
    return text_equal(json_text(vector, "dialect"), "v1") ? DIALECT_V1 : DIALECT_MVP;
}

static struct envelope envelope_of(const json_t *vector)
{
    const json_t *m = json_member(vector, "members");
    bool v1 = dialect_of(vector) == DIALECT_V1;
    struct envelope out = {
        .id = json_text(m, v1 ? "id" : "event_id"),
        .type = json_text(m, v1 ? "type" : "event_type"),
        .scope = json_text(m, "scope"),
        .key_id = json_text(m, "key_id"),
        .nonce = json_text(m, "nonce"),
        .payload = BYTES_OF_TEXT(json_text(vector, "payload")),
    };
    ck_assert(timestamp_parse(json_text(m, "issued_at"), &out.issued_at));
    return out;
}

static void seed_of(const json_t *vector, unsigned char seed[32])
{
    struct bytes raw;
    const char *hex = json_text(vector, "seed_hex");
    ck_assert(hex_decode(arena, hex, strlen(hex), &raw));
    ck_assert_uint_eq(raw.len, 32);
    memcpy(seed, raw.data, 32);
}

static const char *text_of(struct bytes b)
{
    return arena_strndup(arena, (const char *)b.data, b.len);
}

static json_t *vectors(void)
{
    json_t *document;
    struct error e = { "" };
    ck_assert_msg(json_parse_file(arena, VECTORS, 1 << 20, &document, &e), "%s", e.text);
    json_t *list = json_member(document, "vectors");
    ck_assert_uint_ge(json_array_size(list), 7);
    return list;
}

START_TEST(writes_what_the_vectors_say)
{
    set_up();
    size_t i;
    json_t *vector, *list = vectors();
    json_array_foreach (list, i, vector) {
        const char *title = json_text(vector, "title");
        struct envelope envelope = envelope_of(vector);
        unsigned char seed[32], public_key[32];
        struct bytes line;
        seed_of(vector, seed);
        ck_assert(signing_public_of_seed(seed, public_key));
        ck_assert_str_eq(base64_encode(arena, BASE64_STANDARD, public_key, 32),
                         json_text(vector, "public_key"));
        ck_assert_msg(text_equal(text_of(envelope_canonical(arena, dialect_of(vector), &envelope)),
                                 json_text(vector, "canonical")),
                      "%s: %s", title,
                      text_of(envelope_canonical(arena, dialect_of(vector), &envelope)));
        ck_assert(envelope_sign(arena, dialect_of(vector), &envelope, seed, public_key, &line));
        ck_assert_msg(text_equal(text_of(line), json_text(vector, "line")), "%s", title);
    }
    arena_destroy(arena);
}
END_TEST

START_TEST(another_public_key_gives_no_line)
{
    set_up();
    const json_t *vector = json_array_get(vectors(), 0);
    struct envelope envelope = envelope_of(vector);
    unsigned char seed[32], public_key[32];
    struct bytes line;
    seed_of(vector, seed);
    ck_assert(signing_public_of_seed(seed, public_key));
    ck_assert(envelope_sign(arena, DIALECT_MVP, &envelope, seed, public_key, &line));
    seed[0] ^= 1;
    ck_assert(!envelope_sign(arena, DIALECT_MVP, &envelope, seed, public_key, &line));
    arena_destroy(arena);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_replaced)
{
    set_up();
    struct envelope envelope = { .id = "i",
                                 .type = "a\xff"
                                         "b",
                                 .scope = "s",
                                 .key_id = "\xc3",
                                 .payload = BYTES_OF_TEXT("{}") };
    ck_assert_str_eq(text_of(envelope_canonical(arena, DIALECT_V1, &envelope)),
                     "{\"id\":\"i\",\"type\":\"a\\ufffdb\",\"scope\":\"s\",\"key_id\":\"\\ufffd\","
                     "\"issued_at\":\"1970-01-01T00:00:00Z\",\"payload\":{}}");
    arena_destroy(arena);
}
END_TEST

/* The longest escapes of all: the cap must hold them. */
START_TEST(a_payload_of_escapes_is_whole)
{
    set_up();
    enum { N = 20000 };
    char *payload = arena_alloc(arena, N + 16);
    memcpy(payload, "{\"k\":\"", 6);
    memset(payload + 6, '<', N);
    memcpy(payload + 6 + N, "\"}", 3);
    struct envelope envelope = {
        .id = "i", .type = "t", .nonce = "n", .payload = BYTES_OF_TEXT(payload)
    };
    struct bytes canonical = envelope_canonical(arena, DIALECT_MVP, &envelope);
    ck_assert(text_ends(text_of(canonical), "\\u003c\"}}"));
    ck_assert_uint_gt(canonical.len, 6 * N);
    arena_destroy(arena);
}
END_TEST

TESTS("plexsphere/events/envelope", writes_what_the_vectors_say, another_public_key_gives_no_line,
      bytes_that_are_no_text_are_replaced, a_payload_of_escapes_is_whole)
