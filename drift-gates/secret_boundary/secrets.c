/* Who reads Secrets and who fills them. */
#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "drift-gates/manifest.h"
#include "drift-gates/secret_boundary/boundary.h"
#include "drift-gates/secret_boundary/rules_data.h"

bool is_preflight(const struct boundary *b, const char *container)
{
    return data_within(b->a, b->data, "preflight_names", container);
}

bool is_controller_secret(const struct boundary *b, const char *name)
{
    return data_glob(b->data, "controller_secrets", name);
}

bool is_sync(const struct manifest *m)
{
    return text_equal(m->kind, "ExternalSecret");
}

const char *sync_target(const struct manifest *m)
{
    const char *name = json_text(json_at(m->value, "/spec/target"), "name");
    return name == NULL ? m->name : name;
}

bool secret_has_data(const struct manifest *m)
{
    static const char *const members[] = { "data", "stringData" };
    const char *key;
    json_t *value;
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        json_object_foreach (json_object_get(m->value, members[i]), key, value) {
            if (json_string_length(value) > 0)
                return true;
        }
    }
    return false;
}

static void add(const struct boundary *b, struct secret_reads *out, struct secret_read row)
{
    const char **names;
    if (row.secret == NULL)
        return;
    names = helm_texts(b->a, row.m->tokens, row.secret);
    for (; *names != NULL; names++) {
        out->rows = arena_grow(b->a, out->rows, out->n, &out->room, sizeof(row));
        row.secret = *names;
        row.literal = !helm_has_token(*names);
        out->rows[out->n++] = row;
    }
}

static void environment_reads(const struct boundary *b, const struct container *c,
                              struct secret_read row, struct secret_reads *out)
{
    size_t i;
    json_t *item;
    json_array_foreach (json_object_get(c->spec, "env"), i, item) {
        const json_t *ref = json_at(item, "/valueFrom/secretKeyRef");
        row.secret = json_text(ref, "name");
        row.key = json_text(ref, "key");
        row.variable = json_text(item, "name");
        row.optional = json_flag(ref, "optional", false);
        row.at = ref;
        add(b, out, row);
    }
    row.key = row.variable = NULL;
    row.env_from = true;
    json_array_foreach (json_object_get(c->spec, "envFrom"), i, item) {
        const json_t *ref = json_member(item, "secretRef");
        row.secret = json_text(ref, "name");
        row.optional = json_flag(ref, "optional", false);
        row.at = ref;
        add(b, out, row);
    }
}

static bool mounts(const json_t *container, const char *volume)
{
    size_t i;
    json_t *mount;
    json_array_foreach (json_object_get(container, "volumeMounts"), i, mount) {
        if (text_equal(json_text(mount, "name"), volume))
            return true;
    }
    return false;
}

/* A Secret as a volume: all of it, or the keys of its items. */
static void volume_source(const struct boundary *b, const json_t *source, const char *name_key,
                          struct secret_read row, struct secret_reads *out)
{
    const json_t *items = json_object_get(source, "items");
    size_t i;
    json_t *item;
    row.secret = json_text(source, name_key);
    row.optional = json_flag(source, "optional", false);
    row.at = source;
    if (json_array_size(items) == 0)
        add(b, out, row);
    json_array_foreach ((json_t *)items, i, item) {
        row.key = json_text(item, "key");
        add(b, out, row);
    }
}

static void volume_reads(const struct boundary *b, const json_t *pod, const struct container *c,
                         struct secret_read row, struct secret_reads *out)
{
    size_t i, k;
    json_t *volume, *source;
    json_array_foreach (json_object_get(pod, "volumes"), i, volume) {
        if (!mounts(c->spec, json_text(volume, "name")))
            continue;
        volume_source(b, json_member(volume, "secret"), "secretName", row, out);
        json_array_foreach (json_object_get(json_member(volume, "projected"), "sources"), k, source)
            volume_source(b, json_member(source, "secret"), "name", row, out);
    }
}

void secret_reads_of(const struct boundary *b, const struct manifest *m, struct secret_reads *out)
{
    const struct object o = { .value = m->value, .kind = m->kind };
    size_t n, i;
    json_t *item;
    struct container *c = containers_of(b->a, &o, &n);
    for (i = 0; i < n; i++) {
        struct secret_read row = { .m = m, .container = c[i].name };
        row.preflight = is_preflight(b, c[i].name);
        environment_reads(b, &c[i], row, out);
        volume_reads(b, c[i].pod, &c[i], row, out);
    }
    if (text_equal(m->kind, "Ingress")) {
        json_array_foreach (json_object_get(json_member(m->value, "spec"), "tls"), i, item)
            add(b, out,
                (struct secret_read){
                    .m = m, .secret = json_text(item, "secretName"), .at = item });
    }
}

static bool same_namespace(const struct manifest *m, const char *namespace)
{
    /* A chart's objects go where its release goes, unless they say otherwise. */
    return namespace == NULL || m->namespace[0] == '\0' || namespace[0] == '\0' ||
           text_equal(m->namespace, namespace);
}

const struct manifest *producer_of(const struct boundary *b, const char *environment,
                                   const char *namespace, const char *secret, bool active)
{
    for (size_t i = 0; i < b->n_manifests; i++) {
        const struct manifest *m = &b->manifests[i];
        if (m->origin != FROM_KUSTOMIZE && is_sync(m) && text_equal(m->environment, environment) &&
            text_equal(sync_target(m), secret) && same_namespace(m, namespace) &&
            (m->active || !active))
            return m;
    }
    return NULL;
}

bool is_bundle(const struct boundary *b, const struct release *r)
{
    size_t syncs = 0;
    for (size_t i = 0; i < b->n_manifests; i++) {
        const struct manifest *m = &b->manifests[i];
        if (m->release != r)
            continue;
        if (pod_spec_of(&(struct object){ .value = m->value, .kind = m->kind }) != NULL)
            return false;
        syncs += is_sync(m);
    }
    return syncs > 0;
}

bool is_migration(const struct boundary *b, const struct manifest *m)
{
    const struct object o = { .value = m->value, .kind = m->kind };
    size_t n;
    if (!text_equal(m->kind, "Job"))
        return false;
    if (data_within(b->a, b->data, "migration_words", m->name))
        return true;
    struct container *c = containers_of(b->a, &o, &n);
    for (size_t i = 0; i < n; i++) {
        if (data_within(b->a, b->data, "migration_words", c[i].name) ||
            (c[i].image != NULL && data_within(b->a, b->data, "migration_words", c[i].image)))
            return true;
    }
    return false;
}
