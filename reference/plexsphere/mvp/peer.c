#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "reference/plexsphere/mvp/mvp.h"

/* MVP-005: text that is not known is "", and no PSK leaves. */
json_t *mvp_peer_view(struct arena *a, const struct node_peer *peer)
{
    const char *host_only = strchr(peer->mesh_ip, ':') ? "128" : "32";
    const char *key =
        base64_encode(a, BASE64_STANDARD, peer->public_key.data, peer->public_key.len);
    return json_pack("{s:s, s:s, s:s, s:s, s:[s], s:s}", "id", uuid_text(a, &peer->id),
                     "public_key", key, "mesh_ip", peer->mesh_ip, "endpoint",
                     peer->endpoint ? peer->endpoint : "", "allowed_ips",
                     arena_printf(a, "%s/%s", peer->mesh_ip, host_only), "psk", "");
}
