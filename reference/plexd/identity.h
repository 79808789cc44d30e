/* plexd/identity.h — who this Node is, in four files of its data folder (SPEC AGT-*).
 *
 * identity.json (node_id, mesh_ip, signing_public_key, and ours: signing_key_id, dialect),
 * private_key, node_secret_key, signing_public_key: each 0600, written atomically; identity.json
 * last, so that a crash between them leaves "not registered" or a whole identity. */
#ifndef PLEXD_IDENTITY_H
#define PLEXD_IDENTITY_H

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"

struct identity {
    const char *node_id, *mesh_ip;
    const char *nsk;               /* the text as received: the bearer */
    unsigned char nsk_key[32];     /* and the key behind it (ruling 7) */
    unsigned char private_key[32]; /* Curve25519, clamped */
    unsigned char signing_public_key[32];
    const char *signing_key_id; /* "" in the MVP dialect */
    const char *dialect;        /* in which it registered; "" when the files do not say */
};

enum identity_found { IDENTITY_FOUND, IDENTITY_NONE, IDENTITY_CORRUPT };
enum identity_found identity_load(struct arena *a, const char *data_dir, struct identity *out,
                                  struct error *e);
MUST_CHECK bool identity_save(struct arena *a, const char *data_dir, const struct identity *id,
                              struct error *e);
/* After a rotation of the signing key: only its two files. */
MUST_CHECK bool identity_save_signing_key(struct arena *a, const char *data_dir,
                                          const struct identity *id, struct error *e);
/* After a rotation of the Node's own key: only its file. */
MUST_CHECK bool identity_save_private_key(struct arena *a, const char *data_dir,
                                          const unsigned char key[32], struct error *e);
void identity_wipe(struct identity *id);

/* The key behind the text: 32 bytes of text are the key, else it is base64 of 32 (ruling 7). */
MUST_CHECK bool identity_nsk_key(struct arena *a, const char *nsk, unsigned char key[32]);
/* A key pair: 32 random bytes, clamped, and the public half. */
void identity_new_key(unsigned char private_key[32]);
void identity_public_key(const unsigned char private_key[32], unsigned char public_key[32]);
/* base64 of the raw 32 bytes of an Ed25519 key, or of its SubjectPublicKeyInfo (ruling 11). */
MUST_CHECK bool identity_signing_key(struct arena *a, const char *text, unsigned char key[32]);

#endif
