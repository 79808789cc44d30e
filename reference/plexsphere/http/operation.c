#include "reference/plexsphere/http/operation.h"

static const struct operation_facts facts[OPERATION_COUNT] = {
#define OPERATION_ROW(id, method, path, security, unprovisioned)                                   \
    [OP_##id] = { #id, method, path, security, unprovisioned },
#define DIALECT_ROW OPERATION_ROW
#include "operations.gen.def"
#undef DIALECT_ROW
#undef OPERATION_ROW
};

const struct operation_facts *operation_facts(enum operation_id id)
{
    return &facts[(unsigned)id < OPERATION_COUNT ? id : 0];
}

const enum step STEPS_GATE_FIRST[] = { STEP_PROVISIONED, STEP_AUTHENTICATE, STEP_CSRF, STEP_PATH,
                                       STEP_QUERY,       STEP_PERMISSION,   STEP_SIZE, STEP_DECODE,
                                       STEP_HANDLE,      STEP_END };
const enum step STEPS_DECODE_FIRST[] = { STEP_PROVISIONED, STEP_AUTHENTICATE, STEP_CSRF,
                                         STEP_PATH,        STEP_QUERY,        STEP_SIZE,
                                         STEP_DECODE,      STEP_PERMISSION,   STEP_HANDLE,
                                         STEP_END };
const enum step STEPS_ROW_FIRST[] = { STEP_PROVISIONED, STEP_AUTHENTICATE, STEP_CSRF,
                                      STEP_PATH,        STEP_QUERY,        STEP_LOAD,
                                      STEP_PERMISSION,  STEP_SIZE,         STEP_DECODE,
                                      STEP_HANDLE,      STEP_END };
const enum step STEPS_LIMIT_FIRST[] = { STEP_PROVISIONED, STEP_AUTHENTICATE, STEP_LIMIT,
                                        STEP_LOAD,        STEP_PERMISSION,   STEP_GRANT,
                                        STEP_QUERY,       STEP_HANDLE,       STEP_END };
const enum step STEPS_GATE_BEFORE_PATH[] = { STEP_PROVISIONED, STEP_AUTHENTICATE, STEP_CSRF,
                                             STEP_PERMISSION,  STEP_PATH,         STEP_QUERY,
                                             STEP_SIZE,        STEP_DECODE,       STEP_HANDLE,
                                             STEP_END };
const enum step STEPS_ANONYMOUS[] = { STEP_PROVISIONED, STEP_PATH,   STEP_QUERY, STEP_SIZE,
                                      STEP_DECODE,      STEP_HANDLE, STEP_END };
