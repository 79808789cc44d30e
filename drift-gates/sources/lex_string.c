/* What a literal means: its escapes decoded. The languages agree on enough of them to share this;
 * none that only one knows (Python's \N{…}) stands in a variable's name. */
#include "drift-gates/sources/lexer.h"

#include "common/buffer.h"

struct literal {
    const unsigned char *p, *end;
    struct buffer out;
};

static int digit_of(unsigned char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Up to `most` digits of a base. */
static uint32_t number(struct literal *l, int base, int most)
{
    uint32_t value = 0;
    for (int d; most > 0 && l->p < l->end; most--, l->p++) {
        d = digit_of(*l->p);
        if (d < 0 || d >= base)
            break;
        value = value * (uint32_t)base + (uint32_t)d;
    }
    return value;
}

static void put_code_point(struct literal *l, uint32_t c)
{
    unsigned char b[4];
    size_t n;
    if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
        c = 0xFFFD;
    if (c < 0x80) {
        buffer_char(&l->out, (char)c);
        return;
    }
    n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; c >>= 6)
        b[i] = (unsigned char)(0x80 | (c & 0x3F));
    b[0] = (unsigned char)((0xF00 >> n) | c);
    buffer_append(&l->out, b, n);
}

static uint32_t braced_or(struct literal *l, int digits)
{
    if (l->p == l->end || *l->p != '{')
        return number(l, 16, digits);
    l->p++;
    uint32_t value = number(l, 16, 8);
    if (l->p < l->end && *l->p == '}')
        l->p++;
    return value;
}

/* p is behind the backslash. */
static void escape(struct literal *l)
{
    static const char letters[] = "abfnrtv", means[] = "\a\b\f\n\r\t\v";
    unsigned char c = *l->p++;
    const char *letter = strchr(letters, c);
    if (c == '\r' && l->p < l->end && *l->p == '\n')
        l->p++;
    if (c == '\n' || c == '\r')
        return; /* the line goes on */
    if (c == 'x') {
        buffer_char(&l->out, (char)number(l, 16, 2));
    } else if (c == 'u' || c == 'U') {
        put_code_point(l, braced_or(l, c == 'u' ? 4 : 8));
    } else if (c >= '0' && c <= '7') {
        l->p--;
        buffer_char(&l->out, (char)number(l, 8, 3));
    } else if (c != '\0' && letter != NULL) {
        buffer_char(&l->out, means[letter - letters]);
    } else {
        buffer_char(&l->out, (char)c);
    }
}

/* Between the quotes of a TOKEN_STRING; a literal that was cut off has one quote only. */
static void strip_quotes(struct literal *l)
{
    while (l->p < l->end && is_name(*l->p))
        l->p++; /* prefix */
    if (l->p == l->end)
        return;
    unsigned char quote = *l->p == '<' ? '>' : *l->p;
    size_t n = l->end - l->p >= 6 && l->p[1] == quote && l->p[2] == quote ? 3 : 1;
    l->p += n;
    for (; n > 0 && l->end > l->p && l->end[-1] == quote; n--)
        l->end--;
}

/* As escapes do, in double quotes of a shell: only these characters lose their backslash. */
static bool shell_keeps(unsigned char next)
{
    return strchr("$`\"\\\n", next) == NULL || next == '\0';
}

char *token_string(struct arena *a, const struct tokens *t, size_t i)
{
    const struct token *token = &t->rows[i];
    struct literal l = { .p = t->text.data + token->at };
    l.end = l.p + token->len;
    buffer_init_arena(&l.out, token->len + (size_t)8, a);
    if (token->kind == TOKEN_STRING)
        strip_quotes(&l);
    while (l.p < l.end) {
        unsigned char c = *l.p++;
        if (c == '\r' && t->language == LANGUAGE_GO && (token->style & STYLE_RAW))
            continue;
        bool escaped = c == '\\' && !(token->style & STYLE_RAW) && l.p < l.end;
        if (escaped && t->language == LANGUAGE_SHELL)
            escaped = !shell_keeps(*l.p);
        if (!escaped)
            buffer_char(&l.out, (char)c);
        else if (t->language == LANGUAGE_SHELL && *l.p != '\n')
            buffer_char(&l.out, (char)*l.p++);
        else
            escape(&l);
    }
    return l.out.data;
}
