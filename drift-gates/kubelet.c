#include "drift-gates/kubelet.h"

#include "common/buffer.h"
#include "common/json.h"
#include "common/text.h"

#define VALUE_CAP ((size_t)1 << 20)     /* etcd takes no larger object */
#define EXPANDED_CAP ((size_t)16 << 20) /* of a whole container: doubling references stop here */
#define HASH_LENGTH 10

/* A key's value in a Secret or ConfigMap of a namespace. */
struct lookup {
    enum { NO_OBJECT, NO_KEY, FOUND } state;
    struct kubelet_value value;
};

struct resolver {
    struct gate_run *g;
    const struct container *c;
    struct kubelet_environment *env;
    size_t expanded; /* bytes of values so far */
};

static const char *kind_of(enum kubelet_source source)
{
    return source == KUBELET_SECRET ? "Secret" : "ConfigMap";
}

/* The Secret that an ExternalSecret or a SealedSecret makes. */
static const char *made_by(const struct object *o)
{
    const json_t *spec = json_member(o->value, "spec");
    const char *name = NULL;
    if (text_equal(o->kind, "ExternalSecret"))
        name = json_text(json_member(spec, "target"), "name");
    else if (text_equal(o->kind, "SealedSecret"))
        name = json_text(json_member(json_member(spec, "template"), "metadata"), "name");
    else
        return NULL;
    return name == NULL ? o->name : name;
}

static const char *made_key(struct arena *a, const char *namespace, const char *name)
{
    return arena_printf(a, "%s\n%s", namespace, name);
}

/* Places in render->objects of what makes Secrets, by "namespace\nname" of the Secret: renders may
 * hold thousands of objects, and each key of each container asks. The first of a name stands. */
static const json_t *makers_of(struct gate_run *g, const struct render *r)
{
    struct arena *a = g->settings->arena;
    json_t *makers = arena_attached(a, r);
    if (makers != NULL)
        return makers;
    makers = json_own(a, json_object());
    for (size_t i = 0; i < r->n; i++) {
        const struct object *o = &r->objects[i];
        const char *made = made_by(o);
        const char *key = made == NULL ? NULL : made_key(a, o->namespace, made);
        if (key != NULL && json_object_get(makers, key) == NULL)
            json_object_set_new(makers, key, json_integer((json_int_t)i));
    }
    arena_attach(a, r, makers);
    return makers;
}

static const struct object *object_of(const struct render *r, enum kubelet_source source,
                                      const char *namespace, const char *name)
{
    return render_find(r, kind_of(source), namespace, name);
}

static const struct object *maker_of(struct gate_run *g, const struct render *r,
                                     const char *namespace, const char *name)
{
    const json_t *at = json_object_get(makers_of(g, r), made_key(g->arena, namespace, name));
    return at == NULL ? NULL : &r->objects[json_integer_value(at)];
}

/* The mapping in which a maker names `key`; NULL: it makes no such key. */
static const json_t *maker_key(const struct object *o, const char *key)
{
    const json_t *spec = json_member(o->value, "spec"), *row;
    const json_t *sealed = json_member(spec, "encryptedData");
    const json_t *made = json_member(json_member(json_member(spec, "target"), "template"), "data");
    size_t i;
    if (json_object_get(sealed, key) != NULL)
        return sealed;
    if (json_object_get(made, key) != NULL)
        return made;
    json_array_foreach (json_object_get(spec, "data"), i, row) {
        if (text_equal(json_text(row, "secretKey"), key))
            return row;
    }
    /* dataFrom brings whatever the store holds: any key may be there. */
    const json_t *all = json_object_get(spec, "dataFrom");
    return json_array_size(all) > 0 ? spec : NULL;
}

static struct lookup look_up(struct gate_run *g, const struct render *r, const char *namespace,
                             enum kubelet_source source, const char *name, const char *key)
{
    struct lookup l = { .state = NO_OBJECT };
    const struct object *o = object_of(r, source, namespace, name);
    const struct object *maker =
        o == NULL && source == KUBELET_SECRET ? maker_of(g, r, namespace, name) : NULL;
    const json_t *at = NULL;
    if (o == NULL && maker == NULL)
        return l;
    l.state = NO_KEY;
    l.value = (struct kubelet_value){
        .name = key, .source = source, .object = name, .key = key, .by = maker
    };
    if (o != NULL && object_data(g->arena, o, key, &l.value.value, &at)) {
        l.state = FOUND;
        l.value.where = object_place(g, o, at, key, "%s", key);
    } else if (maker != NULL && (at = maker_key(maker, key)) != NULL) {
        l.state = FOUND;
        l.value.known = KUBELET_SYNCED;
        l.value.where = object_place(g, maker, at, NULL, "%s", key);
    }
    return l;
}

static void add_fault(struct arena *a, struct kubelet_fault **rows, size_t *n, size_t *room,
                      struct place where, const char *what)
{
    *rows = arena_grow(a, *rows, *n, room, sizeof(**rows));
    (*rows)[(*n)++] = (struct kubelet_fault){ where, what };
}

static const char *missing(struct gate_run *g, const struct lookup *l, enum kubelet_source source,
                           const char *namespace, const char *name, const char *key)
{
    if (l->state == NO_OBJECT)
        return arena_printf(g->arena, "there is no %s %s/%s", kind_of(source), namespace, name);
    return arena_printf(g->arena, "%s %s/%s has no key %s", kind_of(source), namespace, name, key);
}

static struct kubelet_value *row_named(const struct kubelet_environment *env, const char *name)
{
    const json_t *at = name == NULL ? NULL : json_object_get(env->index, name);
    return at == NULL ? NULL : &env->rows[json_integer_value(at)];
}

static void give(struct resolver *r, struct kubelet_value v)
{
    struct arena *a = r->g->arena;
    struct kubelet_environment *env = r->env;
    struct kubelet_value *row = row_named(env, v.name);
    if (row != NULL) {
        v.earlier = arena_copy(a, row, sizeof(*row));
        *row = v;
        return;
    }
    env->rows = arena_grow(a, env->rows, env->n, &env->room, sizeof(*row));
    if (json_object_set_new(env->index, v.name, json_integer((json_int_t)env->n)) == 0)
        env->rows[env->n++] = v;
}

/* Letters, digits, "-", "_", ".", no digit first: what every kubelet takes as a name. */
static bool is_variable_name(const char *name)
{
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");
    return n > 0 && name[n] == '\0' && strchr("0123456789", name[0]) == NULL &&
           !text_equal(name, ".") && !text_equal(name, "..");
}

static void take_key(struct resolver *r, enum kubelet_source source, const char *object,
                     const char *prefix, const char *key)
{
    const struct object *owner = r->c->owner;
    struct lookup l = look_up(r->g, owner->render, owner->namespace, source, object, key);
    struct kubelet_environment *env = r->env;
    if (l.state != FOUND)
        return;
    l.value.name = arena_printf(r->g->arena, "%s%s", prefix, key);
    if (is_variable_name(l.value.name))
        give(r, l.value);
    else
        add_fault(r->g->arena, &env->skipped, &env->n_skipped, &env->skipped_room, l.value.where,
                  arena_printf(r->g->arena, "%s is no name of a variable", l.value.name));
}

static void take_members(struct resolver *r, enum kubelet_source source, const char *object,
                         const char *prefix, const json_t *members)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)members, key, value)
        take_key(r, source, object, prefix, key);
}

static void take_made_keys(struct resolver *r, const struct object *maker, const char *object,
                           const char *prefix)
{
    const json_t *spec = json_member(maker->value, "spec"), *row;
    size_t i;
    json_array_foreach (json_object_get(spec, "data"), i, row) {
        if (json_text(row, "secretKey") != NULL)
            take_key(r, KUBELET_SECRET, object, prefix, json_text(row, "secretKey"));
    }
    take_members(r, KUBELET_SECRET, object, prefix, json_member(spec, "encryptedData"));
    take_members(r, KUBELET_SECRET, object, prefix,
                 json_member(json_member(json_member(spec, "target"), "template"), "data"));
}

static void take_env_from(struct resolver *r, const json_t *row)
{
    const json_t *secret = json_member(row, "secretRef"), *map = json_member(row, "configMapRef");
    const json_t *ref = secret != NULL ? secret : map;
    const char *name = json_text(ref, "name"), *prefix = json_text(row, "prefix");
    enum kubelet_source source = secret != NULL ? KUBELET_SECRET : KUBELET_CONFIG_MAP;
    const struct object *owner = r->c->owner;
    if (name == NULL)
        return;
    const struct object *o = object_of(owner->render, source, owner->namespace, name);
    const struct object *maker =
        source == KUBELET_SECRET ? maker_of(r->g, owner->render, owner->namespace, name) : NULL;
    prefix = prefix == NULL ? "" : prefix;
    if (o != NULL) {
        take_members(r, source, name, prefix, json_member(o->value, "data"));
        if (source == KUBELET_SECRET)
            take_members(r, source, name, prefix, json_member(o->value, "stringData"));
    } else if (maker != NULL) {
        take_made_keys(r, maker, name, prefix);
    } else if (!json_flag(ref, "optional", false)) {
        add_fault(r->g->arena, &r->env->faults, &r->env->n_faults, &r->env->faults_room,
                  container_place(r->g, r->c, ref, "name", "envFrom %s", name),
                  arena_printf(r->g->arena, "there is no %s %s/%s", kind_of(source),
                               owner->namespace, name));
    }
}

/* metadata.labels['app'], metadata.annotations['x']: what the template says. */
static const char *field_of_map(const struct object *o, const char *path, const char *map,
                                struct arena *a)
{
    const char *open = arena_printf(a, "metadata.%s['", map);
    if (!text_starts(path, open) || !text_ends(path, "']"))
        return NULL;
    const char *key = path + strlen(open);
    const char *value = json_text(json_member(pod_template_meta_of(o), map),
                                  arena_strndup(a, key, strlen(key) - 2));
    return value == NULL ? "" : value;
}

static const char *field_of(const struct container *c, const char *path, struct arena *a)
{
    if (text_equal(path, "metadata.namespace"))
        return c->owner->namespace;
    if (text_equal(path, "spec.serviceAccountName")) {
        const char *account = json_text(c->pod, "serviceAccountName");
        return account == NULL ? "default" : account;
    }
    const char *label = field_of_map(c->owner, path, "labels", a);
    return label != NULL ? label : field_of_map(c->owner, path, "annotations", a);
}

static void take_key_ref(struct resolver *r, const char *name, const json_t *ref,
                         enum kubelet_source source)
{
    const struct object *owner = r->c->owner;
    const char *object = json_text(ref, "name"), *key = json_text(ref, "key");
    struct lookup l = look_up(r->g, owner->render, owner->namespace, source,
                              object == NULL ? "" : object, key == NULL ? "" : key);
    if (l.state == FOUND) {
        l.value.name = name;
        give(r, l.value);
    } else if (!json_flag(ref, "optional", false)) {
        add_fault(r->g->arena, &r->env->faults, &r->env->n_faults, &r->env->faults_room,
                  container_place(r->g, r->c, ref, "key", "env %s", name),
                  missing(r->g, &l, source, owner->namespace, object == NULL ? "" : object,
                          key == NULL ? "" : key));
    }
}

static void take_pod_field(struct resolver *r, const char *name, const json_t *row,
                           const json_t *from)
{
    const char *path = json_text(json_member(from, "fieldRef"), "fieldPath");
    const char *value = path == NULL ? NULL : field_of(r->c, path, r->g->arena);
    give(r, (struct kubelet_value){ .name = name,
                                    .known = value == NULL ? KUBELET_LATER : KUBELET_KNOWN,
                                    .value = BYTES_OF_TEXT(value == NULL ? "" : value),
                                    .source = KUBELET_POD,
                                    .where =
                                        container_place(r->g, r->c, row, "name", "env %s", name) });
}

/* Beyond the cap a value stays as it is written, and the container is no sound one. */
static const char *expanded(struct resolver *r, const char *text, struct kubelet_value *v)
{
    if (r->expanded > EXPANDED_CAP)
        return text;
    text = kubelet_expand(r->g->arena, r->env, text, &v->known);
    r->expanded += strlen(text);
    if (r->expanded > EXPANDED_CAP)
        add_fault(r->g->arena, &r->env->faults, &r->env->n_faults, &r->env->faults_room, v->where,
                  arena_printf(r->g->arena, "the values up to here expand to more than %zu MiB",
                               EXPANDED_CAP >> 20));
    return text;
}

static void take_env(struct resolver *r, const json_t *row)
{
    const char *name = json_text(row, "name"), *text = json_text(row, "value");
    const json_t *from = json_member(row, "valueFrom");
    const json_t *secret = json_member(from, "secretKeyRef");
    const json_t *map = json_member(from, "configMapKeyRef");
    if (name == NULL)
        return;
    if (from == NULL || !text_blank(text)) {
        struct kubelet_value v = {
            .name = name,
            .source = KUBELET_LITERAL,
            .where = container_place(r->g, r->c, row, "name", "env %s", name),
        };
        v.value = BYTES_OF_TEXT(expanded(r, text == NULL ? "" : text, &v));
        give(r, v);
    } else if (secret != NULL) {
        take_key_ref(r, name, secret, KUBELET_SECRET);
    } else if (map != NULL) {
        take_key_ref(r, name, map, KUBELET_CONFIG_MAP);
    } else {
        take_pod_field(r, name, row, from);
    }
}

const struct kubelet_environment *kubelet_environment(struct gate_run *g, const struct container *c)
{
    struct kubelet_environment *env = arena_alloc(g->arena, sizeof(*env));
    struct resolver r = { .g = g, .c = c, .env = env };
    const json_t *row;
    size_t i;
    env->index = json_own(g->arena, json_object());
    json_array_foreach (json_object_get(c->spec, "envFrom"), i, row)
        take_env_from(&r, row);
    json_array_foreach (json_object_get(c->spec, "env"), i, row)
        take_env(&r, row);
    return env;
}

const struct kubelet_value *kubelet_get(const struct kubelet_environment *env, const char *name)
{
    return row_named(env, name);
}

bool kubelet_filled(const struct kubelet_value *v)
{
    return v != NULL && (v->known != KUBELET_KNOWN || !text_blank((const char *)v->value.data));
}

static void expand_name(struct buffer *b, const struct kubelet_environment *env, const char *name,
                        enum kubelet_known *known)
{
    const struct kubelet_value *v = kubelet_get(env, name);
    if (v == NULL) {
        buffer_printf(b, "$(%s)", name);
        return;
    }
    if (v->known > *known)
        *known = v->known;
    buffer_append(b, v->value.data, v->value.len);
}

char *kubelet_expand(struct arena *a, const struct kubelet_environment *env, const char *text,
                     enum kubelet_known *known)
{
    struct buffer b;
    const char *last = strrchr(text, ')'); /* no reference is closed behind it */
    buffer_init_arena(&b, VALUE_CAP, a);
    while (*text != '\0') {
        const char *end = text[0] == '$' && text[1] == '(' && last != NULL && text < last
                              ? strchr(text, ')')
                              : NULL;
        if (end != NULL) {
            expand_name(&b, env, arena_strndup(a, text + 2, (size_t)(end - text) - 2), known);
            text = end + 1;
        } else if (text[0] == '$' && text[1] == '$') {
            buffer_char(&b, '$');
            text += 2;
        } else {
            buffer_char(&b, *text++);
        }
    }
    return b.data;
}

/* ---- files ---- */

/* What stands behind `rest`, the path below a volume's root. */
static struct lookup file_of_source(struct gate_run *g, const struct object *o,
                                    const json_t *source, enum kubelet_source kind,
                                    const char *name, const char *rest)
{
    const json_t *items = json_object_get(source, "items"), *item;
    size_t i;
    if (items == NULL)
        return look_up(g, o->render, o->namespace, kind, name, rest);
    json_array_foreach ((json_t *)items, i, item) {
        if (text_equal(json_text(item, "path"), rest) && json_text(item, "key") != NULL)
            return look_up(g, o->render, o->namespace, kind, name, json_text(item, "key"));
    }
    return (struct lookup){ .state = NO_KEY };
}

/* A volume, or one source of a projected volume: they differ in how they name a Secret. */
static struct lookup file_of_volume(struct gate_run *g, const struct object *o,
                                    const json_t *volume, const char *rest)
{
    const json_t *secret = json_member(volume, "secret"), *map = json_member(volume, "configMap");
    const char *name = json_text(secret, "secretName");
    if (secret != NULL)
        return file_of_source(g, o, secret, KUBELET_SECRET,
                              name != NULL ? name : json_text(secret, "name"), rest);
    if (map != NULL)
        return file_of_source(g, o, map, KUBELET_CONFIG_MAP, json_text(map, "name"), rest);
    struct lookup found = { .state = NO_OBJECT };
    const json_t *source;
    size_t i;
    json_array_foreach (json_object_get(json_member(volume, "projected"), "sources"), i, source) {
        struct lookup l = file_of_volume(g, o, source, rest);
        if (l.state == FOUND)
            found = l; /* of two with one path the later stands */
    }
    return found;
}

static const json_t *volume_named(const json_t *pod, const char *name)
{
    const json_t *volume;
    size_t i;
    json_array_foreach (json_object_get(pod, "volumes"), i, volume) {
        if (text_equal(json_text(volume, "name"), name))
            return volume;
    }
    return NULL;
}

/* The mount with the longest path that `path` lies at or below; *rest is what follows it. */
static const json_t *mount_of(const struct container *c, const char *path, const char **rest)
{
    const json_t *best = NULL, *mount;
    size_t longest = 0, i;
    json_array_foreach (json_object_get(c->spec, "volumeMounts"), i, mount) {
        const char *at = json_text(mount, "mountPath");
        size_t n = at == NULL ? 0 : strlen(at);
        while (n > 0 && at[n - 1] == '/')
            n--;
        if (n <= longest || strncmp(path, at, n) != 0 || (path[n] != '/' && path[n] != '\0'))
            continue;
        best = mount;
        longest = n;
        *rest = path[n] == '/' ? path + n + 1 : path + n;
    }
    return best;
}

const json_t *kubelet_volume(const struct container *c, const char *path)
{
    const char *rest;
    const json_t *mount = mount_of(c, path, &rest);
    return mount == NULL ? NULL : volume_named(c->pod, json_text(mount, "name"));
}

const struct kubelet_value *kubelet_file(struct gate_run *g, const struct container *c,
                                         const char *path)
{
    const char *rest = "";
    const json_t *mount = mount_of(c, path, &rest);
    const json_t *volume = volume_named(c->pod, json_text(mount, "name"));
    const char *sub = json_text(mount, "subPath");
    if (volume == NULL)
        return NULL;
    if (!text_blank(sub))
        rest = rest[0] == '\0' ? sub : arena_printf(g->arena, "%s/%s", sub, rest);
    struct lookup l = file_of_volume(g, c->owner, volume, rest);
    if (l.state != FOUND)
        return NULL;
    l.value.name = path;
    return arena_copy(g->arena, &l.value, sizeof(l.value));
}

struct volume_check {
    struct gate_run *g;
    const struct object *o;
    const char *volume;
    struct kubelet_fault *faults;
    size_t n, room;
};

static void check_source(struct volume_check *v, const json_t *source, enum kubelet_source kind,
                         const char *name)
{
    const json_t *items = json_object_get(source, "items"), *item;
    size_t i;
    const struct object *o = v->o;
    if (name == NULL || json_flag(source, "optional", false))
        return;
    bool there = object_of(o->render, kind, o->namespace, name) != NULL ||
                 (kind == KUBELET_SECRET && maker_of(v->g, o->render, o->namespace, name) != NULL);
    struct place where = object_place(v->g, o, source, NULL, "volume %s", v->volume);
    struct lookup l = { .state = NO_OBJECT };
    if (!there) {
        add_fault(v->g->arena, &v->faults, &v->n, &v->room, where,
                  missing(v->g, &l, kind, o->namespace, name, ""));
        return;
    }
    json_array_foreach ((json_t *)items, i, item) {
        const char *key = json_text(item, "key");
        l = look_up(v->g, o->render, o->namespace, kind, name, key == NULL ? "" : key);
        if (l.state != FOUND)
            add_fault(v->g->arena, &v->faults, &v->n, &v->room, where,
                      missing(v->g, &l, kind, o->namespace, name, key == NULL ? "" : key));
    }
}

static void check_volume(struct volume_check *v, const json_t *volume)
{
    const json_t *secret = json_member(volume, "secret"), *map = json_member(volume, "configMap");
    const json_t *source;
    const char *name = json_text(secret, "secretName");
    size_t i;
    if (secret != NULL)
        check_source(v, secret, KUBELET_SECRET, name != NULL ? name : json_text(secret, "name"));
    if (map != NULL)
        check_source(v, map, KUBELET_CONFIG_MAP, json_text(map, "name"));
    json_array_foreach (json_object_get(json_member(volume, "projected"), "sources"), i, source)
        check_volume(v, source);
}

struct kubelet_fault *kubelet_volume_faults(struct gate_run *g, const struct object *workload,
                                            size_t *n)
{
    struct volume_check v = { .g = g, .o = workload };
    const json_t *volume;
    size_t i;
    json_array_foreach (json_object_get(pod_spec_of(workload), "volumes"), i, volume) {
        v.volume = json_text(volume, "name");
        v.volume = v.volume == NULL ? "" : v.volume;
        check_volume(&v, volume);
    }
    *n = v.n;
    return v.faults;
}

/* kustomize's hash: hex digits in which 0, 1, 3, a and e, which make words, are g, h, k, m, t. */
bool kubelet_is_name(const char *name, const char *stem)
{
    size_t n = strlen(stem);
    if (name == NULL || strncmp(name, stem, n) != 0)
        return false;
    if (name[n] == '\0')
        return true;
    return name[n] == '-' && strlen(name + n + 1) == HASH_LENGTH &&
           strspn(name + n + 1, "2456789bcdfghkmt") == HASH_LENGTH;
}

const struct object *kubelet_service(const struct render *r, const char *name)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct object *o = &r->objects[i];
        if (text_equal(o->name, name) && pod_spec_of(o) != NULL && !text_equal(o->kind, "Job") &&
            !text_equal(o->kind, "CronJob"))
            return o;
    }
    return NULL;
}

bool kubelet_main(struct arena *a, const struct object *o, struct container *out)
{
    size_t n;
    struct container *c = containers_of(a, o, &n);
    for (size_t i = 0; i < n; i++) {
        if (!c[i].init) {
            *out = c[i];
            return true;
        }
    }
    return false;
}
