#include "drift-gates/sources/env_rules.h"

#include "common/embed.h"
#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"

#define ARGUMENTS_MAX 31
#define HELPERS_MAX 200

EMBED(env_rules, ENV_RULES_FILE);

const struct env_node *env_node_child(const struct env_node *node, const void *name, size_t len)
{
    for (const struct env_node *c = node->child; c != NULL; c = c->next) {
        if (c->len == len && memcmp(c->name, name, len) == 0)
            return c;
    }
    return NULL;
}

static struct env_node *node_add(struct arena *a, struct env_node *node, const char *name,
                                 size_t len)
{
    struct env_node *c = (struct env_node *)(uintptr_t)env_node_child(node, name, len);
    if (c != NULL)
        return c;
    c = arena_alloc(a, sizeof(*c));
    c->name = arena_strndup(a, name, len);
    c->len = len;
    c->next = node->child;
    node->child = c;
    return c;
}

/* The length of a path's next part. The dots of an import path's folders part nothing:
 * "golang.org/x/sys/unix" and "Getenv". */
static size_t part_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strchr(slash == NULL ? path : slash, '.');
    return dot == NULL ? strlen(path) : (size_t)(dot - path);
}

static struct env_node *path_add(struct arena *a, struct env_node *node, const char *path)
{
    while (*path != '\0') {
        size_t n = part_length(path);
        node = node_add(a, node, path, n);
        path += n + (path[n] == '.');
    }
    return node;
}

const struct env_node *env_rules_at(const struct env_rules *r, enum language l, const char *path)
{
    const struct env_node *node = &r->paths[l];
    while (node != NULL && *path != '\0') {
        size_t n = part_length(path);
        node = env_node_child(node, path, n);
        path += n + (path[n] == '.');
    }
    return node;
}

static const char *last_part(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot == NULL ? path : dot + 1;
}

/* What stands in every source that reads by this rule: of a map's methods the map, which may have
 * another name there, but not in the import. */
static const char *needle_of(const struct env_rules *r, enum language l, const char *path,
                             const json_t *row)
{
    const struct env_node *node = &r->paths[l];
    for (const char *at = path; node != NULL && *at != '\0';) {
        size_t n = part_length(at);
        node = env_node_child(node, at, n);
        if (node != NULL && node->rule != NULL && node->rule->kind == RULE_MAP)
            return node->rule->needle;
        at += n + (at[n] == '.');
    }
    const char *needle = json_text(row, "needle");
    return needle == NULL ? last_part(path) : needle;
}

static bool read_rule(struct env_rules *r, const json_t *row, struct env_rule *rule)
{
    static const char *const kinds[] = { "call", "map", "expands", "whole" };
    for (int k = 0; k < (int)ARRAY_LEN(kinds); k++) {
        const char *path = json_text(row, kinds[k]);
        if (path == NULL)
            continue;
        *rule = (struct env_rule){ .kind = (enum env_rule_kind)k,
                                   .path = path,
                                   .argument = (int)json_int(row, "argument", 0),
                                   .presence = json_flag(row, "presence", false),
                                   .members = json_flag(row, "members", false) };
        if (!language_named(json_text(row, "language"), &rule->language))
            return false;
        rule->needle = needle_of(r, rule->language, path, row);
        path_add(r->arena, &r->paths[rule->language], path)->rule = rule;
        return true;
    }
    return false;
}

static bool read_functions(struct env_rules *r, const json_t *list, struct env_node *roots)
{
    size_t i;
    json_t *row;
    json_array_foreach ((json_t *)list, i, row) {
        enum language l;
        const char *function = json_text(row, "function");
        if (function == NULL || !language_named(json_text(row, "language"), &l))
            return false;
        path_add(r->arena, &roots[l], function);
    }
    return true;
}

static bool read_table(struct env_rules *r, const json_t *table, struct error *e)
{
    size_t i;
    json_t *row;
    json_array_foreach (json_member(table, "rules"), i, row) {
        if (!read_rule(r, row, &r->rows[r->n++]))
            return error_set(e, "env_reads.rules.json: rule %zu is none", i);
    }
    if (!read_functions(r, json_member(table, "blank"), r->blank) ||
        !read_functions(r, json_member(table, "through"), r->through))
        return error_set(e, "env_reads.rules.json: 'blank' or 'through' is none");
    json_array_foreach (json_member(table, "own"), i, row)
        path_add(r->arena, &r->own[LANGUAGE_SHELL], json_string_value(row));
    return true;
}

static bool refuse(const struct settings *s, const json_t *row, const char *what, struct error *e)
{
    return error_set(e, "%s:%d: helpers: %s", SETTINGS_FILE, yaml_line_of(s->arena, row, NULL),
                     what);
}

static bool read_helper(struct env_rules *r, const struct settings *s, const json_t *row,
                        struct env_rule *rule, struct error *e)
{
    const char *function = json_text(row, "function"), *key;
    json_t *value;
    int64_t argument = json_int(row, "argument", -1);
    json_object_foreach ((json_t *)row, key, value) {
        if (!text_equal(key, "language") && !text_equal(key, "function") &&
            !text_equal(key, "argument") && !text_equal(key, "presence") &&
            !text_equal(key, "type"))
            return refuse(s, row, "each is {language, function, argument, presence, type}", e);
    }
    *rule = (struct env_rule){ .kind = RULE_CALL, .presence = json_flag(row, "presence", false) };
    if (!language_named(json_text(row, "language"), &rule->language))
        return refuse(s, row, "'language' is c, go, python, javascript or shell", e);
    if (text_blank(function) || *last_part(function) == '\0')
        return refuse(s, row, "'function' names the function that reads", e);
    if (argument < 0 || argument > ARGUMENTS_MAX)
        return refuse(s, row, "'argument' says which one is the name, from 0", e);
    rule->argument = (int)argument;
    rule->path = function;
    rule->type = json_text(row, "type");
    rule->needle = last_part(function);
    if (rule->needle > function)
        rule->before = arena_strndup(r->arena, function, (size_t)(rule->needle - function) - 1);
    node_add(r->arena, &r->helpers[rule->language], rule->needle, strlen(rule->needle))->rule =
        rule;
    return true;
}

static bool read_helpers(struct env_rules *r, const struct settings *s, const json_t *list,
                         struct error *e)
{
    size_t i;
    json_t *row;
    if (list == NULL)
        return true;
    if (!json_is_array(list) || json_array_size(list) > HELPERS_MAX)
        return error_set(e, "%s: gates: env-contract: helpers must be a list of at most %d",
                         SETTINGS_FILE, HELPERS_MAX);
    json_array_foreach ((json_t *)list, i, row) {
        if (!json_is_object(row))
            return refuse(s, list, "each is {language, function, argument, presence, type}", e);
        if (!read_helper(r, s, row, &r->rows[r->n++], e))
            return false;
    }
    return true;
}

bool env_rules_make(struct arena *a, const struct settings *s, struct env_rules **out,
                    struct error *e)
{
    struct bytes text = EMBEDDED(env_rules);
    json_t *table;
    const json_t *helpers =
        s == NULL ? NULL : json_member(settings_of_gate(s, "env-contract"), "helpers");
    if (!json_parse(a, text.data, text.len, &table, e))
        return error_prefix(e, "env_reads.rules.json");
    struct env_rules *r = arena_alloc(a, sizeof(*r));
    r->arena = a;
    r->rows = arena_alloc_array(a, json_array_size(json_member(table, "rules")) + HELPERS_MAX,
                                sizeof(*r->rows));
    *out = r;
    return read_table(r, table, e) && read_helpers(r, s, helpers, e);
}
