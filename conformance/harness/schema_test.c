#include "harness/schema.h"

#include <string.h>

#include "common/json.h"
#include "common/testing.h"
#include "harness/contract.h"
#include "harness/schema_pattern.h"

static struct arena *a;

static json_t *parse(const char *text)
{
    json_t *value;
    struct error e = { "" };
    ck_assert_msg(json_parse(a, text, strlen(text), &value, &e), "%s: %s", text, e.text);
    return value;
}

static void begin(void)
{
    struct error e = { "" };
    a = arena_create();
    ck_assert_msg(contract_load(&e), "%s", e.text);
}

static void check_understood(const json_t *schema)
{
    struct error e = { "" };
    ck_assert_msg(schema_understood(schema, &e), "%s", e.text);
}

static void fails(const char *schema, const char *value, const char *message)
{
    struct error e = { "" };
    json_t *s = parse(schema);
    check_understood(s);
    ck_assert_msg(!schema_validate(a, s, parse(value), &e), "%s accepts %s", schema, value);
    ck_assert_str_eq(e.text, message);
    ck_assert(!schema_validate(a, s, parse(value), NULL));
}

static void holds(const char *schema, const char *value)
{
    struct error e = { "" };
    json_t *s = parse(schema);
    check_understood(s);
    ck_assert_msg(schema_validate(a, s, parse(value), &e), "%s refuses %s: %s", schema, value,
                  e.text);
}

START_TEST(type)
{
    begin();
    fails("{\"type\":\"string\"}", "1", "/: is integer, not string");
    fails("{\"type\":\"integer\"}", "1.5", "/: is number, not integer");
    fails("{\"type\":\"integer\"}", "\"1\"", "/: is string, not integer");
    fails("{\"type\":\"number\"}", "true", "/: is boolean, not number");
    fails("{\"type\":\"boolean\"}", "0", "/: is integer, not boolean");
    fails("{\"type\":\"object\"}", "[]", "/: is array, not object");
    fails("{\"type\":\"array\"}", "{}", "/: is object, not array");
    fails("{\"type\":\"string\"}", "null", "/: is null, not string");
    fails("{\"type\":[\"string\",\"integer\"]}", "[]",
          "/: is array, which is not among the types allowed");
    holds("{\"type\":\"string\"}", "\"\"");
    holds("{\"type\":\"integer\"}", "1.0");
    holds("{\"type\":\"number\"}", "1");
    holds("{\"type\":\"null\"}", "null");
    holds("{\"type\":[\"string\",\"integer\"]}", "7");
    holds("{\"type\":\"boolean\"}", "false");
}
END_TEST

START_TEST(nullable)
{
    begin();
    fails("{\"type\":\"string\",\"nullable\":false}", "null", "/: is null, not string");
    fails("{\"type\":\"string\",\"nullable\":true}", "1", "/: is integer, not string");
    holds("{\"type\":\"string\",\"nullable\":true}", "null");
    holds("{\"allOf\":[{\"$ref\":\"#/components/schemas/Problem\"}],\"nullable\":true}", "null");
}
END_TEST

START_TEST(objects)
{
    begin();
    static const char point[] = "{\"type\":\"object\",\"required\":[\"x\"],\"properties\":{\"x\":"
                                "{\"type\":\"integer\"},\"y\":{\"type\":\"object\",\"properties\":"
                                "{\"z\":{\"type\":\"string\"}}}}}";
    fails(point, "{}", "/: member x is missing");
    fails(point, "{\"x\":\"1\"}", "/x: is string, not integer");
    fails(point, "{\"x\":1,\"y\":{\"z\":2}}", "/y/z: is integer, not string");
    holds(point, "{\"x\":1,\"more\":true}");
    fails("{\"additionalProperties\":false,\"properties\":{\"a\":{}}}", "{\"a\":1,\"b\":2}",
          "/: member b is not allowed");
    fails("{\"additionalProperties\":{\"type\":\"string\"}}", "{\"a\":\"\",\"b\":2}",
          "/b: is integer, not string");
    holds("{\"additionalProperties\":false,\"properties\":{\"a\":{}}}", "{\"a\":[]}");
    holds("{\"additionalProperties\":true}", "{\"a\":1}");
    /* Keywords of objects say nothing about other values. */
    holds("{\"required\":[\"x\"],\"additionalProperties\":false}", "3");
}
END_TEST

START_TEST(arrays)
{
    begin();
    fails("{\"items\":{\"type\":\"integer\"}}", "[1,\"2\"]", "/1: is string, not integer");
    fails("{\"items\":{\"properties\":{\"id\":{\"format\":\"uuid\"}}}}", "[{},{\"id\":\"x\"}]",
          "/1/id: not a uuid");
    fails("{\"minItems\":2}", "[1]", "/: fewer than 2 items");
    fails("{\"maxItems\":1}", "[1,2]", "/: more than 1 items");
    holds("{\"minItems\":1,\"maxItems\":1,\"items\":{\"type\":\"integer\"}}", "[1]");
    holds("{\"minItems\":3}", "{}");
}
END_TEST

START_TEST(values)
{
    begin();
    fails("{\"enum\":[\"a\",\"b\"]}", "\"c\"", "/: is not one of [\"a\",\"b\"]");
    fails("{\"const\":1}", "2", "/: is not 1");
    fails("{\"minimum\":1}", "0", "/: is less than 1");
    fails("{\"maximum\":9007199254740993}", "9007199254740994", "/: is more than 9007199254740993");
    fails("{\"minimum\":0.5}", "0.25", "/: is less than 0.5");
    fails("{\"minLength\":2}", "\"é\"", "/: shorter than 2 characters");
    fails("{\"maxLength\":2}", "\"ééé\"", "/: longer than 2 characters");
    fails("{\"pattern\":\"^[a-z]+$\"}", "\"a1\"", "/: does not match ^[a-z]+$");
    holds("{\"enum\":[\"a\",null]}", "null");
    holds("{\"const\":{\"a\":1}}", "{\"a\":1}");
    holds("{\"minimum\":1,\"maximum\":1}", "1");
    holds("{\"maxLength\":3}", "\"ééé\"");
    holds("{\"pattern\":\"b\"}", "\"abc\"");
    holds("{\"pattern\":\"^x$\",\"minLength\":9,\"maximum\":1}", "[]");
}
END_TEST

START_TEST(joins)
{
    begin();
    fails("{\"allOf\":[{\"minimum\":1},{\"maximum\":2}]}", "3", "/: is more than 2");
    fails("{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":5}]}", "3",
          "/: fits none of anyOf (/: is integer, not string)");
    fails("{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"boolean\"}]}", "3",
          "/: fits none of oneOf (/: is integer, not string)");
    fails("{\"oneOf\":[{\"type\":\"integer\"},{\"minimum\":1}]}", "3",
          "/: fits 2 of oneOf, not one");
    fails("{\"not\":{\"type\":\"integer\"}}", "3", "/: fits a schema it must not fit");
    fails("{\"properties\":{\"a\":false}}", "{\"a\":1}", "/a: nothing is allowed here");
    holds("{\"allOf\":[{\"minimum\":1},{\"maximum\":3}]}", "3");
    holds("{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":1}]}", "3");
    holds("{\"oneOf\":[{\"type\":\"boolean\"},{\"type\":\"integer\"}]}", "3");
    holds("{\"not\":{\"type\":\"string\"}}", "3");
}
END_TEST

START_TEST(references)
{
    begin();
    static const char ref[] = "{\"$ref\":\"#/components/schemas/Problem\"}";
    fails(ref, "{\"type\":\"x\",\"title\":\"x\",\"status\":404,\"detail\":\"x\"}",
          "/: member instance is missing");
    fails(ref,
          "{\"type\":\"x\",\"title\":\"x\",\"status\":\"404\",\"detail\":\"x\",\"instance\":\"/\"}",
          "/status: is string, not integer");
    holds(ref,
          "{\"type\":\"x\",\"title\":\"x\",\"status\":404,\"detail\":\"x\",\"instance\":\"/\"}");
}
END_TEST

static void format_fails(const char *format, const char *value)
{
    struct error e = { "" };
    json_t *schema = json_own(a, json_pack("{s:s}", "format", format));
    json_t *text = parse(value);
    check_understood(schema);
    ck_assert_msg(!schema_validate(a, schema, text, &e), "%s accepts %s", format, value);
    ck_assert_ptr_nonnull(strstr(e.text, format));
}

static void format_holds(const char *format, const char *value)
{
    struct error e = { "" };
    json_t *schema = json_own(a, json_pack("{s:s}", "format", format));
    ck_assert_msg(schema_validate(a, schema, parse(value), &e), "%s refuses %s: %s", format, value,
                  e.text);
}

START_TEST(formats)
{
    begin();
    format_fails("uuid", "\"0188d0e0-0000-7000-8000-00000000000\"");
    format_fails("uuid", "\"{0188d0e0-0000-7000-8000-000000000000}\"");
    format_fails("date-time", "\"2026-11-22 04:55:00\"");
    format_fails("date-time", "\"2026-02-30T00:00:00Z\"");
    format_fails("date-time", "\"2026-11-22\"");
    format_fails("uri", "\"/relative\"");
    format_fails("uri", "\"https://a b\"");
    format_fails("uri", "\"https:\"");
    format_fails("uri", "\"1http://x\"");
    format_fails("byte", "\"QUI\"");
    format_fails("byte", "\"QUJD-_\"");
    format_fails("ipv4", "\"10.0.0.256\"");
    format_fails("ipv4", "\"10.0.0\"");
    format_fails("ipv6", "\"10.0.0.1\"");
    format_fails("email", "\"nobody\"");
    format_fails("email", "\"@x\"");
    format_fails("email", "\"a b@x.org\"");
    format_fails("int32", "2147483648");
    format_fails("int32", "-2147483649");
    format_fails("http-date", "\"2026-11-22T04:55:00Z\"");
    format_fails("http-date", "\"Sun, 22 Nov 2026 04:55:00 CET\"");
    format_holds("uuid", "\"0188D0E0-0000-7000-8000-000000000000\"");
    format_holds("date-time", "\"2026-11-22T04:55:00.123+02:00\"");
    format_holds("uri", "\"https://plexsphere.com/errors/not-found?x=%20#y\"");
    format_holds("uri", "\"urn:x\"");
    format_holds("byte", "\"QUI=\"");
    format_holds("byte", "\"\"");
    format_holds("ipv4", "\"10.0.0.1\"");
    format_holds("ipv6", "\"fd00::1\"");
    format_holds("email", "\"a@x.org\"");
    format_holds("int32", "2147483647");
    format_holds("int64", "9223372036854775807");
    format_holds("double", "1.5");
    format_holds("binary", "\"\"");
    format_holds("http-date", "\"Sun, 22 Nov 2026 04:55:00 GMT\"");
    format_holds("uuid", "3"); /* another type: `type` judges it */
}
END_TEST

START_TEST(refuses_what_it_does_not_understand)
{
    static const struct {
        const char *schema, *message;
    } rows[] = {
        { "{\"patternProperties\":{}}", "keyword patternProperties is not understood" },
        { "{\"properties\":{\"a\":{\"uniqueItems\":true}}}",
          "properties: a: keyword uniqueItems is not understood" },
        { "{\"allOf\":[{},{\"if\":{}}]}", "allOf: 1: keyword if is not understood" },
        { "{\"items\":{\"not\":{\"dependencies\":1}}}",
          "items: not: keyword dependencies is not understood" },
        { "{\"additionalProperties\":{\"then\":1}}",
          "additionalProperties: keyword then is not understood" },
        { "{\"format\":\"hostname\"}", "format: format hostname is not understood" },
        { "{\"format\":1}", "format: must be text" },
        { "{\"pattern\":\"(?=x)\"}",
          "pattern: pattern (?=x): look-around and named groups are not understood" },
        { "{\"$ref\":\"#/components/schemas/Nope\"}",
          "$ref: #/components/schemas/Nope names no schema" },
        { "{\"$ref\":\"Problem\"}", "$ref: Problem names no schema" },
        { "{\"type\":\"text\"}", "type: is not a type" },
        { "{\"type\":[]}", "type: is not a type" },
        { "{\"minLength\":-1}", "minLength: must be a count" },
        { "{\"minimum\":\"1\"}", "minimum: must be a number" },
        { "{\"required\":[1]}", "required: must be a list of texts" },
        { "{\"required\":\"a\"}", "required: must be a list of texts" },
        { "{\"properties\":[]}", "properties: must be an object of schemas" },
        { "{\"anyOf\":[]}", "anyOf: must be a list of schemas" },
        { "{\"enum\":1}", "enum: must be a list" },
        { "{\"nullable\":1}", "nullable: must be true or false" },
        { "[]", "a schema must be an object, true or false" },
    };
    begin();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error e = { "" };
        ck_assert_msg(!schema_understood(parse(rows[i].schema), &e), "%s", rows[i].schema);
        ck_assert_str_eq(e.text, rows[i].message);
    }
    check_understood(parse("{\"x-anything\":1,\"description\":\"\",\"title\":\"\",\"default\":1,"
                           "\"example\":1,\"examples\":[],\"readOnly\":true,\"writeOnly\":true,"
                           "\"deprecated\":true,\"discriminator\":{}}"));
}
END_TEST

/* A pattern is judged by POSIX: each one of the contract, with a text on each side. */
START_TEST(the_contracts_patterns)
{
    static const struct {
        const char *pattern, *good, *bad;
    } rows[] = {
        { "^(user|service):[0-9a-fA-F-]{36}$", "user:0188d0e0-0000-7000-8000-000000000000",
          "group:0188d0e0-0000-7000-8000-000000000000" },
        { "^[0-9a-f]{64}$", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
          "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef" },
        { "^[a-z0-9]+(-[a-z0-9]+)*$", "a-b-c1", "a--b" },
        { "^[a-z]+$", "prod", "prod1" },
        { "^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-"
          "9])?)*$",
          "a.b-c.example", "a..b" },
        { "^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-"
          "9])?)*$|^[0-9a-fA-F:.]+$",
          "fd00::1", "a_b" },
        { "^secret:[^/]+/[^/]+/[^:]+(:[^:]+)?$", "secret:a/b/c:1", "secret:a/b" },
        { "^[A-Z2-7]{4}-?[A-Z2-7]{4}$", "ABCD-2345", "ABCD-1890" },
        { "^sha256:[0-9a-f]{64}$",
          "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "sha256:0" },
        { "^([0-9]{1,3}\\.){3}[0-9]{1,3}/[0-9]{1,2}$|^[0-9a-fA-F:]+/[0-9]{1,3}$", "10.42.0.0/16",
          "10x42.0.0/16" },
        { "^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$", "a-1", "-a" },
        { "^SHA256:[A-Za-z0-9+/]+={0,2}$", "SHA256:ab+/==", "SHA256:ab===" },
        { "^.+:[0-9]{1,5}$", "host:8443", "host:" },
        { "^[A-Za-z0-9+/]{43}=$", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
        { "^[a-z][a-z0-9-]*$", "a-", "1a" },
        { "^[a-z][a-z0-9_-]{0,62}$", "a_b", "A" },
        { "^[a-z][a-z0-9._-]{0,127}$", "a.b_c-1", ".a" },
        { "^(platform|domain:[0-9a-fA-F-]{36}|project:[0-9a-fA-F-]{36})$",
          "domain:0188d0e0-0000-7000-8000-000000000000", "platform:" },
    };
    begin();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error e = { "" };
        ck_assert_msg(schema_pattern_compile(rows[i].pattern, &e), "%s", e.text);
        ck_assert_msg(schema_pattern_matches(rows[i].pattern, rows[i].good), "%s refuses %s",
                      rows[i].pattern, rows[i].good);
        ck_assert_msg(!schema_pattern_matches(rows[i].pattern, rows[i].bad), "%s accepts %s",
                      rows[i].pattern, rows[i].bad);
    }
}
END_TEST

/* Whatever patterns the contract has or will have: all of them stand in the table above. */
static void find_patterns(const json_t *value, json_t *into)
{
    size_t i;
    const char *name;
    json_t *one;
    json_array_foreach (value, i, one)
        find_patterns(one, into);
    json_object_foreach ((json_t *)(uintptr_t)value, name, one) {
        if (strcmp(name, "pattern") == 0 && json_is_string(one))
            json_object_set_new(into, json_string_value(one), json_true());
        find_patterns(one, into);
    }
}

START_TEST(the_table_of_patterns_is_whole)
{
    begin();
    json_t *found = json_own(a, json_object());
    find_patterns(contract()->schemas, found);
    find_patterns(contract()->operations, found);
    ck_assert_uint_eq(json_object_size(found), 18);
}
END_TEST

START_TEST(translates_patterns)
{
    static const struct {
        const char *pattern, *good, *bad;
    } rows[] = {
        { "^\\d+$", "42", "4a" },      { "^[\\d_]+$", "4_2", "4a" }, { "^\\w+$", "a_1", "a-1" },
        { "^a\\/b$", "a/b", "a\\/b" }, { "^a\\.b$", "a.b", "axb" },  { "^(?:ab)+$", "abab", "aba" },
        { "^[^\\s]+$", "ab", "a b" },  { "^[.+]$", "+", "x" },       { "^a\\-b$", "a-b", "ab" },
        { "^[\\.]$", ".", "\\" },
    };
    static const char *const refused[] = {
        "a(?=b)", "a(?!b)",      "(?<n>a)", "\\1",   "\\b", "a+?", "a**",    "[a",
        "[]",     "[[:alpha:]]", "(",       "[\\]]", "a\\", "{1",  "x{2,1}",
    };
    begin();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error e = { "" };
        ck_assert_msg(schema_pattern_compile(rows[i].pattern, &e), "%s", e.text);
        ck_assert_msg(schema_pattern_matches(rows[i].pattern, rows[i].good), "%s", rows[i].pattern);
        ck_assert_msg(!schema_pattern_matches(rows[i].pattern, rows[i].bad), "%s", rows[i].pattern);
    }
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct error e = { "" };
        ck_assert_msg(!schema_pattern_compile(refused[i], &e), "%s", refused[i]);
        ck_assert_str_ne(e.text, "");
    }
    ck_assert(!schema_pattern_matches("never compiled", "never compiled"));
}
END_TEST

TESTS("harness/schema", type, nullable, objects, arrays, values, joins, references, formats,
      refuses_what_it_does_not_understand, the_contracts_patterns, the_table_of_patterns_is_whole,
      translates_patterns)
