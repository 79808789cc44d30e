/* http/operation.h — an operation is a row, and the row tells its whole story (SPEC ORD-*).
 *
 * Method, path and security come from the contract (operations.gen.def, made from operations.json),
 * so a row names its operation by id. Whatever has no row answers its 501. One interpreter
 * (pipeline.c) walks the row's steps; the first step that answers ends the request. Handlers repeat
 * no step. */
#ifndef PLEXSPHERE_HTTP_OPERATION_H
#define PLEXSPHERE_HTTP_OPERATION_H

#include "common/base.h"
#include "reference/plexsphere/http/answer.h"
#include "reference/plexsphere/http/problem.h"

struct request;

enum operation_id {
#define OPERATION_ROW(id, method, path, security, unprovisioned) OP_##id,
#define DIALECT_ROW OPERATION_ROW /* the MVP dialect's own, which are not published */
#include "operations.gen.def"
#undef DIALECT_ROW
#undef OPERATION_ROW
    OPERATION_COUNT
};

enum step {
    STEP_END,
    STEP_PROVISIONED,  /* 501 while the surface, or this row's part of it, is off */
    STEP_AUTHENTICATE, /* 401 by the row's class */
    STEP_CSRF,         /* 403 for cookie mutations */
    STEP_PATH,         /* path ids: the row's `path` rules, left to right */
    STEP_QUERY,        /* limit, cursor and the row's `query` hook */
    STEP_LIMIT,        /* the row's `limit` hook: 429 before anything is looked up */
    STEP_LOAD, /* the row's `load` hook: row-first operations read before they ask for permission */
    STEP_PERMISSION, /* relations; a denial is audited first, then answered 403 */
    STEP_GRANT,      /* the granted decision is audited and committed at once, whatever comes of it;
                        handling then audits nothing */
    STEP_SIZE,   /* body over the cap: 413, or the row's `too_large`; rows without `decode` take no
                    body */
    STEP_DECODE, /* the row's `decode` hook; the body as strict JSON is in rq->json */
    STEP_HANDLE, /* validate, exists, state: the service's own order, behind `handle`, in the row's
                    transaction */
};
extern const enum step
    STEPS_GATE_FIRST[]; /* provisioned authenticate csrf path query permission size decode handle */
extern const enum step
    STEPS_DECODE_FIRST[]; /* … query size decode permission handle (CreateProject) */
extern const enum step STEPS_LIMIT_FIRST[]; /* … authenticate limit load permission grant query
                                               handle (GetNodeSecret) */
extern const enum step STEPS_ROW_FIRST[];   /* … query load permission size decode handle */
extern const enum step
    STEPS_GATE_BEFORE_PATH[];             /* provisioned authenticate csrf permission path … */
extern const enum step STEPS_ANONYMOUS[]; /* provisioned path query size decode handle */

enum auth_class {
    AUTH_NONE,
    AUTH_OPERATOR,         /* session cookie or bearer */
    AUTH_OPERATOR_BEARER,  /* bearer only */
    AUTH_NODE,             /* NSK; the ladder of node-surfaces 0.3 */
    AUTH_NODE_OR_OPERATOR, /* an operator, or a Node as the subject node:<id>; never by cookie alone
                              a Node */
};

/* What the caller must hold. `object` names a path parameter whose UUID is the object id; NULL with
 * type "platform" is the platform; NULL otherwise means the hook fills it (decode or load set
 * rq->object). */
struct permission {
    const char *type;     /* "domain"; NULL: no gate (row-filtered lists, self-only operations) */
    const char *relation; /* "manage" */
    const char *object;   /* "domain_id" */
};

struct path_rule {
    const char *param; /* "domain_id" */
    enum problem
        invalid; /* answered when it is not a non-nil UUID; PROBLEM_NONE: not checked here */
};

struct operation {
    enum operation_id id;
    enum auth_class auth;
    struct permission permission;
    const char *audit; /* the relation label of a granted decision; NULL: grants are not audited */
    const enum step *steps;
    struct path_rule path[4];
    bool writes;     /* the request runs in one transaction, committed when the answer is < 400 */
    bool paged;      /* STEP_QUERY reads limit and cursor into rq->page */
    size_t body_cap; /* 0: 64 KiB (ruling 3) */
    enum problem too_large;   /* PROBLEM_NONE: 413 request_body_too_large */
    enum problem undecodable; /* PROBLEM_NONE: 400 invalid_body; not JSON, or not an object */
    enum problem
        denied; /* PROBLEM_NONE: 403 PermissionDenied; else answered in its place (404 collapse) */
    bool body_optional;  /* an empty body leaves rq->json NULL */
    bool raw_body;       /* `decode` reads rq->body itself; rq->json stays NULL */
    enum problem failed; /* PROBLEM_NONE: 500 internal */
    bool denied_alike; /* every denial reads insufficient_relation without a path, so that a caller
                          cannot tell what exists from what does not */
    /* A gzip-coded body is taken from anyone; from Nodes of the MVP dialect it always is. */
    bool gzip;
    bool (*provisioned)(const void *state); /* NULL: on with its surface */
    struct answer (*limit)(struct request *rq);
    struct answer (*query)(struct request *rq);
    struct answer (*load)(struct request *rq);
    struct answer (*decode)(struct request *rq);
    struct answer (*handle)(struct request *rq); /* a row always has one */
    /* Answers in the place of 5xx while the datastore is gone; NULL: those stay. */
    struct answer (*outage)(struct request *rq);
};

/* Facts of the contract about an operation. */
enum { BODY_CAP_DEFAULT = 64 * 1024 };

struct operation_facts {
    const char *name;   /* "CreateProject" */
    const char *method; /* "POST" */
    const char *path;   /* "/v1/projects" */
    unsigned security;  /* SECURITY_* bits; 0: none */
    enum problem unprovisioned;
};
enum { SECURITY_BEARER = 1, SECURITY_COOKIE = 2, SECURITY_NSK = 4 };
const struct operation_facts *operation_facts(enum operation_id id);

#endif
