/* harness/fake_cp.h — the control plane that a judged agent talks to: correct by default, wrong as
 * the case says (SPEC JAG-*).
 *
 * One per case, on a free loopback port, served by threads of the worker's process. Every request
 * is kept in the order it came. Without a script a request gets the answer of a correct control
 * plane of the case's dialect; below the Node's own path only with the Node's credential.
 *
 * Methods and paths: "@" stands for /v1/nodes/{the Node's id}, "*" for any run of characters; a
 * query is not compared. Waiting ends with the thing waited for or, after a bound, fails the case
 * with what came instead: nothing here sleeps. Texts given here must hold as long as the case. */
#ifndef HARNESS_FAKE_CP_H
#define HARNESS_FAKE_CP_H

#include <jansson.h>

#include "common/base.h"
#include "harness/agent_dialect.h"
#include "harness/http_client.h"

struct world;
struct fake_cp;

struct cp_options {
    enum agent_dialect dialect;
    bool tls;
    const char *nsk; /* as sent; NULL: 32 printable characters in MVP, base64 of 32 bytes in v1 */
};
/* Gone with the case. */
struct fake_cp *cp_start(struct world *w, struct cp_options o);

const char *cp_url(const struct fake_cp *cp);
const char *cp_ca_file(const struct fake_cp *cp); /* "" without TLS */
/* The file of an authority that has signed nothing here. */
const char *cp_other_ca(struct fake_cp *cp);
const char *cp_node_id(const struct fake_cp *cp);
const char *cp_nsk(const struct fake_cp *cp);
const char *cp_project_id(const struct fake_cp *cp);
const char *cp_token(const struct fake_cp *cp); /* the bootstrap token of the case */
enum agent_dialect cp_dialect(const struct fake_cp *cp);
const struct signing_pair *cp_key(const struct fake_cp *cp); /* signs from now on */
void cp_use_key(struct fake_cp *cp, const struct signing_pair *key);
int64_t cp_now(const struct fake_cp *cp); /* microseconds; moves with the agent's clock */
void cp_moved(struct fake_cp *cp, int64_t seconds);

/* ---- what it answers ---- */

struct cp_answer {
    int status;
    const char *body;       /* NULL: none */
    struct bytes raw;       /* instead of body, when there is data */
    const char *media_type; /* default application/json when there is a body */
    struct http_header headers[4];
    bool gzip;   /* the body goes out compressed */
    bool hold;   /* not before cp_release() */
    bool drop;   /* the connection ends without a byte */
    size_t cut;  /* the connection ends after this many bytes of the body; 0: whole */
    bool stream; /* opens the event stream */
    /* cp_always() alone: for requests whose body holds this; others get what another pattern says
     */
    const char *containing;
};
/* Once, after what is queued already; then the standing answer again. */
void cp_once(struct fake_cp *cp, const char *method, const char *path, struct cp_answer answer);
/* From now on. */
void cp_always(struct fake_cp *cp, const char *method, const char *path, struct cp_answer answer);
/* Lets every held answer go, and those to come. */
void cp_release(struct fake_cp *cp);
/* Nothing answers any more: connections end, new ones are reset. And back. */
void cp_offline(struct fake_cp *cp);
void cp_online(struct fake_cp *cp);

/* What the state says from now on (agent_dialect.h); stolen. */
void cp_state(struct fake_cp *cp, json_t *state);
/* One member of it, the rest as it was; stolen. */
void cp_state_member(struct fake_cp *cp, const char *name, json_t *value);
void cp_secret(struct fake_cp *cp, const char *key, const char *plaintext, int64_t version);
/* Literal parts: a tampered ciphertext, a nonce of another length. */
void cp_sealed_secret(struct fake_cp *cp, const char *key, int64_t version, struct bytes nonce,
                      struct bytes ciphertext);
/* The key behind the NSK's text (ruling 7). */
void cp_nsk_key(const struct fake_cp *cp, unsigned char key[32]);

/* ---- what came ---- */

struct cp_request {
    const char *method, *target; /* target: path and query, as received */
    const char *path;            /* without the query */
    const struct http_header *headers;
    size_t n_headers;
    struct bytes body;    /* NUL-terminated, decompressed */
    size_t body_received; /* bytes on the wire */
    bool compressed;
    int status; /* what it was answered; 0: not (yet), or the connection was dropped */
    struct cp_request *next;
};
const char *cp_header(const struct cp_request *r, const char *name); /* NULL when absent */
/* The n-th such request, from 1. */
#define cp_wait(cp, method, path, n) cp_wait_at((cp), (method), (path), (n), __FILE__, __LINE__)
const struct cp_request *cp_wait_at(struct fake_cp *cp, const char *method, const char *path,
                                    size_t n, const char *file, int line);
/* Whether the n-th such request comes within a bound; one that does not fails nothing. */
bool cp_comes(struct fake_cp *cp, const char *method, const char *path, size_t n);
/* Until so many TLS handshakes have failed. */
#define cp_wait_refusals(cp, n) cp_wait_refusals_at((cp), (n), __FILE__, __LINE__)
void cp_wait_refusals_at(struct fake_cp *cp, size_t n, const char *file, int line);
/* Until the last such request has its answer. */
#define cp_wait_answered(cp, method, path)                                                         \
    cp_wait_answered_at((cp), (method), (path), __FILE__, __LINE__)
void cp_wait_answered_at(struct fake_cp *cp, const char *method, const char *path, const char *file,
                         int line);
size_t cp_count(struct fake_cp *cp, const char *method, const char *path);
/* The first such request, or NULL: nothing is waited for. */
const struct cp_request *cp_first(struct fake_cp *cp, const char *method, const char *path);
/* Its body as JSON; fails the case when it is none. Borrowed from the case's arena. */
json_t *cp_json(struct fake_cp *cp, const struct cp_request *r);
/* Every change of every report request, in order, whatever the dialect; only requests answered
 * `status` count (0: all). */
size_t cp_reports(struct fake_cp *cp, int status, struct sent_report **out);
#define cp_wait_reports(cp, status, n) cp_wait_reports_at((cp), (status), (n), __FILE__, __LINE__)
struct sent_report *cp_wait_reports_at(struct fake_cp *cp, int status, size_t n, const char *file,
                                       int line);

/* ---- the event stream ---- */

struct cp_event {
    const char *type;               /* default node_state_updated */
    json_t *payload;                /* stolen; or … */
    const char *payload_text;       /* … as it goes over the wire */
    const char *id, *nonce;         /* NULL: fresh */
    int64_t age_s;                  /* issued so many seconds ago; negative: ahead */
    const char *issued_at;          /* instead, as text */
    const char *signed_payload;     /* signs another payload than is sent */
    const struct signing_pair *key; /* NULL: cp_key() */
    const char *key_id;             /* v1, instead of the key's own */
    const char *signature;          /* literal */
    bool no_type, no_id, no_nonce, no_issued_at, no_payload, no_signature;
    const char *line;   /* this, instead of an envelope */
    const char *sse_id; /* NULL: the running number; "": no id line */
    const char *name;   /* of the event line; NULL: the type */
    bool crlf;          /* lines end so */
    size_t piece;       /* written in pieces of so many bytes; 0: at once */
    bool unfinished;    /* no empty line behind it */
    bool cut;           /* half of it, and the connection is gone */
};
/* Waits for a stream, builds, signs, sends. Returns the envelope's id. */
const char *cp_event(struct fake_cp *cp, struct cp_event event);
/* The frame of the last event, to be sent again as it was. */
struct bytes cp_last_event(const struct fake_cp *cp);
void cp_raw(struct fake_cp *cp, struct bytes bytes, size_t piece);
void cp_end_stream(struct fake_cp *cp); /* a clean end */
void cp_cut_stream(struct fake_cp *cp);
/* Until the n-th stream of this control plane is open. */
#define cp_wait_stream(cp, n) cp_wait_stream_at((cp), (n), __FILE__, __LINE__)
void cp_wait_stream_at(struct fake_cp *cp, size_t n, const char *file, int line);
size_t cp_streams(struct fake_cp *cp); /* how many were opened */
bool cp_stream_is_open(struct fake_cp *cp);

#endif
