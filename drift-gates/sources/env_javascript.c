/* JavaScript and TypeScript: imports, functions of all spellings, and what names stand for. */
#include "drift-gates/sources/env_source.h"

#include "common/text.h"

static uint32_t past_newlines(const struct tokens *t, uint32_t i)
{
    while (token_kind_is(t, i, TOKEN_NEWLINE))
        i++;
    return i;
}

static bool is_word(const struct tokens *t, uint32_t i, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (token_is(t, i, *words))
            return true;
    }
    return false;
}

/* The name that the function whose first token is `first` is given: name = …, name: … */
static uint32_t given_name(const struct tokens *t, uint32_t first)
{
    if (first > 0 && token_is(t, first - 1, "async"))
        first--;
    bool given = first >= 2 && (token_is(t, first - 1, "=") || token_is(t, first - 1, ":"));
    return given && t->rows[first - 2].kind == TOKEN_NAME ? first - 2 : NOWHERE;
}

/* A return type of TypeScript at i, should there be one: what stands behind it. */
static uint32_t past_type(const struct tokens *t, uint32_t i)
{
    if (!token_is(t, i, ":"))
        return i;
    for (i++; i < t->n; i++) {
        bool name = t->rows[i].kind == TOKEN_NAME || t->rows[i].kind == TOKEN_STRING;
        if (!name && !token_is(t, i, ".") && !token_is(t, i, "<") && !token_is(t, i, ">") &&
            !token_is(t, i, "[") && !token_is(t, i, "]") && !token_is(t, i, "|") &&
            !token_is(t, i, ","))
            break;
    }
    return i;
}

/* Is this file a module whose functions others see? Only what is not exported is local. */
static bool is_exported(const struct tokens *t, uint32_t first)
{
    for (uint32_t i = first, n = 0; i > 0 && n < 4; i--, n++) {
        if (token_is(t, i - 1, "export") || token_is(t, i - 1, "default"))
            return true;
        if (t->rows[i - 1].kind != TOKEN_NAME)
            return false;
    }
    return false;
}

/* function NAME(…) { */
static void add_function(struct env_source *s, uint32_t i)
{
    const struct tokens *t = &s->tokens;
    uint32_t at = i + 1 + token_is(t, i + 1, "*"), name;
    name = token_kind_is(t, at, TOKEN_NAME) ? at++ : given_name(t, i);
    if (!token_is(t, at, "("))
        return;
    uint32_t body = past_newlines(t, past_type(t, token_skip(t, at)));
    if (!token_is(t, body, "{") || t->rows[body].pair <= body)
        return;
    source_function(s, name, at, body, t->rows[body].pair)->local = !is_exported(t, i);
}

/* NAME(…) { in a class or an object. */
static void add_method(struct env_source *s, uint32_t i)
{
    static const char *const others[] = { "if",       "for",    "while",  "switch", "catch",
                                          "function", "return", "typeof", "with",   NULL };
    const struct tokens *t = &s->tokens;
    if (i > 0 && (token_is(t, i - 1, "function") || token_is(t, i - 1, "*")))
        return;
    uint32_t body = past_type(t, token_skip(t, i + 1));
    if (is_word(t, i, others) || !token_is(t, body, "{") || t->rows[body].pair <= body ||
        token_is(t, body - 1, ":"))
        return;
    source_function(s, i, i + 1, body, t->rows[body].pair)->method = true;
}

/* The bracket of the parameters before "=>", or their one name. */
static uint32_t arrow_params(const struct tokens *t, uint32_t arrow)
{
    uint32_t i = arrow - 1;
    for (unsigned n = 0; i > 0 && n < 32; i--, n++) {
        if (token_is(t, i, ")"))
            return t->rows[i].pair < i ? t->rows[i].pair : NOWHERE;
        if (t->rows[i].kind == TOKEN_NAME && n == 0 && !token_is(t, i - 1, ":") &&
            !token_is(t, i - 1, ".") && !token_is(t, i - 1, "|") && !token_is(t, i - 1, "<"))
            return i;
        if (t->rows[i].kind == TOKEN_NEWLINE || token_is(t, i, ";") || token_is(t, i, "="))
            return NOWHERE;
    }
    return NOWHERE;
}

static void add_arrow(struct env_source *s, uint32_t i)
{
    const struct tokens *t = &s->tokens;
    uint32_t params = arrow_params(t, i), body = past_newlines(t, i + 1);
    if (params == NOWHERE || body >= t->n)
        return;
    bool block = token_is(t, body, "{") && t->rows[body].pair > body;
    uint32_t to = block ? t->rows[body].pair : expression_end(t, body, true) - 1;
    if (to >= body && to < t->n)
        source_function(s, given_name(t, params), params, body, to)->local =
            !is_exported(t, params >= 2 ? params - 2 : 0);
}

static void find_functions(struct env_source *s)
{
    const struct tokens *t = &s->tokens;
    for (uint32_t i = 0; i < t->n; i++) {
        if (token_is(t, i, "function"))
            add_function(s, i);
        else if (t->rows[i].kind == TOKEN_NAME && token_is(t, i + 1, "("))
            add_method(s, i);
        else if (i > 0 && token_is(t, i, "=>"))
            add_arrow(s, i);
    }
    source_settle_functions(s);
}

static void bind_names_unknown(struct env_source *s, int scope, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        if (s->tokens.rows[i].kind == TOKEN_NAME)
            source_bind(s, scope, i, i, i);
    }
}

static void bind_param(struct env_source *s, int index, int number, uint32_t from, uint32_t to)
{
    static const char *const modifiers[] = { "public", "private", "protected", "readonly", NULL };
    const struct tokens *t = &s->tokens;
    while (from < to && (t->rows[from].kind == TOKEN_NEWLINE || token_is(t, from, "...")))
        from++;
    while (from + 1 < to && is_word(t, from, modifiers) && token_kind_is(t, from + 1, TOKEN_NAME))
        from++;
    if (token_is(t, from, "{") || token_is(t, from, "["))
        bind_names_unknown(s, index, from + 1, t->rows[from].pair);
    else if (from < to && t->rows[from].kind == TOKEN_NAME)
        source_bind_param(s, index, from, number);
}

static void bind_params(struct env_source *s, int index)
{
    const struct tokens *t = &s->tokens;
    uint32_t params = s->functions[index].params, from, to;
    if (t->rows[params].kind == TOKEN_NAME) {
        source_bind_param(s, index, params, 0); /* name => … */
        return;
    }
    for (int k = 0; argument_of(t, params, k, &from, &to); k++)
        bind_param(s, index, k, from, to);
}

/* const { A, B: b = "x" } = value: each name stands for a member. */
static void bind_pattern(struct env_source *s, int function, uint32_t open, uint32_t from,
                         uint32_t to)
{
    const struct tokens *t = &s->tokens;
    uint32_t end = t->rows[open].pair;
    for (uint32_t i = open + 1; i < end; i = expression_end(t, i, false)) {
        while (i < end &&
               (t->rows[i].kind == TOKEN_NEWLINE || token_is(t, i, ",") || token_is(t, i, "...")))
            i++;
        if (i >= end)
            return;
        uint32_t name = token_is(t, i + 1, ":") ? i + 2 : i;
        if (t->rows[name].kind == TOKEN_NAME)
            source_bind_key(s, function, name, i, from, to);
    }
}

/* The name before a type: const NAME: string = value. */
static uint32_t name_before_type(const struct tokens *t, uint32_t equals)
{
    uint32_t i = equals;
    for (unsigned n = 0; i > 1 && n < 16; i--, n++) {
        if (t->rows[i].kind == TOKEN_NEWLINE || token_is(t, i, "{") || token_is(t, i, "("))
            return NOWHERE;
        if (token_is(t, i, ":") && t->rows[i - 1].kind == TOKEN_NAME)
            return i - 1;
    }
    return NOWHERE;
}

static void bind_assignment(struct env_source *s, uint32_t equals, int function)
{
    const struct tokens *t = &s->tokens;
    uint32_t from = past_newlines(t, equals + 1), to = expression_end(t, from, true);
    uint32_t name = equals - 1;
    if (token_is(t, name, "}") && t->rows[name].pair < name) {
        bind_pattern(s, function, t->rows[name].pair, from, to);
        return;
    }
    if (token_is(t, name, "]") && t->rows[name].pair < name && name > 1 &&
        !token_is(t, name - 1, "[")) {
        uint32_t open = t->rows[name].pair;
        bool pattern = open > 0 && (token_is(t, open - 1, "const") ||
                                    token_is(t, open - 1, "let") || token_is(t, open - 1, "var"));
        if (pattern)
            bind_names_unknown(s, function, open, name);
        return;
    }
    uint32_t typed = name_before_type(t, equals);
    if (typed != NOWHERE && typed > 0 &&
        (token_is(t, typed - 1, "const") || token_is(t, typed - 1, "let") ||
         token_is(t, typed - 1, "var")))
        name = typed;
    if (t->rows[name].kind == TOKEN_NAME && !(name > 0 && token_is(t, name - 1, ".")))
        source_bind(s, function, name, from, to);
}

/* import process, { env as e } from "node:process"; from `i`, behind the word. */
static uint32_t add_import(struct env_source *s, uint32_t i)
{
    struct tokens *t = &s->tokens;
    uint32_t from = i, end = i;
    while (end < t->n && t->rows[end].kind != TOKEN_STRING && !token_is(t, end, ";") &&
           !token_is(t, end, "(") && !token_is(t, end, "="))
        end++;
    if (!token_kind_is(t, end, TOKEN_STRING))
        return i;
    const char *module = token_string(s->arena, t, end);
    module += text_starts(module, "node:") ? 5 : 0;
    const struct env_node *node = env_rules_at(s->rules, LANGUAGE_JAVASCRIPT, module);
    bool inside = false;
    for (; from < end; from++) {
        inside = token_is(t, from, "{") || (inside && !token_is(t, from, "}"));
        bool name = t->rows[from].kind == TOKEN_NAME && !token_is(t, from, "from");
        const struct env_node *meant = node;
        if (name && inside && node != NULL)
            meant = env_node_child(node, t->text.data + t->rows[from].at, t->rows[from].len);
        if (name && inside && token_is(t, from + 1, "as"))
            from += 2;
        if (name && node != NULL && from < end)
            source_alias(s, token_text(s->arena, t, from), meant);
    }
    for (uint32_t k = i; k < end; k++)
        t->rows[k].kind = TOKEN_COMMENT; /* no uses of what they name */
    return end;
}

static void find_imports(struct env_source *s)
{
    const struct tokens *t = &s->tokens;
    for (uint32_t i = 0; i < t->n; i++) {
        bool begins = i == 0 || t->rows[i - 1].kind == TOKEN_NEWLINE || token_is(t, i - 1, ";") ||
                      t->rows[i - 1].kind == TOKEN_STRING;
        if (begins && token_is(t, i, "import") && !token_is(t, i + 1, ".") &&
            !token_is(t, i + 1, "("))
            i = add_import(s, i + 1);
    }
}

/* for (const name of …): it stands for what is not known. */
static void bind_loop(struct env_source *s, uint32_t i, int function)
{
    const struct tokens *t = &s->tokens;
    bool declares = token_is(t, i, "const") || token_is(t, i, "let") || token_is(t, i, "var");
    if (declares && (token_is(t, i + 2, "of") || token_is(t, i + 2, "in")))
        source_bind(s, function, i + 1, i, i);
}

void source_javascript(struct env_source *s)
{
    const struct tokens *t = &s->tokens;
    find_imports(s);
    find_functions(s);
    for (size_t i = 0; i < s->n_functions; i++)
        bind_params(s, (int)i);
    struct cursor_of_functions c = { .s = s, .now = -1 };
    for (uint32_t i = 1; i < t->n; i++) {
        int function = function_at(&c, i);
        if (token_is(t, i, "="))
            bind_assignment(s, i, function);
        else if (token_is(t, i, "+=") && t->rows[i - 1].kind == TOKEN_NAME)
            source_bind(s, function, i - 1, i, i);
        else
            bind_loop(s, i, function);
    }
}
