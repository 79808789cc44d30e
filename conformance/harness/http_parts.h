/* harness/http_parts.h — what http_client.c and http_stream.c share; nobody else includes this. */
#ifndef HARNESS_HTTP_PARTS_H
#define HARNESS_HTTP_PARTS_H

#include <curl/curl.h>

#include "common/buffer.h"
#include "harness/http_client.h"

void http_initialise_curl(void);
/* What is the same for every request to this target. */
void http_configure(CURL *easy, const struct profile *p);
/* To be freed with curl_slist_free_all(). */
struct curl_slist *http_header_list(struct arena *a, const struct http_request *rq);
void http_read_head(struct arena *a, const struct buffer *head, struct http_answer *out);

#endif
