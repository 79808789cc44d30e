/* Delivery: every Secret that a workload reads is filled by exactly one sync object of the same
 * place, entry by entry. */
#include <ctype.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "drift-gates/secret_boundary/boundary.h"

static const char store_prefix[] = "secret/data/";

/* secret/data/<key>: lower case, digits and . _ / - behind the prefix. */
static bool is_store_key(const char *key)
{
    if (!text_starts(key, store_prefix))
        return false;
    key += strlen(store_prefix);
    if (!isdigit((unsigned char)*key) && !islower((unsigned char)*key))
        return false;
    for (; *key != '\0'; key++) {
        if (!isdigit((unsigned char)*key) && !islower((unsigned char)*key) &&
            strchr("._/-", *key) == NULL)
            return false;
    }
    return true;
}

static void check_entry(struct boundary *b, const struct manifest *m, const json_t *entry)
{
    const json_t *ref = json_member(entry, "remoteRef");
    const char *secret_key = json_text(entry, "secretKey"), *key = json_text(ref, "key");
    const char *property = json_text(ref, "property");
    struct place at =
        manifest_place(b, m, ref == NULL ? entry : ref, NULL,
                       arena_printf(b->a, "data %s", secret_key == NULL ? "?" : secret_key));
    if (key == NULL || (!helm_has_token(key) && !is_store_key(key)))
        boundary_report(b, "B-09", at, secret_key, NULL,
                        "the entry's key is %s, not secret/data/<key>",
                        key == NULL ? "missing" : key);
    else if (!text_equal(property, "value"))
        boundary_report(b, "B-09", at, secret_key, NULL, "the entry's property is %s, not value",
                        property == NULL ? "missing" : property);
    else if (json_object_get(ref, "version") != NULL)
        boundary_report(b, "B-09", at, secret_key, NULL,
                        "the entry pins a version, which stops rotation");
}

static bool is_label(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++) {
        if (!islower((unsigned char)name[i]) && !isdigit((unsigned char)name[i]) &&
            strchr("-.", name[i]) == NULL)
            return false;
    }
    return len > 0 && len <= 253 && isalnum((unsigned char)name[0]) &&
           isalnum((unsigned char)name[len - 1]);
}

static void check_name(struct boundary *b, const struct manifest *m)
{
    const json_t *spec = json_member(m->value, "spec"), *target = json_member(spec, "target");
    const char *name = json_text(target, "name");
    struct place at = manifest_place(b, m, target == NULL ? spec : target, NULL, "target");
    const char *shown = helm_shown(b->a, m->tokens, m->name);
    if (name == NULL) {
        boundary_report(b, "B-10", at, NULL, NULL, "%s does not name the Secret it fills", shown);
        return;
    }
    const char *wanted = arena_printf(b->a, "%s-sync", name);
    if (!text_equal(m->name, wanted))
        boundary_report(b, "B-10", at, name, NULL, "%s fills %s; its name would be %s", shown,
                        helm_shown(b->a, m->tokens, name), helm_shown(b->a, m->tokens, wanted));
    else if (!helm_has_token(name) && !is_label(name))
        boundary_report(b, "B-10", at, name, NULL, "%s is no name an object may have", name);
}

static void check_sync(struct boundary *b, const struct manifest *m)
{
    const json_t *spec = json_member(m->value, "spec");
    size_t i;
    json_t *entry;
    if (json_array_size(json_object_get(spec, "dataFrom")) > 0)
        boundary_report(b, "B-09", manifest_place(b, m, spec, "dataFrom", "dataFrom"), "dataFrom",
                        NULL, "takes whole entries, so nobody sees which keys it delivers");
    json_array_foreach (json_object_get(spec, "data"), i, entry)
        check_entry(b, m, entry);
    check_name(b, m);
    gate_compared(b->g, 1, "ExternalSecrets");
}

static bool has_entry(const struct manifest *sync, const char *key)
{
    size_t i;
    json_t *entry;
    const json_t *spec = json_member(sync->value, "spec");
    if (json_array_size(json_object_get(spec, "dataFrom")) > 0)
        return true; /* B-09 has said that nobody knows */
    json_array_foreach (json_object_get(spec, "data"), i, entry) {
        const char *name = json_text(entry, "secretKey");
        if (text_equal(name, key) || (name != NULL && helm_has_token(name)))
            return true;
    }
    return false;
}

static struct place read_place(const struct boundary *b, const struct secret_read *r)
{
    const char *inside = r->container == NULL ? arena_printf(b->a, "Secret %s", r->secret)
                                              : arena_printf(b->a, "container %s Secret %s",
                                                             r->container, r->secret);
    return manifest_place(b, r->m, r->at, NULL, inside);
}

static void check_keys(struct boundary *b, const struct secret_read *r, const struct manifest *sync)
{
    size_t i;
    json_t *row;
    if (r->key != NULL && !helm_has_token(r->key) && !has_entry(sync, r->key))
        boundary_report(b, "B-11", read_place(b, r), r->key, NULL,
                        "reads key %s of %s, which %s does not deliver", r->key, r->secret,
                        sync->name);
    if (!r->env_from)
        return;
    /* envFrom names no keys: those that the environment contract takes from this Secret count. */
    json_array_foreach ((json_t *)b->contract, i, row) {
        const char *key = json_text(row, "source_key"), *name = json_text(row, "name");
        key = key == NULL ? name : key;
        if (text_equal(json_text(row, "source_name"), r->secret) &&
            text_equal(json_text(row, "source_kind"), "secret") &&
            text_equal(json_text(row, "class"), "required") && !has_entry(sync, key))
            boundary_report(b, "B-11", read_place(b, r), key, NULL,
                            "takes its environment from %s, and %s does not deliver %s", r->secret,
                            sync->name, key);
    }
}

static bool filled_by_hand(const struct boundary *b, const struct manifest *m, const char *secret)
{
    for (size_t i = 0; i < b->n_manifests; i++) {
        const struct manifest *x = &b->manifests[i];
        if (x->origin == m->origin && text_equal(x->kind, "Secret") &&
            text_equal(x->environment, m->environment) && text_equal(x->name, secret))
            return true;
    }
    return false;
}

static void check_read(struct boundary *b, const struct secret_read *r)
{
    const struct manifest *m = r->m;
    if (!r->literal || is_controller_secret(b, r->secret))
        return;
    gate_compared(b->g, 1, "references to Secrets");
    /* A render has no required(): a reference that may be missing is the same hole. In a chart's
     * Job it is B-28's. */
    if (m->origin == FROM_RENDER && r->optional && !r->preflight)
        boundary_report(
            b, "B-15", read_place(b, r), r->secret, NULL,
            "the reference to %s is optional: missing, the Secret becomes an empty value",
            r->secret);
    const struct manifest *sync = producer_of(b, m->environment, m->namespace, r->secret, false);
    if (sync != NULL)
        check_keys(b, r, sync); /* one that is switched off is B-27's */
    else if (filled_by_hand(b, m, r->secret) || text_equal(m->kind, "Ingress"))
        return; /* a Secret of the overlay: B-05 and its declared differences say whether it may */
    else
        boundary_report(b, "B-08", read_place(b, r), r->secret, NULL,
                        "no sync object of this place fills Secret %s", r->secret);
}

/* Objects that make one Secret: a second sync object, or a Secret beside one. */
static void check_owner(struct boundary *b, size_t at)
{
    const struct manifest *m = &b->manifests[at];
    const char *target = sync_target(m);
    for (size_t i = 0; i < b->n_manifests; i++) {
        const struct manifest *x = &b->manifests[i];
        bool sync = is_sync(x) && i < at && text_equal(sync_target(x), target);
        bool shell = text_equal(x->kind, "Secret") && text_equal(x->name, target);
        if ((!sync && !shell) || x->origin != m->origin ||
            !text_equal(x->environment, m->environment) || !text_equal(x->namespace, m->namespace))
            continue;
        boundary_report(b, "B-12",
                        manifest_place(b, m, json_member(m->value, "spec"), NULL, "target"), target,
                        NULL, "Secret %s is made by %s as well (%s)",
                        helm_shown(b->a, m->tokens, target), helm_shown(b->a, x->tokens, x->name),
                        x->file);
        return;
    }
}

/* Sources of Kustomize are judged as their renders show them; without renders, as they stand. */
static bool is_judged(const struct boundary *b, const struct manifest *m)
{
    return m->origin != FROM_KUSTOMIZE || b->g->settings->n_renders == 0;
}

void check_external(struct boundary *b)
{
    for (size_t i = 0; i < b->n_manifests; i++) {
        const struct manifest *m = &b->manifests[i];
        struct secret_reads reads = { .n = 0 };
        if (!is_judged(b, m))
            continue;
        if (is_sync(m)) {
            check_sync(b, m);
            check_owner(b, i);
        }
        if (m->active)
            secret_reads_of(b, m, &reads);
        for (size_t k = 0; k < reads.n; k++)
            check_read(b, &reads.rows[k]);
    }
}
