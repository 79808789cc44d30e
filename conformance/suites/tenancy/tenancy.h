/* suites/tenancy/tenancy.h — what the cases of Domains, Projects and Resources repeat.
 *
 * Bodies belong to the case's arena and may be sent any number of times: make() and change() send
 * copies. */
#ifndef SUITES_TENANCY_H
#define SUITES_TENANCY_H

#include <jansson.h>

#include "harness/case.h"
#include "harness/judge.h"
#include "harness/world.h"

#define DOMAINS "/v1/domains"
#define PROJECTS "/v1/projects"
#define NIL_UUID "00000000-0000-0000-0000-000000000000"

/* Bodies that the target must accept; the Domain's pool is a /22 of its own. */
json_t *a_domain(struct world *w);
json_t *a_project(struct world *w, const char *domain_id);
json_t *a_resource(struct world *w);
/* The body with one member changed; `value` is stolen, NULL leaves the member out. */
json_t *but(struct world *w, const json_t *body, const char *member, json_t *value);
json_t *text_but(struct world *w, const json_t *body, const char *member, const char *text);

struct exchange *make(struct world *w, const struct credential *as, const char *where,
                      const json_t *body);
struct exchange *change(struct world *w, const struct credential *as, const char *where,
                        const json_t *body);

/* Set-up: the object as created, by the platform manager. */
json_t *made_domain(struct world *w, const json_t *body);
json_t *made_project(struct world *w, const json_t *body);
const char *domain_path(struct world *w, const json_t *domain);
const char *project_path(struct world *w, const json_t *project);
const char *resource_path(struct world *w, const json_t *resource);
const char *resources_of(struct world *w, const char *project_id);

/* One wrong value of one member, as JSON text; NULL leaves the member out. */
struct wrong {
    const char *member, *value;
};
/* Each of them alone is refused with that status and code; the body without any is accepted with
 * `ok`. A table of wrong values ends with a row without a member. */
struct attempt {
    struct exchange *(*call)(struct world *w, const struct credential *as, const char *where,
                             const json_t *body);
    const struct credential *as;
    const char *where;
    const json_t *body;
    int ok;
};
void refuse_each(struct world *w, const struct attempt *good, const struct wrong *wrong, int status,
                 const char *code);
/* JSON text of `n` letters. */
const char *letters(struct world *w, int n);

/* Block number `index` of that length within an IPv4 block: ("10.0.4.0/22", 24, 1) is
 * "10.0.5.0/24". */
const char *subnet(struct world *w, const char *block, int prefix_len, unsigned index);

/* The object reads as it did: every member equal. */
void expect_unchanged(struct world *w, const char *where, const json_t *before);
/* Every member but `updated_at` and the one named. */
void expect_same_but(struct world *w, const json_t *before, const json_t *after,
                     const char *member);
const char *unknown_id(struct world *w);

/* How many granted entries a chain ("/v1/platform" or "/v1/domains/<id>") holds for that relation
 * whose subject is that identity (NULL: anybody's), from the instant `since` on (NULL: all). The
 * platform's chain is everybody's and long: ask it from the creation of an object of the case. */
size_t chain_entries(struct world *w, const char *chain, const char *relation,
                     const struct credential *subject, const char *since);

#endif
