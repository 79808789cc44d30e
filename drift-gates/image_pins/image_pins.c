/* The gate image-pins: each workload of a render is what dev-stack.json pins. */
#include "drift-gates/image_pins/pins.h"

#include "common/file.h"
#include "common/json.h"
#include "common/text.h"

#define VERSION_FILE "PLEXD_VERSION"

static const struct gate_rule rules[] = {
    { "PIN-01", "an image has a tag, and one that is not built here a digest",
      "what runs tomorrow would be what somebody pushed tonight",
      "write repository:tag@sha256:…; images of ours stand in gates.image-pins.own_images",
      "SPEC GPIN-001" },
    { "PIN-02", "an image is the one that dev-stack.json pins",
      "the suites were run against another program", "write the contract's image_ref",
      "SPEC GPIN-002, dev-stack.json" },
    { "PIN-03", "a dependency is there, as the kind of workload that the contract says",
      "a suite that needs it waits in vain", "add it, or correct its kind",
      "SPEC GPIN-003, dev-stack.json" },
    { "PIN-04", "a dependency has as many replicas as the contract says",
      "two of what keeps its state in memory disagree", "correct spec.replicas",
      "SPEC GPIN-004, dev-stack.json" },
    { "PIN-05", "a program is given the contract's flags, and those that are declared",
      "it behaves otherwise than the contract's",
      "correct args, or declare the extra ones with a "
      "reason in gates.image-pins.extra_args",
      "SPEC GPIN-005, dev-stack.json" },
    { "PIN-06", "a container opens the contract's ports, and those that are declared",
      "others reach it where it does not listen",
      "correct ports, or declare the extra ones in "
      "gates.image-pins.extra_ports",
      "SPEC GPIN-006, dev-stack.json" },
    { "PIN-07", "a dependency's Service is a ClusterIP of the contract's name and port",
      "addresses of the environment contract lead nowhere", "correct the Service",
      "SPEC GPIN-007, dev-stack.json" },
    { "PIN-08", "data lies where the contract says", "development must forget, production must not",
      "development: an emptyDir named data; production: a claim", "SPEC GPIN-008, dev-stack.json" },
    { "PIN-09", "probes are those that the contract states, or none where it states none",
      "a Pod is ready at once, or never", "correct the probes", "SPEC GPIN-009, dev-stack.json" },
    { "PIN-10", "a Pod has the containers and the pause that the contract names",
      "a workload without probes is available the moment it starts, however soon it ends",
      "add the container; minReadySeconds is 10 where there are no probes",
      "SPEC GPIN-010, ruling 22" },
    { "PIN-11", "whatever names plexd's image has the version of PLEXD_VERSION",
      "nodes would be given another agent than the one that was tested",
      "change the file PLEXD_VERSION and render again", "SPEC GPIN-011, dev-stack.json" },
    { "PIN-12", "a swapped render differs from its model in images alone",
      "what is tried offline would be another stack", "change the model, and render again",
      "SPEC GPIN-012" },
    { "PIN-13", "a swapped render has only the images that it may have",
      "it would reach for a registry", "add the image to the overlay's swaps", "SPEC GPIN-013" },
    { "PIN-14", "production has each dependency, or declares with a reason that it has not",
      "a dependency lost by mistake looks like one left out",
      "render it, or correct gates.image-pins.absent", "SPEC GPIN-014" },
};

struct image image_parse(struct arena *a, const char *reference)
{
    const char *at = strchr(reference, '@');
    const char *whole =
        at == NULL ? reference : arena_strndup(a, reference, (size_t)(at - reference));
    const char *slash = strrchr(whole, '/');
    const char *colon = strchr(slash == NULL ? whole : slash, ':');
    struct image i = { .digest = at == NULL ? NULL : at + 1 };
    i.repository = colon == NULL ? whole : arena_strndup(a, whole, (size_t)(colon - whole));
    i.tag = colon == NULL || colon[1] == '\0' ? NULL : colon + 1;
    slash = strrchr(i.repository, '/');
    i.name = slash == NULL ? i.repository : slash + 1;
    return i;
}

const json_t *pins_swapped(const struct pins *p, const struct render *r)
{
    return json_object_get(json_object_get(p->settings, "swapped"), r->name);
}

struct place pins_place(const struct pins *p, const char *dependency)
{
    return (struct place){ .file = p->file, .path = dependency };
}

static bool read_version(struct pins *p, struct error *e)
{
    struct bytes text;
    if (tree_find(p->g->tree, VERSION_FILE) == NULL)
        return true;
    if (!tree_read(p->g->tree, VERSION_FILE, &text, e))
        return false;
    p->version = text_trim(p->g->arena, (const char *)text.data);
    return true;
}

static bool open_renders(struct pins *p, struct error *e)
{
    const struct settings *s = p->g->settings;
    p->renders = arena_alloc_array(p->g->arena, s->n_renders + 1, sizeof(struct render *));
    for (size_t i = 0; i < s->n_renders; i++) {
        if (!render_open(p->g, &s->renders[i], &p->renders[p->n++], e))
            return false;
    }
    return true;
}

/* A tree whose renders hold none of the contract's workloads is another project's. */
static bool applies(const struct pins *p)
{
    const json_t *d;
    size_t i;
    json_array_foreach ((json_t *)p->stack, i, d) {
        for (size_t k = 0; k < p->n; k++) {
            if (kubelet_service(p->renders[k], json_text(d, "name")) != NULL)
                return true;
        }
    }
    return false;
}

static bool run(struct gate_run *g, struct error *e)
{
    static const char *const known[] = { "extra_args", "extra_ports", "absent",
                                         "own_images", "swapped",     NULL };
    const json_t *root;
    struct pins p = { .g = g };
    p.file = contract_file_name(CONTRACT_DEV_STACK);
    if (g->settings->contract != NULL)
        p.file = path_join(g->arena, g->settings->contract, p.file);
    if (!settings_of_gate_known(g->settings, g->gate->name, known, &p.settings, e) ||
        !settings_contract(g->settings, CONTRACT_DEV_STACK, &root, e) || !read_version(&p, e) ||
        !open_renders(&p, e))
        return false;
    p.stack = json_object_get(root, "dependencies");
    if (!applies(&p))
        return true;
    pins_check_images(&p);
    pins_check_workloads(&p);
    pins_check_swapped(&p);
    return true;
}

const struct gate gate_image_pins = {
    .name = "image-pins",
    .says = "images, flags, ports, storage and probes are those that dev-stack.json pins",
    .rules = rules,
    .n_rules = ARRAY_LEN(rules),
    .run = run,
};
