/* suites/identity/tokens.c — the caller's own API tokens (SPEC TOK-*). What takes time is in
 * token_times.c. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "suites/identity/identity.h"

#define SUITE "identity"
#define TOKENS .needs = { "whoami", "api-tokens" }

static const char *const environments[] = { "dev", "stage", "prod" };

/* An identity with no token but the one it calls with. */
static const struct credential *newcomer(struct world *w)
{
    return world_credential(w, "none", NULL, NULL);
}

static size_t tokens_of(struct world *w, const struct credential *who)
{
    return json_array_size(accept(judged(token_list(w, who)), 200)->json);
}

static struct exchange *post_token(struct world *w, const struct credential *who, json_t *body)
{
    return post(w, "/v1/auth/tokens", .as = who, .json = body);
}

/* `member` set to `value` (NULL: left out) is refused and makes nothing. Steals `value`. */
static void expect_no_token(struct world *w, const struct credential *me, const char *member,
                            json_t *value)
{
    json_t *body = token_body(me, "dev", 600);
    if (value == NULL)
        json_object_del(body, member);
    else
        json_object_set_new(body, member, value);
    refuse(judged(post_token(w, me, body)), 400, NULL);
}

CASE("TOK-001", .clauses = { "TOK-001" }, TOKENS,
     .title = "issuing gives an id, a plaintext, its environment and its end, and the token works "
              "at once")
{
    const struct credential *me = newcomer(w);
    struct reply *issued = accept(judged(issue_token(w, me, 600)), 201);
    expect_text(issued, "/id");
    expect_equal(issued, "/env_prefix", "dev");
    expect(w, expect_instant(w, issued->json, "expires_at") > world_now(w),
           "it has expired already");
    expect_live(w, expect_text(issued, "/plaintext"), me);
}

CASE("TOK-002", .clauses = { "TOK-002" }, TOKENS, .title = "every plaintext starts with psk_")
{
    const struct credential *me = newcomer(w);
    for (size_t i = 0; i < ARRAY_LEN(environments); i++) {
        struct reply *issued =
            accept(judged(post_token(w, me, token_body(me, environments[i], 0))), 201);
        expect_equal(issued, "/env_prefix", environments[i]);
        expect(w, text_starts(expect_text(issued, "/plaintext"), "psk_"),
               "a plaintext for %s does not start with psk_", environments[i]);
    }
}

/* "psk_dev_" and 32 of a-z, 2-7; NULL when it is not that. */
static const char *secret_part(struct world *w, const char *plaintext, const char *environment)
{
    const char *head = path(w, "psk_%s_", environment);
    const char *tail = plaintext + strlen(head);
    if (!text_starts(plaintext, head) || strlen(tail) != 32 ||
        strspn(tail, "abcdefghijklmnopqrstuvwxyz234567") != 32)
        return NULL;
    return tail;
}

CASE("TOK-003", .clauses = { "TOK-003" }, TOKENS,
     .title = "a plaintext is psk_, the environment and 160 random bits in base32")
{
    enum { MANY = 16 };
    const struct credential *me = newcomer(w);
    const char *tails[MANY];
    for (size_t i = 0; i < MANY; i++) {
        const char *environment = environments[i % 3];
        struct reply *issued =
            accept(judged(post_token(w, me, token_body(me, environment, 0))), 201);
        tails[i] = secret_part(w, expect_text(issued, "/plaintext"), environment);
        expect(w, tails[i] != NULL, "a plaintext for %s has another shape", environment);
    }
    /* 16 draws from 32 letters show at most three different ones once in 10^12 times: no place is
     * fixed. */
    for (size_t at = 0; at < 32; at++) {
        char seen[MANY + 1] = "";
        for (size_t i = 0; i < MANY; i++)
            if (strchr(seen, tails[i][at]) == NULL)
                seen[strlen(seen)] = tails[i][at];
        expect(w, strlen(seen) > 3, "place %zu of the secret is hardly random", at);
    }
}

static void expect_not_in(struct world *w, const struct reply *r, const char *secret)
{
    expect(w, memmem(r->body.data, r->body.len, secret, strlen(secret)) == NULL,
           "%s tells a plaintext", r->operation);
}

CASE("TOK-004", .clauses = { "TOK-004" }, TOKENS,
     .title = "a plaintext stands in the answer that made it and in no list")
{
    const struct credential *me = newcomer(w);
    struct reply *issued = accept(judged(issue_token(w, me, 600)), 201);
    const char *first = expect_text(issued, "/plaintext"), *id = expect_text(issued, "/id");
    expect_not_in(w, accept(judged(token_list(w, me)), 200), first);
    struct reply *rotated = accept(judged(rotate_token(w, me, id)), 200);
    const char *second = expect_text(rotated, "/plaintext");
    expect_not_in(w, rotated, first);
    struct reply *list = accept(judged(token_list(w, me)), 200);
    expect(w, listed_token(list, id) != NULL, "the token is not listed");
    expect_not_in(w, list, first);
    expect_not_in(w, list, second);
    expect_not_in(w, accept(judged(get(w, "/v1/auth/whoami", .bearer = second)), 200), second);
}

CASE("TOK-004-b", .clauses = { "TOK-004" }, .needs = { "whoami", "api-tokens", "audit", "domains" },
     .title = "what is done with a token is audited without its plaintext")
{
    const struct credential *me = newcomer(w);
    const char *plaintext = expect_text(accept(issue_token(w, me, 600), 201), "/plaintext");
    struct reply *denied =
        refuse_permission(get(w, path(w, "/v1/domains/%s", w->domain_id), .bearer = plaintext),
                          NULL);
    const char *correlation = expect_text(denied, "/correlation_id");
    struct reply *rows = accept(judged(get(w,
                                           path(w, "/v1/domains/%s/audit/entries?correlation_id=%s",
                                                w->domain_id, correlation),
                                           .as = w->domain_auditor)),
                                200);
    expect_equal(rows, "/items/0/correlation_id", correlation);
    expect_not_in(w, rows, plaintext);
    struct reply *proof =
        accept(judged(get(w,
                          path(w, "/v1/domains/%s/audit/entries/%lld", w->domain_id,
                               (long long)expect_int(rows, "/items/0/seq")),
                          .as = w->domain_auditor)),
               200);
    expect_equal(proof, "/entry/correlation_id", correlation);
    expect_not_in(w, proof, plaintext);
}

CASE("TOK-005", .clauses = { "TOK-005" }, TOKENS,
     .title = "an environment other than dev, stage and prod makes no token")
{
    static const char *const bad[] = { "qa", "", "DEV", "dev ", "production", "ops" };
    const struct credential *me = newcomer(w);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        expect_no_token(w, me, "env_prefix", json_string(bad[i]));
    expect_no_token(w, me, "env_prefix", json_integer(1));
    expect_no_token(w, me, "env_prefix", NULL);
    expect(w, tokens_of(w, me) == 1, "a refused request left a token");
    for (size_t i = 0; i < ARRAY_LEN(environments); i++)
        accept(post_token(w, me, token_body(me, environments[i], 600)), 201);
    expect(w, tokens_of(w, me) == 4, "three more tokens are not listed");
}

/* How long a token issued with this ttl lives, by its own summary. */
static int64_t lifetime(struct world *w, const struct credential *me, int64_t ttl)
{
    struct reply *issued = accept(judged(issue_token(w, me, ttl)), 201);
    struct reply *list = accept(judged(token_list(w, me)), 200);
    const json_t *summary = listed_token(list, expect_text(issued, "/id"));
    expect(w, summary != NULL, "the token is not listed");
    int64_t end = expect_instant(w, summary, "expires_at");
    expect(w, end == expect_instant(w, issued->json, "expires_at"),
           "the list names another end than the issue did");
    return end - expect_instant(w, summary, "created_at");
}

/* A server may round to the second. */
static void expect_lifetime(struct world *w, const struct credential *me, int64_t ttl,
                            int64_t seconds)
{
    int64_t off = lifetime(w, me, ttl) - seconds * MICROS_PER_SECOND;
    expect(w, off > -MICROS_PER_SECOND && off < MICROS_PER_SECOND,
           "the token lives %lld microseconds more than %lld seconds", (long long)off,
           (long long)seconds);
}

CASE("TOK-006", .clauses = { "TOK-006" }, TOKENS,
     .title = "a token issued without a ttl lives 90 days")
{
    expect_lifetime(w, newcomer(w), 0, INT64_C(90) * 24 * 3600);
}

CASE("TOK-007", .clauses = { "TOK-007" }, TOKENS,
     .title = "a ttl is from one second to 365 days, and the token ends by it")
{
    static const json_int_t bad[] = { 0, -1, 31536001, 9007199254740993 };
    const struct credential *me = newcomer(w);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        expect_no_token(w, me, "ttl_seconds", json_integer(bad[i]));
    expect_no_token(w, me, "ttl_seconds", json_string("600"));
    expect_no_token(w, me, "ttl_seconds", json_real(1.5));
    expect(w, tokens_of(w, me) == 1, "a refused request left a token");
    expect_equal(accept(judged(issue_token(w, me, 1)), 201), "/env_prefix", "dev");
    expect_lifetime(w, me, 31536000, 31536000);
    expect_lifetime(w, me, 600, 600);
}

CASE("TOK-008", .clauses = { "TOK-008" }, TOKENS,
     .title = "an identity_ref is user:<uuid> or service:<uuid>")
{
    const struct credential *me = newcomer(w);
    const char *id = identity_id(me);
    const char *const bad[] = { "",
                                id,
                                "user:",
                                "user:zz",
                                path(w, "User:%s", id),
                                path(w, "group:%s", id),
                                path(w, "service-identity:%s", id),
                                path(w, "user:%s ", id),
                                path(w, "user:user:%s", id) };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        expect_no_token(w, me, "identity_ref", json_string(bad[i]));
    expect_no_token(w, me, "identity_ref", json_integer(7));
    expect_no_token(w, me, "identity_ref", NULL);
    expect(w, tokens_of(w, me) == 1, "a refused request left a token");
    accept(issue_token(w, me, 600), 201);
    expect(w, tokens_of(w, me) == 2, "the token is not listed");
}

CASE("TOK-009", .clauses = { "TOK-009" }, TOKENS,
     .title = "nobody issues a token for another identity, whether or not it exists")
{
    const struct credential *me = newcomer(w), *other = newcomer(w);
    struct credential ghost = { .identity_ref = path(w, "user:%s", unknown_uuid(w)) };
    struct reply *real =
        refuse_permission(judged(post_token(w, me, token_body(other, "dev", 600))), "out_of_scope");
    struct reply *none =
        refuse_permission(judged(post_token(w, me, token_body(&ghost, "dev", 600))),
                          "out_of_scope");
    expect_equal(none, "/detail", expect_text(real, "/detail"));
    refuse_permission(judged(post_token(w, w->platform_manager, token_body(other, "dev", 600))),
                      "out_of_scope");
    expect(w, tokens_of(w, me) == 1 && tokens_of(w, other) == 1, "a refused request left a token");
    accept(issue_token(w, me, 600), 201);
}

CASE("TOK-010", .clauses = { "TOK-010" }, TOKENS,
     .title = "the list holds the caller's own tokens and nobody else's")
{
    const struct credential *me = newcomer(w), *other = newcomer(w);
    const char *mine = expect_text(accept(issue_token(w, me, 600), 201), "/id");
    const char *theirs = expect_text(accept(issue_token(w, other, 600), 201), "/id");
    struct reply *list = accept(judged(token_list(w, me)), 200);
    expect(w, json_array_size(list->json) == 2, "two tokens are expected, %zu are listed",
           json_array_size(list->json));
    expect(w, listed_token(list, mine) != NULL, "the caller's own token is not listed");
    expect(w, listed_token(list, theirs) == NULL, "somebody else's token is listed");
    list = accept(judged(token_list(w, other)), 200);
    expect(w, listed_token(list, theirs) != NULL && listed_token(list, mine) == NULL,
           "the other's list is not the other's");
    for (size_t i = 0; i < json_array_size(list->json); i++)
        expect_absent(list, path(w, "/%zu/plaintext", i));
}

CASE("TOK-011", .clauses = { "TOK-011" }, TOKENS, .title = "a revoked token is not listed")
{
    const struct credential *me = newcomer(w);
    const char *gone = expect_text(accept(issue_token(w, me, 600), 201), "/id");
    const char *kept = expect_text(accept(issue_token(w, me, 600), 201), "/id");
    expect(w, listed_token(accept(judged(token_list(w, me)), 200), gone) != NULL,
           "a live token is not listed");
    accept(revoke_token(w, me, gone), 204);
    struct reply *list = accept(judged(token_list(w, me)), 200);
    expect(w, listed_token(list, gone) == NULL, "a revoked token is listed");
    expect(w, listed_token(list, kept) != NULL, "the other token is not listed any more");
}

/* Both 404s say the same but for the path. */
static void expect_same_refusal(struct reply *one, struct reply *other)
{
    static const char *const members[] = { "/type", "/title", "/detail" };
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        expect_equal(one, members[i], expect_text(other, members[i]));
}

CASE("TOK-012", .clauses = { "TOK-012" }, TOKENS,
     .title = "somebody else's token is as good as none: 404, and it goes on working")
{
    const struct credential *me = newcomer(w), *owner = newcomer(w);
    struct reply *issued = accept(issue_token(w, owner, 600), 201);
    const char *id = expect_text(issued, "/id"), *plaintext = expect_text(issued, "/plaintext");
    expect_same_refusal(refuse(judged(revoke_token(w, me, id)), 404, NULL),
                        refuse(judged(revoke_token(w, me, unknown_uuid(w))), 404, NULL));
    expect_same_refusal(refuse(judged(rotate_token(w, me, id)), 404, NULL),
                        refuse(judged(rotate_token(w, me, unknown_uuid(w))), 404, NULL));
    refuse(judged(revoke_token(w, w->platform_manager, id)), 404, NULL);
    expect_live(w, plaintext, owner);
    accept(rotate_token(w, owner, id), 200);
    accept(revoke_token(w, owner, id), 204);
}

CASE("TOK-013", .clauses = { "TOK-013" }, TOKENS,
     .title = "an id that is no UUID or the nil UUID is a token that does not exist")
{
    static const char *const bad[] = { "zz", "00000000-0000-0000-0000-000000000000",
                                       "%7b0192f0c4-4a1e-7b3c-8d5e-6f708192a3b4%7d" };
    const struct credential *me = newcomer(w);
    const char *id = expect_text(accept(issue_token(w, me, 600), 201), "/id");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        refuse(judged(revoke_token(w, me, bad[i])), 404, NULL);
        refuse(judged(rotate_token(w, me, bad[i])), 404, NULL);
    }
    accept(rotate_token(w, me, id), 200);
    accept(revoke_token(w, me, id), 204);
}

CASE("TOK-014", .clauses = { "TOK-014" }, TOKENS,
     .title = "a deleted token is refused on the very next request")
{
    const struct credential *me = newcomer(w);
    struct reply *issued = accept(issue_token(w, me, 600), 201);
    const char *plaintext = expect_text(issued, "/plaintext");
    expect_live(w, plaintext, me);
    accept(judged(revoke_token(w, me, expect_text(issued, "/id"))), 204);
    expect_dead(w, plaintext);
    expect_live(w, me->token, me);
}

CASE("TOK-014-b", .clauses = { "TOK-014" }, TOKENS,
     .title = "a token may delete itself, and is dead then")
{
    const struct credential *me = newcomer(w);
    struct reply *issued = accept(issue_token(w, me, 600), 201);
    const char *plaintext = expect_text(issued, "/plaintext");
    accept(judged(delete_(w, path(w, "/v1/auth/tokens/%s", expect_text(issued, "/id")),
                          .bearer = plaintext)),
           204);
    expect_dead(w, plaintext);
}

CASE("TOK-015", .clauses = { "TOK-015" }, TOKENS,
     .title = "a rotation keeps the id and gives a new plaintext that works at once")
{
    const struct credential *me = newcomer(w);
    struct reply *issued = accept(issue_token(w, me, 600), 201);
    const char *id = expect_text(issued, "/id");
    struct reply *rotated = accept(judged(rotate_token(w, me, id)), 200);
    const char *fresh = expect_text(rotated, "/plaintext");
    expect_equal(rotated, "/id", id);
    expect_equal(rotated, "/env_prefix", expect_text(issued, "/env_prefix"));
    expect(w, !text_equal(fresh, expect_text(issued, "/plaintext")),
           "the plaintext is the old one");
    expect_live(w, fresh, me);
    expect(w, tokens_of(w, me) == 2, "a rotation made another token");
}

CASE("TOK-016", .clauses = { "TOK-016" }, TOKENS,
     .title = "after a rotation the plaintext before it goes on for its grace")
{
    const struct credential *me = newcomer(w);
    struct reply *issued = accept(issue_token(w, me, 6000), 201);
    const char *old = expect_text(issued, "/plaintext");
    struct reply *rotated = accept(rotate_token(w, me, expect_text(issued, "/id")), 200);
    expect(w, expect_instant(w, rotated->json, "rotation_deadline") > world_now(w),
           "the deadline is over already");
    expect_live(w, old, me);
    expect_live(w, expect_text(rotated, "/plaintext"), me);
}

/* The rotation of a token issued with `ttl`, its deadline and when it was. */
static struct reply *rotated_with(struct world *w, int64_t ttl, int64_t *deadline,
                                  int64_t *rotated_at)
{
    const struct credential *me = newcomer(w);
    const char *id = expect_text(accept(issue_token(w, me, ttl), 201), "/id");
    struct reply *rotated = accept(judged(rotate_token(w, me, id)), 200);
    struct reply *list = accept(judged(token_list(w, me)), 200);
    const json_t *summary = listed_token(list, id);
    expect(w, summary != NULL, "the rotated token is not listed");
    *deadline = expect_instant(w, rotated->json, "rotation_deadline");
    *rotated_at = expect_instant(w, summary, "rotated_at");
    return rotated;
}

CASE("TOK-017", .clauses = { "TOK-017" }, TOKENS,
     .title = "the grace is 15 minutes, or what is left of the token")
{
    int64_t deadline, at;
    rotated_with(w, 6000, &deadline, &at);
    int64_t grace = deadline - at, quarter = 900 * MICROS_PER_SECOND;
    expect(w, grace > quarter - MICROS_PER_SECOND && grace <= quarter,
           "the deadline lies %lld microseconds ahead", (long long)grace);
    struct reply *brief = rotated_with(w, 300, &deadline, &at);
    int64_t left = expect_instant(w, brief->json, "expires_at") - deadline;
    expect(w, left >= 0 && left < MICROS_PER_SECOND,
           "the deadline lies %lld microseconds before the token's end", (long long)left);
}

CASE("TOK-018", .clauses = { "TOK-018" }, TOKENS,
     .title = "Sunset says as an HTTP date what rotation_deadline says")
{
    int64_t deadline, at;
    struct reply *rotated = rotated_with(w, 6000, &deadline, &at);
    expect(w, deadline % MICROS_PER_SECOND == 0,
           "rotation_deadline has a fraction that no HTTP date can name");
    expect_header(rotated, "Sunset", timestamp_format_http(w->arena, deadline));
}

CASE("TOK-019", .clauses = { "TOK-019" }, TOKENS, .title = "an issued token has no Sunset")
{
    const struct credential *me = newcomer(w);
    struct reply *issued = accept(judged(issue_token(w, me, 600)), 201);
    expect(w, reply_header(issued, "Sunset") == NULL, "the issue answer carries Sunset");
    expect_absent(issued, "/rotation_deadline");
    /* The twin: a rotation of it has one. */
    expect_header(accept(rotate_token(w, me, expect_text(issued, "/id")), 200), "Sunset", NULL);
}

CASE("TOK-020", .clauses = { "TOK-020" }, TOKENS,
     .title = "a second rotation ends the grace of the plaintext before the last")
{
    const struct credential *me = newcomer(w);
    struct reply *issued = accept(issue_token(w, me, 6000), 201);
    const char *id = expect_text(issued, "/id"), *first = expect_text(issued, "/plaintext");
    const char *second = expect_text(accept(rotate_token(w, me, id), 200), "/plaintext");
    expect_live(w, first, me);
    const char *third = expect_text(accept(judged(rotate_token(w, me, id)), 200), "/plaintext");
    expect_dead(w, first);
    expect_live(w, second, me);
    expect_live(w, third, me);
}

CASE("TOK-021", .clauses = { "TOK-021" }, TOKENS,
     .title = "deleting a token ends its retiring plaintext too")
{
    const struct credential *me = newcomer(w);
    struct reply *issued = accept(issue_token(w, me, 6000), 201);
    const char *id = expect_text(issued, "/id"), *old = expect_text(issued, "/plaintext");
    const char *fresh = expect_text(accept(rotate_token(w, me, id), 200), "/plaintext");
    expect_live(w, old, me);
    accept(revoke_token(w, me, id), 204);
    expect_dead(w, old);
    expect_dead(w, fresh);
}

CASE("TOK-022", .clauses = { "TOK-022" }, TOKENS,
     .title = "a revoked token can neither be deleted nor rotated again")
{
    const struct credential *me = newcomer(w);
    const char *id = expect_text(accept(issue_token(w, me, 600), 201), "/id");
    accept(rotate_token(w, me, id), 200);
    accept(revoke_token(w, me, id), 204);
    refuse(judged(revoke_token(w, me, id)), 404, NULL);
    refuse(judged(rotate_token(w, me, id)), 404, NULL);
}

CASE("TOK-023", .clauses = { "TOK-023" }, TOKENS,
     .title = "only a token that was rotated says when")
{
    const struct credential *me = newcomer(w);
    const char *id = expect_text(accept(issue_token(w, me, 600), 201), "/id");
    const char *other = expect_text(accept(issue_token(w, me, 600), 201), "/id");
    const json_t *before = listed_token(accept(judged(token_list(w, me)), 200), id);
    expect(w, before != NULL && json_member(before, "rotated_at") == NULL,
           "a token that was never rotated says when");
    accept(rotate_token(w, me, id), 200);
    struct reply *list = accept(judged(token_list(w, me)), 200);
    const json_t *after = listed_token(list, id);
    expect(w, after != NULL, "the rotated token is not listed");
    expect(w, expect_instant(w, after, "rotated_at") >= expect_instant(w, after, "created_at"),
           "it was rotated before it was made");
    expect(w, json_member(listed_token(list, other), "rotated_at") == NULL,
           "the other token says that it was rotated");
}

CASE("TOK-024", .clauses = { "TOK-024" }, TOKENS, .title = "a rotation does not move a token's end")
{
    const struct credential *me = newcomer(w);
    struct reply *issued = accept(issue_token(w, me, 6000), 201);
    const char *id = expect_text(issued, "/id");
    int64_t end = expect_instant(w, issued->json, "expires_at");
    struct reply *rotated = accept(judged(rotate_token(w, me, id)), 200);
    expect(w, expect_instant(w, rotated->json, "expires_at") == end,
           "the answer names another end");
    const json_t *summary = listed_token(accept(judged(token_list(w, me)), 200), id);
    expect(w, summary != NULL && expect_instant(w, summary, "expires_at") == end,
           "the list names another end");
}
