/* drift-gates/data_file.h — a YAML file of the tree that a gate reads as its own data: lists of
 * what is pending, declared or listed. */
#ifndef DRIFT_GATES_DATA_FILE_H
#define DRIFT_GATES_DATA_FILE_H

#include <jansson.h>

#include "drift-gates/gate.h"

struct data_file {
    const char *path;
    const json_t *value; /* NULL: there is no such file */
};

/* The file that `member` of the gate's settings names, else the one at `otherwise`. A file that is
 * named and missing, or no mapping with members of `known` alone, breaks the gate. */
MUST_CHECK bool data_file_read(struct gate_run *g, const json_t *settings, const char *member,
                               const char *otherwise, const char *const *known,
                               struct data_file *out, struct error *e);
/* Where a member of the file stands: for findings. */
struct place data_file_place(struct gate_run *g, const struct data_file *f, const json_t *at,
                             const char *key);
/* The line of an error about the file; returns false. */
bool data_file_fail(struct gate_run *g, const struct data_file *f, const json_t *at,
                    const char *key, const char *what, struct error *e);

#endif
