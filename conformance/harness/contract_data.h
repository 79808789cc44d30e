/* harness/contract_data.h — the contract's files as bytes inside the program, so that plexconf is
 * one file to carry. */
#ifndef HARNESS_CONTRACT_DATA_H
#define HARNESS_CONTRACT_DATA_H

#include "common/base.h"

enum contract_file {
    CONTRACT_OPERATIONS,
    CONTRACT_SCHEMAS,
    CONTRACT_PROBLEM_CODES,
    CONTRACT_ENV,
    CONTRACT_DEV_STACK,
    CONTRACT_OPERATION_FACTS,
    CONTRACT_DIALECT,
    CONTRACT_SPEC,
    CONTRACT_FILES, /* how many */
};

/* "operations.json", …, "SPEC.md": for messages. */
const char *contract_file_name(enum contract_file f);
/* Holds for the program's life. */
struct bytes contract_file_bytes(enum contract_file f);

#endif
