/* drift-gates/secret_boundary/shapes.h — the shapes of values that are credentials whatever their
 * key is called. Each is one question about the value; credential_shape() asks them in turn. */
#ifndef DRIFT_GATES_SECRET_BOUNDARY_SHAPES_H
#define DRIFT_GATES_SECRET_BOUNDARY_SHAPES_H

#include "drift-gates/secret_boundary/classify.h"

bool shape_url_userinfo(struct arena *a, const json_t *data, const char *value);
bool shape_conninfo(struct arena *a, const json_t *data, const char *value);
bool shape_pem_private(struct arena *a, const char *value);
bool shape_token(struct arena *a, const json_t *data, const char *value);
bool shape_auth_header(struct arena *a, const json_t *data, const char *value);
bool shape_embedded(const char *value);
bool shape_entropy(const char *value);

#endif
