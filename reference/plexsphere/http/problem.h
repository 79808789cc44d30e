/* http/problem.h — every Problem the control plane can answer, made in one place (SPEC PRB-*).
 *
 * The enum and its table are generated from conformance/contract/problem-codes.json:
 * PROBLEM_DOMAIN_NOT_FOUND for code domain_not_found. A code that the catalogue lists under two
 * statuses has one name per status (PROBLEM_BLUEPRINT_NOT_FOUND_404, …_422). Rows the contract
 * leaves without a code are answered by the codeless ones below: `unnamed` is never emitted. */
#ifndef PLEXSPHERE_HTTP_PROBLEM_H
#define PLEXSPHERE_HTTP_PROBLEM_H

#include <jansson.h>

#include "common/base.h"

struct arena;

enum problem {
    PROBLEM_NONE,
    PROBLEM_BAD_REQUEST,        /* 400 without a code */
    PROBLEM_NOT_FOUND,          /* 404 without a code */
    PROBLEM_METHOD_NOT_ALLOWED, /* 405 without a code */
    PROBLEM_CONFLICT,           /* 409 without a code */
    PROBLEM_UNPROCESSABLE,      /* 422 without a code */
    PROBLEM_SERVER_ERROR,       /* 500 without a code */
#define PROBLEM_ROW(name, status, code, slug, title) name,
#include "problem_codes.gen.def"
#undef PROBLEM_ROW
    PROBLEM_COUNT
};

struct problem_row {
    int status;
    const char *code; /* NULL: codeless */
    const char *slug; /* type = https://plexsphere.com/errors/<slug> */
    const char *title;
};
const struct problem_row *problem_row(enum problem p);

/* {type,title,status,detail,instance,code?}; `detail` NULL gives a fixed sentence. The caller may
 * add members. */
json_t *problem_body(enum problem p, const char *detail, const char *instance);

#endif
