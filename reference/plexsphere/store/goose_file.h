/* store/goose_file.h — one migration file in goose's format (SPEC MIG-*).
 *
 *     -- +goose Up                    every file has it, first
 *     CREATE TABLE …;                 a statement ends with ';' at the end of a line
 *     -- +goose StatementBegin        what stands between these two is one statement, whatever it
 * holds
 *     -- +goose StatementEnd
 *     -- +goose Down                  optional
 *     -- +goose NO TRANSACTION        anywhere: statements run one by one
 *
 * Goose cuts statements line by line and knows no quotes; this reader knows them and refuses a file
 * that goose would cut elsewhere, so that both always run the same statements. ENVSUB is refused.
 */
#ifndef PLEXSPHERE_STORE_GOOSE_FILE_H
#define PLEXSPHERE_STORE_GOOSE_FILE_H

#include "common/base.h"
#include "common/error.h"

struct arena;

struct goose_statement {
    const char *sql; /* with its ';', without surrounding blanks */
    int line;        /* where it begins, counting from 1 */
};

struct goose_section {
    struct goose_statement *statements;
    size_t n;
};

struct goose_file {
    struct goose_section up, down; /* down.n is 0 when there is no Down */
    bool no_transaction;
};

/* `name` begins the error line: "0003_identity.sql:14: …". */
MUST_CHECK bool goose_parse(struct arena *a, const char *name, struct bytes text,
                            struct goose_file *out, struct error *e);

/* The version in "0003_identity.sql" is 3; false for a name that has none (goose's own rule:
 * digits, underscore, anything, ".sql"; not zero). */
MUST_CHECK bool goose_version_of_name(const char *name, int64_t *version);

#endif
