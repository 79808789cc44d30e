/* What must not be found in production: values of the development renders' Secrets, credentials of
 * the environment contract wherever development wires them, and the fixtures' markers. */
#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/prod_leak/prod_leak.h"

struct sources {
    struct gate_run *g;
    struct needles *needles;
    json_t *secret_names;
};

/* Ruling 19. */
static const char *const markers[] = { "dec0de", "dev-nsk-wrap-key-" };

static void add_value(struct sources *s, const struct object *o, const json_t *at, const char *key,
                      const char *path, struct bytes value)
{
    const char *name =
        arena_printf(s->g->arena, "the value of %s/%s %s of %s (%s)", o->kind, o->name, key,
                     o->render->name, secret_print(s->g->arena, value.data, value.len));
    needles_add_value(s->needles, value, name, object_place(s->g, o, at, key, "%s", path));
}

static void add_secret_keys(struct sources *s, const struct object *o, const char *member)
{
    const char *key;
    json_t *text;
    json_t *data = json_member(o->value, member);
    json_object_foreach (data, key, text) {
        struct bytes value;
        const json_t *at = data;
        json_object_set_new(s->secret_names, key, json_true());
        if (!json_is_string(text))
            continue;
        if (!object_data(s->g->arena, o, key, &value, &at)) /* no base64: taken as it stands */
            value = BYTES_OF_TEXT(json_string_value(text));
        add_value(s, o, at, key, arena_printf(s->g->arena, "%s.%s", member, key), value);
    }
}

/* A credential of the contract that development keeps in a ConfigMap. */
static void add_config_keys(struct sources *s, const struct object *o)
{
    const char *key;
    json_t *text;
    json_t *data = json_member(o->value, "data");
    json_object_foreach (data, key, text) {
        if (json_object_get(s->secret_names, key) != NULL && json_is_string(text))
            add_value(s, o, data, key, arena_printf(s->g->arena, "data.%s", key),
                      BYTES_OF_TEXT(json_string_value(text)));
    }
}

static void add_env(struct sources *s, const struct object *o)
{
    size_t n, k;
    json_t *row;
    const struct container *containers = containers_of(s->g->arena, o, &n);
    for (size_t i = 0; i < n; i++) {
        const json_t *env = json_member(containers[i].spec, "env");
        json_array_foreach (env, k, row) {
            const char *name = json_text(row, "name"), *value = json_text(row, "value");
            if (name != NULL && value != NULL && json_object_get(s->secret_names, name) != NULL)
                add_value(s, o, row, name, arena_printf(s->g->arena, "env %s", name),
                          BYTES_OF_TEXT(value));
        }
    }
}

/* Secrets first: a value is called by the Secret it stands in. */
static void add_render(struct sources *s, const struct render *r)
{
    for (size_t i = 0; i < r->n; i++) {
        if (text_equal(r->objects[i].kind, "Secret")) {
            add_secret_keys(s, &r->objects[i], "stringData");
            add_secret_keys(s, &r->objects[i], "data");
        }
    }
    for (size_t i = 0; i < r->n; i++) {
        if (text_equal(r->objects[i].kind, "ConfigMap"))
            add_config_keys(s, &r->objects[i]);
        add_env(s, &r->objects[i]);
    }
}

static bool add_contract_names(struct sources *s, struct error *e)
{
    const json_t *contract;
    size_t i;
    json_t *row;
    if (!settings_contract(s->g->settings, CONTRACT_ENV, &contract, e))
        return false;
    const json_t *rows = json_member(contract, "env");
    json_array_foreach (rows, i, row) {
        const char *name = json_text(row, "name"), *key = json_text(row, "source_key");
        if (!json_flag(row, "secret_material", false) || name == NULL)
            continue;
        json_object_set_new(s->secret_names, name, json_true());
        if (key != NULL)
            json_object_set_new(s->secret_names, key, json_true());
    }
    return true;
}

static void add_marker(struct sources *s, const char *marker, struct place from)
{
    needles_add_marker(s->needles, marker,
                       arena_printf(s->g->arena, "the marker %s of development fixtures", marker),
                       from);
}

static bool add_markers(struct sources *s, struct error *e)
{
    static const struct place nowhere;
    const json_t *own = settings_of_gate(s->g->settings, s->g->gate->name), *stack;
    size_t i;
    json_t *item;
    for (i = 0; i < ARRAY_LEN(markers); i++)
        add_marker(s, markers[i], nowhere);
    const json_t *more = json_member(own, "markers");
    json_array_foreach (more, i, item) {
        if (text_blank(json_string_value(item)) || strlen(json_string_value(item)) < 6)
            return error_set(e, "%s: gates.prod-leak.markers: texts of at least 6 characters",
                             SETTINGS_FILE);
        add_marker(s, json_string_value(item),
                   (struct place){ .file = SETTINGS_FILE,
                                   .line = yaml_line_of(s->g->settings->arena, more, NULL) });
    }
    if (!settings_contract(s->g->settings, CONTRACT_DEV_STACK, &stack, e))
        return false;
    const json_t *rows = json_member(stack, "dependencies");
    json_array_foreach (rows, i, item) {
        const char *sentence = json_text(item, "prod_delta_first_sentence");
        if (sentence != NULL && text_equal(json_text(item, "name"), "plexsphere"))
            needles_exempt(s->needles, sentence);
    }
    return true;
}

bool leak_sources_read(struct gate_run *g, struct needles **needles, json_t **secret_names,
                       struct error *e)
{
    struct sources s = { g, needles_create(g->arena), json_own(g->arena, json_object()) };
    if (!add_contract_names(&s, e))
        return false;
    for (size_t i = 0; i < g->settings->n_renders; i++) {
        const struct render *r;
        if (g->settings->renders[i].production)
            continue;
        if (!render_open(g, &g->settings->renders[i], &r, e))
            return false;
        add_render(&s, r);
    }
    needles_derive(s.needles);
    if (!add_markers(&s, e))
        return false;
    needles_ready(s.needles);
    *needles = s.needles;
    *secret_names = s.secret_names;
    return true;
}
