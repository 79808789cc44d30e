/* plexd/node_routes.h — what the Local Node API answers (SPEC API-*). */
#ifndef PLEXD_NODE_ROUTES_H
#define PLEXD_NODE_ROUTES_H

#include "reference/plexd/local_http.h"
#include "reference/plexd/node_api.h"

struct node_api {
    struct node_api_options o;
    char *node_id;
    char *token;        /* of the TCP listener; NULL: none */
    bool guard_secrets; /* peer credentials on the Unix socket */
    struct local_server *server;
    struct unix_door *door;
    int port;
    struct timer patience; /* while closing */
    bool enough;           /* all are gone, or it is over */
};

/* `self` is the node_api. */
void node_routes_handle(void *self, struct local_request *rq);

/* node_render.c: the bodies, each ended by a line feed. */
struct buffer node_render_summary(struct node_api *n, struct arena *a);
struct buffer node_render_metadata(struct node_api *n, struct arena *a);
struct buffer node_render_data(struct node_api *n, struct arena *a);
struct buffer node_render_secrets(struct node_api *n, struct arena *a);
struct buffer node_render_reports(struct node_api *n, struct arena *a);
struct buffer node_render_entry(const struct data_entry *entry, struct arena *a);
struct buffer node_render_pair(const char *key, const char *value, struct arena *a);

/* node_report.c */
void node_report_put(struct node_api *n, struct local_request *rq, const char *key);
void node_report_delete(struct node_api *n, struct local_request *rq, const char *key);

#endif
