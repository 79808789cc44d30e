/* suites/registration/registration.h — set-up that cases of bootstrap tokens, registrations and
 * Nodes repeat.
 *
 * Ids and texts live as long as the case. Bodies are new references, to be given to post(…, .json =
 * …). */
#ifndef SUITES_REGISTRATION_H
#define SUITES_REGISTRATION_H

#include <jansson.h>

#include "harness/judge.h"
#include "harness/world.h"

/* Each token costs its issue and each registration a slow hash (ruling 12), on a machine that may
 * be busy. */
#define BUDGET_MS 30000

#define NO_SUCH_ID "0188d0e0-0000-7000-8000-0000000000ff"

/* Sets or, with NULL, removes one member, and returns the body: with(body, "nonce",
 * json_string("")). */
json_t *with(json_t *body, const char *member, json_t *value);

/* ---- bootstrap tokens ---- */

const char *tokens_path(struct world *w, const char *project);
const char *token_path(struct world *w, const char *project, const char *token_id);
/* {kind node, env_prefix dev, ttl_seconds 600}. */
json_t *token_order(void);
/* A set-up request: the answer of an issue with that life. */
json_t *token_living(struct world *w, const char *project, int ttl_seconds);
void token_revoke(struct world *w, const char *project, const char *token_id);
/* The metadata as it stands, judged. */
struct reply *token_now(struct world *w, const char *project, const char *token_id);

/* ---- registrations ---- */

/* A Project of this case's own in the world's Domain, or in that one. */
const char *own_project(struct world *w);
const char *own_project_in(struct world *w, const char *domain);
/* A Domain of this case's own with 2^(32 - prefix_len) addresses. */
const char *own_domain(struct world *w, int prefix_len);
/* A Project with a sub-range of its own in a Domain of its own. */
const char *project_with_subrange(struct world *w, const char *domain, const char *sub_range);
const char *resource_in(struct world *w, const char *project, const char *kind);
const char *token_in(struct world *w, const char *project, const char *kind);
const char *random_key(struct world *w); /* base64 of 32 bytes */

/* What registers a Node: fresh nonce and key. */
json_t *registration(struct world *w, const char *project, const char *handle, const char *token);
/* The same on a fresh Resource with a fresh token. */
json_t *fresh_registration(struct world *w, const char *project);
/* Sends a copy of the body: the case goes on using it. */
struct exchange *registering(struct world *w, json_t *body);

/* ---- addresses, read by hand: IPv4 only ---- */

struct block {
    uint32_t first, last; /* host order */
};
/* Fails the case unless the text is canonical: dotted decimals, no leading zero, no bits behind the
 * prefix. */
uint32_t address_of(struct world *w, const char *text);
struct block block_of(struct world *w, const char *cidr);
char *block_text(struct world *w, uint32_t first, int prefix_len);

#endif
