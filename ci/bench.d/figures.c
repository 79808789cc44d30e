#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ci/bench.d/bench.h"

void samples_add(struct samples *s, double value)
{
    if (s->n < SAMPLES_MAX)
        s->values[s->n++] = value;
}

static int by_value(const void *left, const void *right)
{
    double l = *(const double *)left, r = *(const double *)right;
    return (l > r) - (l < r);
}

static struct samples sorted(const struct samples *s)
{
    struct samples copy = *s;
    qsort(copy.values, copy.n, sizeof copy.values[0], by_value);
    return copy;
}

double samples_median(const struct samples *s)
{
    struct samples v = sorted(s);
    if (v.n == 0)
        return 0;
    return v.n % 2 ? v.values[v.n / 2] : (v.values[v.n / 2 - 1] + v.values[v.n / 2]) / 2;
}

static int digits_of(double value)
{
    return value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
}

static void figures_print(const char *what, const struct samples *s, const char *unit)
{
    struct samples v = sorted(s);
    double median = samples_median(s), low = v.values[0], high = v.values[v.n - 1];
    char span[64];
    snprintf(span, sizeof span, "%.*f..%.*f", digits_of(low), low, digits_of(high), high);
    printf("%-52s %8.*f %-5s %16s %4zu", what, digits_of(median), median, unit, span, v.n);
}

void row_print(const char *what, const struct samples *s, const char *unit, double limit,
               bool at_least)
{
    double median = samples_median(s);
    bool within = at_least ? median >= limit : median <= limit;
    figures_print(what, s, unit);
    printf("  %s %g  %s\n", at_least ? ">=" : "<=", limit, within ? "within" : "over");
    fflush(stdout);
}

void note_print(const char *what, const struct samples *s, const char *unit)
{
    figures_print(what, s, unit);
    puts("");
    fflush(stdout);
}

void failure_print(const char *what, const struct error *e)
{
    fflush(stdout);
    fprintf(stderr, "bench: %s: not measured: %s\n", what, e->text);
}
