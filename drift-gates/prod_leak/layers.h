/* drift-gates/prod_leak/layers.h — what a text hides: everything it decodes to, and what that
 * decodes to.
 *
 * Undone are base64 and base64url (every alignment, broken over lines or not), hex (either case,
 * with colons or white space between), percent escapes, the escapes of JSON and YAML strings, gzip,
 * and texts that are YAML or JSON themselves. What does not decode is simply no layer: whatever
 * looks like one is tried, and rubbish comes to an end by itself.
 *
 * Bounded: so deep, and so many bytes for one text. What lies beyond is told, never passed over in
 * silence. Memory is given back before the call returns. */
#ifndef DRIFT_GATES_LAYERS_H
#define DRIFT_GATES_LAYERS_H

#include "common/base.h"

#define LAYERS_DEEP 8
#define LAYERS_BYTES ((size_t)32 << 20)    /* of all layers of one text, and 8 times the text */
#define LAYERS_GUNZIPPED ((size_t)8 << 20) /* of one compressed piece */

/* How a text was come by: "base64" inside "gzip" inside …; NULL is the text as it stands. */
struct layer {
    const char *name;
    const struct layer *around;
};

enum layers_end {
    LAYERS_WHOLE,    /* all was looked at */
    LAYERS_TOO_DEEP, /* something lies deeper than LAYERS_DEEP */
    LAYERS_TOO_LARGE /* it unpacks to more than the bounds */
};

/* Calls `visit` with the text and every layer of it; a layer's bytes hold during the call only. */
MUST_CHECK enum layers_end
layers_visit(struct bytes text,
             void (*visit)(void *arg, struct bytes text, const struct layer *layer), void *arg);

#endif
