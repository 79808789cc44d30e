/* C: where functions are and what names stand for. A function-like macro counts as a function, its
 * line as its body, because that is how trees wrap getenv(). */
#include "drift-gates/sources/env_source.h"

/* Is the bracket that closes at `close` an __attribute__((…)) and the like? Then the one before it
 * matters. */
static bool is_decoration(const struct tokens *t, uint32_t close)
{
    uint32_t open = t->rows[close].pair;
    return open > 0 && open < close &&
           (token_is(t, open - 1, "__attribute__") || token_is(t, open - 1, "__asm__"));
}

/* The bracket that closes the parameters before a body at `open`, or NOWHERE: no function. Names
 * between them are macros (NO_RETURN) or old-style declarations, which end in ";". */
static uint32_t parameters_before(const struct tokens *t, uint32_t open)
{
    for (uint32_t i = open; i-- > 0;) {
        if (token_is(t, i, ")") && is_decoration(t, i))
            i = t->rows[i].pair - 1;
        else if (token_is(t, i, ")"))
            return t->rows[i].pair < i ? i : NOWHERE;
        else if (t->rows[i].kind != TOKEN_NAME || open - i > 8)
            return NOWHERE;
    }
    return NOWHERE;
}

static bool is_static(const struct tokens *t, uint32_t name)
{
    for (uint32_t i = name; i-- > 0;) {
        if (token_is(t, i, "static"))
            return true;
        if (t->rows[i].kind != TOKEN_NAME && !token_is(t, i, "*"))
            return false;
    }
    return false;
}

/* The parameter's name is its last one that is no array's size: "const char *name", "char a[4]". */
static void bind_params(struct env_source *s, int index)
{
    const struct tokens *t = &s->tokens;
    const struct function *f = &s->functions[index];
    uint32_t from, to;
    for (int k = 0; f->params != NOWHERE && argument_of(t, f->params, k, &from, &to); k++) {
        uint32_t name = NOWHERE;
        for (uint32_t i = from; i < to; i = token_skip(t, i)) {
            if (t->rows[i].kind == TOKEN_NAME)
                name = i;
        }
        if (name != NOWHERE)
            source_bind_param(s, index, name, k);
    }
}

static void add_function(struct env_source *s, uint32_t open)
{
    const struct tokens *t = &s->tokens;
    uint32_t close = parameters_before(t, open);
    if (close == NOWHERE || t->rows[close].pair == 0)
        return;
    uint32_t params = t->rows[close].pair, name = params - 1;
    if (t->rows[name].kind == TOKEN_NAME)
        source_function(s, name, params, open, t->rows[open].pair)->local = is_static(t, name);
}

/* The directive's line ends at the token that is returned. */
static uint32_t line_end(const struct tokens *t, uint32_t i)
{
    while (i < t->n && t->rows[i].kind != TOKEN_NEWLINE)
        i++;
    return i;
}

static bool is_define(const struct tokens *t, uint32_t i)
{
    const struct token *d = &t->rows[i];
    return d->kind == TOKEN_DIRECTIVE && d->len >= 7 &&
           memcmp(t->text.data + d->at + d->len - 6, "define", 6) == 0;
}

/* #define NAME(x) …: a function whose body is the line. */
static void add_macro(struct env_source *s, uint32_t name, uint32_t end)
{
    const struct tokens *t = &s->tokens;
    uint32_t close = t->rows[name + 1].pair;
    if (close > name + 1 && close + 1 < end)
        source_function(s, name, name + 1, close + 1, end - 1)->local = true;
}

static void find_functions(struct env_source *s)
{
    const struct tokens *t = &s->tokens;
    for (uint32_t i = 0; i < t->n;) {
        if (t->rows[i].kind == TOKEN_DIRECTIVE) {
            uint32_t end = line_end(t, i);
            if (is_define(t, i) && token_is(t, i + 2, "(") && !t->rows[i + 2].gap)
                add_macro(s, i + 1, end);
            i = end;
        } else if (token_is(t, i, "{")) {
            add_function(s, i);
            /* extern "C" { and a bracket without a partner hide nothing. */
            bool through = i > 0 && t->rows[i - 1].kind == TOKEN_STRING;
            i = through ? i + 1 : token_skip(t, i);
        } else {
            i++;
        }
    }
    source_settle_functions(s);
}

/* `name = value` or `name[] = value`. */
static void bind_assignment(struct env_source *s, uint32_t equals, int function)
{
    const struct tokens *t = &s->tokens;
    uint32_t name = equals - 1;
    if (token_is(t, name, "]") && t->rows[name].pair > 0 && t->rows[name].pair < name)
        name = t->rows[name].pair - 1;
    if (t->rows[name].kind != TOKEN_NAME)
        return;
    if (name > 0 && (token_is(t, name - 1, ".") || token_is(t, name - 1, "->")))
        return;
    source_bind(s, function, name, equals + 1, expression_end(t, equals + 1, false));
}

static void find_bindings(struct env_source *s)
{
    const struct tokens *t = &s->tokens;
    struct cursor_of_functions c = { .s = s, .now = -1 };
    for (uint32_t i = 0; i < t->n; i++) {
        if (is_define(t, i) && token_kind_is(t, i + 1, TOKEN_NAME) &&
            (!token_is(t, i + 2, "(") || t->rows[i + 2].gap))
            source_bind(s, -1, i + 1, i + 2, line_end(t, i));
        else if (i > 0 && token_is(t, i, "="))
            bind_assignment(s, i, function_at(&c, i));
    }
}

void source_c(struct env_source *s)
{
    find_functions(s);
    for (size_t i = 0; i < s->n_functions; i++)
        bind_params(s, (int)i);
    find_bindings(s);
}
