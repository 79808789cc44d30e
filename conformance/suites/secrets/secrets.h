/* suites/secrets/secrets.h — secrets of a Node of the case's own, in its dialect. */
#ifndef SUITES_SECRETS_H
#define SUITES_SECRETS_H

#include "suites/common/both.h"
#include "suites/nodes/nodes.h"
#include "suites/registration/registration.h"
#include "suites/secrets/opened.h"

#define SECRETS                                                                                    \
    .needs = { "node-secrets", "registration", "bootstrap-tokens", "resources" },                  \
    .budget_ms = BUDGET_MS

/* The Node has a new version of that secret, which it may read. */
void give_secret(struct world *w, const struct own_node *n, const char *name, const char *value);
/* The Node's request for it; `query` is "" or "?version=1". */
struct exchange *asking_secret(struct world *w, const struct own_node *n, const char *name,
                               const char *query);
/* Judged: it is answered, with this value and this version. */
struct reply *expect_secret(struct world *w, const struct own_node *n, const char *name,
                            const char *query, const char *value, const char *version);

#endif
