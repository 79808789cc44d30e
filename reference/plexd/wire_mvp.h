/* plexd/wire_mvp.h — the bytes that an MVP envelope's signature covers (plexd-facts 3.5). */
#ifndef PLEXD_WIRE_MVP_H
#define PLEXD_WIRE_MVP_H

#include "common/arena.h"
#include "common/base.h"

/* `issued_at` has passed timestamp_parse(), `payload` json_parse(); texts are decoded. */
struct bytes mvp_canonical(struct arena *a, const char *type, const char *id, const char *issued_at,
                           const char *nonce, struct bytes payload);

#endif
