#include "common/json_slice.h"

#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"

static bool is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_space(struct bytes t, size_t i)
{
    while (i < t.len && is_space(t.data[i]))
        i++;
    return i;
}

/* `i` is at the opening quote; the answer is behind the closing one. */
static size_t skip_string(struct bytes t, size_t i)
{
    for (i++; i < t.len && t.data[i] != '"'; i++)
        if (t.data[i] == '\\')
            i++;
    return i < t.len ? i + 1 : t.len;
}

static size_t skip_value(struct bytes t, size_t i)
{
    size_t depth = 0;
    do {
        unsigned char c = i < t.len ? t.data[i] : 0;
        if (c == '"') {
            i = skip_string(t, i);
        } else if (c == '{' || c == '[') {
            depth++;
            i++;
        } else if (c == '}' || c == ']') {
            if (depth == 0)
                return i;
            depth--;
            i++;
        } else if (depth == 0 && (c == ',' || is_space(c))) {
            return i;
        } else {
            i++;
        }
    } while (i < t.len && (depth > 0 || !(t.data[i] == ',' || t.data[i] == '}' ||
                                          t.data[i] == ']' || is_space(t.data[i]))));
    return i < t.len ? i : t.len;
}

static int hex4(const unsigned char *p, size_t left)
{
    int value = 0;
    if (left < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit_value((char)p[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* One decoded byte of a name; names outside ASCII match only when written raw. */
static int next_of_name(struct bytes t, size_t *i)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    unsigned char c = t.data[*i];
    if (c != '\\') {
        (*i)++;
        return c;
    }
    unsigned char escape = *i + 1 < t.len ? t.data[*i + 1] : 0;
    const char *at = escape ? strchr(from, escape) : NULL;
    if (at) {
        *i += 2;
        return (unsigned char)to[at - from];
    }
    int code = escape == 'u' ? hex4(t.data + *i + 2, t.len - *i - 2) : -1;
    *i += 6;
    return code >= 0 && code < 0x80 ? code : -1;
}

/* `quoted` holds the quotes. */
static bool name_is(struct bytes quoted, const char *name)
{
    size_t i = 1, end = quoted.len - 1, len = strlen(name), k = 0;
    while (i < end) {
        int c = next_of_name(quoted, &i);
        if (c < 0 || k >= len || (unsigned char)name[k++] != c)
            return false;
    }
    return k == len;
}

static struct bytes part(struct bytes t, size_t from, size_t to)
{
    return (struct bytes){ t.data + from, to - from };
}

bool json_slice_whole_member(struct bytes t, const char *name, struct bytes *whole,
                             struct bytes *value)
{
    size_t i = skip_space(t, 0);
    if (i >= t.len || t.data[i] != '{')
        return false;
    for (i = skip_space(t, i + 1); i < t.len && t.data[i] == '"';) {
        size_t start = i;
        i = skip_string(t, i);
        struct bytes quoted = part(t, start, i);
        i = skip_space(t, i);
        if (i >= t.len || t.data[i] != ':')
            return false;
        size_t from = skip_space(t, i + 1), to = skip_value(t, from);
        if (quoted.len >= 2 && name_is(quoted, name)) {
            *value = part(t, from, to);
            *whole = part(t, start, to);
            return true;
        }
        i = skip_space(t, to);
        if (i < t.len && t.data[i] == ',')
            i = skip_space(t, i + 1);
    }
    return false;
}

bool json_slice_member(struct bytes object, const char *name, struct bytes *value)
{
    struct bytes whole;
    return json_slice_whole_member(object, name, &whole, value);
}

static size_t walk_elements(struct bytes t, size_t i, struct bytes *out)
{
    size_t n = 0;
    for (i = skip_space(t, i); i < t.len && t.data[i] != ']';) {
        size_t to = skip_value(t, i);
        if (to == i)
            break;
        if (out)
            out[n] = part(t, i, to);
        n++;
        i = skip_space(t, to);
        if (i < t.len && t.data[i] == ',')
            i = skip_space(t, i + 1);
    }
    return n;
}

bool json_slice_elements(struct arena *a, struct bytes t, struct bytes **elements, size_t *n)
{
    size_t i = skip_space(t, 0);
    if (i >= t.len || t.data[i] != '[')
        return false;
    *n = walk_elements(t, i + 1, NULL);
    *elements = arena_alloc_array(a, *n + 1, sizeof **elements);
    (void)walk_elements(t, i + 1, *elements);
    return true;
}

struct bytes json_slice_compact(struct arena *a, struct bytes t)
{
    unsigned char *out = arena_alloc(a, t.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < t.len;) {
        size_t to = t.data[i] == '"' ? skip_string(t, i) : i + 1;
        if (!is_space(t.data[i])) {
            memcpy(out + n, t.data + i, to - i);
            n += to - i;
        }
        i = to;
    }
    out[n] = '\0';
    return (struct bytes){ out, n };
}
