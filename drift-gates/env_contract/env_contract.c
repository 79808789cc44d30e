/* The gate env-contract: what sources read, what renders provide and what the catalogue says must
 * agree, in both directions and in each environment. */
#include "common/json.h"
#include "common/text.h"
#include "drift-gates/env_contract/witnesses.h"

static const struct gate_rule rules[] = {
    { "ENVC-01", "a variable that sources read is in the catalogue",
      "nobody knows of it: no overlay provides it, no posture case boots without it",
      "add a row to env-contract.json, or read a variable that has one",
      "SPEC GENV-001, ruling 16" },
    { "ENVC-02", "a variable that the contract wires has a value in each render",
      "its surface answers 501 there; rows of the OPTIONAL allowlist may be absent together",
      "provide it in the overlay, from where the catalogue says", "SPEC GENV-002, ruling 16" },
    { "ENVC-03", "a variable of the catalogue is read by some source",
      "operators set it and nothing happens", "read it in its config_from_env, or drop the row",
      "SPEC GENV-003" },
    { "ENVC-04", "what a render gives the program is read or catalogued",
      "a renamed or misspelt variable has no effect, silently",
      "spell it as the catalogue does, or remove it", "SPEC GENV-004" },
    { "ENVC-05", "a variable that the contract leaves unset is absent from development",
      "development would no longer show what the default does",
      "remove it from the development overlay", "SPEC GENV-005, ruling 16" },
    { "ENVC-06", "in development a variable comes from the object and key that the catalogue names",
      "a credential in a ConfigMap is readable by whoever may read ConfigMaps; a key in another "
      "Secret is not rotated with the rest",
      "move it to the named Secret, ConfigMap or patch", "SPEC GENV-006, ruling 16" },
    { "ENVC-07", "in development a variable has the value that the contract states",
      "suites and documents rely on it; the leak gate knows it by its marker",
      "write the contract's value", "SPEC GENV-007, ruling 15" },
    { "ENVC-08", "a value is one of its variable's type", "the program refuses to start with it",
      "correct the value; the type is the row's `parse`", "SPEC GENV-008" },
    { "ENVC-09", "a container is given a variable once, or with one value",
      "which one stands depends on the order of envFrom and env", "remove one of the two",
      "SPEC GENV-009" },
    { "ENVC-10", "a read whose name is computed is annotated",
      "no gate can tell what is read there",
      "read a literal name, name the helper in gates.env-contract.helpers, or list the names in "
      "gates.env-contract.computed with a reason",
      "SPEC GENV-010" },
    { "ENVC-11", "every Secret, ConfigMap and key that a Pod refers to is there, or optional",
      "the kubelet does not start the container",
      "add the object or the key in the Pod's namespace, or mark the reference optional",
      "SPEC GENV-011" },
    { "ENVC-12", "a variable that another one makes required is there with it",
      "the boot is refused, not only one surface", "provide it", "SPEC GENV-012, ruling 14" },
    { "ENVC-13", "a variable that names a path names one that a volume provides",
      "the program does not find its file", "mount the volume there, or correct the path",
      "SPEC GENV-013" },
    { "ENVC-14", "the public signing key is the half of the signing seed",
      "nodes refuse every event; the boot is refused", "derive it from the seed anew",
      "SPEC GENV-014, ruling 11" },
    { "ENVC-15", "a key of development is exactly its fixture's bytes",
      "cases that hold the fixture would judge another key",
      "make both from one file; the setting gates.env-contract.fixtures names it",
      "SPEC GENV-015" },
    { "ENVC-16", "no two cursor keys are the same", "a cursor of one list would pass in another",
      "give each its own", "SPEC GENV-016" },
    { "ENVC-17", "the catalogue agrees with itself",
      "a row whose class was changed alone is judged as what it is not",
      "correct the row, or class_counts", "SPEC GENV-017" },
    { "ENVC-18", "a required variable is read for its value, not in a guard alone",
      "a guard marks an optional knob: code and catalogue disagree about the class",
      "read it without the guard, or make the row optional", "SPEC GENV-018" },
    { "ENVC-19", "every source can be read as its language", "what is read in it is not known",
      "correct it, or ignore the file", "SPEC GENV-019" },
    { "ENVC-20", "the program's mode is that of its render",
      "dev mode opens what production must not; unset is production",
      "set PLEXSPHERE_MODE to dev in development, and to production or nothing elsewhere",
      "SPEC GENV-020, ruling 13" },
    { "ENVC-21", "a source reads a variable as the type that the catalogue gives it",
      "what the catalogue calls valid refuses the boot, or the reverse",
      "read it with the helper of its type, or correct the row's parse", "SPEC GENV-022" },
};

const struct env_read *witness_read(const struct env_witnesses *w, const char *name)
{
    for (size_t i = 0; i < w->n_reads; i++) {
        if (text_equal(w->reads[i].name, name))
            return &w->reads[i];
    }
    return NULL;
}

bool witness_reads_row(const struct env_witnesses *w, const struct env_reader *reader,
                       const struct env_row *row)
{
    const char *component = text_equal(row->reader, "image") ? row->component : w->program;
    return text_equal(component, reader->component);
}

const struct kubelet_value *witness_value(const struct env_witnesses *w, const char *name)
{
    for (size_t i = 0; i < w->n_readers; i++) {
        const struct kubelet_value *v = kubelet_get(w->readers[i].env, name);
        if (v != NULL && text_equal(w->readers[i].component, w->program))
            return v;
    }
    return NULL;
}

static void add_reader(struct env_witnesses *w, const struct render *r, const char *component)
{
    const struct object *o = kubelet_service(r, component);
    struct container c;
    if (o != NULL && kubelet_main(w->g->arena, o, &c))
        w->readers[w->n_readers++] =
            (struct env_reader){ component, r, c, kubelet_environment(w->g, &c) };
}

static bool seen_before(const struct catalogue *c, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (text_equal(c->rows[i].component, c->rows[at].component))
            return true;
    }
    return false;
}

static bool collect_readers(struct env_witnesses *w, struct error *e)
{
    const struct settings *s = w->g->settings;
    const struct catalogue *c = &w->catalogue;
    w->renders = arena_alloc_array(w->g->arena, s->n_renders + 1, sizeof(struct render *));
    w->readers = arena_alloc_array(w->g->arena, s->n_renders * (c->n + 1) + 1, sizeof(*w->readers));
    for (size_t i = 0; i < s->n_renders; i++) {
        const struct render *r;
        if (!render_open(w->g, &s->renders[i], &r, e))
            return false;
        w->renders[w->n_renders++] = r;
        size_t before = w->n_readers;
        add_reader(w, r, w->program);
        if (w->n_readers == before)
            gate_unlooked(w->g, arena_printf(w->g->arena, "environment of %s", r->name),
                          arena_printf(w->g->arena, "there is no workload %s", w->program));
        for (size_t k = 0; k < c->n; k++) {
            if (c->rows[k].component != NULL && !seen_before(c, k))
                add_reader(w, r, c->rows[k].component);
        }
    }
    return true;
}

static int64_t count_class(const struct catalogue *c, const char *class)
{
    int64_t n = 0;
    for (size_t i = 0; i < c->n; i++)
        n += text_equal(c->rows[i].class, class);
    return n;
}

static void check_catalogue(struct env_witnesses *w)
{
    const struct catalogue *c = &w->catalogue;
    const char *class;
    const json_t *n;
    json_object_foreach ((json_t *)json_member(c->root, "class_counts"), class, n) {
        if (json_integer_value(n) != count_class(c, class))
            finding(w->g, "ENVC-17", (struct place){ .file = c->file, .path = "class_counts" },
                    "%" JSON_INTEGER_FORMAT " rows are counted as %s, and there are %zu",
                    json_integer_value(n), class, (size_t)count_class(c, class));
    }
    for (size_t i = 0; i < c->n; i++) {
        const struct env_row *row = &c->rows[i];
        if (text_equal(row->class, "required") && (row->source == NULL || env_row_is_unset(row)))
            finding(w->g, "ENVC-17", row->where, "%s is required, and dev leaves it unset",
                    row->name);
    }
    gate_compared(w->g, c->n, "rows of the catalogue");
}

static bool run(struct gate_run *g, struct error *e)
{
    static const char *const known[] = { "helpers", "computed", "fixtures", "program", NULL };
    struct env_witnesses w = { .g = g };
    if (!settings_of_gate_known(g->settings, g->gate->name, known, &w.settings, e) ||
        !catalogue_open(g, &w.catalogue, e))
        return false;
    w.program = json_text(w.settings, "program");
    if (w.program == NULL)
        w.program = "plexsphere";
    if (!env_collect_reads(&w, e) || !collect_readers(&w, e))
        return false;
    env_check_startable(&w);
    if (w.n_reads == 0 && w.n_readers == 0)
        return true; /* nothing of the contract is here */
    check_catalogue(&w);
    env_check_reads(&w);
    env_check_provided(&w);
    return env_check_keys(&w, e);
}

const struct gate gate_env_contract = {
    .name = "env-contract",
    .says = "what sources read, renders provide and the catalogue says agree, both ways",
    .rules = rules,
    .n_rules = ARRAY_LEN(rules),
    .run = run,
};
