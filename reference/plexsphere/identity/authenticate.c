#include "reference/plexsphere/identity/authenticate.h"

#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/identity/store.h"
#include "reference/plexsphere/identity/token.h"

/* AUTH-011: a token's last use is kept to the minute, so that a read writes once a minute at
 * most. */
#define TOUCH_EVERY (60 * MICROS_PER_SECOND)

static struct answer unauthenticated(struct request *rq)
{
    return answer_with_header(answer_problem(rq, PROBLEM_UNAUTHENTICATED), "WWW-Authenticate",
                              "Bearer");
}

static void become(struct request *rq, const struct token_holder *h)
{
    rq->caller = (struct caller){
        .kind = text_equal(h->kind, "service-identity") ? CALLER_SERVICE : CALLER_USER,
        .id = h->identity_id,
        .platform_scope = h->platform_scope,
        .domain_id = h->domain_id,
        .email = h->email,
    };
}

/* The mark is a courtesy to people: a request does not fail for it. */
static void note_use(struct request *rq, const struct token_holder *h)
{
    if (h->used_before && h->last_used_at > rq->now - TOUCH_EVERY)
        return;
    if (token_touch(rq->tx, &h->token_id, rq->now) != SQL_OK)
        return;
}

/* AUTH-003, AUTH-004: the Authorization header alone authenticates. A plexsphere_session cookie
 * names a browser session and there are none yet; a token inside that cookie is no credential. */
struct answer authenticate_operator(struct request *rq, bool cookie_allowed)
{
    (void)cookie_allowed;
    const char *token = bearer_of_header(rq->arena, request_header(rq, "Authorization"));
    if (!token || !token_is_shaped(token))
        return unauthenticated(rq);

    unsigned char digest[32];
    struct token_holder holder;
    bool found = false;
    token_digest(token, digest);
    if (token_resolve(rq->tx, digest, rq->now, &holder, &found) != SQL_OK)
        return answer_internal(rq);
    if (!found)
        return unauthenticated(rq);
    become(rq, &holder);
    note_use(rq, &holder);
    return answer_go_on();
}
