#include "suites/events/events.h"

#include "common/encoding.h"
#include "common/json.h"
#include "common/random.h"
#include "harness/exchange.h"

const bool speaks_v1 = false, speaks_mvp = true;

static const char *random_key(struct world *w)
{
    unsigned char key[32];
    random_bytes(key, sizeof key);
    return base64_encode(w->arena, BASE64_STANDARD, key, sizeof key);
}

static struct followed registered_v1(struct world *w, const char *project)
{
    const json_t *node = world_new_node(w, project);
    return (struct followed){ .id = json_text(node, "node_id"),
                              .nsk = json_text(node, "nsk"),
                              .key = json_text(node, "signing_public_key"),
                              .key_id = json_text(node, "signing_key_id") };
}

static struct followed registered_mvp(struct world *w, const char *project)
{
    const char *token = json_text(world_new_bootstrap_token(w, project, "node"), "token");
    struct exchange *x = post(w, "/v1/register",
                              .json = json_pack("{s:s, s:s, s:s}", "token", token, "public_key",
                                                random_key(w), "hostname", world_name(w, "host")));
    const json_t *node = exchange_set_up(x, 201)->json;
    return (struct followed){ .id = json_text(node, "node_id"),
                              .nsk = json_text(node, "node_secret_key"),
                              .key = json_text(node, "signing_public_key"),
                              .key_id = "" };
}

struct followed followed_in(struct world *w, const char *project)
{
    bool mvp = w->row->data == &speaks_mvp;
    struct followed n = mvp ? registered_mvp(w, project) : registered_v1(w, project);
    expect(w, n.id && n.nsk && n.key && n.key_id, "set-up: the registration lacks a member");
    n.w = w;
    n.project = project;
    n.mvp = mvp;
    n.f = follower_new(w, n.id, mvp);
    follower_trusts(n.f, n.key_id, n.key);
    return n;
}

struct followed followed_node(struct world *w)
{
    return followed_in(w, w->project_id);
}

static void give_metadata(struct world *w, const char *node_id, const char *marker)
{
    (void)world_given(w, "node_metadata",
                      json_pack("{s:s, s:{s:s}}", "node_id", node_id, "entries", "marker", marker));
}

const char *change_metadata(struct world *w, const char *node_id)
{
    const char *marker = world_name(w, "marker");
    give_metadata(w, node_id, marker);
    return marker;
}

const char *publish(struct followed *n)
{
    const char *marker = world_name(n->w, "marker");
    follower_publishes(n->f, marker);
    give_metadata(n->w, n->id, marker);
    return marker;
}

const struct frame *own_frame(struct follower *f)
{
    const struct frame *frame;
    do
        frame = next_frame(f);
    while (json_member(frame->envelope.payload, "node_id") == NULL);
    return frame;
}
