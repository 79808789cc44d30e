#include "reference/plexsphere/http/csrf.h"

#include <string.h>

#include "common/text.h"

static bool is_mutation(const char *method)
{
    return text_equal(method, "POST") || text_equal(method, "PUT") || text_equal(method, "PATCH") ||
           text_equal(method, "DELETE");
}

/* CSRF: one allowed Origin or the browser's own word that the request is same-origin; neither
 * header is a mismatch. */
static bool origin_passes(struct request *rq, const struct csrf_config *config)
{
    const char *origin = request_header(rq, "Origin");
    if (text_equal(request_header(rq, "Sec-Fetch-Site"), "same-origin"))
        return true;
    for (size_t i = 0; origin != NULL && i < config->n; i++)
        if (text_equal(origin, config->origins[i]))
            return true;
    return false;
}

static bool token_passes(struct request *rq)
{
    const char *header = request_header(rq, "X-Plexsphere-CSRF");
    const char *cookie = request_cookie(rq, "plexsphere_csrf");
    return header != NULL && cookie != NULL && header[0] != '\0' &&
           strlen(header) == strlen(cookie) &&
           bytes_equal_constant_time(header, cookie, strlen(cookie));
}

struct answer csrf_check(struct request *rq)
{
    const struct csrf_config *config = rq->app->csrf;
    if (!rq->caller.by_cookie || !is_mutation(rq->method))
        return answer_go_on();
    if (config == NULL || config->n == 0)
        return answer_problem(rq, PROBLEM_CSRF_ORIGIN_NOT_CONFIGURED);
    if (!origin_passes(rq, config))
        return answer_problem(rq, PROBLEM_CSRF_ORIGIN_MISMATCH);
    if (!token_passes(rq))
        return answer_problem(rq, PROBLEM_CSRF_TOKEN_MISMATCH);
    return answer_go_on();
}
