#include "common/arena.h"
#include "common/buffer.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/observability/ingest.h"
#include "reference/plexsphere/store/db.h"

enum { BATCH_TEXT_MAX = 16 * 1024 * 1024, EXPIRED_AT_ONCE = 10000 };

/* Tables are named by the signal, and a statement is a constant: one of each for each. */
#define SIGNAL(name)                                                                               \
    {                                                                                              \
#name, { "ingest_" #name,                                                                  \
                 "INSERT INTO plexsphere.ingest_" #name                                            \
                 " (domain_id, project_id, node_id, received_at, record) "                         \
                 "SELECT $1, $2, $3, $4, r FROM jsonb_array_elements($5::text::jsonb) r" },        \
        {                                                                                          \
            "ingest_expire_" #name, "DELETE FROM plexsphere.ingest_" #name                         \
                                    " WHERE id IN (SELECT id FROM plexsphere.ingest_" #name        \
                                    " WHERE received_at < $1 ORDER BY received_at LIMIT $2)"       \
        }                                                                                          \
    }

static const struct signal {
    const char *name;
    struct statement add, expire;
} signals[] = { SIGNAL(metrics), SIGNAL(logs), SIGNAL(audit) };

static const struct signal *signal_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        if (text_equal(signals[i].name, name))
            return &signals[i];
    return NULL;
}

static const char *array_text(struct arena *a, const struct ingest_batch *batch)
{
    struct buffer text;
    buffer_init_arena(&text, BATCH_TEXT_MAX, a);
    for (size_t i = 0; i < batch->n; i++) {
        buffer_char(&text, i == 0 ? '[' : ',');
        buffer_append(&text, batch->records[i].data, batch->records[i].len);
    }
    buffer_char(&text, ']');
    return text.overflow ? NULL : text.data;
}

static enum ingest_result result_of(enum sql_result r)
{
    switch (r) {
    case SQL_OK: return INGEST_BUFFERED;
    case SQL_BUSY:
    case SQL_UNAVAILABLE: return INGEST_UNAVAILABLE;
    default: return INGEST_FAILED;
    }
}

/* One statement is its own transaction: the whole batch or nothing. */
static enum ingest_result publish(struct ingest_buffer *self UNUSED, struct tx *tx,
                                  const struct ingest_batch *batch)
{
    const struct signal *s = signal_of(batch->signal);
    const char *text = array_text(tx_arena(tx), batch);
    if (!s || !text)
        return INGEST_FAILED;
    return result_of(SQL(tx, &s->add, NULL, p_uuid(&batch->domain_id), p_uuid(&batch->project_id),
                         p_uuid(&batch->node_id), p_time(batch->received_at), p_text(text)));
}

static enum ingest_result expire(struct ingest_buffer *self UNUSED, struct tx *tx, int64_t now)
{
    int64_t oldest = now - INGEST_KEPT_S * MICROS_PER_SECOND;
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        struct rows r;
        do {
            enum sql_result result =
                SQL(tx, &signals[i].expire, &r, p_time(oldest), p_int(EXPIRED_AT_ONCE));
            if (result != SQL_OK)
                return result_of(result);
        } while (r.n == EXPIRED_AT_ONCE);
    }
    return INGEST_BUFFERED;
}

struct ingest_buffer ingest_postgres = { .publish = publish, .expire = expire };
