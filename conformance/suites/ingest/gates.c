/* suites/ingest/gates.c — ING-001, ING-003 to ING-011 and ING-014 to ING-016: what stands before
 * the records. */
#include <string.h>

#include "common/timestamp.h"
#include "harness/case.h"
#include "suites/ingest/ingest.h"
#include "suites/registration/registration.h"

#define SUITE "ingest"

static const char malformed[] = "ingest_batch_malformed";

CASE("ING-001", .clauses = { "ING-001" }, TELEMETRY,
     .title = "each signal's batch is taken and its records are counted")
{
    struct own_node n = own_node(w);
    for (int i = 0; i < SIGNALS; i++) {
        expect_taken(w, sending(w, &n, &signals[i], batch_of(w, &signals[i], 1)), 1);
        expect_taken(w, sending(w, &n, &signals[i], batch_of(w, &signals[i], 7)), 7);
    }
}

CASE("ING-003", .clauses = { "ING-003", "HBT-005", "HBT-006", "HBT-007", "HBT-008", "HBT-009" },
     TELEMETRY, .title = "credential and path are judged before the headers of a batch")
{
    struct own_node n = own_node(w), other = own_node(w), gone = own_node(w);
    struct bytes bad = BYTES_OF_TEXT("no batch");
    world_given(w, "revoked_nsk", json_pack("{s:s}", "node_id", gone.id));
    for (int i = 0; i < SIGNALS; i++) {
        const struct signal *s = &signals[i];
        refuse(judged(sending(w, &n, s, bad, .bearer = "", .encoding = "br")), 401, "unauthorized");
        refuse(judged(sending(w, &n, s, bad, .bearer = random_key(w), .encoding = "br")), 401,
               "nsk_invalid");
        refuse(judged(sending(w, &n, s, bad, .bearer = gone.nsk, .encoding = "br")), 401,
               "nsk_revoked");
        refuse(judged(sending(w, &n, s, bad, .bearer = other.nsk, .encoding = "br")), 403,
               "node_id_mismatch");
        refuse(judged(sending(w, &n, s, bad, .node = NO_SUCH_ID, .encoding = "br")), 403,
               "node_id_mismatch");
        accept(sending(w, &n, s, batch_of(w, s, 1)), 202);
    }
}

/* One fault after the other is mended, and the next gate answers. */
CASE("ING-004", .clauses = { "ING-004" }, TELEMETRY_BY_RULING,
     .title = "of several faults of a batch the first gate in the contract's order answers")
{
    struct own_node n = own_node(w);
    unsigned char *junk = arena_alloc(w->arena, WIRE_CAP + 1);
    memset(junk, 'x', WIRE_CAP + 1);
    struct bytes over = { junk, WIRE_CAP + 1 }, bad = { junk, 64 };
    for (int i = 0; i < SIGNALS; i++) {
        const struct signal *s = &signals[i];
        refuse(judged(sending(w, &n, s, over, .encoding = "br", .sent_at = "")), 415,
               "ingest_encoding_unsupported");
        refuse(judged(sending(w, &n, s, over, .encoding = "gzip", .sent_at = "")), 400,
               "ingest_sent_at_invalid");
        refuse(judged(sending(w, &n, s, over, .encoding = "gzip")), 413, "ingest_body_too_large");
        refuse(judged(sending(w, &n, s, bad, .encoding = "gzip")), 400, "ingest_encoding_invalid");
        refuse(judged(sending(w, &n, s, gzipped(w, bad), .encoding = "gzip")), 400, malformed);
        accept(sending(w, &n, s, gzipped(w, batch_of(w, s, 1)), .encoding = "gzip"), 202);
    }
}

CASE("ING-005", .clauses = { "ING-005" }, TELEMETRY,
     .title = "a batch is sent as it is or as gzip, and no other way")
{
    static const char *const bad[] = { "br", "deflate", "zstd", "gzip, gzip", "x", "gzip2" };
    struct own_node n = own_node(w);
    for (int i = 0; i < SIGNALS; i++) {
        const struct signal *s = &signals[i];
        for (size_t j = 0; j < ARRAY_LEN(bad); j++)
            refuse(judged(sending(w, &n, s, batch_of(w, s, 1), .encoding = bad[j])), 415,
                   "ingest_encoding_unsupported");
        expect_taken(w, sending(w, &n, s, batch_of(w, s, 1), .encoding = "identity"), 1);
        expect_taken(w, sending(w, &n, s, gzipped(w, batch_of(w, s, 1)), .encoding = "GZip"), 1);
    }
}

CASE("ING-006", .clauses = { "ING-006" }, TELEMETRY,
     .title = "a batch says when it was sent, whenever that was")
{
    static const char *const bad[] = { "", "yesterday", "2026-11-22", "1790000000",
                                       "2026-11-22T04:55:00" };
    static const char *const good[] = { "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
                                        "2026-11-22T06:55:00.123456789+02:00" };
    struct own_node n = own_node(w);
    for (int i = 0; i < SIGNALS; i++) {
        const struct signal *s = &signals[i];
        for (size_t j = 0; j < ARRAY_LEN(bad); j++)
            refuse(judged(sending(w, &n, s, batch_of(w, s, 1), .sent_at = bad[j])), 400,
                   "ingest_sent_at_invalid");
        for (size_t j = 0; j < ARRAY_LEN(good); j++)
            expect_taken(w, sending(w, &n, s, batch_of(w, s, 1), .sent_at = good[j]), 1);
    }
}

/* Spaces may stand before a batch of any form. */
static struct bytes spaced(struct world *w, const struct signal *s, size_t len)
{
    struct bytes one = batch_of(w, s, 1);
    unsigned char *body = arena_alloc(w->arena, len);
    memset(body, ' ', len);
    memcpy(body + len - one.len, one.data, one.len);
    return (struct bytes){ body, len };
}

CASE("ING-007", .clauses = { "ING-007", "ING-008" }, TELEMETRY_BY_RULING,
     .title = "a body has at most 1 MiB on the wire")
{
    struct own_node n = own_node(w);
    for (int i = 0; i < SIGNALS; i++) {
        const struct signal *s = &signals[i];
        refuse(judged(sending(w, &n, s, spaced(w, s, WIRE_CAP + 1))), 413, "ingest_body_too_large");
        refuse(judged(sending(w, &n, s, spaced(w, s, WIRE_CAP + 1), .encoding = "gzip")), 413,
               "ingest_body_too_large");
        expect_taken(w, sending(w, &n, s, spaced(w, s, WIRE_CAP)), 1);
    }
}

CASE("ING-009", .clauses = { "ING-009", "ING-008" }, TELEMETRY_BY_RULING,
     .title = "a body unpacks to at most 8 MiB")
{
    struct own_node n = own_node(w);
    for (int i = 0; i < SIGNALS; i++) {
        const struct signal *s = &signals[i];
        refuse(judged(sending(w, &n, s, gzipped(w, spaced(w, s, INFLATED_CAP + 1)),
                              .encoding = "gzip")),
               413, "ingest_body_too_large");
        expect_taken(w,
                     sending(w, &n, s, gzipped(w, spaced(w, s, INFLATED_CAP)), .encoding = "gzip"),
                     1);
    }
}

/* G7: 64 MiB of nothing in 64 KiB; no target should unpack it to the end. */
CASE("ING-009-bomb", .clauses = { "ING-009" }, TELEMETRY,
     .title = "a body that unpacks a thousandfold is refused")
{
    enum { BOMB = 64 * 1024 * 1024 };
    struct own_node n = own_node(w);
    unsigned char *nothing = arena_alloc(w->arena, BOMB);
    memset(nothing, ' ', BOMB);
    struct bytes bomb = gzipped(w, (struct bytes){ nothing, BOMB });
    for (int i = 0; i < SIGNALS; i++) {
        refuse(judged(sending(w, &n, &signals[i], bomb, .encoding = "gzip")), 413,
               "ingest_body_too_large");
        accept(sending(w, &n, &signals[i], batch_of(w, &signals[i], 1)), 202);
    }
}

CASE("ING-010", .clauses = { "ING-010", "ING-008", "ING-016" }, TELEMETRY_BY_RULING,
     .title = "a batch has at most 1,000 records, which are counted before they are read")
{
    struct own_node n = own_node(w);
    for (int i = 0; i < SIGNALS; i++) {
        const struct signal *s = &signals[i];
        struct bytes over = batch_of(w, s, RECORD_CAP + 1);
        unsigned char *copy = arena_copy(w->arena, over.data, over.len);
        struct bytes spoiled = { copy, over.len };
        refuse(judged(sending(w, &n, s, over)), 413, "ingest_batch_too_many_records");
        copy[4] = '!'; /* within the first record */
        refuse(judged(sending(w, &n, s, spoiled)), 413, "ingest_batch_too_many_records");
        expect_taken(w, sending(w, &n, s, batch_of(w, s, RECORD_CAP)), RECORD_CAP);
    }
}

CASE("ING-011", .clauses = { "ING-011" }, TELEMETRY,
     .title = "a batch has its signal's form and a record at least")
{
    static const char *const bad[SIGNALS][8] = {
        [METRICS] = { "[]", "{}", "", "   ", "[1]", "[", "[{}]]", "null" },
        [LOGS] = { "[]", "\n\n", "", " \r\n ", "1", "{", "{} {}", "null" },
        [AUDIT] = { "[]", "\n\n", "", " \r\n ", "\"a\"", "}", "{}{}", "null" },
    };
    struct own_node n = own_node(w);
    for (int i = 0; i < SIGNALS; i++) {
        const struct signal *s = &signals[i];
        for (size_t j = 0; j < ARRAY_LEN(bad[i]); j++)
            refuse(judged(sending(w, &n, s, BYTES_OF_TEXT(bad[i][j]))), 400, malformed);
        refuse(judged(sending(w, &n, s, batch_of(w, &signals[i == METRICS ? LOGS : METRICS], 2))),
               400, malformed);
        accept(sending(w, &n, s, batch_of(w, s, 1)), 202);
    }
}

CASE("ING-014", .clauses = { "ING-014" }, TELEMETRY, .title = "what is said to be gzip unpacks")
{
    struct own_node n = own_node(w);
    for (int i = 0; i < SIGNALS; i++) {
        const struct signal *s = &signals[i];
        struct bytes good = gzipped(w, batch_of(w, s, 5));
        unsigned char *damaged = arena_copy(w->arena, good.data, good.len);
        damaged[good.len - 5] ^= 1; /* of the checksum */
        struct bytes header_only =
            joined_bytes(w, (struct bytes){ good.data, 10 }, batch_of(w, s, 1));
        const struct bytes bad[] = { batch_of(w, s, 1),           header_only,
                                     { good.data, good.len / 2 }, { good.data, good.len - 1 },
                                     { damaged, good.len },       BYTES_OF_TEXT("") };
        for (size_t j = 0; j < ARRAY_LEN(bad); j++)
            refuse(judged(sending(w, &n, s, bad[j], .encoding = "gzip")), 400,
                   "ingest_encoding_invalid");
        expect_taken(w, sending(w, &n, s, good, .encoding = "gzip"), 5);
    }
}

CASE("ING-015", .clauses = { "ING-015" }, TELEMETRY,
     .title = "several gzip members are one body, and nothing else follows them")
{
    struct own_node n = own_node(w);
    for (int i = 0; i < SIGNALS; i++) {
        const struct signal *s = &signals[i];
        struct bytes whole = batch_of(w, s, 4);
        struct bytes front = { whole.data, whole.len / 2 };
        struct bytes back = { whole.data + front.len, whole.len - front.len };
        struct bytes members = joined_bytes(w, gzipped(w, front), gzipped(w, back));
        refuse(judged(sending(w, &n, s, joined_bytes(w, members, BYTES_OF_TEXT("more")),
                              .encoding = "gzip")),
               400, "ingest_encoding_invalid");
        expect_taken(w, sending(w, &n, s, members, .encoding = "gzip"), 4);
    }
}

CASE("ING-035", .clauses = { "ING-035" }, TELEMETRY,
     .title = "a batch and its gzip form are taken alike")
{
    struct own_node n = own_node(w);
    for (int i = 0; i < SIGNALS; i++) {
        struct bytes plain = batch_of(w, &signals[i], 9);
        expect_taken(w, sending(w, &n, &signals[i], plain), 9);
        expect_taken(w, sending(w, &n, &signals[i], gzipped(w, plain), .encoding = "gzip"), 9);
    }
}

CASE("ING-034", .clauses = { "ING-034" }, TELEMETRY,
     .title = "the media type of a batch is not looked at")
{
    struct own_node n = own_node(w);
    for (int i = 0; i < SIGNALS; i++) {
        struct bytes batch = batch_of(w, &signals[i], 2);
        expect_taken(w, sending(w, &n, &signals[i], batch, .media_type = "text/plain"), 2);
        refuse(judged(sending(w, &n, &signals[i], BYTES_OF_TEXT("x"), .media_type = "text/plain")),
               400, malformed);
    }
}
