/* plexd/node_secret.h — one secret, fetched and opened for one reader (SPEC API-*).
 *
 * Nothing is kept: each read asks the control plane, the plaintext lives until its answer has been
 * handed to the kernel, and every copy of ours is wiped. */
#ifndef PLEXD_NODE_SECRET_H
#define PLEXD_NODE_SECRET_H

#include "common/base.h"
#include "reference/plexd/http.h"
#include "reference/plexd/local_http.h"
#include "reference/plexd/wire.h"

enum { SECRET_NONCE = 12, SECRET_TAG = 16 };

/* AES-256-GCM without additional data; the tag ends the ciphertext. `out` has room for
 * ciphertext.len bytes; *len is the plaintext's. False: wrong length, wrong key or tampered with,
 * and nothing of it is left in `out`. */
MUST_CHECK bool secret_open(const unsigned char key[32], const struct sealed_secret *sealed,
                            unsigned char *out, size_t *len);

/* Answers `rq` once the control plane has answered. */
void node_secret_answer(struct local_request *rq, struct http *http, const struct wire *wire,
                        const char *node_id, const unsigned char key[32], const char *name);

/* {"error":"<text>"} with this status. */
void node_answer_error(struct local_request *rq, int status, const char *text);

#endif
