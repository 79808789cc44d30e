#include "reference/plexsphere/peers/psk.h"

#include <string.h>

#include "common/arena.h"
#include "common/memory.h"
#include "common/random.h"
#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/peers/store.h"

enum { ID_BYTES = sizeof(struct uuid), NAME_BYTES = 2 * ID_BYTES };
enum { NAMED_BYTES = NAME_BYTES + PSK_BYTES };

/* What tells a share from every other: its Node and its kid. */
static void name_share(const struct uuid *node, const struct uuid *kid,
                       unsigned char name[NAME_BYTES])
{
    memcpy(name, node->b, ID_BYTES);
    memcpy(name + ID_BYTES, kid->b, ID_BYTES);
}

static void put_named(const struct psk_share *share, unsigned char out[NAMED_BYTES])
{
    name_share(&share->node, &share->kid, out);
    memcpy(out + NAME_BYTES, share->secret, PSK_BYTES);
}

void psk_of_shares(const struct psk_share *one, const struct psk_share *other,
                   unsigned char psk[PSK_BYTES])
{
    unsigned char both[2 * NAMED_BYTES];
    bool in_order = memcmp(one->node.b, other->node.b, ID_BYTES) < 0;
    put_named(in_order ? one : other, both);
    put_named(in_order ? other : one, both + NAMED_BYTES);
    hkdf_sha256((struct bytes){ both, sizeof both }, "mesh-psk", psk);
    mem_wipe(both, sizeof both);
}

static void share_key(const unsigned char nsk_wrap_key[32], unsigned char key[32])
{
    hkdf_sha256((struct bytes){ nsk_wrap_key, 32 }, "mesh-psk-share", key);
}

enum sql_result psk_issue(struct tx *tx, const unsigned char nsk_wrap_key[32],
                          const struct uuid *node, const struct uuid *kid, int64_t now)
{
    unsigned char key[32], secret[PSK_BYTES], name[NAME_BYTES];
    struct bytes sealed;
    share_key(nsk_wrap_key, key);
    name_share(node, kid, name);
    random_bytes(secret, sizeof secret);
    bool ok = seal(tx_arena(tx), key, (struct bytes){ name, sizeof name },
                   (struct bytes){ secret, sizeof secret }, &sealed);
    mem_wipe(secret, sizeof secret);
    mem_wipe(key, sizeof key);
    return ok ? psk_share_insert(tx, node, kid, PSK_WRAP_KEY_VERSION, sealed, now) : SQL_FAILED;
}

static bool open_share(struct arena *a, const unsigned char key[32],
                       const struct sealed_share *sealed, struct psk_share *out)
{
    unsigned char name[NAME_BYTES];
    struct bytes plain = { NULL, 0 };
    name_share(&sealed->node, &sealed->kid, name);
    bool ok = seal_open(a, key, (struct bytes){ name, sizeof name }, sealed->wrapped, &plain) &&
              plain.len == PSK_BYTES;
    *out = (struct psk_share){ .node = sealed->node, .kid = sealed->kid };
    if (ok)
        memcpy(out->secret, plain.data, PSK_BYTES);
    if (plain.data)
        mem_wipe((void *)(uintptr_t)plain.data, plain.len);
    return ok;
}

enum found psk_of_pair(struct tx *tx, const unsigned char nsk_wrap_key[32], const struct uuid *one,
                       const struct uuid *other, unsigned char psk[PSK_BYTES])
{
    struct sealed_share sealed[2];
    struct psk_share shares[2];
    unsigned char key[32];
    enum found found = psk_shares_of_pair(tx, one, other, sealed);
    if (found != FOUND)
        return found;
    share_key(nsk_wrap_key, key);
    bool ok = open_share(tx_arena(tx), key, &sealed[0], &shares[0]) &&
              open_share(tx_arena(tx), key, &sealed[1], &shares[1]);
    if (ok)
        psk_of_shares(&shares[0], &shares[1], psk);
    mem_wipe(shares, sizeof shares);
    mem_wipe(key, sizeof key);
    return ok ? FOUND : FIND_FAILED;
}

enum sql_result psk_fill(struct tx *tx, const unsigned char nsk_wrap_key[32], int limit,
                         int64_t now, size_t *n)
{
    struct uuid *nodes;
    enum sql_result r = psk_lock_without_share(tx, limit, &nodes, n);
    for (size_t i = 0; i < *n && r == SQL_OK; i++) {
        struct uuid kid = uuid_v7(now);
        r = psk_issue(tx, nsk_wrap_key, &nodes[i], &kid, now);
    }
    return r;
}
