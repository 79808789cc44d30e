#include "reference/plexd/node_api.h"

#include <string.h>

#include "common/log.h"
#include "common/memory.h"
#include "reference/plexd/node_auth.h"
#include "reference/plexd/node_listen.h"
#include "reference/plexd/node_routes.h"

static void enough(void *self)
{
    struct node_api *n = self;
    n->enough = true;
    loop_stop(n->o.loop);
}

static bool open_unix(struct node_api *n, struct error *e)
{
    n->door = mem_alloc(sizeof *n->door);
    if (!unix_door_open(n->o.config->socket_path, n->door, e))
        return false;
    /* API-008: a socket that lets in everybody does not hand out secrets to everybody. */
    n->guard_secrets = n->o.config->secret_auth || n->door->open_to_all;
    return local_server_listen(n->server, n->door->fd, false, e);
}

static bool open_tcp(struct node_api *n, struct error *e)
{
    int fd;
    return node_token_read(n->o.config->http_token_file, &n->token, e) &&
           tcp_door_open(n->o.config->http_listen, &fd, &n->port, e) &&
           local_server_listen(n->server, fd, true, e);
}

static void release(struct node_api *n)
{
    local_server_destroy(n->server);
    if (n->door != NULL)
        unix_door_remove(n->door);
    mem_free(n->door);
    if (n->token != NULL)
        mem_wipe(n->token, strlen(n->token));
    mem_free(n->token);
    mem_free(n->node_id);
    mem_free(n);
}

bool node_api_open(const struct node_api_options *o, struct node_api **out, struct error *e)
{
    struct node_api *n = mem_alloc(sizeof *n);
    n->o = *o;
    n->node_id = mem_strdup(o->identity->node_id);
    n->patience = (struct timer){ .fire = enough, .self = n };
    n->server = local_server_create(o->loop, &local_limits_default, node_routes_handle, n);
    if (!open_unix(n, e) || (o->config->http_enabled && !open_tcp(n, e))) {
        release(n);
        return error_prefix(e, "Local Node API");
    }
    log_line(LOG_INFO, "server started", "component", "nodeapi", "socket", o->config->socket_path,
             "http_enabled", o->config->http_enabled ? "true" : "false", "http_listen",
             o->config->http_enabled ? o->config->http_listen : "", "node_id", n->node_id, NULL);
    *out = n;
    return true;
}

int node_api_port(const struct node_api *n)
{
    return n->port;
}

void node_api_close(struct node_api *n)
{
    if (n == NULL)
        return;
    local_server_drain(n->server, enough, n);
    timer_set(n->o.loop, &n->patience, n->o.config->shutdown_timeout);
    while (local_server_connections(n->server) > 0 &&
           !n->enough) /* others may stop the loop, too */
        loop_run(n->o.loop);
    timer_cancel(n->o.loop, &n->patience);
    release(n);
}
