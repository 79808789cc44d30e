#include "reference/plexsphere/events/batch.h"

static void batch_add(struct batch *b, struct bytes part, uint64_t position)
{
    b->positions[b->n] = position;
    b->iov[b->n++] = (struct iovec){ (void *)(uintptr_t)part.data, part.len };
    b->bytes += part.len;
}

static bool wants(const struct stream *s, const struct ring_event *e)
{
    return e->seq > s->skip && e->frames[stream_dialect(s)].chunk.len > 0 &&
           ring_event_is_for(e, &s->owner.domain_id, &s->owner.node_id);
}

static void gather_events(struct stream *s, struct batch *b)
{
    const struct ring *r = &s->hub->ring;
    uint64_t position = s->cursor;
    for (; position < r->end && b->n < BATCH_FRAMES && b->bytes < BATCH_BYTES; position++) {
        const struct ring_event *e = ring_at(r, position);
        if (wants(s, e)) {
            struct bytes frame = frame_bytes(&e->frames[stream_dialect(s)], s->chunked);
            size_t sent = position == s->cursor ? s->offset : 0;
            batch_add(b, (struct bytes){ frame.data + sent, frame.len - sent }, position);
        } else if (b->n == b->events) {
            s->cursor = position + 1; /* what is not for it does not hold it back */
        }
    }
    s->pending = b->n > b->events || position < r->end;
}

bool batch_gather(struct stream *s, struct batch *b)
{
    struct hub *h = s->hub;
    b->n = b->events = 0;
    b->bytes = 0;
    if (stream_has_first(s)) {
        struct bytes rest = { (unsigned char *)s->first.data + s->first_sent,
                              s->first.len - s->first_sent };
        batch_add(b, rest, 0);
        b->events = 1;
    }
    pthread_mutex_lock(&h->lock);
    b->last = s->cut || s->ending;
    bool there = b->last || !s->pending || s->cursor >= h->ring.first;
    if (there && s->pending && !b->last)
        gather_events(s, b);
    pthread_mutex_unlock(&h->lock);
    return there;
}

static size_t note_first(struct stream *s, size_t sent)
{
    size_t rest = s->first.len - s->first_sent;
    if (sent < rest) {
        s->first_sent += sent;
        return 0;
    }
    s->hub->replay_bytes -= s->counted;
    s->counted = 0;
    buffer_release(&s->first);
    s->first_sent = 0;
    return sent - rest;
}

void batch_note_sent(struct stream *s, const struct batch *b, size_t sent)
{
    if (b->events > 0)
        sent = note_first(s, sent);
    for (int i = b->events; i < b->n && !stream_has_first(s); i++) {
        if (s->cursor != b->positions[i]) {
            s->cursor = b->positions[i];
            s->offset = 0;
        }
        if (sent < b->iov[i].iov_len) {
            s->offset += sent;
            return;
        }
        sent -= b->iov[i].iov_len;
        s->cursor++;
        s->offset = 0;
    }
}
