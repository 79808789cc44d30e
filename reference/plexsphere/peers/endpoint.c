#include "reference/plexsphere/peers/endpoint.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/arena.h"
#include "common/number.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/http/body.h"

#define SKEW_MAX (60 * MICROS_PER_SECOND)
#define ENDPOINT_MAX 4096

/* MSH-004: an address that means the sender itself, or its own wire, leads nobody there. */
static bool leads_nowhere4(const unsigned char b[4])
{
    bool unspecified = (b[0] | b[1] | b[2] | b[3]) == 0;
    return unspecified || b[0] == 127 || (b[0] == 169 && b[1] == 254);
}

static bool leads_nowhere6(const struct in6_addr *address)
{
    if (IN6_IS_ADDR_V4MAPPED(address) || IN6_IS_ADDR_V4COMPAT(address))
        return leads_nowhere4(address->s6_addr + 12);
    return IN6_IS_ADDR_UNSPECIFIED(address) || IN6_IS_ADDR_LOOPBACK(address) ||
           IN6_IS_ADDR_LINKLOCAL(address);
}

static bool address_parse(struct arena *a, const char *text, bool v6, const char **out)
{
    struct in6_addr raw;
    char canonical[INET6_ADDRSTRLEN];
    int family = v6 ? AF_INET6 : AF_INET;
    if (inet_pton(family, text, &raw) != 1 ||
        (v6 ? leads_nowhere6(&raw) : leads_nowhere4(raw.s6_addr)) ||
        !inet_ntop(family, &raw, canonical, sizeof canonical))
        return false;
    *out = arena_strdup(a, canonical);
    return true;
}

bool endpoint_parse(struct arena *a, const char *text, const char **address, int *port)
{
    bool v6 = text[0] == '[';
    const char *end = v6 ? strstr(text, "]:") : strrchr(text, ':');
    int64_t number;
    if (!end || !number_parse(end + (v6 ? 2 : 1), 1, 65535, &number))
        return false;
    *port = (int)number;
    const char *start = text + v6;
    return address_parse(a, arena_strndup(a, start, (size_t)(end - start)), v6, address);
}

char *endpoint_text(struct arena *a, const char *address, int port)
{
    return arena_printf(a, strchr(address, ':') ? "[%s]:%d" : "%s:%d", address, port);
}

static bool is_nat_type(const char *text)
{
    static const char *const known[] = { "full_cone", "restricted", "port_restricted", "symmetric",
                                         "unknown" };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (text_equal(text, known[i]))
            return true;
    return false;
}

/* A report before its rules. */
struct draft {
    const char *endpoint, *nat_type, *reported_at;
};

/* MSH-002: a member that is not there, of another type or outside its set breaks the shape. */
static bool read_shape(struct arena *a, const json_t *body, struct draft *d,
                       struct endpoint_report *out, const char **why)
{
    static const char *const known[] = { "endpoint", "nat_type", "reported_at", NULL };
    if (!body_only(a, body, known, why) ||
        body_text(a, body, "endpoint", &d->endpoint, why) == BODY_WRONG ||
        body_text(a, body, "nat_type", &d->nat_type, why) == BODY_WRONG ||
        body_text(a, body, "reported_at", &d->reported_at, why) == BODY_WRONG)
        return false;
    *why = "The member 'endpoint' must be there and have 1 to 4096 characters.";
    if (!d->endpoint || !*d->endpoint || text_utf8_length(d->endpoint) > ENDPOINT_MAX)
        return false;
    *why = "The member 'nat_type' must be there and be one of its set.";
    if (!d->nat_type || !is_nat_type(d->nat_type))
        return false;
    *why = "The member 'reported_at' must be there and be an RFC 3339 instant.";
    return d->reported_at && timestamp_parse(d->reported_at, &out->reported_at);
}

enum endpoint_read_result endpoint_report_read(struct arena *a, const json_t *body, int64_t now,
                                               struct endpoint_report *out, const char **why)
{
    struct draft d = { NULL, NULL, NULL };
    if (!read_shape(a, body, &d, out, why))
        return ENDPOINT_MALFORMED;
    if (out->reported_at < now - SKEW_MAX || out->reported_at > now + SKEW_MAX)
        return ENDPOINT_SKEWED;
    out->nat_type = d.nat_type;
    return endpoint_parse(a, d.endpoint, &out->address, &out->port) ? ENDPOINT_READ
                                                                    : ENDPOINT_UNPARSEABLE;
}
