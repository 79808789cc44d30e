#include "reference/plexsphere/http/cursor.h"

#include <string.h>

#include "common/buffer.h"
#include "common/encoding.h"
#include "common/text.h"
#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/crypto/pepper.h"
#include "reference/plexsphere/http/request.h"

enum { VERSION = 1, MAC_LEN = 32, TEXT_CAP = 4096 };

bool cursor_key_parse(const char *hex, struct cursor_key *out, struct error *e)
{
    struct arena *a = arena_create();
    struct bytes raw = { NULL, 0 };
    size_t len = strlen(hex);
    bool ok = hex_decode(a, hex, len, &raw);
    if (!ok)
        error_set(e, "must be hex digits, two a byte");
    else if (raw.len < 32 || raw.len > sizeof out->bytes)
        ok = error_set(e, "must be hex of 32 to %zu bytes, got %zu", sizeof out->bytes, raw.len);
    if (ok) {
        memcpy(out->bytes, raw.data, raw.len);
        out->len = raw.len;
    }
    arena_destroy(a);
    return ok;
}

void cursor_key_derive(const struct pepper *p, const char *label, struct cursor_key *out)
{
    *out = (struct cursor_key){ .len = 32, .bind_caller = true };
    hkdf_sha256((struct bytes){ p->root, sizeof p->root }, label, out->bytes);
}

/* CUR: which list this is — operation, its parents in the path, and the filters — as one digest. */
static const char *list_digest(struct request *rq, const char *filters)
{
    struct buffer b;
    unsigned char digest[32];
    buffer_init_arena(&b, 64 * 1024, rq->arena);
    buffer_text(&b, operation_facts(rq->op->id)->name);
    for (size_t i = 0; i < rq->n_params; i++) {
        buffer_char(&b, '\n');
        struct uuid id;
        if (uuid_parse(rq->param_values[i], &id))
            buffer_text(&b, uuid_text(rq->arena, &id));
        else
            buffer_text(&b, rq->param_values[i]);
    }
    buffer_text(&b, "\n\n");
    buffer_text(&b, filters == NULL ? "" : filters);
    sha256(b.data, b.len, digest);
    return hex_encode(rq->arena, digest, sizeof digest);
}

static const char *caller_pseudonym(struct request *rq, const struct cursor_key *key)
{
    unsigned char out[32];
    const char *kind = caller_subject_type(&rq->caller);
    if (!key->bind_caller)
        return "";
    if (rq->app->pepper != NULL) {
        pepper_caller_pseudonym(rq->app->pepper, kind, &rq->caller.id, out);
    } else {
        const char *text =
            arena_printf(rq->arena, "%s:%s", kind, uuid_text(rq->arena, &rq->caller.id));
        hmac_sha256((struct bytes){ key->bytes, key->len }, BYTES_OF_TEXT(text), out);
    }
    return hex_encode(rq->arena, out, 16);
}

const char *cursor_mint(struct request *rq, const struct cursor_key *key, const char *filters,
                        json_t *position)
{
    json_t *payload = json_object();
    json_object_set_new(payload, "l", json_string(list_digest(rq, filters)));
    json_object_set_new(payload, "c", json_string(caller_pseudonym(rq, key)));
    json_object_set_new(payload, "p", position);
    const char *text = json_dump(rq->arena, json_own(rq->arena, payload));

    struct buffer b;
    unsigned char mac[MAC_LEN];
    buffer_init_arena(&b, TEXT_CAP, rq->arena);
    buffer_char(&b, VERSION);
    buffer_text(&b, text);
    hmac_sha256((struct bytes){ key->bytes, key->len },
                (struct bytes){ (unsigned char *)b.data, b.len }, mac);
    buffer_append(&b, mac, sizeof mac);
    return base64_encode(rq->arena, BASE64_URL_RAW, b.data, b.len);
}

/* Version and MAC first, under a key that knows no caller: a foreign cursor must not look like a
 * forged one. */
static bool open_payload(struct request *rq, const struct cursor_key *key, json_t **payload)
{
    struct bytes raw;
    unsigned char mac[MAC_LEN];
    const char *text = rq->page.cursor;
    size_t len = strlen(text);
    if (len > TEXT_CAP * 2 || !base64_decode(rq->arena, BASE64_URL_RAW, text, len, &raw))
        return false;
    if (raw.len <= 1 + MAC_LEN || raw.data[0] != VERSION)
        return false;
    struct bytes signed_part = { raw.data, raw.len - MAC_LEN };
    hmac_sha256((struct bytes){ key->bytes, key->len }, signed_part, mac);
    return bytes_equal_constant_time(mac, raw.data + signed_part.len, MAC_LEN) &&
           json_parse(rq->arena, raw.data + 1, signed_part.len - 1, payload, NULL);
}

struct answer cursor_open(struct request *rq, const struct cursor_key *key, const char *filters,
                          json_t **position)
{
    json_t *payload = NULL;
    *position = NULL;
    if (rq->page.cursor == NULL)
        return answer_go_on();
    if (!open_payload(rq, key, &payload) ||
        !text_equal(json_text(payload, "l"), list_digest(rq, filters)) ||
        json_member(payload, "p") == NULL)
        return answer_problem_detail(rq, PROBLEM_INVALID_CURSOR,
                                     "cursor was not made by this list.");
    const char *ours = caller_pseudonym(rq, key), *theirs = json_text(payload, "c");
    if (theirs == NULL || strlen(ours) != strlen(theirs) ||
        !bytes_equal_constant_time(ours, theirs, strlen(ours)))
        return answer_problem(rq, PROBLEM_CURSOR_BINDING_MISMATCH);
    *position = json_member(payload, "p");
    return answer_go_on();
}

const char *cursor_mint_id(struct request *rq, const struct cursor_key *key, const char *filters,
                           const struct uuid *last)
{
    return cursor_mint(rq, key, filters, json_pack("{s:s}", "id", uuid_text(rq->arena, last)));
}

struct answer cursor_open_id(struct request *rq, const struct cursor_key *key, const char *filters,
                             struct uuid *after)
{
    json_t *position;
    *after = (struct uuid){ { 0 } };
    struct answer refused = cursor_open(rq, key, filters, &position);
    if (refused.status != 0 || position == NULL)
        return refused;
    const char *id = json_text(position, "id");
    return id && uuid_parse(id, after) ? answer_go_on()
                                       : answer_problem(rq, PROBLEM_INVALID_CURSOR);
}
