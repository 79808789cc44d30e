/* common/url.h — URLs as this project needs them: absolute http(s) URLs, percent coding, queries.
 *
 * Decoding refuses a bad escape and %00. Text comes from the arena. */
#ifndef COMMON_URL_H
#define COMMON_URL_H

#include "common/base.h"

struct arena;

struct url {
    const char *scheme;   /* lower case */
    const char *userinfo; /* NULL when absent, still encoded */
    const char *host;     /* lower case, without brackets */
    int port;             /* 0 when absent */
    const char *path;     /* "" when absent, still encoded */
    const char *query;    /* NULL when absent, still encoded, without '?' */
};

/* Any scheme with "://" and a host; fragments are refused. */
MUST_CHECK bool url_parse(struct arena *a, const char *text, struct url *out);
/* url_parse, and the scheme is http or https. */
MUST_CHECK bool url_parse_http(struct arena *a, const char *text, struct url *out);

/* Everything but A-Z a-z 0-9 - . _ ~ becomes %XX. */
char *url_encode(struct arena *a, const char *text);
MUST_CHECK bool url_decode(struct arena *a, const char *text, size_t len, char **out);
/* As url_decode, and '+' is a space. */
MUST_CHECK bool url_decode_form(struct arena *a, const char *text, size_t len, char **out);

struct query_pair {
    const char *name;
    const char *value; /* "" when there is no '=' */
};
struct query {
    struct query_pair *pairs;
    size_t n;
};
/* NULL or "" is an empty query. False when an escape is bad. */
MUST_CHECK bool query_parse(struct arena *a, const char *text, struct query *out);
/* First value with that name, or NULL. */
const char *query_get(const struct query *q, const char *name);

#endif
