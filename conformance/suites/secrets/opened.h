/* suites/secrets/opened.h — a sealed answer, opened by the judge itself. */
#ifndef SUITES_SECRETS_OPENED_H
#define SUITES_SECRETS_OPENED_H

#include "harness/judge.h"

/* The plaintext of nonce ‖ ciphertext ‖ tag under that NSK (base64 of 32 bytes), without associated
 * data; arena text. Fails the case when the key does not open it. */
const char *opened(struct world *w, struct reply *r, const char *nsk);
/* Whether it does. */
bool opens(struct world *w, struct reply *r, const char *nsk, const char **plain);

#endif
