#include "reference/plexsphere/events/follow.h"

enum { REPLAY_AT_ONCE = 256 };

/* From *after on, to what is the last one now; *after is then the last one replayed. A replay that
 * does not fit ends the stream behind it: its follower comes again with the number it got to. */
static bool replay(struct tx *tx, struct event_bus *bus, const struct stream_owner *owner,
                   struct stream *s, int64_t *after)
{
    struct bus_event *events;
    size_t n;
    do {
        if (!bus->replay(bus, tx, &owner->domain_id, &owner->node_id, *after, REPLAY_AT_ONCE,
                         &events, &n))
            return false;
        for (size_t i = 0; i < n; i++) {
            bool published = (owner->mvp ? events[i].mvp : events[i].v1).len > 0;
            if (published && !stream_replay(s, &events[i]))
                return true;
            *after = events[i].seq;
        }
    } while (n == REPLAY_AT_ONCE);
    return true;
}

/* The stream has joined: what is published from here on reaches it by the ring, what was published
 * before is seen by head() and replay(). What both bring is skipped by its number. */
static bool bring_up(struct tx *tx, struct event_bus *bus, const struct stream_owner *owner,
                     struct stream *s, const int64_t *after)
{
    int64_t head;
    if (!bus->head(bus, tx, &head))
        return false;
    if (after != NULL && *after < head) {
        int64_t last = *after;
        if (!replay(tx, bus, owner, s, &last))
            return false;
        head = last > head ? last : head;
    }
    stream_skip(s, head);
    return true;
}

struct stream *follow(struct tx *tx, struct event_bus *bus, struct hub *hub,
                      const struct stream_owner *owner, const int64_t *after)
{
    bool covered;
    struct stream *s = hub_join(hub, owner, after, &covered);
    if (s == NULL || covered || bring_up(tx, bus, owner, s, after))
        return s;
    struct answer_stream *given_up = stream_answer(s);
    given_up->drop(given_up);
    return NULL;
}
