#include "drift-gates/secret_boundary/shapes.h"

#include <ctype.h>
#include <math.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "drift-gates/secret_boundary/rules_data.h"

#define BASE64_LEAST 20
#define BASE64_BITS 4.0
#define HEX_LEAST 32
#define HEX_BITS 3.0
#define SHOWN_ENOUGH 65536 /* longer values are judged by their beginning */

/* The password part of "user:password@", or the token part of "token@"; a reference is none. */
static bool has_secret_part(const char *from, const char *at, bool token_counts)
{
    const char *colon = memchr(from, ':', (size_t)(at - from));
    const char *part = colon == NULL ? from : colon + 1;
    size_t len = (size_t)(at - part);
    if (len == 0 || (colon == NULL && !token_counts))
        return false;
    return part[0] != '$' && part[0] != '<' && !(len > 1 && part[0] == '{' && part[1] == '{') &&
           !text_starts(part, "hlm_");
}

bool shape_url_userinfo(struct arena *a, const json_t *data, const char *value)
{
    for (const char *at = value; (at = strstr(at, "://")) != NULL; at += 3) {
        const char *scheme = at, *from = at + 3;
        while (scheme > value && (isalnum((unsigned char)scheme[-1]) || scheme[-1] == '+'))
            scheme--;
        size_t len = strcspn(from, "/?#\"' \t\n\r,<>`\\");
        const char *end = NULL;
        for (size_t i = 0; i < len; i++)
            end = from[i] == '@' ? from + i : end;
        const char *name = arena_strndup(a, scheme, (size_t)(at - scheme));
        if (end != NULL && end > from && name[0] != '\0' &&
            has_secret_part(from, end, data_has(data, "userinfo_token_schemes", name)))
            return true;
    }
    return false;
}

static bool names_end_at(const json_t *data, const char *value, size_t at)
{
    size_t i;
    json_t *row;
    json_array_foreach (json_object_get(data, "conninfo_names"), i, row) {
        const char *name = json_string_value(row);
        size_t len = strlen(name);
        if (at >= len && memcmp(value + at - len, name, len) == 0 &&
            (at == len || strchr(" ;?&\t\n", value[at - len - 1]) != NULL))
            return true;
    }
    return false;
}

/* "host=db password=x", "Server=db;Pwd=x", "jdbc:…?password=x": only beside another pair, since
 * `password=x` alone is a line of a properties file, which is read as key and value. */
bool shape_conninfo(struct arena *a, const json_t *data, const char *value)
{
    const char *lower = text_lower(a, value);
    bool another = text_contains(lower, "host=") || text_contains(lower, "server=") ||
                   text_contains(lower, "user=") || text_contains(lower, "jdbc:") ||
                   text_contains(lower, "dbname=") || text_contains(lower, "://");
    for (const char *at = lower; another && (at = strchr(at, '=')) != NULL; at++) {
        if (names_end_at(data, lower, (size_t)(at - lower)) && at[1] != '\0' &&
            strchr(" ;&$<\n{'\"", at[1]) == NULL)
            return true;
    }
    return false;
}

static bool is_private_pem(const char *text)
{
    const char *begin = strstr(text, "-----BEGIN ");
    return begin != NULL && strstr(begin, "PRIVATE KEY-----") != NULL;
}

bool shape_pem_private(struct arena *a, const char *value)
{
    struct bytes decoded;
    if (is_private_pem(value))
        return true;
    size_t len = strlen(value);
    if (!text_starts(value, "LS0tLS1CRUdJTi"))
        return false;
    char *packed = arena_alloc(a, len + 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (!isspace((unsigned char)value[i]))
            packed[n++] = value[i];
    }
    return base64_decode(a, BASE64_STANDARD, packed, n, &decoded) &&
           is_private_pem(arena_strndup(a, (const char *)decoded.data, decoded.len));
}

static bool is_jwt(struct arena *a, const char *text)
{
    struct bytes decoded;
    size_t first = strcspn(text, ".");
    if (!text_starts(text, "eyJ") || text[first] != '.')
        return false;
    size_t second = strcspn(text + first + 1, ".");
    if (second == 0 || text[first + 1 + second] != '.')
        return false;
    return base64_decode(a, BASE64_URL_RAW, text, first, &decoded) &&
           text_contains(arena_strndup(a, (const char *)decoded.data, decoded.len), "\"alg\"");
}

static bool is_aws_key(const char *text)
{
    if (!text_starts(text, "AKIA") && !text_starts(text, "ASIA"))
        return false;
    size_t n = strspn(text + 4, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    return n == 16;
}

bool shape_token(struct arena *a, const json_t *data, const char *value)
{
    size_t i;
    json_t *row;
    static const char between[] = " \t\n\r\"'=,;";
    for (const char *at = value; *at != '\0';) {
        at += strspn(at, between);
        size_t len = strcspn(at, between);
        const char *word = arena_strndup(a, at, len);
        if (is_jwt(a, word) || is_aws_key(word))
            return true;
        json_array_foreach (json_object_get(data, "token_prefixes"), i, row) {
            /* A prefix alone is a word; with enough behind it, a token. */
            if (text_starts(word, json_string_value(row)) && len >= json_string_length(row) + 8)
                return true;
        }
        at += len;
    }
    json_array_foreach (json_object_get(data, "hash_prefixes"), i, row) {
        if (text_starts(value, json_string_value(row)) &&
            strlen(value) >= json_string_length(row) + 8)
            return true;
    }
    return false;
}

bool shape_auth_header(struct arena *a, const json_t *data, const char *value)
{
    size_t i;
    json_t *row;
    const char *lower = text_lower(a, value);
    if (text_starts(lower, "bearer ") || text_starts(lower, "basic "))
        return !text_contains(lower, "realm=") && is_literal(lower + strcspn(lower, " ") + 1) &&
               strpbrk(lower + strcspn(lower, " ") + 1, " ") == NULL;
    json_array_foreach (json_object_get(data, "headers_with_values"), i, row) {
        const char *at = strstr(lower, json_string_value(row));
        if (at == NULL || (at != lower && strchr(", ;\n", at[-1]) == NULL))
            continue;
        at += json_string_length(row);
        at += strspn(at, " ");
        if (*at == '=' || *at == ':')
            return is_literal(at + 1 + strspn(at + 1, " "));
    }
    return false;
}

bool shape_embedded(const char *value)
{
    if (text_contains(value, "client-key-data:") || text_contains(value, "\"client-key-data\""))
        return true;
    if (text_contains(value, "kind: Config") && text_contains(value, "users:") &&
        (text_contains(value, "token:") || text_contains(value, "password:")))
        return true;
    if (text_contains(value, "\"auths\"") && text_contains(value, "\"auth\""))
        return true;
    return text_starts(value, "machine ") && text_contains(value, " password ");
}

static double bits_per_character(const char *text, size_t len)
{
    size_t seen[256] = { 0 };
    double bits = 0;
    for (size_t i = 0; i < len; i++)
        seen[(unsigned char)text[i]]++;
    for (size_t c = 0; c < ARRAY_LEN(seen); c++) {
        double share = (double)seen[c] / (double)len;
        bits -= seen[c] == 0 ? 0 : share * log2(share);
    }
    return bits;
}

static bool has_class(const char *text, size_t len, int (*is)(int))
{
    for (size_t i = 0; i < len; i++) {
        if (is((unsigned char)text[i]))
            return true;
    }
    return false;
}

static bool is_random(const char *text, size_t len)
{
    size_t hex = strspn(text, "0123456789abcdefABCDEF");
    if (hex >= len && len >= HEX_LEAST)
        return bits_per_character(text, len) >= HEX_BITS;
    size_t plain =
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");
    size_t url = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=");
    if (len < BASE64_LEAST || (plain < len && url < len))
        return false;
    /* Names are of one case or have no digit; random text of this length has all three. */
    return has_class(text, len, isupper) && has_class(text, len, islower) &&
           has_class(text, len, isdigit) && bits_per_character(text, len) >= BASE64_BITS;
}

bool shape_entropy(const char *value)
{
    static const char between[] = " \t\n\r\"',;()[]{}<>";
    if (text_contains(value, "://") || text_contains(value, "sha256:") ||
        text_contains(value, "-----BEGIN"))
        return false;
    for (const char *at = value; *at != '\0';) {
        at += strspn(at, between);
        size_t len = strcspn(at, between);
        const char *equals = memchr(at, '=', len);
        /* name=value: the value; but "=" at the end is padding. */
        const char *from = equals != NULL && equals + 2 < at + len ? equals + 1 : at;
        if (is_random(from, len - (size_t)(from - at)))
            return true;
        at += len;
    }
    return false;
}

bool shape_is_url(const char *shape)
{
    return text_equal(shape, "url-userinfo") || text_equal(shape, "conninfo");
}

const char *credential_shape(struct arena *a, const json_t *data, const char *key,
                             const char *value)
{
    if (!is_literal(value))
        return NULL;
    if (strlen(value) > SHOWN_ENOUGH)
        value = arena_strndup(a, value, SHOWN_ENOUGH);
    if (shape_url_userinfo(a, data, value))
        return "url-userinfo";
    if (shape_conninfo(a, data, value))
        return "conninfo";
    if (shape_pem_private(a, value))
        return "pem-private";
    if (shape_token(a, data, value))
        return "token-prefix";
    if (shape_auth_header(a, data, value))
        return "auth-header";
    if (shape_embedded(value))
        return "embedded-doc";
    const char *words = key_words(a, key), *last = strrchr(words, ' ');
    if (data_has(data, "names_without_entropy", last == NULL ? words : last + 1))
        return NULL;
    return shape_entropy(value) ? "entropy" : NULL;
}
