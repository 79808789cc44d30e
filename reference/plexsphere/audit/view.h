/* audit/view.h — an entry as the API shows it. Only files of this folder include it. */
#ifndef PLEXSPHERE_AUDIT_VIEW_H
#define PLEXSPHERE_AUDIT_VIEW_H

#include <jansson.h>

#include "reference/plexsphere/audit/store.h"

struct arena;

/* The caller owns the results (answer_json takes them). NULL: the stored row cannot be read as
 * an entry. */
json_t *audit_entry_json(struct arena *a, const struct audit_view *v);
json_t *audit_proof_json(struct arena *a, const struct audit_view *v);

/* One of the closed set of reasons (operations-surfaces 3.5)? */
bool audit_reason_known(const char *reason);

#endif
