/* suites/audit/verify.c — whether a chain still holds (SPEC AUD-030 to AUD-034). */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "suites/audit/audit.h"

#define SUITE "audit"
#define AUDIT .needs = { AUDIT_NEEDS }

static json_t *bounds(json_int_t from, json_int_t to)
{
    return json_pack("{s:I, s:I}", "from_seq", from, "to_seq", to);
}

static void refuse_bounds(struct world *w, const struct chain *c, json_t *body)
{
    refuse(judged(post(w, path(w, "%s/verify", c->base), .as = c->auditor, .json = body)), 400,
           NULL);
}

static void refuse_every_bad_bound(struct world *w, const struct chain *c)
{
    refuse_bounds(w, c, bounds(10, 5));
    refuse_bounds(w, c, bounds(0, 1));
    refuse_bounds(w, c, bounds(1, 0));
    refuse_bounds(w, c, json_pack("{s:i}", "from_seq", 0));
    refuse_bounds(w, c, json_pack("{s:i}", "to_seq", 0));
    refuse_bounds(w, c, json_pack("{s:i}", "from_seq", -3));
    refuse_bounds(w, c, json_pack("{s:s}", "from_seq", "1"));
    refuse_bounds(w, c, json_pack("{s:f}", "to_seq", 1.5));
    accept(post(w, path(w, "%s/verify", c->base), .as = c->auditor, .json = bounds(1, 1)), 200);
}

CASE("AUD-030", .clauses = { "AUD-030" }, AUDIT,
     .title = "bounds below 1, or the wrong way round, are refused")
{
    struct chain c = new_chain(w), platform = platform_chain(w);
    grow(w, &c);
    refuse_every_bad_bound(w, &c);
    refuse_every_bad_bound(w, &platform);
    expect_clean(w, &c, 5, 5);
}

CASE("AUD-031", .clauses = { "AUD-031" }, AUDIT,
     .title = "a clean chain is clean from 1 to its head, and no divergence is named")
{
    struct chain c = new_chain(w);
    grow(w, &c);
    int64_t before = head_of(w, &c);
    struct reply *r = accept(verify(w, &c, 0, 0), 200);
    int64_t to = expect_int(r, "/segment_to"), after = head_of(w, &c);
    expect(w, json_is_true(expect_member(r, "/ok")), "a clean chain diverges");
    expect(w, expect_int(r, "/segment_from") == 1, "the walk did not begin at 1");
    expect(w, to >= before && to <= after, "the walk ended at %lld; the head is %lld",
           (long long)to, (long long)after);
    expect_absent(r, "/divergent_seq");
    expect_absent(r, "/expected_hash");
    expect_absent(r, "/observed_hash");
    expect_clean(w, &c, 2, 4);
    expect_clean(w, &c, 3, 3);
}

CASE("AUD-031-b", .clauses = { "AUD-031" }, AUDIT,
     .title = "the platform's chain is clean while everybody writes on it")
{
    struct chain c = platform_chain(w);
    deny(w, &c, w->nobody);
    expect_clean(w, &c, 0, 0);
}

/* What a verification of the chain says of its first bad row. */
static struct reply *expect_divergence(struct world *w, const struct chain *c, int64_t from,
                                       int64_t to, int64_t at)
{
    struct reply *r = accept(verify(w, c, from, to), 200);
    expect(w, json_is_false(expect_member(r, "/ok")), "a broken chain verifies");
    int64_t seq = expect_int(r, "/divergent_seq");
    expect(w, at == 0 || seq == at, "the divergence is seen at %lld, expected %lld", (long long)seq,
           (long long)at);
    expect(w, !text_equal(expect_text(r, "/expected_hash"), expect_text(r, "/observed_hash")),
           "the two hashes of a divergence are equal");
    return r;
}

static void spoil(struct world *w, const char *how, const struct chain *c, int64_t seq)
{
    (void)world_given(w, how,
                      json_pack("{s:s, s:I}", "domain_id", c->domain, "seq", (json_int_t)seq));
}

CASE("AUD-032", .clauses = { "AUD-032" }, AUDIT,
     .title = "an edited row is named, and what lies before it is clean")
{
    struct chain c = new_chain(w), other = new_chain(w);
    grow(w, &c);
    grow(w, &other);
    const char *stored = expect_text(entry_at(w, &c, 3), "/entry/entry_hash");
    expect_clean(w, &c, 0, 0);
    spoil(w, "tampered_audit_row", &c, 3);
    struct reply *r = expect_divergence(w, &c, 0, 0, 3);
    expect_equal(r, "/observed_hash", stored);
    expect_divergence(w, &c, 3, 3, 3);
    expect_divergence(w, &c, 2, 5, 3);
    expect_clean(w, &c, 1, 2);
    expect_clean(w, &other, 0, 0);
}

CASE("AUD-032-b", .clauses = { "AUD-032" }, AUDIT,
     .title = "a row that was removed is noticed at the row after it")
{
    struct chain c = new_chain(w);
    grow(w, &c);
    expect_clean(w, &c, 0, 0);
    spoil(w, "deleted_audit_row", &c, 3);
    expect_divergence(w, &c, 0, 0, 4);
    expect_clean(w, &c, 1, 2);
    refuse(judged(get(w, path(w, "%s/entries/3", c.base), .as = c.auditor)), 404, NULL);
}

CASE("AUD-032-c", .clauses = { "AUD-032" }, AUDIT,
     .title = "a chain that lost its first row diverges at the second")
{
    struct chain c = new_chain(w);
    grow(w, &c);
    spoil(w, "deleted_audit_row", &c, 1);
    expect_divergence(w, &c, 0, 0, 2);
}

CASE("AUD-033", .clauses = { "AUD-033" }, AUDIT,
     .title = "a segment ends at the head, one beyond it is clean and a single number, as an empty "
              "chain is")
{
    struct chain c = new_chain(w), empty = new_chain(w);
    grow(w, &c);
    int64_t head = head_of(w, &c);
    struct reply *r = accept(verify(w, &c, 2, head + 1000), 200);
    expect(w,
           json_is_true(expect_member(r, "/ok")) && expect_int(r, "/segment_from") == 2 &&
               expect_int(r, "/segment_to") == head,
           "a segment that goes beyond the head does not end at it");
    r = accept(verify(w, &c, head + 10, head + 20), 200);
    expect(w,
           json_is_true(expect_member(r, "/ok")) && expect_int(r, "/segment_from") == head + 10 &&
               expect_int(r, "/segment_to") == head + 10,
           "a segment beyond the head is not the single number asked for");
    if (head_of(w, &empty) == 0)
        expect_clean(w, &empty, 1, 1);
    r = accept(verify(w, &empty, 0, 0), 200);
    expect(w, json_is_true(expect_member(r, "/ok")) && expect_int(r, "/segment_from") == 1,
           "the chain of a new Domain is not clean from 1 on");
}

CASE("AUD-034", .clauses = { "AUD-034" }, AUDIT, .title = "a chain that lost its last row diverges")
{
    struct chain c = new_chain(w);
    grow(w, &c);
    int64_t head = head_of(w, &c);
    expect_clean(w, &c, 0, 0);
    spoil(w, "deleted_audit_row", &c, head);
    expect_divergence(w, &c, 0, 0, 0);
    expect_clean(w, &c, 1, head - 2);
}
