#include "reference/plexsphere/tenancy/cidr.h"

#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/number.h"

/* A run of at most `most` characters copied out so that the strict number parser may read it. */
static bool number_of(const char *text, size_t len, size_t most, int64_t max, unsigned *out)
{
    char digits[8];
    int64_t value;
    if (len == 0 || len > most || most >= sizeof digits)
        return false;
    memcpy(digits, text, len);
    digits[len] = '\0';
    if (!number_parse(digits, 0, max, &value))
        return false;
    *out = (unsigned)value;
    return true;
}

static bool parse_v4(const char *text, size_t len, struct ip *out)
{
    size_t at = 0;
    for (int octet = 0; octet < 4; octet++) {
        size_t start = at;
        while (at < len && text[at] != '.')
            at++;
        unsigned value;
        if (!number_of(text + start, at - start, 3, 255, &value))
            return false;
        out->address[octet] = (unsigned char)value;
        if (octet < 3 && at++ >= len)
            return false;
    }
    out->width = 32;
    return at == len;
}

/* Reads groups up to "::" or the end; says how many bytes they filled and where it stopped. */
static bool parse_groups(const char *text, size_t len, size_t *at, unsigned char *into,
                         size_t *filled)
{
    *filled = 0;
    while (*at < len) {
        unsigned value = 0;
        size_t digits = 0;
        for (; *at < len && hex_digit_value(text[*at]) >= 0; (*at)++, digits++)
            value = value * 16 + (unsigned)hex_digit_value(text[*at]);
        if (digits == 0 || digits > 4 || *filled == 16)
            return false;
        into[(*filled)++] = (unsigned char)(value >> 8);
        into[(*filled)++] = (unsigned char)(value & 0xff);
        if (*at == len)
            return true;
        if (text[*at] != ':')
            return false;
        if (*at + 1 < len && text[*at + 1] == ':')
            return true;
        if (++*at == len)
            return false; /* a single colon at the end */
    }
    return true;
}

static bool parse_v6(const char *text, size_t len, struct ip *out)
{
    unsigned char head[16], tail[16];
    size_t n_head = 0, n_tail = 0, at = 0;
    if (len > 39 || len < 2) /* eight groups of four; longer texts cannot be addresses */
        return false;
    if (!(text[0] == ':' && text[1] == ':') && !parse_groups(text, len, &at, head, &n_head))
        return false;
    bool gap = at + 1 < len && text[at] == ':' && text[at + 1] == ':';
    if (gap) {
        at += 2;
        if (at < len && (!parse_groups(text, len, &at, tail, &n_tail) || at != len))
            return false;
    }
    /* "::" stands for one group or more. */
    if (at != len || (gap ? n_head + n_tail > 14 : n_head != 16))
        return false;
    memset(out->address, 0, sizeof out->address);
    memcpy(out->address, head, n_head);
    memcpy(out->address + 16 - n_tail, tail, n_tail);
    out->width = 128;
    return true;
}

static bool parse_address(const char *text, size_t len, struct ip *out)
{
    *out = (struct ip){ 0 };
    return memchr(text, ':', len) ? parse_v6(text, len, out) : parse_v4(text, len, out);
}

bool ip_parse(const char *text, struct ip *out)
{
    return parse_address(text, strlen(text), out);
}

static bool bit_of(const struct ip *address, unsigned bit)
{
    return (address->address[bit / 8] >> (7 - bit % 8)) & 1;
}

static bool host_bits_zero(const struct cidr *c)
{
    for (unsigned bit = c->prefix; bit < c->base.width; bit++)
        if (bit_of(&c->base, bit))
            return false;
    return true;
}

bool cidr_parse(const char *text, struct cidr *out)
{
    const char *slash = strchr(text, '/');
    *out = (struct cidr){ 0 };
    return slash && parse_address(text, (size_t)(slash - text), &out->base) &&
           number_of(slash + 1, strlen(slash + 1), 3, out->base.width, &out->prefix) &&
           host_bits_zero(out);
}

/* First group and number of groups of the longest run of two or more zero groups. */
static void longest_zero_run(const unsigned char *address, int *first, int *groups)
{
    *first = -1;
    *groups = 1; /* RFC 5952: a single zero group is not shortened */
    for (int from = 0, to; from < 8; from = to + 1) {
        for (to = from; to < 8 && address[2 * to] == 0 && address[2 * to + 1] == 0; to++)
            ;
        if (to - from > *groups) {
            *first = from;
            *groups = to - from;
        }
    }
}

static void format_v6(const unsigned char *address, char out[IP_TEXT_CAP])
{
    int gap, gap_groups;
    size_t at = 0;
    longest_zero_run(address, &gap, &gap_groups);
    for (int group = 0; group < 8; group++) {
        if (group == gap) {
            at += (size_t)snprintf(out + at, IP_TEXT_CAP - at, "::");
            group += gap_groups - 1;
            continue;
        }
        bool joined = group == 0 || (gap >= 0 && group == gap + gap_groups);
        unsigned value = (unsigned)address[2 * group] << 8 | address[2 * group + 1];
        at += (size_t)snprintf(out + at, IP_TEXT_CAP - at, "%s%x", joined ? "" : ":", value);
    }
}

void ip_format(const struct ip *address, char out[IP_TEXT_CAP])
{
    const unsigned char *b = address->address;
    if (address->width == 32)
        snprintf(out, IP_TEXT_CAP, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
    else
        format_v6(b, out);
}

void cidr_format(const struct cidr *c, char out[CIDR_TEXT_CAP])
{
    char address[IP_TEXT_CAP];
    ip_format(&c->base, address);
    snprintf(out, CIDR_TEXT_CAP, "%s/%u", address, c->prefix);
}

bool cidr_equal(const struct cidr *a, const struct cidr *b)
{
    return a->prefix == b->prefix && cidr_contains(a, b);
}

bool cidr_has_address(const struct cidr *c, const struct ip *address)
{
    if (c->base.width != address->width)
        return false;
    for (unsigned bit = 0; bit < c->prefix; bit++)
        if (bit_of(&c->base, bit) != bit_of(address, bit))
            return false;
    return true;
}

bool cidr_contains(const struct cidr *outer, const struct cidr *inner)
{
    return outer->prefix <= inner->prefix && cidr_has_address(outer, &inner->base);
}

/* Two ranges that share an address are nested: prefixes cannot cross. */
bool cidr_overlaps(const struct cidr *a, const struct cidr *b)
{
    return cidr_contains(a, b) || cidr_contains(b, a);
}

bool cidr_address(const struct cidr *c, uint64_t n, struct ip *out)
{
    unsigned host_bits = c->base.width - c->prefix;
    if (host_bits < 64 && n >> host_bits != 0)
        return false;
    *out = c->base;
    /* The host bits are zero, so adding never carries into the prefix. */
    for (unsigned byte = c->base.width / 8; byte-- > 0 && n != 0; n >>= 8)
        out->address[byte] = (unsigned char)(out->address[byte] | (n & 0xff));
    return true;
}
