/* A call lives on an arena of its own. libcurl calls back from within curl_multi_socket_action();
 * there handles may be neither added nor removed, so what callbacks ask for waits in the list of
 * calls until it has returned (settle()). */
#include "reference/plexd/http.h"

#include <curl/curl.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/buffer.h"
#include "common/memory.h"
#include "common/number.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/url.h"
#include "reference/plexd/gzip.h"

#define ANSWER_CAP (10u << 20)
#define GZIP_FROM 1024 /* bytes: 2.3 of the wire facts */
#define HEADERS_CAP 64
#define RETRY_AFTER_MOST 86400 /* a day; more is a mistake that would silence the Node */

struct http {
    struct loop *loop;
    CURLM *multi;
    struct timer timer;
    struct http_call *calls;
    bool in_curl;
    char *bearer;

    struct arena *arena; /* of the settings */
    const char *base, *ca_file, *unix_socket, *agent;
    bool insecure;
    long connect_millis, request_millis;
};

enum call_state { CALL_NEW, CALL_OPEN, CALL_CANCELLED };

struct http_call {
    struct http *http;
    struct http_call *next;
    enum call_state state;
    struct arena *arena;
    CURL *easy;
    struct curl_slist *headers;
    char curl_error[CURL_ERROR_SIZE];
    struct http_request request; /* its texts are copies */
    struct timer idle;

    int status; /* of the final head; 0 before it */
    bool head_told, idle_over, telling;
    struct buffer body;
    struct http_header received[HEADERS_CAP];
    size_t n_received;
};

/* ---- the end of a call ---- */

static void wipe_text(char *text)
{
    if (text != NULL)
        mem_wipe(text, strlen(text));
}

/* The list holds the credential. */
static void headers_free(struct curl_slist *list)
{
    for (struct curl_slist *at = list; at != NULL; at = at->next)
        wipe_text(at->data);
    curl_slist_free_all(list);
}

static void call_free(struct http_call *c)
{
    struct http_call **at = &c->http->calls;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    timer_cancel(c->http->loop, &c->idle);
    if (c->state != CALL_NEW)
        curl_multi_remove_handle(c->http->multi, c->easy);
    curl_easy_cleanup(c->easy);
    headers_free(c->headers);
    mem_wipe(c->body.data, c->body.len);
    buffer_release(&c->body);
    mem_wipe((void *)(uintptr_t)c->request.body.data, c->request.body.len);
    arena_destroy(c->arena);
    mem_free(c);
}

const char *http_answer_header(const struct http_answer *a, const char *name)
{
    for (size_t i = 0; i < a->n_headers; i++)
        if (text_equal_nocase(a->headers[i].name, name))
            return a->headers[i].value;
    return NULL;
}

static void answer_error(const struct http_call *c, CURLcode code, struct error *e)
{
    if (c->idle_over)
        error_set(e, "no byte for %lld s", (long long)(c->request.idle / NANOS_PER_SECOND));
    else if (c->body.overflow)
        error_set(e, "answer longer than %u bytes", ANSWER_CAP);
    else
        error_set(e, "%s", c->curl_error[0] != '\0' ? c->curl_error : curl_easy_strerror(code));
}

static void call_done(struct http_call *c, CURLcode code)
{
    struct http_answer answer = { .retry_after = -1 };
    if (code == CURLE_OK && c->status != 0) {
        answer.status = c->status;
        answer.body = (struct bytes){ (const unsigned char *)c->body.data, c->body.len };
        answer.headers = c->received;
        answer.n_headers = c->n_received;
        int64_t seconds;
        if (number_parse(http_answer_header(&answer, "Retry-After"), 0, RETRY_AFTER_MOST, &seconds))
            answer.retry_after = (int)seconds;
    } else {
        answer_error(c, code, &answer.error);
        answer.body = BYTES_OF_TEXT("");
    }
    c->telling = true; /* cancelling what has ended is harmless */
    c->request.done(c->request.self, &answer);
    call_free(c);
}

/* ---- what libcurl calls ---- */

static void idle_restart(struct http_call *c)
{
    if (c->request.stream && c->request.idle > 0)
        timer_set(c->http->loop, &c->idle, c->request.idle);
}

static void head_line(struct http_call *c, const char *line)
{
    if (text_starts(line, "HTTP/")) { /* a new head: 100 Continue had one, too */
        c->n_received = 0;
        return;
    }
    const char *colon = strchr(line, ':');
    if (colon == NULL || c->n_received == HEADERS_CAP)
        return;
    c->received[c->n_received++] = (struct http_header){
        .name = arena_strndup(c->arena, line, (size_t)(colon - line)),
        .value = text_trim(c->arena, colon + 1),
    };
}

static bool tell_head(struct http_call *c)
{
    if (c->head_told)
        return true;
    c->head_told = true;
    return c->request.head == NULL || c->request.head(c->request.self, c->status);
}

static size_t on_header(char *data, size_t size, size_t n, void *self)
{
    struct http_call *c = self;
    size_t len = size * n;
    if (c->state == CALL_CANCELLED)
        return 0;
    idle_restart(c);
    char *line = text_trim(c->arena, arena_strndup(c->arena, data, len));
    if (line[0] != '\0') {
        head_line(c, line);
        return len;
    }
    long status = 0;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200)
        return len;
    c->status = (int)status;
    return !c->request.stream || tell_head(c) ? len : 0;
}

static size_t on_data(char *data, size_t size, size_t n, void *self)
{
    struct http_call *c = self;
    size_t len = size * n;
    if (c->state == CALL_CANCELLED)
        return 0;
    idle_restart(c);
    if (!c->request.stream)
        return buffer_append(&c->body, data, len) ? len : 0;
    struct bytes piece = { (const unsigned char *)data, len };
    return c->request.data == NULL || c->request.data(c->request.self, piece) ? len : 0;
}

static void settle(struct http *h);

static void collect(struct http *h)
{
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(h->multi, &left)) != NULL;) {
        if (m->msg != CURLMSG_DONE)
            continue;
        struct http_call *c = NULL;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&c);
        if (c->state == CALL_CANCELLED)
            call_free(c);
        else
            call_done(c, code);
    }
    settle(h);
}

static void act(struct http *h, curl_socket_t fd, int events)
{
    int running;
    h->in_curl = true;
    curl_multi_socket_action(h->multi, fd, events, &running);
    h->in_curl = false;
    collect(h);
}

struct http_socket {
    struct watch watch;
    struct http *http;
};

static void socket_ready(void *self, uint32_t events)
{
    struct http_socket *s = self;
    int what = (events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
               (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
               (events & EPOLLERR ? CURL_CSELECT_ERR : 0);
    act(s->http, s->watch.fd, what);
}

static void timer_fired(void *self)
{
    act(self, CURL_SOCKET_TIMEOUT, 0);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *self, void *kept)
{
    (void)easy;
    struct http *h = self;
    struct http_socket *s = kept;
    if (what == CURL_POLL_REMOVE) {
        if (s != NULL)
            loop_unwatch(h->loop, &s->watch);
        mem_free(s);
        return 0;
    }
    if (s == NULL) {
        s = mem_alloc(sizeof *s);
        *s = (struct http_socket){ .http = h };
        s->watch = (struct watch){ .fd = fd, .ready = socket_ready, .self = s };
        curl_multi_assign(h->multi, fd, s);
    }
    uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    struct error e;
    return loop_watch(h->loop, &s->watch, events, &e) ? 0 : -1;
}

static int on_timer(CURLM *multi, long millis, void *self)
{
    (void)multi;
    struct http *h = self;
    if (millis < 0)
        timer_cancel(h->loop, &h->timer);
    else
        timer_set(h->loop, &h->timer, (int64_t)millis * 1000000);
    return 0;
}

/* ---- starting ---- */

static void add_header(struct http_call *c, const char *name, const char *value)
{
    char *line = arena_printf(c->arena, "%s: %s", name, value);
    /* A line break in a value would be a header of somebody else's making. */
    if (strpbrk(line, "\r\n") == NULL)
        c->headers = curl_slist_append(c->headers, line);
    wipe_text(line);
}

static void add_headers(struct http_call *c)
{
    const struct http_request *r = &c->request;
    const char *bearer = r->bearer != NULL ? r->bearer : c->http->bearer;
    if (bearer != NULL) {
        char *credential = arena_printf(c->arena, "Bearer %s", bearer);
        add_header(c, "Authorization", credential);
        wipe_text(credential);
    }
    const char *accept = r->stream ? "text/event-stream" : "application/json";
    add_header(c, "Accept", r->accept != NULL ? r->accept : accept);
    if (r->stream)
        add_header(c, "Cache-Control", "no-cache");
    for (size_t i = 0; i < r->n_headers; i++)
        add_header(c, r->headers[i].name, r->headers[i].value);
    c->headers = curl_slist_append(c->headers, "Expect:");
    if (r->body.data == NULL)
        c->headers = curl_slist_append(c->headers, "Content-Type:");
    else
        add_header(c, "Content-Type", r->media_type != NULL ? r->media_type : "application/json");
}

static void set_transport(struct http_call *c)
{
    struct http *h = c->http;
    curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(c->easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(c->easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c->easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(c->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYPEER, h->insecure ? 0L : 1L);
    curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYHOST, h->insecure ? 0L : 2L);
    if (h->ca_file != NULL) { /* AGT-020: it alone */
        curl_easy_setopt(c->easy, CURLOPT_CAINFO, h->ca_file);
        curl_easy_setopt(c->easy, CURLOPT_CAPATH, NULL);
    }
    if (h->unix_socket != NULL)
        curl_easy_setopt(c->easy, CURLOPT_UNIX_SOCKET_PATH, h->unix_socket);
    curl_easy_setopt(c->easy, CURLOPT_USERAGENT, h->agent);
    curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, h->connect_millis);
    if (!c->request.stream) {
        curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, h->request_millis);
        curl_easy_setopt(c->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    }
}

static void set_body(struct http_call *c)
{
    const struct http_request *r = &c->request;
    bool sends = text_equal(r->method, "POST") || text_equal(r->method, "PUT");
    if (r->body.data != NULL || sends) {
        curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
        curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS,
                         r->body.data != NULL ? r->body.data : (const unsigned char *)"");
    }
    curl_easy_setopt(c->easy, CURLOPT_CUSTOMREQUEST, r->method);
}

static void set_callbacks(struct http_call *c)
{
    curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
    curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->curl_error);
    curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, c);
    curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
}

static void copy_body(struct http_call *c, const struct http_request *r)
{
    if (r->body.data == NULL)
        return;
    if (r->gzip && r->body.len > GZIP_FROM) {
        c->request.body = gzip_pack(c->arena, r->body);
        c->headers = curl_slist_append(c->headers, "Content-Encoding: gzip");
    } else {
        c->request.body.data = arena_copy(c->arena, r->body.data, r->body.len);
    }
}

static void idle_fired(void *self)
{
    struct http_call *c = self;
    c->idle_over = true;
    call_done(c, CURLE_OPERATION_TIMEDOUT);
}

struct http_call *http_start(struct http *h, const struct http_request *r)
{
    struct http_call *c = mem_alloc(sizeof *c);
    c->http = h;
    c->arena = arena_create();
    c->easy = curl_easy_init();
    c->request = *r;
    c->request.method = arena_strdup(c->arena, r->method);
    c->idle = (struct timer){ .fire = idle_fired, .self = c };
    buffer_init(&c->body, ANSWER_CAP);
    copy_body(c, r);
    add_headers(c);
    c->request.bearer = NULL;
    set_transport(c);
    set_callbacks(c);
    set_body(c);
    curl_easy_setopt(c->easy, CURLOPT_URL, arena_printf(c->arena, "%s%s", h->base, r->path));
    curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
    c->next = h->calls;
    h->calls = c;
    idle_restart(c);
    if (!h->in_curl)
        settle(h);
    return c;
}

void http_cancel(struct http_call *c)
{
    if (c == NULL || c->telling)
        return;
    struct http *h = c->http;
    if (!h->in_curl || c->state == CALL_NEW) {
        call_free(c);
        return;
    }
    timer_cancel(h->loop, &c->idle);
    c->state = CALL_CANCELLED;
}

/* Does what callbacks asked for. Adding a handle only sets libcurl's timer, so nothing is called
 * from here; the list may change by nothing but ourselves. */
static void settle(struct http *h)
{
    struct http_call *next;
    for (struct http_call *c = h->calls; c != NULL; c = next) {
        next = c->next;
        if (c->state == CALL_NEW) {
            c->state = CALL_OPEN;
            curl_multi_add_handle(h->multi, c->easy);
        } else if (c->state == CALL_CANCELLED) {
            call_free(c);
        }
    }
}

/* ---- life ---- */

static const char *without_slashes(struct arena *a, const char *url)
{
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/')
        len--;
    return arena_strndup(a, url, len);
}

static long millis(int64_t nanos, long otherwise)
{
    return nanos > 0 ? (long)(nanos / 1000000) : otherwise;
}

bool http_create(struct loop *l, const struct http_options *o, struct http **out, struct error *e)
{
    struct arena *a = arena_create();
    struct url url;
    if (!url_parse_http(a, o->base_url, &url) || url.query != NULL || url.userinfo != NULL) {
        arena_destroy(a);
        return error_set(e, "the control plane's address must be http:// or https:// with a host, "
                            "without user, query or fragment");
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct http *h = mem_alloc(sizeof *h);
    *h = (struct http){
        .loop = l,
        .arena = a,
        .multi = curl_multi_init(),
        .base = without_slashes(a, o->base_url),
        .ca_file = arena_strdup(a, o->ca_file),
        .unix_socket = arena_strdup(a, o->unix_socket),
        .agent = arena_printf(a, "plexd/%s", o->version),
        .insecure = o->insecure,
        .connect_millis = millis(o->connect_timeout, 10000),
        .request_millis = millis(o->request_timeout, 30000),
    };
    h->timer = (struct timer){ .fire = timer_fired, .self = h };
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
    *out = h;
    return true;
}

void http_set_bearer(struct http *h, const char *bearer)
{
    wipe_text(h->bearer);
    mem_free(h->bearer);
    h->bearer = bearer != NULL ? mem_strdup(bearer) : NULL;
}

void http_destroy(struct http *h)
{
    if (h == NULL)
        return;
    while (h->calls != NULL)
        call_free(h->calls);
    http_set_bearer(h, NULL);
    curl_multi_cleanup(h->multi);
    curl_global_cleanup();
    timer_cancel(h->loop, &h->timer);
    arena_destroy(h->arena);
    mem_free(h);
}
