#include "reference/plexsphere/control/given_node.h"

#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/memory.h"
#include "reference/plexsphere/http/body.h"
#include "reference/plexsphere/secrets/postgres_store.h"
#include "reference/plexsphere/secrets/secrets.h"
#include "reference/plexsphere/state/state.h"

/* ---- metadata and data ---- */

static bool state_done(enum state_result result, const char *why, size_t n, json_t **out,
                       struct error *e)
{
    switch (result) {
    case STATE_OK: *out = json_pack("{s:I}", "entries", (json_int_t)n); return true;
    case STATE_INVALID: return error_set(e, "%s", why);
    case STATE_NOT_FOUND: return error_set(e, "there is no such Node");
    case STATE_QUOTA:
    case STATE_FAILED: break;
    }
    return error_set(e, "the database refused");
}

static const char *const entries_known[] = { "node_id", "entries", NULL };

bool given_node_metadata(const struct given *g, json_t **out, struct error *e)
{
    json_t *map = json_member(g->input, "entries"), *value;
    const char *key, *why = NULL;
    struct uuid node;
    size_t n = 0;
    if (!given_only(g, entries_known, e) || !given_id(g, "node_id", &node, e))
        return false;
    if (!json_is_object(map))
        return error_set(e, "input needs the member 'entries', an object of texts");
    struct state_entry *entries =
        arena_alloc_array(g->arena, json_object_size(map) + 1, sizeof *entries);
    json_object_foreach (map, key, value) {
        if (!json_is_string(value))
            return error_set(e, "the values of 'entries' must be texts");
        entries[n++] = (struct state_entry){ .key = key,
                                             .value = json_string_value(value),
                                             .content_type = "text/plain" };
    }
    return state_done(node_metadata_replace(g->tx, &node, entries, n, g->now, &why), why, n, out,
                      e);
}

/* `payload` is any JSON and kept as such; `value` is a text that means itself. */
static bool data_entry(const struct given *g, const json_t *from, struct state_entry *to,
                       struct error *e)
{
    static const char *const known[] = {
        "key", "content_type", "payload", "value", "version", NULL
    };
    const json_t *payload = json_member(from, "payload");
    const char *why = NULL;
    *to = (struct state_entry){ .is_json = payload != NULL,
                                .content_type = payload ? "application/json" : "text/plain",
                                .value = payload ? json_dump(g->arena, payload) : NULL };
    if (!json_is_object(from) || !body_only(g->arena, from, known, &why))
        return error_set(e, "%s", why ? why : "an entry must be an object");
    if (body_text(g->arena, from, "key", &to->key, &why) != BODY_PRESENT ||
        body_text(g->arena, from, "content_type", &to->content_type, &why) == BODY_WRONG ||
        body_integer(g->arena, from, "version", &to->version, &why) == BODY_WRONG)
        return error_set(e, "%s", why ? why : "an entry needs a 'key'");
    if (!payload && body_text(g->arena, from, "value", &to->value, &why) != BODY_PRESENT)
        return error_set(e, "an entry needs 'payload' or 'value'");
    return true;
}

bool given_node_data(const struct given *g, json_t **out, struct error *e)
{
    json_t *list = json_member(g->input, "entries");
    size_t n = json_array_size(list);
    const char *why = NULL;
    struct uuid node;
    if (!given_only(g, entries_known, e) || !given_id(g, "node_id", &node, e))
        return false;
    if (!json_is_array(list))
        return error_set(e, "input needs the member 'entries', an array");
    struct state_entry *entries = arena_alloc_array(g->arena, n + 1, sizeof *entries);
    for (size_t i = 0; i < n; i++)
        if (!data_entry(g, json_array_get(list, i), &entries[i], e))
            return false;
    return state_done(node_data_replace(g->tx, &node, entries, n, g->now, &why), why, n, out, e);
}

/* ---- secrets ---- */

static bool keeper_of(const struct given *g, struct secret_keeper *out, struct error *e)
{
    struct secrets_config config;
    if (production_secrets_config_from_env(g->arena, &g->app->env, &config, e) != CONFIGURED_ON ||
        config.backend != SECRETS_POSTGRES)
        return error_set(e, "no backend of node secrets is configured");
    *out =
        (struct secret_keeper){ .store = &secret_store_postgres, .relations = g->app->relations };
    memcpy(out->wrap_key, config.nsk_wrap_key, sizeof out->wrap_key);
    mem_wipe(&config, sizeof config);
    return true;
}

static bool secret_done(enum secret_result result, struct error *e)
{
    switch (result) {
    case SECRETS_OK: return true;
    case SECRETS_INVALID: return error_set(e, "no secret has such a name or such a size");
    case SECRETS_NO_NODE: return error_set(e, "there is no such Node");
    case SECRETS_NO_NSK: return error_set(e, "that Node has no live NSK");
    case SECRETS_NO_SECRET: return error_set(e, "that Node has no such secret");
    case SECRETS_UNAVAILABLE: return error_set(e, "the backend of secrets is sealed");
    case SECRETS_FAILED: break;
    }
    return error_set(e, "the database refused");
}

static bool secret_order_of(const struct given *g, struct secret_order *out, struct error *e)
{
    static const char *const known[] = { "node_id", "name", "value", "readable", NULL };
    const char *why = NULL, *value = NULL;
    *out = (struct secret_order){ .readable = true };
    if (!given_only(g, known, e) || !given_id(g, "node_id", &out->node_id, e))
        return false;
    if (body_text(g->arena, g->input, "name", &out->name, &why) != BODY_PRESENT ||
        body_text(g->arena, g->input, "value", &value, &why) != BODY_PRESENT ||
        body_bool(g->arena, g->input, "readable", &out->readable, &why) == BODY_WRONG)
        return error_set(e, "%s", why ? why : "input needs 'name' and 'value', both texts");
    out->value = BYTES_OF_TEXT(value);
    return true;
}

static bool write_secret(const struct given *g,
                         enum secret_result (*write)(struct tx *tx,
                                                     const struct secret_keeper *keeper,
                                                     const struct secret_order *order, int64_t now,
                                                     int64_t *version),
                         json_t **out, struct error *e)
{
    struct secret_keeper keeper;
    struct secret_order order;
    int64_t version = 0;
    if (!secret_order_of(g, &order, e) || !keeper_of(g, &keeper, e))
        return false;
    bool ok = secret_done(write(g->tx, &keeper, &order, g->now, &version), e);
    mem_wipe(&keeper, sizeof keeper);
    if (ok)
        *out = json_pack("{s:I}", "version", (json_int_t)version);
    return ok;
}

bool given_node_secret(const struct given *g, json_t **out, struct error *e)
{
    return write_secret(g, secret_put, out, e);
}

bool given_promoted_secret(const struct given *g, json_t **out, struct error *e)
{
    return write_secret(g, secret_promote, out, e);
}

bool given_sealed_secrets(const struct given *g, json_t **out, struct error *e)
{
    static const char *const known[] = { "sealed", NULL };
    const char *why = NULL;
    bool sealed;
    if (!given_only(g, known, e))
        return false;
    if (body_bool(g->arena, g->input, "sealed", &sealed, &why) != BODY_PRESENT)
        return error_set(e, "input needs the member 'sealed', true or false");
    if (secret_backend_seal(g->tx, sealed) != SQL_OK)
        return error_set(e, "the database refused");
    *out = json_pack("{s:b}", "sealed", sealed);
    return true;
}

bool given_rotated_nsk(const struct given *g, json_t **out, struct error *e)
{
    static const char *const known[] = { "node_id", NULL };
    struct secret_keeper keeper;
    struct uuid node;
    char *nsk = NULL;
    if (!given_only(g, known, e) || !given_id(g, "node_id", &node, e) || !keeper_of(g, &keeper, e))
        return false;
    bool ok = secret_done(nsk_rotate(g->tx, &keeper, &node, g->now, &nsk), e);
    mem_wipe(&keeper, sizeof keeper);
    if (ok)
        *out = json_pack("{s:s}", "nsk", nsk);
    return ok;
}
