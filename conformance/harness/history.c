#include "harness/history.h"

#include <string.h>

#include "common/buffer.h"
#include "common/encoding.h"
#include "common/file.h"
#include "common/json.h"
#include "common/text.h"

enum { HISTORY_CAP = 64 * 1024 * 1024 };

static const char *const kind_names[] = { "opened", "frame",     "comment", "garbage",
                                          "closed", "published", "unread" };

struct history *history_create(struct arena *a, const char *node_id, bool mvp)
{
    struct history *h = arena_alloc(a, sizeof *h);
    *h = (struct history){ .arena = a, .node_id = node_id, .mvp = mvp };
    return h;
}

void history_key(struct history *h, const char *id, const unsigned char public_key[32])
{
    if (h->n_keys == ARRAY_LEN(h->keys))
        return;
    h->keys[h->n_keys].id = arena_strdup(h->arena, id);
    memcpy(h->keys[h->n_keys++].public_key, public_key, 32);
}

void history_add(struct history *h, const struct moment *m)
{
    if (h->n == h->room) {
        size_t room = h->room ? 2 * h->room : 64;
        struct moment *more = arena_alloc_array(h->arena, room, sizeof *more);
        if (h->n > 0)
            memcpy(more, h->moments, h->n * sizeof *more);
        h->moments = more;
        h->room = room;
    }
    h->moments[h->n++] = *m;
}

static json_t *head_line(const struct history *h)
{
    json_t *keys = json_array();
    for (size_t i = 0; i < h->n_keys; i++)
        json_array_append_new(keys, json_pack("{s:s, s:s}", "id", h->keys[i].id, "public_key",
                                              base64_encode(h->arena, BASE64_STANDARD,
                                                            h->keys[i].public_key, 32)));
    return json_pack("{s:s, s:s, s:o}", "node_id", h->node_id, "dialect", h->mvp ? "mvp" : "v1",
                     "keys", keys);
}

/* Data goes out as base64: a history must hold broken bytes, too. */
static json_t *moment_line(const struct history *h, const struct moment *m)
{
    json_t *line = json_pack("{s:s, s:I, s:i}", "kind", kind_names[m->kind], "at",
                             (json_int_t)m->at, "stream", m->stream);
    if (m->kind == MOMENT_FRAME || m->kind == MOMENT_OPENED)
        json_object_set_new(line, "id", json_integer(m->id));
    if (m->kind == MOMENT_FRAME) {
        json_object_set_new(line, "event", json_string(m->event));
        json_object_set_new(line, "data",
                            json_string(base64_encode(h->arena, BASE64_STANDARD, m->data.data,
                                                      m->data.len)));
    }
    if (m->text != NULL)
        json_object_set_new(line, "text",
                            json_string(base64_encode(h->arena, BASE64_STANDARD, m->text,
                                                      strlen(m->text))));
    return line;
}

static void append_line(struct buffer *b, struct arena *a, json_t *line)
{
    buffer_text(b, json_dump(a, json_own(a, line)));
    buffer_char(b, '\n');
}

bool history_write(const struct history *h, const char *path, struct error *e)
{
    struct buffer b;
    buffer_init(&b, HISTORY_CAP);
    append_line(&b, h->arena, head_line(h));
    for (size_t i = 0; i < h->n; i++)
        append_line(&b, h->arena, moment_line(h, &h->moments[i]));
    bool ok = b.overflow ? error_set(e, "the history is longer than %d bytes", HISTORY_CAP)
                         : file_write_atomic(path, b.data, b.len, 0644, e);
    buffer_release(&b);
    return ok;
}

static bool decode(struct arena *a, const char *text, struct bytes *out)
{
    return text != NULL && base64_decode(a, BASE64_STANDARD, text, strlen(text), out);
}

static bool read_head(struct history *h, const json_t *line)
{
    size_t i;
    const json_t *key, *keys = json_member(line, "keys");
    h->node_id = json_text(line, "node_id");
    h->mvp = text_equal(json_text(line, "dialect"), "mvp");
    json_array_foreach (keys, i, key) {
        struct bytes raw;
        if (!decode(h->arena, json_text(key, "public_key"), &raw) || raw.len != 32 ||
            json_text(key, "id") == NULL)
            return false;
        history_key(h, json_text(key, "id"), raw.data);
    }
    return h->node_id != NULL;
}

static bool read_kind(const char *name, enum moment_kind *out)
{
    for (size_t i = 0; i < ARRAY_LEN(kind_names); i++)
        if (text_equal(name, kind_names[i])) {
            *out = (enum moment_kind)i;
            return true;
        }
    return false;
}

static bool read_moment(struct history *h, const json_t *line)
{
    struct moment m = { .at = json_int(line, "at", 0),
                        .stream = (int)json_int(line, "stream", 0),
                        .id = json_int(line, "id", -1),
                        .event = json_text(line, "event") };
    struct bytes text;
    if (!read_kind(json_text(line, "kind"), &m.kind))
        return false;
    if (m.kind == MOMENT_FRAME &&
        (m.event == NULL || m.id < 0 || !decode(h->arena, json_text(line, "data"), &m.data)))
        return false;
    if (json_member(line, "text") != NULL) {
        if (!decode(h->arena, json_text(line, "text"), &text))
            return false;
        m.text = arena_strndup(h->arena, (const char *)text.data, text.len);
    }
    bool needs_text = m.kind == MOMENT_PUBLISHED || m.kind == MOMENT_COMMENT;
    if (needs_text && m.text == NULL)
        return false;
    history_add(h, &m);
    return true;
}

bool history_read(struct arena *a, const char *path, struct history **out, struct error *e)
{
    struct bytes text;
    if (!file_read(a, path, HISTORY_CAP, &text, e))
        return false;
    size_t n;
    char **lines = text_split(a, (const char *)text.data, '\n', &n);
    *out = history_create(a, "", false);
    for (size_t i = 0; i < n; i++) {
        json_t *line;
        struct error why = { "" };
        if (i > 0 && *lines[i] == '\0')
            continue;
        if (!json_parse(a, lines[i], strlen(lines[i]), &line, &why))
            return error_set(e, "%s: line %zu: %s", path, i + 1, why.text);
        if (i == 0 ? !read_head(*out, line) : !read_moment(*out, line))
            return error_set(e, "%s: line %zu: is no part of a history", path, i + 1);
    }
    return true;
}
