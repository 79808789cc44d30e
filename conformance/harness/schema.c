#include "harness/schema.h"

#include <math.h>
#include <string.h>

#include "common/buffer.h"
#include "common/json.h"
#include "common/text.h"
#include "harness/contract.h"
#include "harness/schema_format.h"
#include "harness/schema_pattern.h"

#define DEPTH_MAX 128

/* Where we are in the value: a chain of steps on the C stack, printed only when something is wrong.
 */
struct place {
    const struct place *parent;
    const char *key; /* NULL: an index */
    size_t index;
};

struct judging {
    struct arena *arena;
    struct error *error;
    int depth;
};

static bool validate(struct judging *j, const json_t *schema, const json_t *value,
                     const struct place *at);

static void print_place(struct buffer *out, const struct place *at)
{
    if (at == NULL || (at->key == NULL && at->parent == NULL))
        return;
    print_place(out, at->parent);
    if (at->key != NULL)
        buffer_printf(out, "/%s", at->key);
    else
        buffer_printf(out, "/%zu", at->index);
}

static bool wrong(struct judging *j, const struct place *at, const char *format, ...)
    PRINTF_LIKE(3, 4);
static bool wrong(struct judging *j, const struct place *at, const char *format, ...)
{
    struct buffer out;
    va_list args;
    if (j->error == NULL)
        return false;
    buffer_init_arena(&out, ERROR_TEXT_CAP, j->arena);
    print_place(&out, at);
    if (out.len == 0)
        buffer_char(&out, '/');
    buffer_text(&out, ": ");
    va_start(args, format);
    buffer_vprintf(&out, format, args);
    va_end(args);
    return error_set(j->error, "%s", out.data);
}

/* ---- type --------------------------------------------------------------------------------- */

static const char *type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "object";
    case JSON_ARRAY: return "array";
    case JSON_STRING: return "string";
    case JSON_INTEGER: return "integer";
    case JSON_REAL: return "number";
    case JSON_TRUE:
    case JSON_FALSE: return "boolean";
    case JSON_NULL: break;
    }
    return "null";
}

static bool has_type(const json_t *value, const char *type)
{
    if (strcmp(type, "number") == 0)
        return json_is_number(value);
    /* 1.0 is an integer in JSON Schema. */
    if (strcmp(type, "integer") == 0 && json_is_real(value))
        return trunc(json_real_value(value)) == json_real_value(value);
    return strcmp(type, type_name(value)) == 0;
}

static bool check_type(struct judging *j, const json_t *want, const json_t *value,
                       const struct place *at)
{
    size_t i;
    json_t *one;
    if (json_is_string(want))
        return has_type(value, json_string_value(want)) ||
               wrong(j, at, "is %s, not %s", type_name(value), json_string_value(want));
    json_array_foreach (want, i, one)
        if (has_type(value, json_string_value(one)))
            return true;
    return wrong(j, at, "is %s, which is not among the types allowed", type_name(value));
}

/* ---- values ------------------------------------------------------------------------------- */

static bool check_enum(struct judging *j, const json_t *want, const json_t *value,
                       const struct place *at)
{
    size_t i;
    json_t *one;
    json_array_foreach (want, i, one)
        if (json_equal(one, value))
            return true;
    return wrong(j, at, "is not one of %s", json_dump(j->arena, want));
}

static bool check_const(struct judging *j, const json_t *want, const json_t *value,
                        const struct place *at)
{
    return json_equal(want, value) || wrong(j, at, "is not %s", json_dump(j->arena, want));
}

static bool check_pattern(struct judging *j, const json_t *want, const json_t *value,
                          const struct place *at)
{
    const char *pattern = json_string_value(want);
    if (!json_is_string(value))
        return true;
    return schema_pattern_matches(pattern, json_string_value(value)) ||
           wrong(j, at, "does not match %s", pattern);
}

static bool check_format(struct judging *j, const json_t *want, const json_t *value,
                         const struct place *at)
{
    const char *format = json_string_value(want);
    bool vowel = strchr("aeio", format[0]) != NULL;
    return schema_format_holds(j->arena, format, value) ||
           wrong(j, at, "not %s %s", vowel ? "an" : "a", format);
}

static size_t code_points(const json_t *value)
{
    return text_utf8_length(json_string_value(value));
}

static bool check_min_length(struct judging *j, const json_t *want, const json_t *value,
                             const struct place *at)
{
    json_int_t least = json_integer_value(want);
    return !json_is_string(value) || code_points(value) >= (size_t)least ||
           wrong(j, at, "shorter than %lld characters", (long long)least);
}

static bool check_max_length(struct judging *j, const json_t *want, const json_t *value,
                             const struct place *at)
{
    json_int_t most = json_integer_value(want);
    return !json_is_string(value) || code_points(value) <= (size_t)most ||
           wrong(j, at, "longer than %lld characters", (long long)most);
}

/* <0, 0, >0; exact when both are integers. */
static int compare(const json_t *a, const json_t *b)
{
    if (json_is_integer(a) && json_is_integer(b)) {
        json_int_t x = json_integer_value(a), y = json_integer_value(b);
        return (x > y) - (x < y);
    }
    double x = json_number_value(a), y = json_number_value(b);
    return (x > y) - (x < y);
}

static bool check_minimum(struct judging *j, const json_t *want, const json_t *value,
                          const struct place *at)
{
    return !json_is_number(value) || compare(value, want) >= 0 ||
           wrong(j, at, "is less than %s", json_dump(j->arena, want));
}

static bool check_maximum(struct judging *j, const json_t *want, const json_t *value,
                          const struct place *at)
{
    return !json_is_number(value) || compare(value, want) <= 0 ||
           wrong(j, at, "is more than %s", json_dump(j->arena, want));
}

/* ---- arrays ------------------------------------------------------------------------------- */

static bool check_items(struct judging *j, const json_t *want, const json_t *value,
                        const struct place *at)
{
    size_t i;
    json_t *one;
    if (!json_is_array(value))
        return true;
    json_array_foreach (value, i, one) {
        struct place here = { .parent = at, .index = i };
        if (!validate(j, want, one, &here))
            return false;
    }
    return true;
}

static bool check_min_items(struct judging *j, const json_t *want, const json_t *value,
                            const struct place *at)
{
    json_int_t least = json_integer_value(want);
    return !json_is_array(value) || json_array_size(value) >= (size_t)least ||
           wrong(j, at, "fewer than %lld items", (long long)least);
}

static bool check_max_items(struct judging *j, const json_t *want, const json_t *value,
                            const struct place *at)
{
    json_int_t most = json_integer_value(want);
    return !json_is_array(value) || json_array_size(value) <= (size_t)most ||
           wrong(j, at, "more than %lld items", (long long)most);
}

/* ---- objects ------------------------------------------------------------------------------ */

static bool check_required(struct judging *j, const json_t *want, const json_t *value,
                           const struct place *at)
{
    size_t i;
    json_t *name;
    if (!json_is_object(value))
        return true;
    json_array_foreach (want, i, name)
        if (json_object_get(value, json_string_value(name)) == NULL)
            return wrong(j, at, "member %s is missing", json_string_value(name));
    return true;
}

/* Walks the value's members: there are at most as many as the schema has. */
static bool check_properties(struct judging *j, const json_t *want, const json_t *value,
                             const struct place *at)
{
    const char *name;
    json_t *member;
    if (!json_is_object(value))
        return true;
    json_object_foreach ((json_t *)(uintptr_t)value, name, member) {
        const json_t *schema = json_object_get(want, name);
        struct place here = { .parent = at, .key = name };
        if (schema != NULL && !validate(j, schema, member, &here))
            return false;
    }
    return true;
}

static bool check_additional(struct judging *j, const json_t *schema, const json_t *want,
                             const json_t *value, const struct place *at)
{
    const json_t *properties = json_object_get(schema, "properties");
    const char *name;
    json_t *member;
    if (!json_is_object(value) || json_is_true(want))
        return true;
    json_object_foreach ((json_t *)(uintptr_t)value, name, member) {
        struct place here = { .parent = at, .key = name };
        if (json_object_get(properties, name) != NULL)
            continue;
        if (json_is_false(want))
            return wrong(j, at, "member %.60s is not allowed", name);
        if (!validate(j, want, member, &here))
            return false;
    }
    return true;
}

/* ---- joining schemas ---------------------------------------------------------------------- */

static size_t count_matching(struct judging *j, const json_t *schemas, const json_t *value,
                             const struct place *at, struct error *first)
{
    size_t i, n = 0;
    json_t *one;
    struct error *kept = j->error;
    json_array_foreach (schemas, i, one) {
        struct error why = { "" };
        j->error = &why;
        if (validate(j, one, value, at))
            n++;
        else if (first->text[0] == '\0')
            *first = why;
    }
    j->error = kept;
    return n;
}

static bool check_all_of(struct judging *j, const json_t *want, const json_t *value,
                         const struct place *at)
{
    size_t i;
    json_t *one;
    json_array_foreach (want, i, one)
        if (!validate(j, one, value, at))
            return false;
    return true;
}

static bool check_any_of(struct judging *j, const json_t *want, const json_t *value,
                         const struct place *at)
{
    struct error first = { "" };
    return count_matching(j, want, value, at, &first) > 0 ||
           wrong(j, at, "fits none of anyOf (%s)", first.text);
}

static bool check_one_of(struct judging *j, const json_t *want, const json_t *value,
                         const struct place *at)
{
    struct error first = { "" };
    size_t n = count_matching(j, want, value, at, &first);
    if (n == 1)
        return true;
    return n == 0 ? wrong(j, at, "fits none of oneOf (%s)", first.text)
                  : wrong(j, at, "fits %zu of oneOf, not one", n);
}

static bool check_not(struct judging *j, const json_t *want, const json_t *value,
                      const struct place *at)
{
    struct error *kept = j->error;
    j->error = NULL;
    bool fits = validate(j, want, value, at);
    j->error = kept;
    return !fits || wrong(j, at, "fits a schema it must not fit");
}

static bool check_ref(struct judging *j, const json_t *want, const json_t *value,
                      const struct place *at)
{
    const char *slash = strrchr(json_string_value(want), '/');
    const json_t *schema = contract_schema(slash + 1);
    return schema == NULL ? wrong(j, at, "schema %s is not in the contract", slash + 1)
                          : validate(j, schema, value, at);
}

/* ---- keywords ----------------------------------------------------------------------------- */

typedef bool keyword_check(struct judging *j, const json_t *want, const json_t *value,
                           const struct place *at);

enum operand {
    OPERAND_TEXT,
    OPERAND_COUNT,
    OPERAND_NUMBER,
    OPERAND_SCHEMA,
    OPERAND_SCHEMAS,
    OPERAND_TEXTS,
    OPERAND_MEMBERS,
    OPERAND_ANY,
    OPERAND_TYPE,
    OPERAND_FLAG
};

static const struct keyword {
    const char *name;
    keyword_check *check; /* NULL: says nothing about the value, or is read elsewhere */
    enum operand operand;
} keywords[] = {
    { "type", check_type, OPERAND_TYPE },
    { "$ref", check_ref, OPERAND_TEXT },
    { "properties", check_properties, OPERAND_MEMBERS },
    { "required", check_required, OPERAND_TEXTS },
    { "items", check_items, OPERAND_SCHEMA },
    { "format", check_format, OPERAND_TEXT },
    { "pattern", check_pattern, OPERAND_TEXT },
    { "enum", check_enum, OPERAND_ANY },
    { "const", check_const, OPERAND_ANY },
    { "minLength", check_min_length, OPERAND_COUNT },
    { "maxLength", check_max_length, OPERAND_COUNT },
    { "minimum", check_minimum, OPERAND_NUMBER },
    { "maximum", check_maximum, OPERAND_NUMBER },
    { "minItems", check_min_items, OPERAND_COUNT },
    { "maxItems", check_max_items, OPERAND_COUNT },
    { "allOf", check_all_of, OPERAND_SCHEMAS },
    { "anyOf", check_any_of, OPERAND_SCHEMAS },
    { "oneOf", check_one_of, OPERAND_SCHEMAS },
    { "not", check_not, OPERAND_SCHEMA },
    { "additionalProperties", NULL, OPERAND_SCHEMA },
    { "nullable", NULL, OPERAND_FLAG },
    { "discriminator", NULL, OPERAND_ANY },
    { "default", NULL, OPERAND_ANY },
    { "description", NULL, OPERAND_TEXT },
    { "title", NULL, OPERAND_TEXT },
    { "example", NULL, OPERAND_ANY },
    { "examples", NULL, OPERAND_ANY },
    { "readOnly", NULL, OPERAND_FLAG },
    { "writeOnly", NULL, OPERAND_FLAG },
    { "deprecated", NULL, OPERAND_FLAG },
};

static const struct keyword *keyword_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
        if (strcmp(keywords[i].name, name) == 0)
            return &keywords[i];
    return NULL;
}

static bool validate_object(struct judging *j, const json_t *schema, const json_t *value,
                            const struct place *at)
{
    const char *name;
    json_t *want;
    /* The type first: "is array, not object" says more than what follows from it. */
    const json_t *type = json_object_get(schema, "type");
    if (type != NULL && !check_type(j, type, value, at))
        return false;
    json_object_foreach ((json_t *)(uintptr_t)schema, name, want) {
        const struct keyword *k = want == type ? NULL : keyword_find(name);
        if (k != NULL && k->check != NULL && !k->check(j, want, value, at))
            return false;
    }
    want = json_object_get(schema, "additionalProperties");
    return want == NULL || check_additional(j, schema, want, value, at);
}

static bool validate(struct judging *j, const json_t *schema, const json_t *value,
                     const struct place *at)
{
    if (json_is_boolean(schema))
        return json_is_true(schema) || wrong(j, at, "nothing is allowed here");
    /* OpenAPI 3.0's nullable, also beside allOf. */
    if (json_is_null(value) && json_is_true(json_object_get(schema, "nullable")))
        return true;
    if (j->depth == DEPTH_MAX)
        return wrong(j, at, "nested deeper than %d schemas", DEPTH_MAX);
    j->depth++;
    bool ok = validate_object(j, schema, value, at);
    j->depth--;
    return ok;
}

bool schema_validate(struct arena *a, const json_t *schema, const json_t *value, struct error *e)
{
    struct judging j = { .arena = a, .error = e };
    struct place root = { 0 };
    return validate(&j, schema, value, &root);
}

/* ---- understanding ------------------------------------------------------------------------ */

static bool is_list_of_texts(const json_t *value)
{
    size_t i;
    json_t *one;
    json_array_foreach (value, i, one)
        if (!json_is_string(one))
            return false;
    return json_is_array(value);
}

static bool type_known(const json_t *value)
{
    static const char *const types[] = { "object", "array",   "string", "integer",
                                         "number", "boolean", "null" };
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (text_equal(json_string_value(value), types[i]))
            return true;
    return false;
}

static bool types_known(const json_t *value)
{
    size_t i;
    json_t *one;
    if (json_is_string(value))
        return type_known(value);
    json_array_foreach (value, i, one)
        if (!type_known(one))
            return false;
    return json_array_size(value) > 0;
}

static bool understand_each(const json_t *schemas, struct error *e)
{
    size_t i;
    json_t *one;
    if (json_array_size(schemas) == 0)
        return error_set(e, "must be a list of schemas");
    json_array_foreach (schemas, i, one)
        if (!schema_understood(one, e))
            return error_prefix(e, "%zu", i);
    return true;
}

static bool understand_members(const json_t *members, struct error *e)
{
    const char *name;
    json_t *schema;
    if (!json_is_object(members))
        return error_set(e, "must be an object of schemas");
    json_object_foreach ((json_t *)(uintptr_t)members, name, schema)
        if (!schema_understood(schema, e))
            return error_prefix(e, "%s", name);
    return true;
}

static bool understand_text(const char *keyword, const json_t *value, struct error *e)
{
    const char *text = json_string_value(value);
    if (text == NULL)
        return error_set(e, "must be text");
    if (strcmp(keyword, "pattern") == 0)
        return schema_pattern_compile(text, e);
    if (strcmp(keyword, "format") == 0 && !schema_format_known(text))
        return error_set(e, "format %s is not understood", text);
    if (strcmp(keyword, "$ref") == 0 && (!text_starts(text, "#/components/schemas/") ||
                                         contract_schema(strrchr(text, '/') + 1) == NULL))
        return error_set(e, "%s names no schema", text);
    return true;
}

static bool understand_operand(const struct keyword *k, const json_t *value, struct error *e)
{
    switch (k->operand) {
    case OPERAND_TEXT: return understand_text(k->name, value, e);
    case OPERAND_COUNT:
        return (json_is_integer(value) && json_integer_value(value) >= 0) ||
               error_set(e, "must be a count");
    case OPERAND_NUMBER: return json_is_number(value) || error_set(e, "must be a number");
    case OPERAND_SCHEMA: return schema_understood(value, e);
    case OPERAND_SCHEMAS: return understand_each(value, e);
    case OPERAND_TEXTS: return is_list_of_texts(value) || error_set(e, "must be a list of texts");
    case OPERAND_MEMBERS: return understand_members(value, e);
    case OPERAND_TYPE: return types_known(value) || error_set(e, "is not a type");
    case OPERAND_FLAG: return json_is_boolean(value) || error_set(e, "must be true or false");
    case OPERAND_ANY: break;
    }
    return strcmp(k->name, "enum") != 0 || json_is_array(value) || error_set(e, "must be a list");
}

bool schema_understood(const json_t *schema, struct error *e)
{
    const char *name;
    json_t *value;
    if (json_is_boolean(schema))
        return true;
    if (!json_is_object(schema))
        return error_set(e, "a schema must be an object, true or false");
    json_object_foreach ((json_t *)(uintptr_t)schema, name, value) {
        if (text_starts(name, "x-"))
            continue;
        const struct keyword *k = keyword_find(name);
        if (k == NULL)
            return error_set(e, "keyword %s is not understood", name);
        if (!understand_operand(k, value, e))
            return error_prefix(e, "%s", name);
    }
    return true;
}
