/* drift-gates/secret_boundary/tracker.h — a tracker document as data: scope, rows, sections with
 * their status, boxes and lines. Prose is read as far as a small grammar goes: headings, one table
 * whose first column is "Service", bullets with bold labels, check boxes. */
#ifndef DRIFT_GATES_SECRET_BOUNDARY_TRACKER_H
#define DRIFT_GATES_SECRET_BOUNDARY_TRACKER_H

#include "drift-gates/secret_boundary/boundary.h"

enum status { STATUS_NONE, STATUS_COMPLETE, STATUS_PENDING, STATUS_REGRESSED, STATUS_RETIRED };

struct entry {
    const char *name, *text;
    int line;
    enum status status; /* of a row */
};

struct box {
    const char *name;
    bool closed;
    int line;
};

struct section {
    const char *name;
    int line;
    size_t from, to; /* lines, as indexes */
    enum status status;
    int status_line;
    struct box *boxes;
    size_t n_boxes;
    int regression_line; /* of one that nothing resolves; 0: none */
};

struct entries {
    struct entry *rows;
    size_t n, room;
};

struct tracker {
    const char *file;
    char **lines; /* dates with plain hyphens */
    size_t n_lines;
    struct entries scope, rows;
    struct section *sections;
    size_t n_sections, sections_room;
};

/* False: there is no such file, or it cannot be read. */
MUST_CHECK bool tracker_read(struct boundary *b, const char *file, struct tracker *out,
                             struct error *e);

enum status status_of(const char *text);
/* "**Label (…):** rest" or "**Label**: rest" of a bullet: the label without what stands in
 * parentheses, or NULL; *rest is what follows. */
const char *bullet_label(struct arena *a, const char *line, const char **rest);
/* A date YYYY-MM-DD in a text, or NULL. */
const char *date_in(struct arena *a, const char *text);
const struct entry *entry_named(const struct entries *list, const char *name);
const struct section *section_named(const struct tracker *t, const char *name);

#endif
