#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/environment.h"
#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "drift-gates/insecure_default/insecure_default.h"
#include "drift-gates/output.h"
#include "drift-gates/prepare.h"
#include "drift-gates/renders/renders.h"
#include "drift-gates/secret_boundary/secret_boundary.h"
#include "drift-gates/waivers.h"
#include "harness/engine.h"
#include "harness/progress.h"
#include "plexconf/commands.h"

#define OUTPUT_CAP ((size_t)1 << 30)

static const char footer[] =
    "Without NAME all gates run. They read the tree's .plexconf-gates.yaml, if it has one: where\n"
    "rendered streams and sources are, what to ignore, which gates are required, waivers.\n\n"
    "  plexconf gate                                  this folder\n"
    "  plexconf gate image-pins --tree ../charts\n"
    "  kustomize build overlays/prod | plexconf gate --render prod=- --production prod\n"
    "  plexconf gate --format sarif --out gates.sarif\n"
    "  plexconf gate --explain PIN-01                 what a rule wants, and how to mend it\n"
    "  kubectl logs deploy/web -n app -c dev-warning | plexconf gate insecure-default --logs "
    "dev=-\n\n"
    "To let one finding be, write in a comment on its line or the line above\n"
    "  plexconf-gate: allow PIN-01 until=2027-01-31 reason=\"built here\"\n"
    "To adopt a gate on an old tree, keep what it finds now and let only new findings count:\n"
    "  plexconf gate --write-baseline gates.baseline && plexconf gate --baseline gates.baseline\n\n"
    "Exit codes: 0 clean; 1 findings; 2 usage; 3 a gate could not finish, or a required one had\n"
    "nothing to judge; 4 a waiver or the baseline is stale; 77 nothing applicable. 3 before 1\n"
    "before 4.\n";

static const struct format {
    const char *name;
    void (*write)(const struct verdict *v, struct output_style style, struct buffer *out);
} formats[] = {
    { "text", output_text },
    { "json", output_json },
    { "sarif", output_sarif },
    { "junit", output_junit },
};

struct words {
    struct option_list render, production, logs;
    const char *tree, *settings, *format, *out, *explain, *baseline, *write_baseline;
    const char *observations;
    bool list, excused, matrix;
    char **names;
    int n_names;
};

static const struct format *find_format(const char *name, struct error *e)
{
    const char *names[ARRAY_LEN(formats) + 1] = { NULL };
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        names[i] = formats[i].name;
        if (text_equal(names[i], name))
            return &formats[i];
    }
    const char *near = options_nearest(name, names);
    error_set(e, "gate: --format %s: must be text, json, sarif or junit%s%s%s", name,
              near == NULL ? "" : "; did you mean '", near == NULL ? "" : near,
              near == NULL ? "" : "'?");
    return NULL;
}

/* ---- --list and --explain ------------------------------------------------------------------ */

static json_t *gate_json(const struct gate *gate)
{
    json_t *rules = json_array();
    for (size_t i = 0; i < gate->n_rules; i++)
        json_array_append_new(rules,
                              json_pack("{s:s, s:s, s:s}", "id", gate->rules[i].id, "title",
                                        gate->rules[i].title, "source", gate->rules[i].source));
    return json_pack("{s:s, s:s, s:o}", "name", gate->name, "says", gate->says, "rules", rules);
}

static void list_gate(const struct gate *gate)
{
    printf("%s: %s\n", gate->name, gate->says);
    for (size_t i = 0; i < gate->n_rules; i++)
        printf("  %-8s %s\n", gate->rules[i].id, gate->rules[i].title);
}

static int list(const struct gate *const *table, bool as_json)
{
    json_t *all = json_array();
    for (size_t i = 0;; i++) {
        const struct gate *gate = table[i] != NULL ? table[i] : &framework_gate;
        if (as_json)
            json_array_append_new(all, gate_json(gate));
        else
            list_gate(gate);
        if (table[i] == NULL)
            break;
    }
    if (as_json) {
        json_dumpf(all, stdout, JSON_INDENT(1));
        putchar('\n');
    }
    json_decref(all);
    return EXIT_CONFORMANT;
}

static const char *nearest_rule(struct arena *a, const struct gate *const *table, const char *id)
{
    size_t n = framework_gate.n_rules, at = 0;
    for (size_t i = 0; table[i] != NULL; i++)
        n += table[i]->n_rules;
    const char **ids = arena_alloc_array(a, n + 1, sizeof(*ids));
    for (size_t i = 0; table[i] != NULL; i++) {
        for (size_t k = 0; k < table[i]->n_rules; k++)
            ids[at++] = table[i]->rules[k].id;
    }
    for (size_t k = 0; k < framework_gate.n_rules; k++)
        ids[at++] = framework_gate.rules[k].id;
    return options_nearest(id, ids);
}

static int explain(struct arena *a, const struct gate *const *table, const char *id)
{
    const struct gate *gate;
    const struct gate_rule *rule = rule_in(table, id, &gate);
    struct error e = { .text = "" };
    if (rule == NULL) {
        const char *near = nearest_rule(a, table, id);
        error_set(&e, "gate: no rule '%s'; %s%s%s", id, near == NULL ? "" : "did you mean '",
                  near == NULL ? "`plexconf gate --list` shows them" : near,
                  near == NULL ? "" : "'?");
        return complain(&e, EXIT_USAGE);
    }
    printf("%s (gate %s): %s\n\n%s\n\nTo mend: %s\n\nSource: %s\n", rule->id, gate->name,
           rule->title, rule->why, rule->mend, rule->source);
    return EXIT_CONFORMANT;
}

/* ---- judging ------------------------------------------------------------------------------- */

/* Who writes a report into a file still sees on the terminal how it went. */
static bool write_file(const char *path, const struct verdict *v, const struct buffer *report,
                       struct error *e)
{
    struct buffer counts;
    if (!file_write_atomic(path, report->data, report->len, 0644, e))
        return false;
    buffer_init(&counts, OUTPUT_CAP);
    output_counts(v, &counts);
    fputs(counts.data, stdout);
    buffer_release(&counts);
    return true;
}

/* Columns of the terminal that standard output is; 0: it is none. */
static size_t terminal_width(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO))
        return 0;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static bool write_out(const struct words *w, const struct verdict *v, const struct format *format,
                      struct error *e)
{
    struct environment env = environment_of_process();
    struct output_style style = { .colour = w->out == NULL && progress_colour(stdout, &env),
                                  .excused = w->excused,
                                  .width = w->out == NULL ? terminal_width() : 0 };
    struct buffer b;
    buffer_init(&b, OUTPUT_CAP);
    format->write(v, style, &b);
    bool ok = !b.overflow || error_set(e, "the report is larger than 1 GiB");
    if (ok && w->out != NULL)
        ok = write_file(w->out, v, &b, e);
    else if (ok && (fwrite(b.data, 1, b.len, stdout) != b.len || fflush(stdout) != 0))
        ok = error_set(e, "standard output cannot be written");
    buffer_release(&b);
    return ok;
}

static const char *const *ended(struct arena *a, const struct option_list *l)
{
    const char **words = arena_alloc_array(a, l->n + 1, sizeof(*words));
    for (size_t i = 0; i < l->n; i++)
        words[i] = l->items[i];
    return words;
}

static struct gate_options options_of(struct arena *a, const struct words *w)
{
    return (struct gate_options){
        .tree = w->tree == NULL ? "." : w->tree,
        .settings = w->settings,
        .names = (const char *const *)w->names,
        .renders = ended(a, &w->render),
        .production = ended(a, &w->production),
        .logs = ended(a, &w->logs),
        .add_logs = insecure_default_add_logs,
        .observations = w->observations,
        .baseline = w->baseline,
        .write_baseline = w->write_baseline,
        .today = arena_strndup(a, timestamp_format(a, clock_wall_micros()), strlen("YYYY-MM-DD")),
    };
}

static int write_matrix(struct arena *a, const struct gate *const *table, const struct words *w)
{
    const struct gate_options o = options_of(a, w);
    struct error e = { .text = "" };
    struct prepared p;
    const char *file, *text;
    int code;
    if (!gates_prepare(a, table, &o, &p, &code, &e))
        return complain(&e, code);
    if (!secret_matrix(a, p.tree, p.settings, &file, &text, &e) ||
        !file_write_atomic(path_join(a, o.tree, file), text, strlen(text), 0644, &e))
        return complain(&e, EXIT_BROKEN);
    printf("wrote %s\n", file);
    return EXIT_CONFORMANT;
}

static int judge(struct arena *a, const struct gate *const *table, const struct words *w)
{
    const struct gate_options o = options_of(a, w);
    struct error e = { .text = "" };
    struct verdict v;
    int code;
    const struct format *format = find_format(w->format == NULL ? "text" : w->format, &e);
    if (format == NULL)
        return complain(&e, EXIT_USAGE);
    renders_remember(cache_directory(a));
    if (!gates_judge(a, table, &o, &v, &code, &e))
        return complain(&e, code);
    return write_out(w, &v, format, &e) ? v.exit : complain(&e, EXIT_BROKEN);
}

static int read_words(int argc, char **argv, struct words *w)
{
    struct error e = { .text = "" };
    const struct option_row rows[] = {
        { "tree", 't', OPTION_TEXT, &w->tree, "DIR", "judge this folder (default: .)", 0, 0 },
        { "settings", 0, OPTION_TEXT, &w->settings, "FILE",
          "instead of the tree's .plexconf-gates.yaml", 0, 0 },
        { "render", 'r', OPTION_LIST, &w->render, "NAME=FILE",
          "a rendered stream; FILE - is standard input; may be repeated", 0, 0 },
        { "production", 0, OPTION_LIST, &w->production, "NAME",
          "this render is production; may be repeated", 0, 0 },
        { "logs", 0, OPTION_LIST, &w->logs, "[RENDER=]PATH",
          "logs of Pods, a file, a folder or -; may be repeated", 0, 0 },
        { "observations", 0, OPTION_TEXT, &w->observations, "FILE",
          "report.json of a run: what a target was seen to answer", 0, 0 },
        { "format", 'f', OPTION_TEXT, &w->format, "FORMAT", "text (default), json, sarif or junit",
          0, 0 },
        { "out", 'o', OPTION_TEXT, &w->out, "FILE",
          "write there, and only the counts to standard output", 0, 0 },
        { "baseline", 0, OPTION_TEXT, &w->baseline, "FILE", "excuse the findings it holds", 0, 0 },
        { "write-baseline", 0, OPTION_TEXT, &w->write_baseline, "FILE",
          "write what is found into a baseline", 0, 0 },
        { "excused", 0, OPTION_FLAG, &w->excused, NULL, "text: show excused findings, too", 0, 0 },
        { "matrix", 0, OPTION_FLAG, &w->matrix, NULL,
          "write the matrix of secrets that the settings name, and judge nothing", 0, 0 },
        { "list", 'l', OPTION_FLAG, &w->list, NULL, "list gates and rules (also --format json)", 0,
          0 },
        { "explain", 'e', OPTION_TEXT, &w->explain, "RULE", "say what a rule wants, and why", 0,
          0 },
        { 0 },
    };
    const struct option_table table = {
        .program = "plexconf gate",
        .synopsis = "[options] [NAME…]",
        .summary = "Judges sources and rendered manifests of a tree against the contract.",
        .rows = rows,
        .footer = footer,
    };
    return after_options(options_parse(&table, argc, argv, &w->names, &w->n_names, &e),
                         "plexconf gate", &e);
}

int command_gate(struct environment env, int argc, char **argv)
{
    (void)env;
    struct words w = { 0 };
    int code = read_words(argc, argv, &w);
    if (code >= 0)
        return code;
    if (w.baseline != NULL && w.write_baseline != NULL) {
        struct error e;
        error_set(&e, "gate: give --baseline or --write-baseline, not both");
        return complain(&e, EXIT_USAGE);
    }
    struct arena *a = arena_create();
    if (w.list)
        code = list(gates, text_equal(w.format, "json"));
    else if (w.explain != NULL)
        code = explain(a, gates, w.explain);
    else if (w.matrix)
        code = write_matrix(a, gates, &w);
    else
        code = judge(a, gates, &w);
    arena_destroy(a);
    return code;
}
