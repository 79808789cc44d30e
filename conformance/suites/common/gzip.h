/* suites/common/gzip.h — a body as Content-Encoding: gzip has it. */
#ifndef SUITES_GZIP_H
#define SUITES_GZIP_H

#include "harness/world.h"

struct bytes gzipped(struct world *w, struct bytes plain);

#endif
