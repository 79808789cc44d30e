#include "drift-gates/prod_leak/prod_leak.h"

#include "common/json.h"
#include "common/options.h"
#include "common/text.h"

static const struct gate_rule rules[] = {
    { .id = "LEAK-01",
      .title = "no secret of development stands in a production render, nor in what it is made of",
      .why = "What development keeps in its Secrets is known to everybody who can read the "
             "repository. A production that holds such a value is open, in whatever encoding it "
             "holds it.",
      .mend = "Take the value out, let an ExternalSecret bring a fresh one, and rotate: what was "
              "rolled out once is known.",
      .source = "GLEAK-001; ruling 19; seed 000 (prod-reference inherits no dev Secrets)" },
    { .id = "LEAK-02",
      .title = "no marker of development fixtures stands in a production render",
      .why = "The markers dec0de and dev-nsk-wrap-key- are written into development keys so that "
             "they are known wherever they turn up, also when the key itself was changed.",
      .mend = "Replace the fixture by a real value from the secrets manager. The one sentence of "
              "the contract that names the markers is exempt.",
      .source = "GLEAK-002; rulings 17 and 19; env-contract.json" },
    { .id = "LEAK-03",
      .title = "no short secret of development is the value of a production secret",
      .why = "Below 12 bytes a value is an ordinary word that may stand anywhere by chance; as "
             "the whole value of a key meant for a secret it is no chance.",
      .mend = "Give the key a value of its own from the secrets manager.",
      .source = "GLEAK-003; ruling 19" },
    { .id = "LEAK-04",
      .title = "everything in a production render can be looked through",
      .why = "What unpacks without end, hides ever more layers or cannot be read may hold "
             "anything, and a gate that passed over it would be green by being blind.",
      .mend = "Keep archives out of manifests, or unpack them; make the file readable.",
      .source = "GLEAK-006; design 6" },
    { .id = "LEAK-05",
      .title = "development gives at least one secret to look for",
      .why = "Without needles nothing can be found, and a clean result says nothing.",
      .mend = "Name the development render in the settings, or render it with its fixtures.",
      .source = "GLEAK-005; design 1, law 4" },
};

struct judgement {
    struct gate_run *g;
    const struct needles *needles;
};

static const char *rule_of(const struct needle *n)
{
    if (n->marker)
        return "LEAK-02";
    return n->whole ? "LEAK-03" : "LEAK-01";
}

static void tell(void *arg, struct place where, const struct needle_hits *hits)
{
    const struct judgement *j = arg;
    for (size_t i = 0; i < hits->n; i++) {
        const struct needle *n = needles_at(j->needles, hits->rows[i].needle);
        const char *how = hits->rows[i].how;
        if (n->from.file == NULL)
            finding(j->g, rule_of(n), where, "holds %s, %s", n->name, how);
        else
            finding_between(j->g, rule_of(n), where, n->from, "holds %s, %s", n->name, how);
    }
    if (hits->end == LAYERS_TOO_LARGE)
        finding(j->g, "LEAK-04", where, "unpacks to more than can be looked through");
    else if (hits->end == LAYERS_TOO_DEEP)
        finding(j->g, "LEAK-04", where, "hides more than %d layers", LAYERS_DEEP);
}

static void search_file(struct gate_run *g, struct leak_subject *s, const struct tree_file *file)
{
    struct bytes text;
    struct error e = { "" };
    if (!tree_map(g->tree, file, &text, &e)) {
        finding(g, "LEAK-04", (struct place){ .file = file->path, .line = 1 }, "%s", e.text);
        return;
    }
    leak_search_text(g, s, file->path, text);
    tree_unmap(text);
}

/* A folder's files, or one file. */
static void search_files(struct gate_run *g, struct leak_subject *s, const char *path)
{
    size_t n;
    const struct tree_file *files = tree_below(g->tree, path, &n);
    const struct tree_file *one = tree_find(g->tree, path);
    for (size_t i = 0; i < n; i++)
        search_file(g, s, &files[i]);
    if (one != NULL)
        search_file(g, s, one);
    if (n == 0 && one == NULL)
        finding(g, "LEAK-04", (struct place){ .file = SETTINGS_FILE },
                "there is no file at %s, where production is said to lie", path);
    gate_compared(g, n + (one != NULL), "files of production");
}

static bool settings_are_known(struct gate_run *g, struct error *e)
{
    static const char *const known[] = { "also", "markers", NULL };
    const json_t *own = settings_of_gate(g->settings, g->gate->name);
    const char *key;
    json_t *value, *item;
    size_t i;
    json_object_foreach ((json_t *)own, key, value) {
        const char *near = options_nearest(key, known);
        if (!text_equal(key, "also") && !text_equal(key, "markers"))
            return error_set(e, "%s: gates.prod-leak.%s is not known; '%s'?", SETTINGS_FILE, key,
                             near == NULL ? "also" : near);
        bool texts = json_is_array(value);
        json_array_foreach (value, i, item)
            texts = texts && !text_blank(json_string_value(item));
        if (!texts)
            return error_set(e, "%s: gates.prod-leak.%s must be a list of texts", SETTINGS_FILE,
                             key);
    }
    return own == NULL || json_is_object(own) ||
           error_set(e, "%s: gates.prod-leak must be a mapping", SETTINGS_FILE);
}

static bool judge_render(struct gate_run *g, struct leak_subject *s,
                         const struct render_source *from, struct error *e)
{
    size_t canaries;
    if (!render_open(g, from, &s->render, e))
        return false;
    size_t before = s->n_texts;
    leak_search_render(g, s);
    gate_compared(g, s->n_texts - before, "texts of production renders");
    if (from->overlay != NULL)
        search_files(g, s, from->overlay);
    if (!canaries_are_found(g, s->render, s->secret_names, &canaries, e))
        return error_prefix(e, "%s", from->file);
    gate_compared(g, canaries, "canaries found again");
    return true;
}

static bool judge(struct gate_run *g, const struct render_source *first, struct error *e)
{
    struct needles *needles;
    json_t *names, *item;
    size_t i;
    if (!leak_sources_read(g, &needles, &names, e))
        return false;
    struct judgement j = { g, needles };
    struct leak_subject s = { .secret_names = names, .needles = needles, .found = tell, .arg = &j };
    gate_compared(g, needles_values(needles), "secrets of development");
    if (needles_values(needles) == 0)
        finding(g, "LEAK-05", (struct place){ .file = first->file, .environment = first->name },
                "no development render has a secret to look for");
    for (i = 0; i < g->settings->n_renders; i++) {
        if (g->settings->renders[i].production && !judge_render(g, &s, &g->settings->renders[i], e))
            return false;
    }
    s.render = NULL;
    const json_t *also = json_member(settings_of_gate(g->settings, g->gate->name), "also");
    json_array_foreach (also, i, item)
        search_files(g, &s, json_string_value(item));
    return true;
}

static bool run(struct gate_run *g, struct error *e)
{
    if (!settings_are_known(g, e))
        return false;
    for (size_t i = 0; i < g->settings->n_renders; i++) {
        if (g->settings->renders[i].production)
            return judge(g, &g->settings->renders[i], e);
    }
    return true;
}

const struct gate gate_prod_leak = {
    .name = "prod-leak",
    .says = "no fixture material of development in production",
    .rules = rules,
    .n_rules = ARRAY_LEN(rules),
    .run = run,
};
