#include "drift-gates/insecure_default/insecure_default.h"

#include "common/json.h"
#include "common/options.h"
#include "common/text.h"
#include "common/yaml.h"

static const struct gate_rule rules[] = {
    { .id = "WARN-01",
      .title = "every Pod of a development render announces its insecure default",
      .why = "An insecure instance that looks safe in its logs is taken for a safe one. The "
             "contract wants the line from every Pod.",
      .mend = "Give the Pod an init container dev-warning that runs `announce NAME`; plexsphere "
              "itself announces when PLEXSPHERE_MODE is dev.",
      .source = "GWARN-001; seed 000; ruling 17" },
    { .id = "WARN-02",
      .title = "what a Pod announces is exactly the line that belongs to it",
      .why = "A sentence in another case, cut short or of another dependency tells a reader the "
             "wrong difference to production.",
      .mend = "Announce by the dependency's name, and let the tool know the sentence.",
      .source = "GWARN-002; dev-stack.json log_line; ruling 17" },
    { .id = "WARN-03",
      .title = "one container of a Pod announces, and no second one",
      .why = "The line stands once in a start: a repeated warning is one nobody reads.",
      .mend = "Keep one of the containers named.",
      .source = "GWARN-003; ruling 17" },
    { .id = "WARN-04",
      .title = "nothing in a production render announces",
      .why = "A Pod that announces in production runs in development's mode, or says what is not "
             "true.",
      .mend = "Take the dev-warning container out of the overlay, and leave PLEXSPHERE_MODE unset "
              "or at production.",
      .source = "GWARN-004; ruling 13 and 17" },
    { .id = "WARN-05",
      .title = "in each start of the announcing container the line is there",
      .why = "Manifests say what should be announced; only the log says that it was.",
      .mend = "Look at the container's log: it may have failed before, or run another image.",
      .source = "GWARN-005; seed 000 (a Pod without the line fails)" },
    { .id = "WARN-06",
      .title = "in each start the line is there once",
      .why = "Exactly once per start is what the contract says; more is a loop or two writers.",
      .mend = "Announce where the program starts, and nowhere else.",
      .source = "GWARN-006; ruling 17" },
    { .id = "WARN-07",
      .title = "no log holds a line that is nearly the contract's",
      .why = "A line with a field missing, in another case or with half a sentence is not found "
             "by whoever searches for the right one.",
      .mend = "Write the line as the contract has it.",
      .source = "GWARN-007; dev-stack.json log_line" },
    { .id = "WARN-08",
      .title = "no other container of a Pod announces",
      .why = "The line belongs to the announcing container alone.",
      .mend = "Take it out of the container named, or out of the other.",
      .source = "GWARN-008; ruling 17" },
    { .id = "WARN-09",
      .title = "no log of production holds the line, nor one like it",
      .why = "It says that production runs with a default of development.",
      .mend = "Find the start that wrote it: its mode or its image is development's.",
      .source = "GWARN-009; ruling 17" },
    { .id = "WARN-10",
      .title = "logs can be read, and each belongs to a Pod that is known",
      .why = "A log that was passed over in silence may be the one that lacks the line.",
      .mend = "Lay logs out as FOLDER/POD/CONTAINER.log, one file a start, and leave nothing else "
              "there.",
      .source = "GWARN-010; design 1, law 4" },
};

/* ---- manifests ---- */

static struct place at_announcer(struct gate_run *g, const struct announcer *a)
{
    const char *key = json_member(a->container.spec, "args") != NULL ? "args" : "command";
    return container_place(g, &a->container, NULL, key, "%s", "");
}

/* Why what the container announces is not what belongs to the Pod; NULL: it is. */
static const char *wrong_words(struct gate_run *g, const struct announcements *all,
                               const struct announcing_pod *pod, const struct announcer *a)
{
    const struct announcement *which = NULL;
    const char *why = NULL;
    if (a->how == ANNOUNCER_ITSELF)
        return NULL;
    if (a->how == ANNOUNCER_TOOL) {
        which = announcement_named(all, a->name);
        why = which == NULL ? arena_printf(g->arena, "'%s' has no announcement", a->name) : NULL;
    } else {
        announce_line_judge(all, a->line, &which, &why);
    }
    if (why == NULL && pod->expected == NULL)
        why = arena_printf(g->arena, "'%s', though nothing says what belongs to this Pod",
                           which->name);
    else if (why == NULL && which != pod->expected)
        why = arena_printf(g->arena, "'%s' instead of '%s'", which->name, pod->expected->name);
    return why;
}

static void judge_mode(struct gate_run *g, const struct announcer *a)
{
    struct place where = container_place(g, &a->container, NULL, "env", "PLEXSPHERE_MODE");
    const json_t *own = settings_of_gate(g->settings, g->gate->name);
    if (a->mode == NULL && json_flag(own, "mode_must_be_set", false))
        finding(g, "WARN-01", where, "announces only in mode dev, and the mode is not set");
    else if (a->mode == NULL)
        gate_unlooked(g, arena_printf(g->arena, "mode of %s", a->container.name),
                      "it announces by itself; its log says whether it does");
    else if (!text_equal(a->mode, "dev"))
        finding(g, "WARN-01", where, "announces only in mode dev");
}

static void judge_development(struct gate_run *g, const struct announcements *all,
                              const struct announcing_pod *pod)
{
    if (pod->n == 0)
        finding(g, "WARN-01", object_place(g, pod->object, NULL, NULL, "%s", ""),
                "no container announces%s%s", pod->expected == NULL ? "" : " ",
                pod->expected == NULL ? "" : pod->expected->name);
    for (size_t i = 0; i < pod->n; i++) {
        const struct announcer *a = &pod->announcers[i];
        const char *why = wrong_words(g, all, pod, a);
        if (i > 0)
            finding_between(g, "WARN-03", at_announcer(g, a), at_announcer(g, &pod->announcers[0]),
                            "announces beside %s", pod->announcers[0].container.name);
        else if (why != NULL)
            finding(g, "WARN-02", at_announcer(g, a), "announces what it should not: %s", why);
        else if (a->how == ANNOUNCER_ITSELF)
            judge_mode(g, a);
    }
}

static void judge_production(struct gate_run *g, const struct announcing_pod *pod)
{
    for (size_t i = 0; i < pod->n; i++) {
        const struct announcer *a = &pod->announcers[i];
        if (a->how != ANNOUNCER_ITSELF)
            finding(g, "WARN-04", at_announcer(g, a), "announces an insecure default");
        else if (text_equal(a->mode, "dev"))
            finding(g, "WARN-04", container_place(g, &a->container, NULL, "env", "PLEXSPHERE_MODE"),
                    "runs in mode dev, and so announces an insecure default");
    }
}

struct judged_render {
    const struct render_source *from;
    struct announcing_pod *pods;
    size_t n;
};

static bool judge_render(struct gate_run *g, const struct announcements *all,
                         struct judged_render *r, struct error *e)
{
    const struct render *render;
    if (!render_open(g, r->from, &render, e) ||
        !announcing_pods(g, all, render, &r->pods, &r->n, e))
        return false;
    for (size_t i = 0; i < r->n; i++) {
        if (r->from->production)
            judge_production(g, &r->pods[i]);
        else
            judge_development(g, all, &r->pods[i]);
    }
    gate_compared(g, r->n, r->from->production ? "Pods of production" : "Pods of development");
    return true;
}

/* ---- logs ---- */

static const char logs_key;

bool insecure_default_add_logs(struct settings *s, const char *path, const char *environment,
                               struct error *e)
{
    struct log_source *from = arena_alloc(s->arena, sizeof(*from));
    if (text_blank(path))
        return error_set(e, "--logs needs a file, a folder or -");
    from->path = arena_strdup(s->arena, path);
    from->environment = arena_strdup(s->arena, environment);
    from->next = arena_attached(s->arena, &logs_key);
    arena_attach(s->arena, &logs_key, from);
    return true;
}

/* Which render, or which kind of environment, logs belong to. */
static bool place_logs(struct gate_run *g, const struct judged_render *renders,
                       struct log_source *from, struct error *e)
{
    const char *wanted = from->environment;
    for (size_t i = 0; i < g->settings->n_renders; i++) {
        const struct judged_render *r = &renders[i];
        if (wanted == NULL ? r->from->production : !text_equal(wanted, r->from->name))
            continue;
        from->environment = r->from->name;
        from->production = r->from->production;
        from->pods = r->pods;
        from->n_pods = r->n;
        return true;
    }
    from->production = text_equal(wanted, "production");
    if (wanted != NULL && !from->production && !text_equal(wanted, "development"))
        return error_set(e, "logs %s: '%s' is no render; name one, or development or production",
                         from->path, wanted);
    from->environment = from->production ? "production" : "development";
    return true;
}

static bool judge_logs(struct gate_run *g, const struct announcements *all,
                       const struct judged_render *renders, const char *path,
                       const char *environment, const char *root, struct error *e)
{
    struct log_source from = { .path = path, .root = root, .environment = environment };
    return place_logs(g, renders, &from, e) && announce_logs_judge(g, all, &from, e);
}

/* A text, or {folder, render}, or a list of these. */
static bool judge_settings_logs(struct gate_run *g, const struct announcements *all,
                                const struct judged_render *renders, const json_t *logs,
                                struct error *e)
{
    size_t i;
    json_t *item;
    if (logs == NULL)
        return true;
    if (json_is_string(logs))
        return judge_logs(g, all, renders, json_string_value(logs), NULL, g->tree->root, e);
    if (json_is_object(logs) && !text_blank(json_text(logs, "folder")) &&
        json_object_size(logs) == 1 + (json_text(logs, "render") != NULL))
        return judge_logs(g, all, renders, json_text(logs, "folder"), json_text(logs, "render"),
                          g->tree->root, e);
    if (!json_is_array(logs) || json_array_size(logs) == 0)
        return error_set(e,
                         "%s: gates.insecure-default.logs: a folder, {folder, render}, or a "
                         "list of these",
                         SETTINGS_FILE);
    json_array_foreach (logs, i, item) {
        if (json_is_array(item) || !judge_settings_logs(g, all, renders, item, e))
            return false;
    }
    return true;
}

static bool judge_all_logs(struct gate_run *g, const struct announcements *all,
                           const struct judged_render *renders, struct error *e)
{
    const struct log_source *asked = arena_attached(g->settings->arena, &logs_key);
    const json_t *own = settings_of_gate(g->settings, g->gate->name);
    for (; asked != NULL; asked = asked->next) {
        if (!judge_logs(g, all, renders, asked->path, asked->environment, NULL, e))
            return false;
    }
    if (json_member(own, "logs") == NULL && arena_attached(g->settings->arena, &logs_key) == NULL)
        gate_unlooked(g, "logs", "none were given");
    return judge_settings_logs(g, all, renders, json_member(own, "logs"), e);
}

static bool settings_are_known(struct gate_run *g, struct error *e)
{
    static const char *const known[] = { "announcements", "logs", "mode_must_be_set", NULL };
    const json_t *own = settings_of_gate(g->settings, g->gate->name);
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)own, key, value) {
        size_t i = 0;
        while (known[i] != NULL && !text_equal(known[i], key))
            i++;
        const char *near = options_nearest(key, known);
        if (known[i] == NULL)
            return error_set(e, "%s:%d: gates.insecure-default.%s is not known; '%s'?",
                             SETTINGS_FILE, yaml_line_of(g->settings->arena, own, key), key,
                             near == NULL ? "logs" : near);
    }
    return own == NULL || json_is_object(own) ||
           error_set(e, "%s: gates.insecure-default must be a mapping", SETTINGS_FILE);
}

static bool run(struct gate_run *g, struct error *e)
{
    const struct announcements *all;
    struct judged_render *renders =
        arena_alloc_array(g->arena, g->settings->n_renders + 1, sizeof(*renders));
    if (!settings_are_known(g, e) || !announcements_read(g, &all, e))
        return false;
    for (size_t i = 0; i < g->settings->n_renders; i++) {
        renders[i].from = &g->settings->renders[i];
        if (!judge_render(g, all, &renders[i], e))
            return false;
    }
    return judge_all_logs(g, all, renders, e);
}

const struct gate gate_insecure_default = {
    .name = "insecure-default",
    .says = "every Pod of development announces its insecure default once; production never does",
    .rules = rules,
    .n_rules = ARRAY_LEN(rules),
    .run = run,
};
