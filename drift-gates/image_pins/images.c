#include "common/json.h"
#include "common/text.h"
#include "drift-gates/image_pins/pins.h"

#define BROKER_IMAGE "PLEXSPHERE_PROVISIONING_BROKER_PLEXD_IMAGE"
#define AGENT "plexd"

/* Images that are built here: those that the contract pins without a digest, and declared ones. */
static bool is_own(const struct pins *p, const struct image *i)
{
    const json_t *d;
    size_t k;
    json_array_foreach ((json_t *)p->stack, k, d) {
        if (text_equal(json_text(d, "name"), i->name) && json_text(d, "digest") == NULL)
            return true;
    }
    return json_array_has_text(json_object_get(p->settings, "own_images"), i->name);
}

/* The reference that the contract pins for a repository, or NULL. Development pins the tags of
 * images that are built here, too; one that is made from a file has no tag of its own. */
static const char *pinned(const struct pins *p, const struct image *i, bool production,
                          const char **dependency)
{
    const json_t *d;
    size_t k;
    json_array_foreach ((json_t *)p->stack, k, d) {
        const char *reference = json_text(d, "image_ref");
        if (reference == NULL || text_contains(reference, "$(") ||
            (production && json_text(d, "digest") == NULL))
            continue;
        struct image pin = image_parse(p->g->arena, reference);
        *dependency = json_text(d, "name");
        if (text_equal(pin.repository, i->repository))
            return reference;
    }
    return NULL;
}

static void check_image(struct pins *p, const struct container *c)
{
    const char *dependency = NULL;
    struct place where = container_place(p->g, c, c->spec, "image", "%s", "image");
    if (text_blank(c->image)) {
        finding(p->g, "PIN-01", where, "there is no image");
        return;
    }
    struct image i = image_parse(p->g->arena, c->image);
    const char *pin = pinned(p, &i, c->owner->render->production, &dependency);
    if (i.tag == NULL)
        finding(p->g, "PIN-01", where, "image %s has no tag", c->image);
    else if (i.digest == NULL && !is_own(p, &i))
        finding(p->g, "PIN-01", where, "image %s has no digest", c->image);
    else if (pin != NULL && !text_equal(pin, c->image))
        finding_between(p->g, "PIN-02", where, pins_place(p, dependency), "image %s is not %s",
                        c->image, pin);
}

/* In development the workload of a dependency runs its image, whatever is pinned elsewhere. */
static void check_dependency(struct pins *p, const struct render *r, const json_t *d)
{
    const char *name = json_text(d, "name"), *reference = json_text(d, "image_ref");
    const struct object *o = kubelet_service(r, name);
    struct container c;
    if (o == NULL || reference == NULL || !kubelet_main(p->g->arena, o, &c) || text_blank(c.image))
        return;
    if (!text_equal(image_parse(p->g->arena, c.image).repository,
                    image_parse(p->g->arena, reference).repository))
        finding_between(p->g, "PIN-02", container_place(p->g, &c, c.spec, "image", "%s", "image"),
                        pins_place(p, name), "image %s is not %s", c.image, reference);
}

static void check_version(struct pins *p, struct place where, const char *reference)
{
    struct image i = image_parse(p->g->arena, reference);
    if (!text_equal(i.name, AGENT) || text_equal(i.tag, p->version))
        return;
    finding_between(p->g, "PIN-11", where, (struct place){ .file = "PLEXD_VERSION", .line = 1 },
                    "%s has not the version %s", reference, p->version);
}

static void check_broker(struct pins *p, const struct render *r)
{
    const struct object *o = kubelet_service(r, "plexsphere");
    struct container c;
    if (o == NULL || !kubelet_main(p->g->arena, o, &c))
        return;
    const struct kubelet_value *v = kubelet_get(kubelet_environment(p->g, &c), BROKER_IMAGE);
    if (v != NULL && v->known == KUBELET_KNOWN)
        check_version(p, v->where, (const char *)v->value.data);
}

static void check_swap(struct pins *p, const struct container *c, const json_t *allowed)
{
    const json_t *pattern;
    size_t i;
    json_array_foreach ((json_t *)allowed, i, pattern) {
        if (c->image != NULL && text_glob(json_string_value(pattern), c->image))
            return;
    }
    finding(p->g, "PIN-13", container_place(p->g, c, c->spec, "image", "%s", "image"),
            "image %s is none of this render's own", c->image == NULL ? "" : c->image);
}

static void check_containers(struct pins *p, const struct object *o)
{
    const json_t *swapped = pins_swapped(p, o->render);
    size_t n;
    struct container *c = containers_of(p->g->arena, o, &n);
    for (size_t i = 0; i < n; i++) {
        if (swapped != NULL)
            check_swap(p, &c[i], json_object_get(swapped, "images"));
        else
            check_image(p, &c[i]);
        if (p->version != NULL && c[i].image != NULL)
            check_version(p, container_place(p->g, &c[i], c[i].spec, "image", "%s", "image"),
                          c[i].image);
    }
    gate_compared(p->g, n, "images");
}

void pins_check_images(struct pins *p)
{
    const json_t *d;
    size_t k;
    for (size_t i = 0; i < p->n; i++) {
        const struct render *r = p->renders[i];
        for (k = 0; k < r->n; k++)
            check_containers(p, &r->objects[k]);
        if (p->version != NULL)
            check_broker(p, r);
        if (r->production || pins_swapped(p, r) != NULL)
            continue;
        json_array_foreach ((json_t *)p->stack, k, d)
            check_dependency(p, r, d);
    }
    if (p->version == NULL)
        gate_unlooked(p->g, "the version of plexd", "there is no file PLEXD_VERSION");
}
