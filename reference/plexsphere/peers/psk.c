#include "reference/plexsphere/peers/psk.h"

#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/random.h"
#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/peers/store.h"

enum { PSK_BYTES = 32, ID_BYTES = sizeof(struct uuid) };

static bool sealed_psk(struct arena *a, const unsigned char key[32], const struct uuid *low,
                       const struct uuid *high, const struct uuid *kid, struct bytes *out)
{
    unsigned char psk[PSK_BYTES], aad[3 * ID_BYTES];
    memcpy(aad, low->b, ID_BYTES);
    memcpy(aad + ID_BYTES, high->b, ID_BYTES);
    memcpy(aad + 2 * ID_BYTES, kid->b, ID_BYTES);
    random_bytes(psk, sizeof psk);
    bool ok =
        seal(a, key, (struct bytes){ aad, sizeof aad }, (struct bytes){ psk, sizeof psk }, out);
    mem_wipe(psk, sizeof psk);
    return ok;
}

static bool add_row(struct arena *a, json_t *rows, const unsigned char key[32],
                    const struct uuid *one, const struct uuid *other, const struct uuid *kid)
{
    bool in_order = memcmp(one->b, other->b, ID_BYTES) < 0;
    const struct uuid *low = in_order ? one : other, *high = in_order ? other : one;
    struct bytes sealed;
    if (!sealed_psk(a, key, low, high, kid, &sealed))
        return false;
    json_array_append_new(rows, json_pack("{s:s, s:s, s:s}", "low", uuid_text(a, low), "high",
                                          uuid_text(a, high), "wrapped",
                                          hex_encode(a, sealed.data, sealed.len)));
    return true;
}

enum sql_result psk_issue(struct tx *tx, const unsigned char nsk_wrap_key[32],
                          const struct uuid *node, const struct node_peer *peers, size_t n,
                          const struct uuid *kid, int64_t now)
{
    struct arena *a = tx_arena(tx);
    unsigned char key[32];
    json_t *rows = json_own(a, json_array());
    bool ok = true;
    hkdf_sha256((struct bytes){ nsk_wrap_key, 32 }, "mesh-psk", key);
    for (size_t i = 0; i < n && ok; i++)
        ok = add_row(a, rows, key, node, &peers[i].id, kid);
    mem_wipe(key, sizeof key);
    if (!ok)
        return SQL_FAILED;
    return n == 0 ? SQL_OK : psk_insert(tx, json_dump(a, rows), kid, PSK_WRAP_KEY_VERSION, now);
}
