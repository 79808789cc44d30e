/* drift-gates/migrations/migrations.h — what the parts of the gate migrations share. */
#ifndef DRIFT_GATES_MIGRATIONS_H
#define DRIFT_GATES_MIGRATIONS_H

#include "drift-gates/data_file.h"
#include "drift-gates/gate.h"
#include "drift-gates/migrations/goose_text.h"

struct migration {
    const char *path, *name; /* "0016_mesh.sql": its name is "mesh" */
    const char *digits;      /* "0016" */
    int64_t version;
    struct goose_migration_text text;
    bool doubtful; /* MIG-03 found something: what it does is not known */
};

struct migrations {
    struct gate_run *g;
    struct data_file declared;
    const char *file; /* being read */
    size_t faults;
    struct migration *rows;
    size_t n, room;
    size_t statements, drops;
};

/* Statement by statement: irreversible ones (MIG-05), what is lost (MIG-06), what is not taken back
 * (MIG-07). */
void migrations_judge_irreversible(struct migrations *m, const struct migration *one);
void migrations_judge_losses(struct migrations *m, const struct migration *one);
void migrations_judge_way_back(struct migrations *m, const struct migration *one);

/* The row of a list of the declared file, by version; NULL: none. */
const json_t *migrations_declared(const struct migrations *m, const char *list, int64_t version);
/* The Down refuses: it raises an exception. */
bool migrations_refuses(const struct migration *one);

#endif
