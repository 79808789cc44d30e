/* suites/identity/identity.h — what the cases about callers, tokens and rights share. */
#ifndef SUITES_IDENTITY_H
#define SUITES_IDENTITY_H

#include <jansson.h>

#include "harness/case.h"
#include "harness/judge.h"
#include "harness/world.h"

/* The UUID behind the colon of "user:<uuid>". */
const char *identity_id(const struct credential *c);
/* A valid UUID that nobody has. */
const char *unknown_uuid(struct world *w);

/* The answer is the caller's own. */
void expect_is(struct reply *whoami, const struct credential *who);
/* Judged: the plaintext authenticates as `who`; it is answered 401. */
void expect_live(struct world *w, const char *plaintext, const struct credential *who);
void expect_dead(struct world *w, const char *plaintext);

/* The body of an issue request for the caller itself; ttl 0: none is named. */
json_t *token_body(const struct credential *who, const char *env_prefix, int64_t ttl_seconds);
struct exchange *issue_token(struct world *w, const struct credential *who, int64_t ttl_seconds);
struct exchange *token_list(struct world *w, const struct credential *who);
struct exchange *revoke_token(struct world *w, const struct credential *who, const char *id);
struct exchange *rotate_token(struct world *w, const struct credential *who, const char *id);
/* The summary with that id, or NULL. */
const json_t *listed_token(const struct reply *list, const char *id);

/* Microseconds of an RFC 3339 member; the case fails when it is none. */
int64_t expect_instant(struct world *w, const json_t *object, const char *member);

#endif
