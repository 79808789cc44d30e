/* control/input.h — what commands read from standard input. */
#ifndef PLEXSPHERE_CONTROL_INPUT_H
#define PLEXSPHERE_CONTROL_INPUT_H

#include <jansson.h>

#include "common/error.h"

struct arena;

/* All of standard input as one JSON object, at most 64 KiB. */
MUST_CHECK bool input_object(struct arena *a, json_t **out, struct error *e);

#endif
