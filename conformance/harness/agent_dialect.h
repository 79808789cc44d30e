/* harness/agent_dialect.h — the judge's own codec of the two dialects an agent may speak (ruling
 * 1): what a control plane says, and what it hears.
 *
 * State is kept in one shape for both, the members of seed 002: {metadata:{…}, data:[{key,
 * content_type, payload, version, updated_at}], secret_refs:[{key, version}], peers:[{id,
 * public_key, mesh_ip, endpoint, allowed_ips, psk}], policies:[{id, rules}], signing_keys:{current,
 * previous, transition_expires}}. Signatures are Ed25519 by OpenSSL. */
#ifndef HARNESS_AGENT_DIALECT_H
#define HARNESS_AGENT_DIALECT_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"

enum agent_dialect { AGENT_V1, AGENT_MVP };
const char *agent_dialect_name(enum agent_dialect d); /* "v1", "mvp" */

/* ---- signing ---- */

struct signing_pair {
    unsigned char seed[32], public_key[32];
    const char *public_b64;
    const char *id; /* v1's key_id */
};
struct signing_pair *signing_pair_new(struct arena *a, const char *id);
struct signing_pair *signing_pair_of(struct arena *a, const char *id, const unsigned char seed[32]);
/* Base64 of the 64 bytes. */
const char *signing_pair_sign(struct arena *a, const struct signing_pair *k, struct bytes message);

/* ---- events ---- */

struct envelope {
    const char *type, *id, *scope, *key_id, *issued_at;
    const char *nonce;   /* MVP only */
    const char *payload; /* JSON text as it goes over the wire; NULL: the member is left out */
};
/* What is signed. v1: the envelope as sent, without its signature. MVP: the canonical form of
 * plexd-facts 3.5 (texts and times written anew, the payload's white space taken out, < > & and
 * U+2028/9 escaped). */
struct bytes envelope_signed_bytes(struct arena *a, enum agent_dialect d, const struct envelope *e);
/* The line that is sent. `signature` NULL: the member is left out. */
const char *envelope_line(struct arena *a, enum agent_dialect d, const struct envelope *e,
                          const char *signature);

/* ---- answers ---- */

struct dialect_node {
    const char *node_id, *mesh_ip, *nsk; /* nsk as it is sent */
    const struct signing_pair *key;
};
json_t *dialect_register_answer(enum agent_dialect d, const struct dialect_node *n);
json_t *dialect_heartbeat_answer(enum agent_dialect d, int64_t now, bool reconcile,
                                 bool rotate_keys);
json_t *dialect_state_answer(struct arena *a, enum agent_dialect d, const json_t *state,
                             int64_t now);
/* The payload of node_state_updated and node_secrets_updated. */
json_t *dialect_state_payload(struct arena *a, enum agent_dialect d, const char *node_id,
                              const json_t *state);
json_t *dialect_secrets_payload(enum agent_dialect d, const char *node_id, const json_t *refs);

struct sealed {
    unsigned char nonce[12];
    struct bytes ciphertext; /* with its tag */
};
/* AES-256-GCM, no additional data. */
struct sealed dialect_seal(struct arena *a, const unsigned char key[32], const char *plaintext);
/* The body of a secret's answer: JSON in MVP, nonce ‖ ciphertext ‖ tag in v1. */
struct bytes dialect_secret_body(struct arena *a, enum agent_dialect d, const char *key,
                                 int64_t version, struct bytes nonce, struct bytes ciphertext);

/* ---- what an agent sent ---- */

struct sent_report {
    const char *key;
    bool deleted;
    const char *payload; /* compact JSON text, members sorted; NULL when deleted */
    int64_t version;     /* MVP; 0 in v1 */
};
/* The changes one request carries, in order: puts before deletes. `path` and `body` as received.
 * False: this is no report of the dialect, `why` says in what. */
MUST_CHECK bool dialect_reports(struct arena *a, enum agent_dialect d, const char *method,
                                const char *path, struct bytes body, struct sent_report **out,
                                size_t *n, const char **why);

#endif
