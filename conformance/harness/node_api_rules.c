/* harness/node_api_rules.c — what every answer of an agent's Local Node API keeps (SPEC JAG-005,
 * seed 002). */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "harness/agent.h"
#include "harness/exchange.h"

/* The seed gives no shape to what its routes do not reach. */
static bool is_route(const struct exchange *x)
{
    static const char *const lists[] = { "/v1/state", "/v1/state/metadata", "/v1/state/data",
                                         "/v1/state/secrets", "/v1/state/report" };
    static const char *const items[] = { "/v1/state/metadata/", "/v1/state/data/",
                                         "/v1/state/secrets/", "/v1/state/report/" };
    const char *path = x->request_path;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        if (text_equal(path, lists[i]))
            return text_equal(x->method, "GET");
    for (size_t i = 0; i < ARRAY_LEN(items); i++)
        if (text_starts(path, items[i]) && strchr(path + strlen(items[i]), '/') == NULL)
            return text_equal(x->method, "GET") || text_equal(items[i], "/v1/state/report/");
    return false;
}

static bool error_body(const json_t *body, struct error *e)
{
    const char *text = json_text(body, "error");
    if (text == NULL || text[0] == '\0')
        return error_set(e, "an error without {\"error\": \"…\"}");
    return json_object_size(body) == 1 || error_set(e, "an error with more members than error");
}

bool node_api_rules_hold(const struct exchange *x, struct error *e)
{
    static const int allowed[] = { 200, 204, 400, 401, 403, 404, 405, 409, 500, 503 };
    const struct reply *r = &x->reply;
    size_t i = 0;
    while (i < ARRAY_LEN(allowed) && allowed[i] != r->status)
        i++;
    bool unclean = r->status == 301 || r->status == 307 || r->status == 308;
    if (!is_route(x) || r->status == 405)
        return true;
    if (i == ARRAY_LEN(allowed))
        return unclean || error_set(e, "no status of the node API");
    if (r->status == 204)
        return r->body.len == 0 || error_set(e, "a body with status 204");
    if (!text_equal(r->media_type, "application/json"))
        return error_set(e, "media type is \"%.80s\", expected application/json", r->media_type);
    if (r->json == NULL)
        return error_set(e, "the body is no JSON: %s", x->not_json.text);
    return r->status < 400 || error_body(r->json, e);
}
