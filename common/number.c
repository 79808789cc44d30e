#include "common/number.h"

#include <math.h>
#include <stdlib.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool number_parse(const char *text, int64_t min, int64_t max, int64_t *out)
{
    if (text == NULL)
        return false;
    bool negative = *text == '-';
    const char *digits = negative ? text + 1 : text;
    if (!is_digit(*digits) || (*digits == '0' && (digits[1] != '\0' || negative)))
        return false;
    /* Counted downwards, where the range is one larger. */
    int64_t value = 0;
    for (; is_digit(*digits); digits++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, *digits - '0', &value))
            return false;
    if (*digits != '\0' || (!negative && value == INT64_MIN))
        return false;
    if (!negative)
        value = -value;
    if (value < min || value > max)
        return false;
    *out = value;
    return true;
}

static const char *skip_digits(const char *text)
{
    while (is_digit(*text))
        text++;
    return text;
}

/* The number grammar of RFC 8259 §6. */
static bool is_json_number(const char *text)
{
    if (*text == '-')
        text++;
    if (!is_digit(*text) || (*text == '0' && is_digit(text[1])))
        return false;
    text = skip_digits(text);
    if (*text == '.') {
        if (!is_digit(*++text))
            return false;
        text = skip_digits(text);
    }
    if (*text == 'e' || *text == 'E') {
        text++;
        if (*text == '+' || *text == '-')
            text++;
        if (!is_digit(*text))
            return false;
        text = skip_digits(text);
    }
    return *text == '\0';
}

bool number_parse_real(const char *text, double *out)
{
    if (text == NULL || !is_json_number(text))
        return false;
    double value = strtod(text, NULL); /* no program here leaves the "C" locale */
    if (!isfinite(value))
        return false;
    *out = value;
    return true;
}
