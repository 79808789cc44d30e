#include "drift-gates/env_contract/value.h"

#include "common/encoding.h"
#include "common/json.h"
#include "common/number.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/url.h"

enum { KEY_LEAST = 32, KEY_MOST = 64 };

static bool is_url(struct arena *a, const struct env_row *row, const char *value)
{
    struct url url;
    /* A data source is a URL of its own scheme, or libpq's NAME=VALUE pairs. */
    if (row->secret)
        return url_parse(a, value, &url) || strchr(value, '=') != NULL;
    return row->own ? url_parse(a, value, &url) : url_parse_http(a, value, &url);
}

static bool is_url_list(struct arena *a, const struct env_row *row, const char *value)
{
    size_t n;
    char **items = text_split(a, value, ',', &n);
    for (size_t i = 0; i < n; i++) {
        if (!is_url(a, row, text_trim(a, items[i])))
            return false;
    }
    return true;
}

static bool is_hex_key(struct arena *a, const struct env_row *row UNUSED, const char *value)
{
    struct bytes key;
    return hex_decode(a, value, strlen(value), &key) && key.len >= KEY_LEAST && key.len <= KEY_MOST;
}

static bool is_base64_32(struct arena *a, const struct env_row *row UNUSED, const char *value)
{
    struct bytes key;
    return base64_decode(a, BASE64_STANDARD, value, strlen(value), &key) && key.len == 32;
}

static bool is_duration(struct arena *a UNUSED, const struct env_row *row UNUSED, const char *value)
{
    int64_t nanos;
    return duration_parse(value, &nanos);
}

static bool is_bool(struct arena *a UNUSED, const struct env_row *row UNUSED, const char *value)
{
    return text_equal(value, "true") || text_equal(value, "false");
}

static bool is_int(struct arena *a UNUSED, const struct env_row *row UNUSED, const char *value)
{
    int64_t number;
    return number_parse(value, INT64_MIN, INT64_MAX, &number);
}

static bool is_host_port(struct arena *a UNUSED, const struct env_row *row UNUSED,
                         const char *value)
{
    const char *colon = strrchr(value, ':');
    int64_t port;
    return colon != NULL && strchr(value, '/') == NULL && number_parse(colon + 1, 0, 65535, &port);
}

static bool is_image(struct arena *a UNUSED, const struct env_row *row UNUSED, const char *value)
{
    const char *slash = strrchr(value, '/');
    const char *name = slash == NULL ? value : slash + 1;
    size_t n = strcspn(name, ":@");
    return n > 0 && name[n] != '\0' && name[n + 1] != '\0' && strpbrk(value, " \t") == NULL;
}

static bool is_path(struct arena *a UNUSED, const struct env_row *row UNUSED, const char *value)
{
    return value[0] == '/';
}

static bool is_budget(struct arena *a, const struct env_row *row UNUSED, const char *value)
{
    size_t n;
    int64_t number;
    char **parts = text_split(a, value, '/', &n);
    return n == 2 && number_parse(parts[0], 1, INT64_MAX, &number) &&
           number_parse(parts[1], 1, INT64_MAX, &number);
}

static bool is_nats_url(struct arena *a, const struct env_row *row UNUSED, const char *value)
{
    struct url url;
    return url_parse(a, value, &url) &&
           (text_equal(url.scheme, "nats") || text_equal(url.scheme, "tls"));
}

static bool is_word(struct arena *a, const struct env_row *row, const char *value)
{
    size_t n;
    char **words = text_split(a, row->parse + strlen("enum "), '|', &n);
    for (size_t i = 0; i < n; i++) {
        if (text_equal(words[i], value))
            return true;
    }
    return false;
}

static const struct {
    const char *parse, *must;
    bool (*holds)(struct arena *a, const struct env_row *row, const char *value);
} types[] = {
    { "url", "an absolute URL", is_url },
    { "url-list", "absolute http or https origins between commas", is_url_list },
    { "hex-key", "hex of 32 to 64 bytes", is_hex_key },
    { "base64-32", "base64 of exactly 32 bytes", is_base64_32 },
    { "duration", "a duration such as 30s", is_duration },
    { "bool", "true or false", is_bool },
    { "int", "a whole number", is_int },
    { "host:port", "host:port", is_host_port },
    { "image-ref", "an image with a tag or a digest", is_image },
    { "path", "an absolute path", is_path },
    { "RATE/BURST", "RATE/BURST, each from 1", is_budget },
    { "nats-url", "a nats:// or tls:// URL", is_nats_url },
};

const char *env_value_fault(struct arena *a, const struct env_row *row, const char *value)
{
    if (text_blank(value) || json_array_has_text(row->words, value))
        return NULL;
    value = text_trim(a, value);
    if (text_starts(row->parse, "enum "))
        return is_word(a, row, value) ? NULL : row->parse;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (text_equal(types[i].parse, row->parse))
            return types[i].holds(a, row, value) ? NULL : types[i].must;
    }
    return NULL;
}

bool env_value_is_hex_fixture(const char *value)
{
    if (strlen(value) != 64 || !text_starts(value, "dec0de"))
        return false;
    for (size_t i = 6; i < 64; i++) {
        bool same = i < 8 ? value[i] >= '0' && value[i] <= '9' : value[i] == value[i - 8];
        if (!same)
            return false;
    }
    return true;
}
