/* drift-gates/secret_boundary/classify.h — is a key a knob or a credential?
 *
 * In this order, the first that answers wins: the catalogue, the value's shape, the key's name.
 * A shape is a fact about the value alone (a URL with a password, a private key, a token's prefix);
 * a name is a guess, so a name that says credential over a value that says `true` is undecided, and
 * the catalogue must decide. Values never leave this file but as a reason ("url-userinfo"). */
#ifndef DRIFT_GATES_SECRET_BOUNDARY_CLASSIFY_H
#define DRIFT_GATES_SECRET_BOUNDARY_CLASSIFY_H

#include <jansson.h>

#include "common/base.h"

struct arena;

enum key_class {
    KEY_KNOB,
    KEY_CREDENTIAL,
    KEY_UNDECIDED,
    KEY_ANCHOR, /* public, but must be the right one: verification keys, CA certificates */
};

struct classified {
    enum key_class class;
    const char *why; /* "catalogue", "name", or the shape: "url-userinfo", "pem-private", … */
    bool by_value;   /* the value alone shows it */
};

/* `catalogue` maps keys to "knob", "credential" or "anchor"; NULL: none. `value` NULL: not known
 * (a template, a reference). */
struct classified boundary_classify(struct arena *a, const json_t *data, const json_t *catalogue,
                                    const char *key, const char *value);

/* The shape that makes a value a credential whatever its name, or NULL. */
const char *credential_shape(struct arena *a, const json_t *data, const char *key,
                             const char *value);
/* "url-userinfo" or "conninfo": a URL or connection string that carries a password. */
bool shape_is_url(const char *shape);

/* Lower-case words of a key between single spaces: "minio.secretKey" → "minio secret key". */
const char *key_words(struct arena *a, const char *key);
/* A whole run of words inside `words`. */
bool words_have(const char *words, const char *run);
bool words_end(const char *words, const char *run);

/* Not empty and no reference ({{ }}, $(VAR), ${VAR}, $VAR alone): something that stands there. */
bool is_literal(const char *value);
/* An e-mail or user name beside a password: `siblings` is the mapping the key stands in. */
bool is_companion(struct arena *a, const json_t *data, const char *key, const json_t *siblings);

#endif
