#include "reference/plexsphere/events/ring.h"

#include <stdio.h>
#include <string.h>

#include "common/memory.h"

enum { FRAME_MOST = 4 << 20, CHUNK_LINE = 16 };

struct bytes frame_bytes(const struct frame *f, bool chunked)
{
    const unsigned char *data = (const unsigned char *)f->chunk.data;
    if (chunked || f->chunk.len == 0)
        return (struct bytes){ data, f->chunk.len };
    return (struct bytes){ data + f->before, f->chunk.len - f->before - 2 };
}

bool ring_event_is_for(const struct ring_event *e, const struct uuid *domain,
                       const struct uuid *node)
{
    if (!uuid_equal(&e->domain_id, domain))
        return false;
    return uuid_is_nil(&e->node_id) ? !uuid_equal(&e->but_node_id, node)
                                    : uuid_equal(&e->node_id, node);
}

/* EVT-060: the fields in this order, one line of data. The length of a chunk stands before it, so
 * the frame is measured first. */
bool frame_make(struct frame *f, const struct bus_event *event, struct bytes data)
{
    struct buffer *b = &f->chunk;
    static const char form[] = "id: %lld\nevent: %s\ndata: ";
    char line[CHUNK_LINE];
    buffer_init(b, FRAME_MOST);
    if (data.len == 0)
        return true;
    int fields = snprintf(NULL, 0, form, (long long)event->seq, event->type);
    f->before = (size_t)snprintf(line, sizeof line, "%zx\r\n", (size_t)fields + data.len + 2);
    buffer_text(b, line);
    buffer_printf(b, form, (long long)event->seq, event->type);
    buffer_append(b, data.data, data.len);
    buffer_text(b, "\n\n\r\n");
    return !b->overflow;
}

static struct ring_event *event_make(const struct bus_event *event)
{
    struct ring_event *e = mem_alloc(sizeof *e);
    e->seq = event->seq;
    e->issued_at = event->issued_at;
    e->domain_id = event->domain_id;
    e->node_id = event->node_id;
    e->but_node_id = event->but_node_id;
    bool v1 = frame_make(&e->frames[DIALECT_V1], event, event->v1);
    bool mvp = frame_make(&e->frames[DIALECT_MVP], event, event->mvp);
    if (v1 && mvp)
        return e;
    ring_events_free(e);
    return NULL;
}

void ring_events_free(struct ring_event *gone)
{
    while (gone != NULL) {
        struct ring_event *e = gone;
        gone = e->next;
        for (int i = 0; i < DIALECTS; i++)
            buffer_release(&e->frames[i].chunk);
        mem_free(e);
    }
}

static size_t weight(const struct ring_event *e)
{
    return sizeof *e + e->frames[DIALECT_V1].chunk.size + e->frames[DIALECT_MVP].chunk.size;
}

void ring_init(struct ring *r, size_t n_slots, size_t bytes_most)
{
    *r = (struct ring){ .slots = mem_alloc_array(n_slots, sizeof(struct ring_event *)),
                        .n_slots = n_slots,
                        .bytes_most = bytes_most };
}

static struct ring_event **slot(const struct ring *r, uint64_t position)
{
    return &r->slots[position & (r->n_slots - 1)];
}

static void push_out(struct ring *r)
{
    struct ring_event *e = *slot(r, r->first++);
    r->bytes -= weight(e);
    r->pushed_out = e->seq;
    if (r->gone == NULL)
        r->gone = e;
    else
        r->gone_last->next = e;
    r->gone_last = e;
}

void ring_release(struct ring *r)
{
    while (r->first < r->end)
        push_out(r);
    ring_events_free(ring_take_gone(r, r->end));
    mem_free(r->slots);
    *r = (struct ring){ 0 };
}

const struct ring_event *ring_at(const struct ring *r, uint64_t position)
{
    return *slot(r, position);
}

static int64_t last_seq(const struct ring *r)
{
    return r->first < r->end ? ring_at(r, r->end - 1)->seq : r->pushed_out;
}

const struct ring_event *ring_add(struct ring *r, const struct bus_event *event, int64_t oldest)
{
    if (event->seq <= last_seq(r))
        return NULL;
    struct ring_event *e = event_make(event);
    if (e == NULL)
        return NULL;
    while (r->first < r->end &&
           (r->end - r->first == r->n_slots || r->bytes + weight(e) > r->bytes_most ||
            ring_at(r, r->first)->issued_at < oldest))
        push_out(r);
    e->position = r->end++;
    *slot(r, e->position) = e;
    r->bytes += weight(e);
    return e;
}

/* The first position whose event comes after `seq`. */
static uint64_t position_after(const struct ring *r, int64_t seq)
{
    uint64_t low = r->first, high = r->end;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (ring_at(r, middle)->seq > seq)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

bool ring_covers(const struct ring *r, int64_t seq, int64_t oldest, uint64_t *position)
{
    if (r->first == r->end || seq > last_seq(r))
        return false;
    /* Before its first event the ring knows of nothing but what it has pushed out itself. */
    if (seq < ring_at(r, r->first)->seq - 1 && (r->pushed_out == 0 || seq < r->pushed_out))
        return false;
    *position = position_after(r, seq);
    while (*position < r->end && ring_at(r, *position)->issued_at < oldest)
        ++*position;
    return true;
}

struct ring_event *ring_take_gone(struct ring *r, uint64_t position)
{
    struct ring_event *gone = r->gone, *last = NULL;
    while (r->gone != NULL && r->gone->position < position) {
        last = r->gone;
        r->gone = last->next;
    }
    if (last == NULL)
        return NULL;
    last->next = NULL;
    return gone;
}
