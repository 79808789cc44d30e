#include "harness/selector.h"

#include <string.h>

#include "common/text.h"

#define NESTING_MAX 64

enum node_kind { NODE_SUITE, NODE_ID, NODE_CLAUSE, NODE_FEATURE, NODE_NOT, NODE_AND, NODE_OR };

struct selector {
    enum node_kind kind;
    const char *pattern;                 /* leaves */
    const struct selector *left, *right; /* NOT has only a left */
};

static const char *const leaf_keys[] = { "suite", "id", "clause", "feature" };

struct parser {
    struct arena *arena;
    const char *text, *at;
    int depth;
    struct error *e;
};

static bool fail_at(struct parser *p, const char *where, const char *message)
{
    return error_set(p->e, "column %d: %s", (int)(where - p->text) + 1, message);
}

static void skip_spaces(struct parser *p)
{
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n')
        p->at++;
}

static bool ends_word(char c)
{
    return c == '\0' || c == ' ' || c == '\t' || c == '\n' || c == '(' || c == ')';
}

/* Consumes a bare keyword; "order:x" is not the keyword "or". */
static bool take_word(struct parser *p, const char *word)
{
    size_t len = strlen(word);
    skip_spaces(p);
    if (strncmp(p->at, word, len) != 0 || !ends_word(p->at[len]))
        return false;
    p->at += len;
    return true;
}

static const struct selector *node(struct parser *p, enum node_kind kind,
                                   const struct selector *left, const struct selector *right)
{
    struct selector *s = arena_alloc(p->arena, sizeof(*s));
    *s = (struct selector){ .kind = kind, .left = left, .right = right };
    return s;
}

static bool parse_pattern(struct parser *p, char **out)
{
    const char *start = p->at;
    if (*start == '"') {
        const char *end = strchr(start + 1, '"');
        if (end == NULL)
            return fail_at(p, start, "this quote is never closed");
        *out = arena_strndup(p->arena, start + 1, (size_t)(end - start - 1));
        p->at = end + 1;
        if (!ends_word(*p->at))
            return fail_at(p, p->at, "expected a space after the closing quote");
    } else {
        while (!ends_word(*p->at))
            p->at++;
        *out = arena_strndup(p->arena, start, (size_t)(p->at - start));
    }
    if (**out == '\0')
        return fail_at(p, start, "expected a name or a pattern after the colon");
    return true;
}

static bool parse_leaf(struct parser *p, const struct selector **out)
{
    const char *start = p->at;
    if (*start == '\0')
        return fail_at(p, start, "the expression ends where a term was expected");
    for (size_t i = 0; i < ARRAY_LEN(leaf_keys); i++) {
        size_t len = strlen(leaf_keys[i]);
        if (strncmp(start, leaf_keys[i], len) != 0 || start[len] != ':')
            continue;
        char *pattern = NULL;
        p->at += len + 1;
        if (!parse_pattern(p, &pattern))
            return false;
        struct selector *s = arena_alloc(p->arena, sizeof(*s));
        *s = (struct selector){ .kind = (enum node_kind)i, .pattern = pattern };
        *out = s;
        return true;
    }
    return fail_at(p, start, "expected suite:NAME, id:GLOB, clause:GLOB, feature:NAME, not or (");
}

static bool parse_or(struct parser *p, const struct selector **out);

static bool parse_group(struct parser *p, const struct selector **out)
{
    const char *open = p->at++;
    if (!parse_or(p, out))
        return false;
    skip_spaces(p);
    if (*p->at != ')')
        return fail_at(p, open, "this parenthesis is never closed");
    p->at++;
    return true;
}

static bool parse_one(struct parser *p, const struct selector **out)
{
    if (++p->depth > NESTING_MAX)
        return fail_at(p, p->at, "nested too deeply (64 levels at most)");
    bool ok;
    skip_spaces(p);
    if (take_word(p, "not")) {
        ok = parse_one(p, out);
        *out = ok ? node(p, NODE_NOT, *out, NULL) : NULL;
    } else if (*p->at == '(') {
        ok = parse_group(p, out);
    } else {
        ok = parse_leaf(p, out);
    }
    p->depth--;
    return ok;
}

static bool parse_and(struct parser *p, const struct selector **out)
{
    if (!parse_one(p, out))
        return false;
    while (take_word(p, "and")) {
        const struct selector *right = NULL;
        if (!parse_one(p, &right))
            return false;
        *out = node(p, NODE_AND, *out, right);
    }
    return true;
}

static bool parse_or(struct parser *p, const struct selector **out)
{
    if (!parse_and(p, out))
        return false;
    while (take_word(p, "or")) {
        const struct selector *right = NULL;
        if (!parse_and(p, &right))
            return false;
        *out = node(p, NODE_OR, *out, right);
    }
    return true;
}

bool selector_parse(struct arena *a, const char *text, const struct selector **out, struct error *e)
{
    struct parser p = { .arena = a, .text = text, .at = text, .e = e };
    *out = NULL;
    if (!parse_or(&p, out))
        return false;
    skip_spaces(&p);
    if (*p.at == ')')
        return fail_at(&p, p.at, "this parenthesis was never opened");
    if (*p.at != '\0')
        return fail_at(&p, p.at, "expected and, or, or the end");
    return true;
}

const struct selector *selector_of_ids(struct arena *a, char *const *patterns, size_t n)
{
    struct parser p = { .arena = a };
    const struct selector *all = NULL;
    for (size_t i = 0; i < n; i++) {
        struct selector *leaf = arena_alloc(a, sizeof(*leaf));
        *leaf = (struct selector){ .kind = NODE_ID, .pattern = arena_strdup(a, patterns[i]) };
        all = all == NULL ? leaf : node(&p, NODE_OR, all, leaf);
    }
    return all;
}

const struct selector *selector_both(struct arena *a, const struct selector *x,
                                     const struct selector *y)
{
    struct parser p = { .arena = a };
    if (x == NULL || y == NULL)
        return x == NULL ? y : x;
    return node(&p, NODE_AND, x, y);
}

static bool any_matches(const char *pattern, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n && names[i] != NULL; i++) {
        if (text_glob(pattern, names[i]))
            return true;
    }
    return false;
}

bool selector_matches(const struct selector *s, const struct case_row *row)
{
    if (s == NULL)
        return true;
    switch (s->kind) {
    case NODE_SUITE: return text_glob(s->pattern, row->suite);
    case NODE_ID: return text_glob(s->pattern, row->id);
    case NODE_CLAUSE: return any_matches(s->pattern, row->clauses, CASE_CLAUSES_MAX);
    case NODE_FEATURE: return any_matches(s->pattern, row->needs, CASE_NEEDS_MAX);
    case NODE_NOT: return !selector_matches(s->left, row);
    case NODE_AND: return selector_matches(s->left, row) && selector_matches(s->right, row);
    case NODE_OR: return selector_matches(s->left, row) || selector_matches(s->right, row);
    }
    return false;
}
