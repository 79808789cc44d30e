/* The reads of a source: every name that leads to a rule, and calls of the file's own functions
 * that hand a parameter on to one. */
#include "drift-gates/sources/env_source.h"

#include <stdlib.h>

#include "common/text.h"

#define ALIAS_DEPTH_MAX 4 /* names for names for an object */
#define ROUNDS_MAX 8      /* functions that call functions that read */

struct finder {
    struct env_source *s;
    const struct tokens *t;
    int function; /* around the token looked at */
};

static bool is_access(const struct tokens *t, uint32_t i)
{
    return token_is(t, i, ".") || token_is(t, i, "?.") || token_is(t, i, "->");
}

static bool is_member(const struct tokens *t, uint32_t i)
{
    return i > 0 && is_access(t, i - 1);
}

static const struct env_node *child_at(const struct finder *f, const struct env_node *node,
                                       uint32_t i)
{
    const struct token *token = &f->t->rows[i];
    return env_node_child(node, f->t->text.data + token->at, token->len);
}

static const struct env_node *node_of_value(const struct finder *f, const struct binding *b,
                                            unsigned depth);

static const struct env_node *imported(const struct finder *f, uint32_t i)
{
    const struct env_source *s = f->s;
    for (size_t k = 0; k < s->n_aliases; k++) {
        if (token_is(f->t, i, s->aliases[k].name))
            return s->aliases[k].node;
    }
    return NULL;
}

/* Does what is imported hide behind the binding? A parameter's name does; Go's variables live in
 * blocks that are not followed, and Python's module may bind a substitute where an import fails. */
static bool hides_import(const struct finder *f, const struct binding *b)
{
    if (b->param >= 0)
        return true;
    return f->t->language != LANGUAGE_GO && b->scope != SCOPE_FILE;
}

/* What a name means at the start of a path: something imported or given another name, or what the
 * language has by itself. */
static const struct env_node *first_node(const struct finder *f, uint32_t i, int function,
                                         unsigned depth)
{
    const struct tokens *t = f->t;
    const struct env_source *s = f->s;
    const struct binding *b = source_binding(s, i, function);
    const struct env_node *node = imported(f, i);
    if (node != NULL && (b == NULL || !hides_import(f, b)))
        return node;
    if (b != NULL)
        return b->times == 1 ? node_of_value(f, b, depth + 1) : NULL;
    bool global = t->language == LANGUAGE_C || t->language == LANGUAGE_JAVASCRIPT;
    return global ? child_at(f, &s->rules->paths[t->language], i) : NULL;
}

/* The longest path of rules that begins at i; *last is its last token. NULL: none does. */
static const struct env_node *path_node(const struct finder *f, uint32_t i, int function,
                                        unsigned depth, uint32_t *last)
{
    const struct tokens *t = f->t;
    const struct env_node *node = first_node(f, i, function, depth), *child;
    *last = i;
    while (node != NULL && is_access(t, *last + 1) && token_kind_is(t, *last + 2, TOKEN_NAME) &&
           (child = child_at(f, node, *last + 2)) != NULL) {
        node = child;
        *last += 2;
    }
    return node;
}

/* require("node:process") */
static const struct env_node *required(const struct finder *f, uint32_t i)
{
    const struct tokens *t = f->t;
    if (t->language != LANGUAGE_JAVASCRIPT || !token_is(t, i, "require") ||
        !token_is(t, i + 1, "(") || !token_kind_is(t, i + 2, TOKEN_STRING))
        return NULL;
    const char *module = token_string(f->s->arena, t, i + 2);
    module += text_starts(module, "node:") ? 5 : 0;
    return env_rules_at(f->s->rules, t->language, module);
}

/* What the value given to a name is, when it is nothing but a path: env = os.environ, get :=
 * os.Getenv, { env } = process. */
static const struct env_node *node_of_value(const struct finder *f, const struct binding *b,
                                            unsigned depth)
{
    uint32_t last;
    if (b->from >= b->to || depth > ALIAS_DEPTH_MAX || f->t->rows[b->from].kind != TOKEN_NAME ||
        tokens_same(f->t, b->from, b->name))
        return NULL;
    const struct env_node *node = required(f, b->from);
    if (node != NULL)
        last = f->t->rows[b->from + 1].pair;
    else
        node = path_node(f, b->from, b->scope, depth, &last);
    if (node == NULL || last + 1 != b->to)
        return NULL;
    return b->key == NOWHERE ? node : child_at(f, node, b->key);
}

/* --- whether only presence is asked --- */

static bool is_nothing(const struct tokens *t, uint32_t i)
{
    static const char *const words[] = { "NULL", "nil", "None", "null", "undefined", "nullptr" };
    for (size_t k = 0; k < ARRAY_LEN(words); k++) {
        if (token_is(t, i, words[k]))
            return true;
    }
    if (token_kind_is(t, i, TOKEN_STRING))
        return t->rows[i].len == 2;
    return token_is(t, i, "0");
}

static bool is_comparison(const struct tokens *t, uint32_t i)
{
    return token_is(t, i, "==") || token_is(t, i, "!=") || token_is(t, i, "===") ||
           token_is(t, i, "!==") || token_is(t, i, "is") || token_is(t, i, ">");
}

/* Is the expression from..to (not included) the condition of something, or one side of && and ||?
 */
static bool is_condition(const struct tokens *t, uint32_t from, uint32_t to)
{
    bool c = t->language == LANGUAGE_C;
    bool words = t->language == LANGUAGE_PYTHON;
    if (from > 0 && (token_is(t, from - 1, "!") || token_is(t, from - 1, "not")))
        return true;
    if (token_is(t, to, "&&") || token_is(t, to, "?") || (words && token_is(t, to, "and")))
        return true;
    bool side = from > 0 && (token_is(t, from - 1, "&&") || token_is(t, from - 1, "||"));
    if (c && (token_is(t, to, "||") || (side && (token_is(t, to, ")") || token_is(t, to, ";")))))
        return true;
    return words && from > 0 &&
           ((token_is(t, from - 1, "if") && (token_is(t, to, ":") || token_is(t, to, "else"))) ||
            ((token_is(t, from - 1, "elif") || token_is(t, from - 1, "while")) &&
             token_is(t, to, ":")));
}

static bool is_compared_with_nothing(const struct tokens *t, uint32_t from, uint32_t to)
{
    uint32_t behind = to + 1 + (token_is(t, to, "is") && token_is(t, to + 1, "not"));
    if (is_comparison(t, to) && is_nothing(t, behind))
        return true;
    return from > 1 && is_comparison(t, from - 1) && is_nothing(t, from - 2);
}

/* Where the expression begins whose last name is at i: strings.TrimSpace */
static uint32_t chain_start(const struct tokens *t, uint32_t i)
{
    while (i >= 2 && is_access(t, i - 1) && t->rows[i - 2].kind == TOKEN_NAME)
        i -= 2;
    return i;
}

/* Is the function called with the bracket at `open` one of these? */
static bool is_called(const struct tokens *t, uint32_t open, const struct env_node *roots)
{
    const struct env_node *node = roots;
    for (uint32_t i = chain_start(t, open - 1); i < open && node != NULL; i += 2)
        node = env_node_child(node, t->text.data + t->rows[i].at, t->rows[i].len);
    return node != NULL;
}

/* _, ok := os.LookupEnv(…) */
static bool is_second_result(const struct tokens *t, uint32_t from)
{
    return t->language == LANGUAGE_GO && from >= 4 &&
           (token_is(t, from - 1, ":=") || token_is(t, from - 1, "=")) &&
           t->rows[from - 2].kind == TOKEN_NAME && token_is(t, from - 3, ",") &&
           token_is(t, from - 4, "_");
}

/* Is of the read from..to (not included) only asked whether there is something? */
static bool asks_presence(const struct finder *f, uint32_t from, uint32_t to)
{
    const struct tokens *t = f->t;
    enum language l = t->language;
    if (is_second_result(t, from))
        return true;
    for (;;) {
        if (is_compared_with_nothing(t, from, to) || is_condition(t, from, to))
            return true;
        bool around = from > 0 && token_is(t, from - 1, "(") && t->rows[from - 1].pair == to;
        if (!around)
            return false;
        uint32_t open = from - 1;
        bool named = open > 0 && t->rows[open - 1].kind == TOKEN_NAME;
        if (named && (token_is(t, open - 1, "if") || token_is(t, open - 1, "while")))
            return true;
        if (named && is_called(t, open, &f->s->rules->blank[l]))
            return true;
        bool through = named && is_called(t, open, &f->s->rules->through[l]);
        if (named && !through && !token_is(t, open - 1, "return"))
            return false;
        from = through ? chain_start(t, open - 1) : open;
        to++;
    }
}

/* --- reads --- */

/* A function that reads what its caller names. Its own read is no row, unless a caller may stand
 * where it is not seen. */
static bool is_declared_helper(const struct finder *f, int function, int argument)
{
    const struct function *fn = &f->s->functions[function];
    if (fn->name_at == NOWHERE)
        return false;
    const struct env_node *node = child_at(f, &f->s->rules->helpers[f->t->language], fn->name_at);
    return node != NULL && node->rule->argument == argument;
}

static void add_read(struct finder *f, uint32_t from, uint32_t to, enum read_shape shape,
                     uint32_t line, unsigned round)
{
    struct env_source *s = f->s;
    struct value v = source_value(s, from, to, f->function);
    if (v.exact) {
        source_add(s, v.text, shape, f->function, line);
        return;
    }
    if (v.param >= 0 && is_declared_helper(f, v.param_of, v.param))
        return;
    struct found *row = source_add(s, v.text, READ_COMPUTED, f->function, line);
    struct function *fn = v.param >= 0 ? &s->functions[v.param_of] : NULL;
    if (fn == NULL || (fn->helper >= 0 && fn->helper != v.param))
        return;
    if (fn->helper < 0) {
        fn->helper = v.param;
        fn->helper_shape = shape;
        fn->helper_round = round;
    }
    row->helper = fn->local ? v.param_of : -1;
}

/* key=value of a Python call: the value. */
static uint32_t past_keyword(const struct tokens *t, uint32_t from, uint32_t to)
{
    bool keyword = t->language == LANGUAGE_PYTHON && from + 2 < to &&
                   t->rows[from].kind == TOKEN_NAME && token_is(t, from + 1, "=");
    return keyword ? from + 2 : from;
}

/* A call whose `number`th argument is a name. */
static void call_read(struct finder *f, uint32_t open, int number, bool presence, uint32_t line,
                      unsigned round)
{
    uint32_t from, to;
    if (!argument_of(f->t, open, number, &from, &to))
        return;
    from = past_keyword(f->t, from, to);
    add_read(f, from, to, presence ? READ_PRESENCE : READ_VALUE, line, round);
}

static bool is_assigned(const struct tokens *t, uint32_t first, uint32_t end)
{
    return token_is(t, end, "=") ||
           (first > 0 && (token_is(t, first - 1, "delete") || token_is(t, first - 1, "del")));
}

/* "X" in os.environ: a read of what stands before the word. */
static bool membership_read(struct finder *f, uint32_t first)
{
    const struct tokens *t = f->t;
    if (first < 2 || !token_is(t, first - 1, "in"))
        return false;
    uint32_t to = first - 1;
    if (token_is(t, to - 1, "not"))
        to--;
    if (to == 0)
        return false;
    uint32_t from = to - 1;
    if (t->rows[from].pair < from)
        from = t->rows[from].pair;
    if (from > 0 && token_is(t, from - 1, "for"))
        return false;
    add_read(f, from, to, READ_PRESENCE, t->rows[first].line, 1);
    return true;
}

/* Is the path from `first` to `last` all that a name is given? Then the name's uses are looked at.
 */
static bool is_alias(const struct finder *f, uint32_t first, uint32_t last)
{
    const struct tokens *t = f->t;
    if (first < 2 || t->rows[first - 2].kind != TOKEN_NAME ||
        !(token_is(t, first - 1, "=") || token_is(t, first - 1, ":=")))
        return false;
    const struct binding *b = source_binding(f->s, first - 2, f->function);
    return b != NULL && b->times == 1 && b->from == first && b->to == last + 1;
}

/* const { A, B: b, ...rest } = process.env: its keys. False: no such thing stands there. */
static bool unpacking_read(struct finder *f, uint32_t first)
{
    const struct tokens *t = f->t;
    if (first < 2 || !token_is(t, first - 1, "=") || !token_is(t, first - 2, "}") ||
        t->rows[first - 2].pair >= first - 2)
        return false;
    for (uint32_t i = t->rows[first - 2].pair + 1, last = 0; i < first - 2 && i != last;
         i = expression_end(t, i, false)) {
        last = i;
        while (i < first - 2 && (token_is(t, i, ",") || t->rows[i].kind == TOKEN_NEWLINE))
            i++;
        if (token_is(t, i, "..."))
            source_add(f->s, "*", READ_WHOLE, f->function, t->rows[i].line);
        else if (t->rows[i].kind == TOKEN_NAME)
            source_add(f->s, token_text(f->s->arena, t, i), READ_VALUE, f->function,
                       t->rows[i].line);
        else if (t->rows[i].kind == TOKEN_STRING)
            source_add(f->s, token_string(f->s->arena, t, i), READ_VALUE, f->function,
                       t->rows[i].line);
        else if (token_is(t, i, "["))
            add_read(f, i + 1, t->rows[i].pair, READ_VALUE, t->rows[i].line, 1);
    }
    return true;
}

/* What is done with a map whose last token is `last`. */
static void map_read(struct finder *f, const struct env_rule *rule, uint32_t first, uint32_t last)
{
    const struct tokens *t = f->t;
    uint32_t next = last + 1, line = t->rows[first].line;
    if (token_is(t, next, "?."))
        next++;
    if (token_is(t, next, "[") && t->rows[next].pair > next) {
        uint32_t end = t->rows[next].pair + 1;
        if (!is_assigned(t, first, end))
            add_read(f, next + 1, end - 1,
                     asks_presence(f, first, end) ? READ_PRESENCE : READ_VALUE, line, 1);
        return;
    }
    if (next == last + 1 && token_is(t, next, "."))
        next++;
    bool member = next > last + 1 && token_kind_is(t, next, TOKEN_NAME);
    if (member && rule->members && !is_assigned(t, first, next + 1))
        source_add(f->s, token_text(f->s->arena, t, next),
                   asks_presence(f, first, next + 1) ? READ_PRESENCE : READ_VALUE, f->function,
                   line);
    else if (!member && !membership_read(f, first) && !is_assigned(t, first, next) &&
             !is_alias(f, first, last) && !unpacking_read(f, first))
        source_add(f->s, "*", READ_WHOLE, f->function, line);
}

static bool is_variable(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The $NAME and ${NAME} of a literal text. */
static void expanded_reads(struct finder *f, uint32_t first, uint32_t open, int number)
{
    uint32_t from, to, line = f->t->rows[first].line;
    if (!argument_of(f->t, open, number, &from, &to))
        return;
    struct value v = source_value(f->s, from, to, f->function);
    if (!v.exact)
        source_add(f->s, "*", READ_COMPUTED, f->function, line);
    for (const char *c = v.text; (c = strchr(c, '$')) != NULL;) {
        size_t n = 0;
        c += 1 + (c[1] == '{');
        while (is_variable(c[n]))
            n++;
        if (n > 0)
            source_add(f->s, arena_strndup(f->s->arena, c, n), READ_VALUE, f->function, line);
        c += n;
    }
}

/* --- the walk --- */

/* The place where a name gets its meaning is no use of it: get := os.Getenv. */
static bool is_definition(const struct finder *f, uint32_t i)
{
    const struct binding *b = source_binding(f->s, i, f->function);
    return b != NULL && b->name == i;
}

static void path_read(struct finder *f, uint32_t i)
{
    const struct tokens *t = f->t;
    uint32_t last;
    const struct env_node *node = path_node(f, i, f->function, 0, &last);
    const struct env_rule *rule = node == NULL ? NULL : node->rule;
    uint32_t open = last + 1 + token_is(t, last + 1, "?.");
    bool called = token_is(t, open, "(");
    if (rule == NULL || is_definition(f, i))
        return;
    if (rule->kind == RULE_MAP)
        map_read(f, rule, i, last);
    else if (rule->kind == RULE_WHOLE && called)
        source_add(f->s, "*", READ_WHOLE, f->function, t->rows[i].line);
    else if (rule->kind == RULE_EXPANDS && called)
        expanded_reads(f, i, open, rule->argument);
    else if (rule->kind == RULE_CALL && called)
        call_read(f, open, rule->argument,
                  rule->presence || asks_presence(f, i, t->rows[open].pair + 1), t->rows[i].line,
                  1);
    else if (rule->kind != RULE_WHOLE && !is_alias(f, i, last))
        source_add(f->s, "*", READ_COMPUTED, f->function, t->rows[i].line); /* handed on */
}

/* What stands before a helper's name is what its rule wants there. */
static bool is_helper_here(const struct tokens *t, uint32_t i, const struct env_rule *rule)
{
    if (!token_is(t, i + 1, "("))
        return false;
    return rule->before == NULL || (is_member(t, i) && i >= 2 && token_is(t, i - 2, rule->before));
}

static void helper_read(struct finder *f, uint32_t i, const struct env_rule *rule)
{
    size_t first = f->s->n;
    call_read(f, i + 1, rule->argument, rule->presence, f->t->rows[i].line, 1);
    for (size_t k = first; k < f->s->n; k++)
        f->s->rows[k].read.type = rule->type;
}

static void look_at(struct finder *f, uint32_t i)
{
    struct env_source *s = f->s;
    const struct tokens *t = f->t;
    int own = source_function_named(s, i);
    if (own >= 0 && s->functions[own].name_at == i)
        return;
    if (own >= 0 && !token_is(t, i + 1, "("))
        s->functions[own].escapes = true;
    if (t->language == LANGUAGE_C && f->function < 0)
        return; /* declarations; nothing is called there */
    const struct env_node *helper = child_at(f, &s->rules->helpers[t->language], i);
    if (helper != NULL && is_helper_here(t, i, helper->rule))
        helper_read(f, i, helper->rule);
    else if (!is_member(t, i) || (i >= 2 && token_is(t, i - 2, "globalThis")))
        path_read(f, i);
}

/* What such a function returns may be a status: how its result is used says nothing of the value.
 * Calls of the file's own functions that were found in `round` to read what their caller names. */
static void look_at_call(struct finder *f, uint32_t i, unsigned round)
{
    struct env_source *s = f->s;
    int called = source_function_named(s, i);
    if (called < 0 || !token_is(f->t, i + 1, "("))
        return;
    struct function *fn = &s->functions[called];
    if (fn->helper < 0 || fn->helper_round != round || fn->name_at == i ||
        is_member(f->t, i) != fn->method)
        return;
    int number = (int)fn->helper - (fn->method && f->t->language == LANGUAGE_PYTHON);
    fn->called = true;
    call_read(f, i + 1, number, fn->helper_shape == READ_PRESENCE, f->t->rows[i].line, round + 1);
}

static void walk(struct env_source *s, unsigned round)
{
    struct cursor_of_functions c = { .s = s, .now = -1 };
    struct finder f = { .s = s, .t = &s->tokens };
    for (uint32_t i = 0; i < s->tokens.n; i++) {
        if (s->tokens.rows[i].kind != TOKEN_NAME)
            continue;
        f.function = function_at(&c, i);
        if (round == 0)
            look_at(&f, i);
        else
            look_at_call(&f, i, round);
    }
}

static bool found_helpers(const struct env_source *s, unsigned round)
{
    for (size_t i = 0; i < s->n_functions; i++) {
        if (s->functions[i].helper >= 0 && s->functions[i].helper_round == round)
            return true;
    }
    return false;
}

static int by_line(const void *a, const void *b)
{
    const struct env_read *one = &((const struct found *)a)->read;
    const struct env_read *other = &((const struct found *)b)->read;
    if (one->where.line != other->where.line)
        return one->where.line < other->where.line ? -1 : 1;
    return strcmp(one->name, other->name);
}

/* Leaves out the reads by a parameter of functions all of whose callers were seen. */
static void drop_followed(struct env_source *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        int helper = s->rows[i].helper;
        const struct function *fn = helper < 0 ? NULL : &s->functions[helper];
        if (fn == NULL || fn->escapes || !fn->called)
            s->rows[n++] = s->rows[i];
    }
    s->n = n;
}

void source_find(struct env_source *s)
{
    walk(s, 0);
    for (unsigned round = 1; round <= ROUNDS_MAX && found_helpers(s, round); round++)
        walk(s, round);
    drop_followed(s);
    if (s->n > 1)
        qsort(s->rows, s->n, sizeof(*s->rows), by_line);
}
