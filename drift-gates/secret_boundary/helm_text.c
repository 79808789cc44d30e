#include "drift-gates/secret_boundary/helm_text.h"

#include <ctype.h>

#include "common/arena.h"
#include "common/text.h"

#define DEPTH_MAX 256

struct scanner {
    struct arena *a;
    struct helm_text *t;
    size_t room;
    int line;
    size_t counted;          /* bytes whose lines are in `line` */
    size_t open[DEPTH_MAX];  /* blocks not yet closed, as index + 1 */
    bool in_else[DEPTH_MAX]; /* of each */
    size_t depth;
};

static void complain(struct scanner *s, const char *what, int line)
{
    if (s->t->problem == NULL) {
        s->t->problem = what;
        s->t->problem_line = line;
    }
}

static int line_of(struct scanner *s, size_t offset)
{
    for (; s->counted < offset; s->counted++)
        s->line += s->t->text.data[s->counted] == '\n';
    return s->line;
}

/* The end of an action that began at `from`, behind its }}; 0: there is none. */
static size_t action_end(const char *text, size_t from, size_t len)
{
    size_t at = from + 2;
    size_t inside = at + (at < len && text[at] == '-');
    inside += strspn(text + inside, " \t");
    if (len - inside >= 2 && memcmp(text + inside, "/*", 2) == 0) {
        const char *close = memmem(text + inside, len - inside, "*/", 2);
        if (close == NULL)
            return 0;
        at = (size_t)(close - text) + 2;
    }
    for (; at + 1 < len; at++) {
        char quote = text[at];
        if (quote == '}' && text[at + 1] == '}')
            return at + 2;
        if (quote != '"' && quote != '`')
            continue;
        for (at++; at < len && text[at] != quote; at++)
            at += quote == '"' && text[at] == '\\';
    }
    return 0;
}

static bool word_is(const char *text, const char *word)
{
    size_t len = strlen(word);
    return text_starts(text, word) && !isalnum((unsigned char)text[len]) && text[len] != '_';
}

static enum helm_kind kind_of(const char *text)
{
    static const struct {
        const char *word;
        enum helm_kind kind;
    } words[] = { { "if", HELM_IF },       { "else", HELM_ELSE },     { "with", HELM_WITH },
                  { "range", HELM_RANGE }, { "define", HELM_DEFINE }, { "block", HELM_DEFINE },
                  { "end", HELM_END },     { "break", HELM_QUIET },   { "continue", HELM_QUIET } };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (word_is(text, words[i].word))
            return words[i].kind;
    }
    if (text_starts(text, "/*") || *text == '\0')
        return HELM_QUIET;
    if (text[0] == '$') {
        const char *at = text + 1;
        while (isalnum((unsigned char)*at) || *at == '_')
            at++;
        at += strspn(at, " \t");
        if (text_starts(at, ":=") || (*at == '=' && at[1] != '='))
            return HELM_QUIET;
    }
    return HELM_VALUE;
}

static bool stands_alone(const char *text, size_t from, size_t to, size_t len)
{
    while (from > 0 && (text[from - 1] == ' ' || text[from - 1] == '\t'))
        from--;
    while (to < len && (text[to] == ' ' || text[to] == '\t' || text[to] == '\r'))
        to++;
    return (from == 0 || text[from - 1] == '\n') && (to == len || text[to] == '\n');
}

static void close_block(struct scanner *s, size_t self, int line)
{
    if (s->depth == 0) {
        complain(s, "an end without a block", line);
        return;
    }
    s->depth--;
    s->t->actions[s->open[s->depth] - 1].end = self;
}

static void open_block(struct scanner *s, size_t self, int line)
{
    if (s->depth == DEPTH_MAX) {
        complain(s, "blocks nested too deep", line);
        return;
    }
    s->open[s->depth] = self;
    s->in_else[s->depth++] = false;
}

static void add(struct scanner *s, size_t from, size_t to)
{
    struct helm_text *t = s->t;
    const char *text = (const char *)t->text.data;
    size_t in = from + 2, out = to - 2;
    in += text[in] == '-';
    out -= out > in && text[out - 1] == '-';
    t->actions = arena_grow(s->a, t->actions, t->n, &s->room, sizeof(*t->actions));
    struct helm_action *action = &t->actions[t->n++];
    action->from = from;
    action->to = to;
    action->line = line_of(s, from);
    action->text = text_trim(s->a, arena_strndup(s->a, text + in, out - in));
    action->kind = kind_of(action->text);
    action->alone = stands_alone(text, from, to, t->text.len);
    if (action->kind == HELM_END)
        close_block(s, t->n, action->line);
    if (action->kind == HELM_ELSE && s->depth > 0)
        s->in_else[s->depth - 1] = true;
    if (s->depth > 0) {
        action->parent = s->open[s->depth - 1];
        action->in_else = s->in_else[s->depth - 1];
    }
    if (action->kind == HELM_IF || action->kind == HELM_WITH || action->kind == HELM_RANGE ||
        action->kind == HELM_DEFINE)
        open_block(s, t->n, action->line);
}

void helm_scan(struct arena *a, struct bytes bytes, struct helm_text *out)
{
    /* NUL bytes would end the text for half of the readers: none of it is read then. */
    *out = (struct helm_text){ .text = bytes };
    struct scanner s = { .a = a, .t = out, .line = 1 };
    const char *text = arena_strndup(a, (const char *)bytes.data, bytes.len);
    if (memchr(bytes.data, '\0', bytes.len) != NULL) {
        out->text.len = 0;
        complain(&s, "a NUL byte", 1);
        return;
    }
    out->text.data = (const unsigned char *)text;
    for (size_t at = 0; at < bytes.len;) {
        const char *open = strstr(text + at, "{{");
        if (open == NULL)
            break;
        size_t from = (size_t)(open - text), to = action_end(text, from, bytes.len);
        if (to == 0) {
            complain(&s, "an action that does not end", line_of(&s, from));
            break;
        }
        add(&s, from, to);
        at = to;
    }
    if (s.depth > 0)
        complain(&s, "a block without its end", out->actions[s.open[s.depth - 1] - 1].line);
}

const char *helm_bare(struct arena *a, const char *action)
{
    char *out = arena_strdup(a, action);
    for (char *at = out; *at != '\0'; at++) {
        char quote = *at;
        if (quote != '"' && quote != '`')
            continue;
        for (at++; *at != '\0' && *at != quote; at++) {
            if (quote == '"' && *at == '\\' && at[1] != '\0')
                *at++ = ' ';
            *at = ' ';
        }
        if (*at == '\0')
            break;
    }
    return out;
}

bool helm_calls(const char *bare, const char *function)
{
    for (const char *at = bare; (at = strstr(at, function)) != NULL; at++) {
        bool before = at == bare || strchr(" \t\n(|", at[-1]) != NULL;
        if (before && word_is(at, function) && at[strlen(function)] != '.')
            return true;
    }
    return false;
}

const char **helm_paths(struct arena *a, const char *bare)
{
    static const char values[] = ".Values.";
    size_t n = 0, room = strlen(bare) / sizeof(values) + 2;
    const char **out = arena_alloc_array(a, room, sizeof(*out));
    for (const char *at = bare; (at = strstr(at, values)) != NULL;) {
        at += sizeof(values) - 1;
        size_t len = 0;
        while (isalnum((unsigned char)at[len]) || at[len] == '_' || at[len] == '.' ||
               at[len] == '-')
            len++;
        out[n++] = arena_strndup(a, at, len);
        at += len;
    }
    return out;
}

size_t helm_around(const struct helm_text *t, size_t action, enum helm_kind kind)
{
    size_t at = t->actions[action].parent;
    while (at != 0 && t->actions[at - 1].kind != kind)
        at = t->actions[at - 1].parent;
    return at;
}
