/* control/given_node.h — states of Nodes and their secrets, and what all states share. */
#ifndef PLEXSPHERE_CONTROL_GIVEN_NODE_H
#define PLEXSPHERE_CONTROL_GIVEN_NODE_H

#include <jansson.h>

#include "common/error.h"
#include "common/uuid.h"
#include "reference/plexsphere/app.h"
#include "reference/plexsphere/store/db.h"

struct given {
    const struct app *app;
    struct arena *arena;
    struct tx *tx; /* writing */
    int64_t now;
    const json_t *input;
};

MUST_CHECK bool given_only(const struct given *g, const char *const *known, struct error *e);
MUST_CHECK bool given_id(const struct given *g, const char *key, struct uuid *out, struct error *e);

bool given_node_metadata(const struct given *g, json_t **out, struct error *e);
bool given_node_data(const struct given *g, json_t **out, struct error *e);
bool given_node_secret(const struct given *g, json_t **out, struct error *e);
bool given_promoted_secret(const struct given *g, json_t **out, struct error *e);
bool given_sealed_secrets(const struct given *g, json_t **out, struct error *e);
bool given_rotated_nsk(const struct given *g, json_t **out, struct error *e);

#endif
