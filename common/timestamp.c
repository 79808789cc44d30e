#include "common/timestamp.h"

#include <string.h>
#include <time.h>

#include "common/arena.h"

#define SECONDS_PER_DAY INT64_C(86400)
/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z. */
#define FIRST_INSTANT (INT64_C(-62135596800) * MICROS_PER_SECOND)
#define LAST_INSTANT (INT64_C(253402300800) * MICROS_PER_SECOND - 1)

struct civil {
    int64_t year;
    int month, day; /* from 1 */
    int hour, minute, second;
    int micros;
    int weekday; /* 0: Sunday */
};

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int64_t year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar; years begin in March, so that the
 * leap day is a year's last (Neri and Schneider describe the arithmetic). Year 1 or later. */
static int64_t days_of(int64_t year, int month, int day)
{
    if (month <= 2)
        year--;
    int64_t shifted = month > 2 ? month - 3 : month + 9;
    int64_t in_year = (153 * shifted + 2) / 5 + day - 1;
    return 365 * year + year / 4 - year / 100 + year / 400 + in_year - 719468;
}

static void civil_of_days(int64_t days, struct civil *out)
{
    int64_t shifted = days + 719468; /* since 0000-03-01, never negative here */
    int64_t era = shifted / 146097, of_era = shifted % 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    out->day = (int)(of_year - (153 * month + 2) / 5 + 1);
    out->month = (int)(month < 10 ? month + 3 : month - 9);
    out->year = year + era * 400 + (out->month <= 2);
    out->weekday = (int)((days + 719468 + 3) % 7); /* 0000-03-01 was a Wednesday */
}

/* Exactly n digits at *text, which is moved on. */
static bool take_digits(const char **text, int n, int *out)
{
    *out = 0;
    for (int i = 0; i < n; i++, (*text)++) {
        if (**text < '0' || **text > '9')
            return false;
        *out = *out * 10 + (**text - '0');
    }
    return true;
}

static bool take(const char **text, char upper)
{
    char c = **text;
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    if (c != upper)
        return false;
    (*text)++;
    return true;
}

static bool take_fraction(const char **text, int *micros)
{
    *micros = 0;
    if (!take(text, '.'))
        return true;
    int digits = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++, digits++)
        if (digits < 6)
            *micros = *micros * 10 + (**text - '0');
    for (int i = digits; i < 6; i++)
        *micros *= 10;
    return digits >= 1 && digits <= 9;
}

static bool take_offset(const char **text, int *seconds)
{
    *seconds = 0;
    if (take(text, 'Z'))
        return true;
    bool west = **text == '-';
    int hours, minutes;
    if (!west && **text != '+')
        return false;
    (*text)++;
    if (!take_digits(text, 2, &hours) || !take(text, ':') || !take_digits(text, 2, &minutes) ||
        hours > 23 || minutes > 59)
        return false;
    *seconds = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
    return true;
}

bool timestamp_parse(const char *text, int64_t *micros)
{
    struct civil c;
    int year, offset;
    if (text == NULL)
        return false;
    if (!take_digits(&text, 4, &year) || !take(&text, '-') || !take_digits(&text, 2, &c.month) ||
        !take(&text, '-') || !take_digits(&text, 2, &c.day) || !take(&text, 'T'))
        return false;
    if (!take_digits(&text, 2, &c.hour) || !take(&text, ':') || !take_digits(&text, 2, &c.minute) ||
        !take(&text, ':') || !take_digits(&text, 2, &c.second) ||
        !take_fraction(&text, &c.micros) || !take_offset(&text, &offset) || *text != '\0')
        return false;
    if (year < 1 || c.month < 1 || c.month > 12 || c.day < 1 ||
        c.day > days_in_month(year, c.month) || c.hour > 23 || c.minute > 59 || c.second > 59)
        return false;
    int64_t seconds = days_of(year, c.month, c.day) * SECONDS_PER_DAY + c.hour * 3600 +
                      c.minute * 60 + c.second - offset;
    int64_t instant = seconds * MICROS_PER_SECOND + c.micros;
    if (instant < FIRST_INSTANT || instant > LAST_INSTANT)
        return false; /* the offset led out of the years */
    *micros = instant;
    return true;
}

static struct civil civil_of(int64_t micros)
{
    if (micros < FIRST_INSTANT)
        micros = FIRST_INSTANT;
    if (micros > LAST_INSTANT)
        micros = LAST_INSTANT;
    int64_t since_first = micros - FIRST_INSTANT; /* never negative: plain division */
    int64_t seconds = since_first / MICROS_PER_SECOND;
    int64_t day = seconds / SECONDS_PER_DAY, of_day = seconds % SECONDS_PER_DAY;
    struct civil c = { .hour = (int)(of_day / 3600),
                       .minute = (int)(of_day / 60 % 60),
                       .second = (int)(of_day % 60),
                       .micros = (int)(since_first % MICROS_PER_SECOND) };
    civil_of_days(day + FIRST_INSTANT / MICROS_PER_SECOND / SECONDS_PER_DAY, &c);
    return c;
}

char *timestamp_format(struct arena *a, int64_t micros)
{
    struct civil c = civil_of(micros);
    char *text = arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02d.%06d", (int)c.year, c.month, c.day,
                              c.hour, c.minute, c.second, c.micros);
    size_t len = strlen(text);
    while (text[len - 1] == '0' && c.micros != 0)
        len--;
    if (c.micros == 0)
        len -= strlen(".000000");
    text[len] = 'Z'; /* there is room: at least one digit went, or the NUL is next */
    return arena_strndup(a, text, len + 1);
}

char *timestamp_format_millis(struct arena *a, int64_t micros)
{
    struct civil c = civil_of(micros);
    return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)c.year, c.month, c.day,
                        c.hour, c.minute, c.second, c.micros / 1000);
}

char *timestamp_format_http(struct arena *a, int64_t micros)
{
    static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    struct civil c = civil_of(micros);
    return arena_printf(a, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[c.weekday], c.day,
                        months[c.month - 1], (int)c.year, c.hour, c.minute, c.second);
}

int64_t clock_wall_micros(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MICROS_PER_SECOND + now.tv_nsec / 1000;
}

int64_t clock_monotonic_nanos(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NANOS_PER_SECOND + now.tv_nsec;
}
