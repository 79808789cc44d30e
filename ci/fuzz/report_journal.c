/* Fuzz target: a journal of any bytes. What is read from it has a legal key, and written again it
 * is read again as the same; an entry's file likewise. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/text.h"
#include "reference/plexd/entry.h"
#include "reference/plexd/report_journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void same_again(void *self, const struct journal_record *r)
{
    const struct journal_record *first = self;
    require(r->state == first->state && text_equal(r->key, first->key));
    require((r->put == NULL) == (first->put == NULL));
    require(r->put == NULL || (r->put->version == first->put->version &&
                               r->put->payload.len == first->put->payload.len));
}

static void read_one(void *self, const struct journal_record *r)
{
    struct buffer b;
    (void)self;
    require(report_key_valid(r->key));
    buffer_init(&b, SIZE_MAX);
    journal_write(&b, r);
    struct bytes line = { (const unsigned char *)b.data, b.len };
    require(journal_read(line, same_again, (void *)(uintptr_t)r) == 0);
    buffer_release(&b);
}

static void check_entry(struct bytes text)
{
    struct arena *a = arena_create();
    struct data_entry e, again;
    struct buffer b;
    if (entry_read(a, text, &e)) {
        buffer_init_arena(&b, SIZE_MAX, a);
        entry_write(&b, &e);
        require(entry_read(a, (struct bytes){ (const unsigned char *)b.data, b.len }, &again));
        require(text_equal(e.key, again.key) && e.payload.len == again.payload.len &&
                memcmp(e.payload.data, again.payload.data, e.payload.len) == 0);
    }
    arena_destroy(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = { data, size };
    require(journal_read(text, read_one, NULL) <= size);
    check_entry(text);
    return 0;
}
