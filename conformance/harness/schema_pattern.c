#include "harness/schema_pattern.h"

#include <ctype.h>
#include <regex.h>
#include <string.h>

#include "common/buffer.h"
#include "common/memory.h"

#define PATTERN_CAP 4096
#define BUCKETS 64

struct compiled {
    char *pattern;
    regex_t regex;
    struct compiled *next;
};

/* Lives as long as the program: the contract has a handful of patterns. */
static struct compiled *buckets[BUCKETS];

static struct compiled **bucket_of(const char *pattern)
{
    uint32_t hash = 2166136261u;
    for (const char *c = pattern; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    return &buckets[hash % BUCKETS];
}

static struct compiled *lookup(const char *pattern)
{
    for (struct compiled *c = *bucket_of(pattern); c != NULL; c = c->next)
        if (strcmp(c->pattern, pattern) == 0)
            return c;
    return NULL;
}

/* What a class escape stands for inside brackets; NULL: not one. */
static const char *class_of(char letter)
{
    switch (letter) {
    case 'd': return "0-9";
    case 'w': return "A-Za-z0-9_";
    case 's': return " \t\n\v\f\r";
    default: return NULL;
    }
}

static bool escape_outside(struct buffer *out, char c, const char *pattern, struct error *e)
{
    const char *class = class_of(c);
    if (class != NULL)
        return buffer_printf(out, "[%s]", class);
    if (c == '\0' || isalnum((unsigned char)c))
        return error_set(e, "pattern %s: escape \\%c is not understood", pattern, c);
    if (c == '/' || c == '-')
        return buffer_char(out, c);
    return buffer_char(out, '\\') && buffer_char(out, c);
}

/* In POSIX brackets a backslash is itself, so what it escapes must be harmless there. */
static bool escape_inside(struct buffer *out, char c, const char *pattern, struct error *e)
{
    const char *class = class_of(c);
    if (class != NULL)
        return buffer_text(out, class);
    if (c == '\0' || isalnum((unsigned char)c) || strchr("]^-\\", c) != NULL)
        return error_set(e, "pattern %s: escape \\%c inside brackets is not understood", pattern,
                         c);
    return buffer_char(out, c);
}

/* From '[' to its ']'; gives the place after it. */
static const char *brackets(struct buffer *out, const char *at, const char *pattern,
                            struct error *e)
{
    buffer_char(out, *at++);
    if (*at == '^')
        buffer_char(out, *at++);
    if (*at == ']') { /* ECMA: an empty class; POSIX: a literal */
        error_set(e, "pattern %s: empty brackets are not understood", pattern);
        return NULL;
    }
    while (*at != ']') {
        if (*at == '\0' || *at == '[') {
            error_set(e, "pattern %s: brackets are not closed, or hold another '['", pattern);
            return NULL;
        }
        if (*at == '\\') {
            if (!escape_inside(out, at[1], pattern, e))
                return NULL;
            at += 2;
        } else {
            buffer_char(out, *at++);
        }
    }
    buffer_char(out, ']');
    return at + 1;
}

/* "(?:" is a plain group here; every other "(?" looks around or names. */
static const char *group(struct buffer *out, const char *at, const char *pattern, struct error *e)
{
    buffer_char(out, '(');
    if (at[1] != '?')
        return at + 1;
    if (at[2] == ':')
        return at + 3;
    error_set(e, "pattern %s: look-around and named groups are not understood", pattern);
    return NULL;
}

static bool quantifier_doubled(const char *at)
{
    return (at[0] == '*' || at[0] == '+' || at[0] == '?' || at[0] == '}') &&
           (at[1] == '?' || at[1] == '+' || at[1] == '*');
}

static bool translate(const char *pattern, struct buffer *out, struct error *e)
{
    const char *at = pattern;
    while (*at != '\0') {
        if (quantifier_doubled(at))
            return error_set(e, "pattern %s: lazy and doubled quantifiers are not understood",
                             pattern);
        if (*at == '\\') {
            if (!escape_outside(out, at[1], pattern, e))
                return false;
            at += 2;
        } else if (*at == '[') {
            at = brackets(out, at, pattern, e);
        } else if (*at == '(') {
            at = group(out, at, pattern, e);
        } else {
            buffer_char(out, *at++);
        }
        if (at == NULL)
            return false;
    }
    return !out->overflow ||
           error_set(e, "pattern %.60s…: longer than %d bytes", pattern, PATTERN_CAP);
}

bool schema_pattern_compile(const char *pattern, struct error *e)
{
    if (lookup(pattern) != NULL)
        return true;
    struct buffer posix;
    buffer_init(&posix, PATTERN_CAP);
    struct compiled *c = mem_alloc(sizeof *c);
    bool ok = translate(pattern, &posix, e);
    if (ok) {
        int code = regcomp(&c->regex, posix.data, REG_EXTENDED | REG_NOSUB);
        if (code != 0) {
            char why[128];
            regerror(code, &c->regex, why, sizeof why);
            ok = error_set(e, "pattern %s: %s", pattern, why);
        }
    }
    if (ok) {
        struct compiled **bucket = bucket_of(pattern);
        c->pattern = mem_strdup(pattern);
        c->next = *bucket;
        *bucket = c;
    } else {
        mem_free(c);
    }
    buffer_release(&posix);
    return ok;
}

bool schema_pattern_matches(const char *pattern, const char *text)
{
    const struct compiled *c = lookup(pattern);
    return c != NULL && regexec(&c->regex, text, 0, NULL, 0) == 0;
}
