/* layering: who includes whom, against the rules of the tree. */
#include "drift-gates/layering/layering.h"

#include <stdlib.h>

#include "common/json.h"
#include "common/text.h"
#include "drift-gates/code_text.h"
#include "drift-gates/gate.h"
#include "drift-gates/lines.h"

#define RULES_FILE "drift-gates/layering.rules"

static const struct gate_rule rules[] = {
    { .id = "LAY-01",
      .title = "no file includes what the layering rules keep from it",
      .why = "The judge shares nothing with the judged, a context's SQL is its own, and what lies "
             "outside stays behind a port. An include is how each of these is lost.",
      .mend = "ask through what the other side offers, or change the rule and say why",
      .source = "GLAY-001" },
    { .id = "LAY-02",
      .title = "every quoted include is a file of the tree",
      .why =
          "What cannot be found cannot be judged: an include path that only one machine has hides "
          "an edge of the graph.",
      .mend = "include the file by its path from the tree's root, or add `roots` or `generated`",
      .source = "GLAY-002" },
    { .id = "LAY-03",
      .title = "every line of the rules is one",
      .why = "A rule that is misspelt forbids nothing.",
      .mend = "write it as docs/gates/layering.md shows",
      .source = "GLAY-003" },
    { .id = "LAY-04",
      .title = "every rule is about files that are there, every exception is used",
      .why =
          "After a folder was renamed its rule forbids nothing, and an exception that is used no "
          "more excuses the next mistake.",
      .mend = "name the files as they are called today, or remove the line",
      .source = "GLAY-003" },
    { .id = "LAY-05",
      .title = "no file includes itself over others",
      .why =
          "Files that need each other are one file in two pieces, and which is read first decides "
          "what they mean.",
      .mend = "move what both need into a third",
      .source = "GLAY-004" },
};

struct edge {
    size_t to;
    int line;
};

struct node {
    const char *path;
    struct edge *edges;
    size_t n, room;
    enum { NEW, OPEN, DONE } state;
};

struct graph {
    struct gate_run *g;
    struct layering l;
    const char *rules;
    struct node *nodes; /* by path */
    size_t n, n_edges;
};

static void fault(void *self, int line, const char *what)
{
    struct graph *p = self;
    finding(p->g, "LAY-03", (struct place){ .file = p->rules, .line = line }, "%s", what);
}

static bool is_c(const char *path)
{
    return text_ends(path, ".c") || text_ends(path, ".h") || text_ends(path, ".def");
}

static int by_path(const void *key, const void *node)
{
    return strcmp(key, ((const struct node *)node)->path);
}

static struct node *node_at(const struct graph *p, const char *path)
{
    return path == NULL || p->n == 0 ? NULL
                                     : bsearch(path, p->nodes, p->n, sizeof(*p->nodes), by_path);
}

/* Beside the file, from the tree's root, or from one of the roots. */
static struct node *resolve(const struct graph *p, const char *from, const char *name)
{
    struct node *found = node_at(p, path_beside(p->g->arena, from, name));
    if (found == NULL)
        found = node_at(p, path_beside(p->g->arena, NULL, name));
    for (const char *const *root = p->l.roots; found == NULL && *root != NULL; root++)
        found = node_at(p, path_beside(p->g->arena, NULL,
                                       arena_printf(p->g->arena, "%s/%s", *root, name)));
    return found;
}

static bool is_generated(const struct graph *p, const char *name)
{
    for (const char *const *g = p->l.generated; *g != NULL; g++) {
        if (text_glob(*g, name))
            return true;
    }
    return false;
}

/* `#include "NAME"`, with blanks as one likes; NULL for any other line. */
static const char *included(struct arena *a, struct line line)
{
    const char *at = line_text(a, line);
    at += strspn(at, " \t");
    if (*at++ != '#')
        return NULL;
    at += strspn(at, " \t");
    if (!text_starts(at, "include"))
        return NULL;
    at += strlen("include");
    at += strspn(at, " \t");
    const char *end = *at == '"' ? strchr(at + 1, '"') : NULL;
    return end == NULL ? NULL : arena_strndup(a, at + 1, (size_t)(end - at) - 1);
}

static void take_include(struct graph *p, struct node *from, const char *name, int line)
{
    struct place where = { .file = from->path, .line = line };
    struct node *to = resolve(p, from->path, name);
    if (to == NULL) {
        if (!is_generated(p, name))
            finding(p->g, "LAY-02", where, "there is no \"%s\"", name);
        return;
    }
    p->n_edges++;
    const struct layering_rule *rule = layering_forbids(&p->l, from->path, to->path);
    if (rule != NULL)
        finding_between(p->g, "LAY-01", where,
                        (struct place){ .file = p->rules, .line = rule->line }, "includes %s: %s",
                        to->path, rule->text);
    from->edges = arena_grow(p->g->arena, from->edges, from->n, &from->room, sizeof(struct edge));
    from->edges[from->n++] = (struct edge){ (size_t)(to - p->nodes), line };
}

static void read_node(struct graph *p, struct node *node, const struct tree_file *file)
{
    struct error e = { .text = "" };
    struct bytes text;
    struct line line;
    if (!tree_map(p->g->tree, file, &text, &e)) {
        gate_unlooked(p->g, file->path, e.text);
        return;
    }
    struct arena *scratch = arena_create(); /* a large tree's sources are not kept */
    struct lines lines = lines_of(code_text(scratch, file->path, text));
    tree_unmap(text);
    while (lines_next(&lines, &line)) {
        bool may = line.text.len > 0 && memchr(line.text.data, '#', line.text.len) != NULL;
        const char *name = may ? included(p->g->arena, line) : NULL;
        if (name != NULL)
            take_include(p, node, name, line.number);
    }
    arena_destroy(scratch);
}

/* ---- cycles, without recursion: a hostile tree may be one long chain ---- */

struct walk {
    size_t node, next;
};

static void find_cycles(struct graph *p, size_t start, struct walk *stack)
{
    size_t depth = 0;
    stack[depth++] = (struct walk){ start, 0 };
    p->nodes[start].state = OPEN;
    while (depth > 0) {
        struct walk *top = &stack[depth - 1];
        struct node *node = &p->nodes[top->node];
        if (top->next == node->n) {
            node->state = DONE;
            depth--;
            continue;
        }
        const struct edge *edge = &node->edges[top->next++];
        struct node *to = &p->nodes[edge->to];
        if (to->state == OPEN)
            finding(p->g, "LAY-05", (struct place){ .file = node->path, .line = edge->line },
                    "includes %s, which includes this file, over others or not", to->path);
        if (to->state != NEW)
            continue;
        to->state = OPEN;
        stack[depth++] = (struct walk){ edge->to, 0 };
    }
}

/* ---- the rules themselves ---- */

static bool matches_a_file(const struct graph *p, const struct layering_rule *rule)
{
    for (size_t i = 0; i < p->n; i++) {
        for (const char *const *f = rule->from; *f != NULL; f++) {
            if (text_glob(*f, p->nodes[i].path))
                return true;
        }
    }
    return false;
}

static void judge_rules(struct graph *p)
{
    for (size_t i = 0; i < p->l.n; i++) {
        const struct layering_rule *rule = &p->l.rules[i];
        struct place where = { .file = p->rules, .line = rule->line };
        if (rule->verb == LAYERING_EXCEPT && !rule->met)
            finding(p->g, "LAY-04", where, "the exception is not used: %s", rule->text);
        else if (rule->verb != LAYERING_EXCEPT && !matches_a_file(p, rule))
            finding(p->g, "LAY-04", where, "no file is meant by it: %s", rule->text);
    }
}

static void build(struct graph *p)
{
    const struct tree *t = p->g->tree;
    p->nodes = arena_alloc_array(p->g->arena, t->n + 1, sizeof(*p->nodes));
    for (size_t i = 0; i < t->n; i++) {
        if (is_c(t->files[i].path))
            p->nodes[p->n++] = (struct node){ .path = t->files[i].path };
    }
    for (size_t i = 0, k = 0; i < t->n; i++) {
        if (is_c(t->files[i].path))
            read_node(p, &p->nodes[k++], &t->files[i]);
    }
    struct walk *stack = arena_alloc_array(p->g->arena, p->n + 1, sizeof(*stack));
    for (size_t i = 0; i < p->n; i++) {
        if (p->nodes[i].state == NEW)
            find_cycles(p, i, stack);
    }
}

static bool run(struct gate_run *g, struct error *e)
{
    static const char *const members[] = { "rules", NULL };
    struct graph p = { .g = g };
    const json_t *settings;
    struct bytes text;
    if (!settings_of_gate_known(g->settings, "layering", members, &settings, e))
        return false;
    const char *named = json_text(settings, "rules");
    p.rules = named == NULL ? RULES_FILE : named;
    if (named == NULL && tree_find(g->tree, RULES_FILE) == NULL)
        return true; /* a tree without rules: nothing is compared */
    if (!tree_read(g->tree, p.rules, &text, e))
        return false;
    struct layering_reader r = { .arena = g->arena, .fault = fault, .self = &p };
    layering_read(&r, text, &p.l);
    build(&p);
    judge_rules(&p);
    gate_compared(g, p.l.n, "rules of layering");
    gate_compared(g, p.n_edges, "includes");
    return true;
}

const struct gate gate_layering = {
    .name = "layering",
    .says = "who includes whom, against the tree's own rules",
    .rules = rules,
    .n_rules = ARRAY_LEN(rules),
    .run = run,
};
