/* registration/bootstrap_token.h — the text of a bootstrap token (SPEC BST-*):
 *
 *     psb_<env>_<project>_<kind>_<random>
 *
 * env is 1..32 of a-z, project the 26 base32 characters of the Project's UUID, kind node or bridge,
 * random at least 20 base32 characters. The text is a credential: never log it. */
#ifndef PLEXSPHERE_REGISTRATION_BOOTSTRAP_TOKEN_H
#define PLEXSPHERE_REGISTRATION_BOOTSTRAP_TOKEN_H

#include "common/base.h"
#include "common/uuid.h"

struct arena;

enum bootstrap_kind { BOOTSTRAP_NODE, BOOTSTRAP_BRIDGE };

#define BOOTSTRAP_ENV_MAX 32

/* "node", "bridge". */
const char *bootstrap_kind_text(enum bootstrap_kind kind);
MUST_CHECK bool bootstrap_kind_parse(const char *text, enum bootstrap_kind *out);
MUST_CHECK bool bootstrap_env_valid(const char *text);

struct bootstrap_parts {
    char env[BOOTSTRAP_ENV_MAX + 1];
    struct uuid project;
    enum bootstrap_kind kind;
};

/* Form only: says nothing about whether such a token was ever issued. */
MUST_CHECK bool bootstrap_token_parse(struct arena *a, const char *text,
                                      struct bootstrap_parts *out);

/* A new token text with 160 random bits; arena text. `env` must be valid. */
char *bootstrap_token_make(struct arena *a, const struct bootstrap_parts *parts);

#endif
