/* drift-gates/tree.h — the files of a tree, found once, read when asked for.
 *
 * Links are not followed (a loop cannot be), FIFOs, sockets and devices are never opened. What is
 * skipped by itself: .git, node_modules, build and build-* folders at the top, and what
 * settings->ignore says. A file that cannot be read, is larger than TREE_FILE_CAP or is no regular
 * file has `problem`. A gate that asks for such a file gets an error, and the tree remembers it:
 * whatever the gate makes of it, the run reports it (rule TREE-01).
 *
 * Files are read, not mapped: one that somebody shortens meanwhile is a short file, no SIGBUS. */
#ifndef DRIFT_GATES_TREE_H
#define DRIFT_GATES_TREE_H

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"

#define TREE_FILE_CAP ((size_t)64 << 20)

struct tree_file {
    const char *path; /* relative to the root, "/" between parts */
    size_t size;
    const char *problem; /* why it cannot be looked at, or NULL */
};

struct tree {
    struct arena *arena;
    const char *root;
    const struct tree_file *files; /* sorted by path, byte order; regular files only */
    size_t n;
    const struct tree_file *odd; /* links, FIFOs, sockets, devices, folders that cannot be opened */
    size_t n_odd;
};

#define TREE_LINK "a symbolic link" /* the problem of links: told, but no finding */

/* `ignore`: patterns (text_glob over the whole path, or a folder's path with everything below),
 * ends with NULL; may be NULL. */
MUST_CHECK bool tree_open(struct arena *a, const char *root, const char *const *ignore,
                          struct tree **out, struct error *e);
/* The bytes of a file, kept for the tree's life (read once). They are followed by a NUL. */
MUST_CHECK bool tree_read(const struct tree *t, const char *path, struct bytes *out,
                          struct error *e);
/* The same without keeping: `release` when done. For walks over many files. */
MUST_CHECK bool tree_map(const struct tree *t, const struct tree_file *file, struct bytes *out,
                         struct error *e);
void tree_unmap(struct bytes bytes);

const struct tree_file *tree_find(const struct tree *t, const char *path); /* NULL: not there */
const struct tree_file *tree_odd(const struct tree *t, const char *path);  /* of t->odd, or NULL */
/* The files whose path begins with `folder` + "/", as a run of t->files; *n may be 0. "." is the
 * whole tree. */
const struct tree_file *tree_below(const struct tree *t, const char *folder, size_t *n);
/* The line (from 1) on which the byte at `offset` stands. */
int line_at(struct bytes text, size_t offset);

/* Files that were asked for and could not be had, in that order, each with its problem. */
const struct tree_file *tree_failures(const struct tree *t, size_t *n);
/* Was this file of t->files read, and does it hold TREE_MARK? */
enum tree_mark { MARK_UNREAD, MARK_ABSENT, MARK_PRESENT };
#define TREE_MARK "plexconf-gate:" /* begins a waiver in a source (waivers.h) */
enum tree_mark tree_mark_of(const struct tree *t, const struct tree_file *file);

#endif
