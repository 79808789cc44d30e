#include "common/yaml.h"

#include <string.h>
#include <yaml.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "common/yaml_lines.h"
#include "common/yaml_scalar.h"

#define MAX_NODES 1000000
#define MAX_DEPTH 200

struct reader {
    struct arena *arena;
    struct error *e;
    yaml_parser_t parser;
    struct yaml_lines *lines;
    json_t *anchors; /* name: [value, nodes, levels below it] */
    size_t nodes;    /* of the whole text, aliases counted as what they stand for */
    size_t depth, deepest;
};

static bool fail_at(struct reader *r, yaml_mark_t mark, const char *problem)
{
    return error_set(r->e, "line %zu column %zu: %s", mark.line + 1, mark.column + 1, problem);
}

static bool next_event(struct reader *r, yaml_event_t *event)
{
    if (yaml_parser_parse(&r->parser, event) == 1)
        return true;
    const char *problem = r->parser.problem != NULL ? r->parser.problem : "cannot be read";
    bool marked = r->parser.error == YAML_SCANNER_ERROR || r->parser.error == YAML_PARSER_ERROR;
    return fail_at(r, marked ? r->parser.problem_mark : r->parser.mark, problem);
}

static bool count_nodes(struct reader *r, size_t n, size_t levels, yaml_mark_t mark)
{
    r->nodes += n;
    if (r->nodes > MAX_NODES)
        return fail_at(r, mark, "more than 1,000,000 nodes");
    if (r->depth + levels > MAX_DEPTH)
        return fail_at(r, mark, "more than 200 levels");
    if (r->depth + levels > r->deepest)
        r->deepest = r->depth + levels;
    return true;
}

static json_t *read_node(struct reader *r, const yaml_event_t *event);

static json_t *read_scalar(struct reader *r, const yaml_event_t *event)
{
    const char *problem = NULL;
    json_t *value =
        yaml_scalar_value(r->arena, (const char *)event->data.scalar.value,
                          event->data.scalar.length, (const char *)event->data.scalar.tag,
                          event->data.scalar.plain_implicit != 0, &problem);
    if (value == NULL)
        fail_at(r, event->start_mark, problem);
    return value;
}

static json_t *read_alias(struct reader *r, const yaml_event_t *event)
{
    json_t *known = json_object_get(r->anchors, (const char *)event->data.alias.anchor);
    if (known == NULL) {
        fail_at(r, event->start_mark, "an alias names no anchor that is complete here");
        return NULL;
    }
    size_t nodes = (size_t)json_integer_value(json_array_get(known, 1));
    size_t levels = (size_t)json_integer_value(json_array_get(known, 2));
    if (!count_nodes(r, nodes, levels, event->start_mark))
        return NULL;
    return json_incref(json_array_get(known, 0));
}

static bool read_items(struct reader *r, json_t *array)
{
    for (;;) {
        yaml_event_t event;
        if (!next_event(r, &event))
            return false;
        bool end = event.type == YAML_SEQUENCE_END_EVENT;
        json_t *item = end ? NULL : read_node(r, &event);
        yaml_event_delete(&event);
        if (end)
            return true;
        if (item == NULL)
            return false;
        json_array_append_new(array, item);
    }
}

static bool is_merge(const yaml_event_t *event)
{
    const char *tag = (const char *)event->data.scalar.tag;
    return event->type == YAML_SCALAR_EVENT &&
           text_equal((const char *)event->data.scalar.value, "<<") &&
           (tag == NULL ? event->data.scalar.plain_implicit != 0
                        : text_equal(tag, "tag:yaml.org,2002:merge"));
}

static char *read_key(struct reader *r, const yaml_event_t *event)
{
    const char *problem = "a mapping key must be a scalar";
    char *key = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        key = yaml_scalar_key(r->arena, (const char *)event->data.scalar.value,
                              event->data.scalar.length, (const char *)event->data.scalar.tag,
                              event->data.scalar.plain_implicit != 0, &problem);
    } else if (event->type == YAML_ALIAS_EVENT) {
        json_t *known = json_object_get(r->anchors, (const char *)event->data.alias.anchor);
        key = arena_strdup(r->arena, json_string_value(json_array_get(known, 0)));
        problem = "an alias used as a mapping key must name text";
    }
    if (key == NULL)
        fail_at(r, event->start_mark, problem);
    return key;
}

/* "<<" takes a mapping or a sequence of mappings. Which wins is decided when all keys are known. */
static bool note_merge(struct reader *r, json_t *merges, json_t *source, yaml_mark_t mark)
{
    size_t i;
    json_t *item;
    if (json_is_object(source))
        return json_array_append(merges, source) == 0;
    if (!json_is_array(source))
        return fail_at(r, mark, "\"<<\" needs a mapping or a sequence of mappings");
    json_array_foreach (source, i, item) {
        if (!json_is_object(item))
            return fail_at(r, mark, "\"<<\" needs a mapping or a sequence of mappings");
        json_array_append(merges, item);
    }
    return true;
}

/* A mapping's own keys win over merged ones, earlier merged ones over later. */
static bool apply_merges(struct reader *r, json_t *object, const json_t *merges, yaml_mark_t mark)
{
    size_t i;
    json_t *source, *value;
    const char *key;
    json_array_foreach (merges, i, source) {
        /* Counted, because a chain of merges multiplies like a chain of aliases. */
        if (!count_nodes(r, json_object_size(source), 0, mark))
            return false;
        json_object_foreach (source, key, value) {
            if (json_object_get(object, key) != NULL)
                continue;
            json_object_set_nocheck(object, key, value);
            yaml_lines_add(r->lines, object, arena_strdup(r->arena, key),
                           yaml_lines_find(r->lines, source, key));
        }
    }
    return true;
}

static json_t *read_member_value(struct reader *r)
{
    yaml_event_t event;
    if (!next_event(r, &event))
        return NULL;
    json_t *value = read_node(r, &event);
    yaml_event_delete(&event);
    return value;
}

static bool read_member(struct reader *r, json_t *object, json_t *merges,
                        const yaml_event_t *key_event)
{
    if (is_merge(key_event)) {
        json_t *source = read_member_value(r);
        bool ok = source != NULL && note_merge(r, merges, source, key_event->start_mark);
        json_decref(source);
        return ok;
    }
    char *key = read_key(r, key_event);
    if (key == NULL)
        return false;
    if (json_object_get(object, key) != NULL)
        return fail_at(r, key_event->start_mark, "a key stands twice in one mapping");
    json_t *value = read_member_value(r);
    if (value == NULL)
        return false;
    json_object_set_new_nocheck(object, key, value);
    yaml_lines_add(r->lines, object, key, (int)key_event->start_mark.line + 1);
    return true;
}

static bool read_members(struct reader *r, json_t *object, json_t *merges)
{
    for (;;) {
        yaml_event_t event;
        if (!next_event(r, &event))
            return false;
        bool end = event.type == YAML_MAPPING_END_EVENT;
        bool ok = end || (count_nodes(r, 1, 0, event.start_mark) &&
                          read_member(r, object, merges, &event));
        yaml_event_delete(&event);
        if (end || !ok)
            return ok;
    }
}

static json_t *read_collection(struct reader *r, const yaml_event_t *event)
{
    bool is_mapping = event->type == YAML_MAPPING_START_EVENT;
    json_t *value = is_mapping ? json_object() : json_array();
    json_t *merges = json_array();
    yaml_lines_add(r->lines, value, NULL, (int)event->start_mark.line + 1);
    r->depth++;
    bool ok = is_mapping ? read_members(r, value, merges) &&
                               apply_merges(r, value, merges, event->start_mark)
                         : read_items(r, value);
    r->depth--;
    json_decref(merges);
    if (ok)
        return value;
    json_decref(value);
    return NULL;
}

static const char *anchor_of(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT: return (const char *)event->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT: return (const char *)event->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT: return (const char *)event->data.mapping_start.anchor;
    default: return NULL;
    }
}

static json_t *read_node(struct reader *r, const yaml_event_t *event)
{
    if (event->type == YAML_ALIAS_EVENT)
        return read_alias(r, event);
    size_t nodes_before = r->nodes, deepest_before = r->deepest;
    r->deepest = r->depth;
    if (!count_nodes(r, 1, 0, event->start_mark))
        return NULL;
    json_t *value =
        event->type == YAML_SCALAR_EVENT ? read_scalar(r, event) : read_collection(r, event);
    const char *anchor = anchor_of(event);
    if (value != NULL && anchor != NULL)
        json_object_set_new_nocheck(r->anchors, anchor,
                                    json_pack("[OII]", value, (json_int_t)(r->nodes - nodes_before),
                                              (json_int_t)(r->deepest - r->depth)));
    if (r->deepest < deepest_before)
        r->deepest = deepest_before;
    return value;
}

/* The root node between a document's start, already read, and its end. */
static json_t *read_document(struct reader *r)
{
    yaml_event_t event;
    json_object_clear(r->anchors);
    json_t *value = read_member_value(r);
    if (value == NULL)
        return NULL;
    if (!next_event(r, &event)) {
        json_decref(value);
        return NULL;
    }
    yaml_event_delete(&event);
    return value;
}

/* All documents, the empty ones too. */
static bool read_stream(struct reader *r, json_t *documents, bool only_one)
{
    for (;;) {
        yaml_event_t event;
        if (!next_event(r, &event))
            return false;
        yaml_event_type_t type = event.type;
        yaml_mark_t mark = event.start_mark;
        yaml_event_delete(&event);
        if (type == YAML_STREAM_START_EVENT)
            continue;
        if (type == YAML_STREAM_END_EVENT)
            return true;
        if (only_one && json_array_size(documents) == 1)
            return fail_at(r, mark, "a second document begins where one is expected");
        json_t *document = read_document(r);
        if (document == NULL)
            return false;
        json_array_append_new(documents, document);
    }
}

static bool read_text(struct arena *a, const void *text, size_t len, bool only_one, json_t **out,
                      struct error *e)
{
    struct reader r = { .arena = a, .e = e };
    json_t *documents = json_own(a, json_array());
    if (yaml_parser_initialize(&r.parser) != 1)
        return error_set(e, "line 1 column 1: no memory for the YAML reader");
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, len > 0 ? text : (const void *)"", len);
    r.lines = yaml_lines_create(a);
    r.anchors = json_object();
    bool ok = read_stream(&r, documents, only_one);
    json_decref(r.anchors);
    yaml_parser_delete(&r.parser);
    if (!ok)
        return false;
    yaml_lines_keep(r.lines);
    *out = documents;
    return true;
}

bool yaml_parse(struct arena *a, const void *text, size_t len, json_t **out, struct error *e)
{
    json_t *documents;
    if (!read_text(a, text, len, true, &documents, e))
        return false;
    if (json_array_size(documents) == 0)
        return error_set(e, "line 1 column 1: no document");
    *out = json_array_get(documents, 0);
    return true;
}

bool yaml_parse_stream(struct arena *a, const void *text, size_t len, json_t **out, struct error *e)
{
    json_t *documents;
    if (!read_text(a, text, len, false, &documents, e))
        return false;
    for (size_t i = json_array_size(documents); i-- > 0;)
        if (json_is_null(json_array_get(documents, i)))
            json_array_remove(documents, i);
    *out = documents;
    return true;
}

bool yaml_parse_file(struct arena *a, const char *path, size_t cap, json_t **out, struct error *e)
{
    struct bytes text;
    if (!file_read(a, path, cap, &text, e))
        return false;
    return yaml_parse(a, text.data, text.len, out, e) || error_prefix(e, "%s", path);
}
