#include "reference/plexsphere/events/signing_keys.h"

#include <jansson.h>
#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/random.h"
#include "common/text.h"
#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/events/signing_store.h"

enum configured production_signing_config_from_env(struct arena *a, const struct environment *env,
                                                   struct signing *out, struct error *e)
{
    struct registration_config config;
    enum configured result = production_registration_config_from_env(a, env, &config, e);
    if (result != CONFIGURED_ON)
        return result;
    out->scope = config.signing_scope;
    out->has_seed = config.can_register && config.has_seed;
    memcpy(out->seed, config.signing_seed, sizeof out->seed);
    memcpy(out->public_key, config.signing_public_key, sizeof out->public_key);
    out->key_id = config.signing_key_id;
    /* KEY-004: of the wrap key, so that a database alone signs nothing. */
    hkdf_sha256((struct bytes){ config.nsk_wrap_key, sizeof config.nsk_wrap_key }, "signing-keys",
                out->seal_key);
    mem_wipe(&config, sizeof config);
    return CONFIGURED_ON;
}

/* A sealed seed belongs to its chain and its public key; moved to another row it does not open. */
static struct bytes sealed_for(struct arena *a, const struct stored_key *key)
{
    unsigned char *aad = arena_alloc(a, sizeof key->domain_id.b + sizeof key->public_key);
    memcpy(aad, key->domain_id.b, sizeof key->domain_id.b);
    memcpy(aad + sizeof key->domain_id.b, key->public_key, sizeof key->public_key);
    return (struct bytes){ aad, sizeof key->domain_id.b + sizeof key->public_key };
}

static bool seal_seed(struct arena *a, const struct signing *s, const unsigned char seed[32],
                      struct stored_key *key)
{
    return seal(a, s->seal_key, sealed_for(a, key), (struct bytes){ seed, 32 }, &key->sealed_seed);
}

static bool open_seed(struct arena *a, const struct signing *s, const struct stored_key *key,
                      unsigned char seed[32])
{
    struct bytes plain;
    if (!seal_open(a, s->seal_key, sealed_for(a, key), key->sealed_seed, &plain) || plain.len != 32)
        return false;
    memcpy(seed, plain.data, 32);
    mem_wipe((void *)(uintptr_t)plain.data, plain.len);
    return true;
}

/* KEY-005: a made key is named after its public half. */
static bool make_key(struct arena *a, const struct signing *s, const struct uuid *domain,
                     int64_t now, struct stored_key *out)
{
    unsigned char seed[32], digest[32];
    *out = (struct stored_key){ .id = uuid_v7(now) };
    if (domain)
        out->domain_id = *domain;
    random_bytes(seed, sizeof seed);
    bool ok = signing_public_of_seed(seed, out->public_key) && seal_seed(a, s, seed, out);
    mem_wipe(seed, sizeof seed);
    sha256(out->public_key, sizeof out->public_key, digest);
    out->key_id = arena_printf(a, "sk-%s", hex_encode(a, digest, 8));
    return ok;
}

static bool configured_key(struct arena *a, const struct signing *s, int64_t now,
                           struct stored_key *out)
{
    *out = (struct stored_key){ .id = uuid_v7(now), .key_id = s->key_id };
    memcpy(out->public_key, s->public_key, sizeof out->public_key);
    return seal_seed(a, s, s->seed, out);
}

static struct signing_key public_part(const struct stored_key *key)
{
    struct signing_key out = { .key_id = key->key_id };
    memcpy(out.public_key, key->public_key, sizeof out.public_key);
    return out;
}

static const char *key_text(struct arena *a, const struct signing_key *key)
{
    return base64_encode(a, BASE64_STANDARD, key->public_key, sizeof key->public_key);
}

/* KEY-008: three members every agent knows, and the two names that v1 needs beside them. */
static const char *rotation_payload(struct arena *a, const struct signing_keys *keys)
{
    json_t *payload = json_own(a, json_object());
    json_object_set_new(payload, "current", json_string(key_text(a, &keys->current)));
    json_object_set_new(payload, "previous", json_string(key_text(a, &keys->previous)));
    json_object_set_new(payload, "transition_expires",
                        json_string(timestamp_format(a, keys->transition_expires)));
    json_object_set_new(payload, "current_id", json_string(keys->current.key_id));
    json_object_set_new(payload, "previous_id", json_string(keys->previous.key_id));
    return json_dump(a, payload);
}

/* The old key steps back. Where a Domain leaves the platform's chain, a copy of the platform's key
 * begins its own, so that what was appended before is still signed as its Nodes expect. */
static enum sql_result step_back(struct tx *tx, const struct signing *s,
                                 const struct stored_key *old, const struct stored_key *next,
                                 int64_t until, int64_t now)
{
    struct stored_key copy = *old;
    unsigned char seed[32];
    if (uuid_equal(&old->domain_id, &next->domain_id))
        return signing_key_retire(tx, &old->id, until);
    copy.id = uuid_v7(now);
    copy.domain_id = next->domain_id;
    copy.transition_expires = until;
    bool ok = open_seed(tx_arena(tx), s, old, seed) && seal_seed(tx_arena(tx), s, seed, &copy);
    mem_wipe(seed, sizeof seed);
    return ok ? signing_key_insert(tx, &copy, now) : SQL_FAILED;
}

/* KEY-007: `next` signs what is appended after the event that tells of it. The publisher stands
 * still meanwhile: it never sees the one without the other. */
static enum sql_result replace(struct tx *tx, const struct signing *s, const struct stored_key *old,
                               struct stored_key *next, int64_t now, struct signing_keys *out)
{
    *out = (struct signing_keys){
        .current = public_part(next),
        .in_transition = true,
        .previous = public_part(old),
        .transition_expires = now + SIGNING_TRANSITION,
    };
    const struct uuid *domain = uuid_is_nil(&next->domain_id) ? NULL : &next->domain_id;
    enum sql_result result = step_back(tx, s, old, next, out->transition_expires, now);
    if (result == SQL_OK)
        result = signing_announce(tx, domain, rotation_payload(tx_arena(tx), out), now,
                                  &next->since_event);
    if (next->since_event < old->since_event)
        next->since_event = old->since_event; /* there was nobody to tell */
    return result == SQL_OK ? signing_key_insert(tx, next, now) : result;
}

enum sql_result signing_rotate(struct tx *tx, const struct signing *s, const struct uuid *domain,
                               int64_t now, struct signing_keys *out)
{
    struct stored_key *keys, next;
    size_t n;
    enum sql_result result = publisher_lock(tx);
    if (result == SQL_OK)
        result = signing_keys_load(tx, domain, &keys, &n);
    if (result != SQL_OK)
        return result;
    if (n == 0)
        return SQL_CHECK;
    if (!make_key(tx_arena(tx), s, domain, now, &next))
        return SQL_FAILED;
    return replace(tx, s, &keys[0], &next, now, out);
}

static bool name_taken(const struct signing *s, const struct stored_key *keys, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text_equal(keys[i].key_id, s->key_id)) {
            log_line(LOG_ERROR,
                     "PLEXSPHERE_SIGNING_KEY_ID names an earlier key; the new seed is not used",
                     "key_id", s->key_id, "clause", "KEY-006", NULL);
            return true;
        }
    return false;
}

/* KEY-006: a key that is known is current or was replaced, and what was replaced never comes back:
 * a process that starts with an older seed changes nothing. */
enum sql_result signing_take_up(struct tx *tx, const struct signing *s, int64_t now)
{
    struct stored_key *keys, next;
    struct signing_keys told;
    size_t n;
    bool known;
    enum sql_result result = signing_key_known(tx, s->public_key, &known);
    if (result != SQL_OK || known || !s->has_seed)
        return result;
    result = publisher_lock(tx);
    if (result == SQL_OK)
        result = signing_key_known(tx, s->public_key, &known);
    if (result != SQL_OK || known)
        return result;
    result = signing_keys_load(tx, NULL, &keys, &n);
    if (result != SQL_OK || name_taken(s, keys, n))
        return result;
    if (!configured_key(tx_arena(tx), s, now, &next))
        return SQL_FAILED;
    return n == 0 ? signing_key_insert(tx, &next, now)
                  : replace(tx, s, &keys[0], &next, now, &told);
}

/* KEY-003: Nodes that know the platform's key are told of the Domain's own by it, and where that
 * cannot be signed the Domain stays with the platform's. */
static enum sql_result give_own_key(struct tx *tx, const struct signing *s,
                                    const struct uuid *domain, int64_t now)
{
    struct signing_keys told;
    struct stored_key *keys, key;
    size_t n;
    bool has_nodes;
    enum sql_result result = publisher_lock(tx);
    if (result == SQL_OK)
        result = signing_keys_load(tx, domain, &keys, &n);
    if (result == SQL_OK)
        result = signing_domain_has_nodes(tx, domain, &has_nodes);
    if (result != SQL_OK)
        return result;
    if (n > 0 && !uuid_is_nil(&keys[0].domain_id))
        return SQL_OK; /* somebody else was faster */
    if (has_nodes)
        return n > 0 ? signing_rotate(tx, s, domain, now, &told) : SQL_OK;
    if (!make_key(tx_arena(tx), s, domain, now, &key))
        return SQL_FAILED;
    return signing_key_insert(tx, &key, now);
}

/* The Domain's keys, after it got one of its own if it ought to have one. */
static enum sql_result ready_keys(struct tx *tx, const struct signing *s, const struct uuid *domain,
                                  int64_t now, struct stored_key **keys, size_t *n)
{
    enum sql_result result = signing_keys_load(tx, domain, keys, n);
    bool own = result == SQL_OK && *n > 0 && !uuid_is_nil(&(*keys)[0].domain_id);
    if (result != SQL_OK || own || s->scope != SIGNING_DOMAIN)
        return result;
    result = give_own_key(tx, s, domain, now);
    return result == SQL_OK ? signing_keys_load(tx, domain, keys, n) : result;
}

enum sql_result signing_domain_made(struct tx *tx, const struct signing *s,
                                    const struct uuid *domain, int64_t now)
{
    struct stored_key key;
    if (!s || s->scope != SIGNING_DOMAIN)
        return SQL_OK;
    if (!make_key(tx_arena(tx), s, domain, now, &key))
        return SQL_FAILED;
    return signing_key_insert(tx, &key, now);
}

/* Before anything was signed the environment's key is the one. */
static struct signing_key current_of(const struct signing *s, const struct stored_key *keys,
                                     size_t n)
{
    struct signing_key configured = { .key_id = s->key_id };
    memcpy(configured.public_key, s->public_key, sizeof configured.public_key);
    return n > 0 ? public_part(&keys[0]) : configured;
}

enum sql_result signing_key_for_node(struct tx *tx, const struct signing *s,
                                     const struct uuid *domain, int64_t now,
                                     struct signing_key *out)
{
    struct stored_key *keys;
    size_t n;
    enum sql_result result = s->has_seed ? signing_take_up(tx, s, now) : SQL_OK;
    if (result == SQL_OK)
        result = ready_keys(tx, s, domain, now, &keys, &n);
    if (result == SQL_OK)
        *out = current_of(s, keys, n);
    return result;
}

enum sql_result signing_keys_of_domain(struct tx *tx, const struct signing *s,
                                       const struct uuid *domain, int64_t now,
                                       struct signing_keys *out)
{
    struct stored_key *keys;
    size_t n;
    enum sql_result result = signing_keys_load(tx, domain, &keys, &n);
    if (result != SQL_OK)
        return result;
    *out = (struct signing_keys){ .current = current_of(s, keys, n) };
    if (n > 1 && now < keys[1].transition_expires) {
        out->in_transition = true;
        out->previous = public_part(&keys[1]);
        out->transition_expires = keys[1].transition_expires;
    }
    return SQL_OK;
}

struct key_ring {
    const struct stored_key *keys;
    size_t n;
};

enum sql_result key_ring_load(struct tx *tx, const struct signing *s, const struct uuid *domain,
                              int64_t now, struct key_ring **out)
{
    struct stored_key *keys;
    size_t n;
    enum sql_result result = ready_keys(tx, s, domain, now, &keys, &n);
    if (result != SQL_OK)
        return result;
    *out = arena_alloc(tx_arena(tx), sizeof **out);
    **out = (struct key_ring){ keys, n };
    return SQL_OK;
}

/* KEY-007, KEY-010: a row is signed by the key that was current when it was appended, so the event
 * of a rotation by the old one. Whatever else waited until that key's transition was over is signed
 * by the current one. */
static const struct stored_key *key_at(const struct key_ring *ring, int64_t event, const char *type,
                                       int64_t now)
{
    for (size_t i = 0; i < ring->n; i++) {
        const struct stored_key *key = &ring->keys[i];
        bool in_force = i == 0 || now < key->transition_expires;
        if (key->since_event < event && (in_force || text_equal(type, SIGNING_KEY_ROTATED)))
            return key;
    }
    return ring->n > 0 ? &ring->keys[0] : NULL;
}

bool key_ring_choose(struct arena *a, const struct signing *s, const struct key_ring *ring,
                     int64_t event, const char *type, int64_t now, struct signing_key *key,
                     unsigned char seed[32])
{
    const struct stored_key *stored = key_at(ring, event, type, now);
    if (!stored || !open_seed(a, s, stored, seed))
        return false;
    *key = public_part(stored);
    return true;
}
