#include "harness/http_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/memory.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/http_parts.h"
#include "harness/profile.h"

#define HEADERS_MAX 256

struct http_client {
    CURL *easy;
    char reason[CURL_ERROR_SIZE];
    int64_t interval_ns; /* between two requests of the whole run; 0: none */
    _Atomic int64_t *next_slot;
    struct buffer head, body; /* kept from answer to answer: no allocation once they have grown */
    bool too_long;
    bool endless;               /* an event stream: its head is the answer */
    struct curl_slist *headers; /* of the request under way */
    CURLcode ended;             /* how it ended, when it went with others */
};

static size_t room(const struct http_client *c)
{
    return HTTP_ANSWER_CAP - c->head.len - c->body.len;
}

static bool keep(struct http_client *c, struct buffer *into, const char *data, size_t len)
{
    if (len > room(c) || !buffer_append(into, data, len)) {
        c->too_long = true;
        return false;
    }
    return true;
}

static bool says_event_stream(const struct buffer *head)
{
    static const char type[] = "\ncontent-type: text/event-stream";
    for (size_t i = 0; i + sizeof type - 1 <= head->len; i++)
        if (strncasecmp(head->data + i, type, sizeof type - 1) == 0)
            return true;
    return false;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
    struct http_client *c = arg;
    /* A status line begins a new head: what a 100 Continue said is not the answer. */
    if (size * n >= 5 && memcmp(data, "HTTP/", 5) == 0)
        buffer_clear(&c->head);
    if (!keep(c, &c->head, data, size * n))
        return 0;
    /* At the empty line the head is whole. What a stream says is stream.h's matter. */
    c->endless = size * n <= 2 && says_event_stream(&c->head);
    return c->endless ? 0 : size * n;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
    struct http_client *c = arg;
    return keep(c, &c->body, data, size * n) ? size * n : 0;
}

void http_configure(CURL *easy, const struct profile *p)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROXY, p->proxy == NULL ? "" : p->proxy);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "plexconf/" PLEXCONF_VERSION);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    if (p->ca_file != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, p->ca_file);
    if (p->client_cert != NULL) {
        curl_easy_setopt(easy, CURLOPT_SSLCERT, p->client_cert);
        curl_easy_setopt(easy, CURLOPT_SSLKEY, p->client_key);
    }
}

static void set_once(struct http_client *c, const struct profile *p)
{
    curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->reason);
    curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, c);
    curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
    http_configure(c->easy, p);
}

void http_initialise_curl(void)
{
    static bool done;
    if (!done)
        curl_global_init(CURL_GLOBAL_DEFAULT);
    done = true;
}

struct http_client *http_client_create(const struct profile *p, _Atomic int64_t *next_slot)
{
    struct http_client *c = mem_alloc(sizeof *c);
    http_initialise_curl();
    c->easy = curl_easy_init();
    buffer_init(&c->head, HTTP_ANSWER_CAP);
    buffer_init(&c->body, HTTP_ANSWER_CAP);
    c->interval_ns = p->rate_limit > 0 ? NANOS_PER_SECOND / p->rate_limit : 0;
    c->next_slot = next_slot;
    if (c->easy != NULL)
        set_once(c, p);
    return c;
}

void http_client_destroy(struct http_client *c)
{
    if (c == NULL)
        return;
    curl_easy_cleanup(c->easy);
    buffer_release(&c->head);
    buffer_release(&c->body);
    mem_free(c);
}

/* Takes the run's next free moment and waits for it. */
static void wait_for_slot(struct http_client *c)
{
    if (c->interval_ns == 0 || c->next_slot == NULL)
        return;
    int64_t now = clock_monotonic_nanos(), slot = atomic_load(c->next_slot), mine;
    do
        mine = slot > now ? slot : now;
    while (!atomic_compare_exchange_weak(c->next_slot, &slot, mine + c->interval_ns));
    while ((now = clock_monotonic_nanos()) < mine)
        poll(NULL, 0, (int)((mine - now + 999999) / 1000000));
}

static void set_method(CURL *easy, const struct http_request *rq)
{
    bool writes = strcmp(rq->method, "POST") == 0 || strcmp(rq->method, "PUT") == 0 ||
                  strcmp(rq->method, "PATCH") == 0;
    bool head = strcmp(rq->method, "HEAD") == 0;
    curl_easy_setopt(easy, CURLOPT_NOBODY, head ? 1L : 0L);
    if (rq->has_body || writes) {
        const char *data = rq->body.data == NULL ? "" : (const char *)rq->body.data;
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)rq->body.len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, data);
    } else if (!head) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, rq->method);
}

static bool asked_for(const struct http_request *rq, const char *name)
{
    for (size_t i = 0; i < rq->n_headers; i++)
        if (text_equal_nocase(rq->headers[i].name, name))
            return true;
    return false;
}

/* libcurl's spelling: "Name: value" sends, "Name;" sends it empty, "Name:" keeps curl's own away.
 */
struct curl_slist *http_header_list(struct arena *a, const struct http_request *rq)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    if (!asked_for(rq, "Content-Type"))
        list = curl_slist_append(list, "Content-Type:");
    for (size_t i = 0; i < rq->n_headers; i++) {
        const struct http_header *h = &rq->headers[i];
        list = curl_slist_append(list, h->value[0] == '\0'
                                           ? arena_printf(a, "%s;", h->name)
                                           : arena_printf(a, "%s: %s", h->name, h->value));
    }
    return list;
}

void http_read_head(struct arena *a, const struct buffer *head, struct http_answer *out)
{
    struct http_header *headers = arena_alloc_array(a, HEADERS_MAX, sizeof *headers);
    char *at = arena_strndup(a, head->data, head->len), *end;
    bool first = true;
    for (; (end = strchr(at, '\n')) != NULL && out->n_headers < HEADERS_MAX; at = end + 1) {
        char *colon = memchr(at, ':', (size_t)(end - at));
        *end = '\0';
        if (end > at && end[-1] == '\r')
            end[-1] = '\0';
        if (!first && colon != NULL) {
            *colon = '\0';
            headers[out->n_headers].name = at;
            headers[out->n_headers++].value = text_trim(a, colon + 1);
        }
        first = false;
    }
    out->headers = headers;
}

const char *http_answer_header(const struct http_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->n_headers; i++)
        if (text_equal_nocase(answer->headers[i].name, name))
            return answer->headers[i].value;
    return NULL;
}

static enum http_result no_answer(const struct http_client *c, CURLcode code, int timeout_ms,
                                  struct error *e)
{
    const char *reason = c->reason[0] != '\0' ? c->reason : curl_easy_strerror(code);
    if (c->too_long) {
        error_set(e, "the answer is longer than %u bytes", HTTP_ANSWER_CAP);
        return HTTP_FAILED;
    }
    if (code == CURLE_OPERATION_TIMEDOUT) {
        error_set(e, "nothing complete within %d ms", timeout_ms);
        return HTTP_TIMED_OUT;
    }
    long os_code = 0;
    curl_easy_getinfo(c->easy, CURLINFO_OS_ERRNO, &os_code);
    if (code == CURLE_COULDNT_CONNECT && os_code == ECONNREFUSED) {
        error_set(e, "connection refused");
        return HTTP_UNREACHABLE;
    }
    error_set(e, "%s", reason);
    return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
                   code == CURLE_COULDNT_RESOLVE_PROXY
               ? HTTP_UNREACHABLE
               : HTTP_FAILED;
}

static void begin(struct http_client *c, struct arena *a, const struct http_request *rq,
                  struct http_answer *out)
{
    *out = (struct http_answer){ 0 };
    buffer_clear(&c->head);
    buffer_clear(&c->body);
    c->too_long = false;
    c->endless = false;
    c->reason[0] = '\0';
    c->headers = http_header_list(a, rq);
    set_method(c->easy, rq);
    curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
    curl_easy_setopt(c->easy, CURLOPT_URL, rq->url);
    /* Who listens there may have been replaced since. */
    curl_easy_setopt(c->easy, CURLOPT_UNIX_SOCKET_PATH, rq->unix_socket);
    curl_easy_setopt(c->easy, CURLOPT_FRESH_CONNECT, rq->unix_socket != NULL ? 1L : 0L);
    curl_easy_setopt(c->easy, CURLOPT_FORBID_REUSE, rq->unix_socket != NULL ? 1L : 0L);
    curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, (long)rq->timeout_ms);
}

static enum http_result finish(struct http_client *c, CURLcode code, struct arena *a,
                               const struct http_request *rq, struct http_answer *out,
                               struct error *e)
{
    long status = 0;
    curl_off_t elapsed = 0;
    curl_slist_free_all(c->headers);
    c->headers = NULL;
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(c->easy, CURLINFO_TOTAL_TIME_T, &elapsed);
    out->status = (int)status;
    out->elapsed_us = (int64_t)elapsed;
    http_read_head(a, &c->head, out);
    out->body.data = arena_copy(a, c->body.data, c->body.len + 1);
    out->body.len = c->body.len;
    if (code == CURLE_OK)
        return HTTP_ANSWERED;
    out->cut = c->endless && status != 0;
    return out->cut ? HTTP_ANSWERED : no_answer(c, code, rq->timeout_ms, e);
}

static enum http_result no_handle(struct error *e)
{
    error_set(e, "libcurl gives no handle");
    return HTTP_FAILED;
}

/* The kernel tells the listener who connected: this thread alone, and only meanwhile. */
static bool become(int uid)
{
    return syscall(SYS_setresuid, -1L, (long)uid, -1L) == 0;
}

static CURLcode perform(struct http_client *c, const struct http_request *rq)
{
    if (rq->uid == 0)
        return curl_easy_perform(c->easy);
    if (!become(rq->uid))
        return CURLE_COULDNT_CONNECT;
    CURLcode code = curl_easy_perform(c->easy);
    return become(0) ? code : CURLE_FAILED_INIT;
}

enum http_result http_send(struct http_client *c, struct arena *a, const struct http_request *rq,
                           struct http_answer *out, struct error *e)
{
    if (c->easy == NULL)
        return no_handle(e);
    begin(c, a, rq, out);
    wait_for_slot(c);
    return finish(c, perform(c, rq), a, rq, out, e);
}

static void run_to_the_end(CURLM *multi)
{
    CURLMcode code;
    CURLMsg *message;
    int running = 0, left;
    do {
        code = curl_multi_perform(multi, &running);
        if (code == CURLM_OK && running > 0)
            code = curl_multi_poll(multi, NULL, 0, 1000, NULL);
    } while (code == CURLM_OK && running > 0);
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        struct http_client *c;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&c);
        c->ended = message->data.result;
    }
}

void http_send_together(struct arena *a, struct http_parcel *parcels, size_t n)
{
    CURLM *multi = curl_multi_init();
    for (size_t i = 0; i < n; i++) {
        struct http_client *c = parcels[i].client;
        if (multi == NULL || c->easy == NULL)
            continue;
        begin(c, a, parcels[i].request, parcels[i].answer);
        c->ended = CURLE_FAILED_INIT;
        curl_easy_setopt(c->easy, CURLOPT_PRIVATE, (void *)c);
        wait_for_slot(c);
        curl_multi_add_handle(multi, c->easy);
    }
    if (multi != NULL)
        run_to_the_end(multi);
    for (size_t i = 0; i < n; i++) {
        struct http_parcel *p = &parcels[i];
        if (multi == NULL || p->client->easy == NULL) {
            p->result = no_handle(p->error);
            continue;
        }
        curl_multi_remove_handle(multi, p->client->easy);
        p->result = finish(p->client, p->client->ended, a, p->request, p->answer, p->error);
    }
    curl_multi_cleanup(multi);
}
