/* suites/registration/register.c — REG-*: what a registration takes, answers and refuses. */
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "harness/case.h"
#include "suites/registration/registration.h"

#define SUITE "registration"
#define REGISTERS                                                                                  \
    .needs = { "registration", "bootstrap-tokens", "resources", "projects" }, .budget_ms = BUDGET_MS

/* ---- the body ---- */

CASE("REG-005", .clauses = { "REG-005" }, REGISTERS, .title = "a registration is one JSON object")
{
    static const char *const bad[] = { "{", "[]", "null", "7", "{}{}", "token=psb_dev", "" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        expect_absent(refuse(judged(post(w, "/v1/register", .raw = BYTES_OF_TEXT(bad[i]))), 400,
                             NULL),
                      "/code");
    accept(registering(w, fresh_registration(w, w->project_id)), 201);
}

/* Refused with 422; the body as it was is accepted afterwards, so nothing else was wrong with it.
 */
static void refuse_values(struct world *w, const char *member, json_t *values)
{
    size_t i;
    json_t *value, *good = fresh_registration(w, w->project_id);
    json_own(w->arena, values);
    json_array_foreach (values, i, value) {
        json_t *bad = json_own(w->arena, json_copy(good));
        refuse(judged(registering(w, with(bad, member, json_incref(value)))), 422, NULL);
    }
    json_t *bad = json_own(w->arena, json_copy(good));
    refuse(judged(registering(w, with(bad, member, NULL))), 422, NULL);
    accept(registering(w, good), 201);
}

CASE("REG-006", .clauses = { "REG-006" }, REGISTERS,
     .title = "a body with the tokens of both dialects, or of neither, is refused")
{
    json_t *good = fresh_registration(w, w->project_id);
    json_t *both = json_own(w->arena, json_copy(good)),
           *neither = json_own(w->arena, json_copy(good));
    with(both, "token", json_incref(json_member(good, "bootstrap_token")));
    with(neither, "bootstrap_token", NULL);
    refuse(judged(registering(w, both)), 422, NULL);
    refuse(judged(registering(w, neither)), 422, NULL);
    accept(registering(w, good), 201);
}

CASE("REG-007", .clauses = { "REG-007" }, REGISTERS, .title = "a registration names a Project")
{
    refuse_values(w, "project_id",
                  json_pack("[s, s, s]", "00000000-0000-0000-0000-000000000000", "zz", ""));
}

CASE("REG-008", .clauses = { "REG-008" }, REGISTERS, .title = "a blank token is refused")
{
    refuse_values(w, "bootstrap_token", json_pack("[s, s]", "", "   "));
}

CASE("REG-008-b", .clauses = { "REG-008" }, REGISTERS, .title = "a blank handle is refused")
{
    refuse_values(w, "resource_handle", json_pack("[s, s]", "", " \t"));
}

CASE("REG-008-c", .clauses = { "REG-008" }, REGISTERS, .title = "a blank nonce is refused")
{
    refuse_values(w, "nonce", json_pack("[s, s]", "", "  "));
}

CASE("REG-009", .clauses = { "REG-009" }, REGISTERS,
     .title = "a registration that breaks a rule is refused without a code")
{
    static const char *const members[] = { "project_id", "bootstrap_token", "resource_handle",
                                           "nonce" };
    json_t *good = fresh_registration(w, w->project_id);
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        json_t *bad = json_own(w->arena, json_copy(good));
        with(bad, members[i], json_string(""));
        expect_absent(refuse(judged(registering(w, bad)), 422, NULL), "/code");
    }
    accept(registering(w, good), 201);
}

/* Base64 of `len` bytes that makes + and / (or - and _) appear. */
static json_t *key_of(struct world *w, enum base64_kind kind, unsigned char byte, size_t len)
{
    unsigned char key[64];
    memset(key, byte, sizeof key);
    return json_string(base64_encode(w->arena, kind, key, len));
}

static void refuse_key(struct world *w, const json_t *good, json_t *key)
{
    json_t *bad = json_own(w->arena, json_copy((json_t *)(uintptr_t)good));
    refuse(judged(registering(w, with(bad, "public_key", key))), 400, "public_key_invalid");
}

CASE("REG-010", .clauses = { "REG-010" }, REGISTERS,
     .title = "a public key is base64 of 32 bytes that are not all zero")
{
    json_t *good = fresh_registration(w, w->project_id);
    refuse_key(w, good, key_of(w, BASE64_STANDARD, 0, 32));
    refuse_key(w, good, key_of(w, BASE64_STANDARD, 0xfb, 31));
    refuse_key(w, good, key_of(w, BASE64_STANDARD, 0xfb, 33));
    refuse_key(w, good, key_of(w, BASE64_STANDARD_RAW, 0xfb, 32));
    refuse_key(w, good, key_of(w, BASE64_URL, 0xfb, 32));
    refuse_key(w, good, json_string("not base64 at all, though it has forty-four."));
    refuse_key(w, good, json_string(""));
    accept(registering(w, with(good, "public_key", key_of(w, BASE64_STANDARD, 0xfb, 32))), 201);
}

CASE("REG-011", .clauses = { "REG-011" }, REGISTERS,
     .title = "a body that breaks a rule is refused for that, even when its key is bad as well")
{
    json_t *good = fresh_registration(w, w->project_id);
    json_t *bad = json_own(w->arena, json_copy(good));
    with(bad, "public_key", key_of(w, BASE64_STANDARD, 0, 32));
    refuse(judged(registering(w, bad)), 400, "public_key_invalid");
    refuse(judged(registering(w, with(bad, "nonce", json_string("")))), 422, NULL);
    accept(registering(w, good), 201);
}

CASE("REG-012", .clauses = { "REG-012" }, REGISTERS,
     .title = "a token that came with a bad key still registers a Node")
{
    json_t *good = fresh_registration(w, w->project_id);
    refuse_key(w, good, key_of(w, BASE64_STANDARD, 0, 32));
    expect_text(accept(judged(registering(w, good)), 201), "/node_id");
}

/* ---- the token ---- */

CASE("REG-013", .clauses = { "REG-013" }, REGISTERS,
     .title = "a garbled token and an unknown one are refused alike")
{
    json_t *good = fresh_registration(w, w->project_id);
    const char *token = json_text(good, "bootstrap_token");
    char *unknown = arena_strdup(w->arena, token);
    char *last = unknown + strlen(unknown) - 1;
    *last = *last == 'a' ? 'b' : 'a';
    const char *const bad[] = { unknown,
                                "nonsense",
                                "psb_",
                                path(w, "%sa", token),
                                path(w, "psk%s", token + 3),
                                arena_strndup(w->arena, token, 40) };
    const json_t *first = NULL;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        json_t *body = json_own(w->arena, json_copy(good));
        with(body, "bootstrap_token", json_string(bad[i]));
        struct reply *r = refuse(judged(registering(w, body)), 403, "token_invalid");
        expect(w, !first || json_equal(first, r->json), "two bad tokens are answered differently");
        first = r->json;
    }
    accept(registering(w, good), 201);
}

CASE("REG-014", .clauses = { "REG-014" }, REGISTERS,
     .title = "a bootstrap token registers one node, once")
{
    json_t *good = fresh_registration(w, w->project_id);
    expect_text(accept(judged(registering(w, good)), 201), "/node_id");
    with(good, "nonce", json_string(world_name(w, "nonce")));
    refuse(judged(registering(w, good)), 403, "token_consumed");
    with(good, "resource_handle", json_string(resource_in(w, w->project_id, "vm")));
    refuse(judged(registering(w, good)), 403, "token_consumed");
    with(good, "bootstrap_token", json_string(token_in(w, w->project_id, "node")));
    accept(registering(w, good), 201);
}

enum { RIVALS = 4, RACES = 6 };

static void race(struct world *w)
{
    const char *token = token_in(w, w->project_id, "node");
    struct exchange *xs[RIVALS];
    int won = 0;
    for (int i = 0; i < RIVALS; i++)
        xs[i] = judged(registering(w, registration(w, w->project_id,
                                                   resource_in(w, w->project_id, "vm"), token)));
    send_together(xs, RIVALS);
    for (int i = 0; i < RIVALS; i++)
        if (send_and_judge(xs[i])->status == 201)
            won++;
        else
            refuse(xs[i], 403, "token_consumed");
    expect(w, won == 1, "%d of %d registrations with one token succeeded", won, RIVALS);
}

/* Between a rival's look at the token and its commit lie a few milliseconds: one race may miss
 * them. */
CASE("REG-015", .clauses = { "REG-015" }, REGISTERS,
     .title = "of concurrent registrations with one token one succeeds")
{
    for (int i = 0; i < RACES; i++)
        race(w);
}

CASE("REG-016", .clauses = { "REG-016" }, REGISTERS, .title = "a revoked token is refused")
{
    const json_t *token = token_living(w, w->project_id, 600);
    json_t *body = registration(w, w->project_id, resource_in(w, w->project_id, "vm"),
                                json_text(token, "token"));
    token_revoke(w, w->project_id, json_text(token, "token_id"));
    refuse(judged(registering(w, body)), 403, "token_revoked");
    with(body, "bootstrap_token", json_string(token_in(w, w->project_id, "node")));
    accept(registering(w, body), 201);
}

CASE("REG-016-b", .clauses = { "REG-016" },
     .needs = { "registration", "bootstrap-tokens", "resources", "clock" },
     .flags = CASE_SERIAL | CASE_SLOW, .budget_ms = BUDGET_MS,
     .title = "a token that was revoked and has expired since is refused as revoked")
{
    const json_t *token = token_living(w, w->project_id, 300);
    json_t *body = registration(w, w->project_id, resource_in(w, w->project_id, "vm"),
                                json_text(token, "token"));
    token_revoke(w, w->project_id, json_text(token, "token_id"));
    world_advance(w, 301);
    refuse(judged(registering(w, body)), 403, "token_revoked");
}

CASE("REG-017", .clauses = { "REG-017" },
     .needs = { "registration", "bootstrap-tokens", "resources", "clock" },
     .flags = CASE_SERIAL | CASE_SLOW, .budget_ms = BUDGET_MS,
     .title = "a token past its expiry is refused")
{
    const char *dead = json_text(token_living(w, w->project_id, 300), "token");
    const char *live = json_text(token_living(w, w->project_id, 600), "token");
    json_t *body = registration(w, w->project_id, resource_in(w, w->project_id, "vm"), dead);
    world_advance(w, 300);
    refuse(judged(registering(w, body)), 403, "token_expired");
    accept(registering(w, with(body, "bootstrap_token", json_string(live))), 201);
}

CASE("REG-018", .clauses = { "REG-018" }, REGISTERS,
     .title = "a token registers in its own Project alone")
{
    const char *own = own_project(w), *other = own_project(w);
    json_t *body = fresh_registration(w, own);
    refuse(judged(registering(w, with(body, "project_id", json_string(other)))), 403,
           "project_mismatch");
    accept(registering(w, with(body, "project_id", json_string(own))), 201);
}

CASE("REG-019", .clauses = { "REG-019" }, REGISTERS,
     .title = "a nonce that was consumed in a Project is refused there, and the token stays live")
{
    const char *project = own_project(w), *elsewhere = own_project(w);
    json_t *first = fresh_registration(w, project), *second = fresh_registration(w, project);
    json_t *third = fresh_registration(w, elsewhere);
    json_t *nonce = json_member(first, "nonce");
    with(third, "nonce", json_incref(nonce));
    json_t *again = json_own(w->arena, json_copy(second));
    with(again, "nonce", json_incref(nonce));
    accept(registering(w, first), 201);
    refuse(judged(registering(w, again)), 403, "nonce_collision");
    expect_text(accept(judged(registering(w, second)), 201), "/node_id");
    expect_text(accept(judged(registering(w, third)), 201), "/node_id");
}

CASE("REG-019-b", .clauses = { "REG-019" }, REGISTERS,
     .title = "the nonce of a refused registration is free")
{
    json_t *body = fresh_registration(w, own_project(w));
    json_t *refused = json_own(w->arena, json_copy(body));
    with(refused, "resource_handle", json_string(NO_SUCH_ID));
    refuse(judged(registering(w, refused)), 404, "resource_not_found");
    expect_text(accept(judged(registering(w, body)), 201), "/node_id");
}

/* ---- the Resource ---- */

CASE("REG-020", .clauses = { "REG-020" }, REGISTERS,
     .title = "a handle of no Resource of the Project is not found, and the token stays live")
{
    const char *project = own_project(w);
    json_t *good = fresh_registration(w, project);
    const char *const bad[] = { NO_SUCH_ID, "no-such-machine",
                                resource_in(w, w->project_id, "vm") };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        json_t *body = json_own(w->arena, json_copy(good));
        with(body, "resource_handle", json_string(bad[i]));
        refuse(judged(registering(w, body)), 404, "resource_not_found");
    }
    expect_text(accept(judged(registering(w, good)), 201), "/node_id");
}

static const char *resource_called(struct world *w, const char *project, const char *name)
{
    json_t *body =
        json_pack("{s:s, s:s, s:s}", "origin", "adopted", "kind", "vm", "external_ref", name);
    struct reply *r = accept(post(w, path(w, "/v1/projects/%s/resources", project),
                                  .as = w->platform_manager, .json = body),
                             201);
    return expect_text(r, "/id");
}

CASE("REG-021", .clauses = { "REG-021" }, REGISTERS,
     .title = "a handle is a Resource's id or its external_ref, if one Resource alone has it")
{
    const char *project = own_project(w), *one = world_name(w, "one"), *two = world_name(w, "two");
    resource_called(w, project, one);
    resource_called(w, project, two);
    const char *id = resource_called(w, project, two);
    const char *token = token_in(w, project, "node");
    refuse(judged(registering(w, registration(w, project, two, token))), 404, "resource_not_found");
    expect_text(accept(judged(registering(w, registration(w, project, one, token))), 201),
                "/node_id");
    token = token_in(w, project, "node");
    expect_text(accept(judged(registering(w, registration(w, project, id, token))), 201),
                "/node_id");
}

CASE("REG-022", .clauses = { "REG-022" }, REGISTERS,
     .title = "requested_resource_id decides alone, and is an id")
{
    const char *project = own_project(w), *name = world_name(w, "machine");
    const char *id = resource_called(w, project, name);
    const char *const bad[] = { NO_SUCH_ID, name, "zz" };
    json_t *body = registration(w, project, id, token_in(w, project, "node"));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(judged(registering(w, with(body, "requested_resource_id", json_string(bad[i])))),
               404, "resource_not_found");
    with(body, "resource_handle", json_string("no-such-machine"));
    with(body, "requested_resource_id", json_string(id));
    expect_text(accept(judged(registering(w, body)), 201), "/node_id");
    json_t *empty =
        registration(w, project, resource_in(w, project, "vm"), token_in(w, project, "node"));
    with(empty, "requested_resource_id", json_string(""));
    expect_text(accept(judged(registering(w, empty)), 201), "/node_id");
}

CASE("REG-023", .clauses = { "REG-023" }, REGISTERS,
     .title = "a token of one kind does not register a Resource of the other")
{
    const char *project = own_project(w);
    const char *vm = resource_in(w, project, "vm"), *bridge = resource_in(w, project, "bridge");
    const char *for_node = token_in(w, project, "node"),
               *for_bridge = token_in(w, project, "bridge");
    refuse(judged(registering(w, registration(w, project, vm, for_bridge))), 403, "kind_mismatch");
    refuse(judged(registering(w, registration(w, project, bridge, for_node))), 403,
           "kind_mismatch");
    accept(registering(w, registration(w, project, vm, for_node)), 201);
    accept(registering(w, registration(w, project, bridge, for_bridge)), 201);
}

CASE("REG-024", .clauses = { "REG-024" }, REGISTERS,
     .title = "the 403s of a registration are Problems that speak of no relation")
{
    const char *other = own_project(w);
    json_t *body = fresh_registration(w, w->project_id);
    struct reply *rs[2];
    json_t *astray = json_own(w->arena, json_copy(body));
    rs[0] = refuse(judged(registering(w, with(astray, "project_id", json_string(other)))), 403,
                   "project_mismatch");
    accept(registering(w, body), 201);
    rs[1] = refuse(judged(registering(w, body)), 403, "token_consumed");
    for (size_t i = 0; i < ARRAY_LEN(rs); i++) {
        expect_absent(rs[i], "/reason");
        expect_absent(rs[i], "/relation_path");
    }
}

CASE("REG-025", .clauses = { "REG-025" }, REGISTERS,
     .title = "a bad token hears of itself, whatever else is unknown")
{
    const json_t *token = token_living(w, w->project_id, 600);
    json_t *spent = fresh_registration(w, w->project_id);
    json_t *body = registration(w, NO_SUCH_ID, "no-such-machine", json_text(token, "token"));
    refuse(judged(registering(w, body)), 403, "project_mismatch");
    token_revoke(w, w->project_id, json_text(token, "token_id"));
    refuse(judged(registering(w, body)), 403, "token_revoked");
    accept(registering(w, spent), 201);
    with(spent, "resource_handle", json_string("no-such-machine"));
    refuse(judged(registering(w, spent)), 403, "token_consumed");
    with(body, "bootstrap_token", json_string("nonsense"));
    refuse(judged(registering(w, body)), 403, "token_invalid");
}
