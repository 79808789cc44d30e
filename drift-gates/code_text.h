/* drift-gates/code_text.h — a source of the C family (C, Go, JavaScript, TypeScript) without its
 * comments.
 *
 * Comments become blanks, so that lines and offsets stay; literals stay as they are, and a
 * comment's sign inside one is none. Backquotes quote in Go and JavaScript only. */
#ifndef DRIFT_GATES_CODE_TEXT_H
#define DRIFT_GATES_CODE_TEXT_H

#include "common/arena.h"
#include "common/base.h"

/* The file's name says which rules hold. */
struct bytes code_text(struct arena *a, const char *path, struct bytes text);

/* A file of the C family, and none of its tests (x_test.c, x_test.go, x.test.ts, testdata/). */
bool code_text_is_source(const char *path);

#endif
