/* drift-gates/layering/layering.h — the rules of layering: who may include whom, as data.
 *
 *     roots conformance                     where includes are looked for, too
 *     generated x.def                       made at build time, so not in the tree
 *     group policy-side PATTERN…
 *     only PATTERN… : PATTERN…              of this tree's files, these include those alone
 *     never @policy-side : PATTERN…         and these never those
 *     private PATTERN…                      included from its own folder alone
 *     except PATTERN : PATTERN : why        this one may
 *
 * A pattern is over a whole path: a star is any run, over folders, too, a question mark is one
 * character. @NAME is a group that stands above. A comment begins with # at the start of a line, or
 * behind a blank. */
#ifndef DRIFT_GATES_LAYERING_H
#define DRIFT_GATES_LAYERING_H

#include "common/arena.h"
#include "common/base.h"

enum layering_verb { LAYERING_ONLY, LAYERING_NEVER, LAYERING_PRIVATE, LAYERING_EXCEPT };

struct layering_rule {
    enum layering_verb verb;
    const char *const *from, *const *to; /* patterns, end with NULL; groups are opened */
    const char *text;                    /* the line, for messages */
    int line;
    bool met; /* the gate's own mark: a file of `from` was seen, an exception was used */
};

struct layering {
    struct layering_rule *rules;
    size_t n, room;
    const char *const *roots, *const *generated; /* end with NULL */
};

struct layering_reader {
    struct arena *arena;
    void (*fault)(void *self, int line, const char *what);
    void *self;
};

void layering_read(const struct layering_reader *r, struct bytes text, struct layering *out);

/* The first rule that forbids `from` to include `to`, or NULL. Marks the rules it meets. */
const struct layering_rule *layering_forbids(struct layering *l, const char *from, const char *to);

#endif
