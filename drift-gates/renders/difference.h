/* drift-gates/renders/difference.h — where two JSON values differ. */
#ifndef DRIFT_GATES_DIFFERENCE_H
#define DRIFT_GATES_DIFFERENCE_H

#include <jansson.h>

#include "common/arena.h"

/* The path of the first difference ("spec.template.spec.containers[0].args"), or NULL: there is
 * none. Text members called `but` are taken as equal (NULL: none are). Never a value. */
const char *json_difference(struct arena *a, const json_t *x, const json_t *y, const char *but);

#endif
