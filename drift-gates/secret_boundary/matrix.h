/* drift-gates/secret_boundary/matrix.h — entries of the store, who syncs them, who reads them. */
#ifndef DRIFT_GATES_SECRET_BOUNDARY_MATRIX_H
#define DRIFT_GATES_SECRET_BOUNDARY_MATRIX_H

#include "drift-gates/secret_boundary/boundary.h"

/* The document's text, rotation notes included. */
MUST_CHECK bool matrix_write(struct boundary *b, const char **text, struct error *e);

#endif
