/* harness/reports.h — report.json, junit.xml, report.tap and report.html from events.ndjson.
 *
 * report.json's schema stands in docs/report.schema.json and the writer is tested against it.
 * report.html is one self-contained file: no script from elsewhere, readable without script,
 * secrets redacted before they came here. */
#ifndef HARNESS_REPORTS_H
#define HARNESS_REPORTS_H

#include "common/base.h"
#include "common/error.h"

/* All four, each written atomically into `directory`, from directory/events.ndjson. */
MUST_CHECK bool reports_write(const char *directory, struct error *e);

#endif
