#include "suites/mvp/mvp.h"

#include "common/json.h"
#include "suites/registration/registration.h"

json_t *mvp_registration(struct world *w, const char *token, const char *hostname)
{
    return json_own(w->arena, json_pack("{s:s, s:s, s:s, s:{}}", "token", token, "public_key",
                                        random_key(w), "hostname", hostname, "metadata"));
}

struct exchange *mvp_registering(struct world *w, json_t *body)
{
    return post(w, "/v1/register", .mvp = true, .json = json_copy(body));
}

struct own_node mvp_node_in(struct world *w, const char *project)
{
    json_t *body = mvp_registration(w, token_in(w, project, "node"), world_name(w, "host"));
    struct reply *r = accept(mvp_registering(w, body), 201);
    return (struct own_node){ .id = expect_text(r, "/node_id"),
                              .nsk = expect_text(r, "/node_secret_key"),
                              .project = project,
                              .key = expect_text(r, "/signing_public_key"),
                              .key_id = "",
                              .mvp = true };
}

struct own_node mvp_node(struct world *w)
{
    return mvp_node_in(w, w->project_id);
}

json_t *zero_heartbeat(void)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "node_id", "", "timestamp",
                     "0001-01-01T00:00:00Z", "status", "", "uptime", "", "binary_checksum", "");
}

struct exchange *mvp_beating(struct world *w, const struct own_node *node, json_t *body)
{
    return post(w, heartbeat_path(w, node->id), .mvp = true, .bearer = node->nsk, .json = body);
}

struct exchange *mvp_posting(struct world *w, const struct own_node *node, const char *what,
                             json_t *body)
{
    return post(w, path(w, "/v1/nodes/%s/%s", node->id, what), .mvp = true, .bearer = node->nsk,
                .json = body);
}
