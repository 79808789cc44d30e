/* plexd/report_journal.h — what must not be lost of the reports, as lines of one file (SPEC ARP-*,
 * ruling 21).
 *
 *     <crc32 of the JSON, 8 hex digits> <its length> {"state":"pending","put":{…entry…}}
 *     <crc32>                           <length>     {"state":"pending","deleted":"<key>"}
 *
 * JSON text has no raw line feed, so a damaged line never hides the next one, and a last line
 * without its end is what a crash cut off. A later line about a key replaces an earlier one. */
#ifndef PLEXD_REPORT_JOURNAL_H
#define PLEXD_REPORT_JOURNAL_H

#include "common/arena.h"
#include "common/base.h"
#include "common/buffer.h"
#include "common/error.h"
#include "reference/plexd/wire.h"

enum report_state {
    REPORT_SENT,    /* nothing to send; here only until its own file says the same */
    REPORT_PENDING, /* to be sent */
    REPORT_PARKED,  /* refused for good */
};

struct journal_record {
    enum report_state state;
    const char *key;
    const struct data_entry *put; /* NULL: deleted */
};

void journal_write(struct buffer *b, const struct journal_record *record);
/* Calls `record` for each whole line, in order; the answer is how many bytes' worth of lines were
 * no record (0: all is well). `text` may be any bytes. */
size_t journal_read(struct bytes text,
                    void (*record)(void *self, const struct journal_record *record), void *self);

/* Behind the `expected` bytes that are there, fsynced. False: the file is as it was, or must be
 * replaced before anything else is appended. */
MUST_CHECK bool journal_append(const char *path, size_t expected, struct bytes lines,
                               struct error *e);

/* "", ".", "..", with a slash or backslash, longer than 255 bytes, no UTF-8, or with a byte below
 * 0x20: no key. */
bool report_key_valid(const char *key);

#endif
