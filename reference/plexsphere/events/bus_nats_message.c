#include "reference/plexsphere/events/bus_nats_message.h"

#include <jansson.h>
#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/encoding.h"
#include "common/json.h"

enum { NO_MESSAGE = 10037, HEAD_ROOM = 4096 };

char *nats_subject(struct arena *a, const struct uuid *domain, const struct uuid *node)
{
    bool all = !node || uuid_is_nil(node);
    return arena_printf(a, "plexsphere.events.%s.%s", uuid_text(a, domain),
                        all ? "all" : uuid_text(a, node));
}

struct bytes nats_message(struct arena *a, const struct bus_event *event)
{
    struct buffer out;
    json_t *head = json_own(a, json_object());
    json_object_set_new(head, "type", json_string(event->type));
    json_object_set_new(head, "domain_id", json_string(uuid_text(a, &event->domain_id)));
    json_object_set_new(head, "node_id", json_string(uuid_text(a, &event->node_id)));
    json_object_set_new(head, "but_node_id", json_string(uuid_text(a, &event->but_node_id)));
    json_object_set_new(head, "issued_at", json_integer(event->issued_at));
    buffer_init_arena(&out, event->v1.len + event->mvp.len + strlen(event->type) + HEAD_ROOM, a);
    buffer_text(&out, json_dump(a, head));
    buffer_char(&out, '\n');
    buffer_append(&out, event->v1.data, event->v1.len);
    buffer_char(&out, '\n');
    buffer_append(&out, event->mvp.data, event->mvp.len);
    return (struct bytes){ (const unsigned char *)out.data, out.len };
}

/* The text up to the next line feed; *rest begins behind it. */
static struct bytes take_line(struct bytes *rest)
{
    const unsigned char *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
    struct bytes line = { rest->data, end ? (size_t)(end - rest->data) : rest->len };
    size_t used = end ? line.len + 1 : line.len;
    *rest = (struct bytes){ rest->data + used, rest->len - used };
    return line;
}

static bool id_of(const json_t *head, const char *name, struct uuid *out)
{
    const char *text = json_text(head, name);
    return text && uuid_parse(text, out);
}

bool nats_message_read(struct arena *a, struct bytes message, int64_t seq, struct bus_event *out)
{
    json_t *head;
    struct bytes rest = message, first = take_line(&rest);
    *out = (struct bus_event){ .seq = seq };
    if (!json_parse(a, first.data, first.len, &head, NULL))
        return false;
    out->type = json_text(head, "type");
    out->issued_at = json_int(head, "issued_at", 0);
    out->v1 = take_line(&rest);
    out->mvp = take_line(&rest);
    return out->type && id_of(head, "domain_id", &out->domain_id) &&
           id_of(head, "node_id", &out->node_id) && id_of(head, "but_node_id", &out->but_node_id) &&
           out->v1.len + out->mvp.len > 0;
}

char *nats_next_request(struct arena *a, const char *subject, int64_t from)
{
    json_t *request = json_own(a, json_object());
    json_object_set_new(request, "seq", json_integer(from));
    json_object_set_new(request, "next_by_subj", json_string(subject));
    return json_dump(a, request);
}

bool nats_next_answer(struct arena *a, struct bytes answer, bool *found, struct bus_event *out)
{
    json_t *document;
    struct bytes message;
    *found = false;
    if (!json_parse(a, answer.data, answer.len, &document, NULL))
        return false;
    if (json_member(document, "error"))
        return json_int(json_member(document, "error"), "err_code", 0) == NO_MESSAGE;
    const json_t *body = json_member(document, "message");
    const char *data = json_text(body, "data");
    if (!data || !base64_decode(a, BASE64_STANDARD, data, strlen(data), &message))
        return false;
    *found = true;
    return nats_message_read(a, message, json_int(body, "seq", 0), out);
}
