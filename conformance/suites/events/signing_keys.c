/* suites/events/signing_keys.c — KEY-*: which key a Node is told of, before and after a rotation.
 */
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "harness/case.h"
#include "suites/registration/registration.h"

#define SUITE "events"
#define ROTATES                                                                                    \
    .needs = { "registration", "bootstrap-tokens", "resources", "domains", "rulings" },            \
    .budget_ms = BUDGET_MS

struct told {
    const char *key, *name;
};

static struct told told_in(struct world *w, const char *project)
{
    struct bytes raw;
    struct reply *r = accept(judged(registering(w, fresh_registration(w, project))), 201);
    struct told out = { expect_text(r, "/signing_public_key"), expect_text(r, "/signing_key_id") };
    expect(w,
           base64_decode(w->arena, BASE64_STANDARD, out.key, strlen(out.key), &raw) &&
               raw.len == 32,
           "signing_public_key is no base64 of 32 bytes");
    return out;
}

static bool same(struct told a, struct told b)
{
    return text_equal(a.key, b.key) && text_equal(a.name, b.name);
}

static json_t *rotate(struct world *w, const char *domain)
{
    return world_given(w, "rotated_signing_key", json_pack("{s:s}", "domain_id", domain));
}

CASE("KEY-001", .clauses = { "KEY-001", "KEY-005" }, ROTATES,
     .title = "a Node that registers after a rotation is told the new key")
{
    const char *domain = own_domain(w, 24), *project = own_project_in(w, domain);
    struct told before = told_in(w, project);
    expect(w, same(before, told_in(w, project)), "two Nodes of a Domain are told two keys");
    json_t *answer = rotate(w, domain);
    struct told after = told_in(w, project);
    expect(w, !text_equal(before.key, after.key), "the key is the old one");
    expect(w, !text_equal(before.name, after.name), "two keys have one name");
    expect(w, text_equal(json_text(answer, "current_id"), after.name), "the name is not the new");
    rotate(w, domain);
    expect(w, !same(after, told_in(w, project)), "the second rotation changed nothing");
}

CASE("KEY-011", .clauses = { "KEY-011" }, ROTATES,
     .title = "a rotation of one Domain's key changes no other Domain's")
{
    const char *here = own_domain(w, 24), *there = own_domain(w, 24);
    const char *in_here = own_project_in(w, here), *in_there = own_project_in(w, there);
    struct told before = told_in(w, in_there);
    struct told other = told_in(w, in_here);
    rotate(w, here);
    expect(w, same(before, told_in(w, in_there)), "the other Domain's key changed");
    expect(w, !same(other, told_in(w, in_here)), "the Domain's own key did not");
}
