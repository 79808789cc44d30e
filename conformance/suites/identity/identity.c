#include "suites/identity/identity.h"

#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"

const char *identity_id(const struct credential *c)
{
    const char *colon = strchr(c->identity_ref, ':');
    return colon == NULL ? c->identity_ref : colon + 1;
}

const char *unknown_uuid(struct world *w)
{
    struct uuid id = uuid_v7(clock_wall_micros());
    return uuid_text(w->arena, &id);
}

void expect_is(struct reply *whoami, const struct credential *who)
{
    expect_equal(whoami, "/subject", identity_id(who));
}

void expect_live(struct world *w, const char *plaintext, const struct credential *who)
{
    expect_is(accept(judged(get(w, "/v1/auth/whoami", .bearer = plaintext)), 200), who);
}

void expect_dead(struct world *w, const char *plaintext)
{
    refuse(judged(get(w, "/v1/auth/whoami", .bearer = plaintext)), 401, "unauthenticated");
}

json_t *token_body(const struct credential *who, const char *env_prefix, int64_t ttl_seconds)
{
    json_t *body =
        json_pack("{s:s, s:s}", "identity_ref", who->identity_ref, "env_prefix", env_prefix);
    if (ttl_seconds != 0)
        json_object_set_new(body, "ttl_seconds", json_integer(ttl_seconds));
    return body;
}

struct exchange *issue_token(struct world *w, const struct credential *who, int64_t ttl_seconds)
{
    return post(w, "/v1/auth/tokens", .as = who, .json = token_body(who, "dev", ttl_seconds));
}

struct exchange *token_list(struct world *w, const struct credential *who)
{
    return get(w, "/v1/auth/tokens", .as = who);
}

struct exchange *revoke_token(struct world *w, const struct credential *who, const char *id)
{
    return delete_(w, path(w, "/v1/auth/tokens/%s", id), .as = who);
}

struct exchange *rotate_token(struct world *w, const struct credential *who, const char *id)
{
    return post(w, path(w, "/v1/auth/tokens/%s/rotate", id), .as = who);
}

const json_t *listed_token(const struct reply *list, const char *id)
{
    size_t i;
    json_t *summary;
    json_array_foreach (list->json, i, summary) {
        if (text_equal(json_text(summary, "id"), id))
            return summary;
    }
    return NULL;
}

int64_t expect_instant(struct world *w, const json_t *object, const char *member)
{
    int64_t micros = 0;
    const char *text = json_text(object, member);
    expect(w, text != NULL && timestamp_parse(text, &micros), "%s is no RFC 3339 instant", member);
    return micros;
}
