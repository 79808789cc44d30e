/* drift-gates/insecure_default/announce.h — the line of the insecure default, in logs.
 *
 *     level=WARN msg="insecure default active in dev mode" env=dev dependency=NAME prod_delta="…"
 *
 * Ruling 17: from `level=WARN` to the end of the line, the fields in this order, values quoted or
 * not; a CRI prefix or a `time=` field may stand before it. The sentence is the dependency's whole
 * prod_delta, plexsphere's is the first sentence of its paragraph.
 *
 * A log is fed in pieces of any size, from a file, a pipe or a watch on a cluster: one stream a
 * start of one container. Memory is bounded: a line of more than ANNOUNCE_LINE bytes is not kept,
 * only searched. Streams of different containers may be fed in turn; one stream belongs to one
 * thread at a time.
 *
 *     struct announce_stream *s = announce_stream_open(a, all);
 *     while ((n = read(…)) > 0)
 *         announce_stream_feed(s, piece, n);
 *     announce_stream_end(s);
 *     announce_stream_judge(s, &start, tell, arg);      // may be asked again */
#ifndef DRIFT_GATES_ANNOUNCE_H
#define DRIFT_GATES_ANNOUNCE_H

#include "common/arena.h"
#include "common/base.h"

#define ANNOUNCE_LINE ((size_t)64 << 10)

struct announcement {
    const char *name, *sentence;
};

struct scanner;

struct announcements {
    const struct announcement *rows;
    size_t n;
    const struct scanner *marks; /* what a line has that is meant to be one */
};

/* Copies the rows; the texts must hold as long as the arena. */
const struct announcements *announcements_create(struct arena *a, const struct announcement *rows,
                                                 size_t n);
const struct announcement *announcement_named(const struct announcements *all, const char *name);

enum announce_line {
    ANNOUNCE_OTHER, /* it is no such line, nor meant to be one */
    ANNOUNCE_EXACT,
    ANNOUNCE_NEAR, /* meant to be one, but not exactly */
};

/* `line` without its line break. EXACT: *which is the announcement; NEAR: *why is a few words, and
 * *which may be what was meant. */
enum announce_line announce_line_judge(const struct announcements *all, struct bytes line,
                                       const struct announcement **which, const char **why);

struct announce_stream;

struct announce_stream *announce_stream_open(struct arena *a, const struct announcements *all);
void announce_stream_feed(struct announce_stream *s, const void *data, size_t len);
void announce_stream_end(struct announce_stream *s); /* a last line needs no line break */
int64_t announce_stream_lines(const struct announce_stream *s);

/* Which start of which container a stream is, and what is expected of it. */
struct announce_start {
    const char *owner, *container;
    int start;                           /* 0: the first or only one known */
    bool production;                     /* nothing may announce */
    bool announces;                      /* this container must, once */
    const struct announcement *expected; /* NULL: any */
};

enum announce_fault {
    ANNOUNCE_MISSING,    /* the announcing container did not */
    ANNOUNCE_REPEATED,   /* more than once in one start */
    ANNOUNCE_INEXACT,    /* a line that is not exactly the one expected here */
    ANNOUNCE_FOREIGN,    /* another container of the Pod announces */
    ANNOUNCE_PRODUCTION, /* in production */
};

/* Tells each fault; `line` is 0 for a missing one. */
void announce_stream_judge(const struct announce_stream *s, const struct announce_start *start,
                           void (*tell)(void *arg, enum announce_fault fault, int64_t line,
                                        const char *what),
                           void *arg);

#endif
