#include "harness/http_stream.h"

#include <string.h>

#include "common/memory.h"
#include "common/timestamp.h"
#include "harness/http_parts.h"

enum { KEPT_MOST = 16 * 1024 * 1024 };

struct http_stream {
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    struct buffer head, kept, given;
    char reason[CURL_ERROR_SIZE];
    bool body_began, reading, paused, ended;
    CURLcode code;
};

static size_t on_head(char *data, size_t size, size_t n, void *arg)
{
    struct http_stream *s = arg;
    if (size * n >= 5 && memcmp(data, "HTTP/", 5) == 0)
        buffer_clear(&s->head);
    /* The empty line behind the last header. */
    if (size * n <= 2 && s->head.len > 0 && memcmp(s->head.data, "HTTP/1.1 1", 10) != 0)
        s->body_began = true;
    return buffer_append(&s->head, data, size * n) ? size * n : 0;
}

/* Nobody reads: the bytes stay in the kernel, and then at the sender. */
static size_t on_piece(char *data, size_t size, size_t n, void *arg)
{
    struct http_stream *s = arg;
    if (!s->reading) {
        s->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    return buffer_append(&s->kept, data, size * n) ? size * n : 0;
}

static void work(struct http_stream *s, int timeout_ms)
{
    int running = 0, left;
    CURLMsg *message;
    (void)curl_multi_perform(s->multi, &running);
    if (running > 0 && s->kept.len == 0 && timeout_ms > 0) {
        (void)curl_multi_poll(s->multi, NULL, 0, timeout_ms, NULL);
        (void)curl_multi_perform(s->multi, &running);
    }
    while ((message = curl_multi_info_read(s->multi, &left)) != NULL) {
        s->ended = true;
        s->code = message->data.result;
    }
}

static bool set_up(struct http_stream *s, const struct profile *p, struct arena *a,
                   const struct http_request *rq)
{
    http_initialise_curl();
    s->multi = curl_multi_init();
    s->easy = curl_easy_init();
    if (s->multi == NULL || s->easy == NULL)
        return false;
    http_configure(s->easy, p);
    s->headers = http_header_list(a, rq);
    if (rq->http10)
        curl_easy_setopt(s->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_0);
    curl_easy_setopt(s->easy, CURLOPT_ERRORBUFFER, s->reason);
    curl_easy_setopt(s->easy, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(s->easy, CURLOPT_HEADERDATA, s);
    curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_piece);
    curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
    curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, s->headers);
    curl_easy_setopt(s->easy, CURLOPT_URL, rq->url);
    curl_easy_setopt(s->easy, CURLOPT_BUFFERSIZE, 16384L);
    return curl_multi_add_handle(s->multi, s->easy) == CURLM_OK;
}

static enum http_result no_head(struct http_stream *s, int timeout_ms, struct error *e)
{
    if (!s->ended) {
        error_set(e, "no head within %d ms", timeout_ms);
        return HTTP_TIMED_OUT;
    }
    error_set(e, "%s", s->reason[0] != '\0' ? s->reason : curl_easy_strerror(s->code));
    return s->code == CURLE_COULDNT_CONNECT ? HTTP_UNREACHABLE : HTTP_FAILED;
}

enum http_result http_stream_open(const struct profile *p, struct arena *a,
                                  const struct http_request *rq, struct http_stream **out,
                                  struct http_answer *head, struct error *e)
{
    struct http_stream *s = mem_alloc(sizeof *s);
    int64_t until = clock_monotonic_nanos() + (int64_t)rq->timeout_ms * 1000000;
    long status = 0;
    buffer_init(&s->head, HTTP_ANSWER_CAP);
    buffer_init(&s->kept, KEPT_MOST);
    buffer_init(&s->given, KEPT_MOST);
    *out = s;
    *head = (struct http_answer){ .body = { (const unsigned char *)"", 0 } };
    if (!set_up(s, p, a, rq)) {
        error_set(e, "libcurl gives no handle");
        return HTTP_FAILED;
    }
    while (!s->body_began && !s->ended && clock_monotonic_nanos() < until)
        work(s, 100);
    if (!s->body_began)
        return no_head(s, rq->timeout_ms, e);
    curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
    head->status = (int)status;
    http_read_head(a, &s->head, head);
    return HTTP_ANSWERED;
}

enum stream_read http_stream_read(struct http_stream *s, int timeout_ms, struct bytes *out)
{
    s->reading = true;
    if (s->paused) {
        s->paused = false;
        curl_easy_pause(s->easy, CURLPAUSE_CONT);
    }
    if (s->kept.len == 0 && !s->ended)
        work(s, timeout_ms);
    s->reading = false;
    buffer_clear(&s->given);
    if (s->kept.len == 0)
        return s->ended ? STREAM_ENDED : STREAM_SILENT;
    bool fits = buffer_append(&s->given, s->kept.data, s->kept.len);
    buffer_clear(&s->kept);
    *out = (struct bytes){ (const unsigned char *)s->given.data, s->given.len };
    return fits ? STREAM_DATA : STREAM_ENDED;
}

void http_stream_close(struct http_stream *s)
{
    if (s == NULL)
        return;
    if (s->easy != NULL && s->multi != NULL)
        curl_multi_remove_handle(s->multi, s->easy);
    curl_easy_cleanup(s->easy);
    curl_multi_cleanup(s->multi);
    curl_slist_free_all(s->headers);
    buffer_release(&s->head);
    buffer_release(&s->kept);
    buffer_release(&s->given);
    mem_free(s);
}
