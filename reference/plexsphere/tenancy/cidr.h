/* tenancy/cidr.h — address ranges as RFC 4632 (IPv4) and RFC 4291 (IPv6) write them.
 *
 * Only the canonical reading is taken: host bits zero, no leading zeros in IPv4 octets and lengths,
 * no dotted tail in IPv6. Values only, nothing allocates; texts are written into the caller's
 * array. */
#ifndef PLEXSPHERE_TENANCY_CIDR_H
#define PLEXSPHERE_TENANCY_CIDR_H

#include "common/base.h"

#define IP_TEXT_CAP 40   /* 8 groups of 4, 7 colons, NUL */
#define CIDR_TEXT_CAP 44 /* and "/128" */

struct ip {
    unsigned width;            /* 32 or 128 */
    unsigned char address[16]; /* network order; IPv4 in the first four bytes */
};

struct cidr {
    struct ip base;
    unsigned prefix; /* 0 to width */
};

/* "10.42.0.0/16", "fd00:1::/32". IPv6 groups are read in either case and any legal abbreviation. */
MUST_CHECK bool cidr_parse(const char *text, struct cidr *out);
/* Lower case, longest run of zero groups shortened (RFC 5952), never with a dotted tail. */
void cidr_format(const struct cidr *c, char out[CIDR_TEXT_CAP]);

bool cidr_equal(const struct cidr *a, const struct cidr *b);
/* Is every address of `inner` in `outer`? Never across families. */
bool cidr_contains(const struct cidr *outer, const struct cidr *inner);
bool cidr_has_address(const struct cidr *c, const struct ip *address);
/* Do they share an address? */
bool cidr_overlaps(const struct cidr *a, const struct cidr *b);

/* The n-th address of the range counting from 0, the network address; false when the range ends
 * before. */
MUST_CHECK bool cidr_address(const struct cidr *c, uint64_t n, struct ip *out);

/* A single address without a length, by the same rules. */
MUST_CHECK bool ip_parse(const char *text, struct ip *out);
void ip_format(const struct ip *address, char out[IP_TEXT_CAP]);

#endif
