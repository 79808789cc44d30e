/* Secrets exist before what migrates a database starts, whatever else runs; and who finds one
 * missing is told what to do. */
#include <ctype.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/number.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/manifest.h"
#include "drift-gates/secret_boundary/boundary.h"
#include "drift-gates/secret_boundary/rules_data.h"

#define NAMES_MAX 256

struct names {
    const char *rows[NAMES_MAX];
    size_t n;
};

struct job {
    struct boundary *b;
    const struct manifest *m;
    struct names needed;
    struct names preflight;        /* what it looks for */
    const struct container *guard; /* the preflight container, or NULL */
    const char *guard_text;        /* all it says and does */
    bool optional;                 /* a reference may be missing */
};

static bool has_name(const struct names *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++) {
        if (text_equal(list->rows[i], name))
            return true;
    }
    return false;
}

static void add_name(struct names *list, const char *name)
{
    if (list->n < NAMES_MAX && !has_name(list, name))
        list->rows[list->n++] = name;
}

/* Does a name stand in a text as a whole word? */
static bool names_word(const char *text, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = text; len > 0 && (at = strstr(at, name)) != NULL; at++) {
        bool before =
            at == text || (!isalnum((unsigned char)at[-1]) && strchr("-._", at[-1]) == NULL);
        char next = at[len];
        if (before && !isalnum((unsigned char)next) && (next == '\0' || strchr("-_", next) == NULL))
            return true;
    }
    return false;
}

/* What stands behind every "get secret" that is a name. */
static void names_asked_for(struct boundary *b, const char *text, struct names *out)
{
    for (const char *at = text; (at = strstr(at, "get secret")) != NULL;) {
        at += strlen("get secret");
        at += *at == 's';
        at += strspn(at, " \t/");
        size_t len = 0;
        while (isalnum((unsigned char)at[len]) || at[len] == '-' || at[len] == '.')
            len++;
        if (len > 0)
            add_name(out, arena_strndup(b->a, at, len));
    }
}

/* Every Secret's name that anybody uses, for finding them in text. */
static void names_known(struct boundary *b, struct names *out)
{
    for (size_t i = 0; i < b->n_manifests; i++) {
        const struct manifest *m = &b->manifests[i];
        struct secret_reads reads = { .n = 0 };
        if (is_sync(m))
            add_name(out, sync_target(m));
        else if (text_equal(m->kind, "Secret"))
            add_name(out, m->name);
        else if (m->origin != FROM_KUSTOMIZE && is_migration(b, m))
            secret_reads_of(b, m, &reads);
        for (size_t k = 0; k < reads.n; k++)
            add_name(out, reads.rows[k].secret);
    }
}

static void names_in(struct boundary *b, const char *text, struct names *out)
{
    struct names known = { .n = 0 };
    names_known(b, &known);
    for (size_t i = 0; i < known.n; i++) {
        if (names_word(text, known.rows[i]))
            add_name(out, known.rows[i]);
    }
    names_asked_for(b, text, out);
}

/* Command, arguments and the texts of variables, those of ConfigMaps resolved. */
static const char *container_text(struct boundary *b, const struct manifest *m,
                                  const struct container *c)
{
    static const char *const lists[] = { "command", "args" };
    const char *out = "";
    size_t i, k;
    json_t *item;
    for (k = 0; k < ARRAY_LEN(lists); k++) {
        json_array_foreach (json_object_get(c->spec, lists[k]), i, item) {
            if (json_is_string(item))
                out = arena_printf(b->a, "%s%s\n", out, json_string_value(item));
        }
    }
    json_array_foreach (json_object_get(c->spec, "env"), i, item) {
        const json_t *ref = json_at(item, "/valueFrom/configMapKeyRef");
        if (json_text(item, "value") != NULL)
            out = arena_printf(b->a, "%s%s\n", out, json_text(item, "value"));
        for (k = 0; ref != NULL && k < b->n_manifests; k++) {
            const struct manifest *x = &b->manifests[k];
            const char *text = json_text(json_member(x->value, "data"), json_text(ref, "key"));
            if (x->origin == m->origin && text != NULL && text_equal(x->kind, "ConfigMap") &&
                text_equal(x->environment, m->environment) &&
                text_equal(x->name, json_text(ref, "name")))
                out = arena_printf(b->a, "%s%s\n", out, text);
        }
    }
    return out;
}

/* The first container of the Job that is a preflight; before it nothing may need a Secret. */
static void find_guard(struct job *j)
{
    const struct object o = { .value = j->m->value, .kind = j->m->kind };
    size_t n;
    struct container *c = containers_of(j->b->a, &o, &n);
    for (size_t i = 0; i < n; i++) {
        if (is_preflight(j->b, c[i].name)) {
            j->guard = &c[i];
            j->guard_text = container_text(j->b, j->m, &c[i]);
            names_in(j->b, j->guard_text, &j->preflight);
            return;
        }
        if (json_array_size(json_object_get(c[i].spec, "envFrom")) > 0)
            return;
    }
}

static void read_job(struct boundary *b, const struct manifest *m, struct job *j)
{
    struct secret_reads reads = { .n = 0 };
    *j = (struct job){ .b = b, .m = m };
    secret_reads_of(b, m, &reads);
    for (size_t i = 0; i < reads.n; i++) {
        if (reads.rows[i].preflight || !reads.rows[i].literal)
            continue;
        add_name(&j->needed, reads.rows[i].secret);
        j->optional = j->optional || reads.rows[i].optional;
    }
    find_guard(j);
}

static struct place job_place(const struct job *j)
{
    return manifest_place(j->b, j->m, NULL, NULL, NULL);
}

static const char *list_of(struct arena *a, const struct names *list)
{
    const char *out = "";
    for (size_t i = 0; i < list->n; i++)
        out = arena_printf(a, "%s%s%s", out, i == 0 ? "" : ", ", list->rows[i]);
    return out[0] == '\0' ? "none" : out;
}

/* ---- B-28: order ---- */

static bool needs(const struct boundary *b, const struct release *r, const char *name, int depth)
{
    size_t i, k;
    json_t *need;
    json_array_foreach ((json_t *)r->needs, i, need) {
        const char *text = json_string_value(need);
        const char *slash = text == NULL ? NULL : strrchr(text, '/');
        text = slash == NULL ? text : slash + 1;
        if (text_equal(text, name))
            return true;
        for (k = 0; depth < 16 && k < b->n_releases; k++) {
            if (text_equal(b->releases[k].name, text) && needs(b, &b->releases[k], name, depth + 1))
                return true;
        }
    }
    return false;
}

static int64_t hook_weight(const struct manifest *m, bool *hook)
{
    int64_t weight = 0;
    const json_t *all = json_at(m->value, "/metadata/annotations");
    *hook = json_text(all, "helm.sh/hook") != NULL;
    const char *text =
        json_text(all, *hook ? "helm.sh/hook-weight" : "argocd.argoproj.io/sync-wave");
    return text != NULL && number_parse(text, -100000, 100000, &weight) ? weight : 0;
}

static bool comes_before(const struct boundary *b, const struct manifest *producer,
                         const struct manifest *job)
{
    bool producer_hook, job_hook;
    int64_t first = hook_weight(producer, &producer_hook), then = hook_weight(job, &job_hook);
    if (producer->release == job->release)
        return producer_hook == job_hook ? first < then : producer_hook;
    return producer->release->layer < job->release->layer ||
           needs(b, job->release, producer->release->name, 0);
}

static const struct manifest *ordered_producer(const struct job *j, const char *secret)
{
    for (size_t i = 0; i < j->b->n_manifests; i++) {
        const struct manifest *x = &j->b->manifests[i];
        if (x->origin == FROM_CHART && is_sync(x) &&
            text_equal(x->environment, j->m->environment) && text_equal(sync_target(x), secret) &&
            comes_before(j->b, x, j->m))
            return x;
    }
    return NULL;
}

static void check_job_order(const struct job *j)
{
    struct boundary *b = j->b;
    struct names late = { .n = 0 };
    /* Where nobody states an order, a preflight is what keeps it, as with Kustomize. */
    bool stated =
        j->m->origin == FROM_CHART && (j->guard == NULL || j->m->release->layer != INT64_MAX ||
                                       json_array_size(j->m->release->needs) > 0);
    for (size_t i = 0; stated && i < j->needed.n; i++) {
        if (ordered_producer(j, j->needed.rows[i]) == NULL)
            add_name(&late, j->needed.rows[i]);
    }
    if (late.n > 0)
        boundary_report(b, "B-28", job_place(j), j->m->name, NULL,
                        "nothing that comes before this Job makes %s", list_of(b->a, &late));
    else if (j->m->origin == FROM_RENDER && j->guard == NULL)
        boundary_report(b, "B-28", job_place(j), j->m->name, NULL,
                        "nothing orders Secrets before this Job, and it has no preflight (%s)",
                        list_of(b->a, &j->needed));
    else if (j->optional && j->guard == NULL)
        boundary_report(
            b, "B-28", job_place(j), j->m->name, NULL,
            "a reference is optional without a preflight: a missing Secret becomes an empty value");
}

/* ---- B-29: what the preflight says and does ---- */

static const char *what_it_lacks(const struct job *j, bool external)
{
    const char *text = j->guard_text;
    const char *loop = strstr(text, "exit 1"), *done = strstr(text, "done");
    if (external &&
        (!text_contains(text, "annotate externalsecret") || !text_contains(text, "--overwrite")))
        return "does not say how to resync a missing Secret (annotate externalsecret … "
               "--overwrite)";
    if (!external && !text_contains(text, "kubectl"))
        return "does not say what makes a missing Secret";
    if (text_contains(text, "-o yaml") || text_contains(text, "-o json") ||
        text_contains(text, "-oyaml") || text_contains(text, "-ojson") ||
        text_contains(text, "describe secret"))
        return "prints what stands in a Secret";
    if (text_contains(text, "for ") && text_contains(text, "exit ") && done != NULL &&
        loop != NULL && loop < done)
        return "stops at the first Secret that is missing";
    if (text_contains(text, "for ") && !text_contains(text, "exit "))
        return "does not fail when a Secret is missing";
    return NULL;
}

static void check_job_preflight(const struct job *j)
{
    bool external = j->m->origin == FROM_CHART;
    for (size_t i = 0; i < j->needed.n; i++)
        external = external || producer_of(j->b, j->m->environment, NULL, j->needed.rows[i], false);
    if (j->guard == NULL) {
        /* A render without one has no order either, which B-28 has told. */
        if (j->m->origin == FROM_CHART)
            boundary_report(j->b, "B-29", job_place(j), j->m->name, NULL,
                            "no preflight names a missing Secret and how to resync it");
        return;
    }
    const char *lack = what_it_lacks(j, external);
    if (lack != NULL)
        boundary_report(j->b, "B-29",
                        manifest_place(j->b, j->m, j->guard->spec, "name",
                                       arena_printf(j->b->a, "container %s", j->guard->name)),
                        j->m->name, NULL, "the preflight %s", lack);
}

/* ---- B-30: the lists agree ---- */

static const char *preflight_script(struct boundary *b, struct names *out)
{
    const json_t *named = json_object_get(b->settings, "preflight");
    for (size_t i = 0; i < b->g->tree->n; i++) {
        const char *path = b->g->tree->files[i].path;
        bool is = named != NULL ? json_array_has_text(named, path)
                                : data_glob(b->data, "preflight_scripts", file_name_of(path));
        struct bytes text;
        struct error e;
        if (is && tree_read(b->g->tree, path, &text, &e)) {
            names_in(b, (const char *)text.data, out);
            return path;
        }
    }
    return NULL;
}

static void compare_lists(const struct job *j, const struct names *checked, struct place at)
{
    struct names missing = { .n = 0 }, extra = { .n = 0 };
    for (size_t i = 0; i < j->needed.n; i++) {
        if (!has_name(checked, j->needed.rows[i]))
            add_name(&missing, j->needed.rows[i]);
    }
    for (size_t i = 0; i < checked->n; i++) {
        if (!has_name(&j->needed, checked->rows[i]))
            add_name(&extra, checked->rows[i]);
    }
    if (missing.n + extra.n > 0)
        boundary_report(
            j->b, "B-30", at, j->m->name, NULL,
            "the Job needs what its preflight does not look for (%s), or the reverse (%s)",
            list_of(j->b->a, &missing), list_of(j->b->a, &extra));
}

static void check_job_lists(const struct job *j)
{
    struct boundary *b = j->b;
    struct names script = { .n = 0 }, outside = { .n = 0 };
    bool bundled = false;
    if (j->guard != NULL) {
        compare_lists(j, &j->preflight,
                      manifest_place(b, j->m, j->guard->spec, "name", "preflight"));
    } else {
        const char *file = preflight_script(b, &script);
        if (file != NULL)
            compare_lists(j, &script, (struct place){ .file = file });
    }
    for (size_t i = 0; i < b->n_releases; i++)
        bundled = bundled || is_bundle(b, &b->releases[i]);
    for (size_t i = 0; bundled && j->m->origin == FROM_CHART && i < j->needed.n; i++) {
        bool found = false;
        for (size_t k = 0; k < b->n_manifests; k++) {
            const struct manifest *x = &b->manifests[k];
            found = found || (x->release != NULL && is_sync(x) && is_bundle(b, x->release) &&
                              text_equal(sync_target(x), j->needed.rows[i]));
        }
        if (!found)
            add_name(&outside, j->needed.rows[i]);
    }
    if (outside.n > 0)
        boundary_report(b, "B-30", job_place(j), j->m->name, NULL,
                        "the Job needs what no bundle holds: %s", list_of(b->a, &outside));
}

/* ---- B-27: a producer that is there whether or not its service is ---- */

static bool is_independent(const struct boundary *b, const struct manifest *x,
                           const struct manifest *reader)
{
    return x->release == reader->release || (x->release != NULL && x->release->installed &&
                                             is_bundle(b, x->release) && x->guard == NULL);
}

static void check_independence(struct boundary *b, const struct secret_read *r)
{
    const struct manifest *m = r->m, *dependent = NULL;
    for (size_t i = 0; r->literal && i < b->n_manifests; i++) {
        const struct manifest *x = &b->manifests[i];
        if (x->origin != FROM_CHART || !is_sync(x) || !text_equal(x->environment, m->environment) ||
            !text_equal(sync_target(x), r->secret))
            continue;
        if (is_independent(b, x, m))
            return;
        dependent = x;
    }
    if (dependent == NULL)
        return;
    struct place at = manifest_place(b, dependent, NULL, NULL, NULL);
    const char *state = !dependent->release->installed ? "not installed"
                        : dependent->guard != NULL     ? "made behind a switch"
                                                       : "no bundle";
    boundary_report(b, "B-27", at, r->secret, NULL, "%s is needed by %s and produced by %s (%s)",
                    r->secret, m->release->name, dependent->release->name, state);
}

/* ---- B-31: the runbook ---- */

static void check_runbook(const struct job *j, const char *file, const char *text)
{
    struct boundary *b = j->b;
    for (size_t i = 0; i < j->needed.n; i++) {
        const struct manifest *sync =
            producer_of(b, j->m->environment, NULL, j->needed.rows[i], false);
        const char *wanted =
            sync == NULL ? NULL : arena_printf(b->a, "annotate externalsecret %s", sync->name);
        const char *at = wanted == NULL ? NULL : strstr(text, wanted);
        if (wanted != NULL &&
            (at == NULL || isalnum((unsigned char)at[strlen(wanted)]) || at[strlen(wanted)] == '-'))
            boundary_report(b, "B-31", (struct place){ .file = file }, sync->name, NULL,
                            "does not say how to resync %s", sync->name);
        gate_compared(b->g, wanted != NULL, "resync commands");
    }
}

/* A command that names an object which is not there misleads. */
static void check_commands(struct boundary *b, const char *file, struct bytes text)
{
    static const char command[] = "annotate externalsecret ";
    const char *from = (const char *)text.data;
    for (const char *at = from; (at = strstr(at, command)) != NULL;) {
        size_t len = 0, offset = (size_t)(at - from);
        at += strlen(command);
        while (isalnum((unsigned char)at[len]) || at[len] == '-')
            len++;
        const char *name = arena_strndup(b->a, at, len);
        bool known = len == 0;
        for (size_t i = 0; i < b->n_manifests; i++)
            known = known || (is_sync(&b->manifests[i]) && text_equal(b->manifests[i].name, name));
        if (!known)
            boundary_report(b, "B-31",
                            (struct place){ .file = file, .line = line_at(text, offset) }, name,
                            NULL, "tells people to annotate %s, which is not there", name);
    }
}

/* ---- B-19: the list of a migration chart ---- */

static void check_existing_list(struct boundary *b, const struct values_file *v, const json_t *list,
                                const char *service)
{
    struct place at = { .file = v->file, .path = service };
    size_t i, k;
    json_t *item, *other;
    if (json_array_size(list) == 0) {
        boundary_report(b, "B-19", at, "existingSecrets", NULL,
                        "existingSecrets is empty, and nothing fills it");
        return;
    }
    json_array_foreach ((json_t *)list, i, item) {
        if (text_blank(json_string_value(item)))
            boundary_report(b, "B-19", at, "existingSecrets", NULL,
                            "existingSecrets has an empty entry");
        json_array_foreach ((json_t *)list, k, other) {
            if (k < i && json_equal(item, other))
                boundary_report(b, "B-19", at, "existingSecrets", NULL,
                                "existingSecrets names %s twice", json_string_value(item));
        }
    }
}

/* The list of the most specific file that has one: an overlay, else the base. */
static void check_list_of(struct boundary *b, const struct release *r)
{
    bool overlay = false;
    const struct values_file *base = NULL;
    for (size_t i = 0; i < b->n_values; i++) {
        const struct values_file *v = &b->values[i];
        const json_t *list = json_at(v->value, "/migrations/existingSecrets");
        if (list == NULL || !text_equal(v->service, r->chart->name))
            continue;
        if (v->environment[0] == '\0') {
            base = v;
            continue;
        }
        overlay = true;
        check_existing_list(b, v, list, r->name);
    }
    if (base != NULL && !overlay)
        check_existing_list(b, base, json_at(base->value, "/migrations/existingSecrets"), r->name);
}

/* Every entry of the list is mounted by the Job. */
static void check_list_mounted(struct boundary *b, const struct job *j)
{
    for (size_t i = 0; j->m->release != NULL && i < b->n_values; i++) {
        const struct values_file *v = &b->values[i];
        size_t k;
        json_t *item;
        if (!text_equal(v->service, j->m->release->chart->name) ||
            !text_equal(v->environment, j->m->environment))
            continue;
        json_array_foreach (json_at(v->value, "/migrations/existingSecrets"), k, item) {
            const char *name = json_string_value(item);
            if (!text_blank(name) && !has_name(&j->needed, name))
                boundary_report(b, "B-19", (struct place){ .file = v->file, .path = name }, name,
                                NULL, "existingSecrets names %s, which the Job does not mount",
                                name);
        }
    }
}

static void check_jobs(struct boundary *b, const char *runbook, const char *text)
{
    for (size_t i = 0; i < b->n_manifests; i++) {
        const struct manifest *m = &b->manifests[i];
        struct job j;
        if (m->origin == FROM_KUSTOMIZE || !m->active || !is_migration(b, m))
            continue;
        read_job(b, m, &j);
        if (j.needed.n == 0)
            continue;
        gate_compared(b->g, 1, "migration Jobs");
        check_job_order(&j);
        check_job_preflight(&j);
        check_job_lists(&j);
        check_list_mounted(b, &j);
        if (runbook != NULL)
            check_runbook(&j, runbook, text);
    }
}

void check_order(struct boundary *b)
{
    const char *runbook = json_text(b->settings, "runbook");
    struct bytes text = { (const unsigned char *)"", 0 };
    struct error e = { .text = "" };
    if (runbook != NULL && !tree_read(b->g->tree, runbook, &text, &e)) {
        report_unreadable(b, runbook, 0, e.text);
        runbook = NULL;
    }
    if (runbook != NULL)
        check_commands(b, runbook, text);
    check_jobs(b, runbook, (const char *)text.data);
    for (size_t i = 0; i < b->n_releases; i++) {
        if (b->releases[i].chart != NULL && b->releases[i].installed)
            check_list_of(b, &b->releases[i]);
    }
    for (size_t i = 0; i < b->n_manifests; i++) {
        struct secret_reads reads = { .n = 0 };
        if (b->manifests[i].origin != FROM_CHART || !b->manifests[i].active)
            continue;
        secret_reads_of(b, &b->manifests[i], &reads);
        for (size_t k = 0; k < reads.n; k++)
            check_independence(b, &reads.rows[k]);
    }
}
