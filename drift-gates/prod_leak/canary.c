/* Whether the leak gate sees: canaries at every kind of place, in every encoding.
 *
 * They are planted in a copy of the render that is judged, in its own objects where it has the
 * kind, else in one that is added; each is found again or the gate is blind, which is an error of
 * the gate and no finding. Canaries are random and new in every run. */
#include <stdio.h>
#include <zlib.h>

#include "common/buffer.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/random.h"
#include "common/text.h"
#include "drift-gates/prod_leak/encodings.h"
#include "drift-gates/prod_leak/prod_leak.h"

#define CANARY_BYTES 18
#define SHORT_BYTES 6
#define COMMENTS_CAP (TREE_FILE_CAP + ((size_t)1 << 20))
#define OBJECTS_ADDED 8
#define INNER_MAX 4   /* encodings that are written once more in every other */
#define DEEP_COPIES 3 /* a text inside YAML inside YAML inside YAML */

struct planter {
    struct arena *arena;
    struct render copy;
    size_t room;
    const json_t *secret_names;
    struct needles *needles;
    struct buffer comments; /* the render's text, and more */
    const char **what;      /* of each canary: where and how */
    bool *seen;
    size_t n;
    char key[32]; /* of the canary that is being planted */
};

/* ---- hosts ---- */

static struct object *add_object(struct planter *p, const char *kind, json_t *value)
{
    struct object *o = &p->copy.objects[p->copy.n++];
    json_object_set_new(value, "kind", json_string(kind));
    *o = (struct object){ .render = &p->copy,
                          .value = json_own(p->arena, value),
                          .api_version = "v1",
                          .kind = kind,
                          .name = "canary",
                          .namespace = "default" };
    return o;
}

static bool has_containers(const struct object *o)
{
    return json_array_size(json_member(pod_spec_of(o), "containers")) > 0;
}

/* One of the render's own objects of this kind (NULL: with containers), at random, or a new one. */
static struct object *host(struct planter *p, const char *kind)
{
    size_t n = 0;
    struct object *chosen = NULL;
    for (size_t i = 0; i < p->copy.n; i++) {
        struct object *o = &p->copy.objects[i];
        bool fits = kind == NULL ? has_containers(o) : text_equal(o->kind, kind);
        if (fits && random_below(++n) == 0)
            chosen = o;
    }
    if (chosen != NULL)
        return chosen;
    return kind == NULL
               ? add_object(p, "Pod",
                            json_pack("{s:{s:[{s:s}]}}", "spec", "containers", "name", "canary"))
               : add_object(p, kind, json_object());
}

static json_t *member(json_t *object, const char *key, json_t *fresh)
{
    json_t *there = json_object_get(object, key);
    if (json_typeof(fresh) == (there == NULL ? JSON_NULL : json_typeof(there))) {
        json_decref(fresh);
        return there;
    }
    json_object_set_new(object, key, fresh);
    return fresh;
}

static json_t *mapping_of(struct planter *p, const char *kind, const char *key)
{
    return member((json_t *)(uintptr_t)host(p, kind)->value, key, json_object());
}

static json_t *container_of(struct planter *p)
{
    json_t *all = json_member(pod_spec_of(host(p, NULL)), "containers");
    return json_array_get(all, random_below(json_array_size(all)));
}

static const char *text_of(struct planter *p, struct bytes text)
{
    return arena_strndup(p->arena, (const char *)text.data, text.len);
}

static void set(struct planter *p, json_t *mapping, const char *text)
{
    (void)p;
    json_object_set_new(mapping, p->key, json_string(text));
}

static const char *base64_of(struct planter *p, struct bytes data)
{
    return base64_encode(p->arena, BASE64_STANDARD, data.data, data.len);
}

static struct bytes gzip_of(struct planter *p, struct bytes text)
{
    z_stream z = { .next_in = (unsigned char *)(uintptr_t)text.data,
                   .avail_in = (unsigned)text.len };
    size_t room = text.len + text.len / 100 + 64;
    unsigned char *out = arena_alloc(p->arena, room);
    if (deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return text;
    z.next_out = out;
    z.avail_out = (unsigned)room;
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return (struct bytes){ out, z.total_out };
}

static const char *amid(struct planter *p, struct bytes text)
{
    return arena_printf(p->arena, "option=%s&other", text_of(p, text));
}

/* ---- places ---- */

static void in_secret_data(struct planter *p, struct bytes text)
{
    set(p, mapping_of(p, "Secret", "data"), base64_of(p, text));
}

static void in_secret_text(struct planter *p, struct bytes text)
{
    set(p, mapping_of(p, "Secret", "stringData"), text_of(p, text));
}

static void in_config(struct planter *p, struct bytes text)
{
    set(p, mapping_of(p, "ConfigMap", "data"), amid(p, text));
}

static void in_binary(struct planter *p, struct bytes text)
{
    set(p, mapping_of(p, "ConfigMap", "binaryData"), base64_of(p, text));
}

static void in_args(struct planter *p, struct bytes text)
{
    json_t *list = member(container_of(p), "args", json_array());
    json_array_append_new(list, json_string(amid(p, text)));
}

static void in_command(struct planter *p, struct bytes text)
{
    json_t *list = member(container_of(p), "command", json_array());
    json_array_append_new(list, json_string(text_of(p, text)));
}

static void in_env(struct planter *p, struct bytes text)
{
    json_t *list = member(container_of(p), "env", json_array());
    json_array_append_new(list, json_pack("{s:s,s:s}", "name", p->key, "value", text_of(p, text)));
}

static json_t *annotations_of(json_t *object)
{
    json_t *metadata = member(object, "metadata", json_object());
    return member(metadata, "annotations", json_object());
}

static json_t *annotations(struct planter *p)
{
    struct object *o = &p->copy.objects[random_below(p->copy.n)];
    return annotations_of((json_t *)(uintptr_t)o->value);
}

static void in_annotation(struct planter *p, struct bytes text)
{
    set(p, annotations(p), text_of(p, text));
}

static void in_pod_annotation(struct planter *p, struct bytes text)
{
    const struct object *o = host(p, NULL);
    json_t *meta = (json_t *)(uintptr_t)pod_template_meta_of(o);
    if (meta == NULL)
        meta = (json_t *)(uintptr_t)o->value;
    set(p, member(meta, "annotations", json_object()), text_of(p, text));
}

static void in_json(struct planter *p, struct bytes text)
{
    const char *inner = text_of(p, text);
    for (int i = 0; i < DEEP_COPIES; i++) {
        json_t *object = json_own(p->arena, json_pack("{s:[s]}", "inside", inner));
        inner = json_dump(p->arena, object);
    }
    set(p, annotations(p), inner);
}

/* Quoted with single quotes, doubled inside, as YAML wants it. */
static const char *quoted(struct planter *p, const char *text)
{
    const char *out = "'";
    size_t n;
    char **parts = text_split(p->arena, text, '\'', &n);
    for (size_t i = 0; i < n; i++)
        out = arena_printf(p->arena, "%s%s%s", out, i == 0 ? "" : "''", parts[i]);
    return arena_printf(p->arena, "%s'", out);
}

/* Every line two columns further in. */
static const char *indented(struct planter *p, const char *text)
{
    const char *out = "";
    size_t n;
    char **lines = text_split(p->arena, text, '\n', &n);
    for (size_t i = 0; i < n; i++)
        out = arena_printf(p->arena, "%s  %s\n", out, lines[i]);
    return out;
}

static void in_yaml(struct planter *p, struct bytes text)
{
    const char *inner = arena_printf(p->arena, "above: 1\ninside: %s", quoted(p, text_of(p, text)));
    for (int i = 1; i < DEEP_COPIES; i++)
        inner = arena_printf(p->arena, "above: 1\ninside: |\n%s", indented(p, inner));
    set(p, mapping_of(p, "ConfigMap", "data"), inner);
}

static void in_pem(struct planter *p, struct bytes text)
{
    struct bytes lines = encoding_apply(p->arena, ENCODING_BASE64_WRAPPED, text);
    set(p, mapping_of(p, "ConfigMap", "data"),
        arena_printf(p->arena, "-----BEGIN KEY-----\n%s\n-----END KEY-----\n", text_of(p, lines)));
}

static void in_gzip(struct planter *p, struct bytes text)
{
    set(p, mapping_of(p, "Secret", "data"), base64_of(p, gzip_of(p, text)));
}

static void in_packed_gzip(struct planter *p, struct bytes text)
{
    struct bytes once = gzip_of(p, BYTES_OF_TEXT(base64_of(p, gzip_of(p, text))));
    set(p, annotations(p), base64_of(p, once));
}

static void in_unknown_kind(struct planter *p, struct bytes text)
{
    json_t *spec = mapping_of(p, "Canary", "spec");
    set(p, member(spec, "anything", json_object()), text_of(p, text));
}

static void in_comment(struct planter *p, struct bytes text)
{
    buffer_text(&p->comments, "# canary ");
    buffer_text(&p->comments, text_replace_char(p->arena, text_of(p, text), '\n', '#'));
    buffer_char(&p->comments, '\n');
}

struct planting {
    const char *name;
    void (*plant)(struct planter *p, struct bytes text);
};

static const struct planting places[] = {
    { "a Secret's data", in_secret_data },
    { "a Secret's stringData", in_secret_text },
    { "a ConfigMap", in_config },
    { "a ConfigMap's binaryData", in_binary },
    { "arguments", in_args },
    { "a command", in_command },
    { "the environment", in_env },
    { "an annotation", in_annotation },
    { "a Pod's annotation", in_pod_annotation },
    { "JSON in JSON", in_json },
    { "YAML in YAML", in_yaml },
    { "PEM", in_pem },
    { "gzip", in_gzip },
    { "gzip in base64 in gzip", in_packed_gzip },
    { "an unknown kind", in_unknown_kind },
    { "a comment", in_comment },
};

/* Short ones count as whole values at places meant for secrets. */
static const struct planting short_places[] = {
    { "a Secret's data", in_secret_data },
    { "a Secret's stringData", in_secret_text },
};

/* ---- the run ---- */

/* Has what JSON, URLs and quoted YAML write otherwise. */
static const char *long_canary(struct planter *p)
{
    unsigned char raw[CANARY_BYTES];
    random_bytes(raw, sizeof(raw));
    return arena_printf(p->arena, "/'%s",
                        base64_encode(p->arena, BASE64_STANDARD, raw, sizeof(raw)));
}

static const char *short_canary(struct planter *p)
{
    unsigned char raw[SHORT_BYTES];
    random_bytes(raw, sizeof(raw));
    return base64_encode(p->arena, BASE64_STANDARD, raw, sizeof(raw));
}

/* `inner` is applied first, `outer` to what comes of it. */
static void plant(struct planter *p, const struct planting *place, const char *value,
                  enum encoding inner, enum encoding outer)
{
    snprintf(p->key, sizeof(p->key), "canary-%zu", p->n);
    needles_add_value(p->needles, BYTES_OF_TEXT(value), p->key, (struct place){ 0 });
    struct bytes once = encoding_apply(p->arena, inner, BYTES_OF_TEXT(value));
    place->plant(p, encoding_apply(p->arena, outer, once));
    p->what[p->n++] = arena_printf(p->arena, "%s in %s, in %s", encoding_name(inner),
                                   encoding_name(outer), place->name);
}

static void copy_render(struct planter *p, const struct render *from)
{
    p->copy = *from;
    p->copy.objects =
        arena_alloc_array(p->arena, from->n + OBJECTS_ADDED, sizeof(*p->copy.objects));
    for (size_t i = 0; i < from->n; i++) {
        p->copy.objects[i] = from->objects[i];
        p->copy.objects[i].render = &p->copy;
        p->copy.objects[i].value = json_own(p->arena, json_deep_copy(from->objects[i].value));
    }
    if (p->copy.n == 0)
        add_object(p, "Canary", json_object());
    buffer_init_arena(&p->comments, COMMENTS_CAP, p->arena);
    buffer_append(&p->comments, from->text.data, from->text.len);
    buffer_char(&p->comments, '\n');
}

static void note(void *arg, struct place where, const struct needle_hits *hits)
{
    struct planter *p = arg;
    (void)where;
    for (size_t i = 0; i < hits->n; i++)
        p->seen[hits->rows[i].needle] = true;
}

static bool all_seen(const struct planter *p, struct error *e)
{
    for (size_t i = 0; i < p->n; i++) {
        if (!p->seen[i])
            return error_set(e, "the gate is blind: a canary was not found, %s", p->what[i]);
    }
    return true;
}

static void plant_all(struct planter *p)
{
    static const enum encoding inner[INNER_MAX] = { ENCODING_BASE64_1, ENCODING_HEX,
                                                    ENCODING_PERCENT_ALL, ENCODING_JSON_U };
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        for (enum encoding e = 0; e < ENCODINGS; e++)
            plant(p, &places[i], long_canary(p), ENCODING_PLAIN, e);
    }
    for (enum encoding e = 1; e < ENCODINGS; e++) {
        for (size_t i = 0; i < INNER_MAX; i++)
            plant(p, &places[random_below(ARRAY_LEN(places))], long_canary(p), inner[i], e);
    }
    for (size_t i = 0; i < ARRAY_LEN(short_places); i++)
        plant(p, &short_places[i], short_canary(p), ENCODING_PLAIN, ENCODING_PLAIN);
}

bool canaries_are_found(struct gate_run *g, const struct render *render, const json_t *secret_names,
                        size_t *n, struct error *e)
{
    struct arena *a = arena_create();
    struct gate_run own = *g;
    size_t room = (ARRAY_LEN(places) + INNER_MAX) * ENCODINGS + ARRAY_LEN(short_places);
    struct planter p = { .arena = a, .secret_names = secret_names };
    own.arena = a;
    p.needles = needles_create(a);
    p.what = arena_alloc_array(a, room, sizeof(*p.what));
    p.seen = arena_alloc_array(a, room, sizeof(*p.seen));
    copy_render(&p, render);
    plant_all(&p);
    p.copy.text = (struct bytes){ (const unsigned char *)p.comments.data, p.comments.len };
    needles_ready(p.needles);
    struct leak_subject s = { .render = &p.copy,
                              .secret_names = secret_names,
                              .needles = p.needles,
                              .found = note,
                              .arg = &p };
    leak_search_render(&own, &s);
    bool ok = all_seen(&p, e);
    *n = p.n;
    arena_destroy(a);
    return ok;
}
