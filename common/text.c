#include "common/text.h"

#include <string.h>

#include "common/arena.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool text_equal(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return strcmp(a, b) == 0;
}

bool text_equal_nocase(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

bool text_starts(const char *text, const char *prefix)
{
    return text != NULL && strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *text, const char *suffix)
{
    if (text == NULL)
        return false;
    size_t len = strlen(text), tail = strlen(suffix);
    return len >= tail && memcmp(text + len - tail, suffix, tail) == 0;
}

bool text_contains(const char *text, const char *needle)
{
    return text != NULL && strstr(text, needle) != NULL;
}

bool text_blank(const char *text)
{
    if (text == NULL)
        return true;
    while (is_space(*text))
        text++;
    return *text == '\0';
}

char *text_trim(struct arena *a, const char *text)
{
    while (is_space(*text))
        text++;
    size_t len = strlen(text);
    while (len > 0 && is_space(text[len - 1]))
        len--;
    return arena_strndup(a, text, len);
}

char **text_split(struct arena *a, const char *text, char separator, size_t *n)
{
    size_t parts = 1;
    for (const char *c = text; *c != '\0'; c++)
        parts += *c == separator;
    char **out = arena_alloc_array(a, parts + 1, sizeof(*out));
    for (size_t i = 0; i < parts; i++) {
        const char *end = i + 1 < parts ? strchr(text, separator) : text + strlen(text);
        out[i] = arena_strndup(a, text, (size_t)(end - text));
        text = end + 1;
    }
    if (n != NULL)
        *n = parts;
    return out;
}

char *text_replace_char(struct arena *a, const char *text, char from, char to)
{
    char *copy = arena_strdup(a, text);
    for (char *c = copy; *c != '\0'; c++)
        if (*c == from)
            *c = to;
    return copy;
}

char *text_lower(struct arena *a, const char *text)
{
    char *copy = arena_strdup(a, text);
    for (char *c = copy; *c != '\0'; c++)
        *c = lower(*c);
    return copy;
}

/* Only the last star can need another try: what earlier stars matched may stay the shortest. */
bool text_glob(const char *pattern, const char *text)
{
    const char *after_star = NULL, *retry = NULL;
    while (*text != '\0') {
        if (*pattern == '*') {
            after_star = ++pattern;
            retry = text;
        } else if (*pattern != '\0' && (*pattern == '?' || *pattern == *text)) {
            pattern++;
            text++;
        } else if (after_star != NULL) {
            pattern = after_star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool text_is_kebab(const char *text, size_t max)
{
    if (text == NULL || *text == '\0')
        return false;
    char before = '-';
    size_t len = 0;
    for (; text[len] != '\0'; len++) {
        char c = text[len];
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (len == max || (!word && (c != '-' || before == '-')))
            return false;
        before = c;
    }
    return before != '-';
}

static bool continues(const unsigned char *p, size_t from, size_t n)
{
    for (size_t i = from; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return false;
    return true;
}

/* The table of well-formed sequences in Unicode chapter 3 (Table 3-7). */
size_t text_utf8_sequence(const void *data, size_t len)
{
    const unsigned char *p = data;
    if (len == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        return len >= 2 && continues(p, 1, 2) ? 2 : 0;
    if ((p[0] & 0xf0) == 0xe0) {
        if (len < 3 || !continues(p, 1, 3) || (p[0] == 0xe0 && p[1] < 0xa0) ||
            (p[0] == 0xed && p[1] > 0x9f))
            return 0;
        return 3;
    }
    if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        if (len < 4 || !continues(p, 1, 4) || (p[0] == 0xf0 && p[1] < 0x90) ||
            (p[0] == 0xf4 && p[1] > 0x8f))
            return 0;
        return 4;
    }
    return 0;
}

bool text_is_utf8(const void *data, size_t len)
{
    const unsigned char *p = data;
    while (len > 0) {
        size_t n = text_utf8_sequence(p, len);
        if (n == 0)
            return false;
        p += n;
        len -= n;
    }
    return true;
}

size_t text_utf8_length(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

bool bytes_equal_constant_time(const void *a, const void *b, size_t len)
{
    const volatile unsigned char *x = a, *y = b;
    unsigned char differs = 0;
    for (size_t i = 0; i < len; i++)
        differs = (unsigned char)(differs | (x[i] ^ y[i]));
    return differs == 0;
}
