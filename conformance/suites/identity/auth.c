/* suites/identity/auth.c — who calls (SPEC AUTH-*). */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "suites/identity/identity.h"

#define SUITE "identity"

static const char WHOAMI[] = "/v1/auth/whoami";

/* A request with exactly this Authorization header and no other credential. */
static struct exchange *whoami_with(struct world *w, const char *authorization)
{
    return judged(get(w, WHOAMI, .headers = { { "Authorization", authorization } }));
}

CASE("AUTH-001", .clauses = { "AUTH-001" }, .needs = { "whoami" },
     .title = "without any credential nobody is served")
{
    refuse(judged(get(w, WHOAMI)), 401, "unauthenticated");
    expect_is(accept(judged(get(w, WHOAMI, .as = w->domain_member)), 200), w->domain_member);
}

CASE("AUTH-002", .clauses = { "AUTH-002" }, .needs = { "whoami", "api-tokens" },
     .title = "a bearer token authenticates as the identity it was issued for")
{
    const struct credential *one = world_credential(w, "none", NULL, NULL);
    const struct credential *other = world_credential(w, "none", NULL, NULL);
    const char *of_one = expect_text(accept(issue_token(w, one, 0), 201), "/plaintext");
    const char *of_other = expect_text(accept(issue_token(w, other, 0), 201), "/plaintext");
    expect_live(w, of_one, one);
    expect_live(w, of_other, other);
}

static struct exchange *with_cookie(struct world *w, const char *bearer, const char *session)
{
    return judged(get(w, WHOAMI, .bearer = bearer,
                      .headers = { { "Cookie", path(w, "plexsphere_session=%s", session) } }));
}

CASE("AUTH-003", .clauses = { "AUTH-003" }, .needs = { "whoami" },
     .title = "a session cookie that names no live session is no principal")
{
    static const char *const dead[] = { "", "none", "0192f0c4-4a1e-7b3c-8d5e-6f708192a3b4" };
    for (size_t i = 0; i < ARRAY_LEN(dead); i++)
        refuse(with_cookie(w, NULL, dead[i]), 401, "unauthenticated");
    expect_is(accept(judged(get(w, WHOAMI, .as = w->domain_member)), 200), w->domain_member);
}

CASE("AUTH-004", .clauses = { "AUTH-004" }, .needs = { "whoami" },
     .title = "a live API token inside the session cookie does not authenticate")
{
    refuse(with_cookie(w, NULL, w->domain_member->token), 401, "unauthenticated");
    expect_is(accept(judged(get(w, WHOAMI, .as = w->domain_member)), 200), w->domain_member);
}

CASE("AUTH-005", .clauses = { "AUTH-005" }, .needs = { "whoami", "api-tokens" },
     .title = "beside a bearer token the session cookie decides nothing")
{
    const struct credential *me = world_credential(w, "none", NULL, NULL);
    const char *mine = me->token, *another = w->domain_admin->token;
    refuse(with_cookie(w, path(w, "%sx", mine), another), 401, "unauthenticated");
    expect_is(accept(with_cookie(w, mine, another), 200), me);
    expect_is(accept(with_cookie(w, mine, "none"), 200), me);
    /* Nor does it bring the cookie's CSRF rules with it. */
    expect_equal(accept(judged(post(w, "/v1/auth/tokens", .as = me,
                                    .json = token_body(me, "dev", 0),
                                    .headers = { { "Cookie", "plexsphere_session=none" } })),
                        201),
                 "/env_prefix", "dev");
}

CASE("AUTH-006", .clauses = { "AUTH-006" }, .needs = { "whoami" },
     .title = "the scheme word is read in any letter case")
{
    static const char *const words[] = { "Bearer", "bearer", "BEARER", "bEaReR" };
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        expect_is(accept(whoami_with(w, path(w, "%s %s", words[i], w->domain_member->token)), 200),
                  w->domain_member);
}

CASE("AUTH-007", .clauses = { "AUTH-007" }, .needs = { "whoami" },
     .title = "another scheme, no token, or more than one word is no credential")
{
    const char *token = w->domain_member->token;
    const char *const bad[] = {
        path(w, "Basic %s", token),
        path(w, "Token %s", token),
        path(w, "Bearer%s", token),
        path(w, "Digest Bearer %s", token),
        path(w, "Bearer %s %s", token, "x"),
        path(w, "Bearer x %s", token),
        path(w, "Bearer %s, x", token),
        path(w, "%s", token),
        "Bearer",
        "Bearer ",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(whoami_with(w, bad[i]), 401, "unauthenticated");
    expect_is(accept(whoami_with(w, path(w, "Bearer %s", token)), 200), w->domain_member);
}

/* Another letter or digit of the same kind, so that the shape stays. */
static char neighbour(char c)
{
    if (c == 'z' || c == 'Z' || c == '9' || c == '7')
        return (char)(c - 1);
    return (char)(c + 1);
}

CASE("AUTH-008", .clauses = { "AUTH-008" }, .needs = { "whoami", "api-tokens" },
     .title = "a token that differs in any one character is no credential")
{
    const struct credential *me = world_credential(w, "none", NULL, NULL);
    const char *good = expect_text(accept(issue_token(w, me, 0), 201), "/plaintext");
    size_t len = strlen(good);
    for (size_t i = 0; i < len; i++) {
        char *bad = arena_strdup(w->arena, good);
        bad[i] = neighbour(bad[i]);
        expect_dead(w, bad);
    }
    expect_dead(w, arena_strndup(w->arena, good, len - 1));
    expect_dead(w, path(w, "%sa", good));
    expect_live(w, good, me);
}

CASE("AUTH-009", .clauses = { "AUTH-009" },
     .needs = { "whoami", "api-tokens", "registration", "domains" },
     .title = "a Node Secret Key is no operator's credential")
{
    const char *nsk = json_text(world_new_node(w, w->project_id), "nsk");
    const char *const targets[] = { WHOAMI, "/v1/auth/tokens", "/v1/domains?limit=1",
                                    path(w, "/v1/domains/%s", w->domain_id) };
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        refuse(judged(get(w, targets[i], .bearer = nsk)), 401, "unauthenticated");
        accept(get(w, targets[i], .as = w->domain_admin), 200);
    }
}

CASE("AUTH-010", .clauses = { "AUTH-010" }, .needs = { "whoami", "api-tokens", "clock" },
     .flags = CASE_SERIAL | CASE_SLOW, .title = "a token ends at its expires_at")
{
    const struct credential *me = world_credential(w, "none", NULL, NULL);
    const char *brief = expect_text(accept(issue_token(w, me, 600), 201), "/plaintext");
    const char *lasting = expect_text(accept(issue_token(w, me, 6000), 201), "/plaintext");
    world_advance(w, 540);
    expect_live(w, brief, me);
    world_advance(w, 60);
    expect_dead(w, brief);
    expect_live(w, lasting, me);
}

static int64_t last_use(struct world *w, const struct credential *me, const char *token_id)
{
    struct reply *list = accept(judged(token_list(w, me)), 200);
    const json_t *summary = listed_token(list, token_id);
    expect(w, summary != NULL, "the token %s is not listed", token_id);
    return expect_instant(w, summary, "last_used_at");
}

CASE("AUTH-011", .clauses = { "AUTH-011" }, .needs = { "whoami", "api-tokens", "clock" },
     .flags = CASE_SERIAL | CASE_SLOW,
     .title = "the mark of the last use moves at most once a minute")
{
    const struct credential *me = world_credential(w, "none", NULL, NULL);
    struct reply *issued = accept(issue_token(w, me, 0), 201);
    const char *id = expect_text(issued, "/id"), *plaintext = expect_text(issued, "/plaintext");
    expect_live(w, plaintext, me);
    int64_t first = last_use(w, me, id);
    world_advance(w, 40);
    expect_live(w, plaintext, me);
    expect(w, last_use(w, me, id) == first, "last_used_at moved after 40 seconds");
    world_advance(w, 40);
    expect_live(w, plaintext, me);
    expect(w, last_use(w, me, id) > first, "last_used_at did not move after 80 seconds");
}

CASE("AUTH-012", .clauses = { "AUTH-012" }, .needs = { "domains", "projects" },
     .title = "who calls is settled before what is asked is looked at")
{
    const struct credential *m = w->platform_manager;
    struct bytes half = BYTES_OF_TEXT("{");
    refuse(judged(get(w, "/v1/domains/zz")), 401, "unauthenticated");
    refuse(judged(get(w, "/v1/domains?limit=0")), 401, "unauthenticated");
    refuse(judged(post(w, "/v1/domains", .raw = half)), 401, "unauthenticated");
    refuse(judged(post(w, "/v1/projects", .raw = half)), 401, "unauthenticated");
    /* The twins: the same faults, with somebody asking. */
    refuse(get(w, "/v1/domains/zz", .as = m), 400, "invalid_domain_id");
    refuse(get(w, "/v1/domains?limit=0", .as = m), 400, "invalid_limit");
    refuse(post(w, "/v1/domains", .as = m, .raw = half), 400, NULL);
    refuse(post(w, "/v1/projects", .as = m, .raw = half), 400, NULL);
}

CASE("AUTH-013", .clauses = { "AUTH-013" }, .needs = { "whoami" },
     .title = "whoami names the identity and what kind of principal it is")
{
    const struct credential *const callers[] = { w->platform_manager, w->domain_admin,
                                                 w->project_operator, w->nobody };
    for (size_t i = 0; i < ARRAY_LEN(callers); i++) {
        struct reply *me = accept(judged(get(w, WHOAMI, .as = callers[i])), 200);
        expect_is(me, callers[i]);
        bool service = text_starts(callers[i]->identity_ref, "service:");
        expect_equal(me, "/principal_type", service ? "service" : "user");
    }
}

CASE("AUTH-014", .clauses = { "AUTH-014" }, .needs = { "whoami" },
     .title = "whoami names the Domain of a principal of Domain scope and none of a platform's")
{
    struct reply *of_domain = accept(judged(get(w, WHOAMI, .as = w->domain_member)), 200);
    expect_equal(of_domain, "/domain_id", w->domain_id);
    expect_equal(of_domain, "/principal_scope", "domain");
    struct reply *foreign = accept(judged(get(w, WHOAMI, .as = w->foreign_admin)), 200);
    expect_equal(foreign, "/domain_id", w->foreign_domain_id);
    struct reply *of_platform = accept(judged(get(w, WHOAMI, .as = w->platform_manager)), 200);
    expect_absent(of_platform, "/domain_id");
    expect_equal(of_platform, "/principal_scope", "platform");
}

static void expect_challenge(struct world *w, struct exchange *x)
{
    struct reply *r = refuse(judged(x), 401, "unauthenticated");
    expect_header(r, "WWW-Authenticate", NULL);
    char *challenge = text_lower(w->arena, reply_header(r, "WWW-Authenticate"));
    expect(w, text_starts(challenge, "bearer"), "the challenge is \"%.80s\", not Bearer",
           challenge);
    expect(w,
           !text_contains(challenge, "insufficient_user_authentication") &&
               !text_contains(challenge, "acr_values"),
           "the challenge asks for a step-up: \"%.120s\"", challenge);
}

CASE("AUTH-016", .clauses = { "AUTH-016" }, .needs = { "whoami", "domains" },
     .title = "a 401 names the Bearer scheme and asks for no step-up")
{
    expect_challenge(w, get(w, WHOAMI));
    expect_challenge(w, get(w, WHOAMI, .bearer = "nonsense"));
    expect_challenge(w, get(w, path(w, "/v1/domains/%s", w->domain_id)));
    struct reply *served = accept(get(w, WHOAMI, .as = w->nobody), 200);
    expect(w, reply_header(served, "WWW-Authenticate") == NULL, "a 200 carries a challenge");
}
