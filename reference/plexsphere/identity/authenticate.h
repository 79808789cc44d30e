/* identity/authenticate.h — from a credential to a caller. Called by STEP_AUTHENTICATE only. */
#ifndef PLEXSPHERE_IDENTITY_AUTHENTICATE_H
#define PLEXSPHERE_IDENTITY_AUTHENTICATE_H

#include "reference/plexsphere/http/request.h"

/* AUTH_OPERATOR*: fills rq->caller or answers 401 unauthenticated. `cookie_allowed` is false for
 * bearer-only rows. */
struct answer authenticate_operator(struct request *rq, bool cookie_allowed);

/* AUTH_NODE: fills rq->node or answers 401 unauthorized / nsk_invalid / nsk_revoked, then 403
 * node_id_mismatch when the path has an {id} that is another Node's (node-surfaces 0.3). Lives in
 * nodes/nsk.c. */
struct answer authenticate_node(struct request *rq);

/* AUTH_NODE_OR_OPERATOR: an operator's token makes rq->caller that operator, an NSK makes it the
 * Node (and fills rq->node); whether it may is left to the relation, so another Node's NSK gets the
 * 403 of the gate. Everything else is 401 unauthenticated. Lives in nodes/nsk.c. */
struct answer authenticate_node_or_operator(struct request *rq);

#endif
