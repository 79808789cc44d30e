/* drift-gates/secret_boundary/rules_data.h — what the gate knows as data: drift-gates/
 * secret_boundary.rules.json, inside the program. */
#ifndef DRIFT_GATES_SECRET_BOUNDARY_RULES_DATA_H
#define DRIFT_GATES_SECRET_BOUNDARY_RULES_DATA_H

#include <jansson.h>

#include "common/base.h"
#include "common/error.h"

struct arena;

/* Read once for an arena. False: the file is broken, which only a developer sees. */
MUST_CHECK bool boundary_data(struct arena *a, const json_t **out, struct error *e);

/* Is `text` one of the texts of member `list`? */
bool data_has(const json_t *data, const char *list, const char *text);
/* Does a pattern of member `list` match `text`? */
bool data_glob(const json_t *data, const char *list, const char *text);
/* Is a text of member `list` part of `text`, in either case? */
bool data_within(struct arena *a, const json_t *data, const char *list, const char *text);

#endif
