/* What an expression is as text, as far as the file itself says: literals, what is joined to them,
 * constants, and * for anything else. */
#include "drift-gates/sources/env_source.h"

#include "common/buffer.h"
#include "common/text.h"

#define VALUE_CAP 4096
#define DEPTH_MAX 8   /* constants made of constants */
#define STEPS_MAX 256 /* operands looked at for one value */

struct evaluation {
    const struct env_source *s;
    struct buffer out;
    bool exact;
    unsigned depth, steps;
};

static bool evaluate(struct evaluation *v, uint32_t from, uint32_t to, int function);

static void unknown(struct evaluation *v)
{
    v->exact = false;
    if (v->out.len == 0 || v->out.data[v->out.len - 1] != '*')
        buffer_char(&v->out, '*');
}

/* Without the brackets around the whole, and without newlines at the ends. */
static void strip(const struct tokens *t, uint32_t *from, uint32_t *to)
{
    for (;;) {
        if (*from < *to && t->rows[*from].kind == TOKEN_NEWLINE)
            ++*from;
        else if (*from < *to && t->rows[*to - 1].kind == TOKEN_NEWLINE)
            --*to;
        else if (*from + 1 < *to && token_is(t, *from, "(") && t->rows[*from].pair == *to - 1)
            ++*from, --*to;
        else
            return;
    }
}

static void name_value(struct evaluation *v, uint32_t name, int function)
{
    const struct binding *b = source_binding(v->s, name, function);
    if (b == NULL || b->times != 1 || b->from == b->to || b->key != NOWHERE ||
        v->depth == DEPTH_MAX) {
        unknown(v);
        return;
    }
    v->depth++;
    if (!evaluate(v, b->from, b->to, b->scope))
        unknown(v);
    v->depth--;
}

/* A text with expressions inside, from its opening quote. */
static void template_value(struct evaluation *v, uint32_t open, int function)
{
    const struct tokens *t = &v->s->tokens;
    uint32_t end = t->rows[open].pair;
    for (uint32_t i = open + 1; i < end; i = token_skip(t, i)) {
        uint32_t close = t->rows[i].pair;
        if (t->rows[i].kind == TOKEN_PIECE)
            buffer_text(&v->out, token_string(v->s->arena, t, i));
        else if (close <= i || !evaluate(v, i + 1, close, function))
            unknown(v);
    }
}

/* A conversion of a text to a text: string(x), str(x), String(x). */
static bool is_conversion(const struct tokens *t, uint32_t i, uint32_t to)
{
    return i + 1 < to && token_is(t, i + 1, "(") && t->rows[i + 1].pair > i + 1 &&
           (token_is(t, i, "string") || token_is(t, i, "str") || token_is(t, i, "String"));
}

/* One operand at *at, which moves behind it. False: it is none whose text can be told. */
static bool operand(struct evaluation *v, uint32_t *at, uint32_t to, int function)
{
    const struct tokens *t = &v->s->tokens;
    uint32_t i = *at, pair = t->rows[i].pair;
    *at = token_skip(t, i);
    if (++v->steps > STEPS_MAX)
        return false;
    switch (t->rows[i].kind) {
    case TOKEN_STRING: buffer_text(&v->out, token_string(v->s->arena, t, i)); return true;
    case TOKEN_TEMPLATE: template_value(v, i, function); return true;
    case TOKEN_NAME:
        if (is_conversion(t, i, to)) {
            *at = t->rows[i + 1].pair + 1;
            return evaluate(v, i + 2, *at - 1, function);
        }
        name_value(v, i, function);
        return true;
    default: return token_is(t, i, "(") && pair > i && evaluate(v, i + 1, pair, function);
    }
}

/* Appends what the tokens are as text. False: they are no text that can be told. */
static bool evaluate(struct evaluation *v, uint32_t from, uint32_t to, int function)
{
    const struct tokens *t = &v->s->tokens;
    bool adjacent = t->language == LANGUAGE_C || t->language == LANGUAGE_PYTHON;
    strip(t, &from, &to);
    if (from >= to)
        return false;
    for (uint32_t at = from; at < to;) {
        if (t->rows[at].kind == TOKEN_NEWLINE) {
            at++;
            continue;
        }
        if (!operand(v, &at, to, function))
            return false;
        while (at < to && t->rows[at].kind == TOKEN_NEWLINE)
            at++;
        bool plus = at < to && token_is(t, at, "+") && t->language != LANGUAGE_C;
        bool joined = adjacent && at < to &&
                      (t->rows[at].kind == TOKEN_STRING || t->rows[at].kind == TOKEN_TEMPLATE ||
                       (t->language == LANGUAGE_C && t->rows[at].kind == TOKEN_NAME));
        if (at < to && !plus && !joined)
            return false;
        at += plus;
    }
    return true;
}

/* Is the expression nothing but a name? */
static bool is_plain_name(const struct env_source *s, uint32_t from, uint32_t to)
{
    strip(&s->tokens, &from, &to);
    return from + 1 == to && s->tokens.rows[from].kind == TOKEN_NAME;
}

/* A name of a variable that can be printed: else what is wrong with it is not known. */
static bool is_printable(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return false;
    }
    return text_is_utf8(text, strlen(text));
}

struct value source_value(const struct env_source *s, uint32_t from, uint32_t to, int function)
{
    struct evaluation v = { .s = s, .exact = true };
    struct value out = { .text = "*", .param = -1, .param_of = -1 };
    buffer_init_arena(&v.out, VALUE_CAP, s->arena);
    bool known = evaluate(&v, from, to, function);
    if (is_plain_name(s, from, to)) {
        strip(&s->tokens, &from, &to);
        const struct binding *b = source_binding(s, from, function);
        if (b != NULL && b->param >= 0 && b->times == 1) {
            out.param = b->param;
            out.param_of = b->scope;
        }
    }
    if (!known || v.out.overflow || !is_printable(v.out.data))
        return out;
    out.text = v.out.data;
    out.exact = v.exact && v.out.len > 0;
    if (v.out.len == 0)
        out.text = "*";
    return out;
}
