/* plexd/gzip.h — a body made smaller (RFC 1952). */
#ifndef PLEXD_GZIP_H
#define PLEXD_GZIP_H

#include "common/arena.h"
#include "common/base.h"

struct bytes gzip_pack(struct arena *a, struct bytes plain);

#endif
