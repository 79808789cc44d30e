#include "common/url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/number.h"
#include "common/text.h"

#define ALPHA "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define UNRESERVED ALPHA DIGITS "-._~"
#define SUB_DELIMS "!$&'()*+,;="
/* RFC 3986 §3.3 and §3.4; queries may hold brackets, as "filter[name]" in the field does. */
#define PATH_CHARACTERS UNRESERVED SUB_DELIMS ":@/%"
#define QUERY_CHARACTERS PATH_CHARACTERS "?[]"

static bool only(const char *text, const char *allowed)
{
    return text[strspn(text, allowed)] == '\0';
}

static bool parse_port(const char *text, int *port)
{
    int64_t value;
    if (!number_parse(text, 1, 65535, &value))
        return false;
    *port = (int)value;
    return true;
}

/* "[::1]" or "[::1]:80" */
static bool parse_bracketed(char *text, struct url *out)
{
    unsigned char address[16];
    char *end = strchr(text, ']');
    if (end == NULL)
        return false;
    *end = '\0';
    out->host = text + 1;
    if (inet_pton(AF_INET6, out->host, address) != 1)
        return false;
    return end[1] == '\0' || (end[1] == ':' && parse_port(end + 2, &out->port));
}

static bool parse_host_port(struct arena *a, const char *text, struct url *out)
{
    char *copy = text_lower(a, text);
    if (*copy == '[')
        return parse_bracketed(copy, out);
    char *colon = strchr(copy, ':');
    if (colon != NULL)
        *colon = '\0';
    out->host = copy;
    if (*copy == '\0' || !only(copy, UNRESERVED))
        return false;
    return colon == NULL || parse_port(colon + 1, &out->port);
}

static bool parse_authority(struct arena *a, char *text, struct url *out)
{
    char *at = strchr(text, '@');
    if (at == NULL)
        return parse_host_port(a, text, out);
    *at = '\0';
    out->userinfo = text;
    /* A second @ falls to the host, which refuses it: readers differ on where a host begins. */
    return only(text, UNRESERVED SUB_DELIMS ":%") && parse_host_port(a, at + 1, out);
}

static bool parse_scheme(struct arena *a, const char *text, size_t len, struct url *out)
{
    out->scheme = text_lower(a, arena_strndup(a, text, len));
    return strspn(out->scheme, ALPHA) > 0 && only(out->scheme, ALPHA DIGITS "+-.");
}

bool url_parse(struct arena *a, const char *text, struct url *out)
{
    struct url u = { .path = "" };
    const char *mark = text == NULL ? NULL : strstr(text, "://");
    if (mark == NULL || !parse_scheme(a, text, (size_t)(mark - text), &u))
        return false;
    const char *authority = mark + 3;
    const char *path = authority + strcspn(authority, "/?#");
    const char *query = path + strcspn(path, "?#");
    u.path = arena_strndup(a, path, (size_t)(query - path));
    if (*query == '?')
        u.query = arena_strdup(a, query + 1);
    else if (*query != '\0')
        return false; /* a fragment; one behind a query is refused by its characters */
    if (!only(u.path, PATH_CHARACTERS) || (u.query != NULL && !only(u.query, QUERY_CHARACTERS)))
        return false;
    if (!parse_authority(a, arena_strndup(a, authority, (size_t)(path - authority)), &u))
        return false;
    *out = u;
    return true;
}

bool url_parse_http(struct arena *a, const char *text, struct url *out)
{
    struct url u;
    if (!url_parse(a, text, &u) ||
        (!text_equal(u.scheme, "http") && !text_equal(u.scheme, "https")))
        return false;
    *out = u;
    return true;
}

char *url_encode(struct arena *a, const char *text)
{
    char *out = arena_alloc_array(a, strlen(text) + 1, 3), *end = out;
    for (; *text != '\0'; text++) {
        if (strchr(UNRESERVED, *text) != NULL)
            *end++ = *text;
        else
            end += snprintf(end, 4, "%%%02X", (unsigned char)*text);
    }
    return out;
}

static bool decode(struct arena *a, const char *text, size_t len, bool form, char **out)
{
    char *copy = arena_alloc(a, len + 1), *end = copy;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%') {
            int high = len - i > 2 ? hex_digit_value(text[i + 1]) : -1;
            int low = len - i > 2 ? hex_digit_value(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (form && c == '+') {
            c = ' ';
        }
        if (c == '\0')
            return false; /* it would cut the text for whoever reads it next */
        *end++ = c;
    }
    *out = copy;
    return true;
}

bool url_decode(struct arena *a, const char *text, size_t len, char **out)
{
    return decode(a, text, len, false, out);
}

bool url_decode_form(struct arena *a, const char *text, size_t len, char **out)
{
    return decode(a, text, len, true, out);
}

static bool parse_pair(struct arena *a, const char *part, struct query_pair *pair)
{
    size_t name_len = strcspn(part, "=");
    const char *value = part[name_len] == '=' ? part + name_len + 1 : "";
    char *decoded_name, *decoded_value;
    if (!url_decode_form(a, part, name_len, &decoded_name) ||
        !url_decode_form(a, value, strlen(value), &decoded_value))
        return false;
    *pair = (struct query_pair){ decoded_name, decoded_value };
    return true;
}

bool query_parse(struct arena *a, const char *text, struct query *out)
{
    struct query q = { 0 };
    size_t n;
    char **parts = text_split(a, text == NULL ? "" : text, '&', &n);
    q.pairs = arena_alloc_array(a, n, sizeof(*q.pairs));
    for (size_t i = 0; i < n; i++)
        if (*parts[i] != '\0' && !parse_pair(a, parts[i], &q.pairs[q.n++]))
            return false;
    *out = q;
    return true;
}

const char *query_get(const struct query *q, const char *name)
{
    for (size_t i = 0; i < q->n; i++)
        if (strcmp(q->pairs[i].name, name) == 0)
            return q->pairs[i].value;
    return NULL;
}
