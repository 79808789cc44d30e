/* plexd/wire.h — the two dialects behind one table (ruling 1): wire_v1.c and wire_mvp.c.
 *
 * A codec turns what the agent means into requests and answers into what the agent understands. It
 * sends nothing and keeps nothing: every function is pure but for its arena. */
#ifndef PLEXD_WIRE_H
#define PLEXD_WIRE_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "reference/plexd/http.h"
#include "reference/plexd/identity.h"

/* ---- what the control plane wants of this Node ---- */

struct data_entry {
    const char *key, *content_type;
    struct bytes payload;   /* compact JSON, as received */
    int64_t version;        /* 0: the dialect gave none; the cache counts changes itself */
    const char *updated_at; /* RFC 3339 or "" */
};
struct secret_ref {
    const char *key;
    int64_t version;
};
struct peer {
    const char *id, *public_key, *mesh_ip, *endpoint, *psk;
    const char **allowed_ips;
    size_t n_allowed_ips;
};
struct signing_keys {
    bool present;
    const char *current, *previous;       /* base64; previous "" when there is none */
    const char *current_id, *previous_id; /* v1's key ids; "" in MVP */
    int64_t transition_expires; /* microseconds; 0: none given, previous is never accepted */
};
struct desired {
    struct peer *peers;
    size_t n_peers;
    const char **policy_ids;    /* ascending */
    const char **policy_prints; /* beside each: what changes when its rules change */
    size_t n_policies;
    struct signing_keys signing;
    json_t *metadata; /* object of text; never NULL */
    struct data_entry *data;
    size_t n_data;
    bool has_secret_refs; /* v1 from another control plane may know none (ruling 2) */
    struct secret_ref *secrets;
    size_t n_secrets;
};

/* ---- events ---- */

struct envelope {
    const char *type, *id;
    const char *key_id; /* "" in MVP */
    const char *replay; /* what must not come twice: the id (v1), the nonce (MVP) */
    int64_t issued_at;  /* microseconds */
    bool has_issued_at;
    const char *signature; /* as it came; "" when absent */
    struct bytes signed_bytes;
    struct bytes payload; /* as received */
};

/* ---- reports ---- */

struct report_change {
    const char *key;
    bool deleted;
    const char *content_type; /* of a put */
    struct bytes payload;     /* compact JSON */
    int64_t version;
    const char *updated_at;
};

struct registration_order {
    const char *token, *hostname, *project_id, *resource_handle;
    const json_t *metadata; /* MVP; NULL: none */
    const char *nonce;      /* v1; one per order, the same on each try */
    unsigned char public_key[32];
};

struct heartbeat_facts {
    const char *node_id;
    int64_t now;    /* microseconds */
    int64_t uptime; /* nanoseconds */
    unsigned char binary_checksum[32];
    const char *version;
};
struct heartbeat_reply {
    bool reconcile, rotate_keys;
};

struct correction {
    const char *type, *detail;
};

struct sealed_secret {
    const char *key;
    int64_t version;
    struct bytes nonce;      /* as it came: 12 bytes, or the secret cannot be opened */
    struct bytes ciphertext; /* with its tag of 16 bytes, or it cannot either */
};

struct wire {
    const char *name; /* "v1", "mvp" */

    void (*register_request)(struct arena *a, const struct registration_order *o,
                             struct http_request *out);
    /* Fills all but private_key. Answers are read by these functions only when their status is 2xx.
     */
    bool (*register_answer)(struct arena *a, const struct http_answer *answer, struct identity *out,
                            struct error *e);

    void (*heartbeat_request)(struct arena *a, const struct heartbeat_facts *f,
                              struct http_request *out);
    bool (*heartbeat_answer)(struct arena *a, const struct http_answer *answer,
                             struct heartbeat_reply *out, struct error *e);

    bool (*envelope)(struct arena *a, struct bytes data, struct envelope *out, struct error *e);
    /* Events that carry state: node_state_updated, node_secrets_updated and signing_key_rotated
     * (out->signing.present). Of what the flags deny the cache keeps what it has. False: the
     * payload is not what its type says. */
    bool (*state_of_event)(struct arena *a, const struct envelope *ev, struct desired *out,
                           bool *has_metadata, bool *has_data, bool *has_secrets, struct error *e);
    bool (*state_answer)(struct arena *a, const struct http_answer *answer, struct desired *out,
                         struct error *e);

    /* False, of both: the dialect has no operation for it, nothing is sent. */
    bool (*rotate_request)(struct arena *a, const unsigned char public_key[32],
                           struct http_request *out);
    bool (*drift_request)(struct arena *a, const char *node_id, int64_t now,
                          const struct correction *corrections, size_t n, struct http_request *out);

    void (*secret_request)(struct arena *a, const char *node_id, const char *key,
                           struct http_request *out);
    bool (*secret_answer)(struct arena *a, const char *key, const struct http_answer *answer,
                          struct sealed_secret *out, struct error *e);

    /* How many of the changes one request carries: 1 in v1, all in MVP. */
    size_t report_batch;
    void (*report_request)(struct arena *a, const char *node_id,
                           const struct report_change *changes, size_t n, struct http_request *out);
};
extern const struct wire wire_v1, wire_mvp;

/* Shared paths: "/v1/nodes/<id>/state" and so on; ids are percent-encoded. */
char *wire_node_path(struct arena *a, const char *node_id, const char *rest);

#endif
