#include "reference/plexsphere/store/sql_text.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

/* Bytes of names, beyond ASCII included, as PostgreSQL's lexer has them. */
static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct sql_token piece(enum sql_token_kind kind, size_t len)
{
    return (struct sql_token){ kind, len };
}

static bool pair(const char *p, const char *end, char first, char second)
{
    return end - p >= 2 && p[0] == first && p[1] == second;
}

/* The length of "$tag$" at p, or 0. A longer tag than we keep is no tag: then the file is refused
 * sooner or later, never misread in silence. */
static size_t dollar_tag(const char *p, const char *end)
{
    const char *q = p + 1;
    if (q < end && is_name_start(*q))
        while (q < end && (is_name_start(*q) || is_digit(*q)))
            q++;
    size_t len = (size_t)(q - p) + 1;
    return q < end && *q == '$' && len < sizeof(((struct sql_scan *)0)->tag) ? len : 0;
}

static struct sql_token in_quote(struct sql_scan *s, const char *p, const char *end)
{
    char quote = s->inside == SQL_NAME_QUOTE ? '"' : '\'';
    if (s->inside == SQL_ESCAPE_QUOTE && *p == '\\' && end - p >= 2)
        return piece(SQL_TOKEN_OTHER, 2);
    if (pair(p, end, quote, quote)) /* doubled: part of the text */
        return piece(SQL_TOKEN_OTHER, 2);
    if (*p == quote)
        s->inside = SQL_PLAIN;
    return piece(SQL_TOKEN_OTHER, 1);
}

static struct sql_token in_dollar_quote(struct sql_scan *s, const char *p, const char *end)
{
    size_t len = strlen(s->tag);
    if ((size_t)(end - p) < len || memcmp(p, s->tag, len) != 0)
        return piece(SQL_TOKEN_OTHER, 1);
    s->inside = SQL_PLAIN;
    return piece(SQL_TOKEN_OTHER, len);
}

static struct sql_token in_block_comment(struct sql_scan *s, const char *p, const char *end)
{
    bool opens = pair(p, end, '/', '*');
    bool closes = pair(p, end, '*', '/');
    s->depth += opens - closes;
    if (s->depth == 0)
        s->inside = SQL_PLAIN;
    return piece(SQL_TOKEN_OTHER, opens || closes ? 2 : 1);
}

static struct sql_token quote_opens(struct sql_scan *s, int inside)
{
    s->inside = inside;
    s->in_word = false;
    return piece(SQL_TOKEN_OTHER, 1);
}

static struct sql_token in_plain(struct sql_scan *s, const char *p, const char *end)
{
    bool after_word = s->in_word;
    s->in_word = false;
    if (is_space(*p))
        return piece(SQL_TOKEN_SPACE, 1);
    if (*p == ';')
        return piece(SQL_TOKEN_END, 1);
    if (pair(p, end, '-', '-')) {
        s->inside = SQL_LINE_COMMENT;
        return piece(SQL_TOKEN_SPACE, 2);
    }
    if (pair(p, end, '/', '*')) {
        s->inside = SQL_BLOCK_COMMENT;
        s->depth = 1;
        return piece(SQL_TOKEN_OTHER, 2);
    }
    if (!after_word && (pair(p, end, 'E', '\'') || pair(p, end, 'e', '\''))) {
        s->inside = SQL_ESCAPE_QUOTE;
        return piece(SQL_TOKEN_OTHER, 2);
    }
    if (*p == '\'')
        return quote_opens(s, SQL_QUOTE);
    if (*p == '"')
        return quote_opens(s, SQL_NAME_QUOTE);
    size_t tag = *p == '$' && !after_word ? dollar_tag(p, end) : 0;
    if (tag > 0) {
        memcpy(s->tag, p, tag);
        s->tag[tag] = '\0';
        s->inside = SQL_DOLLAR_QUOTE;
        return piece(SQL_TOKEN_OTHER, tag);
    }
    s->in_word = is_name_start(*p) || is_digit(*p) || (*p == '$' && after_word);
    return piece(SQL_TOKEN_OTHER, 1);
}

struct sql_token sql_scan_next(struct sql_scan *s, const char *p, const char *end)
{
    switch (s->inside) {
    case SQL_QUOTE:
    case SQL_ESCAPE_QUOTE:
    case SQL_NAME_QUOTE: return in_quote(s, p, end);
    case SQL_DOLLAR_QUOTE: return in_dollar_quote(s, p, end);
    case SQL_BLOCK_COMMENT: return in_block_comment(s, p, end);
    case SQL_LINE_COMMENT: return piece(SQL_TOKEN_SPACE, (size_t)(end - p));
    case SQL_PLAIN: break;
    }
    return in_plain(s, p, end);
}

void sql_scan_newline(struct sql_scan *s)
{
    s->in_word = false;
    if (s->inside == SQL_LINE_COMMENT)
        s->inside = SQL_PLAIN;
}

bool sql_scan_inside(const struct sql_scan *s)
{
    return s->inside != SQL_PLAIN && s->inside != SQL_LINE_COMMENT;
}
