/* suites/identity/token_times.c — what the clock does to API tokens (SPEC TOK-*). */
#include "common/json.h"
#include "common/text.h"
#include "suites/identity/identity.h"

#define SUITE "identity"
#define TIMES .needs = { "whoami", "api-tokens", "clock" }, .flags = CASE_SERIAL | CASE_SLOW

CASE("TOK-011-b", .clauses = { "TOK-011" }, TIMES, .title = "an expired token is not listed")
{
    const struct credential *me = world_credential(w, "none", NULL, NULL);
    const char *brief = expect_text(accept(issue_token(w, me, 600), 201), "/id");
    const char *lasting = expect_text(accept(issue_token(w, me, 6000), 201), "/id");
    expect(w, listed_token(accept(judged(token_list(w, me)), 200), brief) != NULL,
           "a live token is not listed");
    world_advance(w, 600);
    struct reply *list = accept(judged(token_list(w, me)), 200);
    expect(w, listed_token(list, brief) == NULL, "an expired token is listed");
    expect(w, listed_token(list, lasting) != NULL, "a live token is not listed");
}

CASE("TOK-016-b", .clauses = { "TOK-016" }, TIMES,
     .title = "the grace after a rotation ends at its deadline, for the old plaintext alone")
{
    const struct credential *me = world_credential(w, "none", NULL, NULL);
    struct reply *issued = accept(issue_token(w, me, 6000), 201);
    const char *old = expect_text(issued, "/plaintext");
    struct reply *rotated = accept(rotate_token(w, me, expect_text(issued, "/id")), 200);
    const char *fresh = expect_text(rotated, "/plaintext");
    int64_t left = expect_instant(w, rotated->json, "rotation_deadline") - world_now(w);
    int64_t seconds = left / 1000000;
    expect(w, seconds > 60, "a grace of %lld seconds is too short to look into",
           (long long)seconds);
    world_advance(w, seconds - 30);
    expect_live(w, old, me);
    world_advance(w, 31);
    expect_dead(w, old);
    expect_live(w, fresh, me);
}

CASE("TOK-022-b", .clauses = { "TOK-022" }, TIMES,
     .title = "an expired token can neither be deleted nor rotated")
{
    const struct credential *me = world_credential(w, "none", NULL, NULL);
    const char *one = expect_text(accept(issue_token(w, me, 600), 201), "/id");
    const char *two = expect_text(accept(issue_token(w, me, 600), 201), "/id");
    const char *lasting = expect_text(accept(issue_token(w, me, 6000), 201), "/id");
    world_advance(w, 600);
    refuse(judged(revoke_token(w, me, one)), 404, NULL);
    refuse(judged(rotate_token(w, me, two)), 404, NULL);
    accept(rotate_token(w, me, lasting), 200);
    accept(revoke_token(w, me, lasting), 204);
}
