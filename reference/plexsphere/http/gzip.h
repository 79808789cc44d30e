/* http/gzip.h — a gzip-coded body (RFC 1952), of one member and nothing behind it. */
#ifndef PLEXSPHERE_HTTP_GZIP_H
#define PLEXSPHERE_HTTP_GZIP_H

#include "common/base.h"

struct arena;

enum gunzip_result { GUNZIP_OK, GUNZIP_BAD, GUNZIP_TOO_LARGE };

/* Stops as soon as more than `cap` bytes come out, so a bomb costs `cap` bytes and no more. *out
 * may be what `in` was. */
enum gunzip_result gunzip(struct arena *a, struct bytes in, size_t cap, struct bytes *out);

#endif
