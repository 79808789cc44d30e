/* harness/stream.h — following a Node's event stream in a case.
 *
 *     struct follower *f = follower_new(w, node_id, false);
 *     follower_trusts(f, key_id, public_key);
 *     follow(f, .bearer = nsk);
 *     follower_publishes(f, marker);   … make the change that carries the marker …
 *     const struct frame *seen = frame_with(f, marker);
 *     follower_holds(f);               all validators over all that was seen
 *
 * What was seen is a history (history.h); it is kept in the run's folder `histories`, where
 * `plexconf replay` judges it again. Absence is decided by a watermark: publish another marker,
 * wait for it, and see that what must not come did not come before it. Everything ends with the
 * case. */
#ifndef HARNESS_STREAM_H
#define HARNESS_STREAM_H

#include "harness/envelope.h"
#include "harness/history.h"
#include "harness/judge.h"

struct follower;

struct frame {
    int64_t id;
    const char *event;
    struct bytes data;
    struct envelope envelope;
    int stream; /* which of the follower's */
};

struct follower *follower_new(struct world *w, const char *node_id, bool mvp);
void follower_trusts(struct follower *f, const char *key_id, const char *public_key_base64);
const struct history *follower_history(const struct follower *f);

struct follow_ask {
    const struct credential *as;
    const char *bearer;
    const char *last_event_id; /* NULL: not sent */
    bool judged;               /* the stream's head may come from an impostor */
    const char *base_url;      /* another target than the world's */
};
/* Opens a stream, which must answer 200 with the stream's headers, and becomes what frames are read
 * from. Returns its number, from 1. */
int follower_open(struct follower *f, struct follow_ask ask);
#define follow(f, ...) follower_open((f), (struct follow_ask){ __VA_ARGS__ })
void follower_close(struct follower *f); /* the open one */

/* Say what is about to be made happen: the marker's text will be in the event's data. */
void follower_publishes(struct follower *f, const char *marker);

/* The next frame, of any kind; the case fails when none comes in time or the stream ends. */
const struct frame *next_frame(struct follower *f);
/* Reads on until a frame whose data holds the text. */
const struct frame *frame_with(struct follower *f, const char *text);
/* Reads on until the next comment. */
const char *next_comment(struct follower *f);
/* Reads on until the other side ends the stream; fails the case when it does not. */
void expect_end(struct follower *f);
/* How many frames so far have that event name. */
int frames_of(const struct follower *f, const char *event);
int64_t last_frame_id(const struct follower *f); /* -1: none yet */

/* Judges the whole history. */
void follower_holds(struct follower *f);

#endif
