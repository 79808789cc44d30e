#include "common/yaml_scalar.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/text.h"

#define TAG_PREFIX "tag:yaml.org,2002:"
#define MANTISSA_LIMIT 9007199254740992.0 /* 2^53: beyond it a real does not name one integer */

enum scalar_kind { SCALAR_TEXT, SCALAR_NULL, SCALAR_BOOL, SCALAR_INT, SCALAR_REAL };

struct scalar {
    enum scalar_kind kind;
    bool flag;
    int64_t integer;
    double real;
    const char *text;
    size_t len;
};

static bool one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static bool read_word(const char *text, struct scalar *s)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
    static const char *const yes[] = { "y",  "Y",  "yes",  "Yes",  "YES",  "on",
                                       "On", "ON", "true", "True", "TRUE", NULL };
    static const char *const no[] = { "n",   "N",   "no",    "No",    "NO",    "off",
                                      "Off", "OFF", "false", "False", "FALSE", NULL };
    if (one_of(text, nulls)) {
        s->kind = SCALAR_NULL;
        return true;
    }
    s->flag = one_of(text, yes);
    if (!s->flag && !one_of(text, no))
        return false;
    s->kind = SCALAR_BOOL;
    return true;
}

static bool read_infinite(const char *text, struct scalar *s)
{
    static const char *const nans[] = { ".nan", ".NaN", ".NAN", NULL };
    static const char *const infinities[] = { ".inf", ".Inf", ".INF", NULL };
    bool negative = *text == '-';
    if (one_of(text, nans))
        s->real = (double)NAN;
    else if (one_of(text + (negative || *text == '+'), infinities))
        s->real = negative ? -(double)INFINITY : (double)INFINITY;
    else
        return false;
    s->kind = SCALAR_REAL;
    return true;
}

static unsigned base_of(const char **digits)
{
    if (**digits != '0' || (*digits)[1] == '\0')
        return 10;
    char mark = (*digits)[1];
    *digits += 1;
    if (mark >= '0' && mark <= '9')
        return 8;
    *digits += 1;
    switch (mark) {
    case 'x':
    case 'X': return 16;
    case 'o':
    case 'O': return 8;
    case 'b':
    case 'B': return 2;
    default: return 0;
    }
}

enum int_result { INT_OK, INT_NONE, INT_UNSIGNED_ONLY };

static enum int_result read_int(const char *text, int64_t *out)
{
    static const char digit_characters[] = "0123456789abcdef";
    bool negative = *text == '-';
    if (negative || *text == '+')
        text++;
    unsigned base = base_of(&text);
    uint64_t value = 0;
    if (*text == '\0' || base == 0)
        return INT_NONE;
    for (; *text != '\0'; text++) {
        char c = *text >= 'A' && *text <= 'F' ? (char)(*text - 'A' + 'a') : *text;
        const char *found = strchr(digit_characters, c);
        if (found == NULL || (size_t)(found - digit_characters) >= base)
            return INT_NONE;
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, (uint64_t)(found - digit_characters), &value))
            return INT_NONE;
    }
    if (value > (uint64_t)INT64_MAX + negative)
        return negative ? INT_NONE : INT_UNSIGNED_ONLY;
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return INT_OK;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_real(const char *text)
{
    if (*text == '-' || *text == '+')
        text++;
    size_t whole = strspn(text, "0123456789"), fraction = 0;
    text += whole;
    if (*text == '.') {
        fraction = strspn(++text, "0123456789");
        text += fraction;
    }
    if (whole == 0 && fraction == 0)
        return false;
    if (*text == 'e' || *text == 'E') {
        text++;
        if (*text == '-' || *text == '+')
            text++;
        size_t exponent = strspn(text, "0123456789");
        if (exponent == 0)
            return false;
        text += exponent;
    }
    return *text == '\0';
}

static bool read_real(const char *text, struct scalar *s)
{
    if (!is_real(text))
        return false;
    s->real = strtod(text, NULL);
    s->kind = SCALAR_REAL;
    return isfinite(s->real); /* out of range is no number to Go either, but text */
}

static char *without_underscores(struct arena *a, const char *text)
{
    char *copy = arena_strdup(a, text), *end = copy;
    for (; *text != '\0'; text++)
        if (*text != '_')
            *end++ = *text;
    *end = '\0';
    return copy;
}

/* False only for a number that has no place in 64 bits. */
static bool read_number(struct arena *a, const char *text, struct scalar *s)
{
    if (*text == '.') {
        (void)read_real(text, s);
        return true;
    }
    if (strchr("+-0123456789", *text) == NULL)
        return true;
    const char *plain = without_underscores(a, text);
    enum int_result result = read_int(plain, &s->integer);
    if (result == INT_OK)
        s->kind = SCALAR_INT;
    else if (result == INT_NONE && !read_real(plain, s))
        s->kind = SCALAR_TEXT;
    return result != INT_UNSIGNED_ONLY;
}

static bool resolve(struct arena *a, struct scalar *s, const char **problem)
{
    if (memchr(s->text, '\0', s->len) != NULL)
        return true;
    if (read_word(s->text, s) || read_infinite(s->text, s))
        return true;
    if (read_number(a, s->text, s))
        return true;
    *problem = "an integer does not fit into 64 bits; quote it if it is meant as text";
    return false;
}

static bool decode_binary(struct arena *a, struct scalar *s, const char **problem)
{
    struct bytes data;
    if (!base64_decode(a, BASE64_STANDARD, s->text, s->len, &data)) {
        *problem = "a !!binary value is not base64";
        return false;
    }
    s->text = (const char *)data.data;
    s->len = data.len;
    return true;
}

static bool kind_of_tag(const char *name, enum scalar_kind *kind)
{
    static const struct {
        const char *name;
        enum scalar_kind kind;
    } known[] = { { "int", SCALAR_INT },
                  { "float", SCALAR_REAL },
                  { "bool", SCALAR_BOOL },
                  { "null", SCALAR_NULL } };
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (strcmp(name, known[i].name) == 0) {
            *kind = known[i].kind;
            return true;
        }
    }
    return false;
}

static bool read_tagged(struct arena *a, struct scalar *s, const char *tag, const char **problem)
{
    enum scalar_kind wanted;
    const char *name = text_starts(tag, TAG_PREFIX) ? tag + strlen(TAG_PREFIX) : "";
    if (strcmp(name, "binary") == 0)
        return decode_binary(a, s, problem);
    if (!kind_of_tag(name, &wanted))
        return true;
    if (!resolve(a, s, problem))
        return false;
    if (wanted == SCALAR_REAL && s->kind == SCALAR_INT) {
        s->kind = SCALAR_REAL;
        s->real = (double)s->integer;
    }
    if (s->kind != wanted) {
        *problem = "a scalar is not what its tag says";
        return false;
    }
    return true;
}

static bool read_scalar(struct arena *a, const char *text, size_t len, const char *tag, bool plain,
                        struct scalar *s, const char **problem)
{
    *s = (struct scalar){ .kind = SCALAR_TEXT, .text = arena_strndup(a, text, len), .len = len };
    if (tag != NULL)
        return read_tagged(a, s, tag, problem);
    return !plain || resolve(a, s, problem);
}

static json_t *text_value(const struct scalar *s, const char **problem)
{
    if (memchr(s->text, '\0', s->len) != NULL) {
        *problem = "a scalar holds a NUL";
        return NULL;
    }
    json_t *value = json_stringn(s->text, s->len);
    if (value == NULL)
        *problem = "a scalar is not UTF-8";
    return value;
}

static json_t *real_value(double real, const char **problem)
{
    if (!isfinite(real)) {
        *problem = "infinity and not-a-number have no JSON form; quote it if it is meant as text";
        return NULL;
    }
    bool small = real >= -MANTISSA_LIMIT && real <= MANTISSA_LIMIT;
    if (small && (double)(json_int_t)real == real)
        return json_integer((json_int_t)real);
    return json_real(real);
}

json_t *yaml_scalar_value(struct arena *a, const char *text, size_t len, const char *tag,
                          bool plain, const char **problem)
{
    struct scalar s;
    if (!read_scalar(a, text, len, tag, plain, &s, problem))
        return NULL;
    switch (s.kind) {
    case SCALAR_NULL: return json_null();
    case SCALAR_BOOL: return json_boolean(s.flag);
    case SCALAR_INT: return json_integer(s.integer);
    case SCALAR_REAL: return real_value(s.real, problem);
    case SCALAR_TEXT: break;
    }
    return text_value(&s, problem);
}

/* Go's FormatFloat(real, 'g', -1, 32), which is what names a key there: the shortest digits that
 * give the same float, with an exponent below 1e-4 and from 1e6 on. */
static char *real_key(struct arena *a, double real)
{
    char digits[40];
    int precision = 0;
    if (isnan(real))
        return arena_strdup(a, ".nan");
    if (isinf(real) || isinf((float)real))
        return arena_strdup(a, real < 0 ? "-.inf" : ".inf");
    do {
        snprintf(digits, sizeof(digits), "%.*e", precision, real);
    } while (strtof(digits, NULL) != (float)real && ++precision < 9);
    int exponent = atoi(strchr(digits, 'e') + 1);
    if (exponent < -4 || exponent >= 6)
        return arena_strdup(a, digits);
    int decimals = precision - exponent;
    return arena_printf(a, "%.*f", decimals > 0 ? decimals : 0, strtod(digits, NULL));
}

char *yaml_scalar_key(struct arena *a, const char *text, size_t len, const char *tag, bool plain,
                      const char **problem)
{
    struct scalar s;
    if (!read_scalar(a, text, len, tag, plain, &s, problem))
        return NULL;
    switch (s.kind) {
    case SCALAR_NULL: *problem = "a mapping key is null"; return NULL;
    case SCALAR_BOOL: return arena_strdup(a, s.flag ? "true" : "false");
    case SCALAR_INT: return arena_printf(a, "%lld", (long long)s.integer);
    case SCALAR_REAL: return real_key(a, s.real);
    case SCALAR_TEXT: break;
    }
    if (memchr(s.text, '\0', s.len) != NULL || !text_is_utf8(s.text, s.len)) {
        *problem = "a mapping key holds a NUL or is not UTF-8";
        return NULL;
    }
    return arena_strndup(a, s.text, s.len);
}
