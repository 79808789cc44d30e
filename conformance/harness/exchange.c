#include "harness/exchange.h"

#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "harness/agent.h"
#include "harness/dialect.h"
#include "harness/impostor.h"
#include "harness/profile.h"
#include "harness/world_own.h"
#include "harness/worker.h"

#define HEADERS_MAX 12
#define SHORT_SECRET                                                                               \
    16 /* a request's own secrets are looked for only when they are no common word */

struct sending {
    struct exchange *x;
    struct arena *arena;
    struct http_header headers[HEADERS_MAX];
    struct http_request request;
};

struct exchange *exchange_new(struct world *w, const char *method, const char *path_text,
                              struct ask ask)
{
    struct exchange *x = arena_alloc(w->arena, sizeof *x);
    *x = (struct exchange){ .w = w, .method = method, .path = path_text, .ask = ask };
    if (ask.json != NULL)
        json_own(w->arena, ask.json);
    bool published = !ask.mvp && ask.agent == NULL;
    /* HEAD is the GET it stands for, without its body. */
    const char *published_as = strcmp(method, "HEAD") == 0 ? "GET" : method;
    x->op = published ? contract_match(published_as, path_text) : NULL;
    x->dialect = x->op || ask.agent ? NULL : dialect_operation(method, path_text, ask.mvp);
    x->reply.operation = x->op == NULL ? NULL : x->op->id;
    return x;
}

struct exchange *exchange_of(struct reply *r)
{
    return (struct exchange *)r;
}

const char *exchange_title(const struct exchange *x)
{
    const char *title = arena_printf(x->w->arena, "%s %.160s", x->method, x->path);
    return redact_text(x->w->own->redact, x->w->arena, title);
}

const char *exchange_code(const struct exchange *x)
{
    return json_text(x->reply.json, x->ask.agent == NULL ? "code" : "error");
}

const char *exchange_outcome(const struct exchange *x)
{
    const char *code = exchange_code(x);
    return code == NULL ? arena_printf(x->w->arena, "%d", x->reply.status)
                        : arena_printf(x->w->arena, "%d %.80s", x->reply.status, code);
}

/* ---- the request -------------------------------------------------------------------------- */

static void add_header(struct sending *s, const char *name, const char *value)
{
    if (s->request.n_headers < HEADERS_MAX)
        s->headers[s->request.n_headers++] = (struct http_header){ name, value };
}

static bool asked_header(const struct ask *ask, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(ask->headers) && ask->headers[i].name != NULL; i++)
        if (text_equal_nocase(ask->headers[i].name, name))
            return true;
    return false;
}

static void set_body(struct sending *s)
{
    const struct ask *ask = &s->x->ask;
    if (ask->json != NULL) {
        const char *text = json_dump(s->arena, ask->json);
        s->request.body = BYTES_OF_TEXT(text);
    } else {
        s->request.body = ask->raw;
    }
    s->request.has_body = ask->json != NULL || ask->raw.data != NULL;
    if (ask->media_type != NULL)
        add_header(s, "Content-Type", ask->media_type);
    else if (s->request.has_body && !asked_header(ask, "Content-Type"))
        add_header(s, "Content-Type", "application/json");
}

static void set_credential(struct sending *s)
{
    const struct ask *ask = &s->x->ask;
    const char *bearer = ask->bearer != NULL ? ask->bearer
                         : ask->as != NULL   ? ask->as->token
                                             : NULL;
    if (bearer != NULL && !asked_header(ask, "Authorization"))
        add_header(s, "Authorization", arena_printf(s->arena, "Bearer %s", bearer));
}

/* Ruling 28: set-up reaches the target, what is judged reaches the impostor. */
static const char *set_destination(struct sending *s)
{
    struct exchange *x = s->x;
    bool stands_in = x->judged || x->ask.agent != NULL;
    enum impostor i = stands_in ? worker_impostor(x->w) : IMPOSTOR_NONE;
    if (i == IMPOSTOR_NONE && x->ask.agent != NULL)
        return x->ask.tcp ? agent_http_url(x->ask.agent) : "http://localhost";
    if (i == IMPOSTOR_NONE)
        return x->ask.base_url != NULL ? x->ask.base_url : x->w->base_url;
    add_header(s, IMPOSTOR_HEADER, arena_printf(s->arena, "%d", (int)i));
    if (x->expected != 0)
        add_header(s, IMPOSTOR_EXPECT_HEADER, arena_printf(s->arena, "%d", x->expected));
    /* A run starts it once for all its workers; a worker without one has its own. */
    return impostor_start(&x->error) ? impostor_url((int)i) : NULL;
}

static bool prepare(struct sending *s)
{
    struct exchange *x = s->x;
    const struct profile *p = x->w->profile;
    const char *base = set_destination(s);
    bool of_agent = x->ask.agent != NULL;
    const char *base_path = p->base_path == NULL || of_agent ? "" : p->base_path;
    if (base == NULL)
        return false;
    if (of_agent && !x->ask.tcp && worker_impostor(x->w) == IMPOSTOR_NONE) {
        s->request.unix_socket = agent_socket(x->ask.agent);
        s->request.uid = x->ask.uid;
    }
    s->request.method = x->method;
    s->request.url = arena_printf(s->arena, "%s%s%s", base, base_path, x->path);
    s->request.timeout_ms = x->ask.timeout_ms != 0 ? x->ask.timeout_ms : p->timeout_ms;
    x->request_path =
        arena_printf(s->arena, "%s%.*s", base_path, (int)strcspn(x->path, "?"), x->path);
    set_body(s);
    set_credential(s);
    for (size_t i = 0; i < ARRAY_LEN(x->ask.headers) && x->ask.headers[i].name != NULL; i++)
        add_header(s, x->ask.headers[i].name, x->ask.headers[i].value);
    s->request.headers = s->headers;
    return true;
}

/* ---- the answer --------------------------------------------------------------------------- */

static const char *bare_media_type(struct arena *a, const char *header)
{
    if (header == NULL)
        return "";
    return text_lower(a, text_trim(a, arena_strndup(a, header, strcspn(header, ";"))));
}

static bool is_json(const char *media_type)
{
    return strcmp(media_type, "application/json") == 0 || text_ends(media_type, "+json");
}

static void read_answer(struct exchange *x)
{
    struct reply *r = &x->reply;
    struct arena *a = x->w->arena;
    r->status = x->answer.status;
    r->media_type = bare_media_type(a, http_answer_header(&x->answer, "Content-Type"));
    r->body = x->answer.body;
    r->elapsed_us = x->answer.elapsed_us;
    if (is_json(r->media_type) && r->body.len > 0 &&
        !json_parse(a, r->body.data, r->body.len, &r->json, &x->not_json))
        r->json = NULL;
}

/* Every member that a schema or its name marks as secret, at any depth. */
static void learn(struct redact *r, const json_t *value, size_t least)
{
    size_t i;
    const char *name;
    json_t *one;
    if (json_is_array(value))
        json_array_foreach (value, i, one)
            learn(r, one, least);
    if (!json_is_object(value))
        return;
    json_object_foreach ((json_t *)(uintptr_t)value, name, one) {
        if (!json_is_string(one))
            learn(r, one, least);
        else if (json_string_length(one) >= least && redact_member_is_secret(name))
            redact_learn(r, json_string_value(one));
    }
}

/* What the request carried must not come back; what the answer issues it may hold once. */
static void learn_request(const struct exchange *x)
{
    struct redact *r = x->w->own->redact;
    if (x->ask.bearer != NULL && strlen(x->ask.bearer) >= SHORT_SECRET)
        redact_learn(r, x->ask.bearer);
    if (x->ask.json != NULL)
        learn(r, x->ask.json, SHORT_SECRET);
}

static bool holds_secret(const struct exchange *x)
{
    const struct redact *r = x->w->own->redact;
    if (redact_find(r, x->reply.body.data, x->reply.body.len) != NULL)
        return true;
    for (size_t i = 0; i < x->answer.n_headers; i++)
        if (redact_find(r, x->answer.headers[i].value, strlen(x->answer.headers[i].value)))
            return true;
    return false;
}

/* ---- what was seen ------------------------------------------------------------------------ */

static void see_members(struct exchange *x, const json_t *schema, const json_t *value);

static void see_object(struct exchange *x, const json_t *schema, const char *schema_name,
                       const json_t *value)
{
    const json_t *properties = json_object_get(schema, "properties");
    json_t *seen = x->w->own->members_seen;
    const char *name;
    json_t *member;
    json_object_foreach ((json_t *)(uintptr_t)value, name, member) {
        const json_t *inner = json_object_get(properties, name);
        if (inner == NULL)
            continue;
        if (schema_name != NULL) {
            const char *key = arena_printf(x->w->arena, "%s %s", schema_name, name);
            if (json_object_get(seen, key) == NULL) {
                json_object_set_new(seen, key, json_true());
                worker_observe_member(x->w, schema_name, name);
            }
        }
        see_members(x, inner, member);
    }
}

static void see_members(struct exchange *x, const json_t *schema, const json_t *value)
{
    size_t i;
    json_t *one;
    const char *name = contract_ref_name(schema);
    if (name != NULL)
        schema = contract_schema(name);
    json_array_foreach (json_object_get(schema, "allOf"), i, one)
        see_members(x, one, value);
    if (json_is_object(value))
        see_object(x, schema, name, value);
    json_array_foreach (json_is_array(value) ? value : NULL, i, one)
        see_members(x, json_object_get(schema, "items"), one);
}

static void tell_worker(struct exchange *x)
{
    bool listed;
    worker_observe(x->w, x->reply.operation, x->reply.status, exchange_code(x));
    if (x->op != NULL && x->reply.json != NULL && worker_impostor(x->w) == IMPOSTOR_NONE)
        see_members(x, contract_response(x->op, x->reply.status, &listed), x->reply.json);
}

/* ---- the transcript (events.h) ------------------------------------------------------------ */

static json_t *header_texts(const struct exchange *x, const struct http_header *headers, size_t n)
{
    json_t *out = json_object();
    for (size_t i = 0; i < n; i++) {
        const char *value = headers[i].value;
        value = redact_header_is_secret(headers[i].name)
                    ? REDACTED
                    : redact_text(x->w->own->redact, x->w->arena, value);
        const json_t *before = json_object_get(out, headers[i].name);
        if (before != NULL) /* a header that came twice */
            value = arena_printf(x->w->arena, "%s, %s", json_string_value(before), value);
        json_t *text = json_string(value);
        json_object_set_new(out, headers[i].name, text != NULL ? text : json_string("[not UTF-8]"));
    }
    return out;
}

static void set_text(json_t *object, const char *name, const char *text)
{
    json_t *value = json_string(text);
    json_object_set_new(object, name, value != NULL ? value : json_string("[not UTF-8]"));
}

static void add_transcript(const struct sending *s)
{
    struct exchange *x = s->x;
    const struct redact *r = x->w->own->redact;
    json_t *t = json_object();
    set_text(t, "method", x->method);
    set_text(t, "url", redact_text(r, s->arena, s->request.url));
    json_object_set_new(t, "request_headers",
                        header_texts(x, s->request.headers, s->request.n_headers));
    if (s->request.has_body)
        set_text(t, "request_body", redact_body(r, s->arena, s->request.body, x->ask.json));
    if (x->result == HTTP_ANSWERED) {
        json_object_set_new(t, "status", json_integer(x->reply.status));
        json_object_set_new(t, "response_headers",
                            header_texts(x, x->answer.headers, x->answer.n_headers));
        if (x->reply.body.len > 0)
            set_text(t, "response_body", redact_body(r, s->arena, x->reply.body, x->reply.json));
    } else {
        set_text(t, "error", redact_text(r, s->arena, x->error.text));
    }
    json_object_set_new(t, "elapsed_ms", json_real((double)x->answer.elapsed_us / 1000));
    json_object_set_new(t, "judged", json_boolean(x->judged));
    worker_add_exchange(x->w, t);
}

/* False: there is nothing to send. */
static bool begin(struct sending *s, struct exchange *x)
{
    *s = (struct sending){ .x = x, .arena = x->w->arena };
    x->sent = true;
    x->result = HTTP_FAILED;
    if (!prepare(s))
        return false;
    learn_request(x);
    return true;
}

static void finish(const struct sending *s)
{
    struct exchange *x = s->x;
    if (x->result == HTTP_ANSWERED) {
        read_answer(x);
        x->leaks = holds_secret(x);
        if (x->reply.status < 300)
            learn(x->w->own->redact, x->reply.json, REDACT_SHORTEST);
        tell_worker(x);
        if (x->ask.agent == NULL && (!x->judged || worker_impostor(x->w) == IMPOSTOR_NONE))
            atomic_store(&world_shared()->answered, true);
    }
    add_transcript(s);
}

bool exchange_describe(struct exchange *x, struct http_request *out)
{
    struct sending *s = arena_alloc(x->w->arena, sizeof *s);
    if (x->sent || !begin(s, x))
        return false;
    x->sending = s;
    *out = s->request;
    return true;
}

void exchange_answered(struct exchange *x, enum http_result result)
{
    x->result = result;
    finish(x->sending);
}

bool exchange_send(struct exchange *x)
{
    struct sending s;
    if (!x->sent && begin(&s, x)) {
        x->result = http_send(x->w->own->http, s.arena, &s.request, &x->answer, &x->error);
        finish(&s);
    }
    return x->result == HTTP_ANSWERED;
}

void exchanges_send(struct exchange *const *xs, size_t n)
{
    struct sending s[EXCHANGES_AT_ONCE];
    struct http_parcel parcels[EXCHANGES_AT_ONCE];
    size_t under_way = 0;
    for (size_t i = 0; i < n && under_way < EXCHANGES_AT_ONCE; i++) {
        struct exchange *x = xs[i];
        if (x->sent || !begin(&s[under_way], x))
            continue;
        parcels[under_way] = (struct http_parcel){
            .client = http_client_create(x->w->profile, &world_shared()->next_slot),
            .request = &s[under_way].request,
            .answer = &x->answer,
            .error = &x->error,
        };
        under_way++;
    }
    if (under_way > 0)
        http_send_together(s[0].arena, parcels, under_way);
    for (size_t i = 0; i < under_way; i++) {
        s[i].x->result = parcels[i].result;
        http_client_destroy(parcels[i].client);
        finish(&s[i]);
    }
}
