/* observability/inflate.h — gzip bodies, unpacked within a cap (SPEC ING-014, ING-015). Pure. */
#ifndef PLEXSPHERE_OBSERVABILITY_INFLATE_H
#define PLEXSPHERE_OBSERVABILITY_INFLATE_H

#include "common/base.h"

struct arena;

enum inflate_result {
    INFLATE_OK,
    INFLATE_INVALID,   /* no gzip, cut short, damaged, or something behind it that is none */
    INFLATE_TOO_LARGE, /* it unpacks to more than the cap; no more than that was unpacked */
};

/* One gzip member or several (RFC 1952 2.2). The bytes live in the arena. */
enum inflate_result gzip_inflate(struct arena *a, struct bytes packed, size_t cap,
                                 struct bytes *out);

#endif
