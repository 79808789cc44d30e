#include "drift-gates/layering/layering.h"

#include "common/text.h"
#include "drift-gates/lines.h"

struct group {
    const char *name;
    const char *const *patterns;
    struct group *next;
};

struct reading {
    const struct layering_reader *r;
    struct layering *out;
    struct group *groups;
    int line;
};

static const char *const nothing[] = { NULL };

static void tell(const struct reading *g, const char *what)
{
    g->r->fault(g->r->self, g->line, what);
}

static size_t length(const char *const *list)
{
    size_t n = 0;
    while (list[n] != NULL)
        n++;
    return n;
}

static const char *const *joined(const struct reading *g, const char *const *a,
                                 const char *const *b)
{
    size_t n = length(a), m = length(b);
    const char **all = arena_alloc_array(g->r->arena, n + m + 1, sizeof(*all));
    for (size_t i = 0; i < n + m; i++)
        all[i] = i < n ? a[i] : b[i - n];
    return all;
}

/* The words of a text, groups opened. */
static const char *const *words(const struct reading *g, const char *text)
{
    const char *const *all = nothing;
    char **parts = text_split(g->r->arena, text, ' ', NULL);
    for (; *parts != NULL; parts++) {
        const char *one[] = { *parts, NULL };
        const struct group *group = g->groups;
        if ((*parts)[0] == '\0')
            continue;
        if ((*parts)[0] != '@') {
            all = joined(g, all, one);
            continue;
        }
        while (group != NULL && !text_equal(group->name, *parts + 1))
            group = group->next;
        if (group == NULL)
            tell(g, "no group of this name stands above");
        else
            all = joined(g, all, group->patterns);
    }
    return all;
}

static void take_group(struct reading *g, const char *rest)
{
    const char *blank = strchr(rest, ' ');
    if (blank == NULL) {
        tell(g, "a group has a name and patterns");
        return;
    }
    struct group *group = arena_alloc(g->r->arena, sizeof(*group));
    *group = (struct group){ .name = arena_strndup(g->r->arena, rest, (size_t)(blank - rest)),
                             .patterns = words(g, blank),
                             .next = g->groups };
    g->groups = group;
}

static void take_rule(struct reading *g, enum layering_verb verb, size_t parts, const char *text,
                      const char *rest)
{
    struct layering *l = g->out;
    size_t n;
    /* Parts are cut at " : ", a pattern may hold a colon. */
    char **part = text_split(g->r->arena, rest, ':', &n);
    if (n < parts || (n > parts && verb != LAYERING_EXCEPT) ||
        (verb == LAYERING_EXCEPT && text_blank(part[2]))) {
        tell(g, verb == LAYERING_EXCEPT ? "an exception is FROM : TO : REASON"
                                        : "this rule is FROM : TO");
        return;
    }
    struct layering_rule rule = { .verb = verb,
                                  .from = words(g, part[0]),
                                  .to = n > 1 ? words(g, part[1]) : nothing,
                                  .text = text,
                                  .line = g->line };
    if (rule.from[0] == NULL || (n > 1 && rule.to[0] == NULL)) {
        tell(g, "a part of the rule is empty");
        return;
    }
    l->rules = arena_grow(g->r->arena, l->rules, l->n, &l->room, sizeof(rule));
    l->rules[l->n++] = rule;
}

static void take_line(struct reading *g, char *text)
{
    static const struct {
        const char *word;
        enum layering_verb verb;
        size_t parts;
    } verbs[] = { { "only ", LAYERING_ONLY, 2 },
                  { "never ", LAYERING_NEVER, 2 },
                  { "private ", LAYERING_PRIVATE, 1 },
                  { "except ", LAYERING_EXCEPT, 3 } };
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (text_starts(text, verbs[i].word)) {
            take_rule(g, verbs[i].verb, verbs[i].parts, text, text + strlen(verbs[i].word));
            return;
        }
    }
    if (text_starts(text, "roots "))
        g->out->roots = joined(g, g->out->roots, words(g, text + 6));
    else if (text_starts(text, "generated "))
        g->out->generated = joined(g, g->out->generated, words(g, text + 10));
    else if (text_starts(text, "group "))
        take_group(g, text + 6);
    else
        tell(g, "a line begins with roots, generated, group, only, never, private or except");
}

void layering_read(const struct layering_reader *r, struct bytes text, struct layering *out)
{
    struct reading g = { .r = r, .out = out };
    struct lines lines = lines_of(text);
    struct line line;
    *out = (struct layering){ .roots = nothing, .generated = nothing };
    while (lines_next(&lines, &line)) {
        char *said = line_text(r->arena, line), *comment = strstr(said, " #");
        g.line = line.number;
        if (comment != NULL)
            *comment = '\0';
        said = text_trim(r->arena, said);
        if (said[0] != '\0' && said[0] != '#')
            take_line(&g, said);
    }
}

static bool fits(const char *const *patterns, const char *path)
{
    for (; *patterns != NULL; patterns++) {
        if (text_glob(*patterns, path))
            return true;
    }
    return false;
}

static bool same_folder(const char *a, const char *b)
{
    const char *x = strrchr(a, '/'), *y = strrchr(b, '/');
    size_t n = x == NULL ? 0 : (size_t)(x - a), m = y == NULL ? 0 : (size_t)(y - b);
    return n == m && memcmp(a, b, n) == 0;
}

static bool breaks(const struct layering_rule *r, const char *from, const char *to)
{
    switch (r->verb) {
    case LAYERING_ONLY: return fits(r->from, from) && !fits(r->to, to);
    case LAYERING_NEVER: return fits(r->from, from) && fits(r->to, to);
    case LAYERING_PRIVATE: return fits(r->from, to) && !same_folder(from, to);
    case LAYERING_EXCEPT: return false;
    }
    return false;
}

static bool is_excepted(struct layering *l, const char *from, const char *to)
{
    bool excepted = false;
    for (size_t i = 0; i < l->n; i++) {
        struct layering_rule *r = &l->rules[i];
        if (r->verb == LAYERING_EXCEPT && fits(r->from, from) && fits(r->to, to))
            excepted = r->met = true;
    }
    return excepted;
}

const struct layering_rule *layering_forbids(struct layering *l, const char *from, const char *to)
{
    for (size_t i = 0; i < l->n; i++) {
        if (breaks(&l->rules[i], from, to))
            return is_excepted(l, from, to) ? NULL : &l->rules[i];
    }
    return NULL;
}
