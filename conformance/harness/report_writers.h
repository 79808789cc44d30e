/* harness/report_writers.h — the four renderings of a report; each fills an empty buffer. */
#ifndef HARNESS_REPORT_WRITERS_H
#define HARNESS_REPORT_WRITERS_H

#include "common/buffer.h"
#include "harness/report_model.h"

void report_json(const struct report *r, struct buffer *out);
void report_junit(const struct report *r, struct buffer *out);
void report_tap(const struct report *r, struct buffer *out);
void report_html(const struct report *r, struct buffer *out);

#endif
