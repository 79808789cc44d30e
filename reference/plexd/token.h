/* plexd/token.h — the bootstrap token: where it comes from, and what it must look like (SPEC
 * AGT-*). First of: the configured value, the file, the variable. (A metadata service as a fourth
 * source is not built.) */
#ifndef PLEXD_TOKEN_H
#define PLEXD_TOKEN_H

#include "common/arena.h"
#include "common/base.h"
#include "common/environment.h"
#include "common/error.h"
#include "reference/plexd/config.h"

struct token {
    char *text;       /* wipe with token_wipe() */
    const char *file; /* it came from there; NULL: from elsewhere */
};

/* A missing or blank source falls through to the next; a file that is there and cannot be read
 * does not, nor does a token of more than 512 bytes or with a byte outside 0x20 to 0x7E. */
MUST_CHECK bool token_resolve(struct arena *a, const struct plexd_config *c,
                              const struct environment *env, struct token *out, struct error *e);
void token_wipe(struct token *t);

/* The Project that the token's third part names; NULL when it has no such part. */
const char *token_project(struct arena *a, const char *token);

#endif
