#include "drift-gates/golden_flow/chainsaw.h"

#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"

static const char *const verbs[] = { "apply",  "assert", "command", "create", "delete",  "describe",
                                     "error",  "events", "get",     "patch",  "podLogs", "proxy",
                                     "script", "sleep",  "update",  "wait" };

static int line_of(const struct chainsaw_reader *r, const json_t *at, const char *key)
{
    return yaml_line_of(r->arena, at, key);
}

static bool is_verb(const char *key)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (text_equal(verbs[i], key))
            return true;
    }
    return false;
}

/* Assertions, and what carries an expectation of its own. */
static bool can_judge(const char *verb, const json_t *body)
{
    return text_equal(verb, "assert") || text_equal(verb, "error") || text_equal(verb, "wait") ||
           json_object_get(body, "check") != NULL || json_object_get(body, "expect") != NULL;
}

static bool read_operation(const struct chainsaw_reader *r, const json_t *list, const json_t *value,
                           struct chainsaw_operation *out)
{
    const char *key, *verb = NULL;
    json_t *member;
    int line = line_of(r, value, NULL);
    if (line == 0) /* no mapping has no line of its own */
        line = line_of(r, list, NULL);
    json_object_foreach ((json_t *)value, key, member) {
        if (!is_verb(key))
            continue;
        if (verb != NULL) {
            r->fault(r->self, line, "an entry of 'try' holds two operations");
            return false;
        }
        verb = key;
    }
    if (verb == NULL) {
        r->fault(r->self, line, "an entry of 'try' holds no operation that chainsaw knows");
        return false;
    }
    const json_t *body = json_object_get(value, verb);
    *out = (struct chainsaw_operation){ .verb = verb,
                                        .description = json_text(value, "description"),
                                        .body = body,
                                        .judges = can_judge(verb, body),
                                        .line = line_of(r, value, verb) };
    return true;
}

static void read_step(const struct chainsaw_reader *r, const json_t *list, const json_t *value,
                      struct chainsaw_step *out)
{
    const json_t *operations = json_object_get(value, "try"), *row;
    size_t i;
    int line = line_of(r, value, NULL);
    *out = (struct chainsaw_step){ .name = json_text(value, "name"),
                                   .description = json_text(value, "description"),
                                   .uses = json_object_get(value, "use") != NULL,
                                   .line = line != 0 ? line : line_of(r, list, NULL) };
    if (text_blank(out->name))
        r->fault(r->self, out->line, "a step has no name");
    if (operations != NULL && !json_is_array(operations))
        r->fault(r->self, line_of(r, value, "try"), "'try' must be a list");
    out->operations =
        arena_alloc_array(r->arena, json_array_size(operations) + 1, sizeof(*out->operations));
    json_array_foreach (operations, i, row) {
        if (read_operation(r, operations, row, &out->operations[out->n]))
            out->n++;
    }
}

static void read_test(const struct chainsaw_reader *r, const json_t *value,
                      struct chainsaw_test *out)
{
    const json_t *spec = json_object_get(value, "spec");
    const json_t *skip = json_object_get(spec, "skip"), *steps = json_object_get(spec, "steps");
    const char *name = json_text(json_object_get(value, "metadata"), "name");
    const json_t *row;
    size_t i;
    *out = (struct chainsaw_test){ .name = name == NULL ? "" : name,
                                   .skip = json_is_true(skip),
                                   .line = line_of(r, value, NULL) };
    if (text_blank(name))
        r->fault(r->self, out->line, "a Test has no metadata.name");
    if (skip != NULL && !json_is_boolean(skip))
        r->fault(r->self, line_of(r, spec, "skip"), "'skip' must be true or false");
    if (steps != NULL && !json_is_array(steps))
        r->fault(r->self, line_of(r, spec, "steps"), "'steps' must be a list");
    out->steps = arena_alloc_array(r->arena, json_array_size(steps) + 1, sizeof(*out->steps));
    json_array_foreach (steps, i, row)
        read_step(r, steps, row, &out->steps[out->n++]);
}

bool chainsaw_read(const struct chainsaw_reader *r, struct bytes text, struct chainsaw_test **out,
                   size_t *n, struct error *e)
{
    json_t *documents, *row;
    size_t i;
    if (!yaml_parse_stream(r->arena, text.data, text.len, &documents, e))
        return false;
    *out = arena_alloc_array(r->arena, json_array_size(documents) + 1, sizeof(**out));
    *n = 0;
    json_array_foreach (documents, i, row) {
        if (text_starts(json_text(row, "apiVersion"), CHAINSAW_GROUP) &&
            text_equal(json_text(row, "kind"), "Test"))
            read_test(r, row, &(*out)[(*n)++]);
    }
    return true;
}
