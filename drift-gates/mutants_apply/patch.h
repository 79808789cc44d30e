/* drift-gates/mutants_apply/patch.h — a unified diff below a header, and whether it applies.
 *
 *     clause: REG-014
 *     breaks: a used token works again
 *     red: REG-014*
 *
 *     --- a/reference/x.c
 *     +++ b/reference/x.c
 *     @@ -1,3 +1,3 @@
 *
 * The header ends at the first empty line. Paths lose "a/" and "b/"; /dev/null stands for a file
 * that is made or removed. The lines that git puts before `---` are passed over. A patch applies as
 * `git apply` takes it: all its lines or none, without fuzz; a hunk may stand elsewhere than it
 * says when it fits in one place alone. */
#ifndef DRIFT_GATES_PATCH_H
#define DRIFT_GATES_PATCH_H

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"

struct patch_field {
    const char *key, *value; /* trimmed */
    int line;
};

struct patch_line {
    char sign; /* ' ', '+' or '-' */
    struct bytes text;
    bool newline; /* false: "\ No newline at end of file" follows */
};

struct patch_hunk {
    size_t old_start, old_count, new_count; /* start from 1, or 0 in an empty file */
    struct patch_line *lines;
    size_t n, room;
    int line; /* of the patch */
};

struct patch_file {
    const char *before, *after; /* NULL: /dev/null */
    struct patch_hunk *hunks;
    size_t n, room;
    int line;
};

struct patch {
    struct patch_field *fields;
    size_t n_fields, fields_room;
    struct patch_file *files;
    size_t n, room;
};

/* Its texts lie in `text`, which must hold as long as they are used. Errors say "line N: …". */
MUST_CHECK bool patch_read(struct arena *a, struct bytes text, struct patch *out, struct error *e);

/* Looks, changes nothing. `moved` counts hunks that fit elsewhere than they say. Errors say "line
 * N: …" of the patch. */
MUST_CHECK bool patch_applies(struct arena *a, const struct patch_file *file, struct bytes text,
                              size_t *moved, struct error *e);

/* What it puts there is what was there. */
bool patch_is_idle(const struct patch_file *file);

#endif
