/* plexsphere seed --dev: something to look at in a fresh development database. */
#include <stdio.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/options.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/boot.h"
#include "reference/plexsphere/commands.h"
#include "reference/plexsphere/control/mint.h"
#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/datastore/datastore.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/ports/relations.h"
#include "reference/plexsphere/resources/resource.h"
#include "reference/plexsphere/tenancy/domain.h"
#include "reference/plexsphere/tenancy/project.h"

/* Outside 10.0.0.0/8, from which test worlds take their pools. */
#define DEV_SLUG "dev"
#define DEV_POOL "100.64.0.0/16"
#define DEV_NODE "dev-node"

/* The ids of an earlier run; *found is false before the first. */
static bool find_fixture(struct request *rq, bool *found, json_t **out, struct error *e)
{
    static const struct statement find = {
        "seed_find",
        "SELECT d.id, p.id, r.id FROM plexsphere.domains d "
        "LEFT JOIN plexsphere.projects p ON p.domain_id = d.id AND p.slug = $1 "
        "LEFT JOIN plexsphere.resources r ON r.project_id = p.id AND r.external_ref = $2 "
        "WHERE d.slug = $1",
    };
    struct rows r;
    if (SQL(rq->tx, &find, &r, p_text(DEV_SLUG), p_text(DEV_NODE)) != SQL_OK)
        return error_set(e, "the database cannot be asked; is it migrated?");
    *found = r.n > 0;
    if (*found && (row_is_null(&r, 0, 1) || row_is_null(&r, 0, 2)))
        return error_set(e,
                         "the Domain '%s' is there without its Project or Resource; delete it "
                         "and seed again",
                         DEV_SLUG);
    if (*found)
        *out = json_pack("{s:s, s:s, s:s}", "domain_id", row_text(&r, 0, 0), "project_id",
                         row_text(&r, 0, 1), "resource_id", row_text(&r, 0, 2));
    return true;
}

/* The first operator, who then makes the rest as any caller would. */
static bool make_operator(struct request *rq, json_t **out, struct error *e)
{
    struct mint_order order;
    if (!mint_order_of("platform manage", NULL, NULL, 0, &order, e) ||
        !mint(rq->tx, &order, rq->now, out, e))
        return false;
    const char *ref = json_text(*out, "identity_ref");
    rq->caller = (struct caller){ .kind = CALLER_USER, .platform_scope = true };
    return uuid_parse(ref + sizeof "user:" - 1, &rq->caller.id) ||
           error_set(e, "the operator has no id");
}

static bool make_objects(struct request *rq, json_t *out, struct error *e)
{
    const struct domain_draft domain_draft = { .name = "Development",
                                               .slug = DEV_SLUG,
                                               .mesh_cidr = DEV_POOL };
    const struct resource_draft resource_draft = { .adopted = true,
                                                   .kind = "vm",
                                                   .external_ref = DEV_NODE };
    struct domain domain;
    struct project project;
    struct resource resource;
    const char *why = "the database refused it";
    if (domain_create(rq, &domain_draft, &domain, &why) != DOMAIN_OK)
        return error_set(e, "the Domain '%s': %s (its pool is %s)", DEV_SLUG, why, DEV_POOL);
    const struct project_draft project_draft = { .domain_id = domain.id,
                                                 .name = "Development",
                                                 .slug = DEV_SLUG };
    if (project_create(rq, &project_draft, &project, &why) != PROJECT_OK)
        return error_set(e, "the Project '%s': %s", DEV_SLUG, why);
    if (resource_create(rq, &project.id, &domain.id, &resource_draft, &resource) != RESOURCE_OK)
        return error_set(e, "the Resource '%s': the database refused it", DEV_NODE);
    json_object_set_new(out, "domain_id", json_string(uuid_text(rq->arena, &domain.id)));
    json_object_set_new(out, "project_id", json_string(uuid_text(rq->arena, &project.id)));
    json_object_set_new(out, "resource_id", json_string(uuid_text(rq->arena, &resource.id)));
    return true;
}

static bool seed_in(struct request *rq, json_t **out, struct error *e)
{
    bool found = false;
    if (!find_fixture(rq, &found, out, e))
        return false;
    if (found) {
        json_own(rq->arena, *out);
        return true;
    }
    tx_write(rq->tx);
    if (!make_operator(rq, out, e) || !make_objects(rq, *out, e))
        return false;
    return tx_commit(rq->tx) == SQL_OK || error_set(e, "the database refused to commit");
}

static bool open_app(struct arena *a, struct environment env, struct app *app, struct error *e)
{
    struct datastore_config config;
    *app = (struct app){ .arena = a, .env = env, .relations = &relations_embedded };
    if (!boot_mode(a, &env, &app->mode, e))
        return false;
    if (app->mode != APP_DEV)
        return error_set(e, "seeds development databases only; set PLEXSPHERE_MODE=dev");
    switch (production_datastore_config_from_env(a, &env, &config, e)) {
    case CONFIGURED_ON: break;
    case CONFIGURED_OFF: return error_set(e, "PLEXSPHERE_DSN: must name the database");
    case CONFIGURED_REFUSED: return false;
    }
    return crypto_init(e) && db_open(config.dsn, 1, &app->db, e);
}

static bool seed(struct arena *a, struct environment env, struct error *e)
{
    struct app app;
    json_t *out = NULL;
    if (!open_app(a, env, &app, e))
        return false;
    struct request rq = { .arena = a, .app = &app, .now = clock_wall_micros() };
    rq.tx = tx_begin(app.db, a);
    bool ok = seed_in(&rq, &out, e);
    tx_end(rq.tx);
    db_close(app.db);
    return ok && puts(json_dump(a, out)) >= 0 && fflush(stdout) == 0;
}

static int fail(const struct error *e, int status)
{
    fprintf(stderr, "plexsphere: seed: %s\n", e->text);
    return status;
}

int command_seed(struct environment env, int argc, char **argv)
{
    bool dev = false;
    const struct option_row rows[] = {
        { .name = "dev",
          .kind = OPTION_FLAG,
          .into = &dev,
          .help = "the development fixture: Domain dev, Project dev, Resource dev-node" },
        { .name = NULL },
    };
    const struct option_table table = {
        .program = "plexsphere seed",
        .synopsis = "--dev",
        .summary =
            "Fills a migrated development database and prints the ids as one line of JSON. The\n"
            "first run also makes an operator and prints its token; later runs change nothing.",
        .rows = rows,
    };
    struct error e = { "" };
    char **rest;
    int n_rest;
    switch (options_parse(&table, argc, argv, &rest, &n_rest, &e)) {
    case OPTIONS_OK: break;
    case OPTIONS_HELP: return COMMAND_DONE;
    case OPTIONS_BAD: return fail(&e, COMMAND_USAGE);
    }
    if (!dev || n_rest > 0) {
        error_set(&e, "needs --dev and nothing else");
        return fail(&e, COMMAND_USAGE);
    }
    struct arena *a = arena_create();
    bool ok = seed(a, env, &e);
    arena_destroy(a);
    return ok ? COMMAND_DONE : fail(&e, COMMAND_FAILED);
}
