/* registration/mesh_range.h — arithmetic on runs of mesh addresses (SPEC REG-*).
 *
 * An address is a number of 32 or 128 bits; a range holds both of its ends. Nothing here knows the
 * database. */
#ifndef PLEXSPHERE_REGISTRATION_MESH_RANGE_H
#define PLEXSPHERE_REGISTRATION_MESH_RANGE_H

#include "common/base.h"
#include "reference/plexsphere/tenancy/cidr.h"

struct arena;

typedef unsigned __int128 mesh_number;

struct mesh_range {
    int bits; /* 32: IPv4, 128: IPv6 */
    mesh_number first, last;
};

/* The whole block, both ends included. */
struct mesh_range mesh_range_of(const struct cidr *block);

/* What a block has to give: all but the network address and, for IPv4, the broadcast address.
 * False when nothing is left. */
MUST_CHECK bool mesh_range_usable(struct mesh_range block, struct mesh_range *out);

/* The pieces of `range` outside the holes, ascending. Holes may be in any order and overlap; they
 * are sorted in place. `out` has room for n + 1. */
size_t mesh_range_without(struct mesh_range range, struct mesh_range *holes, size_t n,
                          struct mesh_range *out);

/* "10.0.0.1", "fd00::1": canonical, no prefix length. */
char *mesh_address_text(struct arena *a, int bits, mesh_number address);
/* False also when the address is of the other family. */
MUST_CHECK bool mesh_address_parse(const char *text, int bits, mesh_number *out);

#endif
