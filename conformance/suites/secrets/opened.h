/* suites/secrets/opened.h — a sealed answer, opened by the judge itself. */
#ifndef SUITES_SECRETS_OPENED_H
#define SUITES_SECRETS_OPENED_H

#include "harness/judge.h"
#include "harness/node_dialect.h"
#include "suites/nodes/nodes.h"

/* What a Node of that dialect is answered; fails the case when it is something else. */
struct node_secret sealed_in(struct world *w, struct reply *r, bool mvp);
/* Its plaintext under the Node's NSK, without associated data; arena text. Fails the case when the
 * key does not open it. */
const char *opened(struct world *w, struct reply *r, const struct own_node *n);
/* Whether that NSK, of the Node's dialect, opens it. */
bool opens(struct world *w, struct reply *r, const struct own_node *n, const char *nsk,
           const char **plain);

#endif
