#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/encoding.h"
#include "common/file.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/random.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/url.h"
#include "common/uuid.h"
#include "harness/agent.h"
#include "harness/case.h"
#include "harness/fake_cp_parts.h"
#include "harness/judge.h"
#include "harness/worker.h"
#include "harness/world_own.h"

#define EXCHANGES_TOLD 16

/* ---- routes ------------------------------------------------------------------------------- */

const char *cp_pattern(struct fake_cp *cp, const char *path)
{
    struct arena *a = cp->w->arena;
    return path[0] == '@' ? arena_printf(a, "/v1/nodes/%s%s", cp->node.node_id, path + 1) : path;
}

bool cp_matches(const struct cp_request *r, const char *method, const char *pattern)
{
    return text_equal(r->method, method) && text_glob(pattern, r->path);
}

/* With the lock. What a case says comes before what it said earlier. */
static struct cp_route *route_of(struct fake_cp *cp, const char *method, const char *pattern)
{
    for (struct cp_route *route = cp->routes; route != NULL; route = route->next)
        if (text_equal(route->method, method) && text_equal(route->pattern, pattern))
            return route;
    struct cp_route *route = arena_alloc(cp->arena, sizeof *route);
    route->method = arena_strdup(cp->arena, method);
    route->pattern = arena_strdup(cp->arena, pattern);
    route->queue_end = &route->queue;
    route->next = cp->routes;
    cp->routes = route;
    return route;
}

void cp_once(struct fake_cp *cp, const char *method, const char *path, struct cp_answer answer)
{
    const char *pattern = cp_pattern(cp, path);
    pthread_mutex_lock(&cp->lock);
    struct cp_route *route = route_of(cp, method, pattern);
    struct cp_queued *q = arena_alloc(cp->arena, sizeof *q);
    q->answer = answer;
    *route->queue_end = q;
    route->queue_end = &q->next;
    pthread_mutex_unlock(&cp->lock);
}

void cp_always(struct fake_cp *cp, const char *method, const char *path, struct cp_answer answer)
{
    const char *pattern = cp_pattern(cp, path);
    pthread_mutex_lock(&cp->lock);
    struct cp_route *route = route_of(cp, method, pattern);
    route->standing = answer;
    route->stands = true;
    pthread_mutex_unlock(&cp->lock);
}

void cp_release(struct fake_cp *cp)
{
    pthread_mutex_lock(&cp->lock);
    cp->released = true;
    pthread_cond_broadcast(&cp->changed);
    pthread_mutex_unlock(&cp->lock);
}

static void end_connections(struct fake_cp *cp)
{
    for (struct cp_connection *c = cp->connections; c != NULL; c = c->next)
        if (c->fd >= 0)
            shutdown(c->fd, SHUT_RDWR);
}

void cp_offline(struct fake_cp *cp)
{
    pthread_mutex_lock(&cp->lock);
    cp->offline = true;
    end_connections(cp);
    pthread_mutex_unlock(&cp->lock);
}

void cp_online(struct fake_cp *cp)
{
    pthread_mutex_lock(&cp->lock);
    cp->offline = false;
    pthread_mutex_unlock(&cp->lock);
}

/* ---- a correct control plane -------------------------------------------------------------- */

static struct cp_answer json_answer(struct fake_cp *cp, int status, json_t *body)
{
    struct arena *a = cp->w->arena;
    return (struct cp_answer){ .status = status, .body = json_dump(a, json_own(a, body)) };
}

void cp_state(struct fake_cp *cp, json_t *state)
{
    struct arena *a = cp->w->arena;
    cp->state = json_own(a, state);
    json_t *answer = dialect_state_answer(a, cp->o.dialect, cp->state, cp_now(cp));
    cp_always(cp, "GET", "@/state", json_answer(cp, 200, answer));
}

void cp_state_member(struct fake_cp *cp, const char *name, json_t *value)
{
    json_t *state = json_copy(cp->state);
    json_object_set_new(state, name, value);
    cp_state(cp, state);
}

void cp_sealed_secret(struct fake_cp *cp, const char *key, int64_t version, struct bytes nonce,
                      struct bytes ciphertext)
{
    struct arena *a = cp->w->arena;
    struct cp_answer answer = { .status = 200 };
    answer.raw = dialect_secret_body(a, cp->o.dialect, key, version, nonce, ciphertext);
    if (cp->o.dialect == AGENT_V1) {
        answer.media_type = "application/octet-stream";
        answer.headers[0] = (struct http_header){ "X-Plexsphere-Secret-Version",
                                                  arena_printf(a, "%lld", (long long)version) };
        answer.headers[1] = (struct http_header){ "X-Plexsphere-Secret-KID", "nsk-1" };
        answer.headers[2] = (struct http_header){ "Cache-Control", "no-store" };
    }
    cp_always(cp, "GET", arena_printf(a, "@/secrets/%s", url_encode(a, key)), answer);
}

void cp_secret(struct fake_cp *cp, const char *key, const char *plaintext, int64_t version)
{
    unsigned char nsk[32];
    cp_nsk_key(cp, nsk);
    struct sealed s = dialect_seal(cp->w->arena, nsk, plaintext);
    struct bytes nonce = { arena_copy(cp->w->arena, s.nonce, sizeof s.nonce), sizeof s.nonce };
    cp_sealed_secret(cp, key, version, nonce, s.ciphertext);
    mem_wipe(nsk, sizeof nsk);
}

void cp_nsk_key(const struct fake_cp *cp, unsigned char key[32])
{
    struct bytes raw;
    const char *text = cp->node.nsk;
    memset(key, 0, 32);
    if (strlen(text) == 32)
        memcpy(key, text, 32);
    else if (base64_decode(cp->w->arena, BASE64_STANDARD, text, strlen(text), &raw) &&
             raw.len == 32)
        memcpy(key, raw.data, 32);
}

static void answer_correctly(struct fake_cp *cp)
{
    enum agent_dialect d = cp->o.dialect;
    cp_always(cp, "POST", "/v1/register",
              json_answer(cp, 201, dialect_register_answer(d, &cp->node)));
    cp_always(cp, "POST", "@/heartbeat",
              json_answer(cp, 200, dialect_heartbeat_answer(d, cp_now(cp), false, false)));
    cp_always(cp, "GET", "@/secrets/*",
              (struct cp_answer){ .status = 404, .body = "{\"error\":\"not found\"}" });
    cp_always(cp, "GET", "@/events",
              (struct cp_answer){
                  .status = 200, .stream = true, .media_type = "text/event-stream" });
    cp_always(cp, "POST", "@/deregister", (struct cp_answer){ .status = 204 });
    cp_always(cp, "POST", "/v1/keys/rotate",
              (struct cp_answer){ .status = 200, .body = "{\"updated_peers\":[]}" });
    if (d == AGENT_MVP) {
        cp_always(cp, "POST", "@/report", (struct cp_answer){ .status = 200, .body = "{}" });
        cp_always(cp, "POST", "@/drift", (struct cp_answer){ .status = 200, .body = "{}" });
    } else {
        cp_always(cp, "PUT", "@/state/reports/*",
                  json_answer(cp, 200,
                              json_pack("{s:s, s:s}", "key", "k", "accepted_at",
                                        "2026-01-01T00:00:00Z")));
        cp_always(cp, "DELETE", "@/state/reports/*", (struct cp_answer){ .status = 204 });
    }
    cp_state(cp, json_pack("{s:{}, s:[], s:[], s:[], s:[]}", "metadata", "data", "secret_refs",
                           "peers", "policies"));
}

/* ---- the transcript ----------------------------------------------------------------------- */

static json_t *headers_told(struct fake_cp *cp, const struct cp_request *r)
{
    const struct redact *known = cp->w->own->redact;
    json_t *out = json_object();
    for (size_t i = 0; i < r->n_headers; i++) {
        const char *value = redact_header_is_secret(r->headers[i].name)
                                ? REDACTED
                                : redact_text(known, cp->w->arena, r->headers[i].value);
        json_t *text = json_string(value);
        json_object_set_new(out, r->headers[i].name,
                            text != NULL ? text : json_string("[not UTF-8]"));
    }
    return out;
}

static void tell_request(struct fake_cp *cp, const struct cp_request *r)
{
    struct arena *a = cp->w->arena;
    const struct redact *known = cp->w->own->redact;
    json_t *body = NULL;
    struct error e = { "" };
    bool is_json = r->body.len > 0 && json_parse(a, r->body.data, r->body.len, &body, &e);
    const char *url = redact_text(known, a, arena_printf(a, "%s%s", cp->url, r->target));
    json_t *t = json_pack("{s:s*, s:s*, s:o}", "method", r->method, "url", url, "request_headers",
                          headers_told(cp, r));
    if (r->body.len > 0)
        json_object_set_new(t, "request_body",
                            json_string(redact_body(known, a, r->body, is_json ? body : NULL)));
    if (r->status != 0)
        json_object_set_new(t, "status", json_integer(r->status));
    else
        json_object_set_new(t, "error", json_string("not answered"));
    json_object_set_new(t, "response_headers", json_object());
    json_object_set_new(t, "elapsed_ms", json_real(0));
    json_object_set_new(t, "judged", json_false());
    json_object_set_new(t, "by", json_string("agent"));
    worker_add_exchange(cp->w, t);
}

/* What the agent sent belongs into the report; the last ones tell most. */
static void tell_requests(struct fake_cp *cp)
{
    size_t n = 0, i = 0;
    for (const struct cp_request *r = cp->first; r != NULL; r = r->next)
        n++;
    for (const struct cp_request *r = cp->first; r != NULL; r = r->next)
        if (i++ + EXCHANGES_TOLD >= n)
            tell_request(cp, r);
}

/* ---- life --------------------------------------------------------------------------------- */

static void stop_threads(struct fake_cp *cp)
{
    const uint64_t one = 1;
    pthread_mutex_lock(&cp->lock);
    cp->closing = true;
    end_connections(cp);
    pthread_cond_broadcast(&cp->changed);
    pthread_mutex_unlock(&cp->lock);
    (void)!write(cp->wake, &one, sizeof one);
    pthread_join(cp->acceptor, NULL);
    for (struct cp_connection *c = cp->connections; c != NULL; c = c->next) {
        (void)!write(c->wake, &one, sizeof one);
        pthread_join(c->thread, NULL);
        close(c->wake);
    }
}

static void end(void *thing)
{
    struct fake_cp *cp = thing;
    stop_threads(cp);
    tell_requests(cp);
    close(cp->listen_fd);
    close(cp->wake);
    SSL_CTX_free(cp->tls);
    pthread_cond_destroy(&cp->changed);
    pthread_mutex_destroy(&cp->lock);
    arena_destroy(cp->arena);
    mem_free(cp);
}

static const char *fresh_nsk(struct arena *a, enum agent_dialect d)
{
    unsigned char raw[32];
    random_bytes(raw, sizeof raw);
    /* MVP: exactly 32 printable characters (ruling 1). */
    return d == AGENT_MVP ? hex_encode(a, raw, 16) : base64_encode(a, BASE64_STANDARD, raw, 32);
}

static void introduce(struct fake_cp *cp)
{
    struct world *w = cp->w;
    struct arena *a = w->arena;
    unsigned char raw[24];
    const struct uuid id = uuid_v7(clock_wall_micros()), project = uuid_v7(clock_wall_micros());
    random_bytes(raw, sizeof raw);
    cp->node = (struct dialect_node){
        .node_id = uuid_text(a, &id),
        .mesh_ip = "10.99.0.7",
        .nsk = cp->o.nsk != NULL ? cp->o.nsk : fresh_nsk(a, cp->o.dialect),
        .key = signing_pair_new(a, "kid-1"),
    };
    cp->project_id = uuid_text(a, &project);
    cp->token =
        arena_printf(a, "psk_dev_%s_node_%s", cp->project_id, hex_encode(a, raw, sizeof raw));
    redact_learn(w->own->redact, cp->node.nsk);
    redact_learn(w->own->redact, cp->token);
}

static bool listen_on_loopback(struct fake_cp *cp)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    cp->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (cp->listen_fd < 0 || bind(cp->listen_fd, (struct sockaddr *)&address, size) != 0 ||
        listen(cp->listen_fd, 64) != 0 ||
        getsockname(cp->listen_fd, (struct sockaddr *)&address, &size) != 0)
        return false;
    cp->url = arena_printf(cp->w->arena, "%s://127.0.0.1:%u", cp->o.tls ? "https" : "http",
                           (unsigned)ntohs(address.sin_port));
    return true;
}

static const char *make_authority(struct fake_cp *cp, const char *name, SSL_CTX **context)
{
    struct error e = { "" };
    const char *pem = NULL;
    *context = cp_tls_context(cp->w->arena, &pem);
    if (*context == NULL)
        broken(cp->w, "the fake control plane has no certificate: OpenSSL refused");
    char *file = path_join(cp->w->arena, agent_case_directory(cp->w), name);
    if (!file_write_atomic(file, pem, strlen(pem), 0644, &e))
        broken(cp->w, "%s", e.text);
    return file;
}

const char *cp_other_ca(struct fake_cp *cp)
{
    SSL_CTX *unused;
    const char *file = make_authority(cp, "other-ca.pem", &unused);
    SSL_CTX_free(unused);
    return file;
}

struct fake_cp *cp_start(struct world *w, struct cp_options o)
{
    struct fake_cp *cp = mem_alloc(sizeof *cp);
    *cp = (struct fake_cp){ .w = w, .o = o, .arena = arena_create() };
    cp->last = &cp->first;
    pthread_mutex_init(&cp->lock, NULL);
    pthread_cond_init(&cp->changed, NULL);
    cp->ca_file = o.tls ? make_authority(cp, "ca.pem", &cp->tls) : "";
    cp->wake = eventfd(0, EFD_CLOEXEC);
    if (!listen_on_loopback(cp))
        broken(w, "the fake control plane has no port on 127.0.0.1: %s", strerror(errno));
    introduce(cp);
    answer_correctly(cp);
    if (pthread_create(&cp->acceptor, NULL, cp_accept_connections, cp) != 0)
        broken(w, "the fake control plane has no thread");
    world_defer(w, end, cp);
    return cp;
}

const char *cp_url(const struct fake_cp *cp)
{
    return cp->url;
}

const char *cp_ca_file(const struct fake_cp *cp)
{
    return cp->ca_file;
}

const char *cp_node_id(const struct fake_cp *cp)
{
    return cp->node.node_id;
}

const char *cp_nsk(const struct fake_cp *cp)
{
    return cp->node.nsk;
}

const char *cp_project_id(const struct fake_cp *cp)
{
    return cp->project_id;
}

const char *cp_token(const struct fake_cp *cp)
{
    return cp->token;
}

enum agent_dialect cp_dialect(const struct fake_cp *cp)
{
    return cp->o.dialect;
}

const struct signing_pair *cp_key(const struct fake_cp *cp)
{
    return cp->node.key;
}

void cp_use_key(struct fake_cp *cp, const struct signing_pair *key)
{
    cp->node.key = key;
}

int64_t cp_now(const struct fake_cp *cp)
{
    return clock_wall_micros() + cp->moved_s * MICROS_PER_SECOND;
}

void cp_moved(struct fake_cp *cp, int64_t seconds)
{
    cp->moved_s += seconds;
}
