/* Fuzz target: envelopes and states of both dialects, as anybody might send them. */
#include "common/arena.h"
#include "reference/plexd/verify.h"
#include "reference/plexd/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_with(const struct wire *w, struct bytes text)
{
    static const unsigned char key[32] = { 1 };
    static const char *const types[] = { "node_state_updated", "node_secrets_updated",
                                         "signing_key_rotated" };
    struct arena *a = arena_create();
    struct verifier *v = verifier_create(key, "");
    struct envelope ev;
    struct desired d;
    struct identity id;
    struct sealed_secret secret;
    struct http_answer answer = { .status = 200, .body = text };
    bool has[3];
    if (w->envelope(a, text, &ev, NULL))
        (void)verifier_check(v, &ev, ev.issued_at);
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        struct envelope of = { .type = types[i], .payload = text };
        if (w->state_of_event(a, &of, &d, &has[0], &has[1], &has[2], NULL) && d.signing.present &&
            verifier_rotate(v, &d.signing))
            (void)verifier_current(v, NULL);
    }
    (void)w->state_answer(a, &answer, &d, NULL);
    (void)w->register_answer(a, &answer, &id, NULL);
    (void)w->secret_answer(a, "k", &answer, &secret, NULL);
    verifier_destroy(v);
    arena_destroy(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    const char *text = arena_strndup(a, (const char *)data, size); /* answers end with a NUL */
    read_with(&wire_v1, (struct bytes){ (const unsigned char *)text, size });
    read_with(&wire_mvp, (struct bytes){ (const unsigned char *)text, size });
    arena_destroy(a);
    return 0;
}
