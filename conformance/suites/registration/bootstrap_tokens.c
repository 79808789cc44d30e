/* suites/registration/bootstrap_tokens.c — BST-*: issuing, reading and revoking bootstrap tokens.
 */
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/uuid.h"
#include "harness/case.h"
#include "suites/common/pages.h"
#include "suites/registration/registration.h"

#define SUITE "registration"
#define TOKENS .needs = { "bootstrap-tokens", "projects" }, .budget_ms = BUDGET_MS
#define REDEEMED                                                                                   \
    .needs = { "bootstrap-tokens", "projects", "registration", "resources" }, .budget_ms = BUDGET_MS

static struct exchange *issuing(struct world *w, const char *project, json_t *order)
{
    return post(w, tokens_path(w, project), .as = w->platform_manager, .json = order);
}

/* Every value of one member is refused; the order is the one that is accepted else. */
static void refuse_values(struct world *w, const char *member, json_t *values)
{
    size_t i;
    json_t *value;
    json_own(w->arena, values);
    json_array_foreach (values, i, value)
        refuse(judged(issuing(w, w->project_id, with(token_order(), member, json_incref(value)))),
               400, NULL);
    refuse(judged(issuing(w, w->project_id, with(token_order(), member, NULL))), 400, NULL);
}

static struct reply *accept_value(struct world *w, const char *member, json_t *value)
{
    return accept(judged(issuing(w, w->project_id, with(token_order(), member, value))), 201);
}

CASE("BST-007", .clauses = { "BST-007" }, TOKENS, .title = "a token lives 300 to 86400 seconds")
{
    refuse_values(w, "ttl_seconds",
                  json_pack("[i, i, i, i, f, s, n, b]", 299, 86401, 0, -600, 600.5, "600", 1));
    accept_value(w, "ttl_seconds", json_integer(300));
    accept_value(w, "ttl_seconds", json_integer(86400));
}

CASE("BST-008", .clauses = { "BST-008" }, TOKENS, .title = "a token is for a node or a bridge")
{
    refuse_values(w, "kind", json_pack("[s, s, s, s, i, n]", "vm", "Node", "", "node ", 1));
    static const char *const kinds[] = { "node", "bridge" };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct reply *r = accept_value(w, "kind", json_string(kinds[i]));
        expect_equal(token_now(w, w->project_id, expect_text(r, "/token_id")), "/kind", kinds[i]);
    }
}

CASE("BST-009", .clauses = { "BST-009" }, TOKENS,
     .title = "an environment prefix is 1 to 32 lower-case letters")
{
    refuse_values(w, "env_prefix",
                  json_pack("[s, s, s, s, s, i, n]", "Prod", "dev1", "", "a-b",
                            "abcdefghijklmnopqrstuvwxyzabcdefg", 7));
    static const char *const good[] = { "p", "abcdefghijklmnopqrstuvwxyzabcdef" };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct reply *r = accept_value(w, "env_prefix", json_string(good[i]));
        expect_equal(token_now(w, w->project_id, expect_text(r, "/token_id")), "/env_prefix",
                     good[i]);
    }
}

CASE("BST-010", .clauses = { "BST-010" }, TOKENS,
     .title = "an order that breaks a rule is refused without a code")
{
    static const struct {
        const char *member, *value;
    } bad[] = { { "kind", "vm" }, { "env_prefix", "Prod" }, { "ttl_seconds", "600" } };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        expect_absent(refuse(judged(issuing(w, w->project_id,
                                            with(token_order(), bad[i].member,
                                                 json_string(bad[i].value)))),
                             400, NULL),
                      "/code");
    accept(issuing(w, w->project_id, token_order()), 201);
}

CASE("BST-011", .clauses = { "BST-011" }, TOKENS, .title = "an order is one JSON object")
{
    static const char good[] = "{\"kind\":\"node\",\"env_prefix\":\"dev\",\"ttl_seconds\":600}";
    static const char *const bad[] = { "{", "[]", "null", "\"node\"", "{}{}", "kind=node", "" };
    const char *target = tokens_path(w, w->project_id);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(judged(post(w, target, .as = w->platform_manager, .raw = BYTES_OF_TEXT(bad[i]))),
               400, "invalid_body");
    accept(post(w, target, .as = w->platform_manager, .raw = BYTES_OF_TEXT(good)), 201);
}

CASE("BST-012", .clauses = { "BST-012" }, TOKENS,
     .title = "issuing and revoking need manage on the Project")
{
    const struct credential *const without[] = {
        w->nobody,        w->foreign_admin,      w->platform_reader,
        w->domain_member, w->project_maintainer, w->project_operator
    };
    const char *target = tokens_path(w, w->project_id);
    const char *id = json_text(token_living(w, w->project_id, 600), "token_id");
    const char *one = token_path(w, w->project_id, id);
    for (size_t i = 0; i < ARRAY_LEN(without); i++) {
        const char *reason = i < 2 ? "out_of_scope" : "insufficient_relation";
        refuse_permission(judged(post(w, target, .as = without[i], .json = token_order())), reason);
        refuse_permission(judged(delete_(w, one, .as = without[i])), reason);
    }
    expect_absent(token_now(w, w->project_id, id), "/revoked_at");
    accept(post(w, target, .as = w->project_admin, .json = token_order()), 201);
    accept(delete_(w, one, .as = w->project_admin), 204);
}

CASE("BST-013", .clauses = { "BST-013" }, TOKENS,
     .title = "listing and reading tokens need observe on the Project")
{
    const struct credential *const without[] = { w->nobody, w->foreign_admin, w->domain_auditor };
    const struct credential *const able[] = { w->project_operator, w->domain_member,
                                              w->platform_reader };
    const char *target = tokens_path(w, w->project_id);
    const char *id = json_text(token_living(w, w->project_id, 600), "token_id");
    for (size_t i = 0; i < ARRAY_LEN(without); i++) {
        refuse_permission(judged(get(w, target, .as = without[i])), NULL);
        refuse_permission(judged(get(w, token_path(w, w->project_id, id), .as = without[i])), NULL);
    }
    for (size_t i = 0; i < ARRAY_LEN(able); i++) {
        accept(judged(get(w, target, .as = able[i])), 200);
        struct reply *r =
            accept(judged(get(w, token_path(w, w->project_id, id), .as = able[i])), 200);
        expect_equal(r, "/id", id);
    }
}

CASE("BST-014", .clauses = { "BST-014" }, TOKENS,
     .title =
         "an order with several faults hears of the credential, the authority, the Project and "
         "then the body")
{
    const char *unknown = tokens_path(w, NO_SUCH_ID), *known = tokens_path(w, w->project_id);
    refuse(judged(post(w, unknown, .raw = BYTES_OF_TEXT("{"))), 401, "unauthenticated");
    refuse_permission(judged(post(w, unknown, .as = w->nobody, .raw = BYTES_OF_TEXT("{"))), NULL);
    refuse(judged(post(w, unknown, .as = w->platform_manager, .raw = BYTES_OF_TEXT("{"))), 404,
           "project_not_found");
    refuse(judged(post(w, known, .as = w->platform_manager, .raw = BYTES_OF_TEXT("{"))), 400,
           "invalid_body");
    accept(issuing(w, w->project_id, token_order()), 201);
}

/* The four operations of a Project and a token that may not be there. */
static size_t all_operations(struct world *w, const struct credential *as, const char *project,
                             const char *token, struct exchange *out[4])
{
    out[0] = get(w, tokens_path(w, project), .as = as);
    out[1] = post(w, tokens_path(w, project), .as = as, .json = token_order());
    out[2] = get(w, token_path(w, project, token), .as = as);
    out[3] = delete_(w, token_path(w, project, token), .as = as);
    return 4;
}

CASE("BST-015", .clauses = { "BST-015" }, TOKENS,
     .title = "an unknown Project is not found by who has authority over all of them")
{
    struct exchange *xs[4];
    size_t n = all_operations(w, w->platform_manager, NO_SUCH_ID, NO_SUCH_ID, xs);
    for (size_t i = 0; i < n; i++)
        refuse(judged(xs[i]), 404, "project_not_found");
    accept(get(w, tokens_path(w, w->project_id), .as = w->platform_manager), 200);
}

CASE("BST-016", .clauses = { "BST-016" }, TOKENS,
     .title = "a path id that is no UUID is an unknown object")
{
    struct exchange *xs[4];
    size_t n = all_operations(w, w->project_admin, "zz", NO_SUCH_ID, xs);
    for (size_t i = 0; i < n; i++)
        refuse_permission(judged(xs[i]), "out_of_scope");
    n = all_operations(w, w->platform_manager, "zz", NO_SUCH_ID, xs);
    for (size_t i = 0; i < n; i++)
        refuse(judged(xs[i]), 404, "project_not_found");
    refuse(judged(get(w, token_path(w, w->project_id, "zz"), .as = w->project_admin)), 404, NULL);
    refuse(judged(delete_(w, token_path(w, w->project_id, "zz"), .as = w->project_admin)), 404,
           NULL);
    accept(get(w, tokens_path(w, w->project_id), .as = w->project_admin), 200);
}

CASE("BST-017", .clauses = { "BST-017" }, TOKENS,
     .title = "a token below another Project is not found, as an unknown one")
{
    const char *other = own_project(w);
    const char *id = json_text(token_living(w, w->project_id, 600), "token_id");
    const char *const nowhere[] = { token_path(w, other, id),
                                    token_path(w, w->project_id, NO_SUCH_ID) };
    for (size_t i = 0; i < ARRAY_LEN(nowhere); i++) {
        refuse(judged(get(w, nowhere[i], .as = w->platform_manager)), 404, NULL);
        refuse(judged(delete_(w, nowhere[i], .as = w->platform_manager)), 404, NULL);
    }
    expect_absent(token_now(w, w->project_id, id), "/revoked_at");
}

/* ---- what an issue answers ---- */

CASE("BST-001", .clauses = { "BST-001", "BST-002" }, TOKENS,
     .title = "an issue answers the token once and says where its metadata is")
{
    struct reply *r = accept(judged(issuing(w, w->project_id, token_order())), 201);
    const char *id = expect_text(r, "/token_id");
    expect(w, expect_text(r, "/token")[0] != '\0', "the token is empty");
    expect_header(r, "Location", token_path(w, w->project_id, id));
    struct reply *now = token_now(w, w->project_id, id);
    expect_equal(now, "/id", id);
    expect_equal(now, "/project_id", w->project_id);
    expect_equal(now, "/issued_at", expect_text(r, "/issued_at"));
    expect_equal(now, "/expires_at", expect_text(r, "/expires_at"));
}

/* The five segments of a token of that environment and kind. */
static char **segments(struct world *w, const char *env, const char *kind)
{
    size_t n;
    json_t *order =
        with(with(token_order(), "env_prefix", json_string(env)), "kind", json_string(kind));
    const char *token =
        expect_text(accept(judged(issuing(w, w->project_id, order)), 201), "/token");
    char **parts = text_split(w->arena, token, '_', &n);
    expect(w, n == 5, "the token has %zu segments, expected 5", n);
    return parts;
}

CASE("BST-003", .clauses = { "BST-003" }, TOKENS,
     .title = "a token tells its environment, Project and kind, and ends in at least 20 random "
              "characters")
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    const char *before = "";
    static const char *const kinds[] = { "node", "bridge" };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        char **part = segments(w, "stage", kinds[i]);
        expect(w, text_equal(part[0], "psb"), "the token does not begin with psb_");
        expect(w, text_equal(part[1], "stage"), "the second segment is not the environment");
        expect(w, part[2][0] && strspn(part[2], alphabet) == strlen(part[2]),
               "the Project's segment is not of a-z2-7");
        expect(w, text_equal(part[3], kinds[i]), "the fourth segment is not %s", kinds[i]);
        expect(w, strlen(part[4]) >= 20 && strspn(part[4], alphabet) == strlen(part[4]),
               "the last segment is not 20 characters of a-z2-7");
        expect(w, !text_equal(part[4], before), "two tokens end alike");
        before = part[4];
    }
}

/* The 26 characters of 16 bytes, bit by bit: not the encoder that the reference uses. */
static const char *base32_of(struct world *w, const struct uuid *id)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    char text[27] = "";
    for (size_t i = 0; i < 26; i++) {
        unsigned five = 0;
        for (size_t bit = i * 5; bit < i * 5 + 5; bit++)
            five = five << 1 | (bit < 128 ? id->b[bit / 8] >> (7 - bit % 8) & 1u : 0u);
        text[i] = alphabet[five];
    }
    return arena_strdup(w->arena, text);
}

CASE("BST-004", .clauses = { "BST-004" }, TOKENS,
     .title = "the Project's segment of a token is the base32 of its id")
{
    struct uuid id;
    expect(w, uuid_parse(w->project_id, &id), "%s is no UUID", w->project_id);
    char **part = segments(w, "dev", "node");
    expect(w, text_equal(part[2], base32_of(w, &id)), "the segment is %s, expected %s", part[2],
           base32_of(w, &id));
}

CASE("BST-005", .clauses = { "BST-005" }, TOKENS,
     .title = "a token's plaintext leaves once, with its issue")
{
    const char *project = own_project(w);
    const json_t *issued = token_living(w, project, 600);
    const char *token = json_text(issued, "token"), *id = json_text(issued, "token_id");
    struct reply *one = token_now(w, project, id);
    struct reply *all =
        accept(judged(get(w, tokens_path(w, project), .as = w->platform_manager)), 200);
    expect_equal(one, "/id", id);
    expect_equal(all, "/items/0/id", id);
    expect(w, !text_contains((const char *)one->body.data, token),
           "the metadata holds the plaintext");
    expect(w, !text_contains((const char *)all->body.data, token), "the list holds the plaintext");
}

CASE("BST-006", .clauses = { "BST-006" }, TOKENS,
     .title = "a token expires its seconds after its issue, to the microsecond")
{
    static const int ttls[] = { 300, 601, 86400 };
    for (size_t i = 0; i < ARRAY_LEN(ttls); i++) {
        struct reply *r = accept_value(w, "ttl_seconds", json_integer(ttls[i]));
        int64_t from, to;
        expect(w,
               timestamp_parse(expect_text(r, "/issued_at"), &from) &&
                   timestamp_parse(expect_text(r, "/expires_at"), &to),
               "issued_at or expires_at is no instant");
        expect(w, to - from == ttls[i] * MICROS_PER_SECOND, "a token of %d s lives %lld us",
               ttls[i], (long long)(to - from));
    }
}

CASE("BST-019", .clauses = { "BST-019" }, TOKENS,
     .title = "the issuer of a token is who asked for it")
{
    static const int either[] = { 201, 400, 0 };
    const struct credential *me = w->project_admin;
    const char *target = tokens_path(w, w->project_id), *mine = strchr(me->identity_ref, ':') + 1;
    struct reply *r = accept(judged(post(w, target, .as = me, .json = token_order())), 201);
    expect_equal(token_now(w, w->project_id, expect_text(r, "/token_id")), "/issued_by_user_id",
                 mine);
    json_t *claiming = with(token_order(), "issued_by_user_id", json_string(NO_SUCH_ID));
    r = refuse_any(judged(post(w, target, .as = me, .json = claiming)), either);
    if (r->status == 201)
        expect_equal(token_now(w, w->project_id, expect_text(r, "/token_id")), "/issued_by_user_id",
                     mine);
}

/* ---- from live to consumed, revoked, expired ---- */

CASE("BST-018", .clauses = { "BST-018" }, REDEEMED,
     .title = "metadata has consumed_at and revoked_at from when it happened")
{
    const json_t *spent = token_living(w, w->project_id, 600);
    const json_t *taken = token_living(w, w->project_id, 600);
    const char *spent_id = json_text(spent, "token_id"), *taken_id = json_text(taken, "token_id");
    struct reply *r = token_now(w, w->project_id, spent_id);
    expect_absent(r, "/consumed_at");
    expect_absent(r, "/revoked_at");
    accept(registering(w, registration(w, w->project_id, resource_in(w, w->project_id, "vm"),
                                       json_text(spent, "token"))),
           201);
    r = token_now(w, w->project_id, spent_id);
    expect_text(r, "/consumed_at");
    expect_absent(r, "/revoked_at");
    token_revoke(w, w->project_id, taken_id);
    r = token_now(w, w->project_id, taken_id);
    expect_text(r, "/revoked_at");
    expect_absent(r, "/consumed_at");
}

CASE("BST-020", .clauses = { "BST-020", "BST-021" }, TOKENS,
     .title = "a live token is revoked, and once")
{
    const char *id = json_text(token_living(w, w->project_id, 600), "token_id");
    const char *one = token_path(w, w->project_id, id);
    expect_absent(token_now(w, w->project_id, id), "/revoked_at");
    accept(judged(delete_(w, one, .as = w->platform_manager)), 204);
    const char *when = expect_text(token_now(w, w->project_id, id), "/revoked_at");
    refuse(judged(delete_(w, one, .as = w->platform_manager)), 409, NULL);
    expect_equal(token_now(w, w->project_id, id), "/revoked_at", when);
}

CASE("BST-022", .clauses = { "BST-022" }, REDEEMED,
     .title = "a token that was redeemed cannot be revoked")
{
    const json_t *token = token_living(w, w->project_id, 600);
    const char *id = json_text(token, "token_id");
    accept(registering(w, registration(w, w->project_id, resource_in(w, w->project_id, "vm"),
                                       json_text(token, "token"))),
           201);
    refuse(judged(delete_(w, token_path(w, w->project_id, id), .as = w->platform_manager)), 409,
           NULL);
    expect_absent(token_now(w, w->project_id, id), "/revoked_at");
    token_revoke(w, w->project_id, json_text(token_living(w, w->project_id, 600), "token_id"));
}

CASE("BST-023", .clauses = { "BST-023" }, .needs = { "bootstrap-tokens", "clock" },
     .flags = CASE_SERIAL | CASE_SLOW, .budget_ms = BUDGET_MS,
     .title = "a token that expired untouched can be revoked")
{
    const char *id = json_text(token_living(w, w->project_id, 300), "token_id");
    world_advance(w, 301);
    accept(judged(delete_(w, token_path(w, w->project_id, id), .as = w->platform_manager)), 204);
    expect_text(token_now(w, w->project_id, id), "/revoked_at");
}

/* ---- the list ---- */

CASE("BST-024", .clauses = { "BST-024" }, TOKENS,
     .title = "the list goes by ascending id and shows every token of the Project once")
{
    enum { TOKENS_MADE = 5 };
    const char *project = own_project(w), *target = tokens_path(w, project), *before = "";
    for (int i = 0; i < TOKENS_MADE; i++)
        token_living(w, project, 600);
    struct reply *first = accept(judged(page(w, w->platform_manager, target, 2, NULL)), 200);
    expect(w, json_array_size(expect_member(first, "/items")) == 2, "a page of 2 holds no 2 items");
    json_t *item, *all = walk(w, w->platform_manager, target, 2);
    size_t i;
    expect(w, json_array_size(all) == TOKENS_MADE, "the list shows %zu tokens of %d",
           json_array_size(all), TOKENS_MADE);
    json_array_foreach (all, i, item) {
        expect(w, strcmp(json_text(item, "id"), before) > 0, "%s stands behind %s",
               json_text(item, "id"), before);
        before = json_text(item, "id");
    }
}

CASE("BST-025", .clauses = { "BST-025" }, TOKENS, .title = "a page holds 1 to 200 tokens")
{
    static const char *const bad[] = { "0", "201", "-1", "ten" };
    static const char *const good[] = { "1", "200" };
    const char *target = tokens_path(w, w->project_id);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(judged(get(w, asking(w, target, "limit", bad[i]), .as = w->platform_manager)), 400,
               "invalid_limit");
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        accept(get(w, asking(w, target, "limit", good[i]), .as = w->platform_manager), 200);
}

/* A Project with two tokens, and the way on behind the first. */
static const char *cursor_in(struct world *w, const char **target)
{
    const char *project = own_project(w);
    token_living(w, project, 600);
    token_living(w, project, 600);
    *target = tokens_path(w, project);
    return first_cursor(w, w->platform_manager, *target);
}

CASE("BST-026", .clauses = { "BST-026" }, TOKENS, .title = "a cursor that was altered is refused")
{
    const char *target, *cursor = cursor_in(w, &target);
    for (size_t at = 1; at < strlen(cursor) - 1; at += 7) {
        char *altered = arena_strdup(w->arena, cursor);
        altered[at] = altered[at] == 'A' ? 'B' : 'A';
        refuse(judged(page(w, w->platform_manager, target, 1, altered)), 400, "invalid_cursor");
    }
    accept(page(w, w->platform_manager, target, 1, cursor), 200);
}

CASE("BST-027", .clauses = { "BST-027" }, TOKENS,
     .title = "a cursor that another caller was given is refused as a Problem")
{
    const char *target, *cursor = cursor_in(w, &target);
    struct reply *r = refuse(judged(page(w, w->platform_reader, target, 1, cursor)), 403,
                             "cursor_binding_mismatch");
    expect_absent(r, "/reason");
    accept(page(w, w->platform_manager, target, 1, cursor), 200);
    accept(page(w, w->platform_reader, target, 1, NULL), 200);
}

/* ---- the audit ---- */

static struct exchange *decisions(struct world *w, const char *domain, const char *relation,
                                  const char *object)
{
    return get(w,
               path(w, "/v1/domains/%s/audit/entries?relation=%s&object_id=%s&reason=granted",
                    domain, relation, object),
               .as = w->platform_auditor);
}

CASE("BST-029", .clauses = { "BST-029" }, .needs = { "bootstrap-tokens", "projects", "audit" },
     .budget_ms = BUDGET_MS,
     .title = "a granted issue and a granted revocation are on the chain of the Project's Domain")
{
    static const char issue[] = "bootstrap_token.issue", undo[] = "bootstrap_token.revoke";
    const char *project = own_project(w);
    struct reply *r = accept(judged(decisions(w, w->domain_id, issue, project)), 200);
    expect(w, json_array_size(expect_member(r, "/items")) == 0, "an issue before the first");
    const char *id = json_text(token_living(w, project, 600), "token_id");
    token_revoke(w, project, id);
    r = accept(judged(decisions(w, w->domain_id, issue, project)), 200);
    expect_equal(r, "/items/0/relation", issue);
    expect_absent(r, "/items/1");
    r = accept(judged(decisions(w, w->domain_id, undo, project)), 200);
    expect_equal(r, "/items/0/relation", undo);
    expect_equal(r, "/items/0/decision/result", "granted");
    expect_absent(r, "/items/1");
}
