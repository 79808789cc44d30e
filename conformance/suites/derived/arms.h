/* suites/derived/arms.h — the arms by name; generate.c says which operation gets which. */
#ifndef SUITES_DERIVED_ARMS_H
#define SUITES_DERIVED_ARMS_H

#include "suites/derived/derived.h"

void arm_answers(struct world *w);
void arm_unauthenticated(struct world *w);
void arm_wrong_credential(struct world *w);
void arm_malformed(struct world *w);
void arm_oversized(struct world *w);
void arm_bad_id(struct world *w);
void arm_bad_limit(struct world *w);
void arm_bad_cursor(struct world *w);
void arm_foreign_tenant(struct world *w);
void arm_foreign_node(struct world *w);
void arm_spelling(struct world *w);
void arm_wrong_method(struct world *w);
void arm_unprovisioned(struct world *w);
void arm_order_credential_before_id(struct world *w);
void arm_order_credential_before_body(struct world *w);
void arm_order_id_before_permission(struct world *w);
void arm_order_query_before_permission(struct world *w);
void arm_order_permission_before_body(struct world *w);
void arm_order_permission_before_size(struct world *w);
void arm_order_size_before_decode(struct world *w);
void arm_order_decode_before_permission(struct world *w);

#endif
