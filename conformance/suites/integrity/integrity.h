/* suites/integrity/integrity.h — violations of a case's own Nodes. Bodies are new references. */
#ifndef SUITES_INTEGRITY_H
#define SUITES_INTEGRITY_H

#include <jansson.h>

#include "harness/judge.h"
#include "harness/world.h"
#include "suites/nodes/nodes.h"

#define VIOLATIONS                                                                                 \
    .needs = { "integrity", "registration", "bootstrap-tokens", "resources" }, .budget_ms = 30000

#define CHECKSUM_A "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define CHECKSUM_B "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
#define FINGERPRINT_A "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8"
#define FINGERPRINT_B "SHA256:uNiVztksCsDhcc0u9e8BrVpTIk0tlvC8DhK2ZBs5Lvo"

/* An entry of that kind that is accepted. */
json_t *entry(const char *kind);
/* A batch of the entries, which are stolen; NULL ends them. */
json_t *batch(json_t *first, ...) __attribute__((sentinel));

const char *violations_path(struct world *w, const char *node);
struct exchange *reporting_of(struct world *w, const struct own_node *n, json_t *body);

/* The Node's violations; `more` is more of the query, "&status=open", or "". */
const char *list_of(struct world *w, const struct own_node *n, const char *more);
struct reply *listed_now(struct world *w, const char *list);
size_t listed_rows(struct world *w, const char *list);
/* The id of a new violation of the Node. */
const char *open_violation(struct world *w, const struct own_node *n);

struct exchange *acknowledging(struct world *w, const struct credential *as, const char *id,
                               json_t *body);
json_t *because(const char *reason);

#endif
