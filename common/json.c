#include "common/json.h"

#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/number.h"

#define MAX_DEPTH 64

static void release(void *value)
{
    json_decref(value);
}

json_t *json_own(struct arena *a, json_t *value)
{
    if (value != NULL)
        arena_defer(a, release, value);
    return value;
}

struct position {
    size_t line, column;
};

static struct position position_of(const char *text, size_t offset)
{
    struct position p = { 1, 1 };
    for (size_t i = 0; i < offset; i++) {
        p.column++;
        if (text[i] == '\n')
            p = (struct position){ p.line + 1, 1 };
    }
    return p;
}

/* What jansson takes and we do not: deep nesting, which endangers those who walk a value by
 * recursion, and a NUL byte behind the value. Gives the words for the fault at *offset, or NULL. */
static const char *find_fault(const char *text, size_t len, size_t *offset)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        *offset = i;
        if (c == '\0')
            return "a NUL byte";
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > MAX_DEPTH)
                return "more than 64 levels";
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return NULL;
}

/* jansson's own words quote the text near the fault, and that may be a secret. */
static const char *words_of(enum json_error_code code)
{
    switch (code) {
    case json_error_premature_end_of_input: return "the text ends too early";
    case json_error_end_of_input_expected: return "there is more text after the value";
    case json_error_invalid_utf8: return "a byte is not UTF-8";
    case json_error_null_character: return "a string holds a NUL";
    case json_error_null_byte_in_key: return "a key holds a NUL";
    case json_error_duplicate_key: return "a key stands twice in one object";
    case json_error_numeric_overflow: return "a number is too large";
    default: return "not valid JSON";
    }
}

bool json_parse(struct arena *a, const void *text, size_t len, json_t **out, struct error *e)
{
    size_t offset;
    const char *words = find_fault(text, len, &offset);
    if (words != NULL) {
        struct position p = position_of(text, offset);
        return error_set(e, "line %zu column %zu: %s", p.line, p.column, words);
    }
    json_error_t fault;
    json_t *value =
        json_loadb(len > 0 ? text : "", len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
    if (value == NULL)
        return error_set(e, "line %d column %d: %s", fault.line > 0 ? fault.line : 1,
                         fault.column > 0 ? fault.column : 1, words_of(json_error_code(&fault)));
    *out = json_own(a, value);
    return true;
}

bool json_parse_file(struct arena *a, const char *path, size_t cap, json_t **out, struct error *e)
{
    struct bytes text;
    if (!file_read(a, path, cap, &text, e))
        return false;
    return json_parse(a, text.data, text.len, out, e) || error_prefix(e, "%s", path);
}

static int append(const char *data, size_t len, void *buffer)
{
    return buffer_append(buffer, data, len) ? 0 : -1;
}

static char *dump(struct arena *a, const json_t *value, size_t flags)
{
    struct buffer b;
    buffer_init_arena(&b, SIZE_MAX / 2, a);
    json_dump_callback(value, append, &b, flags | JSON_ENCODE_ANY);
    return b.data;
}

char *json_dump(struct arena *a, const json_t *value)
{
    return dump(a, value, JSON_COMPACT);
}

char *json_dump_sorted(struct arena *a, const json_t *value)
{
    return dump(a, value, JSON_COMPACT | JSON_SORT_KEYS);
}

char *json_dump_pretty(struct arena *a, const json_t *value)
{
    return dump(a, value, JSON_INDENT(2));
}

json_t *json_member(const json_t *object, const char *key)
{
    return json_object_get(object, key);
}

const char *json_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

int64_t json_int(const json_t *object, const char *key, int64_t otherwise)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool json_flag(const json_t *object, const char *key, bool otherwise)
{
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

/* RFC 6901 §4: "~1" is "/", then "~0" is "~"; any other "~" is an error. */
static bool unescape(const char *token, size_t len, struct buffer *key)
{
    buffer_clear(key);
    for (size_t i = 0; i < len; i++) {
        char c = token[i];
        if (c == '~') {
            i++;
            if (i == len || (token[i] != '0' && token[i] != '1'))
                return false;
            c = token[i] == '0' ? '~' : '/';
        }
        if (!buffer_char(key, c))
            return false;
    }
    return true;
}

static json_t *child(const json_t *value, const char *key)
{
    int64_t index;
    if (json_is_object(value))
        return json_object_get(value, key);
    if (json_is_array(value) && number_parse(key, 0, INT64_MAX, &index))
        return json_array_get(value, (size_t)index);
    return NULL;
}

json_t *json_at(const json_t *value, const char *pointer)
{
    struct buffer key;
    buffer_init(&key, strlen(pointer));
    json_t *at = (json_t *)value;
    while (at != NULL && *pointer != '\0') {
        size_t len = *pointer == '/' ? strcspn(pointer + 1, "/") : 0;
        bool well_formed = *pointer == '/' && unescape(pointer + 1, len, &key);
        at = well_formed ? child(at, key.data) : NULL;
        pointer += len + 1;
    }
    buffer_release(&key);
    return at;
}

bool json_array_has_text(const json_t *array, const char *text)
{
    size_t i;
    json_t *item;
    json_array_foreach (array, i, item)
        if (json_is_string(item) && strcmp(json_string_value(item), text) == 0)
            return true;
    return false;
}
