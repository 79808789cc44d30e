/* events/signing_keys.h — the Ed25519 keys that sign events (ruling 11, SPEC KEY-*).
 *
 * There is one chain of keys for the platform, and one for each Domain that has keys of its own: it
 * got them when it was made (PLEXSPHERE_SIGNING_SCOPE=domain) or when it was rotated away from the
 * platform's. The last key of a chain signs; the one before it is accepted beside it for
 * SIGNING_TRANSITION. Seeds are sealed at rest.
 *
 * signing_store.c has the SQL. */
#ifndef PLEXSPHERE_EVENTS_SIGNING_KEYS_H
#define PLEXSPHERE_EVENTS_SIGNING_KEYS_H

#include "common/base.h"
#include "common/timestamp.h"
#include "common/uuid.h"
#include "reference/plexsphere/env_read.h"
#include "reference/plexsphere/registration/config.h"
#include "reference/plexsphere/store/db.h"

/* KEY-009: how long Nodes accept the key before the current one. */
#define SIGNING_TRANSITION (3600 * MICROS_PER_SECOND)

#define SIGNING_KEY_ROTATED "signing_key_rotated"

/* app->signing: what the environment says, and the key that seals seeds. */
struct signing {
    enum signing_scope scope;
    bool has_seed; /* without one nothing is signed */
    unsigned char seed[32];
    unsigned char public_key[32]; /* the platform's, as Nodes are told at registration */
    const char *key_id;           /* NULL: not configured */
    unsigned char seal_key[32];   /* HKDF of the NSK wrap key */
};

/* Reads what registration reads, by the same rules. */
enum configured production_signing_config_from_env(struct arena *a, const struct environment *env,
                                                   struct signing *out, struct error *e);

struct signing_key {
    const char *key_id;
    unsigned char public_key[32];
};

/* What a Node of the Domain may be told: the key that signs, and the one before it while the
 * transition lasts. */
struct signing_keys {
    struct signing_key current;
    bool in_transition;
    struct signing_key previous; /* in transition only … */
    int64_t transition_expires;  /* … as this */
};
MUST_CHECK enum sql_result signing_keys_of_domain(struct tx *tx, const struct signing *s,
                                                  const struct uuid *domain, int64_t now,
                                                  struct signing_keys *out);

/* The key that signs this Domain, for a Node that registers; a Domain that ought to have its own
 * gets it here if need be. tx is writing. */
MUST_CHECK enum sql_result signing_key_for_node(struct tx *tx, const struct signing *s,
                                                const struct uuid *domain, int64_t now,
                                                struct signing_key *out);

/* A Domain was made in this transaction: KEY-003, its key is made with it where the scope says so.
 * `s` NULL (a command that has no keys): then it is made when it is first needed. */
MUST_CHECK enum sql_result signing_domain_made(struct tx *tx, const struct signing *s,
                                               const struct uuid *domain, int64_t now);

/* The configured platform key becomes the current one unless it is, or was before. */
MUST_CHECK enum sql_result signing_take_up(struct tx *tx, const struct signing *s, int64_t now);

/* A new key for the Domain, or for the platform (NULL). The old one signs the event that tells of
 * it. SQL_CHECK: there is no old key. tx is writing. */
MUST_CHECK enum sql_result signing_rotate(struct tx *tx, const struct signing *s,
                                          const struct uuid *domain, int64_t now,
                                          struct signing_keys *out);

/* For the publisher: every key that may sign for a Domain. */
struct key_ring;
MUST_CHECK enum sql_result key_ring_load(struct tx *tx, const struct signing *s,
                                         const struct uuid *domain, int64_t now,
                                         struct key_ring **out);
/* The key of one outbox row; false when its seed cannot be opened. */
MUST_CHECK bool key_ring_choose(struct arena *a, const struct signing *s,
                                const struct key_ring *ring, int64_t event, const char *type,
                                int64_t now, struct signing_key *key, unsigned char seed[32]);

/* One at a time, until the transaction ends: publishers, and whoever changes keys. */
MUST_CHECK enum sql_result publisher_lock(struct tx *tx);

#endif
