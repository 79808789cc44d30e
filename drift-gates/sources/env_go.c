/* Go: imports, functions (methods and function literals, too) and what names stand for. */
#include "drift-gates/sources/env_source.h"

#include "common/text.h"

static uint32_t past_newlines(const struct tokens *t, uint32_t i)
{
    while (token_kind_is(t, i, TOKEN_NEWLINE))
        i++;
    return i;
}

/* One import at i: under the name given to it, or that of its path's last folder. */
static uint32_t add_import(struct env_source *s, uint32_t i)
{
    const struct tokens *t = &s->tokens;
    uint32_t name = NOWHERE;
    if (token_kind_is(t, i, TOKEN_NAME) || token_is(t, i, "."))
        name = i++;
    if (!token_kind_is(t, i, TOKEN_STRING))
        return i + 1;
    const char *path = token_string(s->arena, t, i);
    const struct env_node *package =
        env_node_child(&s->rules->paths[LANGUAGE_GO], path, strlen(path));
    const char *slash = strrchr(path, '/');
    if (name == NOWHERE)
        source_alias(s, slash == NULL ? path : slash + 1, package);
    else if (token_is(t, name, "."))
        source_alias_all(s, package);
    else
        source_alias(s, token_text(s->arena, t, name), package);
    return i + 1;
}

static uint32_t add_imports(struct env_source *s, uint32_t i)
{
    const struct tokens *t = &s->tokens;
    if (!token_is(t, i, "("))
        return add_import(s, i);
    uint32_t end = t->rows[i].pair;
    for (i++; i < end;) {
        bool skip = t->rows[i].kind == TOKEN_NEWLINE || token_is(t, i, ";");
        i = skip ? i + 1 : add_import(s, i);
    }
    return i;
}

/* The body's bracket behind a function's results, which begin at i; NOWHERE: it has none here. */
static uint32_t find_body(const struct tokens *t, uint32_t i)
{
    while (i < t->n) {
        if (token_is(t, i, "{"))
            return i;
        bool type = token_is(t, i, "interface") || token_is(t, i, "struct");
        if (type && token_is(t, i + 1, "{"))
            i++;
        else if (t->rows[i].kind != TOKEN_NAME && !token_is(t, i, "(") && !token_is(t, i, "[") &&
                 !token_is(t, i, "*") && !token_is(t, i, ".") && !token_is(t, i, "<-"))
            return NOWHERE;
        i = token_skip(t, i);
    }
    return NOWHERE;
}

/* The name that a function literal is given: name := func, name = func, name: func. */
static uint32_t name_of_literal(const struct tokens *t, uint32_t func)
{
    bool given = func >= 2 && (token_is(t, func - 1, ":=") || token_is(t, func - 1, "=") ||
                               token_is(t, func - 1, ":"));
    return given && t->rows[func - 2].kind == TOKEN_NAME ? func - 2 : NOWHERE;
}

/* The word "func" at i. */
static void add_function(struct env_source *s, uint32_t i)
{
    const struct tokens *t = &s->tokens;
    uint32_t at = i + 1, name = NOWHERE;
    bool method = token_is(t, at, "(") && t->rows[at].pair > at &&
                  token_kind_is(t, t->rows[at].pair + 1, TOKEN_NAME) &&
                  token_is(t, t->rows[at].pair + 2, "(");
    if (method)
        at = t->rows[at].pair + 1;
    bool literal = !token_kind_is(t, at, TOKEN_NAME);
    name = literal ? name_of_literal(t, i) : at++;
    if (token_is(t, at, "["))
        at = token_skip(t, at); /* type parameters */
    if (!token_is(t, at, "("))
        return;
    uint32_t body = find_body(t, token_skip(t, at));
    if (body == NOWHERE || t->rows[body].pair == body)
        return;
    struct function *f = source_function(s, name, at, body, t->rows[body].pair);
    f->method = method;
    f->local = literal;
}

static void bind_params(struct env_source *s, int index)
{
    const struct tokens *t = &s->tokens;
    const struct function *f = &s->functions[index];
    uint32_t from, to;
    for (int k = 0; f->params != NOWHERE && argument_of(t, f->params, k, &from, &to); k++) {
        from = past_newlines(t, from);
        if (from < to && t->rows[from].kind == TOKEN_NAME)
            source_bind_param(s, index, from, k);
    }
}

/* a, b = x, y at the sign in the middle: the names before it, each with its value behind it. */
static void bind_list(struct env_source *s, uint32_t sign, uint32_t names, int function)
{
    const struct tokens *t = &s->tokens;
    uint32_t value = past_newlines(t, sign + 1);
    for (uint32_t i = names; i < sign; i++) {
        if (t->rows[i].kind != TOKEN_NAME || token_is(t, i + 1, "."))
            continue;
        uint32_t end = expression_end(t, value, true);
        bool known = end > value && !token_is(t, value, "range");
        source_bind(s, function, i, value, known ? end : value);
        if (end < t->n && token_is(t, end, ","))
            value = past_newlines(t, end + 1);
        else
            value = end;
        while (i + 1 < sign && !token_is(t, i + 1, ","))
            i++; /* over a type */
    }
}

/* The first of the names before an assignment's sign. */
static uint32_t names_before(const struct tokens *t, uint32_t sign)
{
    uint32_t i = sign;
    while (
        i > 0 &&
        (t->rows[i - 1].kind == TOKEN_NAME || token_is(t, i - 1, ",") || token_is(t, i - 1, ".")) &&
        !token_is(t, i - 1, "if") && !token_is(t, i - 1, "for") && !token_is(t, i - 1, "const") &&
        !token_is(t, i - 1, "var") && !token_is(t, i - 1, "switch") && !token_is(t, i - 1, "case"))
        i--;
    return i;
}

static void find_bindings(struct env_source *s)
{
    const struct tokens *t = &s->tokens;
    struct cursor_of_functions c = { .s = s, .now = -1 };
    for (uint32_t i = 1; i < t->n; i++) {
        int function = function_at(&c, i);
        if (token_is(t, i, "=") || token_is(t, i, ":="))
            bind_list(s, i, names_before(t, i), function);
        else if (token_is(t, i, "+=") && t->rows[i - 1].kind == TOKEN_NAME)
            source_bind(s, function, i - 1, i, i);
    }
}

/* Names of a const block without a value repeat the line above: A = "x" and B are the same. */
static void bind_repeated(struct env_source *s, uint32_t open, int function)
{
    const struct tokens *t = &s->tokens;
    uint32_t from = 0, to = 0;
    for (uint32_t i = open + 1; i < t->rows[open].pair; i++) {
        bool begins = t->rows[i - 1].kind == TOKEN_NEWLINE || i == open + 1;
        bool alone = t->rows[i].kind == TOKEN_NAME && token_kind_is(t, i + 1, TOKEN_NEWLINE);
        if (token_is(t, i, "=")) {
            from = i + 1;
            to = expression_end(t, from, true);
        } else if (begins && alone && from < to) {
            source_bind(s, function, i, from, to);
        }
    }
}

void source_go(struct env_source *s)
{
    const struct tokens *t = &s->tokens;
    for (uint32_t i = 0; i < t->n; i++) {
        if (token_is(t, i, "import"))
            add_imports(s, i + 1);
        else if (token_is(t, i, "func"))
            add_function(s, i);
    }
    source_settle_functions(s);
    for (size_t i = 0; i < s->n_functions; i++)
        bind_params(s, (int)i);
    find_bindings(s);
    struct cursor_of_functions c = { .s = s, .now = -1 };
    for (uint32_t i = 0; i < t->n; i++) {
        if (!token_is(t, i, "const") || !token_is(t, i + 1, "("))
            continue;
        bind_repeated(s, i + 1, function_at(&c, i));
        i = t->rows[i + 1].pair;
    }
}
