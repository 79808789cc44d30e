#include <stdlib.h>

#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/env_contract/witnesses.h"

/* Unit tests set and read what they like. */
static bool is_test(const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *name = slash == NULL ? file : slash + 1;
    return text_glob("*_test.*", name) || text_glob("*.test.*", name) || text_glob("test_*", name);
}

static bool is_factory_name(const char *function)
{
    return text_glob("production_*_config_from_env", function) ||
           text_glob("production*ConfigFromEnv", function);
}

/* In a factory, or in a function that only factories of its file lead to. */
static bool is_in_factory(const struct env_read *r)
{
    bool found = is_factory_name(r->function);
    for (const char *const *entry = r->entries; entry != NULL && *entry != NULL; entry++)
        found |= is_factory_name(*entry);
    return found;
}

static bool has_no_name(const struct env_read *r)
{
    return r->shape == READ_COMPUTED || r->shape == READ_WHOLE;
}

/* Who takes all variables at once outside a factory hands them on: to a child, to a reader. */
static bool is_of_contract(const struct catalogue *c, const struct env_read *r)
{
    return is_in_factory(r) ||
           (r->shape != READ_COMPUTED &&
            (text_starts(r->name, c->prefix) || catalogue_row(c, r->name) != NULL));
}

/* Does any source here read the contract? In a tree where none does, a computed name is somebody
 * else's business. */
static bool any_of_contract(const struct env_witnesses *w, const struct env_reads *all)
{
    for (size_t i = 0; i < all->n; i++) {
        if (!is_test(all->rows[i].where.file) && is_of_contract(&w->catalogue, &all->rows[i]))
            return true;
    }
    return false;
}

static void add_read(struct env_witnesses *w, struct env_read r)
{
    w->reads[w->n_reads++] = r;
}

static bool annotates(const json_t *row, const struct env_read *r)
{
    const char *file = json_text(row, "file"), *function = json_text(row, "function");
    return text_glob(file, r->where.file) && (function == NULL || text_glob(function, r->function));
}

static const json_t *annotation_of(const json_t *list, const struct env_read *r)
{
    const json_t *row;
    size_t i;
    json_array_foreach ((json_t *)list, i, row) {
        if (annotates(row, r))
            return row;
    }
    return NULL;
}

/* An annotated computed read reads the names that its annotation gives. */
static void take_computed(struct env_witnesses *w, const struct env_read *r)
{
    const json_t *row = annotation_of(json_object_get(w->settings, "computed"), r), *name;
    size_t i;
    if (row == NULL) {
        finding(w->g, "ENVC-10", r->where, "the name of what is read here is computed: %s",
                r->name);
        return;
    }
    json_array_foreach (json_object_get(row, "names"), i, name) {
        struct env_read named = *r;
        named.name = json_string_value(name);
        named.shape = READ_VALUE;
        add_read(w, named);
    }
}

static void check_stale_annotations(struct env_witnesses *w, const struct env_reads *all)
{
    const json_t *row;
    size_t i;
    json_array_foreach (json_object_get(w->settings, "computed"), i, row) {
        bool used = false;
        for (size_t k = 0; k < all->n && !used; k++)
            used = has_no_name(&all->rows[k]) && annotates(row, &all->rows[k]);
        const char *function = json_text(row, "function");
        struct place where = { .file = SETTINGS_FILE,
                               .line = yaml_line_of(w->g->settings->arena, row, NULL),
                               .path = "gates.env-contract.computed" };
        if (!used)
            finding(w->g, "ENVC-10", where, "no computed read stands in %s%s%s",
                    json_text(row, "file"), function == NULL ? "" : ", ",
                    function == NULL ? "" : function);
    }
}

static bool check_annotations(struct env_witnesses *w, size_t *names, struct error *e)
{
    static const char *const known[] = { "file", "function", "names", "reason", NULL };
    const json_t *row;
    size_t i;
    json_array_foreach (json_object_get(w->settings, "computed"), i, row) {
        if (!settings_known(w->g->settings, row, known, e))
            return false;
        if (json_text(row, "file") == NULL || text_blank(json_text(row, "reason")))
            return error_set(e, "%s: gates.env-contract.computed[%zu]: needs 'file' and 'reason'",
                             SETTINGS_FILE, i);
        *names += json_array_size(json_object_get(row, "names"));
    }
    return true;
}

bool env_collect_reads(struct env_witnesses *w, struct error *e)
{
    struct env_reads all = { 0 };
    size_t names = 0;
    if (!check_annotations(w, &names, e) || !env_reads_find(w->g, "ENVC-19", &all, e))
        return false;
    w->has_sources = all.n_files > 0;
    w->reads = arena_alloc_array(w->g->arena, all.n * (names + 1) + 1, sizeof(*w->reads));
    bool ours = any_of_contract(w, &all);
    for (size_t i = 0; i < all.n; i++) {
        const struct env_read *r = &all.rows[i];
        bool computed = ours && r->shape == READ_COMPUTED;
        if (is_test(r->where.file) || (!computed && !is_of_contract(&w->catalogue, r)))
            continue;
        if (has_no_name(r))
            take_computed(w, r);
        else
            add_read(w, *r);
    }
    check_stale_annotations(w, &all);
    return true;
}

static bool only_presence(const struct env_witnesses *w, const char *name)
{
    for (size_t i = 0; i < w->n_reads; i++) {
        if (text_equal(w->reads[i].name, name) && w->reads[i].shape != READ_PRESENCE)
            return false;
    }
    return true;
}

static void check_read(struct env_witnesses *w, const struct env_read *r)
{
    const struct env_row *row = catalogue_row(&w->catalogue, r->name);
    const struct kubelet_value *v = witness_value(w, r->name);
    struct place other = v != NULL ? v->where : (struct place){ .file = w->catalogue.file };
    if (row == NULL)
        finding_between(w->g, "ENVC-01", r->where, other, "%s is read and not in the catalogue%s",
                        r->name,
                        r->shape == READ_PRESENCE ? "; its guard says: an optional one" : "");
    else if (r->type != NULL && !text_equal(r->type, row->parse))
        finding_between(w->g, "ENVC-21", r->where, row->where,
                        "%s is read as %s and catalogued as %s", r->name, r->type, row->parse);
    else if (text_equal(row->class, "required") && only_presence(w, r->name))
        finding_between(w->g, "ENVC-18", r->where, row->where,
                        "%s is required, and read only to ask whether it is there", r->name);
}

void env_check_reads(struct env_witnesses *w)
{
    const struct catalogue *c = &w->catalogue;
    if (w->n_reads == 0) {
        gate_unlooked(w->g, "what sources read",
                      w->has_sources ? "no source here reads a variable of the contract"
                                     : "there are no sources here");
        return;
    }
    for (size_t i = 0; i < w->n_reads; i++) {
        if (witness_read(w, w->reads[i].name) == &w->reads[i] || w->reads[i].type != NULL)
            check_read(w, &w->reads[i]);
    }
    for (size_t i = 0; i < c->n; i++) {
        const struct env_row *row = &c->rows[i];
        const struct kubelet_value *v = witness_value(w, row->name);
        if (!text_equal(row->reader, "plexsphere") || witness_read(w, row->name) != NULL)
            continue;
        finding_between(w->g, "ENVC-03", row->where, v != NULL ? v->where : (struct place){ 0 },
                        "%s is in the catalogue%s and no source reads it", row->name,
                        v != NULL ? ", provided," : "");
    }
    gate_compared(w->g, w->n_reads, "reads");
}
