#include "drift-gates/sources/env_source.h"

#include <stdlib.h>

#include "common/memory.h"

#define SLOTS_LEAST 256
/* Sources beyond these are made to be slow; what they name is not known then. */
#define LEVELS_MAX 64     /* functions around a name */
#define EXPRESSION_MAX 64 /* tokens of an expression, a bracket with all in it being one */
#define ARGUMENTS_MAX 64

static const struct {
    void (*prepare)(struct env_source *s);
} languages[LANGUAGES] = {
    [LANGUAGE_C] = { source_c },           [LANGUAGE_GO] = { source_go },
    [LANGUAGE_PYTHON] = { source_python }, [LANGUAGE_JAVASCRIPT] = { source_javascript },
    [LANGUAGE_SHELL] = { source_shell },
};

/* Room for one more row of an array that doubles. */
static void *room_for(void *rows, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return rows;
    *room = *room == 0 ? 64 : *room * 2;
    return mem_resize(rows, *room, size);
}

bool tokens_same(const struct tokens *t, uint32_t a, uint32_t b)
{
    return t->rows[a].len == t->rows[b].len &&
           memcmp(t->text.data + t->rows[a].at, t->text.data + t->rows[b].at, t->rows[a].len) == 0;
}

uint32_t token_skip(const struct tokens *t, uint32_t i)
{
    return (t->rows[i].pair > i ? t->rows[i].pair : i) + 1;
}

static bool is_closing(const struct tokens *t, uint32_t i)
{
    if (t->rows[i].kind == TOKEN_TEMPLATE)
        return t->rows[i].pair < i;
    return token_is(t, i, ")") || token_is(t, i, "]") || token_is(t, i, "}");
}

/* A line that ends with one of these, or is followed by one, goes on. */
static bool continues(const struct tokens *t, uint32_t newline)
{
    static const char *const marks[] = { "+", "(", "[", "{", ",", "=", ":=", ".", "?.", "%" };
    uint32_t after = newline;
    while (token_kind_is(t, after, TOKEN_NEWLINE))
        after++;
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        if (newline > 0 && token_is(t, newline - 1, marks[i]))
            return true;
    }
    return t->language == LANGUAGE_JAVASCRIPT &&
           (token_is(t, after, "+") || token_is(t, after, ".") || token_is(t, after, "?."));
}

uint32_t expression_end(const struct tokens *t, uint32_t from, bool lines)
{
    uint32_t i = from;
    for (unsigned n = 0; i < t->n; n++) {
        if (n == EXPRESSION_MAX)
            return from;
        if (token_is(t, i, ",") || token_is(t, i, ";") || is_closing(t, i) ||
            t->rows[i].kind == TOKEN_DIRECTIVE)
            return i;
        if (t->rows[i].kind == TOKEN_NEWLINE && lines && !continues(t, i))
            return i;
        i = token_skip(t, i);
    }
    return i;
}

bool argument_of(const struct tokens *t, uint32_t open, int number, uint32_t *from, uint32_t *to)
{
    uint32_t end = t->rows[open].pair, at = open + 1;
    if (end == open || number > ARGUMENTS_MAX)
        return false;
    for (; number > 0; number--) {
        while (at < end && !token_is(t, at, ","))
            at = token_skip(t, at);
        if (at >= end)
            return false;
        at++;
    }
    *from = at;
    while (at < end && !token_is(t, at, ","))
        at = token_skip(t, at);
    *to = at < end ? at : end;
    return *to > *from;
}

struct function *source_function(struct env_source *s, uint32_t name_at, uint32_t params,
                                 uint32_t from, uint32_t to)
{
    s->functions =
        room_for(s->functions, s->n_functions, &s->functions_room, sizeof(*s->functions));
    struct function *f = &s->functions[s->n_functions++];
    *f = (struct function){ .name = "",
                            .name_at = name_at,
                            .params = params,
                            .from = params < from ? params : from,
                            .to = to,
                            .around = -1,
                            .helper = -1 };
    if (name_at != NOWHERE)
        f->name = token_text(s->arena, &s->tokens, name_at);
    return f;
}

static int by_from(const void *a, const void *b)
{
    const struct function *one = a, *other = b;
    return (one->from > other->from) - (one->from < other->from);
}

int function_at(struct cursor_of_functions *c, uint32_t token)
{
    const struct env_source *s = c->s;
    while (c->next < s->n_functions && s->functions[c->next].from <= token)
        c->now = (int)c->next++;
    while (c->now >= 0 && s->functions[c->now].to < token)
        c->now = s->functions[c->now].around;
    return c->now;
}

static size_t hash_of(const struct env_source *s, uint32_t name, int scope)
{
    const struct token *t = &s->tokens.rows[name];
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)(scope + 1);
    for (uint32_t i = 0; i < t->len; i++)
        h = (h ^ s->tokens.text.data[t->at + i]) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ (h >> 29));
}

/* The place of a name in a scope: *slot is 0 when it has no binding there. */
static uint32_t *slot_of(const struct env_source *s, uint32_t name, int scope)
{
    size_t mask = s->n_slots - 1;
    for (size_t i = hash_of(s, name, scope) & mask;; i = (i + 1) & mask) {
        uint32_t *slot = &s->slots[i];
        if (*slot == 0)
            return slot;
        const struct binding *b = &s->bindings[*slot - 1];
        if (b->scope == scope && tokens_same(&s->tokens, b->name, name))
            return slot;
    }
}

/* An empty table of n places: a small file after a large one pays for a small table. */
static void clear_slots(struct env_source *s, size_t n)
{
    if (n > s->slots_room) {
        s->slots = mem_resize(s->slots, n, sizeof(*s->slots));
        s->slots_room = n;
    }
    memset(s->slots, 0, n * sizeof(*s->slots));
    s->n_slots = n;
}

static void grow_slots(struct env_source *s)
{
    clear_slots(s, s->n_slots * 2);
    for (size_t i = 0; i < s->n_bindings; i++)
        *slot_of(s, s->bindings[i].name, s->bindings[i].scope) = (uint32_t)i + 1;
}

static struct binding *binding_for(struct env_source *s, int scope, uint32_t name)
{
    if (s->n_bindings * 2 >= s->n_slots)
        grow_slots(s);
    uint32_t *slot = slot_of(s, name, scope);
    if (*slot == 0) {
        s->bindings = room_for(s->bindings, s->n_bindings, &s->bindings_room, sizeof(*s->bindings));
        s->bindings[s->n_bindings++] =
            (struct binding){ .name = name, .scope = scope, .param = -1, .key = NOWHERE };
        *slot = (uint32_t)s->n_bindings;
    }
    return &s->bindings[*slot - 1];
}

void source_settle_functions(struct env_source *s)
{
    int around = -1;
    if (s->n_functions > 0)
        qsort(s->functions, s->n_functions, sizeof(*s->functions), by_from);
    for (size_t i = 0; i < s->n_functions; i++) {
        struct function *f = &s->functions[i];
        while (around >= 0 && s->functions[around].to < f->from)
            around = s->functions[around].around;
        f->around = around;
        if (f->name_at != NOWHERE)
            source_bind_param(s, SCOPE_FUNCTIONS, f->name_at, (int)i);
        else if (around >= 0)
            f->name = s->functions[around].name;
        around = (int)i;
    }
}

int source_function_named(const struct env_source *s, uint32_t name)
{
    const struct binding *b = source_binding(s, name, SCOPE_FUNCTIONS);
    return b == NULL ? -1 : b->param;
}

void source_alias(struct env_source *s, const char *name, const struct env_node *node)
{
    if (node != NULL && s->n_aliases < ALIASES_MAX)
        s->aliases[s->n_aliases++] = (struct alias){ name, node };
}

void source_alias_all(struct env_source *s, const struct env_node *node)
{
    for (const struct env_node *c = node == NULL ? NULL : node->child; c != NULL; c = c->next)
        source_alias(s, c->name, c);
}

void source_bind(struct env_source *s, int scope, uint32_t name, uint32_t from, uint32_t to)
{
    struct binding *b = binding_for(s, scope, name);
    b->from = from;
    b->to = to;
    b->times++;
}

void source_bind_param(struct env_source *s, int scope, uint32_t name, int param)
{
    struct binding *b = binding_for(s, scope, name);
    b->param = param;
    b->times++;
}

void source_bind_key(struct env_source *s, int scope, uint32_t name, uint32_t key, uint32_t from,
                     uint32_t to)
{
    source_bind(s, scope, name, from, to);
    binding_for(s, scope, name)->key = key;
}

const struct binding *source_binding(const struct env_source *s, uint32_t name, int function)
{
    if (s->n_bindings == 0)
        return NULL;
    for (unsigned levels = 0;; levels++) {
        uint32_t slot = *slot_of(s, name, function);
        if (slot != 0)
            return &s->bindings[slot - 1];
        if (function < 0)
            return NULL;
        function = levels < LEVELS_MAX ? s->functions[function].around : SCOPE_FILE;
    }
}

struct found *source_add(struct env_source *s, const char *name, enum read_shape shape,
                         int function, uint32_t line)
{
    s->rows = room_for(s->rows, s->n, &s->room, sizeof(*s->rows));
    s->rows[s->n] = (struct found){
        .read = { .name = name,
                  .shape = shape,
                  .function = function < 0 ? "" : s->functions[function].name,
                  .language = language_name(s->tokens.language),
                  .where = { .file = s->path, .line = (int)line } },
        .function = function,
        .helper = -1,
    };
    return &s->rows[s->n++];
}

bool env_source_read(struct env_source *s, const char *path, enum language l, struct bytes text,
                     struct error *e)
{
    bool whole = lex(l, text, 0, &s->tokens, e);
    s->path = path;
    s->n_functions = s->n_bindings = s->n_aliases = s->n = 0;
    clear_slots(s, SLOTS_LEAST);
    languages[l].prepare(s);
    if (l != LANGUAGE_SHELL)
        source_find(s);
    source_find_entries(s);
    return whole;
}

void env_source_release(struct env_source *s)
{
    tokens_release(&s->tokens);
    mem_free(s->functions);
    mem_free(s->bindings);
    mem_free(s->slots);
    mem_free(s->rows);
    *s = (struct env_source){ 0 };
}
