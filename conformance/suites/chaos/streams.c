/* suites/chaos/streams.c — CHA-003: streams of a control plane that is killed. */
#include "suites/chaos/chaos.h"
#include "suites/events/events.h"

enum { STREAMS = 3 };

static void open_stream(struct chaos *c, struct followed *n)
{
    struct world *w = c->w;
    int64_t last = last_frame_id(n->f);
    follow(n->f, .bearer = n->nsk, .base_url = c->base_url,
           .last_event_id = last < 0 ? NULL : path(w, "%lld", (long long)last));
}

/* What each stream is told and has not read before the kill, and while its control plane is down.
 * Those events are not noted as published: how late they are read says nothing about a target that
 * is down. */
static void streamed_round(struct chaos *c, struct followed *streams, int round)
{
    const struct plan *p = chaos_round(c, round);
    const char *unread[STREAMS];
    c->w->during = path(c->w, "round %d, %d events before the kill", round, p->n_before);
    for (int i = 0; i < STREAMS; i++)
        (void)frame_with(streams[i].f, publish(&streams[i]));
    struct telling *t = p->told ? telling_start(c, &p->telling) : NULL;
    for (int i = 0; i < p->n_before; i++)
        (void)change_metadata(c->w, streams[i % STREAMS].id);
    if (t == NULL) /* then it is younger than the last event, and the kill may well come first */
        t = telling_start(c, &p->telling);
    control_plane_killed(c);
    telling_ends(t);
    for (int i = 0; i < STREAMS; i++) {
        unread[i] = change_metadata(c->w, streams[i].id);
        expect_end(streams[i].f);
    }
    control_plane_up(c);
    for (int i = 0; i < STREAMS; i++) {
        open_stream(c, &streams[i]);
        (void)frame_with(streams[i].f, unread[i]);
        follower_holds(streams[i].f);
    }
    chaos_settles(c);
}

CHAOS_CASE(
    "CHA-003", .clauses = { "CHA-001", "CHA-005", "CHA-007" },
    .title = "streams of a killed control plane resume where they were, with what was said since")
{
    struct chaos *c = chaos_begin(w, mvp);
    struct followed streams[STREAMS];
    for (int i = 0; i < STREAMS; i++) {
        streams[i] = followed_in(w, c->project);
        open_stream(c, &streams[i]);
    }
    for (int round = 1; round <= chaos_rounds(w, 1); round++)
        streamed_round(c, streams, round);
    chaos_end(c);
}
