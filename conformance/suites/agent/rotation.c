/* suites/agent/rotation.c — a new mesh key when the control plane asks for one (node-surfaces 5).
 */
#include <openssl/evp.h>
#include <string.h>

#include "common/encoding.h"
#include "common/text.h"
#include "suites/agent/agent_suite.h"

#define ASKS "{\"accepted_at\":\"2026-01-01T00:00:00Z\",\"reconcile\":false,\"rotate_keys\":true}"
#define ROTATE "/v1/keys/rotate"

static const char *registered_key(const struct joined *j)
{
    return json_text(cp_json(j->cp, cp_wait(j->cp, "POST", "/v1/register", 1)), "public_key");
}

static const char *sent_key(const struct joined *j, size_t n)
{
    const json_t *body = cp_json(j->cp, cp_wait(j->cp, "POST", ROTATE, n));
    const char *key = json_text(body, "new_public_key");
    struct bytes raw;
    expect(j->w, json_object_size(body) == 1, "the order of a new key has other members");
    expect(j->w,
           key != NULL && base64_decode(j->w->arena, BASE64_STANDARD, key, strlen(key), &raw) &&
               raw.len == 32,
           "new_public_key is not base64 of 32 bytes");
    return key;
}

/* The public half of the private key that stands in the data folder now. */
static const char *kept_key(const struct joined *j)
{
    struct bytes raw;
    unsigned char public[32];
    size_t len = sizeof public;
    const char *text = agent_read_file(j->a, "private_key");
    if (text == NULL || !base64_decode(j->w->arena, BASE64_STANDARD, text, strlen(text), &raw) ||
        raw.len != 32)
        return "(none)";
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, raw.data, raw.len);
    bool ok = key != NULL && EVP_PKEY_get_raw_public_key(key, public, &len) == 1;
    EVP_PKEY_free(key);
    return ok ? base64_encode(j->w->arena, BASE64_STANDARD, public, sizeof public) : "(none)";
}

static struct joined beating(struct world *w, enum agent_dialect d)
{
    return joined_with(w, d, (struct agent_options){ .heartbeat_ms = 1000 });
}

static void asks_at_each_heartbeat(const struct joined *j)
{
    cp_always(j->cp, "POST", "@/heartbeat", (struct cp_answer){ .status = 200, .body = ASKS });
}

V1_CASE("AGT-211", .clauses = { "AGT-030", "AGT-031" },
        .title = "a heartbeat that asks for it leads to a new key, kept once it is accepted")
{
    struct joined j = beating(w, d);
    const char *before = registered_key(&j);
    expect(w, text_equal(kept_key(&j), before), "private_key is not that of the registration");
    cp_once(j.cp, "POST", ROTATE, (struct cp_answer){ .status = 200, .body = "{}" });
    cp_once(j.cp, "POST", ROTATE, (struct cp_answer){ .status = 200, .body = "{}", .hold = true });
    asks_at_each_heartbeat(&j);
    const char *first = sent_key(&j, 1), *second = sent_key(&j, 2);
    expect(w, !text_equal(first, before), "the new key is the old one");
    expect(w, !text_equal(second, first), "the second rotation sends the first one's key");
    expect(w, text_equal(kept_key(&j), first), "private_key is not the one that was accepted");
    const char *bearer = cp_header(cp_wait(j.cp, "POST", ROTATE, 1), "Authorization");
    expect(w, text_equal(bearer, path(w, "Bearer %s", cp_nsk(j.cp))),
           "the new key did not come with the Node's own key as bearer");
}

V1_CASE("AGT-212", .clauses = { "AGT-030" },
        .title = "the event rotate_keys leads to a new key as well")
{
    struct joined j = joined(w, d);
    const char *before = registered_key(&j);
    (void)cp_event(j.cp,
                   (struct cp_event){ .type = "rotate_keys",
                                      .payload = json_pack("{s:s}", "node_id", cp_node_id(j.cp)) });
    expect(w, !text_equal(sent_key(&j, 1), before), "the new key is the old one");
}

V1_CASE("AGT-213", .clauses = { "AGT-031" },
        .title = "a key whose answer never came is sent again by the next process")
{
    struct joined j = beating(w, d);
    const char *before = registered_key(&j);
    cp_once(j.cp, "POST", ROTATE, (struct cp_answer){ .status = 200, .body = "{}", .hold = true });
    asks_at_each_heartbeat(&j);
    const char *sent = sent_key(&j, 1);
    agent_kill(j.a);
    expect(w, text_equal(kept_key(&j), before), "an unconfirmed key took the old one's place");
    cp_once(j.cp, "POST", ROTATE, (struct cp_answer){ .status = 200, .body = "{}" });
    cp_once(j.cp, "POST", ROTATE, (struct cp_answer){ .drop = true });
    agent_start(j.a);
    agent_ready(j.a);
    expect(w, text_equal(sent_key(&j, 2), sent), "the next process sends another key");
    (void)sent_key(&j, 3);
    expect(w, text_equal(kept_key(&j), sent), "private_key is not the one that was accepted");
}

V1_CASE("AGT-214", .clauses = { "AGT-031" },
        .title = "a key that is refused is given up, and the old one stays")
{
    struct joined j = beating(w, d);
    const char *before = registered_key(&j);
    cp_once(j.cp, "POST", ROTATE,
            (struct cp_answer){ .status = 422,
                                .body = "{\"code\":\"keys_rotate_public_key_invalid\"}" });
    cp_once(j.cp, "POST", ROTATE, (struct cp_answer){ .status = 200, .body = "{}", .hold = true });
    asks_at_each_heartbeat(&j);
    const char *first = sent_key(&j, 1), *second = sent_key(&j, 2);
    expect(w, !text_equal(first, second), "the refused key was sent again");
    expect(w, text_equal(kept_key(&j), before), "a refused key took the old one's place");
}

MVP_CASE("AGT-215", .clauses = { "AGT-030" },
         .title = "in the other dialect rotate_keys leads to a look at the state alone")
{
    struct joined j = beating(w, d);
    size_t pulls = cp_count(j.cp, "GET", "@/state");
    cp_once(j.cp, "POST", "@/heartbeat",
            (struct cp_answer){ .status = 200,
                                .body = "{\"reconcile\":false,\"rotate_keys\":true}" });
    (void)cp_wait(j.cp, "GET", "@/state", pulls + 1);
    sentinel(&j);
    expect(w, cp_count(j.cp, "POST", ROTATE) == 0, "it sent a new key");
}

MVP_CASE("AGT-216", .clauses = { "AGT-028", "AGT-030" },
         .title = "a heartbeat that asks for both is obeyed, with one look at the state")
{
    struct joined j = beating(w, d);
    size_t pulls = cp_count(j.cp, "GET", "@/state"), beats = cp_count(j.cp, "POST", "@/heartbeat");
    cp_once(j.cp, "POST", "@/heartbeat",
            (struct cp_answer){ .status = 200,
                                .body = "{\"reconcile\":true,\"rotate_keys\":true}" });
    (void)cp_wait(j.cp, "GET", "@/state", pulls + 1);
    (void)cp_wait(j.cp, "POST", "@/heartbeat", beats + 3);
    expect(w, cp_count(j.cp, "GET", "@/state") <= pulls + 2, "it pulled %zu times for one answer",
           cp_count(j.cp, "GET", "@/state") - pulls);
}
