#include "suites/nodes/nodes.h"

#include "common/json.h"
#include "common/timestamp.h"
#include "suites/common/both.h"
#include "suites/mvp/mvp.h"
#include "suites/registration/registration.h"

struct own_node v1_node_in(struct world *w, const char *project)
{
    const json_t *node = world_new_node(w, project);
    return (struct own_node){ .id = json_text(node, "node_id"),
                              .nsk = json_text(node, "nsk"),
                              .project = project,
                              .resource = json_text(node, "resource_id"),
                              .key = json_text(node, "signing_public_key"),
                              .key_id = json_text(node, "signing_key_id") };
}

struct own_node own_node_in(struct world *w, const char *project)
{
    return speaks_mvp(w) ? mvp_node_in(w, project) : v1_node_in(w, project);
}

size_t peers_told_to_a_new_node(struct world *w, const char *project)
{
    if (!speaks_mvp(w)) {
        struct reply *r = accept(judged(registering(w, fresh_registration(w, project))), 201);
        return json_array_size(expect_member(r, "/peer_snapshot"));
    }
    json_t *body = mvp_registration(w, token_in(w, project, "node"), world_name(w, "host"));
    return json_array_size(expect_member(accept(judged(mvp_registering(w, body)), 201), "/peers"));
}

struct own_node own_node(struct world *w)
{
    return own_node_in(w, w->project_id);
}

const char *heartbeat_path(struct world *w, const char *node)
{
    return path(w, "/v1/nodes/%s/heartbeat", node);
}

json_t *heartbeat_at(struct world *w, int late)
{
    int64_t client_now = world_now(w) + late * MICROS_PER_SECOND;
    return json_pack("{s:s, s:s, s:s, s:{s:s}}", "client_now",
                     timestamp_format(w->arena, client_now), "binary_checksum",
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                     "binary_version", "v0.1.0", "nat_summary", "kind", "none");
}

json_t *heartbeat(struct world *w)
{
    return speaks_mvp(w) ? zero_heartbeat() : heartbeat_at(w, 0);
}

struct exchange *beating(struct world *w, const struct own_node *node, json_t *body)
{
    return post(w, heartbeat_path(w, node->id), .mvp = node->mvp, .bearer = node->nsk,
                .json = body);
}

int64_t instant_in(struct world *w, struct reply *r, const char *pointer)
{
    int64_t instant = 0;
    const char *text = expect_text(r, pointer);
    expect(w, timestamp_parse(text, &instant), "%s is no instant: %s", pointer, text);
    return instant;
}

int64_t target_time(struct world *w, const struct own_node *node)
{
    return instant_in(w, accept(judged(beating(w, node, heartbeat(w))), 200), "/accepted_at");
}
