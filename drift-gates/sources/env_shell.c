/* The shell: every $NAME that the script has not set itself is a read of the environment. At top
 * level, what is set before counts; in a function, what is set anywhere, because a function runs
 * later than it stands. */
#include "drift-gates/sources/env_source.h"

static bool is_one_of(const struct tokens *t, uint32_t i, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (token_is(t, i, *words))
            return true;
    }
    return false;
}

/* Brackets that close an expansion end no command. */
static bool is_separator(const struct tokens *t, uint32_t i)
{
    static const char *const marks[] = {
        ";", ";;", "&", "|", "&&", "||", "(", "{", "`", "$(", NULL
    };
    if (i >= t->n || t->rows[i].kind == TOKEN_NEWLINE || is_one_of(t, i, marks))
        return true;
    if (token_is(t, i, "}"))
        return t->rows[i].pair == i || token_is(t, t->rows[i].pair, "{");
    return token_is(t, i, ")") && (t->rows[i].pair == i || token_is(t, t->rows[i].pair, "("));
}

/* The token behind the word that begins at i. */
static uint32_t word_end(const struct tokens *t, uint32_t i)
{
    i = token_skip(t, i);
    while (i < t->n && !t->rows[i].gap && !is_separator(t, i))
        i = token_skip(t, i);
    return i;
}

static bool is_assignment(const struct tokens *t, uint32_t i)
{
    return token_kind_is(t, i, TOKEN_NAME) && i + 1 < t->n && t->rows[i + 1].kind == TOKEN_MARK &&
           !t->rows[i + 1].gap && (token_is(t, i + 1, "=") || token_is(t, i + 1, "+="));
}

/* Does a command begin at i? Words that only lead to one do not count. */
static bool begins_command(const struct tokens *t, uint32_t i)
{
    static const char *const leads[] = { "if",    "then",  "else", "elif", "do",
                                         "while", "until", "!",    "time", NULL };
    return i == 0 || is_separator(t, i - 1) || is_one_of(t, i - 1, leads);
}

static uint32_t assignment_end(const struct tokens *t, uint32_t i)
{
    uint32_t value = i + 2;
    if (value >= t->n || t->rows[value].gap)
        return value; /* NAME= */
    if (token_is(t, value, "("))
        return token_skip(t, value); /* NAME=(a b) */
    return is_separator(t, value) ? value : word_end(t, value);
}

/* Is the assignment at i, which begins a command, all of it? NAME=value command sets NAME for that
 * command only. */
static bool is_lasting(const struct tokens *t, uint32_t i)
{
    while (is_assignment(t, i))
        i = assignment_end(t, i);
    return is_separator(t, i) || token_is(t, i, ">") || token_is(t, i, "<");
}

struct reader {
    struct env_source *s;
    const struct tokens *t;
    bool marking; /* first pass: what is set anywhere, for the functions */
    int function;
};

static void set(struct reader *r, uint32_t name, bool local)
{
    int scope = local && r->function >= 0 ? r->function : SCOPE_FILE;
    source_bind(r->s, r->marking ? SCOPE_FUNCTIONS - 1 : scope, name, name, name);
}

/* export NAME=value, local NAME, readonly …: from the command's word. */
static void declaration(struct reader *r, uint32_t i)
{
    static const char *const all[] = { "export", "readonly", "declare", "typeset", "local", NULL };
    const struct tokens *t = r->t;
    bool local = token_is(t, i, "local"), plain = token_is(t, i, "export");
    if (!is_one_of(t, i, all))
        return;
    for (i = word_end(t, i); !is_separator(t, i); i = word_end(t, i)) {
        if (is_assignment(t, i))
            set(r, i, local);
        else if (local && t->rows[i].kind == TOKEN_NAME && !plain)
            set(r, i, true);
    }
}

/* read -r A B, for NAME in, getopts spec NAME, mapfile NAME, printf -v NAME */
static void setter(struct reader *r, uint32_t i)
{
    static const char *const lists[] = { "read", "mapfile", "readarray", "getopts", NULL };
    static const char *const loops[] = { "for", "select", NULL };
    const struct tokens *t = r->t;
    if (is_one_of(t, i, loops) && token_kind_is(t, i + 1, TOKEN_NAME))
        set(r, i + 1, false);
    bool print = token_is(t, i, "printf") && token_is(t, i + 1, "-v");
    if (print && token_kind_is(t, i + 2, TOKEN_NAME))
        set(r, i + 2, false);
    if (!is_one_of(t, i, lists))
        return;
    for (i = word_end(t, i); !is_separator(t, i); i = word_end(t, i)) {
        if (t->rows[i].kind == TOKEN_NAME)
            set(r, i, false);
    }
}

/* What the command that begins at i sets, once it is done. */
static void command(struct reader *r, uint32_t i)
{
    const struct tokens *t = r->t;
    declaration(r, i);
    setter(r, i);
    if (!is_assignment(t, i) || !is_lasting(t, i))
        return;
    for (; is_assignment(t, i); i = assignment_end(t, i))
        set(r, i, false);
}

static bool is_set(const struct reader *r, uint32_t name)
{
    if (source_binding(r->s, name, r->function) != NULL)
        return true;
    return r->function >= 0 && source_binding(r->s, name, SCOPE_FUNCTIONS - 1) != NULL;
}

/* What the shell itself sets: PWD, RANDOM, BASH_SOURCE. */
static bool is_own(const struct reader *r, uint32_t name)
{
    const struct token *token = &r->t->rows[name];
    const char *text = (const char *)r->t->text.data + token->at;
    if (token->len >= 5 && memcmp(text, "BASH_", 5) == 0)
        return true;
    return env_node_child(&r->s->rules->own[LANGUAGE_SHELL], text, token->len) != NULL;
}

/* The token that opens the word whose only part the expansion is: "$X", "${X}", $X. */
static uint32_t word_of(const struct tokens *t, uint32_t i)
{
    if (i > 0 && token_is(t, i - 1, "${"))
        i--;
    if (i > 0 && t->rows[i - 1].kind == TOKEN_TEMPLATE && t->rows[i - 1].pair > i)
        i--;
    return i;
}

/* [ -z "$X" ], [ -n … ], ${X+…}, : "${X:?}", [ "$X" = "" ] */
static bool asks_presence(const struct tokens *t, uint32_t i)
{
    uint32_t word = word_of(t, i);
    bool braced = i > 0 && token_is(t, i - 1, "${");
    if (braced && (token_is(t, i + 1, "+") || token_is(t, i + 1, ":+")))
        return true;
    if (word == 0)
        return false;
    bool must = braced && (token_is(t, i + 1, "?") || token_is(t, i + 1, ":?"));
    if (must && token_is(t, word - 1, ":") && begins_command(t, word - 1))
        return true;
    if (token_is(t, word - 1, "-z") || token_is(t, word - 1, "-n"))
        return true;
    uint32_t end = token_skip(t, word); /* the word is nothing else, or it is not compared */
    bool compares = token_is(t, end, "=") || token_is(t, end, "==") || token_is(t, end, "!=");
    return compares && token_kind_is(t, end + 1, TOKEN_TEMPLATE) &&
           t->rows[end + 1].pair == end + 2;
}

static void expansion(struct reader *r, uint32_t i)
{
    const struct tokens *t = r->t;
    uint32_t line = t->rows[i].line;
    bool indirect = i > 1 && token_is(t, i - 1, "!") && token_is(t, i - 2, "${");
    bool defaults =
        i > 0 && token_is(t, i - 1, "${") && (token_is(t, i + 1, "=") || token_is(t, i + 1, ":="));
    if (indirect)
        source_add(r->s, "*", READ_COMPUTED, r->function, line);
    else if (!is_own(r, i) && !is_set(r, i))
        source_add(r->s, token_text(r->s->arena, t, i),
                   asks_presence(t, i) ? READ_PRESENCE : READ_VALUE, r->function, line);
    if (defaults)
        set(r, i, false);
}

/* A word that is all literal, as text; else NULL. */
static const char *literal_word(const struct reader *r, uint32_t i)
{
    const struct tokens *t = r->t;
    uint32_t end = word_end(t, i);
    if (end == i + 1 && t->rows[i].kind == TOKEN_NAME)
        return token_text(r->s->arena, t, i);
    if (end == i + 1 && t->rows[i].kind == TOKEN_STRING)
        return token_string(r->s->arena, t, i);
    if (t->rows[i].kind == TOKEN_TEMPLATE && end == i + 3 && t->rows[i + 1].kind == TOKEN_PIECE)
        return token_string(r->s->arena, t, i + 1);
    return NULL;
}

/* printenv NAME, and the tree's own functions. */
static void reading_command(struct reader *r, uint32_t i)
{
    const struct tokens *t = r->t;
    const struct token *token = &t->rows[i];
    const unsigned char *text = t->text.data + token->at;
    const struct env_node *node =
        env_node_child(&r->s->rules->helpers[LANGUAGE_SHELL], text, token->len);
    if (node == NULL)
        node = env_node_child(&r->s->rules->paths[LANGUAGE_SHELL], text, token->len);
    if (node == NULL || node->rule == NULL)
        return;
    uint32_t word = word_end(t, i);
    for (int k = node->rule->argument; k > 0 && !is_separator(t, word); k--)
        word = word_end(t, word);
    if (is_separator(t, word))
        return;
    const char *name = literal_word(r, word);
    enum read_shape shape = node->rule->presence ? READ_PRESENCE : READ_VALUE;
    source_add(r->s, name == NULL ? "*" : name, name == NULL ? READ_COMPUTED : shape, r->function,
               token->line);
}

/* NAME() { … }, function NAME { … }; i is at the name. */
static void add_function(struct env_source *s, uint32_t i)
{
    const struct tokens *t = &s->tokens;
    uint32_t at = i + 1;
    bool word = i > 0 && token_is(t, i - 1, "function");
    bool brackets = token_is(t, at, "(") && t->rows[at].pair == at + 1;
    if (!word && !brackets)
        return;
    at += brackets ? 2 : 0;
    while (token_kind_is(t, at, TOKEN_NEWLINE))
        at++;
    if ((token_is(t, at, "{") || token_is(t, at, "(")) && t->rows[at].pair > at)
        source_function(s, i, NOWHERE, at, t->rows[at].pair);
}

static uint32_t command_end(const struct tokens *t, uint32_t i)
{
    while (!is_separator(t, i))
        i = is_assignment(t, i) ? assignment_end(t, i) : word_end(t, i);
    return i;
}

/* What a command sets holds behind it: NAME=${NAME:-x} reads before it sets. */
static void walk(struct reader *r)
{
    const struct tokens *t = r->t;
    struct cursor_of_functions c = { .s = r->s, .now = -1 };
    uint32_t begun = NOWHERE, end = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        if (begun != NOWHERE && i >= end) {
            command(r, begun);
            begun = NOWHERE;
        }
        r->function = function_at(&c, i);
        if (t->rows[i].kind == TOKEN_EXPANSION && !r->marking)
            expansion(r, i);
        if (t->rows[i].kind != TOKEN_NAME || !begins_command(t, i))
            continue;
        if (!r->marking)
            reading_command(r, i);
        if (begun != NOWHERE) {
            command(r, i); /* inside of $(…) */
        } else {
            begun = i;
            end = command_end(t, i);
        }
    }
    if (begun != NOWHERE)
        command(r, begun);
}

void source_shell(struct env_source *s)
{
    struct reader r = { .s = s, .t = &s->tokens };
    for (uint32_t i = 0; i < s->tokens.n; i++) {
        if (s->tokens.rows[i].kind == TOKEN_NAME)
            add_function(s, i);
    }
    source_settle_functions(s);
    r.marking = true;
    walk(&r);
    r.marking = false;
    walk(&r);
}
