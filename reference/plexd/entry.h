/* plexd/entry.h — the one JSON shape of data entries and reports (seed 002, DataEntry and
 * ReportEntry):
 *
 *     {"key":…,"content_type":…,"payload":…,"version":…,"updated_at":…}
 *
 * The payload is handed on as it came, never read into numbers or text. */
#ifndef PLEXD_ENTRY_H
#define PLEXD_ENTRY_H

#include "common/arena.h"
#include "common/base.h"
#include "common/buffer.h"
#include "reference/plexd/wire.h"

void entry_write(struct buffer *b, const struct data_entry *entry);
/* False: not this shape. `text` may be any bytes. */
MUST_CHECK bool entry_read(struct arena *a, struct bytes text, struct data_entry *out);

/* The decoded text of a string member of an object that json_check() took; NULL: absent, no string,
 * or one with a NUL. */
const char *entry_text_member(struct arena *a, struct bytes object, const char *name);

/* A copy in one block: mem_free() takes it all. */
struct data_entry *entry_copy(const struct data_entry *entry);

/* A quoted JSON string; a number. */
void json_write_text(struct buffer *b, const char *text);
void json_write_integer(struct buffer *b, int64_t value);

#endif
