/* mutants-apply: each source mutant says what it breaks and applies to the tree as it is. */
#include "drift-gates/gate.h"

#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/mutants_apply/patch.h"
#include "harness/spec_clauses.h"

#define FOLDER "conformance/mutants/source"

static const struct gate_rule rules[] = {
    { .id = "MUT-01",
      .title = "a mutant says which clause it breaks, how, and which cases turn red",
      .why =
          "Without `clause:`, `breaks:` and at least one `red:` nobody can tell whether the right "
          "case noticed. Clause and breaks stand there once.",
      .mend = "write the missing line above the first empty one",
      .source = "GMUT-001" },
    { .id = "MUT-02",
      .title = "the clause of a mutant is a clause of SPEC.md",
      .why = "A kill is evidence for a clause; for one that does not exist it is none.",
      .mend = "name the clause as SPEC.md does",
      .source = "GMUT-002" },
    { .id = "MUT-03",
      .title = "a mutant is a unified diff",
      .why = "What `git apply` refuses is never built, so it is never judged.",
      .mend = "make the patch again with `git diff`",
      .source = "GMUT-003" },
    { .id = "MUT-04",
      .title = "a mutant applies to the tree as it is, without fuzz",
      .why = "A mutant that does not apply any more shows nothing, and one that applies somewhere "
             "else "
             "than it was meant breaks something else.",
      .mend = "make the patch again against the sources of today",
      .source = "GMUT-003" },
    { .id = "MUT-05",
      .title = "the mutants that the settings demand are there",
      .why = "Losing one of them by a rename or a deletion would be noticed by nobody.",
      .mend = "bring the patch back, or change gates.mutants-apply.required",
      .source = "GMUT-004" },
    { .id = "MUT-06",
      .title = "a mutant changes the judged, and really changes it",
      .why =
          "A patch of a suite or of the harness proves nothing about the suite, and one that puts "
          "back what was there survives for ever.",
      .mend = "break a source below gates.mutants-apply.targets",
      .source = "GMUT-005" },
};

struct mutants {
    struct gate_run *g;
    const json_t *settings;
    json_t *clauses; /* id → true; NULL: the tree has no SPEC.md */
    const char *file;
    size_t n, hunks, moved;
};

static struct place at(const struct mutants *m, int line)
{
    return (struct place){ .file = m->file, .line = line };
}

/* ---- the header ---- */

static size_t count(const struct patch *p, const char *key)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n_fields; i++)
        n += text_equal(p->fields[i].key, key);
    return n;
}

static void judge_field(struct mutants *m, const struct patch_field *f)
{
    bool known =
        text_equal(f->key, "clause") || text_equal(f->key, "breaks") || text_equal(f->key, "red");
    if (!known)
        finding(m->g, "MUT-01", at(m, f->line), "the header knows clause, breaks and red, not '%s'",
                f->key);
    else if (f->value[0] == '\0')
        finding(m->g, "MUT-01", at(m, f->line), "'%s' says nothing", f->key);
    else if (text_equal(f->key, "clause") && m->clauses != NULL &&
             json_object_get(m->clauses, f->value) == NULL)
        finding(m->g, "MUT-02", at(m, f->line), "SPEC.md has no clause %s", f->value);
}

static void judge_header(struct mutants *m, const struct patch *p)
{
    static const char *const once[] = { "clause", "breaks" };
    for (size_t i = 0; i < p->n_fields; i++)
        judge_field(m, &p->fields[i]);
    for (size_t i = 0; i < ARRAY_LEN(once); i++) {
        if (count(p, once[i]) != 1)
            finding(m->g, "MUT-01", at(m, 1), "the header has '%s' %zu times, not once", once[i],
                    count(p, once[i]));
    }
    if (count(p, "red") == 0)
        finding(m->g, "MUT-01", at(m, 1), "the header names no case that turns red");
}

/* ---- what it changes ---- */

static bool is_target(const struct mutants *m, const char *path)
{
    static const char *const usual[] = { "reference", "migrations" };
    const json_t *targets = json_object_get(m->settings, "targets"), *row;
    size_t i;
    json_array_foreach (targets, i, row) {
        const char *folder = json_string_value(row);
        if (text_starts(path, folder) && path[strlen(folder)] == '/')
            return true;
    }
    for (i = 0; targets == NULL && i < ARRAY_LEN(usual); i++) {
        if (text_starts(path, usual[i]) && path[strlen(usual[i])] == '/')
            return true;
    }
    return false;
}

static void judge_fit(struct mutants *m, const struct patch_file *f)
{
    struct error e = { .text = "" };
    struct bytes text = { NULL, 0 };
    bool there = f->before != NULL && tree_find(m->g->tree, f->before) != NULL;
    m->hunks += f->n;
    if (f->before == NULL && tree_find(m->g->tree, f->after) != NULL)
        finding(m->g, "MUT-04", at(m, f->line), "%s is there already", f->after);
    else if (f->before != NULL && !there)
        finding(m->g, "MUT-04", at(m, f->line), "there is no %s", f->before);
    else if ((there && !tree_read(m->g->tree, f->before, &text, &e)) ||
             !patch_applies(m->g->arena, f, text, &m->moved, &e))
        finding(m->g, "MUT-04", at(m, f->line), "%s: %s", f->before == NULL ? f->after : f->before,
                e.text);
}

static void judge_file(struct mutants *m, const struct patch_file *f)
{
    const char *path = f->after == NULL ? f->before : f->after;
    if (!is_target(m, path))
        finding(m->g, "MUT-06", at(m, f->line), "%s is no part of what is judged", path);
    else if (patch_is_idle(f))
        finding(m->g, "MUT-06", at(m, f->line), "%s stays as it is", path);
    judge_fit(m, f);
}

static void judge_patch(struct mutants *m, const struct tree_file *file)
{
    struct error e = { .text = "" };
    struct bytes text;
    struct patch p;
    m->file = file->path;
    m->n++;
    if (!tree_read(m->g->tree, file->path, &text, &e) || !patch_read(m->g->arena, text, &p, &e)) {
        finding(m->g, "MUT-03", at(m, 0), "%s", e.text);
        return;
    }
    judge_header(m, &p);
    for (size_t i = 0; i < p.n; i++)
        judge_file(m, &p.files[i]);
}

/* ---- the tree ---- */

static bool read_clauses(struct mutants *m, struct error *e)
{
    struct bytes text;
    json_t *rows, *row;
    size_t i;
    if (tree_find(m->g->tree, "SPEC.md") == NULL) {
        gate_unlooked(m->g, "clauses of mutants", "the tree has no SPEC.md");
        return true;
    }
    if (!tree_read(m->g->tree, "SPEC.md", &text, e) ||
        !spec_clauses_parse(m->g->arena, text, &rows, e))
        return error_prefix(e, "SPEC.md");
    m->clauses = json_own(m->g->arena, json_object());
    json_array_foreach (rows, i, row)
        json_object_set_new(m->clauses, json_text(row, "id"), json_true());
    return true;
}

/* A name, or several of which one is enough, with "|" between. */
static bool is_there(const struct mutants *m, const char *folder, const char *names)
{
    char **each = text_split(m->g->arena, names, '|', NULL);
    for (size_t i = 0; each[i] != NULL; i++) {
        if (tree_find(m->g->tree, arena_printf(m->g->arena, "%s/%s.patch", folder, each[i])))
            return true;
    }
    return false;
}

static void judge_required(struct mutants *m, const char *folder)
{
    const json_t *required = json_object_get(m->settings, "required"), *row;
    struct place where = { .file = SETTINGS_FILE,
                           .line = yaml_line_of(m->g->arena, m->settings, "required") };
    size_t i;
    json_array_foreach (required, i, row) {
        if (!json_is_string(row) || !is_there(m, folder, json_string_value(row)))
            finding(m->g, "MUT-05", where, "%s holds no %s.patch", folder,
                    json_is_string(row) ? json_string_value(row) : "(a name)");
    }
    gate_compared(m->g, json_array_size(required), "demanded mutants");
}

static bool run(struct gate_run *g, struct error *e)
{
    static const char *const members[] = { "folder", "required", "targets", NULL };
    struct mutants m = { .g = g };
    size_t n;
    if (!settings_of_gate_known(g->settings, "mutants-apply", members, &m.settings, e))
        return false;
    const char *folder = json_text(m.settings, "folder");
    folder = folder == NULL ? FOLDER : folder;
    const struct tree_file *files = tree_below(g->tree, folder, &n);
    if (n > 0 && !read_clauses(&m, e))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (text_ends(files[i].path, ".patch"))
            judge_patch(&m, &files[i]);
    }
    judge_required(&m, folder);
    gate_compared(g, m.n, "mutants");
    gate_compared(g, m.hunks, "hunks");
    gate_compared(g, m.moved, "hunks that moved with their lines");
    return true;
}

const struct gate gate_mutants_apply = {
    .name = "mutants-apply",
    .says = "every source mutant says what it breaks and applies to the tree as it is",
    .rules = rules,
    .n_rules = ARRAY_LEN(rules),
    .run = run,
};
