#include "reference/plexsphere/observability/observability.h"

#include "common/number.h"
#include "common/text.h"
#include "common/url.h"

#define MIB INT64_C(1048576)

static enum configured read_ingest(struct arena *a, const struct environment *env, const char **out,
                                   struct error *e)
{
    struct url url;
    enum configured set = env_optional(env_text(a, env, "PLEXSPHERE_OBS_NATS_URL", out, e));
    if (set != CONFIGURED_ON || *out == NULL || text_equal(*out, "postgres:"))
        return set;
    if (url_parse(a, *out, &url) &&
        (text_equal(url.scheme, "nats") || text_equal(url.scheme, "tls")))
        return set;
    error_set(e, "PLEXSPHERE_OBS_NATS_URL: must be a nats:// or tls:// URL, or postgres: "
                 "(SPEC ENV-036)");
    return CONFIGURED_REFUSED;
}

/* ENV-038 */
static enum configured read_budget(struct arena *a, const struct environment *env, const char *name,
                                   struct budget_size *out, struct error *e)
{
    const char *text = NULL;
    size_t n;
    enum configured set = env_text(a, env, name, &text, e);
    if (set != CONFIGURED_ON)
        return env_optional(set);
    char **parts = text_split(a, text, '/', &n);
    if (n == 2 && number_parse(parts[0], 1, BUDGET_MOST, &out->rate) &&
        number_parse(parts[1], 1, BUDGET_MOST, &out->burst))
        return CONFIGURED_ON;
    error_set(e, "%s: must be RATE/BURST, bytes a second and bytes, each from 1 (SPEC ENV-038)",
              name);
    return CONFIGURED_REFUSED;
}

enum configured production_observability_config_from_env(struct arena *a,
                                                         const struct environment *env,
                                                         struct observability_config *out,
                                                         struct error *e)
{
    *out = (struct observability_config){
        .of_node = { .rate = 2 * MIB, .burst = 8 * MIB },
        .of_domain = { .rate = 16 * MIB, .burst = 64 * MIB },
    };
    enum configured queries =
        env_and(env_optional(env_url(a, env, "PLEXSPHERE_OBS_MIMIR_QUERY_URL", &out->mimir, e)),
                env_optional(env_url(a, env, "PLEXSPHERE_OBS_LOKI_QUERY_URL", &out->loki, e)));
    enum configured budgets =
        env_and(read_budget(a, env, "PLEXSPHERE_OBS_NODE_BUDGET", &out->of_node, e),
                read_budget(a, env, "PLEXSPHERE_OBS_DOMAIN_BUDGET", &out->of_domain, e));
    enum configured wrap =
        env_mandatory(env_key32(a, env, "PLEXSPHERE_NSK_WRAP_KEY_B64", out->nsk_wrap_key, e),
                      "PLEXSPHERE_NSK_WRAP_KEY_B64", e);
    return env_and(env_and(wrap, queries), env_and(budgets, read_ingest(a, env, &out->ingest, e)));
}
