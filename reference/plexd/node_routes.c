#include "reference/plexd/node_routes.h"

#include <stdio.h>
#include <string.h>

#include "common/buffer.h"
#include "common/json.h"
#include "common/log.h"
#include "common/text.h"
#include "common/url.h"
#include "reference/plexd/node_auth.h"
#include "reference/plexd/node_secret.h"

enum { SEGMENTS_MOST = 5 };

struct route {
    const char *name;                   /* the third segment; "" is /v1/state itself */
    const char *allow_list, *allow_key; /* NULL: no such path */
    struct buffer (*list)(struct node_api *n, struct arena *a);
    void (*get)(struct node_api *n, struct local_request *rq, const char *key);
    bool secret, report;
};

static void answer_buffer(struct local_request *rq, const struct buffer *b)
{
    local_answer(rq, &(struct local_answer){ .status = 200,
                                             .body = { (unsigned char *)b->data, b->len } });
}

static void answer_entry(struct local_request *rq, const struct data_entry *entry)
{
    if (entry == NULL) {
        node_answer_error(rq, 404, "not found");
        return;
    }
    struct buffer b = node_render_entry(entry, rq->a);
    answer_buffer(rq, &b);
}

static void get_metadata(struct node_api *n, struct local_request *rq, const char *key)
{
    const char *value = json_text(cache_metadata(n->o.cache), key);
    if (value == NULL) {
        node_answer_error(rq, 404, "not found");
        return;
    }
    struct buffer b = node_render_pair(key, value, rq->a);
    answer_buffer(rq, &b);
}

static void get_data(struct node_api *n, struct local_request *rq, const char *key)
{
    answer_entry(rq, cache_data_find(n->o.cache, key));
}

static void get_secret(struct node_api *n, struct local_request *rq, const char *key)
{
    node_secret_answer(rq, n->o.http, n->o.wire, n->node_id, n->o.identity->nsk_key, key);
}

static void get_report(struct node_api *n, struct local_request *rq, const char *key)
{
    answer_entry(rq, reports_find(n->o.reports, key));
}

#define READ "GET, HEAD"
static const struct route routes[] = {
    { "", READ, NULL, node_render_summary, NULL, false, false },
    { "metadata", READ, READ, node_render_metadata, get_metadata, false, false },
    { "data", READ, READ, node_render_data, get_data, false, false },
    { "secrets", READ, READ, node_render_secrets, get_secret, true, false },
    { "report", READ, READ ", PUT, DELETE", node_render_reports, get_report, false, true },
};

/* ---- the path ---- */

struct segments {
    char *part[SEGMENTS_MOST];
    size_t n;
};

/* API-015: split first, decoded after: %2F is part of a key, never a separator. False: an escape is
 * bad or NUL; what could be decoded is there. */
static bool split(struct arena *a, const char *path, struct segments *out)
{
    bool ok = true;
    *out = (struct segments){ .n = 0 };
    while (*path == '/' && out->n < SEGMENTS_MOST) {
        size_t len = strcspn(path + 1, "/");
        if (!url_decode(a, path + 1, len, &out->part[out->n])) {
            out->part[out->n] = arena_strdup(a, "");
            ok = false;
        }
        out->n++;
        path += len + 1;
    }
    return ok;
}

static const struct route *route_of(const struct segments *s)
{
    if (s->n < 2 || s->n > 4 || !text_equal(s->part[0], "v1") || !text_equal(s->part[1], "state"))
        return NULL;
    if (s->n == 2)
        return &routes[0];
    for (size_t i = 1; i < ARRAY_LEN(routes); i++)
        if (text_equal(routes[i].name, s->part[2]))
            return &routes[i];
    return NULL;
}

/* ---- who asks ---- */

static bool may_read_secrets(const struct node_api *n, struct local_request *rq)
{
    struct arena *a = rq->a;
    uid_t uid;
    gid_t gid;
    if (rq->tcp || !n->guard_secrets || node_peer_may_read_secrets(rq->fd, &uid, &gid))
        return true;
    log_line(LOG_WARN, "secret access denied", "component", "nodeapi", "uid",
             arena_printf(a, "%ld", (long)(int32_t)uid), "gid",
             arena_printf(a, "%ld", (long)(int32_t)gid), "path", rq->path, NULL);
    return false;
}

/* ---- one request ---- */

static void wrong_method(struct local_request *rq, const char *allow)
{
    static const char body[] = "{\"error\":\"method not allowed\"}\n";
    local_answer(rq,
                 &(struct local_answer){ .status = 405,
                                         .body = { (const unsigned char *)body, sizeof body - 1 },
                                         .allow = allow });
}

static bool is_read(const struct local_request *rq)
{
    return text_equal(rq->method, "GET") || text_equal(rq->method, "HEAD");
}

static void handle_key(struct node_api *n, struct local_request *rq, const struct route *r,
                       const char *key)
{
    if (r->report && !report_key_valid(key))
        node_answer_error(rq, 400, "invalid report key");
    else if (*key == '\0')
        node_answer_error(rq, 404, "not found");
    else if (is_read(rq))
        r->get(n, rq, key);
    else if (r->report && text_equal(rq->method, "PUT"))
        node_report_put(n, rq, key);
    else if (r->report && text_equal(rq->method, "DELETE"))
        node_report_delete(n, rq, key);
    else
        wrong_method(rq, r->allow_key);
}

static void handle_list(struct node_api *n, struct local_request *rq, const struct route *r)
{
    if (!is_read(rq)) {
        wrong_method(rq, r->allow_list);
        return;
    }
    struct buffer b = r->list(n, rq->a);
    answer_buffer(rq, &b);
}

static bool is_probe(const char *path)
{
    return text_equal(path, "/healthz") || text_equal(path, "/readyz");
}

static void handle_probe(struct local_request *rq)
{
    static const char body[] = "{\"status\":\"ok\"}\n";
    if (!is_read(rq))
        wrong_method(rq, READ);
    else
        local_answer(rq,
                     &(struct local_answer){
                         .status = 200, .body = { (const unsigned char *)body, sizeof body - 1 } });
}

/* Probes, then the bearer, then the path, then the peer, then the method: nobody learns of a route
 * without the right to it. */
void node_routes_handle(void *self, struct local_request *rq)
{
    struct node_api *n = self;
    struct segments s;
    if (is_probe(rq->path)) {
        handle_probe(rq);
        return;
    }
    if (rq->tcp && !node_token_matches(local_head_find(rq->head, "Authorization"), n->token)) {
        node_answer_error(rq, 401, "unauthorized");
        return;
    }
    bool decoded = split(rq->a, rq->path, &s);
    const struct route *r = route_of(&s);
    if (r == NULL)
        node_answer_error(rq, 404, "not found");
    else if (r->secret && !may_read_secrets(n, rq))
        node_answer_error(rq, 403, "forbidden: insufficient privileges for secret access");
    else if (s.n < 4)
        handle_list(n, rq, r);
    else if (!decoded && !r->report)
        node_answer_error(rq, 400, "malformed request");
    else
        handle_key(n, rq, r, s.part[3]);
}
