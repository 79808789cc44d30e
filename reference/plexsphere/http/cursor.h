/* http/cursor.h — list cursors (SPEC CUR-*).
 *
 * base64url( version byte ‖ payload JSON ‖ HMAC-SHA-256 ). The payload carries the caller's
 * pseudonym, the operation, a digest of the filters (and of the path parent) and the position.
 * Authenticity is settled first under a key that does not depend on the caller; then operation and
 * filters; then the caller. */
#ifndef PLEXSPHERE_HTTP_CURSOR_H
#define PLEXSPHERE_HTTP_CURSOR_H

#include <jansson.h>

#include "common/base.h"
#include "common/error.h"
#include "common/uuid.h"

struct request;

struct cursor_key {
    unsigned char bytes[64];
    size_t len;       /* 0: no key, the list is off */
    bool bind_caller; /* false: HMAC only (audit lists) */
};

/* `filters` is any text that says which list this is ("domain_id=…"); "" when there are none.
 * `position` is the last row of the window. */
const char *cursor_mint(struct request *rq, const struct cursor_key *key, const char *filters,
                        json_t *position);

/* Opens rq->page.cursor. Go on: *position is set (owned by the arena), or NULL on the first page.
 * Otherwise answers 400 invalid_cursor or 403 cursor_binding_mismatch. */
struct answer cursor_open(struct request *rq, const struct cursor_key *key, const char *filters,
                          json_t **position);

/* The same for lists in ascending id order: the position is {"id": UUID}. On the first page *after
 * is the nil UUID, which sorts before every id. */
const char *cursor_mint_id(struct request *rq, const struct cursor_key *key, const char *filters,
                           const struct uuid *last);
struct answer cursor_open_id(struct request *rq, const struct cursor_key *key, const char *filters,
                             struct uuid *after);

/* Hex of 32 to 64 bytes; the error names the rule, not the value. */
MUST_CHECK bool cursor_key_parse(const char *hex, struct cursor_key *out, struct error *e);

/* For lists that the environment contract gives no key of their own (resources, bootstrap tokens):
 * a key derived from the pepper under `label`, bound to its caller. */
struct pepper;
void cursor_key_derive(const struct pepper *p, const char *label, struct cursor_key *out);

#endif
