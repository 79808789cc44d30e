/* Python: imports, functions by their indentation, and what names stand for. */
#include "drift-gates/sources/env_source.h"

#include "common/text.h"

#define TARGETS_MAX 64 /* tokens before an assignment's sign */
#define OPEN_MAX 64    /* functions inside functions; deeper ones belong to the one around them */

struct definition {
    uint32_t name, params, indent;
};

static uint32_t indent_of(const struct tokens *t, uint32_t i)
{
    uint32_t n = 0;
    for (uint32_t at = t->rows[i].at; at > 0 && t->text.data[at - 1] != '\n'; at--)
        n++;
    return n;
}

static void close_definition(struct env_source *s, const struct definition *d, uint32_t to)
{
    const struct tokens *t = &s->tokens;
    uint32_t from = t->rows[d->params].pair + 1, self;
    if (to < from)
        return;
    struct function *f = source_function(s, d->name, d->params, from, to);
    self = d->params + 1;
    f->method = token_is(t, self, "self") || token_is(t, self, "cls");
    f->local = d->indent > 0 ? !f->method : f->name[0] == '_';
}

static void find_functions(struct env_source *s)
{
    const struct tokens *t = &s->tokens;
    struct definition open[OPEN_MAX];
    size_t n = 0;
    bool begins = true; /* a logical line */
    for (uint32_t i = 0; i < t->n; i = token_skip(t, i)) {
        if (t->rows[i].kind == TOKEN_NEWLINE) {
            begins = true;
            continue;
        }
        uint32_t indent = begins && n > 0 ? indent_of(t, i) : 0;
        for (; begins && n > 0 && open[n - 1].indent >= indent; n--)
            close_definition(s, &open[n - 1], i - 1);
        bool def = token_is(t, i, "def") && token_kind_is(t, i + 1, TOKEN_NAME);
        uint32_t params = i + 2;
        if (def && token_is(t, params, "["))
            params = token_skip(t, params); /* type parameters */
        if (def && token_is(t, params, "(") && t->rows[params].pair > params && n < OPEN_MAX) {
            uint32_t first = i > 0 && token_is(t, i - 1, "async") ? i - 1 : i;
            open[n++] = (struct definition){ i + 1, params, indent_of(t, first) };
            i = params;
        }
        begins = false;
    }
    for (; n > 0; n--)
        close_definition(s, &open[n - 1], (uint32_t)t->n - 1);
    source_settle_functions(s);
}

static void bind_params(struct env_source *s, int index)
{
    const struct tokens *t = &s->tokens;
    const struct function *f = &s->functions[index];
    uint32_t from, to;
    for (int k = 0; argument_of(t, f->params, k, &from, &to); k++) {
        while (from < to && !token_kind_is(t, from, TOKEN_NAME))
            from++; /* *args */
        if (from < to)
            source_bind_param(s, index, from, k);
    }
}

/* The words of an import are no uses of what they name. */
static void consume(struct tokens *t, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        t->rows[i].kind = TOKEN_COMMENT;
}

static char *dotted_name(const struct env_source *s, uint32_t from, uint32_t *end)
{
    const struct tokens *t = &s->tokens;
    uint32_t to = from;
    while (token_kind_is(t, to, TOKEN_NAME) && token_is(t, to + 1, "."))
        to += 2;
    *end = to + 1;
    if (to >= t->n)
        return arena_strdup(s->arena, "");
    return arena_strndup(s->arena, (const char *)t->text.data + t->rows[from].at,
                         t->rows[to].at + t->rows[to].len - t->rows[from].at);
}

/* import os, os.path as p */
static void import_modules(struct env_source *s, uint32_t from, uint32_t end)
{
    const struct tokens *t = &s->tokens;
    for (uint32_t i = from; i < end; i++) {
        uint32_t next;
        const char *path = dotted_name(s, i, &next);
        const struct env_node *root = &s->rules->paths[LANGUAGE_PYTHON];
        if (token_is(t, next, "as") && next + 1 < end)
            source_alias(s, token_text(s->arena, t, next + 1),
                         env_rules_at(s->rules, LANGUAGE_PYTHON, path));
        else if (t->rows[i].kind == TOKEN_NAME)
            source_alias(s, token_text(s->arena, t, i),
                         env_node_child(root, t->text.data + t->rows[i].at, t->rows[i].len));
        for (i = next; i < end && !token_is(t, i, ",");)
            i++;
    }
}

/* from os import environ as e, (getenv) */
static void import_names(struct env_source *s, uint32_t from, uint32_t end)
{
    const struct tokens *t = &s->tokens;
    uint32_t i;
    const struct env_node *module =
        env_rules_at(s->rules, LANGUAGE_PYTHON, dotted_name(s, from, &i));
    if (module == NULL)
        return;
    for (; i < end; i++) {
        if (token_is(t, i, "*"))
            source_alias_all(s, module);
        if (t->rows[i].kind != TOKEN_NAME || token_is(t, i, "import"))
            continue;
        const struct env_node *node =
            env_node_child(module, t->text.data + t->rows[i].at, t->rows[i].len);
        if (token_is(t, i + 1, "as"))
            i += 2;
        if (i < end)
            source_alias(s, token_text(s->arena, t, i), node);
    }
}

static void find_imports(struct env_source *s)
{
    struct tokens *t = &s->tokens;
    for (uint32_t i = 0; i < t->n; i++) {
        bool import = token_is(t, i, "import"), from = token_is(t, i, "from");
        bool begins = i == 0 || t->rows[i - 1].kind == TOKEN_NEWLINE || token_is(t, i - 1, ";") ||
                      token_is(t, i - 1, ":");
        if (!begins || (!import && !from))
            continue;
        uint32_t end = i;
        while (end < t->n && t->rows[end].kind != TOKEN_NEWLINE && !token_is(t, end, ";"))
            end++;
        if (import)
            import_modules(s, i + 1, end);
        else
            import_names(s, i + 1, end);
        consume(t, i, end);
        i = end;
    }
}

/* A value that a comma follows is part of a tuple: not known. */
static void bind_value(struct env_source *s, int function, uint32_t name, uint32_t from)
{
    uint32_t to = expression_end(&s->tokens, from, true);
    bool tuple = token_is(&s->tokens, to, ",");
    source_bind(s, function, name, from, tuple ? from : to);
}

/* The sign at `equals` stands in a statement, not in a call. */
static void bind_assignment(struct env_source *s, uint32_t equals, int function)
{
    const struct tokens *t = &s->tokens;
    uint32_t i = equals;
    if (t->rows[i - 1].kind == TOKEN_NAME && !token_is(t, i - 2, ".") && !token_is(t, i - 2, ",") &&
        !token_is(t, i - 2, ":")) {
        bind_value(s, function, i - 1, equals + 1);
        return;
    }
    while (i > 0 && equals - i < TARGETS_MAX && t->rows[i - 1].kind != TOKEN_NEWLINE &&
           !token_is(t, i - 1, ";"))
        i--;
    if (token_is(t, i + 1, ":") && t->rows[i].kind == TOKEN_NAME) {
        bind_value(s, function, i, equals + 1); /* NAME: str = "x" */
        return;
    }
    for (; i < equals; i++) {
        bool whole = !token_is(t, i + 1, ".") && !token_is(t, i + 1, "[");
        if (token_is(t, i, "[") && i > 0 && t->rows[i - 1].kind != TOKEN_MARK)
            i = token_skip(t, i) - 1; /* a[key] = … gives nothing to a */
        else if (t->rows[i].kind == TOKEN_NAME && whole)
            source_bind(s, function, i, i, i);
    }
}

/* for NAME in, as NAME, global NAME: names that stand for what is not known. */
static void bind_unknown(struct env_source *s, uint32_t i, int function)
{
    const struct tokens *t = &s->tokens;
    bool loop = token_is(t, i, "for"), global = token_is(t, i, "global");
    if (!loop && !global && !token_is(t, i, "as"))
        return;
    do {
        i++;
        if (!token_kind_is(t, i, TOKEN_NAME))
            return;
        source_bind(s, global ? SCOPE_FILE : function, i, i, i);
        i++;
    } while (token_is(t, i, ","));
}

void source_python(struct env_source *s)
{
    const struct tokens *t = &s->tokens;
    find_imports(s);
    find_functions(s);
    for (size_t i = 0; i < s->n_functions; i++)
        bind_params(s, (int)i);
    struct cursor_of_functions c = { .s = s, .now = -1 };
    for (uint32_t i = 0; i < t->n; i++)
        bind_unknown(s, i, function_at(&c, i));
    c = (struct cursor_of_functions){ .s = s, .now = -1 };
    for (uint32_t i = 1; i < t->n; i = token_skip(t, i)) {
        int function = function_at(&c, i);
        if (token_is(t, i, "="))
            bind_assignment(s, i, function);
        else if (token_is(t, i, "+=") && t->rows[i - 1].kind == TOKEN_NAME)
            source_bind(s, function, i - 1, i, i);
    }
}
