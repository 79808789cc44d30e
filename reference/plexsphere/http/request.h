/* http/request.h — one request on its way through the pipeline. Lives on its own arena, one thread.
 */
#ifndef PLEXSPHERE_HTTP_REQUEST_H
#define PLEXSPHERE_HTTP_REQUEST_H

#include <jansson.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/url.h"
#include "common/uuid.h"
#include "reference/plexsphere/app.h"
#include "reference/plexsphere/http/answer.h"
#include "reference/plexsphere/http/operation.h"
#include "reference/plexsphere/store/db.h"

enum caller_kind { CALLER_NONE, CALLER_USER, CALLER_SERVICE, CALLER_NODE };

/* The principal behind a bearer or a cookie; CALLER_NODE only on rows of AUTH_NODE_OR_OPERATOR,
 * where it is the Node of rq->node. */
struct caller {
    enum caller_kind kind;
    struct uuid id; /* the identity */
    bool platform_scope;
    struct uuid domain_id; /* nil with platform scope */
    const char *email;     /* NULL when unknown */
    bool by_cookie;        /* then CSRF applies */
};
/* "user", "service-identity" or "node": the subject type in relations and the kind in pseudonyms.
 */
const char *caller_subject_type(const struct caller *c);

/* The Node behind an NSK. */
struct node_caller {
    bool present;
    struct uuid node_id, domain_id, project_id;
    struct uuid nsk_id; /* of the key that was shown */
    bool nsk_retiring;  /* that key was replaced and is in its overlap */
    bool mvp;           /* speaks the MVP dialect (ruling 1) */
};

struct page {
    int limit;          /* 1..200 */
    const char *cursor; /* NULL: first page */
};

struct object_ref {
    const char *type; /* "domain", "project", "platform" */
    struct uuid id;   /* nil for the platform */
};

struct request {
    struct arena *arena;
    struct app *app;
    const struct operation *op; /* NULL on an unbuilt operation */
    const void *state;          /* of the operation's surface (surface.h) */
    struct tx *tx;
    int64_t now;             /* microseconds; one value for the whole request */
    char correlation_id[27]; /* ULID text */

    const char *method;
    const char *path;   /* as received, without the query: the Problem's `instance` */
    const char *remote; /* peer address, numeric */
    struct query query;
    struct bytes body;
    bool body_too_large; /* more came than the cap */
    json_t *json;        /* after STEP_DECODE; owned by the arena */

    struct caller caller;
    struct node_caller node;
    struct page page;
    /* what STEP_PERMISSION asks about; set by hooks when the row leaves it open */
    struct object_ref object;

    /* An audited decision about an object other than a Domain, a Project or the platform joins the
     * chain of this Domain; set by load, decode or handle. NULL: found from the object. */
    const struct uuid *audit_domain;
    /* of the granted permission; owned by the arena; NULL without a gate */
    json_t *relation_path;
    bool grant_audited; /* STEP_GRANT wrote the row that handling would write */

    void *loaded; /* the `load` hook's row */
    void *input;  /* the `decode` hook's value */

    const char *param_names[4];
    const char *param_values[4]; /* decoded */
    size_t n_params;
    const char *(*header)(struct request *rq, const char *name); /* NULL when absent */
    void *transport;
};

/* A path parameter's text; never NULL for a name of the operation's own path. */
const char *request_param(const struct request *rq, const char *name);
/* Valid after STEP_PATH checked it, or returns false. */
bool request_uuid(const struct request *rq, const char *name, struct uuid *out);
/* As above for parameters that a path rule has checked. */
struct uuid request_id(const struct request *rq, const char *name);
const char *request_query(const struct request *rq, const char *name);
const char *request_header(struct request *rq, const char *name);
/* A cookie's value, exactly as sent; NULL when there is none of that name. Arena. */
const char *request_cookie(struct request *rq, const char *name);

#endif
