#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/timestamp.h"
#include "reference/plexsphere/events/node_events.h"
#include "reference/plexsphere/secrets/name.h"
#include "reference/plexsphere/secrets/secrets.h"
#include "reference/plexsphere/secrets/store.h"

/* ^[a-z][a-z0-9_-]{0,62}$ */
bool secret_name_is_valid(const char *name)
{
    size_t len = strlen(name);
    return len >= 1 && len <= 63 && name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

static enum secret_result result_of(enum secret_outcome outcome)
{
    switch (outcome) {
    case SECRET_OK: return SECRETS_OK;
    case SECRET_UNAVAILABLE: return SECRETS_UNAVAILABLE;
    case SECRET_NO_VERSION:
    case SECRET_FAILED: break;
    }
    return SECRETS_FAILED;
}

/* A live Node, locked, that has a key to seal for. */
static enum secret_result hold_node(struct tx *tx, const struct uuid *node,
                                    struct node_place *place)
{
    bool has_key;
    switch (node_lock(tx, node, place)) {
    case FOUND: break;
    case NOT_FOUND: return SECRETS_NO_NODE;
    case FIND_FAILED: return SECRETS_FAILED;
    }
    if (node_has_nsk(tx, node, &has_key) != SQL_OK)
        return SECRETS_FAILED;
    return has_key ? SECRETS_OK : SECRETS_NO_NSK;
}

/* SEC-015: a secret lies below its Node, which by that knows of it; reading it takes more. */
static enum sql_result make_secret(struct tx *tx, const struct secret_keeper *keeper,
                                   const struct secret_order *order, const struct uuid *project,
                                   int64_t now, struct secret_row *out)
{
    *out = (struct secret_row){ .id = uuid_v7(now) };
    const struct tuple below = { { "secret", out->id }, "parent", { "node", order->node_id } };
    enum sql_result r = secret_make(tx, &out->id, &order->node_id, project, order->name, now);
    return r == SQL_OK ? keeper->relations->write(tx, &below, now) : r;
}

static enum sql_result relate_reader(struct tx *tx, const struct secret_keeper *keeper,
                                     const struct secret_order *order, const struct uuid *secret,
                                     int64_t now)
{
    const struct tuple reader = { { "secret", *secret }, "reader", { "node", order->node_id } };
    return order->readable ? keeper->relations->write(tx, &reader, now)
                           : keeper->relations->remove(tx, &reader);
}

/* SEC-028: names and versions, never a value, plain or sealed. */
static enum sql_result announce(struct tx *tx, const struct uuid *node, const struct uuid *domain,
                                int64_t now)
{
    struct secret_item *items;
    size_t n;
    enum sql_result r = secrets_of_node(tx, node, &items, &n);
    if (r != SQL_OK)
        return r;
    struct node_event event = {
        .type = "node_secrets_updated", .domain_id = *domain, .node = node, .payload = json_object()
    };
    json_t *refs = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(refs, json_pack("{s:s, s:I}", "key", items[i].name, "version",
                                              (json_int_t)items[i].current_version));
    json_object_set_new(event.payload, "node_id", json_string(uuid_text(tx_arena(tx), node)));
    json_object_set_new(event.payload, "secret_refs", refs);
    return node_event_append(tx, &event, now);
}

static enum secret_result write_value(struct tx *tx, const struct secret_keeper *keeper,
                                      const struct secret_order *order, const struct uuid *secret,
                                      int64_t now, int64_t *version)
{
    const struct secret_place place = { *secret, order->node_id };
    return result_of(
        keeper->store->write(tx, keeper->wrap_key, &place, order->value, now, version));
}

enum secret_result secret_put(struct tx *tx, const struct secret_keeper *keeper,
                              const struct secret_order *order, int64_t now, int64_t *version)
{
    struct node_place place;
    struct secret_row row;
    if (!secret_name_is_valid(order->name) || order->value.len > SECRET_VALUE_MAX)
        return SECRETS_INVALID;
    enum secret_result result = hold_node(tx, &order->node_id, &place);
    if (result != SECRETS_OK)
        return result;
    enum found found = secret_by_name(tx, &order->node_id, order->name, &row);
    if (found == FIND_FAILED ||
        (found == NOT_FOUND &&
         make_secret(tx, keeper, order, &place.project_id, now, &row) != SQL_OK))
        return SECRETS_FAILED;
    result = write_value(tx, keeper, order, &row.id, now, version);
    if (result != SECRETS_OK)
        return result;
    return secret_set_version(tx, &row.id, *version, now) == SQL_OK &&
                   relate_reader(tx, keeper, order, &row.id, now) == SQL_OK &&
                   announce(tx, &order->node_id, &place.domain_id, now) == SQL_OK
               ? SECRETS_OK
               : SECRETS_FAILED;
}

enum secret_result secret_promote(struct tx *tx, const struct secret_keeper *keeper,
                                  const struct secret_order *order, int64_t now, int64_t *version)
{
    struct node_place place;
    struct secret_row row;
    if (!secret_name_is_valid(order->name) || order->value.len > SECRET_VALUE_MAX)
        return SECRETS_INVALID;
    enum secret_result result = hold_node(tx, &order->node_id, &place);
    if (result != SECRETS_OK)
        return result;
    switch (secret_by_name(tx, &order->node_id, order->name, &row)) {
    case FOUND: break;
    case NOT_FOUND: return SECRETS_NO_SECRET;
    case FIND_FAILED: return SECRETS_FAILED;
    }
    return write_value(tx, keeper, order, &row.id, now, version);
}

/* SEC-023 to SEC-025: the new key, the old one's end and every re-sealed value, or none of them. */
enum secret_result nsk_rotate(struct tx *tx, const struct secret_keeper *keeper,
                              const struct uuid *node, int64_t now, char **nsk)
{
    struct node_place place;
    enum secret_result result = hold_node(tx, node, &place);
    if (result != SECRETS_OK)
        return result;
    if (nsk_retire(tx, node, now + NSK_OVERLAP) != SQL_OK ||
        nsk_issue(tx, keeper->wrap_key, node, place.mvp ? NSK_PRINTABLE : NSK_BASE64, now, nsk) !=
            SQL_OK)
        return SECRETS_FAILED;
    return result_of(keeper->store->rewrap(tx, keeper->wrap_key, node));
}
