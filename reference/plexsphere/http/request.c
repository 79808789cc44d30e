#include "reference/plexsphere/http/request.h"

#include <string.h>

#include "common/text.h"

const char *caller_subject_type(const struct caller *c)
{
    switch (c->kind) {
    case CALLER_SERVICE: return "service-identity";
    case CALLER_NODE: return "node";
    case CALLER_NONE:
    case CALLER_USER: break;
    }
    return "user";
}

const char *request_param(const struct request *rq, const char *name)
{
    for (size_t i = 0; i < rq->n_params; i++)
        if (text_equal(rq->param_names[i], name))
            return rq->param_values[i];
    return "";
}

bool request_uuid(const struct request *rq, const char *name, struct uuid *out)
{
    return uuid_parse(request_param(rq, name), out) && !uuid_is_nil(out);
}

struct uuid request_id(const struct request *rq, const char *name)
{
    struct uuid id = { { 0 } };
    if (!request_uuid(rq, name, &id))
        return (struct uuid){ { 0 } };
    return id;
}

const char *request_query(const struct request *rq, const char *name)
{
    return query_get(&rq->query, name);
}

const char *request_header(struct request *rq, const char *name)
{
    return rq->header == NULL ? NULL : rq->header(rq, name);
}

/* RFC 6265 4.2.1: name=value pairs parted by "; ". Surrounding space is let through, values are not
 * decoded. */
const char *request_cookie(struct request *rq, const char *name)
{
    const char *line = request_header(rq, "Cookie");
    if (line == NULL)
        return NULL;
    size_t n;
    char **pairs = text_split(rq->arena, line, ';', &n);
    for (size_t i = 0; i < n; i++) {
        char *pair = text_trim(rq->arena, pairs[i]);
        char *equals = strchr(pair, '=');
        if (equals == NULL)
            continue;
        *equals = '\0';
        if (text_equal(pair, name))
            return equals + 1;
    }
    return NULL;
}
