/* nodes/nsk.h — the text forms of a Node Secret Key (SPEC HBT-*). */
#ifndef PLEXSPHERE_NODES_NSK_H
#define PLEXSPHERE_NODES_NSK_H

#include "common/base.h"

struct arena;

enum { NSK_BYTES = 32 };

/* The key behind a credential: 32 characters are the key itself, 44 are base64 of it (ruling 7). */
MUST_CHECK bool nsk_parse(struct arena *a, const char *text, unsigned char out[NSK_BYTES]);

#endif
