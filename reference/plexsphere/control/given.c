#include "reference/plexsphere/control/given.h"

#include "common/arena.h"
#include "common/json.h"
#include "common/options.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/uuid.h"
#include "reference/plexsphere/events/signing_keys.h"
#include "reference/plexsphere/control/given_node.h"
#include "reference/plexsphere/capabilities/capabilities.h"
#include "reference/plexsphere/http/body.h"
#include "reference/plexsphere/nodes/checksum.h"
#include "reference/plexsphere/nodes/nodes.h"
#include "reference/plexsphere/peers/membership.h"
#include "reference/plexsphere/registration/mesh_pool.h"
#include "reference/plexsphere/store/db.h"
#include "reference/plexsphere/tenancy/tenancy.h"

bool given_only(const struct given *g, const char *const *known, struct error *e)
{
    const char *why = NULL;
    return body_only(g->arena, g->input, known, &why) || error_set(e, "%s", why);
}

bool given_id(const struct given *g, const char *key, struct uuid *out, struct error *e)
{
    const char *why = NULL;
    switch (body_uuid(g->arena, g->input, key, out, &why)) {
    case BODY_PRESENT: return true;
    case BODY_ABSENT: return error_set(e, "input needs the member '%s'", key);
    case BODY_WRONG: break;
    }
    return error_set(e, "%s", why);
}

static bool held_member(const struct given *g, bool *held, struct error *e)
{
    const char *why = NULL;
    *held = true;
    return body_bool(g->arena, g->input, "held", held, &why) != BODY_WRONG ||
           error_set(e, "%s", why);
}

static bool revoked_nsk(const struct given *g, json_t **out, struct error *e)
{
    static const char *const known[] = { "node_id", NULL };
    struct uuid node;
    int n;
    if (!given_only(g, known, e) || !given_id(g, "node_id", &node, e))
        return false;
    if (nsk_revoke(g->tx, &node, g->now, &n) != SQL_OK)
        return error_set(e, "the database refused");
    if (n == 0)
        return error_set(e, "that Node has no live NSK");
    *out = json_pack("{s:i}", "revoked", n);
    return true;
}

static bool drained_node(const struct given *g, json_t **out, struct error *e)
{
    static const char *const known[] = { "node_id", NULL };
    struct uuid node;
    if (!given_only(g, known, e) || !given_id(g, "node_id", &node, e))
        return false;
    switch (mesh_drain(g->tx, &node, g->now)) {
    case LEAVE_OK: break;
    case LEAVE_NOT_FOUND: return error_set(e, "there is no such Node");
    case LEAVE_ALREADY: return error_set(e, "that Node is drained");
    case LEAVE_FAILED: return error_set(e, "the database refused");
    }
    *out = json_pack("{s:b}", "drained", 1);
    return true;
}

static bool hold(const struct given *g, const struct uuid *domain, const struct uuid *scope,
                 json_t **out, struct error *e)
{
    bool held;
    if (!held_member(g, &held, e))
        return false;
    switch (mesh_pool_hold(g->tx, domain, scope, held)) {
    case SQL_OK: break;
    case SQL_FOREIGN_KEY: return error_set(e, "there is no such Domain");
    default: return error_set(e, "the database refused");
    }
    *out = json_pack("{s:b}", "held", held);
    return true;
}

static bool exhausted_pool(const struct given *g, json_t **out, struct error *e)
{
    static const char *const known[] = { "domain_id", "held", NULL };
    struct uuid domain;
    return given_only(g, known, e) && given_id(g, "domain_id", &domain, e) &&
           hold(g, &domain, &domain, out, e);
}

static bool exhausted_subrange(const struct given *g, json_t **out, struct error *e)
{
    static const char *const known[] = { "project_id", "held", NULL };
    struct uuid project, domain;
    bool has_subrange;
    if (!given_only(g, known, e) || !given_id(g, "project_id", &project, e))
        return false;
    if (tenancy_domain_of_project(g->tx, &project, &domain) != FOUND ||
        mesh_pool_is_subrange(g->tx, &project, &has_subrange) != SQL_OK)
        return error_set(e, "there is no such Project");
    if (!has_subrange)
        return error_set(e, "that Project has no sub-range of its own");
    return hold(g, &domain, &project, out, e);
}

/* The platform's chain hangs on a constant (AUD-004); protocol_test.c holds this text to it. */
#define PLATFORM_CHAIN "00000000-0000-8000-8000-706c6174666f"

static bool chain_member(const struct given *g, struct uuid *chain, struct error *e)
{
    if (text_equal(json_text(g->input, "domain_id"), "platform"))
        return uuid_parse(PLATFORM_CHAIN, chain);
    return given_id(g, "domain_id", chain, e);
}

static bool change_row(const struct given *g, const struct statement *change, json_t **out,
                       struct error *e)
{
    static const char *const known[] = { "domain_id", "seq", NULL };
    struct uuid chain;
    int64_t seq = json_int(g->input, "seq", 0);
    struct rows r;
    if (!given_only(g, known, e) || !chain_member(g, &chain, e))
        return false;
    if (seq < 1)
        return error_set(e, "input needs the member 'seq', a number from 1");
    if (SQL(g->tx, change, &r, p_uuid(&chain), p_int(seq)) != SQL_OK)
        return error_set(e, "the database refused");
    if (r.n == 0)
        return error_set(e, "that chain has no such entry");
    *out = json_pack("{s:I}", "seq", (json_int_t)seq);
    return true;
}

static bool tampered_audit_row(const struct given *g, json_t **out, struct error *e)
{
    static const struct statement tamper = {
        "given_tampered_audit_row",
        "UPDATE plexsphere.audit_entries SET relation = relation || '!' "
        "WHERE chain = $1 AND seq = $2",
    };
    return change_row(g, &tamper, out, e);
}

static bool deleted_audit_row(const struct given *g, json_t **out, struct error *e)
{
    static const struct statement delete = {
        "given_deleted_audit_row",
        "DELETE FROM plexsphere.audit_entries WHERE chain = $1 AND seq = $2",
    };
    return change_row(g, &delete, out, e);
}

static bool rotated_signing_key(const struct given *g, json_t **out, struct error *e)
{
    static const char *const known[] = { "domain_id", NULL };
    struct uuid domain;
    struct signing_keys keys;
    bool platform = json_member(g->input, "domain_id") == NULL;
    if (!given_only(g, known, e) || (!platform && !given_id(g, "domain_id", &domain, e)))
        return false;
    switch (signing_rotate(g->tx, g->app->signing, platform ? NULL : &domain, g->now, &keys)) {
    case SQL_OK: break;
    case SQL_FOREIGN_KEY: return error_set(e, "there is no such Domain");
    case SQL_CHECK: return error_set(e, "no key has signed yet");
    default: return error_set(e, "the database refused");
    }
    *out = json_pack("{s:s,s:s,s:s}", "current_id", keys.current.key_id, "previous_id",
                     keys.previous.key_id, "transition_expires",
                     timestamp_format(g->arena, keys.transition_expires));
    return true;
}

static bool known_good_checksum(const struct given *g, json_t **out, struct error *e)
{
    static const char *const known[] = { "version", "checksum", NULL };
    const char *version = json_text(g->input, "version");
    const char *text = json_text(g->input, "checksum");
    unsigned char checksum[CHECKSUM_LEN];
    if (!given_only(g, known, e))
        return false;
    if (text_blank(version))
        return error_set(e, "input needs the member 'version'");
    if (!text || !checksum_of_base64(g->arena, text, checksum))
        return error_set(e, "input needs the member 'checksum', base64 of 32 bytes");
    if (capabilities_know_good(g->tx, version, checksum) != SQL_OK)
        return error_set(e, "the database refused");
    *out = json_pack("{s:s}", "version", version);
    return true;
}

static const struct {
    const char *name;
    bool (*apply)(const struct given *g, json_t **out, struct error *e);
} states[] = {
    { "revoked_nsk", revoked_nsk },
    { "drained_node", drained_node },
    { "exhausted_pool", exhausted_pool },
    { "exhausted_subrange", exhausted_subrange },
    { "tampered_audit_row", tampered_audit_row },
    { "deleted_audit_row", deleted_audit_row },
    { "rotated_signing_key", rotated_signing_key },
    { "node_metadata", given_node_metadata },
    { "node_data", given_node_data },
    { "node_secret", given_node_secret },
    { "promoted_secret", given_promoted_secret },
    { "sealed_secrets", given_sealed_secrets },
    { "rotated_nsk", given_rotated_nsk },
    { "known_good_checksum", known_good_checksum },
};

static bool unknown(const char *name, struct error *e)
{
    const char *names[ARRAY_LEN(states) + 1] = { NULL };
    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        names[i] = states[i].name;
    const char *near = options_nearest(name, names);
    return near ? error_set(e, "no state is named '%.64s'; did you mean '%s'?", name, near)
                : error_set(e, "no state is named '%.64s'", name);
}

static bool in_transaction(struct app *app, struct given *g,
                           bool (*apply)(const struct given *g, json_t **out, struct error *e),
                           json_t **out, struct error *e)
{
    if (!app->db)
        return error_set(e, "there is no datastore");
    g->tx = tx_begin(app->db, g->arena);
    g->now = app_clock_now(&app->clock);
    tx_write(g->tx);
    bool ok = apply(g, out, e);
    if (ok) {
        json_own(g->arena, *out);
        ok = tx_commit(g->tx) == SQL_OK || error_set(e, "the database refused to commit");
    }
    tx_end(g->tx);
    return ok;
}

bool given_apply(struct app *app, struct arena *a, const char *name, const json_t *input,
                 json_t **out, struct error *e)
{
    struct given g = { .app = app, .arena = a, .input = input };
    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        if (text_equal(states[i].name, name))
            return in_transaction(app, &g, states[i].apply, out, e);
    return unknown(name, e);
}
