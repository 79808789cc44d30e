#include "suites/ingest/ingest.h"

#include <stdarg.h>
#include <string.h>

#include "common/buffer.h"
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"

enum { BATCH_MAX = 32 * 1024 * 1024 };

const struct signal signals[] = {
    [METRICS] = { "metrics", "application/json", false },
    [LOGS] = { "logs", "application/x-ndjson", true },
    [AUDIT] = { "audit", "application/x-ndjson", true },
};

json_t *record_of(struct world *w, const struct signal *s)
{
    const char *now = timestamp_format(w->arena, world_now(w));
    if (s == &signals[METRICS])
        return json_pack("{s:s, s:s, s:f, s:s, s:{s:s}}", "group", "tunnel_health", "name", "rtt",
                         "value", 1.5, "timestamp", now, "labels", "peer", "a");
    if (s == &signals[LOGS])
        return json_pack("{s:s, s:s, s:s, s:s}", "severity", "warning", "message", "low disk",
                         "timestamp", now, "unit", "plexd.service");
    return json_pack("{s:s, s:s, s:s, s:s}", "source", "auditd", "action", "login", "outcome",
                     "success", "timestamp", now);
}

static void add_record(struct world *w, const struct signal *s, struct buffer *out, json_t *record)
{
    if (out->len > 1 || (s->lines && out->len > 0))
        buffer_char(out, s->lines ? '\n' : ',');
    buffer_text(out, json_dump(w->arena, json_own(w->arena, record)));
}

static struct bytes finished(const struct signal *s, struct buffer *out)
{
    if (!s->lines)
        buffer_char(out, ']');
    return (struct bytes){ (unsigned char *)out->data, out->len };
}

static void begin(struct world *w, const struct signal *s, struct buffer *out)
{
    buffer_init_arena(out, BATCH_MAX, w->arena);
    if (!s->lines)
        buffer_char(out, '[');
}

struct bytes batch_of(struct world *w, const struct signal *s, size_t n)
{
    struct buffer out;
    begin(w, s, &out);
    for (size_t i = 0; i < n; i++)
        add_record(w, s, &out, record_of(w, s));
    return finished(s, &out);
}

struct bytes batch_with(struct world *w, const struct signal *s, json_t *first, ...)
{
    struct buffer out;
    va_list more;
    begin(w, s, &out);
    va_start(more, first);
    for (json_t *record = first; record; record = va_arg(more, json_t *))
        add_record(w, s, &out, record);
    va_end(more);
    return finished(s, &out);
}

struct bytes joined_bytes(struct world *w, struct bytes a, struct bytes b)
{
    unsigned char *both = arena_alloc(w->arena, a.len + b.len);
    memcpy(both, a.data, a.len);
    memcpy(both + a.len, b.data, b.len);
    return (struct bytes){ both, a.len + b.len };
}

struct exchange *sending_as(struct world *w, const struct own_node *n, const struct signal *s,
                            struct bytes body, struct sending how)
{
    struct ask ask = { .raw = body,
                       .media_type = how.media_type ? how.media_type : s->media_type,
                       .base_url = how.base_url,
                       .bearer = !how.bearer   ? n->nsk
                                 : *how.bearer ? how.bearer
                                               : NULL };
    size_t headers = 0;
    if (how.encoding)
        ask.headers[headers++] = (struct ask_header){ "Content-Encoding", how.encoding };
    const char *sent_at = how.sent_at ? how.sent_at : timestamp_format(w->arena, world_now(w));
    if (*sent_at)
        ask.headers[headers] = (struct ask_header){ "X-Plexsphere-Sent-At", sent_at };
    return exchange_new(w, "POST", path(w, "/v1/nodes/%s/%s", how.node ? how.node : n->id, s->name),
                        ask);
}

void expect_taken(struct world *w, struct exchange *x, int64_t records)
{
    struct reply *r = accept(judged(x), 202);
    instant_in(w, r, "/accepted_at");
    int64_t said = expect_int(r, "/records");
    expect(w, said == records, "records is %lld, expected %lld", (long long)said,
           (long long)records);
}
