#include "reference/plexsphere/audit/chain.h"

#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "reference/plexsphere/tenancy/tenancy.h"

/* 00000000-0000-8000-8000-706c6174666f; the tail spells "platfo". */
const struct uuid audit_platform_anchor = { { 0, 0, 0, 0, 0, 0, 0x80, 0, 0x80, 0, 0x70, 0x6c, 0x61,
                                              0x74, 0x66, 0x6f } };

void audit_pseudonym(const struct pepper *pepper, const struct uuid *chain,
                     const struct uuid *identity, unsigned char out[32])
{
    /* AUD-015: one word for users, services and Nodes. Their ids share one space, and an erasure
     * names an id without saying what it is. */
    pepper_subject_pseudonym(pepper, chain, "identity", identity, out);
}

struct subject {
    const char *kind; /* NULL: nobody is known */
    struct uuid id;
};

static struct subject subject_of(const struct request *rq)
{
    if (rq->caller.kind != CALLER_NONE)
        return (struct subject){ caller_subject_type(&rq->caller), rq->caller.id };
    if (rq->node.present)
        return (struct subject){ "node", rq->node.node_id };
    return (struct subject){ 0 };
}

/* AUD-009: an entry is about something that exists. Who asks for invented Domains fills the
 * platform chain, not a chain of each invented id. */
static enum sql_result chain_of_unknown(struct tx *tx, struct uuid *chain)
{
    if (uuid_equal(chain, &audit_platform_anchor))
        return SQL_OK;
    switch (tenancy_domain_exists(tx, chain)) {
    case FOUND: return SQL_OK;
    case NOT_FOUND: *chain = audit_platform_anchor; return SQL_OK;
    case FIND_FAILED: return SQL_FAILED;
    }
    return SQL_FAILED;
}

enum sql_result audit_chain_lock(struct tx *tx, struct uuid *chain, struct audit_head *head)
{
    bool known = false;
    enum sql_result r = audit_head_lock(tx, chain, head, &known);
    if (r != SQL_OK || known)
        return r;
    r = chain_of_unknown(tx, chain);
    if (r == SQL_OK)
        r = audit_head_make(tx, chain);
    if (r == SQL_OK)
        r = audit_head_lock(tx, chain, head, &known);
    return r == SQL_OK && !known ? SQL_FAILED : r;
}

/* The client's words go in as they came, unless they are no text a database can keep. */
static const char *storable(const char *text)
{
    return text && text_is_utf8(text, strlen(text)) ? text : NULL;
}

enum sql_result audit_chain_append(struct request *rq, const struct uuid *chain,
                                   struct audit_head *head, const struct chain_entry *entry)
{
    struct subject who = subject_of(rq);
    struct audit_row row = {
        .chain = *chain,
        .seq = head->seq + 1,
        .occurred_at = rq->now,
        .reason = decision_text(entry->decision),
        .relation = entry->relation,
        .object_type = entry->object_type,
        .object_id = entry->object_id,
        .caveat_context = "{}",
        .relation_path = entry->relation_path ? json_dump(rq->arena, entry->relation_path) : "[]",
        .correlation_id = rq->correlation_id,
        .ip = storable(rq->remote),
        .user_agent = storable(request_header(rq, "User-Agent")),
    };
    audit_pseudonym(rq->app->pepper, chain, &who.id, row.subject);
    memcpy(row.prev_hash, head->entry_hash, sizeof row.prev_hash);
    audit_hash(row.prev_hash, audit_canonical(rq->arena, &row), row.entry_hash);

    enum sql_result r = audit_row_append(rq->tx, &row, who.kind, who.kind ? &who.id : NULL);
    if (r == SQL_OK) {
        head->seq = row.seq;
        memcpy(head->entry_hash, row.entry_hash, sizeof head->entry_hash);
    }
    return r;
}

/* The platform is one object; its id is the word itself, as in relation paths. */
static const char *object_text(struct arena *a, struct object_ref object)
{
    return text_equal(object.type, "platform") ? "platform" : uuid_text(a, &object.id);
}

enum sql_result audit_append(struct request *rq, const struct audit_entry *entry)
{
    if (!rq->app->pepper)
        return SQL_FAILED;
    struct uuid chain = entry->domain_id ? *entry->domain_id : audit_platform_anchor;
    struct audit_head head;
    enum sql_result r = audit_chain_lock(rq->tx, &chain, &head);
    if (r != SQL_OK)
        return r;
    return audit_chain_append(rq, &chain, &head,
                              &(struct chain_entry){ .relation = entry->relation,
                                                     .object_type = entry->object.type,
                                                     .object_id =
                                                         object_text(rq->arena, entry->object),
                                                     .decision = entry->decision,
                                                     .relation_path = entry->relation_path });
}

enum sql_result audit_denial(struct request *rq, const struct audit_entry *entry)
{
    /* AUD-010: the request is over; whatever it had begun is undone before its refusal is
     * written. */
    tx_rollback(rq->tx);
    tx_write(rq->tx);
    enum sql_result r = audit_append(rq, entry);
    if (r == SQL_OK)
        r = tx_commit(rq->tx);
    if (r != SQL_OK)
        tx_rollback(rq->tx);
    return r;
}
