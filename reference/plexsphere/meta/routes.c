#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/meta/meta.h"
#include "reference/plexsphere/meta/pages.h"
#include "reference/plexsphere/meta/probes.h"
#include "reference/plexsphere/meta/version.h"

/* META: degraded still serves and stays 200; only down is 503, with the same body. */
static struct answer health(struct request *rq)
{
    const char *detail, *status = "ok";
    int code = 200;
    switch (datastore_state_of(rq, &detail)) {
    case DATASTORE_OK: break;
    case DATASTORE_NONE:
    case DATASTORE_NOT_MIGRATED: status = "degraded"; break;
    case DATASTORE_GONE:
        status = "down";
        code = 503;
        break;
    }
    json_t *body = json_pack("{s:s,s:[{s:s,s:s,s:s}]}", "status", status, "checks", "name",
                             "database", "status", status, "detail", detail);
    return answer_json(rq, code, body);
}

static struct answer version(struct request *rq)
{
    struct version v = version_of_build();
    return answer_json(rq, 200,
                       json_pack("{s:s,s:s,s:s}", "version", v.version, "commit", v.commit, "date",
                                 v.date));
}

static struct answer openapi(struct request *rq)
{
    (void)rq;
    return answer_text(200, "application/json", page_openapi());
}

static struct answer docs(struct request *rq)
{
    (void)rq;
    return answer_text(200, "text/html", page_docs());
}

static struct answer docs_asset(struct request *rq)
{
    struct bytes asset = page_asset(request_param(rq, "asset"));
    if (asset.data == NULL)
        return answer_problem(rq, PROBLEM_NOT_FOUND);
    return answer_text(200, "application/javascript", asset);
}

static const struct operation operations[] = {
    { .id = OP_GetHealth, .auth = AUTH_NONE, .steps = STEPS_ANONYMOUS, .handle = health },
    { .id = OP_GetVersion, .auth = AUTH_NONE, .steps = STEPS_ANONYMOUS, .handle = version },
    { .id = OP_GetOpenAPI, .auth = AUTH_NONE, .steps = STEPS_ANONYMOUS, .handle = openapi },
    { .id = OP_GetDocs, .auth = AUTH_NONE, .steps = STEPS_ANONYMOUS, .handle = docs },
    { .id = OP_GetDocsAsset, .auth = AUTH_NONE, .steps = STEPS_ANONYMOUS, .handle = docs_asset },
};

/* META: reads nothing, needs nothing, is never off. */
static enum configured configure(struct app *app, void **state, struct error *e)
{
    (void)app, (void)state, (void)e;
    return CONFIGURED_ON;
}

const struct surface surface_meta = { .name = "meta",
                                      .configure = configure,
                                      .operations = operations,
                                      .n_operations = ARRAY_LEN(operations) };
