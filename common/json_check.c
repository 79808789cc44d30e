#include "common/json_check.h"

#include <string.h>

#include "common/encoding.h"
#include "common/text.h"

enum { LEVELS = 64 };

struct reader {
    const unsigned char *at, *end;
};

static bool value(struct reader *r, int level);

static int peek(const struct reader *r)
{
    return r->at < r->end ? *r->at : -1;
}

static bool take(struct reader *r, char c)
{
    if (peek(r) != (unsigned char)c)
        return false;
    r->at++;
    return true;
}

static void skip_space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

static bool word(struct reader *r, const char *text)
{
    size_t len = strlen(text);
    if ((size_t)(r->end - r->at) < len || memcmp(r->at, text, len) != 0)
        return false;
    r->at += len;
    return true;
}

static bool digits(struct reader *r)
{
    const unsigned char *start = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return r->at > start;
}

static bool number(struct reader *r)
{
    (void)take(r, '-');
    if (!take(r, '0') && !digits(r))
        return false;
    if (take(r, '.') && !digits(r))
        return false;
    if (!take(r, 'e') && !take(r, 'E'))
        return true;
    if (!take(r, '+'))
        (void)take(r, '-');
    return digits(r);
}

static bool escape(struct reader *r)
{
    int c = peek(r);
    r->at++;
    if (c != 'u')
        return c > 0 && strchr("\"\\/bfnrt", c) != NULL;
    for (int i = 0; i < 4; i++, r->at++)
        if (peek(r) < 0 || hex_digit_value((char)*r->at) < 0)
            return false;
    return true;
}

static bool string(struct reader *r)
{
    if (!take(r, '"'))
        return false;
    while (r->at < r->end && *r->at >= 0x20) {
        if (take(r, '"'))
            return true;
        size_t n = *r->at < 0x80 ? 1 : text_utf8_sequence(r->at, (size_t)(r->end - r->at));
        if (n == 0)
            return false;
        if (take(r, '\\')) {
            if (!escape(r))
                return false;
        } else {
            r->at += n;
        }
    }
    return false;
}

static bool array(struct reader *r, int level)
{
    skip_space(r);
    if (take(r, ']'))
        return true;
    do {
        if (!value(r, level))
            return false;
    } while (take(r, ','));
    return take(r, ']');
}

static bool object(struct reader *r, int level)
{
    skip_space(r);
    if (take(r, '}'))
        return true;
    do {
        skip_space(r);
        if (!string(r))
            return false;
        skip_space(r);
        if (!take(r, ':') || !value(r, level))
            return false;
    } while (take(r, ','));
    return take(r, '}');
}

static bool bare(struct reader *r, int level)
{
    switch (peek(r)) {
    case '{': r->at++; return level < LEVELS && object(r, level + 1);
    case '[': r->at++; return level < LEVELS && array(r, level + 1);
    case '"': return string(r);
    case 't': return word(r, "true");
    case 'f': return word(r, "false");
    case 'n': return word(r, "null");
    default: return number(r);
    }
}

static bool value(struct reader *r, int level)
{
    skip_space(r);
    if (!bare(r, level))
        return false;
    skip_space(r);
    return true;
}

bool json_check(struct bytes text)
{
    struct reader r = { text.data, text.data + text.len };
    return text.len > 0 && value(&r, 0) && r.at == r.end;
}
