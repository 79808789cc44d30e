#include "reference/plexsphere/http/problem.h"

#include "common/base.h"

static const struct problem_row rows[PROBLEM_COUNT] = {
    [PROBLEM_NONE] = { 500, NULL, "internal", "Internal error" },
    [PROBLEM_BAD_REQUEST] = { 400, NULL, "bad-request", "Bad request" },
    [PROBLEM_NOT_FOUND] = { 404, NULL, "not-found", "Not found" },
    [PROBLEM_METHOD_NOT_ALLOWED] = { 405, NULL, "method-not-allowed", "Method not allowed" },
    [PROBLEM_CONFLICT] = { 409, NULL, "conflict", "Conflict" },
    [PROBLEM_SERVER_ERROR] = { 500, NULL, "internal", "Internal server error" },
    [PROBLEM_UNPROCESSABLE] = { 422, NULL, "unprocessable", "Unprocessable content" },
#define PROBLEM_ROW(name, status_, code_, slug_, title_) [name] = { status_, code_, slug_, title_ },
#include "problem_codes.gen.def"
#undef PROBLEM_ROW
};

const struct problem_row *problem_row(enum problem p)
{
    return &rows[(unsigned)p < PROBLEM_COUNT ? p : PROBLEM_NONE];
}

/* PRB: 5xx details are fixed words that reveal nothing of what lies behind. */
static const char *fixed_detail(int status)
{
    switch (status) {
    case 401: return "The request carries no credential that names a caller.";
    case 403: return "The caller may not do this.";
    case 404: return "There is nothing at this address.";
    case 405: return "This address does not take that method.";
    case 409: return "The current state does not allow this.";
    case 413: return "The request body is larger than this operation takes.";
    case 422: return "The values sent cannot be applied together.";
    case 500: return "The server could not complete the request.";
    case 501: return "This surface is not provisioned on this server.";
    case 502: return "A service behind this one answered wrongly; try again later.";
    case 503: return "A service behind this one is unavailable; try again shortly.";
    case 504: return "A service behind this one did not answer in time; try again shortly.";
    default: return "The request cannot be served as it was sent.";
    }
}

json_t *problem_body(enum problem p, const char *detail, const char *instance)
{
    const struct problem_row *row = problem_row(p);
    json_t *body = json_object();
    json_object_set_new(body, "type", json_sprintf("https://plexsphere.com/errors/%s", row->slug));
    json_object_set_new(body, "title", json_string(row->title));
    json_object_set_new(body, "status", json_integer(row->status));
    json_object_set_new(body, "detail",
                        json_string(detail == NULL ? fixed_detail(row->status) : detail));
    /* The path is echoed as received, still percent-coded; a byte that is no UTF-8 leaves the root.
     */
    json_t *where = json_string(instance == NULL ? "/" : instance);
    json_object_set_new(body, "instance", where == NULL ? json_string("/") : where);
    if (row->code != NULL)
        json_object_set_new(body, "code", json_string(row->code));
    return body;
}
