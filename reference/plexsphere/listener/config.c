#include "reference/plexsphere/listener/config.h"

#include <string.h>

#include "common/arena.h"
#include "common/number.h"
#include "common/text.h"

bool listener_address(struct arena *a, const char *text, struct listener_config *out)
{
    const char *colon = strrchr(text, ':');
    int64_t port;
    if (colon == NULL || !number_parse(colon + 1, 0, 65535, &port))
        return false;
    char *host = arena_strndup(a, text, (size_t)(colon - text));
    size_t len = strlen(host);
    if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
        host[len - 1] = '\0';
        host++;
    }
    out->host = *host == '\0' ? "0.0.0.0" : text_equal(host, "localhost") ? "127.0.0.1" : host;
    out->port = (int)port;
    return true;
}

enum configured production_listener_config_from_env(struct arena *a, const struct environment *env,
                                                    struct listener_config *out, struct error *e)
{
    const char *listen = NULL;
    *out = (struct listener_config){ .host = "127.0.0.1", .port = 8080 };
    if (env_text(a, env, "PLEXSPHERE_LISTEN", &listen, e) == CONFIGURED_REFUSED ||
        env_text(a, env, "PLEXSPHERE_CONTROL_SOCKET", &out->control, e) == CONFIGURED_REFUSED)
        return CONFIGURED_REFUSED;
    if (listen != NULL && !listener_address(a, listen, out)) {
        error_set(e, "PLEXSPHERE_LISTEN: must be host:port (SPEC ENV-027)");
        return CONFIGURED_REFUSED;
    }
    return CONFIGURED_ON;
}
