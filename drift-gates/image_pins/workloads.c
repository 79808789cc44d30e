#include <stdlib.h>

#include "common/json.h"
#include "common/number.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/image_pins/pins.h"

enum { PAUSE_SECONDS = 10 }; /* ruling 22 */
enum { TOLD_MOST = 8 };

/* What a workload is compared with. */
struct pinned {
    struct pins *p;
    const json_t *d; /* row of dev-stack.json */
    const char *name;
    const struct object *o;
    struct container c;
};

static void differs(const struct pinned *x, const char *rule, const json_t *at, const char *key,
                    const char *what)
{
    finding_between(x->p->g, rule,
                    object_place(x->p->g, x->o, at, key, "%s", key == NULL ? "" : key),
                    pins_place(x->p, x->name), "%s", what);
}

/* ---- lists that may stand in any order ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct words {
    const char **rows;
    size_t n;
};

static void add_words(struct arena *a, struct words *w, const json_t *list, const char *member)
{
    size_t n = json_array_size(list), i;
    const json_t *item;
    const char **rows = arena_alloc_array(a, w->n + n + 1, sizeof(*rows));
    if (w->n > 0)
        memcpy(rows, w->rows, w->n * sizeof(*rows));
    json_array_foreach ((json_t *)list, i, item)
        rows[w->n + i] = json_dump(a, member == NULL ? item : json_object_get(item, member));
    w->rows = rows;
    w->n += n;
    qsort(rows, w->n, sizeof(*rows), by_text);
}

/* A flag's value may be a secret: what stands behind "=" is not told. */
static const char *shown(struct arena *a, const char *word)
{
    size_t n = strcspn(word, "=");
    return word[n] == '\0' ? word : arena_printf(a, "%.*s=…\"", (int)n, word);
}

/* Both are sorted: the first words of `all` that `part` has not, one for one. */
static const char *words_beyond(struct arena *a, const struct words *all, const struct words *part)
{
    const char *text = "";
    size_t k = 0, told = 0;
    for (size_t i = 0; i < all->n && told < TOLD_MOST; i++) {
        while (k < part->n && strcmp(part->rows[k], all->rows[i]) < 0)
            k++;
        if (k < part->n && text_equal(part->rows[k], all->rows[i]))
            k++;
        else
            text = arena_printf(a, "%s %s%s", text, shown(a, all->rows[i]),
                                ++told == TOLD_MOST ? " …" : "");
    }
    return text;
}

static const json_t *declared(const struct pinned *x, const char *table, const char *member)
{
    const json_t *row = json_object_get(json_object_get(x->p->settings, table), x->name);
    return json_object_get(row, member);
}

static void check_list(const struct pinned *x, const char *rule, const char *key,
                       const struct words *is, const struct words *must)
{
    struct arena *a = x->p->g->arena;
    const char *lacks = words_beyond(a, must, is), *has = words_beyond(a, is, must);
    if (lacks[0] == '\0' && has[0] == '\0')
        return;
    differs(x, rule, x->c.spec, key,
            arena_printf(a, "%s:%s%s%s%s", key, lacks[0] == '\0' ? "" : " lacks", lacks,
                         has[0] == '\0' ? "" : " has", has));
}

static void check_args(const struct pinned *x)
{
    struct words is = { 0 }, must = { 0 };
    struct arena *a = x->p->g->arena;
    if (json_object_get(x->d, "flags") == NULL)
        return;
    add_words(a, &is, json_object_get(x->c.spec, "args"), NULL);
    add_words(a, &must, json_object_get(x->d, "flags"), NULL);
    add_words(a, &must, declared(x, "extra_args", "args"), NULL);
    check_list(x, "PIN-05", "args", &is, &must);
}

static void check_ports(const struct pinned *x)
{
    struct words is = { 0 }, must = { 0 };
    struct arena *a = x->p->g->arena;
    if (json_object_get(x->d, "ports") == NULL)
        return;
    add_words(a, &is, json_object_get(x->c.spec, "ports"), "containerPort");
    add_words(a, &must, json_object_get(x->d, "ports"), NULL);
    add_words(a, &must, declared(x, "extra_ports", "ports"), NULL);
    check_list(x, "PIN-06", "ports", &is, &must);
}

/* ---- the rest of a workload ---- */

static void check_kind(const struct pinned *x)
{
    const char *kind = json_text(x->d, "kind");
    const json_t *spec = json_member(x->o->value, "spec");
    int64_t must = json_int(x->d, "replicas", -1), is = json_int(spec, "replicas", 1);
    if (kind != NULL && !text_equal(kind, x->o->kind))
        differs(x, "PIN-03", NULL, "kind",
                arena_printf(x->p->g->arena, "is a %s, not a %s", x->o->kind, kind));
    if (must >= 0 && is != must)
        differs(x, "PIN-04", spec, "replicas",
                arena_printf(x->p->g->arena, "%zu replicas, not %zu", (size_t)is, (size_t)must));
}

static bool selects(const struct object *service, const struct object *workload)
{
    const json_t *selector = json_member(json_member(service->value, "spec"), "selector");
    const json_t *labels = json_member(pod_template_meta_of(workload), "labels"), *value;
    const char *key;
    json_object_foreach ((json_t *)selector, key, value) {
        if (!json_equal(json_object_get(labels, key), value))
            return false;
    }
    return json_object_size(selector) > 0;
}

static const char *service_fault(const struct pinned *x, const struct object *service, int64_t port)
{
    const json_t *spec = json_member(service->value, "spec");
    const json_t *ports = json_object_get(spec, "ports");
    const char *type = json_text(spec, "type");
    if (type != NULL && !text_equal(type, "ClusterIP"))
        return "its Service is no ClusterIP";
    if (json_array_size(ports) != 1 || json_int(json_array_get(ports, 0), "port", 0) != port)
        return "its Service has other ports";
    return selects(service, x->o) ? NULL : "its Service selects other Pods";
}

static void check_service(const struct pinned *x)
{
    struct gate_run *g = x->p->g;
    const char *address = json_text(x->d, "in_cluster");
    const char *colon = address == NULL ? NULL : strrchr(address, ':');
    int64_t port;
    if (colon == NULL || !number_parse(colon + 1, 1, 65535, &port))
        return;
    const char *name = arena_strndup(g->arena, address, (size_t)(colon - address));
    const struct object *s = render_find(x->o->render, "Service", x->o->namespace, name);
    if (s == NULL) {
        differs(x, "PIN-07", NULL, NULL, arena_printf(g->arena, "there is no Service %s", name));
        return;
    }
    const char *fault = service_fault(x, s, port);
    if (fault != NULL)
        finding_between(g, "PIN-07",
                        object_place(g, s, json_member(s->value, "spec"), "ports", "%s", ""),
                        pins_place(x->p, x->name), "%s: %s than %s", x->name, fault, address);
}

static bool has_empty_dir(const struct pinned *x, const char *name)
{
    const json_t *volume, *mount;
    size_t i, k;
    json_array_foreach (json_object_get(x->c.pod, "volumes"), i, volume) {
        if (json_object_get(volume, "emptyDir") == NULL ||
            !text_equal(json_text(volume, "name"), name))
            continue;
        json_array_foreach (json_object_get(x->c.spec, "volumeMounts"), k, mount) {
            if (text_equal(json_text(mount, "name"), name))
                return true;
        }
    }
    return false;
}

static void check_storage(const struct pinned *x)
{
    const json_t *spec = json_member(x->o->value, "spec");
    if (json_object_get(spec, "volumeClaimTemplates") != NULL)
        differs(x, "PIN-08", spec, "volumeClaimTemplates", "claims a volume in development");
    else if (text_contains(json_text(x->d, "storage"), "emptyDir") && !has_empty_dir(x, "data"))
        differs(x, "PIN-08", x->c.pod, "volumes", "mounts no emptyDir named data");
}

static void check_probe(const struct pinned *x, const char *stated, const char *member)
{
    const json_t *probes = json_member(x->d, "probes");
    const char *path = json_text(probes, stated);
    const json_t *probe = json_member(x->c.spec, member);
    const char *is = json_text(json_member(probe, "httpGet"), "path");
    if (path != NULL && !text_equal(is, path))
        differs(x, "PIN-09", x->c.spec, member,
                arena_printf(x->p->g->arena, "%s does not ask for %s", member, path));
    if (path == NULL && probe != NULL)
        differs(x, "PIN-09", x->c.spec, member,
                arena_printf(x->p->g->arena, "has a %s, where the contract has none", member));
}

static void check_probes(const struct pinned *x)
{
    const json_t *probes = json_member(x->d, "probes");
    const json_t *spec = json_member(x->o->value, "spec");
    if (probes == NULL || json_is_null(probes))
        return; /* not stated */
    check_probe(x, "liveness", "livenessProbe");
    check_probe(x, "readiness", "readinessProbe");
    if (json_text(probes, "liveness") != NULL || json_text(probes, "readiness") != NULL)
        return;
    check_probe(x, "startup", "startupProbe");
    if (json_int(spec, "minReadySeconds", 0) != PAUSE_SECONDS)
        differs(x, "PIN-10", spec, "minReadySeconds",
                arena_printf(x->p->g->arena, "has no probes, and minReadySeconds is not %d",
                             PAUSE_SECONDS));
}

static void check_named(const struct pinned *x, const json_t *row, bool init)
{
    size_t n;
    const char *name = json_text(row, "name");
    struct container *c = containers_of(x->p->g->arena, x->o, &n);
    for (size_t i = 0; i < n; i++) {
        if (c[i].init == init && text_equal(c[i].name, name))
            return;
    }
    if (name != NULL)
        differs(x, "PIN-10", x->c.pod, NULL,
                arena_printf(x->p->g->arena, "has no %s %s", init ? "init container" : "container",
                             name));
}

static void check_containers(const struct pinned *x)
{
    const json_t *config = json_member(x->d, "config"), *row;
    size_t i;
    json_array_foreach (json_object_get(config, "init_containers"), i, row)
        check_named(x, row, true);
    check_named(x, json_member(config, "sidecar"), false);
}

static void check_dependency(struct pins *p, const struct render *r, const json_t *d)
{
    struct pinned x = { .p = p, .d = d, .name = json_text(d, "name") };
    x.o = kubelet_service(r, x.name);
    if (x.o == NULL || !kubelet_main(p->g->arena, x.o, &x.c)) {
        finding_between(p->g, "PIN-03",
                        (struct place){ .file = r->file, .path = x.name, .environment = r->name },
                        pins_place(p, x.name), "there is no workload %s", x.name);
        return;
    }
    check_kind(&x);
    check_args(&x);
    check_ports(&x);
    check_service(&x);
    check_storage(&x);
    check_probes(&x);
    check_containers(&x);
    gate_compared(p->g, 1, "dependencies");
}

/* ---- production ---- */

static void check_production(struct pins *p, const struct render *r, const json_t *d)
{
    const char *name = json_text(d, "name");
    const struct object *o = kubelet_service(r, name);
    const json_t *absent = json_object_get(p->settings, "absent");
    const char *reason = json_text(absent, name);
    struct place where = { .file = r->file, .path = name, .environment = r->name };
    if (o == NULL && text_blank(reason))
        finding_between(p->g, "PIN-14", where, pins_place(p, name),
                        "%s is neither rendered nor declared absent", name);
    if (o != NULL && reason != NULL)
        finding_between(p->g, "PIN-14", object_place(p->g, o, NULL, NULL, "%s", ""),
                        (struct place){ .file = SETTINGS_FILE,
                                        .line = yaml_line_of(p->g->settings->arena, absent, name),
                                        .path = "gates.image-pins.absent" },
                        "%s is declared absent and rendered", name);
    gate_compared(p->g, 1, "dependencies");
}

static void check_kept(struct pins *p, const struct object *o)
{
    struct pinned x = { .p = p, .name = o->name, .o = o };
    if (text_equal(o->kind, "StatefulSet") && kubelet_main(p->g->arena, o, &x.c) &&
        has_empty_dir(&x, "data"))
        finding(p->g, "PIN-08", object_place(p->g, o, x.c.pod, "volumes", "volumes"),
                "keeps its data on an emptyDir in production");
}

void pins_check_workloads(struct pins *p)
{
    const json_t *d;
    size_t k;
    for (size_t i = 0; i < p->n; i++) {
        const struct render *r = p->renders[i];
        if (pins_swapped(p, r) != NULL)
            continue;
        json_array_foreach ((json_t *)p->stack, k, d) {
            if (r->production)
                check_production(p, r, d);
            else
                check_dependency(p, r, d);
        }
        for (k = 0; r->production && k < r->n; k++)
            check_kept(p, &r->objects[k]);
    }
}
