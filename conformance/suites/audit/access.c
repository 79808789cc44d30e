/* suites/audit/access.c — who may look, and what the others learn (SPEC AUD-022 to AUD-025). */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "suites/audit/audit.h"

#define SUITE "audit"
#define AUDIT .needs = { AUDIT_NEEDS }

/* Both questions that need auditor, by this caller. */
static void expect_refused(struct world *w, const char *base, const struct credential *as,
                           const char *reason)
{
    refuse_permission(judged(get(w, path(w, "%s/entries", base), .as = as)), reason);
    refuse_permission(judged(post(w, path(w, "%s/verify", base), .as = as)), reason);
}

static void expect_shown(struct world *w, const char *base, const struct credential *as)
{
    (void)expect_member(accept(judged(get(w, path(w, "%s/entries?limit=1", base), .as = as)), 200),
                        "/items");
    (void)expect_member(accept(judged(post(w, path(w, "%s/verify", base), .as = as,
                                           .json = json_pack("{s:i, s:i}", "from_seq", 1, "to_seq",
                                                             1))),
                               200),
                        "/ok");
}

CASE("AUD-022", .clauses = { "AUD-022" }, AUDIT,
     .title = "listing and verifying need auditor on the Domain or the platform")
{
    struct chain c = new_chain(w);
    const struct credential *member = world_credential(w, "domain member", c.domain, NULL);
    expect_refused(w, c.base, w->nobody, "out_of_scope");
    expect_refused(w, c.base, w->domain_auditor, "out_of_scope");
    expect_refused(w, c.base, member, "insufficient_relation");
    expect_refused(w, c.base, c.manager, "insufficient_relation");
    expect_refused(w, c.base, w->platform_reader, "insufficient_relation");
    expect_refused(w, "/v1/platform/audit", w->nobody, "out_of_scope");
    expect_refused(w, "/v1/platform/audit", c.auditor, "out_of_scope");
    expect_refused(w, "/v1/platform/audit", w->platform_reader, "insufficient_relation");
    expect_shown(w, c.base, c.auditor);
    expect_shown(w, c.base, w->platform_auditor);
    expect_shown(w, "/v1/platform/audit", w->platform_auditor);
}

CASE("AUD-023", .clauses = { "AUD-023" }, AUDIT,
     .title = "an unknown Domain is 403 to who may not ask, and 404 to who may everywhere")
{
    const char *base = path(w, "/v1/domains/%s/audit", unused_uuid(w));
    struct chain ghost = { .base = base,
                           .auditor = w->platform_auditor,
                           .manager = w->platform_manager };
    struct chain outsider = { .base = base,
                              .auditor = w->domain_auditor,
                              .manager = w->domain_admin };
    refuse_permission(judged(get(w, path(w, "%s/entries", base), .as = w->domain_auditor)), NULL);
    refuse_permission(verify(w, &outsider, 0, 0), NULL);
    refuse_permission(judged(erase(w, &outsider, unused_uuid(w))), NULL);
    refuse(judged(get(w, path(w, "%s/entries", base), .as = w->platform_auditor)), 404,
           "domain_not_found");
    refuse(verify(w, &ghost, 0, 0), 404, "domain_not_found");
    refuse(judged(erase(w, &ghost, unused_uuid(w))), 404, "domain_not_found");
    expect_shown(w, path(w, "/v1/domains/%s/audit", w->domain_id), w->platform_auditor);
}

/* ---- one entry: nothing to be learned ---- */

static struct reply *hidden(struct world *w, const char *target, const struct credential *as)
{
    return refuse(judged(get(w, target, .as = as)), 404, NULL);
}

static void expect_same(struct world *w, const struct reply *one, const struct reply *other)
{
    static const char *const headers[] = { "Content-Type", "Content-Length", "Cache-Control",
                                           "WWW-Authenticate" };
    expect(w,
           one->body.len == other->body.len &&
               memcmp(one->body.data, other->body.data, one->body.len) == 0,
           "two 404s for one path have different bodies");
    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        expect(w, text_equal(reply_header(one, headers[i]), reply_header(other, headers[i])),
               "two 404s for one path differ in %s", headers[i]);
}

CASE("AUD-024", .clauses = { "AUD-024" }, AUDIT,
     .title = "one 404, to the byte, for no such entry, another chain's, no such Domain and no "
              "permission")
{
    struct chain c = new_chain(w), longer = new_chain(w);
    deny(w, &c, w->nobody);
    grow(w, &longer);
    grow(w, &longer);
    /* An entry that is on the longer chain alone, and far enough that the refusals below do not
     * make it here. */
    int64_t seq = head_of(w, &longer);
    const char *target = path(w, "%s/entries/%lld", c.base, (long long)seq);
    expect(w, head_of(w, &c) + 4 < seq, "the second chain is too short");
    struct reply *unknown = hidden(w, target, c.auditor);
    expect_same(w, unknown, hidden(w, target, w->nobody));
    expect_same(w, unknown, hidden(w, target, c.manager));
    expect_same(w, unknown, hidden(w, target, longer.auditor));
    entry_at(w, &longer, seq);
    /* Now it comes into being: only who may see it notices. */
    while (head_of(w, &c) < seq)
        deny(w, &c, w->nobody);
    expect_same(w, unknown, hidden(w, target, w->nobody));
    expect_same(w, unknown, hidden(w, target, c.manager));
    entry_at(w, &c, seq);
}

CASE("AUD-024-b", .clauses = { "AUD-024" }, AUDIT,
     .title = "a Domain that does not exist has no other 404 than a permission that is missing")
{
    const char *target = path(w, "/v1/domains/%s/audit/entries/1", unused_uuid(w));
    struct reply *unknown = hidden(w, target, w->platform_auditor);
    expect_same(w, unknown, hidden(w, target, w->nobody));
    expect_same(w, unknown, hidden(w, target, w->domain_auditor));
    struct chain platform = platform_chain(w);
    const char *above = path(w, "/v1/platform/audit/entries/%lld", 4611686018427387904LL);
    expect_same(w, hidden(w, above, w->platform_auditor), hidden(w, above, w->nobody));
    refuse(judged(get(w, "/v1/platform/audit/entries/1", .as = w->domain_auditor)), 404, NULL);
    entry_at(w, &platform, 1);
}

CASE("AUD-025", .clauses = { "AUD-025" }, AUDIT,
     .title = "a seq that is no integer of at least 1 is refused as malformed")
{
    static const char *const bad[] = { "0",   "-1",  "abc",  "1.5",
                                       "1e3", "0x1", "%201", "99999999999999999999999" };
    struct chain c = new_chain(w), platform = platform_chain(w);
    deny(w, &c, w->nobody);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        refuse(judged(get(w, path(w, "%s/entries/%s", c.base, bad[i]), .as = c.auditor)), 400,
               NULL);
        refuse(judged(
                   get(w, path(w, "%s/entries/%s", platform.base, bad[i]), .as = platform.auditor)),
               400, NULL);
    }
    entry_at(w, &c, 1);
    entry_at(w, &platform, 1);
}
