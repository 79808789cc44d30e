#include "reference/plexsphere/registration/mesh_range.h"

#include <stdlib.h>

#include "common/arena.h"

static mesh_number number_of(const struct ip *address)
{
    mesh_number n = 0;
    for (unsigned i = 0; i < address->width / 8; i++)
        n = n << 8 | address->address[i];
    return n;
}

bool mesh_address_parse(const char *text, int bits, mesh_number *out)
{
    struct ip address;
    if (!ip_parse(text, &address) || (int)address.width != bits)
        return false;
    *out = number_of(&address);
    return true;
}

char *mesh_address_text(struct arena *a, int bits, mesh_number n)
{
    struct ip address = { .width = (unsigned)bits };
    char text[IP_TEXT_CAP];
    for (int i = bits / 8; i-- > 0; n >>= 8)
        address.address[i] = (unsigned char)n;
    ip_format(&address, text);
    return arena_strdup(a, text);
}

struct mesh_range mesh_range_of(const struct cidr *block)
{
    unsigned host_bits = block->base.width - block->prefix;
    /* A shift by the full width is undefined. */
    mesh_number host_mask = host_bits == 128 ? ~(mesh_number)0 : ((mesh_number)1 << host_bits) - 1;
    mesh_number first = number_of(&block->base);
    return (struct mesh_range){ (int)block->base.width, first, first | host_mask };
}

bool mesh_range_usable(struct mesh_range block, struct mesh_range *out)
{
    /* REG-026: the broadcast address exists in IPv4 alone. */
    mesh_number broadcast = block.bits == 32 ? 1 : 0;
    if (block.last - block.first < 1 + broadcast)
        return false;
    *out = (struct mesh_range){ block.bits, block.first + 1, block.last - broadcast };
    return true;
}

static int by_first(const void *left, const void *right)
{
    const struct mesh_range *l = left, *r = right;
    return l->first < r->first ? -1 : l->first > r->first;
}

size_t mesh_range_without(struct mesh_range range, struct mesh_range *holes, size_t n,
                          struct mesh_range *out)
{
    size_t pieces = 0;
    if (n > 0)
        qsort(holes, n, sizeof *holes, by_first);
    for (size_t i = 0; i < n; i++) {
        if (holes[i].bits != range.bits || holes[i].last < range.first)
            continue;
        if (holes[i].first > range.last)
            break;
        if (holes[i].first > range.first)
            out[pieces++] = (struct mesh_range){ range.bits, range.first, holes[i].first - 1 };
        if (holes[i].last >= range.last)
            return pieces;
        range.first = holes[i].last + 1;
    }
    out[pieces++] = range;
    return pieces;
}
