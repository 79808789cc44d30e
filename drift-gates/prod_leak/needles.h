/* drift-gates/prod_leak/needles.h — what must not be found, where it comes from, and finding it.
 *
 * A needle of NEEDLE_LONG bytes or more is found anywhere in a text and in everything the text
 * hides (layers.h), in every encoding (encodings.h). A shorter one is found only where a text, or a
 * layer of it, is nothing but the needle, and only at a place that is meant for secrets. Markers
 * are found anywhere, whatever their length. */
#ifndef DRIFT_GATES_NEEDLES_H
#define DRIFT_GATES_NEEDLES_H

#include "drift-gates/gate.h"
#include "drift-gates/prod_leak/layers.h"

#define NEEDLE_LONG 12

struct needle {
    struct bytes value;
    const char *name;  /* what a message calls it: "the value of KEY", "the marker dec0de" */
    struct place from; /* file NULL: it comes from no file */
    bool marker;
    bool whole;    /* short: only as a whole value */
    size_t origin; /* itself, or the needle whose value it was taken from */
};

struct needles;

struct needles *needles_create(struct arena *a);
/* Adds a needle unless its bytes are one already; empty ones are left out. */
void needles_add_value(struct needles *s, struct bytes value, const char *name, struct place from);
void needles_add_marker(struct needles *s, const char *marker, const char *name, struct place from);
/* What the values written so far also are: the bytes that hexadecimal and base64 values stand for,
 * the password inside a URL, the key inside PEM. */
void needles_derive(struct needles *s);
/* A sentence inside which nothing is found. */
void needles_exempt(struct needles *s, const char *sentence);
/* Builds what searching needs; after it nothing may be added. */
void needles_ready(struct needles *s);

size_t needles_count(const struct needles *s);  /* all */
size_t needles_values(const struct needles *s); /* without markers and what was derived */
const struct needle *needles_at(const struct needles *s, size_t i);
/* All forms of the needles that are searched for in bytes as they stand: for large inputs, and for
 * comparing speed. */
const struct bytes *needles_forms(const struct needles *s, size_t *n);

struct needle_hit {
    size_t needle;
    const char *how; /* "plain", "hex in base64": arena text */
};

/* Those needles that no other one found in the same text holds, each once. Not for two threads at
 * once. */
struct needle_hits {
    struct needle_hit *rows;
    size_t n;
    enum layers_end end;
};

/* `secret`: the place is meant for secrets, so that short needles count. */
void needles_search(struct needles *s, struct arena *a, struct bytes text, bool secret,
                    struct needle_hits *out);

#endif
