#include "common/arena.h"
#include "common/text.h"
#include "common/url.h"
#include "reference/plexsphere/env_read.h"
#include "reference/plexsphere/events/events.h"

/* ENV-037; the URL may hold a password, so a refusal says the rule and nothing else. */
enum configured production_event_bus_config_from_env(struct arena *a, const struct environment *env,
                                                     struct event_bus_config *out, struct error *e)
{
    struct url url;
    *out = (struct event_bus_config){ NULL };
    enum configured set = env_text(a, env, "PLEXSPHERE_EVENTS_NATS_URL", &out->nats_url, e);
    if (set != CONFIGURED_ON)
        return set;
    if (url_parse(a, out->nats_url, &url) && url.query == NULL && url.path[0] == '\0' &&
        (text_equal(url.scheme, "nats") || text_equal(url.scheme, "tls")))
        return CONFIGURED_ON;
    error_set(e, "PLEXSPHERE_EVENTS_NATS_URL: must be a nats:// or tls:// URL of a server, without "
                 "path or query (SPEC ENV-037)");
    return CONFIGURED_REFUSED;
}
