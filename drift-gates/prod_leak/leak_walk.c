#include "drift-gates/prod_leak/leak_walk.h"

#include <yaml.h>

#include "common/buffer.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/text.h"

#define PATH_CAP ((size_t)1 << 16)

struct walk {
    const json_t *secret_names;
    void (*visit)(void *arg, const struct leak_text *text);
    void *arg;
    struct buffer path;
    struct leak_text text;
};

static void walk_value(struct walk *w, const json_t *value, bool secret);

static void tell(struct walk *w, struct bytes text, bool secret)
{
    w->text.path = w->path.data;
    w->text.text = text;
    w->text.secret = secret;
    w->visit(w->arg, &w->text);
}

static void cut(struct buffer *path, size_t len)
{
    path->len = len;
    path->data[len] = '\0';
    path->overflow = false;
}

static void walk_array(struct walk *w, const json_t *array, bool secret)
{
    size_t i, before = w->path.len;
    json_t *item;
    json_array_foreach (array, i, item) {
        const char *name = json_text(item, "name");
        if (name != NULL)
            buffer_printf(&w->path, "[%s]", name);
        else
            buffer_printf(&w->path, "[%zu]", i);
        walk_value(w, item, secret);
        cut(&w->path, before);
    }
}

/* {name: PASSWORD, value: …} is PASSWORD's value. */
static bool is_secret(const struct walk *w, const json_t *object, const char *key)
{
    const char *name = text_equal(key, "value") ? json_text(object, "name") : NULL;
    return json_object_get(w->secret_names, key) != NULL ||
           (name != NULL && json_object_get(w->secret_names, name) != NULL);
}

static bool is_secret_data(const struct walk *w, const char *key)
{
    return w->path.len == 0 && text_equal(w->text.object->kind, "Secret") &&
           (text_equal(key, "data") || text_equal(key, "stringData"));
}

static void walk_object(struct walk *w, const json_t *object, bool secret)
{
    size_t before = w->path.len;
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)object, key, value) {
        bool below = secret || is_secret(w, object, key) || is_secret_data(w, key);
        buffer_text(&w->path, before == 0 ? "" : ".");
        buffer_text(&w->path, key);
        w->text.at = object;
        w->text.key = key;
        tell(w, BYTES_OF_TEXT(key), false);
        walk_value(w, value, below);
        cut(&w->path, before);
    }
}

static void walk_value(struct walk *w, const json_t *value, bool secret)
{
    char number[64];
    if (json_is_array(value)) {
        walk_array(w, value, secret);
    } else if (json_is_object(value)) {
        walk_object(w, value, secret);
    } else if (json_is_string(value)) {
        tell(w,
             (struct bytes){ (const unsigned char *)json_string_value(value),
                             json_string_length(value) },
             secret);
    } else if (json_is_integer(value)) {
        snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
        tell(w, BYTES_OF_TEXT(number), secret);
    }
}

void leak_walk(struct arena *a, const struct object *o, const json_t *secret_names,
               void (*visit)(void *arg, const struct leak_text *text), void *arg)
{
    struct walk w = { .secret_names = secret_names, .visit = visit, .arg = arg };
    w.text.object = o;
    buffer_init_arena(&w.path, PATH_CAP, a);
    walk_value(&w, o->value, false);
}

/* ---- what a render holds beside its scalars ---- */

struct span {
    size_t from, to; /* characters, as libyaml counts */
};

struct rest {
    struct span *spans; /* of the document that is being read */
    size_t n, room;
    bool kind, version; /* it has both, so it is an object */
    bool list;          /* of a kind …List, whose items may be no objects: it stays as it is */
    size_t character, byte; /* the same place in both counts */
    struct bytes out;
};

static void add_span(struct rest *r, struct span span)
{
    if (r->n == r->room) {
        r->room = r->room == 0 ? 256 : r->room * 2;
        r->spans = mem_resize(r->spans, r->room, sizeof(*r->spans));
    }
    r->spans[r->n++] = span;
}

static size_t byte_of(struct rest *r, size_t character)
{
    while (r->character < character && r->byte < r->out.len) {
        r->byte++;
        while (r->byte < r->out.len && (r->out.data[r->byte] & 0xC0) == 0x80)
            r->byte++;
        r->character++;
    }
    return r->byte;
}

static void blank(struct rest *r)
{
    unsigned char *text = (unsigned char *)(uintptr_t)r->out.data;
    for (size_t i = 0; r->kind && r->version && !r->list && i < r->n; i++) {
        size_t from = byte_of(r, r->spans[i].from), to = byte_of(r, r->spans[i].to);
        for (; from < to; from++)
            text[from] = text[from] == '\n' ? '\n' : ' ';
    }
    r->n = 0;
    r->kind = r->version = r->list = false;
}

static void note_event(struct rest *r, const yaml_event_t *event, int *depth)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        if (*depth == 1) {
            const char *text = (const char *)event->data.scalar.value;
            r->kind = r->kind || text_equal(text, "kind");
            r->version = r->version || text_equal(text, "apiVersion");
            r->list = r->list || text_ends(text, "List");
        }
        add_span(r, (struct span){ event->start_mark.index, event->end_mark.index });
        break;
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT: ++*depth; break;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT: --*depth; break;
    case YAML_DOCUMENT_END_EVENT: blank(r); break;
    default: break;
    }
}

/* Lines that hold nothing but YAML's punctuation say nothing: they become empty, and blanks at the
 * end of a line go. So what is left is small, and not taken for YAML again; a line stays the line
 * it was. */
static size_t pack_lines(unsigned char *text, size_t len)
{
    static const char punctuation[] = " \t\r:-?,{}[]|>";
    unsigned char *line = text, *end = text + len, *out = text;
    while (line < end) {
        unsigned char *to = memchr(line, '\n', (size_t)(end - line)), *p = line, *last;
        unsigned char *next = to == NULL ? end : to + 1;
        for (last = to == NULL ? end : to; last > line && last[-1] == ' ';)
            last--;
        while (p < last && memchr(punctuation, *p, sizeof(punctuation) - 1) != NULL)
            p++;
        bool parts = last - line == 3 && memcmp(line, "---", 3) == 0; /* documents */
        size_t kept = p == last && !parts ? 0 : (size_t)(last - line);
        memmove(out, line, kept);
        out += kept;
        if (to != NULL)
            *out++ = '\n';
        line = next;
    }
    return (size_t)(out - text);
}

struct bytes leak_rest(struct arena *a, struct bytes yaml)
{
    struct rest r = { .out = { arena_copy(a, yaml.data, yaml.len), yaml.len } };
    yaml_parser_t parser;
    yaml_event_t event;
    int depth = 0;
    if (yaml.len == 0 || !yaml_parser_initialize(&parser))
        return r.out;
    yaml_parser_set_input_string(&parser, yaml.data, yaml.len);
    while (yaml_parser_parse(&parser, &event) && event.type != YAML_STREAM_END_EVENT) {
        note_event(&r, &event, &depth);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    mem_free(r.spans);
    r.out.len = pack_lines((unsigned char *)(uintptr_t)r.out.data, r.out.len);
    return r.out;
}
