#include "harness/validators.h"

#include <inttypes.h>
#include <string.h>

#include "common/json.h"
#include "common/memory.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/envelope.h"

enum {
    LAG_MOST_S = 10,     /* from what was made happen to its frame; a ceiling, not a goal */
    SILENCE_MOST_S = 30, /* a keep-alive is due every 25 s */
};

static bool is_frame(const struct moment *m)
{
    return m->kind == MOMENT_FRAME;
}

static bool framed(const struct history *h, struct error *why)
{
    for (size_t i = 0; i < h->n; i++) {
        const struct moment *m = &h->moments[i];
        if (m->kind == MOMENT_GARBAGE)
            return error_set(why, "a block is neither a frame nor a comment: %.60s", m->text);
        if (m->kind == MOMENT_COMMENT && !text_equal(m->text, ":keep-alive"))
            return error_set(why, "a comment is not \":keep-alive\": %.60s", m->text);
    }
    return true;
}

/* Within one stream ids ascend strictly. */
static bool ordered(const struct history *h, struct error *why)
{
    for (size_t i = 0; i < h->n; i++)
        for (size_t k = i + 1; is_frame(&h->moments[i]) && k < h->n; k++) {
            const struct moment *next = &h->moments[k];
            if (!is_frame(next) || next->stream != h->moments[i].stream)
                continue;
            if (next->id <= h->moments[i].id)
                return error_set(why, "id %" PRId64 " came behind id %" PRId64, next->id,
                                 h->moments[i].id);
            break;
        }
    return true;
}

static bool read_envelope(const struct history *h, const struct moment *m, struct envelope *out,
                          struct error *why)
{
    struct error reason = { "" };
    return envelope_read(h->arena, h->mvp, m->data, out, &reason) ||
           error_set(why, "the data of id %" PRId64 " is no envelope: %s", m->id, reason.text);
}

struct walk {
    const struct history *h;
    json_t *on_stream, *of_id; /* of the validator `unique` alone */
};

/* Asks `holds` of every frame, in order, with its envelope; a frame without one fails. */
static bool each_envelope(const struct walk *w,
                          bool (*holds)(const struct walk *w, const struct moment *m,
                                        const struct envelope *ev, struct error *why),
                          struct error *why)
{
    for (size_t i = 0; i < w->h->n; i++) {
        const struct moment *m = &w->h->moments[i];
        struct envelope ev;
        if (is_frame(m) && !(read_envelope(w->h, m, &ev, why) && holds(w, m, &ev, why)))
            return false;
    }
    return true;
}

static bool is_new(const struct walk *w, const struct moment *m, const struct envelope *ev,
                   struct error *why)
{
    const char *once = arena_printf(w->h->arena, "%d %s", m->stream, ev->replay);
    const char *id = arena_printf(w->h->arena, "%" PRId64, m->id);
    const char *before = json_text(w->of_id, id);
    if (json_member(w->on_stream, once) != NULL)
        return error_set(why, "envelope %.64s came twice on one stream", ev->replay);
    if (before != NULL && !text_equal(before, ev->replay))
        return error_set(why, "id %s is two different envelopes", id);
    json_object_set_new(w->on_stream, once, json_true());
    json_object_set_new(w->of_id, id, json_string(ev->replay));
    return true;
}

/* No envelope comes twice on one stream, and one id is always the same envelope. */
static bool unique(const struct history *h, struct error *why)
{
    struct walk w = { .h = h,
                      .on_stream = json_own(h->arena, json_object()),
                      .of_id = json_own(h->arena, json_object()) };
    return each_envelope(&w, is_new, why);
}

static bool holds_marker(const struct moment *m, const char *marker)
{
    return is_frame(m) && memmem(m->data.data, m->data.len, marker, strlen(marker)) != NULL;
}

/* The last id of a stream before moment `end`; what it was opened with when it had none. */
static int64_t last_id(const struct history *h, int stream, size_t end)
{
    int64_t id = -1;
    for (size_t i = 0; i < end; i++) {
        const struct moment *m = &h->moments[i];
        if (m->stream == stream && (is_frame(m) || m->kind == MOMENT_OPENED))
            id = m->id;
    }
    return id;
}

/* Is what is published at moment `at` owed to somebody? Yes while a stream is open, and yes when
 * the next one to be opened resumes: it asks for all that is kept. */
static bool is_owed(const struct history *h, size_t at)
{
    int open = 0;
    for (size_t i = 0; i < at; i++)
        open += (h->moments[i].kind == MOMENT_OPENED) - (h->moments[i].kind == MOMENT_CLOSED);
    if (open > 0)
        return true;
    for (size_t i = at; i < h->n; i++)
        if (h->moments[i].kind == MOMENT_OPENED)
            return h->moments[i].id >= 0;
    return false;
}

/* What was published comes, on some stream, and in the order in which it was published. */
static bool gap_free(const struct history *h, struct error *why)
{
    size_t behind = 0;
    for (size_t i = 0; i < h->n; i++) {
        const struct moment *p = &h->moments[i];
        size_t found = h->n;
        if (p->kind != MOMENT_PUBLISHED || !is_owed(h, i))
            continue;
        for (size_t k = i; k < h->n && found == h->n; k++)
            if (holds_marker(&h->moments[k], p->text))
                found = k;
        if (found == h->n)
            return error_set(why, "\"%.60s\" was published and never came", p->text);
        if (found < behind)
            return error_set(why, "\"%.60s\" came before what was published earlier", p->text);
        behind = found;
    }
    return true;
}

/* EVT-070: a number ahead of all there is means "from now on". */
static bool is_ahead(const struct history *h, int64_t id)
{
    for (size_t i = 0; i < h->n; i++)
        if (is_frame(&h->moments[i]) && h->moments[i].id >= id)
            return false;
    return true;
}

static bool came_on(const struct history *h, size_t from, int stream, int64_t id)
{
    for (size_t i = from; i < h->n; i++)
        if (is_frame(&h->moments[i]) && h->moments[i].stream == stream && h->moments[i].id == id)
            return true;
    return false;
}

/* One stream, opened at moment `at`: only what follows its number, and all that another stream saw
 * behind it. */
static bool resumed_well(const struct history *h, size_t at, struct error *why)
{
    const struct moment *open = &h->moments[at];
    int64_t seen_last = last_id(h, open->stream, h->n);
    for (size_t k = 0; k < h->n; k++) {
        const struct moment *m = &h->moments[k];
        bool own = m->stream == open->stream;
        if (!is_frame(m))
            continue;
        if (own && m->id <= open->id)
            return error_set(why, "resumed behind %" PRId64 ", and id %" PRId64 " came", open->id,
                             m->id);
        if (!own && m->id > open->id && m->id <= seen_last && !came_on(h, at, open->stream, m->id))
            return error_set(why,
                             "resumed behind %" PRId64 ", and id %" PRId64
                             ", which another stream had, was left out",
                             open->id, m->id);
    }
    return true;
}

static bool resumable(const struct history *h, struct error *why)
{
    for (size_t i = 0; i < h->n; i++) {
        const struct moment *m = &h->moments[i];
        if (m->kind == MOMENT_OPENED && m->id >= 0 && !is_ahead(h, m->id) &&
            !resumed_well(h, i, why))
            return false;
    }
    return true;
}

static bool is_for_this_node(const struct walk *w, const struct moment *m,
                             const struct envelope *ev, struct error *why)
{
    const char *node = json_text(ev->payload, "node_id");
    if (node != NULL && !text_equal(node, w->h->node_id))
        return error_set(why, "id %" PRId64 " is of another Node", m->id);
    return text_equal(ev->type, m->event) ||
           error_set(why, "the frame says %.40s and its envelope %.40s", m->event, ev->type);
}

/* A payload that names a Node names this one; the frame's event is the envelope's type. */
static bool filtered(const struct history *h, struct error *why)
{
    return each_envelope(&(struct walk){ .h = h }, is_for_this_node, why);
}

static const struct signing_key *key_of(const struct history *h, const char *id)
{
    for (size_t i = 0; i < h->n_keys; i++)
        if (text_equal(h->keys[i].id, id))
            return &h->keys[i];
    return NULL;
}

static bool verifies(const struct walk *w, const struct moment *m, const struct envelope *ev,
                     struct error *why)
{
    const struct history *h = w->h;
    const struct signing_key *named = key_of(h, ev->key_id);
    bool good = false;
    if (!h->mvp && named == NULL)
        return error_set(why, "id %" PRId64 " names a key that nobody was told of", m->id);
    for (size_t k = 0; k < h->n_keys && !good; k++)
        good = (h->mvp || &h->keys[k] == named) && envelope_verifies(ev, h->keys[k].public_key);
    return good || error_set(why, "the signature of id %" PRId64 " does not verify", m->id);
}

static bool is_signed(const struct history *h, struct error *why)
{
    return each_envelope(&(struct walk){ .h = h }, verifies, why);
}

/* Only where a stream was open, and read, when it was published: a ceiling that no working target
 * comes near. */
static bool bounded_lag(const struct history *h, struct error *why)
{
    int open = 0;
    bool read = true;
    for (size_t i = 0; i < h->n; i++) {
        const struct moment *p = &h->moments[i];
        open += (p->kind == MOMENT_OPENED) - (p->kind == MOMENT_CLOSED);
        read = p->kind == MOMENT_OPENED || (read && p->kind != MOMENT_UNREAD);
        if (p->kind != MOMENT_PUBLISHED || open <= 0 || !read)
            continue;
        for (size_t k = i; k < h->n; k++) {
            if (!holds_marker(&h->moments[k], p->text))
                continue;
            if (h->moments[k].at - p->at > LAG_MOST_S * MICROS_PER_SECOND)
                return error_set(why, "\"%.60s\" came %" PRId64 " s late", p->text,
                                 (h->moments[k].at - p->at) / MICROS_PER_SECOND);
            break;
        }
    }
    return true;
}

/* An open stream is never silent for longer than a keep-alive takes. */
static bool cadence(const struct history *h, struct error *why)
{
    for (size_t i = 0; i < h->n; i++) {
        const struct moment *m = &h->moments[i];
        bool heard =
            m->kind == MOMENT_OPENED || m->kind == MOMENT_FRAME || m->kind == MOMENT_COMMENT;
        if (!heard)
            continue;
        for (size_t k = i + 1; k < h->n; k++) {
            const struct moment *next = &h->moments[k];
            if (next->stream != m->stream || next->kind == MOMENT_PUBLISHED)
                continue;
            if (next->at - m->at > SILENCE_MOST_S * MICROS_PER_SECOND)
                return error_set(why, "nothing came for %" PRId64 " s",
                                 (next->at - m->at) / MICROS_PER_SECOND);
            break;
        }
    }
    return true;
}

const struct validator validators[] = {
    { "framed", "every block is a frame or the keep-alive comment", framed },
    { "ordered", "ids ascend strictly within a stream", ordered },
    { "unique", "no envelope comes twice on a stream, and an id is always the same envelope",
      unique },
    { "gap-free", "everything that was published comes, in order", gap_free },
    { "resumable", "a stream resumed behind N has all that follows N and nothing else", resumable },
    { "filtered", "a stream has its own Node's events only", filtered },
    { "signed", "every envelope verifies under a key that the Node was told of", is_signed },
    { "bounded-lag", "an event comes within 10 s", bounded_lag },
    { "cadence", "an open stream is never silent for more than 30 s", cadence },
};
const size_t n_validators = ARRAY_LEN(validators);

bool history_holds(const struct history *h, struct error *why)
{
    for (size_t i = 0; i < n_validators; i++) {
        struct error reason = { "" };
        if (!validators[i].holds(h, &reason))
            return error_set(why, "not %s: %s", validators[i].name, reason.text);
    }
    return true;
}
