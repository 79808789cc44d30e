#include "reference/plexd/node_secret.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "common/buffer.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/text.h"
#include "reference/plexd/entry.h"

/* ---- opening ---- */

static bool decrypt(EVP_CIPHER_CTX *c, const unsigned char key[32],
                    const struct sealed_secret *sealed, unsigned char *out, size_t *len)
{
    size_t body = sealed->ciphertext.len - SECRET_TAG;
    unsigned char tag[SECRET_TAG], none[1];
    int n = 0, rest = 0;
    memcpy(tag, sealed->ciphertext.data + body, SECRET_TAG);
    *len = body;
    return EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, sealed->nonce.data) == 1 &&
           EVP_DecryptUpdate(c, out, &n, sealed->ciphertext.data, (int)body) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, SECRET_TAG, tag) == 1 &&
           EVP_DecryptFinal_ex(c, none, &rest) == 1;
}

bool secret_open(const unsigned char key[32], const struct sealed_secret *sealed,
                 unsigned char *out, size_t *len)
{
    if (sealed->nonce.len != SECRET_NONCE || sealed->ciphertext.len < SECRET_TAG ||
        sealed->ciphertext.len > INT32_MAX)
        return false;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool ok = c != NULL && decrypt(c, key, sealed, out, len);
    EVP_CIPHER_CTX_free(c);
    if (!ok)
        mem_wipe(out, sealed->ciphertext.len);
    return ok;
}

/* ---- one read ---- */

struct fetch {
    struct local_request *rq;
    struct http_call *call;
    const struct wire *wire;
    const unsigned char *key;
    char *name;
};

static void fetch_free(struct fetch *f)
{
    mem_free(f->name);
    mem_free(f);
}

static void abandoned(void *self)
{
    struct fetch *f = self;
    http_cancel(f->call);
    fetch_free(f);
}

void node_answer_error(struct local_request *rq, int status, const char *text)
{
    struct buffer b;
    buffer_init_arena(&b, SIZE_MAX, rq->a);
    buffer_text(&b, "{\"error\":");
    json_write_text(&b, text);
    buffer_text(&b, "}\n");
    local_answer(rq, &(struct local_answer){ .status = status,
                                             .body = { (unsigned char *)b.data, b.len } });
}

/* Room for the worst case at once: growing would leave a copy behind. */
static void answer_plaintext(struct local_request *rq, const struct sealed_secret *sealed,
                             const unsigned char *plain, size_t len)
{
    size_t room = 6 * (strlen(sealed->key) + len) + 128;
    struct buffer b = { .data = mem_alloc(room + 1), .size = room + 1, .cap = room };
    buffer_text(&b, "{\"key\":");
    json_write_text(&b, sealed->key);
    buffer_text(&b, ",\"value\":\"");
    buffer_json_escaped(&b, (const char *)plain, len);
    buffer_printf(&b, "\",\"version\":%lld}\n", (long long)sealed->version);
    local_answer(rq, &(struct local_answer){ .status = 200,
                                             .body = { (unsigned char *)b.data, b.len },
                                             .secret = true });
    mem_wipe(b.data, b.size);
    buffer_release(&b);
}

static void refuse(const struct fetch *f, const char *message, const char *why, int status,
                   const char *text)
{
    if (message != NULL)
        log_line(LOG_ERROR, message, "component", "nodeapi", "key", f->name, "error", why, NULL);
    node_answer_error(f->rq, status, text);
}

/* API-021: a plaintext that is no UTF-8 cannot be told in JSON as it is, so it is not told. */
static void open_and_answer(const struct fetch *f, const struct sealed_secret *sealed)
{
    size_t room = sealed->ciphertext.len + 1, len = 0;
    unsigned char *plain = mem_alloc(room);
    if (!secret_open(f->key, sealed, plain, &len))
        refuse(f, "secret decryption failed", "decryption failed", 500, "internal error");
    else if (!text_is_utf8(plain, len))
        refuse(f, "secret decryption failed", "plaintext is not UTF-8", 500, "internal error");
    else
        answer_plaintext(f->rq, sealed, plain, len);
    mem_wipe(plain, room);
    mem_free(plain);
}

static void fetched(void *self, const struct http_answer *answer)
{
    struct fetch *f = self;
    struct sealed_secret sealed;
    struct error e = { "" };
    struct arena *a = arena_create();
    char status[32];
    snprintf(status, sizeof status, "status %d", answer->status);
    if (answer->status == 404)
        refuse(f, NULL, "", 404, "not found");
    else if (answer->status < 200 || answer->status >= 300)
        refuse(f, "secret fetch failed", answer->status == 0 ? answer->error.text : status, 503,
               "control plane unavailable");
    else if (!f->wire->secret_answer(a, f->name, answer, &sealed, &e))
        refuse(f, "secret fetch failed", e.text, 503, "control plane unavailable");
    else
        open_and_answer(f, &sealed);
    arena_destroy(a);
    fetch_free(f);
}

void node_secret_answer(struct local_request *rq, struct http *http, const struct wire *wire,
                        const char *node_id, const unsigned char key[32], const char *name)
{
    struct fetch *f = mem_alloc(sizeof *f);
    struct http_request request = { 0 };
    *f = (struct fetch){ .rq = rq, .wire = wire, .key = key, .name = mem_strdup(name) };
    wire->secret_request(rq->a, node_id, name, &request);
    request.done = fetched;
    request.self = f;
    rq->abandoned = abandoned;
    rq->self = f;
    f->call = http_start(http, &request);
}
