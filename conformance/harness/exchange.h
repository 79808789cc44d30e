/* harness/exchange.h — a request and its answer, between judge.h (what cases say) and http_client.h
 * (what is sent). */
#ifndef HARNESS_EXCHANGE_H
#define HARNESS_EXCHANGE_H

#include "common/error.h"
#include "harness/contract.h"
#include "harness/http_client.h"
#include "harness/judge.h"

struct exchange {
    struct reply reply; /* first: a reply's address is its exchange's */
    struct world *w;
    const char *method, *path;
    struct ask ask;
    const struct contract_operation *op; /* NULL: no operation of the contract, or MVP */
    const json_t *dialect;               /* NULL: no operation of the MVP dialect */
    bool judged;
    bool setup;   /* a set-up request of the world */
    int expected; /* the status hoped for; 0: any */

    bool sent;
    bool unsent; /* it could not even be sent: our fault, not the target's */
    enum http_result result;
    struct error error;       /* why there is no answer */
    const char *request_path; /* with the profile's base path, without the query */
    struct http_answer answer;
    struct error not_json;         /* why the body could not be read as JSON */
    const struct sending *sending; /* between exchange_describe() and exchange_answered() */
    bool leaks;                    /* the answer holds a secret it was not asked to issue */
};

/* Sends it once; a second call changes nothing. Learns the secrets of the answer, tells the worker
 * what was seen and adds the transcript. False: no answer came, and `error` says why. */
bool exchange_send(struct exchange *x);
#define EXCHANGES_AT_ONCE 16
/* The same for several that are under way at once; those sent before are left as they are. */
void exchanges_send(struct exchange *const *xs, size_t n);
struct exchange *exchange_of(struct reply *r);
/* The same in two halves, for an answer that goes on: what is to be sent (false: nothing can be,
 * and `error` says why), then what came. The answer's body is filled in as it comes. */
bool exchange_describe(struct exchange *x, struct http_request *out);
void exchange_answered(struct exchange *x, enum http_result result);

/* "POST /v1/register", short enough for a message and without secrets. */
const char *exchange_title(const struct exchange *x);
/* "201", "403 token_consumed": what came. */
const char *exchange_outcome(const struct exchange *x);
/* A set-up request: its answer must have this status, or the case fails with "set-up: …" (broken
 * while the target was never heard of). None of the contract's rules is judged. In judge.c. */
struct reply *exchange_set_up(struct exchange *x, int status);
/* The answer's Problem code, or NULL. */
const char *exchange_code(const struct exchange *x);

#endif
