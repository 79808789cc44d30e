/* common/timestamp.h — instants and durations.
 *
 * An instant is microseconds since 1970-01-01T00:00:00Z in an int64_t, the resolution Postgres
 * keeps. Years 1 to 9999. A duration is nanoseconds in an int64_t, as Go's time.Duration. */
#ifndef COMMON_TIMESTAMP_H
#define COMMON_TIMESTAMP_H

#include "common/base.h"

struct arena;

#define MICROS_PER_SECOND INT64_C(1000000)
#define NANOS_PER_SECOND INT64_C(1000000000)

/* RFC 3339: any offset, 0 to 9 fraction digits (cut to microseconds), "T" and "Z" in either case;
 * leap second 60 is refused. */
MUST_CHECK bool timestamp_parse(const char *text, int64_t *micros);
/* "2026-11-22T04:55:00.123456Z"; the fraction is left out when it is zero and has no trailing
 * zeros. In all three an instant outside the years is written as the nearest one inside. */
char *timestamp_format(struct arena *a, int64_t micros);
/* "2026-11-22T04:55:00.123Z": always three digits, for logs. */
char *timestamp_format_millis(struct arena *a, int64_t micros);
/* "Sun, 22 Nov 2026 04:55:00 GMT" (RFC 9110 HTTP-date). */
char *timestamp_format_http(struct arena *a, int64_t micros);

/* Go's time.ParseDuration: "1h30m", "300s", "1.5s", "-2us", "0". */
MUST_CHECK bool duration_parse(const char *text, int64_t *nanos);
/* Go's Duration.String(): "5m0s", "30s", "1.5s", "0s". */
char *duration_format(struct arena *a, int64_t nanos);

/* The wall clock and the monotonic clock; nothing else in this project asks the system for time. */
int64_t clock_wall_micros(void);
int64_t clock_monotonic_nanos(void);

#endif
