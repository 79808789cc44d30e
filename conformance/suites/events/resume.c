/* suites/events/resume.c — going on where one left off, and who else is held up by it. */
#include <inttypes.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "suites/events/events.h"

#define SUITE "events"

static const char *id_text(struct world *w, int64_t id)
{
    return path(w, "%" PRId64, id);
}

BOTH("EVT-121", FOLLOWS, .clauses = { "EVT-067", "EVT-004" },
     .title = "resumed behind the second of four events, the third and fourth come, then live ones")
{
    struct followed n = followed_node(w);
    int64_t ids[4];
    follow(n.f, .bearer = n.nsk, .judged = true);
    for (size_t i = 0; i < 4; i++)
        ids[i] = frame_with(n.f, publish(&n))->id;
    follow(n.f, .bearer = n.nsk, .last_event_id = id_text(w, ids[1]), .judged = true);
    for (size_t i = 2; i < 4; i++) {
        const struct frame *frame = own_frame(n.f);
        expect(w, frame->id == ids[i], "id %" PRId64 " came, expected %" PRId64, frame->id, ids[i]);
    }
    const char *live = publish(&n);
    const struct frame *frame = own_frame(n.f);
    expect(w, memmem(frame->data.data, frame->data.len, live, strlen(live)) != NULL,
           "what came behind the replay is not the live event");
    follower_holds(n.f);
}

BOTH("EVT-122", FOLLOWS, .clauses = { "EVT-067", "EVT-009" },
     .title = "behind 0 comes all that is kept, byte for byte as it was first sent")
{
    struct followed n = followed_node(w);
    const struct frame *first[3];
    follow(n.f, .bearer = n.nsk, .judged = true);
    for (size_t i = 0; i < ARRAY_LEN(first); i++)
        first[i] = frame_with(n.f, publish(&n));
    follow(n.f, .bearer = n.nsk, .last_event_id = "0", .judged = true);
    for (size_t i = 0; i < ARRAY_LEN(first); i++) {
        const struct frame *again;
        do
            again = next_frame(n.f);
        while (again->id < first[i]->id);
        expect(w,
               again->id == first[i]->id && again->data.len == first[i]->data.len &&
                   memcmp(again->data.data, first[i]->data.data, again->data.len) == 0,
               "event %zu is not what it was", i);
    }
    follower_holds(n.f);
}

BOTH("EVT-123", FOLLOWS, .clauses = { "EVT-067", "EVT-068" },
     .title = "what is published between two streams comes on the second, once")
{
    struct followed n = followed_node(w);
    follow(n.f, .bearer = n.nsk, .judged = true);
    int64_t last = frame_with(n.f, publish(&n))->id;
    for (int round = 0; round < 4; round++) {
        follower_close(n.f);
        (void)publish(&n);
        const char *newest = publish(&n);
        follow(n.f, .bearer = n.nsk, .last_event_id = id_text(w, last), .judged = true);
        last = frame_with(n.f, newest)->id;
    }
    follower_holds(n.f);
}

BOTH("EVT-124", FOLLOWS, .clauses = { "EVT-070" },
     .title = "a Last-Event-ID ahead of all there is means: from now on")
{
    struct followed n = followed_node(w);
    const char *old = change_metadata(w, n.id);
    follow(n.f, .bearer = n.nsk, .last_event_id = "0", .judged = true);
    (void)frame_with(n.f, old); /* it is published, which takes its time after the change */
    follow(n.f, .bearer = n.nsk, .last_event_id = "9223372036854775807", .judged = true);
    const char *marker = publish(&n);
    const struct frame *frame = own_frame(n.f);
    expect(w, memmem(frame->data.data, frame->data.len, marker, strlen(marker)) != NULL,
           "an old event came");
    follower_holds(n.f);
}

/* A peer's new endpoint is an event for every other Node of the Domain: many writers at once, and
 * one who breaks off and resumes all the time. */
enum { WRITERS = 12, ROUNDS = 12 };

static json_t *endpoint_body(struct world *w, const char *address)
{
    return json_pack("{s:s, s:s, s:s}", "endpoint", address, "nat_type", "symmetric", "reported_at",
                     timestamp_format(w->arena, world_now(w)));
}

BOTH("EVT-125", .needs = { "events", "mesh", "node-state", "registration", "resources" },
     .clauses = { "EVT-068", "EVT-006" }, .budget_ms = 120000,
     .title = "with many writers at once no committed event is passed over by a resume")
{
    const char *project =
        json_text(world_new_project(w, json_text(world_new_domain(w), "id")), "id");
    struct followed n = followed_in(w, project);
    const json_t *writers[WRITERS];
    int64_t last = 0;
    for (size_t i = 0; i < WRITERS; i++)
        writers[i] = world_new_node(w, project);
    follow(n.f, .bearer = n.nsk, .judged = true);
    last = frame_with(n.f, publish(&n))->id;
    for (int round = 0; round < ROUNDS; round++) {
        struct exchange *changes[WRITERS];
        const char *markers[WRITERS];
        for (size_t i = 0; i < WRITERS; i++) {
            markers[i] = path(w, "198.51.100.%zu:%d", i + 1, 10000 + round);
            changes[i] =
                put(w, path(w, "/v1/nodes/%s/endpoint", json_text(writers[i], "node_id")),
                    .bearer = json_text(writers[i], "nsk"), .json = endpoint_body(w, markers[i]));
        }
        if (round % 2 == 1)
            follower_close(n.f);
        send_together(changes, WRITERS);
        for (size_t i = 0; i < WRITERS; i++)
            accept(changes[i], 200);
        follow(n.f, .bearer = n.nsk, .last_event_id = id_text(w, last), .judged = true);
        /* Until all of this round are there; each exactly once. */
        bool seen[WRITERS] = { false };
        for (size_t missing = WRITERS; missing > 0;) {
            const struct frame *frame = next_frame(n.f);
            last = frame->id;
            for (size_t i = 0; i < WRITERS; i++)
                if (memmem(frame->data.data, frame->data.len, markers[i], strlen(markers[i]))) {
                    expect(w, !seen[i], "\"%s\" came twice", markers[i]);
                    seen[i] = true;
                    missing--;
                }
        }
    }
    follower_holds(n.f);
}

BOTH("EVT-126", FOLLOWS, .clauses = { "EVT-062" },
     .title = "who does not read holds nobody back and loses nothing")
{
    enum { EVENTS = 60 };
    struct followed slow = followed_node(w);
    struct follower *quick = follower_new(w, slow.id, slow.mvp);
    follower_trusts(quick, slow.key_id, slow.key);
    follow(slow.f, .bearer = slow.nsk, .judged = true);
    int64_t first = frame_with(slow.f, publish(&slow))->id;
    follow(quick, .bearer = slow.nsk, .judged = true);
    follower_looks_away(slow.f);
    const char *newest = NULL;
    for (int i = 0; i < EVENTS; i++) {
        newest = publish(&slow);
        (void)frame_with(quick, newest); /* each at once, while the other reads nothing */
    }
    follow(slow.f, .bearer = slow.nsk, .last_event_id = id_text(w, first), .judged = true);
    (void)frame_with(slow.f, newest);
    follower_holds(slow.f);
    follower_holds(quick);
}
