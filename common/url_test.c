#include "common/url.h"

#include <string.h>

#include "common/arena.h"
#include "common/testing.h"

static struct arena *a;
static struct url u;

START_TEST(refuses_what_is_no_absolute_url)
{
    static const char *const bad[] = {
        "",
        "example.com",
        "//example.com",
        "http:/x",
        "http:x",
        "://x",
        "1http://x",
        "ht tp://x",
        "http://",
        "http:///path",
        "http://:80",
        "http://x:",
        "http://x:0",
        "http://x:65536",
        "http://x:+80",
        "http://x:080",
        "http://x:8a",
        "http://x#f",
        "http://x/#",
        "http://x/?a#f",
        "http://x y/",
        "http://x/a b",
        "http://x/a\nb",
        "http://x/\"",
        "http://x/\\",
        "http://x\\@y/",
        "http://a@b@c/",
        "http://x/<a>",
        "http://[::1",
        "http://::1/",
        "http://[::1]80",
        "http://[::1]:",
        "http://[1.2.3.4]/",
        "http://[::1%25eth0]/",
        "http://[]/",
        "http://ex%61mple/",
        "http://x/\xc3\xa9",
        "http://\xc3\xa9/",
        "http://x\x7f/",
        "http://@/",
        "http://u@:80/",
        "http://x/{id}",
        "http://[v1.x]/",
    };
    a = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!url_parse(a, bad[i], &u), "%s", bad[i]);
    ck_assert(!url_parse(a, NULL, &u));
    ck_assert(url_parse(a, "postgres://h/db", &u));
    ck_assert(!url_parse_http(a, "postgres://h/db", &u));
    ck_assert(!url_parse_http(a, "file://h/x", &u));
    arena_destroy(a);
}
END_TEST

START_TEST(takes_urls_apart)
{
    a = arena_create();
    ck_assert(url_parse_http(a, "HTTPS://User:p%40ss@EXAMPLE.com:8443/A%2fb;c?q=1&r=a/b?c", &u));
    ck_assert_str_eq(u.scheme, "https");
    ck_assert_str_eq(u.userinfo, "User:p%40ss");
    ck_assert_str_eq(u.host, "example.com");
    ck_assert_int_eq(u.port, 8443);
    ck_assert_str_eq(u.path, "/A%2fb;c");
    ck_assert_str_eq(u.query, "q=1&r=a/b?c");

    ck_assert(url_parse_http(a, "http://localhost", &u));
    ck_assert_ptr_null(u.userinfo);
    ck_assert_ptr_null(u.query);
    ck_assert_int_eq(u.port, 0);
    ck_assert_str_eq(u.path, "");

    ck_assert(url_parse_http(a, "http://x?", &u));
    ck_assert_str_eq(u.query, "");
    arena_destroy(a);
}
END_TEST

/* The IPv6 examples of RFC 3986 §3.2.2 and RFC 2732 §2. */
START_TEST(reads_ipv6_hosts)
{
    a = arena_create();
    ck_assert(url_parse_http(a, "http://[FEDC:BA98:7654:3210:FEDC:BA98:7654:3210]:80/i.html", &u));
    ck_assert_str_eq(u.host, "fedc:ba98:7654:3210:fedc:ba98:7654:3210");
    ck_assert_int_eq(u.port, 80);
    ck_assert(url_parse_http(a, "http://[::FFFF:129.144.52.38]", &u));
    ck_assert_str_eq(u.host, "::ffff:129.144.52.38");
    ck_assert(url_parse(a, "ldap://[2001:db8::7]/c=GB?objectClass?one", &u));
    ck_assert_str_eq(u.query, "objectClass?one");
    arena_destroy(a);
}
END_TEST

START_TEST(refuses_bad_escapes)
{
    static const char *const bad[] = {
        "%", "%4", "%zz", "a%2", "%%41", "%4g", "% 1", "%00", "%+1"
    };
    char *out;
    a = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        ck_assert_msg(!url_decode(a, bad[i], strlen(bad[i]), &out), "%s", bad[i]);
        ck_assert_msg(!url_decode_form(a, bad[i], strlen(bad[i]), &out), "%s", bad[i]);
    }
    ck_assert(!url_decode(a, "%41", 2, &out)); /* not past the length */
    ck_assert(!url_decode(a, "a\0b", 3, &out));
    arena_destroy(a);
}
END_TEST

START_TEST(codes_percent)
{
    char *out;
    a = arena_create();
    ck_assert_str_eq(url_encode(a, "AZaz09-._~"), "AZaz09-._~");
    ck_assert_str_eq(url_encode(a, " /?&=+%:\xc3\xa9"), "%20%2F%3F%26%3D%2B%25%3A%C3%A9");
    ck_assert(url_decode(a, "a%2Fb+%c3%A9", 12, &out));
    ck_assert_str_eq(out, "a/b+\xc3\xa9");
    ck_assert(url_decode_form(a, "a+b%2B", 6, &out));
    ck_assert_str_eq(out, "a b+");
    arena_destroy(a);
}
END_TEST

START_TEST(reads_queries)
{
    struct query q;
    a = arena_create();
    ck_assert(query_parse(a, NULL, &q) && q.n == 0);
    ck_assert(query_parse(a, "", &q) && q.n == 0);
    ck_assert(query_parse(a, "a=1&&b&c=&a=2&d=x=y&%65=%26+", &q));
    ck_assert_uint_eq(q.n, 6);
    ck_assert_str_eq(query_get(&q, "a"), "1");
    ck_assert_str_eq(query_get(&q, "b"), "");
    ck_assert_str_eq(query_get(&q, "c"), "");
    ck_assert_str_eq(query_get(&q, "d"), "x=y");
    ck_assert_str_eq(query_get(&q, "e"), "& ");
    ck_assert_ptr_null(query_get(&q, "f"));
    ck_assert(!query_parse(a, "a=1&b=%zz", &q));
    ck_assert(!query_parse(a, "%=1", &q));
    ck_assert(!query_parse(a, "a=%00", &q));
    arena_destroy(a);
}
END_TEST

TESTS("common/url", refuses_what_is_no_absolute_url, takes_urls_apart, reads_ipv6_hosts,
      refuses_bad_escapes, codes_percent, reads_queries)
