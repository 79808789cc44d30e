/* Fuzz target: an envelope as the judge reads it, in both dialects. What is read is JSON, its
 * payload lies within what came, and no signature of nobody's verifies. */
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "harness/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void read_one(struct arena *a, bool mvp, struct bytes text)
{
    static const unsigned char nobody[32] = { 7 };
    struct envelope ev;
    struct error e = { "" };
    json_t *payload;
    if (!envelope_read(a, mvp, text, &ev, &e)) {
        require(e.text[0] != '\0' && strchr(e.text, '\n') == NULL);
        return;
    }
    require(ev.type != NULL && ev.id != NULL && ev.replay != NULL && ev.issued_at != NULL);
    require(ev.payload_bytes.data >= text.data &&
            ev.payload_bytes.data + ev.payload_bytes.len <= text.data + text.len);
    require(json_parse(a, ev.payload_bytes.data, ev.payload_bytes.len, &payload, NULL));
    require(json_equal(payload, ev.payload));
    require(ev.signed_bytes.len > 0 && ev.signed_bytes.len < text.len);
    require(!envelope_verifies(&ev, nobody));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct bytes text = { data, size };
    read_one(a, false, text);
    read_one(a, true, text);
    arena_destroy(a);
    return 0;
}
