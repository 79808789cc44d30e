/* A template's text with what its actions are worth, line by line where it was. */
#include "drift-gates/secret_boundary/helm_text.h"

#include "common/arena.h"
#include "common/buffer.h"
#include "common/json.h"
#include "common/number.h"
#include "common/text.h"

#define GROWTH_CAP ((size_t)64 << 20)

struct painter {
    struct arena *a;
    const struct helm_text *t;
    const json_t *values;
    struct helm_token **tokens;
    struct buffer out;
};

/* The condition of an if, with or range: what stands behind the word. */
static const char *condition(const char *text)
{
    text += strcspn(text, " \t\n(");
    return text + strspn(text, " \t\n");
}

static bool holds_documents(const struct helm_text *t, const struct helm_action *block)
{
    size_t to = block->end == 0 ? t->text.len : t->actions[block->end - 1].from;
    const char *text = (const char *)t->text.data;
    for (const char *at = text + block->to; at < text + to;) {
        if (text_starts(at, "kind:") && at[-1] == '\n')
            return true;
        at = memchr(at, '\n', (size_t)(text + to - at));
        if (at == NULL)
            break;
        at++;
    }
    return false;
}

/* 1: it is so, 0: it is not, -1: nobody knows. */
static int decide(struct painter *p, const struct helm_action *block)
{
    const json_t *v = helm_eval(p->a, p->values, condition(block->text));
    return v == NULL ? -1 : helm_truth(v);
}

/* The else of a block, or its end: where its first branch ends. Index + 1; 0: at the text's end. */
static size_t branch_end(const struct helm_text *t, size_t block)
{
    size_t end = t->actions[block].end;
    for (size_t i = block + 1; i < t->n && (end == 0 || i + 1 < end); i++) {
        if (t->actions[i].kind == HELM_ELSE && t->actions[i].parent == block + 1)
            return i + 1;
    }
    return end;
}

static void blank(struct painter *p, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (p->t->text.data[i] == '\n')
            buffer_char(&p->out, '\n');
    }
}

static const json_t *range_items(struct painter *p, size_t action)
{
    size_t range = helm_around(p->t, action, HELM_RANGE);
    const char *text = p->t->actions[action].text;
    if (range == 0 || (!text_equal(text, ".") && !text_starts(text, ". |") && text[0] != '$'))
        return NULL;
    const char *over = condition(p->t->actions[range - 1].text);
    const char *assigned = strstr(over, ":=");
    const json_t *v = helm_eval(p->a, p->values, assigned == NULL ? over : assigned + 2);
    return json_is_array(v) ? v : NULL;
}

static void token(struct painter *p, size_t action)
{
    const char *text = p->t->actions[action].text;
    const json_t *items = range_items(p, action);
    struct helm_token **at = p->tokens;
    size_t n = 0;
    while (*at != NULL && !(text_equal((*at)->action, text) && (*at)->items == items)) {
        at = &(*at)->next;
        n++;
    }
    if (*at == NULL) {
        *at = arena_alloc(p->a, sizeof(**at));
        **at = (struct helm_token){ text, items, NULL };
    }
    buffer_printf(&p->out, "hlm_%zu_", n);
}

static void print(struct painter *p, size_t action)
{
    const struct helm_action *x = &p->t->actions[action];
    if (x->alone) {
        blank(p, x->from, x->to);
        return;
    }
    const json_t *v = helm_eval(p->a, p->values, x->text);
    bool quote = text_ends(x->text, "| quote") || text_starts(x->text, "quote ");
    if (v == NULL || json_is_array(v) || json_is_object(v) || json_is_null(v)) {
        token(p, action);
    } else if (json_is_string(v) && strchr(json_string_value(v), '\n') != NULL) {
        token(p, action);
    } else {
        const char *text = json_is_string(v) ? json_string_value(v) : json_dump(p->a, v);
        buffer_printf(&p->out, quote ? "\"%s\"" : "%s", text);
    }
    blank(p, x->from, x->to);
}

/* What is passed over when this block is reached: up to where, as an index + 1; 0: nothing. */
static size_t passes_over(struct painter *p, size_t action)
{
    const struct helm_action *x = &p->t->actions[action];
    if (x->kind == HELM_DEFINE)
        return x->end;
    if (x->kind == HELM_IF && !holds_documents(p->t, x) && decide(p, x) == 0)
        return branch_end(p->t, action);
    /* The else that is reached behind a branch that was taken. */
    if (x->kind == HELM_ELSE && x->parent != 0)
        return p->t->actions[x->parent - 1].end;
    return 0;
}

char *helm_render(struct arena *a, const struct helm_text *t, const json_t *values,
                  struct helm_token **tokens)
{
    struct painter p = { .a = a, .t = t, .values = values, .tokens = tokens };
    const char *text = (const char *)t->text.data;
    size_t at = 0;
    buffer_init_arena(&p.out, GROWTH_CAP, a);
    for (size_t i = 0; i < t->n; i++) {
        const struct helm_action *x = &t->actions[i];
        buffer_append(&p.out, text + at, x->from - at);
        at = x->to;
        size_t over = passes_over(&p, i);
        if (over != 0) {
            at = t->actions[over - 1].to;
            blank(&p, x->from, at);
            i = over - 1;
        } else if (x->kind == HELM_VALUE) {
            print(&p, i);
        } else {
            blank(&p, x->from, x->to);
        }
    }
    buffer_append(&p.out, text + at, t->text.len - at);
    return p.out.data;
}

const char *helm_document_guard(struct arena *a, const struct helm_text *t, const json_t *values,
                                int line, bool *active)
{
    struct painter p = { .a = a, .t = t, .values = values };
    const char *guard = NULL;
    *active = true;
    for (size_t i = 0; i < t->n && t->actions[i].line <= line; i++) {
        const struct helm_action *x = &t->actions[i];
        if (x->kind != HELM_IF && x->kind != HELM_WITH)
            continue;
        if (x->end != 0 && t->actions[x->end - 1].line < line)
            continue;
        guard = x->text;
        *active = *active && decide(&p, x) != 0;
    }
    return guard;
}

bool helm_has_token(const char *text)
{
    return text_contains(text, "hlm_");
}

/* The token at `at` ("hlm_N_"), or NULL; *len is how long its name is. */
static const struct helm_token *token_at(struct arena *a, const struct helm_token *tokens,
                                         const char *at, size_t *len)
{
    int64_t n;
    size_t digits = strspn(at + 4, "0123456789");
    *len = 4 + digits + 1;
    if (at[4 + digits] != '_' || !number_parse(arena_strndup(a, at + 4, digits), 0, 1000000, &n))
        return NULL;
    while (n-- > 0 && tokens != NULL)
        tokens = tokens->next;
    return tokens;
}

const char **helm_texts(struct arena *a, const struct helm_token *tokens, const char *text)
{
    const char *at = strstr(text, "hlm_");
    size_t len, i;
    json_t *item;
    const struct helm_token *t = at == NULL ? NULL : token_at(a, tokens, at, &len);
    size_t n = t == NULL ? 0 : json_array_size(t->items);
    const char **out = arena_alloc_array(a, n + 2, sizeof(*out));
    if (t == NULL || t->items == NULL) {
        out[0] = text;
        return out;
    }
    json_array_foreach ((json_t *)t->items, i, item) {
        const char *one = json_is_string(item) ? json_string_value(item) : json_dump(a, item);
        out[i] = arena_printf(a, "%.*s%s%s", (int)(at - text), text, one, at + len);
    }
    return out;
}

const char *helm_shown(struct arena *a, const struct helm_token *tokens, const char *text)
{
    struct buffer b;
    const char *at;
    size_t len;
    buffer_init_arena(&b, GROWTH_CAP, a);
    while ((at = strstr(text, "hlm_")) != NULL) {
        const struct helm_token *t = token_at(a, tokens, at, &len);
        buffer_append(&b, text, (size_t)(at - text));
        if (t == NULL)
            buffer_append(&b, at, 4);
        else
            buffer_printf(&b, "{{ %s }}", t->action);
        text = at + (t == NULL ? 4 : len);
    }
    buffer_text(&b, text);
    return b.data;
}
