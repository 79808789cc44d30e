/* identity/token.h — the text of an API token and how it comes in (SPEC TOK-*, AUTH-*). Pure but
 * for randomness.
 *
 *     psk_<env>_<32 characters of a-z2-7>        160 random bits */
#ifndef PLEXSPHERE_IDENTITY_TOKEN_H
#define PLEXSPHERE_IDENTITY_TOKEN_H

#include "common/base.h"

struct arena;

/* A run of 1 to 16 lower-case ASCII letters. */
bool token_env_is_valid(const char *env_prefix);

/* A new plaintext; `env_prefix` must be valid. */
char *token_make(struct arena *a, const char *env_prefix);

/* Could this be one of ours? Prefix, segment, alphabet and length; whether it exists is the
 * database's to say. */
bool token_is_shaped(const char *text);

/* SHA-256 of the whole plaintext: what is stored and looked up. */
void token_digest(const char *plaintext, unsigned char out[32]);

/* The credential of an Authorization header: scheme "Bearer" in any case, one or more spaces,
 * then the token up to trailing blanks. NULL when the header is NULL, names another scheme or
 * holds no or several words. Foreign text. */
const char *bearer_of_header(struct arena *a, const char *header);

#endif
