/* suites/audit/audit.h — chains of a case's own, and asking for what is on them. */
#ifndef SUITES_AUDIT_H
#define SUITES_AUDIT_H

#include <jansson.h>

#include "harness/case.h"
#include "harness/judge.h"
#include "harness/world.h"

#define AUDIT_NEEDS "audit", "domains", "projects"

struct chain {
    const char *base;   /* "/v1/domains/<id>/audit" */
    const char *domain; /* NULL: the platform's chain */
    const struct credential *auditor, *manager;
};

/* The chain of a fresh Domain: nobody else writes on it. */
struct chain new_chain(struct world *w);
/* The platform's, which everybody writes on. */
struct chain platform_chain(struct world *w);

/* Makes one entry: `who`, who may not, asks for the Domain; returns the correlation_id. */
const char *deny(struct world *w, const struct chain *c, const struct credential *who);
/* Makes five entries: two grants and both kinds of refusals, with a user agent and without. */
void grow(struct world *w, const struct chain *c);

/* Judged lists; the query may be "". */
struct reply *entries(struct world *w, const struct chain *c, const char *query);
/* The one entry with that correlation_id. */
json_t *entry_of(struct world *w, const struct chain *c, const char *correlation);
/* Judged: how many entries of the chain have it. */
size_t count_of(struct world *w, const struct chain *c, const char *correlation);
/* All entries of a Domain's chain; it must hold fewer than 200. */
json_t *all_entries(struct world *w, const struct chain *c);
int64_t head_of(struct world *w, const struct chain *c);

/* Judged: one entry with its proof. */
struct reply *entry_at(struct world *w, const struct chain *c, int64_t seq);

/* Judged: a verification of the whole chain (bounds 0: not named). */
struct exchange *verify(struct world *w, const struct chain *c, int64_t from, int64_t to);
void expect_clean(struct world *w, const struct chain *c, int64_t from, int64_t to);

struct exchange *erase(struct world *w, const struct chain *c, const char *identity_id);

const char *id_of(const struct credential *who); /* the UUID of an identity_ref */
const char *unused_uuid(struct world *w);

#endif
