#include "reference/plexd/verify.h"

#include <sodium.h>
#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/memory.h"
#include "common/timestamp.h"
#include "reference/plexd/identity.h"

#define WINDOW (300 * MICROS_PER_SECOND)
#define SEEN_MOST 8192
#define DIGEST 16

struct seen {
    int64_t issued_at;
    unsigned char digest[DIGEST];
};

struct verifier {
    unsigned char current[32], previous[32];
    bool has_previous;
    int64_t previous_until; /* microseconds */
    char *current_id;

    /* What came within the window, oldest first. Should it overflow, the oldest goes and `floor`
     * remembers its time: nothing as old is believed any more, so nothing comes twice. */
    struct seen *seen;
    size_t n_seen, room;
    int64_t floor;
};

const char *verified_text(enum verified v)
{
    switch (v) {
    case VERIFIED: return "verified";
    case VERIFY_NO_SIGNATURE: return "no signature";
    case VERIFY_NO_REPLAY_KEY: return "no replay key";
    case VERIFY_NO_TIME: return "no issued_at";
    case VERIFY_STALE: return "stale";
    case VERIFY_FUTURE: return "from the future";
    case VERIFY_BAD_SIGNATURE_FORM: return "signature is no base64 of 64 bytes";
    case VERIFY_WRONG_SIGNATURE: return "wrong signature";
    case VERIFY_REPLAYED: return "seen before";
    }
    return "";
}

struct verifier *verifier_create(const unsigned char current[32], const char *current_id)
{
    struct verifier *v = mem_alloc(sizeof *v);
    memcpy(v->current, current, 32);
    v->current_id = mem_strdup(current_id);
    v->floor = INT64_MIN;
    return v;
}

void verifier_destroy(struct verifier *v)
{
    if (v == NULL)
        return;
    mem_free(v->current_id);
    mem_free(v->seen);
    mem_free(v);
}

/* ---- what was seen ---- */

static void digest_of(const char *replay, unsigned char digest[DIGEST])
{
    crypto_generichash(digest, DIGEST, (const unsigned char *)replay, strlen(replay), NULL, 0);
}

static bool was_seen(const struct verifier *v, const unsigned char digest[DIGEST])
{
    for (size_t i = v->n_seen; i > 0; i--)
        if (memcmp(v->seen[i - 1].digest, digest, DIGEST) == 0)
            return true;
    return false;
}

static void forget_first(struct verifier *v, size_t n)
{
    memmove(v->seen, v->seen + n, (v->n_seen - n) * sizeof *v->seen);
    v->n_seen -= n;
}

static void make_room(struct verifier *v, int64_t now)
{
    size_t old = 0;
    while (old < v->n_seen && v->seen[old].issued_at < now - WINDOW)
        old++; /* the window refuses them from now on */
    if (old == 0 && v->n_seen == SEEN_MOST) {
        v->floor = v->seen[0].issued_at;
        while (old < v->n_seen && v->seen[old].issued_at == v->floor)
            old++;
    }
    if (old > 0)
        forget_first(v, old);
    if (v->n_seen == v->room) {
        v->room = v->room == 0 ? 16 : v->room * 2;
        v->seen = mem_resize(v->seen, v->room, sizeof *v->seen);
    }
}

static void remember(struct verifier *v, int64_t issued_at, const unsigned char digest[DIGEST],
                     int64_t now)
{
    make_room(v, now);
    size_t at = v->n_seen;
    while (at > 0 && v->seen[at - 1].issued_at > issued_at)
        at--;
    memmove(v->seen + at + 1, v->seen + at, (v->n_seen - at) * sizeof *v->seen);
    v->seen[at].issued_at = issued_at;
    memcpy(v->seen[at].digest, digest, DIGEST);
    v->n_seen++;
}

/* ---- the checks ---- */

static bool signed_by(const unsigned char key[32], const unsigned char signature[64],
                      const struct envelope *ev)
{
    return crypto_sign_verify_detached(signature, ev->signed_bytes.data, ev->signed_bytes.len,
                                       key) == 0;
}

static enum verified check_signature(const struct verifier *v, const struct envelope *ev,
                                     int64_t now)
{
    struct arena *a = arena_create();
    struct bytes raw;
    bool formed = base64_decode(a, BASE64_STANDARD, ev->signature, strlen(ev->signature), &raw) &&
                  raw.len == 64;
    bool good =
        formed &&
        (signed_by(v->current, raw.data, ev) ||
         (v->has_previous && now < v->previous_until && signed_by(v->previous, raw.data, ev)));
    arena_destroy(a);
    return !formed ? VERIFY_BAD_SIGNATURE_FORM : good ? VERIFIED : VERIFY_WRONG_SIGNATURE;
}

enum verified verifier_check(struct verifier *v, const struct envelope *ev, int64_t now)
{
    if (ev->signature[0] == '\0')
        return VERIFY_NO_SIGNATURE;
    if (ev->replay[0] == '\0')
        return VERIFY_NO_REPLAY_KEY;
    if (!ev->has_issued_at)
        return VERIFY_NO_TIME;
    if (ev->issued_at < now - WINDOW || ev->issued_at <= v->floor)
        return VERIFY_STALE;
    if (ev->issued_at > now + WINDOW)
        return VERIFY_FUTURE;
    enum verified result = check_signature(v, ev, now);
    if (result != VERIFIED)
        return result;
    unsigned char digest[DIGEST];
    digest_of(ev->replay, digest);
    if (was_seen(v, digest))
        return VERIFY_REPLAYED;
    remember(v, ev->issued_at, digest, now);
    return VERIFIED;
}

/* ---- rotation ---- */

bool verifier_rotate(struct verifier *v, const struct signing_keys *keys)
{
    unsigned char current[32], previous[32] = { 0 };
    bool has_previous = keys->previous != NULL && keys->previous[0] != '\0';
    struct arena *a = arena_create();
    bool ok = identity_signing_key(a, keys->current, current) &&
              (!has_previous || identity_signing_key(a, keys->previous, previous));
    arena_destroy(a);
    if (!ok)
        return false;
    memcpy(v->current, current, 32);
    memcpy(v->previous, previous, 32);
    v->has_previous = has_previous;
    v->previous_until = keys->transition_expires;
    mem_free(v->current_id);
    v->current_id = mem_strdup(keys->current_id != NULL ? keys->current_id : "");
    return true;
}

const unsigned char *verifier_current(const struct verifier *v, const char **id)
{
    if (id != NULL)
        *id = v->current_id;
    return v->current;
}
