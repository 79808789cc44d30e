/* harness/history.h — what was seen of one Node's event streams, as a record (SPEC EVT-*).
 *
 * A history is moments in the order in which they were seen: a stream was opened, a frame or a
 * comment came, it was closed; and between them what the case made happen (PUBLISHED, with a marker
 * that the event's data will hold). The validators (validators.h) judge histories and nothing else,
 * so a run and a replay of its file use the same code. As a file: one line of JSON with what is
 * known of the Node, then one line a moment. */
#ifndef HARNESS_HISTORY_H
#define HARNESS_HISTORY_H

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"

enum moment_kind {
    MOMENT_OPENED,
    MOMENT_FRAME,
    MOMENT_COMMENT,
    MOMENT_GARBAGE,
    MOMENT_CLOSED,
    MOMENT_PUBLISHED,
    MOMENT_UNREAD, /* from here to its end nobody reads the stream */
};

struct moment {
    enum moment_kind kind;
    int64_t at;        /* microseconds of the target's clock */
    int stream;        /* which of the history's streams; PUBLISHED: 0 */
    int64_t id;        /* FRAME: its id. OPENED: the Last-Event-ID, -1 when none was sent */
    const char *event; /* FRAME */
    struct bytes data; /* FRAME */
    const char *text;  /* COMMENT, GARBAGE: what came. PUBLISHED: the marker */
};

struct signing_key {
    const char *id; /* "": any (MVP) */
    unsigned char public_key[32];
};

struct history {
    struct arena *arena;
    const char *node_id;
    bool mvp; /* the dialect of the envelopes */
    struct signing_key keys[4];
    size_t n_keys;
    struct moment *moments;
    size_t n, room;
};

struct history *history_create(struct arena *a, const char *node_id, bool mvp);
void history_key(struct history *h, const char *id, const unsigned char public_key[32]);
void history_add(struct history *h, const struct moment *m); /* texts must live as long */

MUST_CHECK bool history_write(const struct history *h, const char *path, struct error *e);
/* "line 7: …" on the first line that is no moment. */
MUST_CHECK bool history_read(struct arena *a, const char *path, struct history **out,
                             struct error *e);

#endif
