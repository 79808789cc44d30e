#include "harness/schema_format.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "common/encoding.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/uuid.h"

static bool is_uuid(struct arena *a UNUSED, const char *text)
{
    struct uuid u;
    return uuid_parse(text, &u);
}

static bool is_date_time(struct arena *a UNUSED, const char *text)
{
    int64_t micros;
    return timestamp_parse(text, &micros);
}

/* RFC 3986: a scheme, a colon, and no character that has no place in a URI. */
static bool is_uri(struct arena *a UNUSED, const char *text)
{
    size_t i = 0;
    if (!isalpha((unsigned char)text[0]))
        return false;
    while (isalnum((unsigned char)text[i]) || (text[i] != '\0' && strchr("+-.", text[i]) != NULL))
        i++;
    if (text[i] != ':' || text[i + 1] == '\0')
        return false;
    for (; text[i] != '\0'; i++)
        if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] > '~' ||
            strchr("\"<>\\^`{|}", text[i]) != NULL)
            return false;
    return true;
}

static bool is_byte(struct arena *a, const char *text)
{
    struct bytes out;
    return base64_decode(a, BASE64_STANDARD, text, strlen(text), &out);
}

static bool is_ipv4(struct arena *a UNUSED, const char *text)
{
    struct in_addr address;
    return inet_pton(AF_INET, text, &address) == 1;
}

static bool is_ipv6(struct arena *a UNUSED, const char *text)
{
    struct in6_addr address;
    return inet_pton(AF_INET6, text, &address) == 1;
}

static bool is_email(struct arena *a UNUSED, const char *text)
{
    const char *at = strrchr(text, '@');
    if (at == NULL || at == text || at[1] == '\0' || at[1] == '.' || strchr(at, ' ') != NULL)
        return false;
    return strchr(text, ' ') == NULL && text[strlen(text) - 1] != '.';
}

static bool is_anything(struct arena *a UNUSED, const char *text UNUSED)
{
    return true;
}

/* "Sun, 22 Nov 2026 04:55:00 GMT": judged by its shape (RFC 9110 5.6.7). */
static bool is_http_date(struct arena *a UNUSED, const char *text)
{
    static const char shape[] = "Aaa, 00 Aaa 0000 00:00:00 GMT";
    if (strlen(text) != sizeof shape - 1)
        return false;
    for (size_t i = 0; shape[i] != '\0'; i++) {
        unsigned char c = (unsigned char)text[i];
        bool fits = shape[i] == '0'                        ? isdigit(c) != 0
                    : shape[i] == 'a'                      ? islower(c) != 0
                    : shape[i] == 'A' || isupper(shape[i]) ? isupper(c) != 0
                                                           : c == (unsigned char)shape[i];
        if (!fits)
            return false;
    }
    return text_ends(text, " GMT");
}

static const struct {
    const char *name;
    bool (*holds)(struct arena *a, const char *text);
} text_formats[] = {
    { "uuid", is_uuid },
    { "date-time", is_date_time },
    { "uri", is_uri },
    { "byte", is_byte },
    { "ipv4", is_ipv4 },
    { "ipv6", is_ipv6 },
    { "email", is_email },
    { "binary", is_anything },
    { "http-date", is_http_date },
    { "int32", NULL },
    { "int64", NULL },
    { "double", NULL },
    { "float", NULL },
};

static size_t position(const char *format)
{
    size_t i = 0;
    while (i < ARRAY_LEN(text_formats) && strcmp(text_formats[i].name, format) != 0)
        i++;
    return i;
}

bool schema_format_known(const char *format)
{
    return position(format) < ARRAY_LEN(text_formats);
}

bool schema_format_holds(struct arena *a, const char *format, const json_t *value)
{
    size_t i = position(format);
    if (i == ARRAY_LEN(text_formats))
        return false;
    if (text_formats[i].holds != NULL)
        return !json_is_string(value) || text_formats[i].holds(a, json_string_value(value));
    /* jansson holds integers in 64 bits: int64 needs no look. */
    if (strcmp(format, "int32") == 0 && json_is_integer(value))
        return json_integer_value(value) >= INT32_MIN && json_integer_value(value) <= INT32_MAX;
    return true;
}
