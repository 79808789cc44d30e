#include "reference/plexsphere/audit/canonical.h"

#include <string.h>

#include "common/arena.h"
#include "reference/plexsphere/crypto/crypto.h"

enum { VERSION = 1, LENGTH_BYTES = 4 };

struct writer {
    unsigned char *at; /* NULL while only the size is counted */
    size_t len;
};

static void put(struct writer *w, const void *data, size_t len)
{
    if (w->at)
        memcpy(w->at + w->len, data, len);
    w->len += len;
}

static void put_big_endian(struct writer *w, uint64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--) {
        unsigned char byte = (unsigned char)(value >> (8 * i));
        put(w, &byte, 1);
    }
}

static void put_field(struct writer *w, const void *data, size_t len)
{
    put_big_endian(w, len, LENGTH_BYTES);
    put(w, data, len);
}

static void put_text(struct writer *w, const char *text)
{
    if (text)
        put_field(w, text, strlen(text));
    else
        put_big_endian(w, UINT32_MAX, LENGTH_BYTES);
}

static void put_int64(struct writer *w, int64_t value)
{
    put_big_endian(w, sizeof value, LENGTH_BYTES);
    put_big_endian(w, (uint64_t)value, sizeof value);
}

static void put_row(struct writer *w, const struct audit_row *row)
{
    put_big_endian(w, VERSION, 1);
    put_field(w, row->chain.b, sizeof row->chain.b);
    put_int64(w, row->seq);
    put_int64(w, row->occurred_at);
    put_text(w, row->reason);
    put_field(w, row->subject, sizeof row->subject);
    put_text(w, row->relation);
    put_text(w, row->object_type);
    put_text(w, row->object_id);
    put_text(w, row->caveat_context);
    put_text(w, row->relation_path);
    put_text(w, row->correlation_id);
    put_text(w, row->ip);
    put_text(w, row->user_agent);
}

struct bytes audit_canonical(struct arena *a, const struct audit_row *row)
{
    struct writer count = { 0 };
    put_row(&count, row);
    struct writer w = { .at = arena_alloc(a, count.len) };
    put_row(&w, row);
    return (struct bytes){ w.at, w.len };
}

void audit_hash(const unsigned char prev_hash[32], struct bytes canonical, unsigned char out[32])
{
    unsigned char inner[32];
    sha256(canonical.data, canonical.len, inner);
    sha256_two((struct bytes){ prev_hash, 32 }, (struct bytes){ inner, 32 }, out);
}
