#include "reference/plexsphere/nodes/nsk.h"

#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/memory.h"
#include "common/random.h"
#include "common/text.h"
#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/identity/authenticate.h"
#include "reference/plexsphere/identity/token.h"
#include "reference/plexsphere/nodes/nodes.h"
#include "reference/plexsphere/nodes/store.h"

#define NSK_BASE64_LEN 44

/* SEC-031: what an arena holds of a key is gone before the arena is. */
static void wipe_bytes(struct bytes b)
{
    if (b.data)
        mem_wipe((void *)(uintptr_t)b.data, b.len);
}

bool nsk_parse(struct arena *a, const char *text, unsigned char out[NSK_BYTES])
{
    size_t len = strlen(text);
    struct bytes raw = { NULL, 0 };
    if (len == NSK_BYTES)
        memcpy(out, text, NSK_BYTES);
    if (len != NSK_BASE64_LEN)
        return len == NSK_BYTES;
    bool ok = base64_decode(a, BASE64_STANDARD, text, len, &raw) && raw.len == NSK_BYTES;
    if (ok)
        memcpy(out, raw.data, NSK_BYTES);
    wipe_bytes(raw);
    return ok;
}

static struct bytes id_bytes(const struct uuid *id)
{
    return (struct bytes){ id->b, sizeof id->b };
}

/* 64 characters that a header carries as they are: 32 of them hold 192 random bits. */
static char *make_key(struct arena *a, enum nsk_form form, unsigned char key[NSK_BYTES])
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    random_bytes(key, NSK_BYTES);
    if (form == NSK_BASE64)
        return base64_encode(a, BASE64_STANDARD, key, NSK_BYTES);
    for (size_t i = 0; i < NSK_BYTES; i++)
        key[i] = (unsigned char)alphabet[key[i] % 64];
    return arena_strndup(a, (const char *)key, NSK_BYTES);
}

enum sql_result nsk_issue(struct tx *tx, const unsigned char wrap_key[32], const struct uuid *node,
                          enum nsk_form form, int64_t now, char **plaintext)
{
    struct arena *a = tx_arena(tx);
    unsigned char key[NSK_BYTES];
    struct bytes sealed;
    *plaintext = make_key(a, form, key);
    struct nsk_row row = { .id = uuid_v7(now), .node_id = *node };
    sha256(key, sizeof key, row.digest);
    bool ok = seal(a, wrap_key, id_bytes(node), (struct bytes){ key, sizeof key }, &sealed);
    mem_wipe(key, sizeof key);
    row.wrapped = sealed;
    return ok ? nsk_insert(tx, &row, now) : SQL_FAILED;
}

bool nsk_unwrap(struct arena *a, const unsigned char wrap_key[32], const struct uuid *node,
                struct bytes wrapped, unsigned char key[32])
{
    struct bytes plain = { NULL, 0 };
    bool ok = seal_open(a, wrap_key, id_bytes(node), wrapped, &plain) && plain.len == NSK_BYTES;
    if (ok)
        memcpy(key, plain.data, NSK_BYTES);
    wipe_bytes(plain);
    return ok;
}

enum sql_result nsk_current(struct tx *tx, const unsigned char wrap_key[32],
                            const struct uuid *node, bool *found, struct nsk *out)
{
    struct bytes wrapped;
    enum sql_result r = nsk_live(tx, node, found, &out->id, &wrapped);
    if (r != SQL_OK || !*found)
        return r;
    return nsk_unwrap(tx_arena(tx), wrap_key, node, wrapped, out->key) ? SQL_OK : SQL_FAILED;
}

enum sql_result node_has_nsk(struct tx *tx, const struct uuid *node, bool *has)
{
    struct uuid id;
    struct bytes wrapped;
    return nsk_live(tx, node, has, &id, &wrapped);
}

/* HBT-006: found by digest, proven by the sealed key itself, compared in constant time. A row that
 * does not open under the wrap key proves nothing. */
static bool proves(struct request *rq, const struct nsk_row *row, unsigned char key[NSK_BYTES])
{
    const struct nsk_gate *gate = rq->state;
    unsigned char kept[NSK_BYTES];
    bool ok = nsk_unwrap(rq->arena, gate->wrap_key, &row->node_id, row->wrapped, kept) &&
              bytes_equal_constant_time(kept, key, NSK_BYTES);
    mem_wipe(kept, sizeof kept);
    return ok;
}

static struct answer unauthorized(struct request *rq, enum problem p)
{
    return answer_with_header(answer_problem(rq, p), "WWW-Authenticate", "Bearer");
}

static struct answer look_up(struct request *rq, unsigned char key[NSK_BYTES])
{
    struct nsk_row row;
    unsigned char digest[32];
    bool found;
    sha256(key, NSK_BYTES, digest);
    if (nsk_by_digest(rq->tx, digest, rq->now, &found, &row) != SQL_OK)
        return answer_internal(rq);
    if (!found || !proves(rq, &row, key))
        return unauthorized(rq, PROBLEM_NSK_INVALID);
    if (row.revoked)
        return unauthorized(rq, PROBLEM_NSK_REVOKED);
    rq->node = (struct node_caller){ .present = true,
                                     .node_id = row.node_id,
                                     .domain_id = row.domain_id,
                                     .project_id = row.project_id,
                                     .nsk_id = row.id,
                                     .nsk_retiring = row.retiring,
                                     .mvp = row.mvp };
    return answer_go_on();
}

/* AUTH-017: a Node is a principal here, so its refusals are an operator's: 401 unauthenticated. */
struct answer authenticate_node_or_operator(struct request *rq)
{
    unsigned char key[NSK_BYTES];
    const char *credential = bearer_of_header(rq->arena, request_header(rq, "Authorization"));
    if (!credential || token_is_shaped(credential) || !nsk_parse(rq->arena, credential, key))
        return authenticate_operator(rq, true);
    struct answer a = look_up(rq, key);
    mem_wipe(key, sizeof key);
    if (a.status != 0)
        return a.status == 401 ? unauthorized(rq, PROBLEM_UNAUTHENTICATED) : a;
    rq->caller = (struct caller){ .kind = CALLER_NODE,
                                  .id = rq->node.node_id,
                                  .domain_id = rq->node.domain_id };
    return a;
}

static bool path_names_an_id(const struct request *rq)
{
    for (size_t i = 0; i < rq->n_params; i++)
        if (text_equal(rq->param_names[i], "id"))
            return true;
    return false;
}

/* HBT-005 to HBT-010: the ladder, step by step. A path id that is no UUID is no Node's, hence
 * another's. */
struct answer authenticate_node(struct request *rq)
{
    unsigned char key[NSK_BYTES];
    const char *credential = bearer_of_header(rq->arena, request_header(rq, "Authorization"));
    if (!credential)
        return unauthorized(rq, PROBLEM_UNAUTHORIZED);
    if (!nsk_parse(rq->arena, credential, key))
        return unauthorized(rq, PROBLEM_NSK_INVALID);
    struct answer a = look_up(rq, key);
    mem_wipe(key, sizeof key);
    if (a.status != 0 || !path_names_an_id(rq))
        return a;
    struct uuid id = request_id(rq, "id");
    if (!uuid_equal(&id, &rq->node.node_id))
        return answer_permission_denied(rq, "node_id_mismatch", "insufficient_relation", NULL);
    return answer_go_on();
}
