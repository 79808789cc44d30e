/* Durations as Go's time package reads and writes them; declared in timestamp.h. */
#include "common/timestamp.h"

#include <string.h>

#include "common/arena.h"

#define LARGEST (UINT64_C(1) << 63) /* the magnitude of INT64_MIN */

struct unit {
    const char *name;
    uint64_t nanos;
};

/* Longer names before the ones they begin with. */
static const struct unit units[] = {
    { "ns", 1 },
    { "us", 1000 },
    { "\xc2\xb5s", 1000 }, /* U+00B5, micro sign */
    { "\xce\xbcs", 1000 }, /* U+03BC, Greek mu */
    { "ms", 1000000 },
    { "s", 1000000000 },
    { "m", 60 * UINT64_C(1000000000) },
    { "h", 3600 * UINT64_C(1000000000) },
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const struct unit *take_unit(const char **text)
{
    size_t len = strcspn(*text, ".0123456789");
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (strlen(units[i].name) == len && memcmp(units[i].name, *text, len) == 0) {
            *text += len;
            return &units[i];
        }
    }
    return NULL;
}

/* Digits behind the point; those that no longer fit are dropped, as Go does. */
static uint64_t take_fraction(const char **text, double *scale)
{
    uint64_t value = 0;
    bool full = false;
    *scale = 1;
    for (; is_digit(**text); (*text)++) {
        uint64_t next = value * 10 + (uint64_t)(**text - '0');
        full = full || value > (LARGEST - 1) / 10 || next > LARGEST;
        if (full)
            continue;
        value = next;
        *scale *= 10;
    }
    return value;
}

static bool take_part(const char **text, uint64_t *nanos)
{
    const char *start = *text;
    uint64_t whole = 0, fraction = 0;
    double scale = 1;
    for (; is_digit(**text); (*text)++) {
        if (whole > LARGEST / 10)
            return false;
        whole = whole * 10 + (uint64_t)(**text - '0');
        if (whole > LARGEST)
            return false;
    }
    bool digits = *text > start;
    if (**text == '.') {
        const char *point = ++*text;
        fraction = take_fraction(text, &scale);
        digits = digits || *text > point;
    }
    const struct unit *unit = take_unit(text);
    if (!digits || unit == NULL || whole > LARGEST / unit->nanos)
        return false;
    *nanos = whole * unit->nanos;
    if (fraction > 0)
        *nanos += (uint64_t)((double)fraction * ((double)unit->nanos / scale));
    return *nanos <= LARGEST;
}

bool duration_parse(const char *text, int64_t *nanos)
{
    if (text == NULL)
        return false;
    bool negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    uint64_t total = 0, part;
    if (strcmp(text, "0") == 0) {
        *nanos = 0;
        return true;
    }
    if (*text == '\0')
        return false;
    while (*text != '\0') {
        if (!take_part(&text, &part))
            return false;
        total += part; /* both at most 2^63: the sum wraps only to 0, caught next */
        if (total > LARGEST || (total == 0 && part > 0))
            return false;
    }
    if (!negative && total == LARGEST)
        return false;
    *nanos = negative ? (int64_t)(0 - total) : (int64_t)total;
    return true;
}

/* value / scale with the trailing zeros of the fraction cut. */
static char *decimal(struct arena *a, uint64_t value, uint64_t scale, const char *unit)
{
    uint64_t fraction = value % scale;
    if (fraction == 0)
        return arena_printf(a, "%llu%s", (unsigned long long)(value / scale), unit);
    int digits = 0;
    for (uint64_t s = scale; s > 1; s /= 10)
        digits++;
    for (; fraction % 10 == 0; fraction /= 10)
        digits--;
    return arena_printf(a, "%llu.%0*llu%s", (unsigned long long)(value / scale), digits,
                        (unsigned long long)fraction, unit);
}

char *duration_format(struct arena *a, int64_t nanos)
{
    if (nanos == 0)
        return arena_strdup(a, "0s");
    const char *sign = nanos < 0 ? "-" : "";
    uint64_t n = nanos < 0 ? 0 - (uint64_t)nanos : (uint64_t)nanos;
    if (n < 1000)
        return arena_printf(a, "%s%lluns", sign, (unsigned long long)n);
    if (n < 1000000)
        return arena_printf(a, "%s%s", sign, decimal(a, n, 1000, "\xc2\xb5s"));
    if (n < 1000000000)
        return arena_printf(a, "%s%s", sign, decimal(a, n, 1000000, "ms"));
    uint64_t minutes = n / 1000000000 / 60;
    char *seconds = decimal(a, n % (60 * UINT64_C(1000000000)), 1000000000, "s");
    if (minutes == 0)
        return arena_printf(a, "%s%s", sign, seconds);
    if (minutes < 60)
        return arena_printf(a, "%s%llum%s", sign, (unsigned long long)minutes, seconds);
    return arena_printf(a, "%s%lluh%llum%s", sign, (unsigned long long)(minutes / 60),
                        (unsigned long long)(minutes % 60), seconds);
}
