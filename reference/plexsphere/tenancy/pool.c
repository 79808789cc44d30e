#include "reference/plexsphere/tenancy/pool.h"

#include <string.h>

#include "common/arena.h"

/* The binary form of inet and cidr: family, prefix length, is-cidr, address length, address. */
enum { AT_PREFIX = 1, AT_LENGTH = 3, AT_ADDRESS = 4 };

bool pool_of_row(const struct rows *r, int row, int column, struct cidr *out)
{
    struct bytes sent = row_bytes(r, row, column);
    *out = (struct cidr){ 0 };
    if (sent.len < AT_ADDRESS || (sent.data[AT_LENGTH] != 4 && sent.data[AT_LENGTH] != 16) ||
        sent.len != AT_ADDRESS + (size_t)sent.data[AT_LENGTH])
        return false;
    out->base.width = 8u * sent.data[AT_LENGTH];
    out->prefix = sent.data[AT_PREFIX];
    memcpy(out->base.address, sent.data + AT_ADDRESS, sent.data[AT_LENGTH]);
    return out->prefix <= out->base.width;
}

const char *pool_text(const struct rows *r, int row, int column)
{
    struct cidr range;
    char text[CIDR_TEXT_CAP];
    if (!pool_of_row(r, row, column, &range))
        return NULL;
    cidr_format(&range, text);
    return arena_strdup(r->arena, text);
}
