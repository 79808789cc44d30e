#include "reference/plexsphere/capabilities/service.h"

#include "reference/plexsphere/authz/visible.h"
#include "reference/plexsphere/events/outbox.h"

static json_t *fields_array(const struct capabilities_change *change)
{
    json_t *fields = json_array();
    for (size_t i = 0; i < change->n_fields; i++)
        json_array_append_new(fields, json_string(change->fields[i]));
    return fields;
}

static void name_changes(const bool differs[CAPABILITY_FIELDS], struct capabilities_change *out)
{
    static const char *const names[CAPABILITY_FIELDS] = {
        [FIELD_BINARY_CHECKSUM] = "binary_checksum",
        [FIELD_BINARY_VERSION] = "binary_version",
        [FIELD_DECLARED_HOOKS] = "declared_hooks",
        [FIELD_PLEXD_HOOKS] = "plexd_hooks",
        [FIELD_SSH_HOST_KEY_FINGERPRINT] = "ssh_host_key_fingerprint",
    };
    *out = (struct capabilities_change){ .host_key = differs[FIELD_SSH_HOST_KEY_FINGERPRINT] };
    for (int i = 0; i < CAPABILITY_FIELDS; i++)
        if (differs[i])
            out->fields[out->n_fields++] = names[i];
}

/* CAP-017: no event without a change. */
static enum sql_result announce(struct request *rq, const struct capabilities_change *change)
{
    if (change->n_fields == 0)
        return SQL_OK;
    json_t *payload = json_object();
    json_object_set_new(payload, "node_id", json_string(uuid_text(rq->arena, &rq->node.node_id)));
    json_object_set_new(payload, "fields_changed", fields_array(change));
    json_object_set_new(payload, "host_key_changed", json_boolean(change->host_key));
    return outbox_append(rq->tx, "NodeCapabilitiesUpdated", &rq->node.domain_id, &rq->node.node_id,
                         rq->now, payload);
}

enum capabilities_result capabilities_replace(struct request *rq, const struct manifest *m,
                                              struct capabilities_change *out)
{
    const struct uuid *node = &rq->node.node_id;
    bool differs[CAPABILITY_FIELDS];
    switch (capabilities_hold_node(rq->tx, node)) {
    case FOUND: break;
    case NOT_FOUND: return CAPABILITIES_NODE_GONE;
    case FIND_FAILED: return CAPABILITIES_FAILED;
    }
    if (capabilities_differences(rq->tx, node, m, differs) != SQL_OK ||
        capabilities_store(rq->tx, node, m, rq->now) != SQL_OK)
        return CAPABILITIES_FAILED;
    if (differs[FIELD_PLEXD_HOOKS] && discovered_hooks_replace(rq->tx, node, m) != SQL_OK)
        return CAPABILITIES_FAILED;
    name_changes(differs, out);
    return announce(rq, out) == SQL_OK ? CAPABILITIES_OK : CAPABILITIES_FAILED;
}

enum capabilities_result capabilities_list(struct request *rq, const struct capability_filter *f,
                                           const struct uuid *after, struct capability_page *out)
{
    size_t n;
    *out = (struct capability_page){ .more = false };
    if (capability_window(rq->tx, f, after, rq->page.limit + 1, &out->items, &n) != SQL_OK)
        return CAPABILITIES_FAILED;
    out->more = n > (size_t)rq->page.limit;
    n -= out->more;
    if (out->more)
        out->last = out->items[n - 1].node_id;
    const bool *visible = VISIBLE_ROWS(rq, "read", "domain", out->items, n, domain_id);
    if (!visible)
        return CAPABILITIES_AUTHZ_UNAVAILABLE;
    for (size_t i = 0; i < n; i++)
        if (visible[i])
            out->items[out->n_items++] = out->items[i];
    return CAPABILITIES_OK;
}
