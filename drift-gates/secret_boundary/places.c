/* What belongs to one place stands in that place's overlay: names of environments and hosts, inputs
 * that differ, addresses of dev; and knobs that everybody repeats have one source. */
#include <ctype.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/manifest.h"
#include "drift-gates/secret_boundary/boundary.h"
#include "drift-gates/secret_boundary/rules_data.h"

/* ---- B-22 ---- */

static bool is_environment_word(const struct boundary *b, const char *word)
{
    return data_has(b->data, "environment_words", word);
}

/* plexsphere-dev-cursor-keys carries the word dev. NULL: none. */
static const char *environment_word_in(const struct boundary *b, const char *name)
{
    size_t n;
    char **parts = text_split(b->a, key_words(b->a, name), ' ', &n);
    for (size_t i = 0; i < n; i++) {
        if (is_environment_word(b, parts[i]))
            return parts[i];
    }
    return NULL;
}

/* The host of a URL or of host:port, or NULL when the text is neither. */
static const char *host_of(struct arena *a, const char *text)
{
    const char *scheme = strstr(text, "://");
    const char *from = scheme == NULL ? text : scheme + 3;
    size_t len = strcspn(from, "/?#,\"' \t\n");
    const char *authority = arena_strndup(a, from, len), *at = strrchr(authority, '@');
    authority = at == NULL ? authority : at + 1;
    for (const char *c = authority; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && strchr(".:-[]", *c) == NULL)
            return NULL;
    }
    return authority[0] == '\0' || (scheme == NULL && from[len] != '\0') ? NULL : authority;
}

static bool is_place_host(const struct boundary *b, const char *value)
{
    const char *host = host_of(b->a, value);
    if (host == NULL)
        return false;
    const char *name = arena_strndup(b->a, host, strcspn(host, ":"));
    const json_t *domains = json_object_get(b->settings, "domains");
    size_t i;
    json_t *row;
    json_array_foreach ((json_t *)domains, i, row) {
        const char *pattern = json_string_value(row);
        if (pattern != NULL && text_glob(pattern, name))
            return true;
    }
    return (strchr(host, '.') != NULL || text_starts(host, "localhost")) &&
           data_glob(b->data, "environment_hosts", name);
}

static bool says_environment(const struct boundary *b, const char *key, const char *value)
{
    size_t i;
    json_t *row;
    const char *words = key_words(b->a, key);
    json_array_foreach (json_object_get(b->data, "environment_keys"), i, row) {
        if (words_end(words, key_words(b->a, json_string_value(row))))
            return is_environment_word(b, value);
    }
    return false;
}

static void judge_base(struct boundary *b, struct place at, const char *key, const char *value)
{
    if (!is_literal(value))
        return;
    if (says_environment(b, key, value))
        boundary_report(b, "B-22", at, key, value, "the base names the environment %s", value);
    else if (is_place_host(b, value))
        boundary_report(b, "B-22", at, key, value, "the base names a host of one environment in %s",
                        key);
}

struct base_file {
    struct boundary *b;
    const struct values_file *v;
};

static void base_leaf(void *context, struct leaf leaf)
{
    const struct base_file *f = context;
    /* Looking up a line costs more than judging: only what is reported has a place. */
    if (!says_environment(f->b, leaf.key, leaf.text) && !is_place_host(f->b, leaf.text))
        return;
    judge_base(f->b,
               (struct place){
                   .file = f->v->file,
                   .line = yaml_line_of(f->b->a, leaf.parent, leaf.in_list ? NULL : leaf.key),
                   .path = leaf.path },
               leaf.key, leaf.text);
}

static void base_names(struct boundary *b, const struct manifest *m)
{
    const struct object o = { .value = m->value, .kind = m->kind };
    const char *word = environment_word_in(b, m->name);
    size_t n;
    if (word != NULL)
        boundary_report(b, "B-22",
                        manifest_place(b, m, json_member(m->value, "metadata"), "name", NULL),
                        m->name, NULL, "the base has an object with '%s' in its name: %s", word,
                        m->name);
    struct container *c = containers_of(b->a, &o, &n);
    for (size_t i = 0; i < n; i++) {
        word = environment_word_in(b, c[i].name);
        if (word != NULL)
            boundary_report(b, "B-22",
                            manifest_place(b, m, c[i].spec, "name",
                                           arena_printf(b->a, "container %s", c[i].name)),
                            c[i].name, NULL, "the base has a container with '%s' in its name: %s",
                            word, c[i].name);
    }
}

static void base_object(struct boundary *b, const struct manifest *m)
{
    const struct object o = { .value = m->value, .kind = m->kind };
    const char *key;
    json_t *value;
    size_t n, i;
    base_names(b, m);
    if (text_equal(m->kind, "ConfigMap")) {
        const json_t *data = json_object_get(m->value, "data");
        json_object_foreach ((json_t *)data, key, value) {
            if (json_is_string(value))
                judge_base(b, manifest_place(b, m, data, key, key), key, json_string_value(value));
        }
    }
    struct container *c = containers_of(b->a, &o, &n);
    for (size_t k = 0; k < n; k++) {
        json_array_foreach (json_object_get(c[k].spec, "env"), i, value) {
            const char *name = json_text(value, "name"), *text = json_text(value, "value");
            if (name != NULL && text != NULL)
                judge_base(b,
                           manifest_place(b, m, value, "value",
                                          arena_printf(b->a, "container %s env %s", c[k].name,
                                                       name)),
                           name, text);
        }
    }
    gate_compared(b->g, 1, "objects of the base");
}

static void check_base(struct boundary *b)
{
    for (size_t i = 0; i < b->n_values; i++) {
        struct base_file f = { b, &b->values[i] };
        if (b->values[i].environment[0] == '\0')
            walk_leaves(b->a, b->values[i].value, base_leaf, &f);
    }
    for (size_t i = 0; i < b->n_manifests; i++) {
        const struct manifest *m = &b->manifests[i];
        if (m->origin == FROM_KUSTOMIZE && m->environment[0] == '\0' && m->kind[0] != '\0' &&
            !text_equal(m->kind, "Kustomization") && !text_equal(m->kind, "Component"))
            base_object(b, m);
    }
}

/* ---- B-23 ---- */

struct addresses {
    struct boundary *b;
    const char **texts;
    size_t n, room;
    const struct manifest *m; /* of the production object being searched */
};

/* scheme://host:port of every URL in a text whose host is of one place or has no dot. */
static void collect(struct addresses *s, const char *text)
{
    struct boundary *b = s->b;
    for (const char *at = text; (at = strstr(at, "://")) != NULL; at += 3) {
        const char *from = at + 3;
        const char *address = arena_strndup(b->a, from, strcspn(from, "/?#,\"'` \t\n)]}"));
        const char *user = strrchr(address, '@');
        address = user == NULL ? address : user + 1;
        bool local = strchr(address, '.') == NULL && strchr(address, ':') != NULL;
        if (strlen(address) < 4 || (!local && !is_place_host(b, address)))
            continue;
        bool known = false;
        for (size_t i = 0; i < s->n; i++)
            known = known || text_equal(s->texts[i], address);
        if (known)
            continue;
        s->texts = arena_grow(b->a, s->texts, s->n, &s->room, sizeof(*s->texts));
        s->texts[s->n++] = address;
    }
}

static void collect_leaf(void *context, struct leaf leaf)
{
    collect(context, leaf.text);
}

static bool stands_in(const char *text, const char *address)
{
    size_t len = strlen(address);
    for (const char *at = text; (at = strstr(at, address)) != NULL; at++) {
        bool before =
            at == text || (!isalnum((unsigned char)at[-1]) && strchr(".-", at[-1]) == NULL);
        bool after =
            !isalnum((unsigned char)at[len]) && (at[len] == '\0' || strchr(".-", at[len]) == NULL);
        if (before && after)
            return true;
    }
    return false;
}

static void search_leaf(void *context, struct leaf leaf)
{
    struct addresses *s = context;
    for (size_t i = 0; i < s->n; i++) {
        /* A probe of the Pod's own loopback is no address of dev. */
        if (stands_in(leaf.text, s->texts[i]))
            boundary_report(s->b, "B-23",
                            manifest_place(s->b, s->m, leaf.parent, leaf.in_list ? NULL : leaf.key,
                                           leaf.path),
                            leaf.key, s->texts[i], "production names %s, an address of development",
                            s->texts[i]);
    }
}

static void check_promoted(struct boundary *b)
{
    struct addresses s = { .b = b };
    for (size_t i = 0; i < b->n_manifests; i++) {
        const struct manifest *m = &b->manifests[i];
        if (m->origin != FROM_KUSTOMIZE && !m->production && m->environment[0] != '\0' &&
            !text_equal(m->kind, "CustomResourceDefinition"))
            walk_leaves(b->a, m->value, collect_leaf, &s);
    }
    size_t searched = 0;
    for (size_t i = 0; i < b->n_manifests && s.n > 0; i++) {
        s.m = &b->manifests[i];
        if (s.m->origin != FROM_KUSTOMIZE && s.m->production && ++searched > 0)
            walk_leaves(b->a, s.m->value, search_leaf, &s);
    }
    if (searched > 0)
        gate_compared(b->g, s.n, "addresses of development");
}

/* ---- B-16 ---- */

struct differing {
    struct boundary *b;
    const struct values_file *v;
};

static const json_t *value_at(const struct boundary *b, const struct values_file *v,
                              const char *path)
{
    return json_at(v->value, arena_printf(b->a, "/%s", text_replace_char(b->a, path, '.', '/')));
}

static bool is_required(const struct boundary *b, const char *service, const char *path)
{
    bool printed = false, required = false;
    for (size_t i = 0; i < b->n_charts; i++) {
        const struct chart *c = &b->charts[i];
        for (size_t k = 0; text_equal(c->name, service) && k < c->n; k++) {
            for (size_t x = 0; x < c->templates[k].text.n; x++) {
                const struct helm_action *action = &c->templates[k].text.actions[x];
                const char *bare = helm_bare(b->a, action->text);
                const char **paths = helm_paths(b->a, bare);
                for (; *paths != NULL; paths++) {
                    bool it = text_equal(*paths, path) &&
                              (action->kind == HELM_VALUE || action->kind == HELM_QUIET);
                    printed = printed || it;
                    required = required || (it && helm_calls(bare, "required"));
                }
            }
        }
    }
    return required || !printed;
}

/* Knobs of size are meant to have a default; addresses, buckets and names of places are not. */
static bool is_input(const struct boundary *b, const char *key)
{
    static const char *const words[] = { "endpoint", "bucket",  "prefix",      "host",   "hostname",
                                         "url",      "address", "environment", "issuer", "domain" };
    const char *name = key_words(b->a, key);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (words_end(name, words[i]))
            return true;
    }
    return false;
}

/* The same host in an overlay of production and in one that is not. */
static void shared_host(const struct differing *d, struct leaf leaf)
{
    struct boundary *b = d->b;
    const char *host = host_of(b->a, leaf.text);
    const struct environment *x = environment_of(b, d->v->file);
    if (x == NULL || !x->production || host == NULL || strchr(host, '.') == NULL)
        return;
    for (size_t i = 0; i < b->n_values; i++) {
        const struct values_file *other = &b->values[i];
        const struct environment *theirs = environment_of(b, other->file);
        const json_t *there = value_at(b, other, leaf.path);
        if (theirs != NULL && !theirs->production && text_equal(other->service, d->v->service) &&
            text_equal(there == NULL ? NULL : scalar_text(b->a, there), leaf.text))
            boundary_report(b, "B-23",
                            (struct place){ .file = d->v->file,
                                            .line = yaml_line_of(b->a, leaf.parent, leaf.key),
                                            .path = leaf.path,
                                            .environment = x->name },
                            leaf.path, leaf.text, "%s is the host of %s as well", leaf.path,
                            theirs->name);
    }
}

static void differing_leaf(void *context, struct leaf leaf)
{
    struct differing *d = context;
    struct boundary *b = d->b;
    if (leaf.in_list || strchr(leaf.path, '[') != NULL || !is_input(b, leaf.key))
        return;
    shared_host(d, leaf);
    for (size_t i = 0; i < b->n_values; i++) {
        const struct values_file *other = &b->values[i];
        const json_t *theirs = value_at(b, other, leaf.path);
        const char *text = theirs == NULL ? NULL : scalar_text(b->a, theirs);
        if (!text_equal(other->service, d->v->service) || text == NULL ||
            text_equal(text, leaf.text))
            continue;
        struct place at = { .file = other->file, .path = leaf.path };
        bool base = other->environment[0] == '\0';
        if (base && is_literal(text) && !says_environment(b, leaf.key, text) &&
            !is_place_host(b, text))
            boundary_report(b, "B-16", at, leaf.path, text,
                            "%s differs from place to place and has a default in the base",
                            leaf.path);
        else if (!base && !is_required(b, d->v->service, leaf.path))
            boundary_report(b, "B-16", (struct place){ .file = d->v->file, .path = leaf.path },
                            leaf.path, NULL,
                            "%s differs from place to place, and the chart does not require it",
                            leaf.path);
        else
            gate_compared(b->g, 1, "inputs that differ from place to place");
    }
}

static void check_inputs(struct boundary *b)
{
    for (size_t i = 0; i < b->n_values; i++) {
        struct differing d = { b, &b->values[i] };
        if (b->values[i].environment[0] != '\0')
            walk_leaves(b->a, b->values[i].value, differing_leaf, &d);
    }
}

/* ---- B-26 ---- */

struct repeated {
    struct boundary *b;
    const char *key;
    const char *first, *outlier; /* values */
    const struct values_file *v, *where, *odd;
    int line, odd_line;
    size_t services;
    const char *last_service;
};

static void repeated_leaf(void *context, struct leaf leaf)
{
    struct repeated *r = context;
    if (leaf.in_list || !text_equal(leaf.key, r->key) || text_blank(leaf.text))
        return;
    if (!text_equal(r->last_service, r->v->service))
        r->services++;
    r->last_service = r->v->service;
    int line = yaml_line_of(r->b->a, leaf.parent, leaf.key);
    if (r->first == NULL) {
        r->first = leaf.text;
        r->where = r->v;
        r->line = line;
    } else if (!text_equal(r->first, leaf.text) && r->outlier == NULL) {
        r->outlier = leaf.text;
        r->odd = r->v;
        r->odd_line = line;
    }
}

static void check_repeated(struct boundary *b)
{
    size_t i;
    json_t *key;
    json_array_foreach (json_object_get(b->data, "shared_knobs"), i, key) {
        struct repeated r = { .b = b, .key = json_string_value(key) };
        for (size_t k = 0; k < b->n_values; k++) {
            r.v = &b->values[k];
            if (r.v->environment[0] == '\0')
                walk_leaves(b->a, r.v->value, repeated_leaf, &r);
        }
        if (r.services < (size_t)json_int(b->data, "shared_in", 3))
            continue;
        if (r.odd != NULL)
            boundary_report(
                b, "B-26", (struct place){ .file = r.odd->file, .line = r.odd_line, .path = r.key },
                r.key, NULL, "%s is repeated in %zu services, and here with another value", r.key,
                r.services);
        else
            boundary_report(b, "B-26",
                            (struct place){ .file = r.where->file, .line = r.line, .path = r.key },
                            r.key, NULL,
                            "%s is repeated in %zu services; a shared helper would say it once",
                            r.key, r.services);
    }
}

void check_places(struct boundary *b)
{
    check_base(b);
    check_promoted(b);
    check_inputs(b);
    check_repeated(b);
}
