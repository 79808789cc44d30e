#include "reference/plexd/commands.h"

#include <stdio.h>

#include "common/log.h"
#include "common/text.h"

int command_failed(const struct error *e)
{
    fprintf(stderr, "plexd: %s\n", e->text);
    return COMMAND_FAILED;
}

int command_begin(struct arena *a, const struct option_table *table, int argc, char **argv,
                  const struct plexd_flags *flags, const struct environment *env,
                  struct plexd_config *config, bool calls_control_plane)
{
    struct error e;
    switch (options_parse(table, argc, argv, NULL, NULL, &e)) {
    case OPTIONS_OK: break;
    case OPTIONS_HELP: return COMMAND_DONE;
    case OPTIONS_BAD: command_failed(&e); return COMMAND_USAGE;
    }
    if (!plexd_config_read(a, flags, env, config, &e) ||
        (calls_control_plane && !plexd_config_has_api(config, &e))) {
        command_failed(&e);
        return COMMAND_USAGE;
    }
    log_set_level(config->log_level);
    return -1;
}

static bool is_loopback(const char *url)
{
    return text_starts(url, "http://127.") || text_starts(url, "http://localhost") ||
           text_starts(url, "http://[::1]");
}

bool command_connect(struct loop *l, const struct plexd_config *c, struct http **out,
                     struct error *e)
{
    if (c->api_insecure)
        log_line(LOG_WARN, "TLS certificate verification disabled", NULL);
    if (text_starts(c->api_url, "http://") && !is_loopback(c->api_url))
        log_line(LOG_WARN,
                 "the control plane is called without TLS: the bootstrap token and this "
                 "Node's key travel in the clear",
                 NULL);
    struct http_options o = {
        .base_url = c->api_url,
        .ca_file = text_blank(c->ca_file) ? NULL : c->ca_file,
        .insecure = c->api_insecure,
        .connect_timeout = c->connect_timeout,
        .request_timeout = c->request_timeout,
        .version = PLEXD_VERSION,
    };
    return http_create(l, &o, out, e);
}

const struct wire *command_wire(const struct plexd_config *c, const char *registered)
{
    const struct wire *configured = c->dialect == DIALECT_MVP ? &wire_mvp : &wire_v1;
    const struct wire *kept = text_equal(registered, "mvp")  ? &wire_mvp
                              : text_equal(registered, "v1") ? &wire_v1
                                                             : configured;
    if (kept != configured)
        log_line(LOG_WARN,
                 "this Node registered in another dialect than is configured, and keeps "
                 "it",
                 "configured", configured->name, "kept", kept->name, NULL);
    return kept;
}
