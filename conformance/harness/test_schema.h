/* harness/test_schema.h — for unit tests: a schema of ours, from docs/, as the judge's validator
 * reads it. That knows the contract's references only, so ours (#/$defs/…) are put in place. */
#ifndef HARNESS_TEST_SCHEMA_H
#define HARNESS_TEST_SCHEMA_H

#include "common/json.h"
#include "common/testing.h"
#include "harness/schema.h"

static json_t *schema_inlined(const json_t *schema, const json_t *defs)
{
    const char *key, *ref = json_text(schema, "$ref");
    size_t i;
    json_t *value;
    if (ref != NULL)
        return schema_inlined(json_object_get(defs, ref + strlen("#/$defs/")), defs);
    if (json_is_array(schema)) {
        json_t *list = json_array();
        json_array_foreach (schema, i, value)
            json_array_append_new(list, schema_inlined(value, defs));
        return list;
    }
    if (!json_is_object(schema))
        return json_deep_copy(schema);
    json_t *copy = json_object();
    json_object_foreach ((json_t *)schema, key, value) {
        if (key[0] != '$')
            json_object_set_new(copy, key, schema_inlined(value, defs));
    }
    return copy;
}

static json_t *schema_of_file(struct arena *into, const char *path)
{
    json_t *schema;
    struct error why = { .text = "" };
    ck_assert_msg(json_parse_file(into, path, (size_t)1 << 20, &schema, &why), "%s", why.text);
    json_t *whole = json_own(into, schema_inlined(schema, json_member(schema, "$defs")));
    ck_assert_msg(schema_understood(whole, &why), "%s", why.text);
    return whole;
}

#endif
