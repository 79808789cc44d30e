/* suites/audit/chains.c — what a chain is, recomputed row by row (SPEC AUD-001 to AUD-009,
 * AUD-014). */
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "suites/audit/hashes.h"

#define SUITE "audit"
#define AUDIT .needs = { AUDIT_NEEDS }

CASE("AUD-001", .clauses = { "AUD-001" }, AUDIT,
     .title =
         "a decision is on its Domain's chain and on no other, the platform's on the platform's")
{
    struct chain one = new_chain(w), two = new_chain(w), platform = platform_chain(w);
    const char *here = deny(w, &one, w->nobody), *there = deny(w, &two, w->nobody);
    const char *above = deny(w, &platform, w->nobody);
    expect(w, text_equal(json_text(entry_of(w, &one, here), "domain_id"), one.domain),
           "the entry of a Domain names another chain");
    expect(w, text_equal(json_text(entry_of(w, &two, there), "domain_id"), two.domain),
           "the entry of the other Domain names another chain");
    (void)entry_of(w, &platform, above);
    expect(w, count_of(w, &two, here) + count_of(w, &platform, here) == 0,
           "a Domain's decision is on a second chain");
    expect(w, count_of(w, &one, there) + count_of(w, &one, above) == 0,
           "a foreign decision is on the Domain's chain");
}

CASE("AUD-002", .clauses = { "AUD-002" }, AUDIT,
     .title = "a chain begins with seq 1 behind 64 zeros")
{
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    struct chain c = new_chain(w);
    grow(w, &c);
    struct reply *first = entry_at(w, &c, 1);
    expect_equal(first, "/entry/prev_hash", zeros);
    expect_equal(first, "/proof/prev_hash", zeros);
    struct reply *list = entries(w, &c, "?limit=1");
    expect(w, expect_int(list, "/items/0/seq") == 1, "the list does not begin with seq 1");
    struct chain platform = platform_chain(w);
    expect_equal(entry_at(w, &platform, 1), "/proof/prev_hash", zeros);
}

CASE("AUD-003", .clauses = { "AUD-003" }, AUDIT,
     .title = "each row names the hash of the row before it")
{
    struct chain c = new_chain(w);
    size_t i;
    json_t *entry;
    const char *before = NULL;
    grow(w, &c);
    json_t *items = all_entries(w, &c);
    expect(w, json_array_size(items) >= 5, "five decisions made %zu entries",
           json_array_size(items));
    json_array_foreach (items, i, entry) {
        expect(w, before == NULL || text_equal(json_text(entry, "prev_hash"), before),
               "the prev_hash at place %zu is not the entry_hash before it", i);
        before = json_text(entry, "entry_hash");
    }
}

CASE("AUD-003-b", .clauses = { "AUD-003", "AUD-005" }, AUDIT,
     .title = "the platform's chain holds together as well")
{
    struct chain c = platform_chain(w);
    struct reply *at = entries(w, &c, path(w, "?correlation_id=%s", deny(w, &c, w->nobody)));
    int64_t seq = expect_int(at, "/items/0/seq");
    expect(w, seq > 1, "a world's operators left no entry on the platform's chain");
    struct reply *before = entry_at(w, &c, seq - 1), *last = entry_at(w, &c, seq);
    expect_proof(w, before);
    expect_proof(w, last);
    expect_equal(last, "/proof/prev_hash", expect_text(before, "/proof/entry_hash"));
}

CASE("AUD-004", .clauses = { "AUD-004" }, AUDIT,
     .title = "the platform's entries carry one id, and no Domain has it")
{
    struct chain c = platform_chain(w);
    struct reply *first = entries(w, &c, "?limit=200");
    const char *anchor = expect_text(first, "/items/0/domain_id");
    size_t i;
    json_t *entry;
    json_array_foreach (json_member(first->json, "items"), i, entry) {
        expect(w, text_equal(json_text(entry, "domain_id"), anchor), "entry %zu has another id", i);
    }
    expect(w, text_equal(json_text(entry_of(w, &c, deny(w, &c, w->nobody)), "domain_id"), anchor),
           "a new entry has another id");
    refuse(judged(get(w, path(w, "/v1/domains/%s", anchor), .as = w->platform_manager)), 404,
           "domain_not_found");
}

CASE("AUD-005", .clauses = { "AUD-005", "AUD-003" }, AUDIT,
     .title = "every entry has the hash that the judge computes from its canonical bytes")
{
    struct chain c = new_chain(w);
    grow(w, &c);
    int64_t head = head_of(w, &c);
    expect(w, head >= 5, "five decisions made %lld entries", (long long)head);
    const char *before = NULL;
    for (int64_t seq = 1; seq <= head; seq++) {
        struct reply *proof = entry_at(w, &c, seq);
        expect_proof(w, proof);
        if (before != NULL)
            expect_equal(proof, "/proof/prev_hash", before);
        before = expect_text(proof, "/proof/entry_hash");
    }
}

/* ---- canonical bytes ---- */

static bool holds(struct bytes in, const void *what, size_t len)
{
    return memmem(in.data, in.len, what, len) != NULL;
}

static void expect_field(struct world *w, const struct canonical_field *f, const char *name,
                         const char *text)
{
    bool same = text == NULL ? f->absent
                             : !f->absent && f->bytes.len == strlen(text) &&
                                   memcmp(f->bytes.data, text, f->bytes.len) == 0;
    expect(w, same, "the canonical bytes have another %s than the entry", name);
}

static void expect_number(struct world *w, const struct canonical_field *f, const char *name,
                          int64_t number)
{
    uint64_t value = 0;
    for (size_t i = 0; i < f->bytes.len; i++)
        value = value << 8 | f->bytes.data[i];
    expect(w, f->bytes.len == 8 && value == (uint64_t)number,
           "the canonical bytes have another %s than the entry", name);
}

static void expect_json(struct world *w, const struct canonical_field *f, const char *name,
                        const json_t *value)
{
    json_t *held;
    expect(w,
           json_parse(w->arena, f->bytes.data, f->bytes.len, &held, NULL) &&
               json_equal(held, value),
           "the canonical bytes have another %s", name);
}

static void expect_uuid(struct world *w, const struct canonical_field *f, const char *text)
{
    struct uuid id;
    expect(w, uuid_parse(text, &id) && f->bytes.len == 16 && memcmp(f->bytes.data, id.b, 16) == 0,
           "the canonical bytes have another chain than the entry");
}

/* AUD-006 for one entry; `route` is the relation_path of its refusal. */
static void expect_frozen_layout(struct world *w, struct reply *proof, const json_t *route)
{
    struct canonical_field f[CANONICAL_FIELDS];
    int64_t at = 0;
    const json_t *context = expect_member(proof, "/entry/request_context");
    expect(w, timestamp_parse(expect_text(proof, "/entry/occurred_at"), &at), "no instant");
    read_canonical(w, canonical_of(w, proof), f);
    expect_uuid(w, &f[0], expect_text(proof, "/entry/domain_id"));
    expect_number(w, &f[1], "seq", expect_int(proof, "/entry/seq"));
    expect_number(w, &f[2], "time", at);
    expect_field(w, &f[3], "reason", expect_text(proof, "/entry/reason"));
    const char *pseudonym = hex_encode(w->arena, f[4].bytes.data, f[4].bytes.len);
    expect_equal(proof, "/entry/subject/pseudonym", pseudonym);
    expect_field(w, &f[5], "relation", expect_text(proof, "/entry/relation"));
    expect_field(w, &f[6], "object type", expect_text(proof, "/entry/object/type"));
    expect_field(w, &f[7], "object id", expect_text(proof, "/entry/object/id"));
    expect_json(w, &f[8], "caveat context", expect_member(proof, "/entry/decision/caveat_context"));
    expect_json(w, &f[9], "relation path", route);
    expect_field(w, &f[10], "correlation id", expect_text(proof, "/entry/correlation_id"));
    expect_field(w, &f[11], "address", json_text(context, "ip"));
    expect_field(w, &f[12], "user agent", json_text(context, "user_agent"));
}

static struct reply *proof_of(struct world *w, const struct chain *c, struct reply *refusal)
{
    json_t *entry = entry_of(w, c, expect_text(refusal, "/correlation_id"));
    return entry_at(w, c, json_int(entry, "seq", 0));
}

CASE("AUD-006", .clauses = { "AUD-006" }, AUDIT,
     .title = "canonical bytes are the thirteen fields of version 1, as the entry has them")
{
    struct chain c = new_chain(w);
    const char *domain = path(w, "/v1/domains/%s", c.domain);
    struct reply *outsider = refuse_permission(get(w, domain, .as = w->nobody,
                                                   .headers = { { "User-Agent", "agent/1" } }),
                                               "out_of_scope");
    struct reply *proof = proof_of(w, &c, outsider);
    expect_equal(proof, "/entry/request_context/user_agent", "agent/1");
    expect_frozen_layout(w, proof, expect_member(outsider, "/relation_path"));
    struct reply *member =
        refuse_permission(patch(w, domain, .as = c.auditor, .json = json_object(),
                                .headers = { { "User-Agent", "\xff" } }),
                          "insufficient_relation");
    proof = proof_of(w, &c, member); /* AUD-013: what is no text is absent */
    expect_absent(proof, "/entry/request_context/user_agent");
    expect_frozen_layout(w, proof, expect_member(member, "/relation_path"));
}

CASE("AUD-007", .clauses = { "AUD-007" }, AUDIT,
     .title = "canonical bytes hold the pseudonym and never the identity's id")
{
    struct chain c = new_chain(w);
    struct uuid id;
    struct bytes pseudonym;
    const char *text = id_of(w->nobody);
    struct reply *refused =
        refuse_permission(get(w, path(w, "/v1/domains/%s", c.domain), .as = w->nobody), NULL);
    struct reply *proof = proof_of(w, &c, refused);
    struct bytes bytes = canonical_of(w, proof);
    const char *hex = expect_text(proof, "/entry/subject/pseudonym");
    expect(w, hex_decode(w->arena, hex, strlen(hex), &pseudonym), "the pseudonym is no hex");
    expect(w, holds(bytes, pseudonym.data, pseudonym.len) || holds(bytes, hex, strlen(hex)),
           "the canonical bytes do not hold the pseudonym");
    expect(w, !holds(bytes, text, strlen(text)), "the canonical bytes hold the identity's id");
    if (uuid_parse(text, &id)) {
        const char *plain = hex_encode(w->arena, id.b, sizeof id.b);
        expect(w, !holds(bytes, id.b, sizeof id.b) && !holds(bytes, plain, strlen(plain)),
               "the canonical bytes hold the identity's id without its dashes");
    }
}

CASE("AUD-008", .clauses = { "AUD-008" }, AUDIT,
     .title = "a request that failed took no seq: the chain has no gap")
{
    struct chain c = new_chain(w);
    json_t *project = world_new_project(w, c.domain);
    grow(w, &c);
    /* What is decided and then fails for another reason. */
    refuse(post(w, "/v1/projects", .as = c.manager,
                .json = json_pack("{s:s, s:s, s:s}", "domain_id", c.domain, "name", "again", "slug",
                                  json_text(project, "slug"))),
           409, NULL);
    refuse(patch(w, path(w, "/v1/domains/%s", c.domain), .as = c.manager,
                 .json = json_pack("{s:i}", "name", 7)),
           400, NULL);
    grow(w, &c);
    size_t i;
    json_t *entry, *items = all_entries(w, &c);
    expect(w, json_array_size(items) >= 11, "eleven decisions made %zu entries",
           json_array_size(items));
    json_array_foreach (items, i, entry) {
        expect(w, json_int(entry, "seq", 0) == (json_int_t)i + 1, "the seq at place %zu is %lld", i,
               (long long)json_int(entry, "seq", 0));
    }
}

CASE("AUD-009", .clauses = { "AUD-009" }, AUDIT,
     .title = "a decision about a Domain that does not exist is on the platform's chain")
{
    struct chain c = platform_chain(w);
    const char *ghost = unused_uuid(w);
    struct reply *refused =
        refuse_permission(get(w, path(w, "/v1/domains/%s", ghost), .as = w->nobody),
                          "out_of_scope");
    json_t *entry = entry_of(w, &c, expect_text(refused, "/correlation_id"));
    expect(w, text_equal(json_text(json_member(entry, "object"), "id"), ghost),
           "the entry is about another object");
    refuse(judged(
               get(w, path(w, "/v1/domains/%s/audit/entries", ghost), .as = w->platform_auditor)),
           404, "domain_not_found");
}

static const char *pseudonym_in(struct world *w, const struct chain *c,
                                const struct credential *who)
{
    json_t *entry = entry_of(w, c, deny(w, c, who));
    const char *pseudonym = json_text(json_member(entry, "subject"), "pseudonym");
    expect(w, pseudonym != NULL, "an entry has no pseudonym");
    return pseudonym;
}

CASE("AUD-014", .clauses = { "AUD-014" }, AUDIT,
     .title = "an identity has one pseudonym on a chain and another one on every other")
{
    struct chain one = new_chain(w), two = new_chain(w), platform = platform_chain(w);
    const struct credential *other = world_credential(w, "none", NULL, NULL);
    const char *here = pseudonym_in(w, &one, w->nobody);
    const char *there = pseudonym_in(w, &two, w->nobody);
    const char *above = pseudonym_in(w, &platform, w->nobody);
    expect(w, text_equal(pseudonym_in(w, &one, w->nobody), here),
           "one identity has two pseudonyms on a chain");
    expect(w, text_equal(pseudonym_in(w, &platform, w->nobody), above),
           "one identity has two pseudonyms on the platform's chain");
    expect(w, !text_equal(here, there) && !text_equal(here, above) && !text_equal(there, above),
           "one identity has the same pseudonym on two chains");
    expect(w, !text_equal(pseudonym_in(w, &one, other), here), "two identities share a pseudonym");
}
