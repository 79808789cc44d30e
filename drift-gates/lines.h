/* drift-gates/lines.h — a text, line by line, without copying; and paths inside a tree. */
#ifndef DRIFT_GATES_LINES_H
#define DRIFT_GATES_LINES_H

#include "common/arena.h"
#include "common/base.h"

struct line {
    struct bytes text; /* without its newline; a '\r' before it stays */
    int number;        /* from 1 */
    bool newline;      /* false: the text ends here without one */
};

struct lines {
    struct bytes rest;
    int number;
};

struct lines lines_of(struct bytes text);
/* False at the end. A text that ends in a newline has no empty line behind it. */
bool lines_next(struct lines *l, struct line *out);
char *line_text(struct arena *a, struct line line); /* cut at a NUL, if it holds one */

/* Where `relative`, named by `file`, is in the tree: "a/b.c" and "../d.h" give "d.h". NULL when it
 * is absolute or leaves the tree. `file` NULL: relative to the tree itself. */
const char *path_beside(struct arena *a, const char *file, const char *relative);

#endif
