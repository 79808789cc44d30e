/* harness/judge.h — asking and judging.
 *
 * get(), post(), … describe a request; it is sent when accept(), refuse() or send() asks for its
 * answer.
 *
 *     accept(post(w, "/v1/domains", .as = w->platform_manager, .json = body), 201);          the
 * twin refuse(judged(post(w, "/v1/domains", .as = w->platform_manager, .json = bad)), 400,
 * "invalid_domain");
 *
 * Every answer is judged against the contract whatever the case asks: the status is one the
 * operation lists (or a global one), media type, required headers, the body against its schema, and
 * the Problem rules. A refusal counts only with the expected status and code. `code` NULL: the
 * contract names none. A code whose catalogue row is not `named` is asserted only on targets that
 * claim `rulings`. A failed assertion ends the case (longjmp to the worker).
 *
 * judged() marks the request an impostor or wire mutant may answer. Each case has at least one,
 * unless CASE_UNJUDGED. */
#ifndef HARNESS_JUDGE_H
#define HARNESS_JUDGE_H

#include <jansson.h>

#include "common/base.h"
#include "harness/world.h"

struct agent;

struct ask_header {
    const char *name, *value; /* name NULL ends the list */
};

struct ask {
    const struct credential *as; /* NULL: no credential */
    const char *bearer;          /* a literal bearer instead of `as` */
    json_t *json;                /* body; the reference is stolen */
    struct bytes raw;            /* or a body as it is */
    const char *media_type;      /* default application/json when there is a body */
    struct ask_header headers[6];
    bool mvp;             /* the Node speaks the MVP dialect: no published schema applies */
    const char *base_url; /* another target than the world's (posture) */
    int timeout_ms;       /* 0: the profile's */
    struct agent *agent;  /* its node API instead of the target; refuse()'s code is then the text of
                             `error` */
    bool tcp;             /* over its TCP listener instead of its socket */
    int uid;              /* connect to its socket as this user */
};

struct reply {
    int status;
    const char *media_type; /* without parameters, lower case; "" when absent */
    struct bytes body;      /* as received */
    json_t *json;           /* NULL when the body is not JSON */
    const char *operation;  /* operationId the request was matched to; NULL: none */
    int64_t elapsed_us;
};
const char *reply_header(const struct reply *r, const char *name); /* NULL when absent */

struct exchange;

/* `path` may carry a query; it is sent as it is (encode what needs it). */
struct exchange *exchange_new(struct world *w, const char *method, const char *path,
                              struct ask ask);
#define get(w, path, ...) exchange_new((w), "GET", (path), (struct ask){ __VA_ARGS__ })
#define post(w, path, ...) exchange_new((w), "POST", (path), (struct ask){ __VA_ARGS__ })
#define put(w, path, ...) exchange_new((w), "PUT", (path), (struct ask){ __VA_ARGS__ })
#define patch(w, path, ...) exchange_new((w), "PATCH", (path), (struct ask){ __VA_ARGS__ })
#define delete_(w, path, ...) exchange_new((w), "DELETE", (path), (struct ask){ __VA_ARGS__ })
/* printf into the world's arena: path(w, "/v1/domains/%s", id). */
char *path(struct world *w, const char *format, ...) PRINTF_LIKE(2, 3);

struct exchange *judged(struct exchange *x);

/* A macro, and not a function called accept: that name belongs to the sockets of every library in
 * this program. Include <sys/socket.h> before this header, never after. */
struct reply *judge_accept(struct exchange *x, int status);
#define accept(x, status) judge_accept((x), (status))
struct reply *refuse(struct exchange *x, int status, const char *code);
/* 403 PermissionDenied with its reason, correlation_id and code permission_denied. */
struct reply *refuse_permission(struct exchange *x, const char *reason); /* reason NULL: any */
/* One of several statuses that the contract leaves open; ends with 0. The code is not asserted. */
struct reply *refuse_any(struct exchange *x, const int *statuses);
/* The answer whatever it is, still judged by the contract's general rules. */
struct reply *send_and_judge(struct exchange *x);
/* The raw answer, nothing judged: for asking whether something is there at all. False when no
 * answer came. */
bool send_quietly(struct exchange *x, struct reply **out);
/* Races: sends all of them at once, each over a connection of its own, and returns when all have
 * ended. Then accept(), refuse() or send_and_judge() judge the answer of each (its status says who
 * won). At most 16. */
void send_together(struct exchange *const *xs, size_t n);

/* Assertions on what came back; `pointer` is a JSON pointer. */
const char *expect_text(struct reply *r,
                        const char *pointer); /* must be there and text; returned */
int64_t expect_int(struct reply *r, const char *pointer);
json_t *expect_member(struct reply *r, const char *pointer);
void expect_absent(struct reply *r, const char *pointer);
void expect_equal(struct reply *r, const char *pointer, const char *text);
void expect_header(struct reply *r, const char *name, const char *value); /* value NULL: any */
#define expect(w, condition, ...)                                                                  \
    ((condition) ? (void)0 : fail_case((w), __FILE__, __LINE__, __VA_ARGS__))
void fail_case(struct world *w, const char *file, int line, const char *format, ...) NO_RETURN
    PRINTF_LIKE(4, 5);
/* The case cannot be judged here: a hook is missing, a feature is off. Counted as unsupported, by
 * name. */
void unsupported(struct world *w, const char *format, ...) NO_RETURN PRINTF_LIKE(2, 3);
/* Something of ours broke (not the target): counted as harness-broken, exit 3. */
void broken(struct world *w, const char *format, ...) NO_RETURN PRINTF_LIKE(2, 3);

#endif
