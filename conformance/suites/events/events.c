#include "suites/events/events.h"

#include "common/json.h"
#include "suites/nodes/nodes.h"

struct followed followed_in(struct world *w, const char *project)
{
    struct own_node own = own_node_in(w, project);
    struct followed n = { .w = w,
                          .id = own.id,
                          .nsk = own.nsk,
                          .key = own.key,
                          .key_id = own.key_id,
                          .project = project,
                          .mvp = own.mvp };
    expect(w, n.id && n.nsk && n.key && n.key_id, "set-up: the registration lacks a member");
    n.f = follower_new(w, n.id, n.mvp);
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
