/* The table of surfaces, in boot order. A surface that is not built has its configuration only:
 * what it would read is read, refused when malformed, and its operations answer 501. */
#include "reference/plexsphere/boot.h"

#include <pthread.h>
#include <string.h>

#include "common/arena.h"
#include "common/log.h"
#include "common/text.h"
#include "reference/plexsphere/access/access.h"
#include "reference/plexsphere/actions/actions.h"
#include "reference/plexsphere/app_life.h"
#include "reference/plexsphere/approvals/approvals.h"
#include "reference/plexsphere/artifacts/artifacts.h"
#include "reference/plexsphere/audit/audit_surface.h"
#include "reference/plexsphere/auth_sessions/auth_sessions.h"
#include "reference/plexsphere/authz/config.h"
#include "reference/plexsphere/bridge/bridge.h"
#include "reference/plexsphere/capabilities/capabilities.h"
#include "reference/plexsphere/cloud_credentials/cloud_credentials.h"
#include "reference/plexsphere/clouds/clouds.h"
#include "reference/plexsphere/credential_assignments/credential_assignments.h"
#include "reference/plexsphere/credentials/credentials.h"
#include "reference/plexsphere/crypto/config.h"
#include "reference/plexsphere/datastore/datastore.h"
#include "reference/plexsphere/events/signing_keys.h"
#include "reference/plexsphere/events/events.h"
#include "reference/plexsphere/hooks/hooks.h"
#include "reference/plexsphere/identity/config.h"
#include "reference/plexsphere/identity/identity.h"
#include "reference/plexsphere/integrity/integrity.h"
#include "reference/plexsphere/invitations/invitations.h"
#include "reference/plexsphere/managed_push/managed_push.h"
#include "reference/plexsphere/meta/meta.h"
#include "reference/plexsphere/mvp/mvp.h"
#include "reference/plexsphere/nodes/nodes.h"
#include "reference/plexsphere/objectstore/objectstore.h"
#include "reference/plexsphere/observability/observability.h"
#include "reference/plexsphere/peers/peers.h"
#include "reference/plexsphere/ports/relations.h"
#include "reference/plexsphere/provisioning/provisioning.h"
#include "reference/plexsphere/registration/registration.h"
#include "reference/plexsphere/resources/resources.h"
#include "reference/plexsphere/secrets/secrets.h"
#include "reference/plexsphere/state/state.h"
#include "reference/plexsphere/store/db.h"
#include "reference/plexsphere/tenancy/tenancy.h"

#define CONFIG_ONLY(what)                                                                          \
    static enum configured configure_##what(struct app *app, void **state, struct error *e)        \
    {                                                                                              \
        struct what##_config *config = arena_alloc(app->arena, sizeof *config);                    \
        *state = config;                                                                           \
        return production_##what##_config_from_env(app->arena, &app->env, config, e);              \
    }                                                                                              \
    static const struct surface surface_##what = { .name = #what, .configure = configure_##what };

CONFIG_ONLY(auth_sessions)
CONFIG_ONLY(identities)
CONFIG_ONLY(authz)
CONFIG_ONLY(invitations)
CONFIG_ONLY(clouds)
CONFIG_ONLY(cloud_credentials)
CONFIG_ONLY(credentials)
CONFIG_ONLY(credential_assignments)
CONFIG_ONLY(objectstore)
CONFIG_ONLY(actions)
CONFIG_ONLY(access)
CONFIG_ONLY(artifacts)
CONFIG_ONLY(bridge)
CONFIG_ONLY(provisioning)
CONFIG_ONLY(managed_push)
CONFIG_ONLY(approvals)

static const struct surface *const surfaces[] = {
    &surface_meta,
    &surface_auth_sessions,
    &surface_tokens,
    &surface_identities,
    &surface_authz,
    &surface_audit,
    &surface_domains,
    &surface_projects,
    &surface_invitations,
    &surface_resources,
    &surface_registration,
    &surface_heartbeat,
    &surface_nodes,
    &surface_events,
    &surface_state,
    &surface_reports,
    &surface_mvp,
    &surface_clouds,
    &surface_cloud_credentials,
    &surface_credentials,
    &surface_credential_assignments,
    &surface_capabilities,
    &surface_hooks,
    &surface_integrity,
    &surface_objectstore,
    &surface_actions,
    &surface_access,
    &surface_artifacts,
    &surface_bridge,
    &surface_provisioning,
    &surface_managed_push,
    &surface_observability,
    &surface_secrets,
    &surface_peers,
    &surface_approvals,
};

struct loop {
    pthread_t thread;
    const struct surface *surface;
    struct app *app;
    void *state;
};

bool boot_mode(struct arena *a, const struct environment *env, enum app_mode *out, struct error *e)
{
    static const char *const words[] = { "production", "dev", NULL };
    static const enum app_mode modes[] = { APP_PRODUCTION, APP_DEV };
    int mode = 0;
    if (env_word(a, env, "PLEXSPHERE_MODE", words, &mode, e) == CONFIGURED_REFUSED)
        return false;
    *out = modes[mode];
    return true;
}

static bool configure_datastore(struct boot *b, int connections, struct error *e)
{
    struct app *app = &b->app;
    struct datastore_config config;
    switch (production_datastore_config_from_env(app->arena, &app->env, &config, e)) {
    case CONFIGURED_OFF: return true;
    case CONFIGURED_REFUSED: return false;
    case CONFIGURED_ON: break;
    }
    if (!db_open(config.dsn, connections, &app->db, NULL))
        return error_set(e, "PLEXSPHERE_DSN: must be a postgres:// URL or a libpq connection "
                            "string (SPEC ENV-002)");
    app->relations = &relations_embedded;
    return true;
}

static bool configure_shared(struct boot *b, struct error *e)
{
    struct app *app = &b->app;
    struct pepper *pepper = arena_alloc(app->arena, sizeof *pepper);
    struct csrf_config *csrf = arena_alloc(app->arena, sizeof *csrf);
    struct signing *signing = arena_alloc(app->arena, sizeof *signing);
    enum configured peppered =
        production_pepper_config_from_env(app->arena, &app->env, app->mode, pepper, e);
    enum configured guarded = production_csrf_config_from_env(app->arena, &app->env, csrf, e);
    enum configured signs = production_signing_config_from_env(app->arena, &app->env, signing, e);
    if (env_and(peppered, env_and(guarded, signs)) == CONFIGURED_REFUSED)
        return false;
    app->signing = signing;
    app->pepper = peppered == CONFIGURED_ON ? pepper : NULL;
    app->csrf = guarded == CONFIGURED_ON ? csrf : NULL;
    return true;
}

static bool is_auth(enum operation_id id)
{
    return text_starts(operation_facts(id)->path, "/v1/auth/");
}

static void put_endpoints(struct boot *b, const struct surface *surface, const void *state, bool on)
{
    for (size_t i = 0; i < surface->n_operations; i++) {
        const struct operation *op = &surface->operations[i];
        b->endpoints[op->id] = (struct endpoint){ .op = op, .state = state, .on = on };
    }
}

static bool configure_surfaces(struct boot *b, struct error *e)
{
    bool sessions = false;
    for (size_t i = 0; i < ARRAY_LEN(surfaces); i++) {
        enum configured c = CONFIGURED_OFF;
        /* ENV-001: with no datastore nothing is configured at all; meta needs nothing. */
        if (b->app.db != NULL || surfaces[i] == &surface_meta)
            c = surfaces[i]->configure(&b->app, &b->states[i], e);
        if (c == CONFIGURED_REFUSED)
            return false;
        put_endpoints(b, surfaces[i], b->states[i], c == CONFIGURED_ON);
        if (surfaces[i] == &surface_auth_sessions)
            sessions = c == CONFIGURED_ON;
    }
    /* Ruling 14: without the session times every operation below /v1/auth is off, whoever serves
     * it. */
    for (unsigned id = 0; id < OPERATION_COUNT; id++)
        if (!sessions && is_auth((enum operation_id)id))
            b->endpoints[id].on = false;
    return true;
}

bool boot_configure(struct arena *a, struct environment env, int connections, struct boot *out,
                    struct error *e)
{
    memset(out, 0, sizeof *out);
    out->app.arena = a;
    out->app.env = env;
    out->states = arena_alloc_array(a, ARRAY_LEN(surfaces), sizeof *out->states);
    out->loops = arena_alloc_array(a, ARRAY_LEN(surfaces), sizeof(struct loop));
    if (boot_mode(a, &env, &out->app.mode, e) && configure_datastore(out, connections, e) &&
        (out->app.db == NULL || configure_shared(out, e)) && configure_surfaces(out, e))
        return true;
    boot_close(out);
    return false;
}

static void *run_loop(void *argument)
{
    struct loop *loop = argument;
    loop->surface->background(loop->app, loop->state);
    return NULL;
}

static bool is_on(const struct boot *b, const struct surface *surface)
{
    for (size_t i = 0; i < surface->n_operations; i++)
        if (b->endpoints[surface->operations[i].id].on)
            return true;
    return false;
}

bool boot_start_loops(struct boot *b, struct error *e)
{
    struct loop *loops = b->loops;
    for (size_t i = 0; i < ARRAY_LEN(surfaces); i++) {
        if (surfaces[i]->background == NULL || !is_on(b, surfaces[i]))
            continue;
        struct loop *loop = &loops[b->n_loops];
        *loop = (struct loop){ .surface = surfaces[i], .app = &b->app, .state = b->states[i] };
        int failed = pthread_create(&loop->thread, NULL, run_loop, loop);
        if (failed != 0)
            return error_errno(e, failed, "cannot start the loop of %s", surfaces[i]->name);
        b->n_loops++;
    }
    return true;
}

void boot_close(struct boot *b)
{
    struct loop *loops = b->loops;
    for (size_t i = 0; i < b->n_loops; i++)
        pthread_join(loops[i].thread, NULL);
    b->n_loops = 0;
    if (b->app.db != NULL)
        db_close(b->app.db);
    b->app.db = NULL;
}
