#include "harness/contract_data.h"

#include "common/embed.h"

/* The assembler reads the files; CMakeLists.txt makes this object depend on them. */
EMBED(operations, CONTRACT_DIRECTORY "/operations.json");
EMBED(schemas, CONTRACT_DIRECTORY "/schemas.json");
EMBED(problem_codes, CONTRACT_DIRECTORY "/problem-codes.json");
EMBED(env, CONTRACT_DIRECTORY "/env-contract.json");
EMBED(dev_stack, CONTRACT_DIRECTORY "/dev-stack.json");
EMBED(operation_facts, CONTRACT_DIRECTORY "/operation-facts.json");
EMBED(dialect, CONTRACT_DIRECTORY "/mvp-operations.json");
EMBED(spec, SPEC_FILE);

static const struct {
    const char *name;
    const unsigned char *from, *to;
} files[CONTRACT_FILES] = {
    [CONTRACT_OPERATIONS] = { "operations.json", embedded_operations, embedded_operations_end },
    [CONTRACT_SCHEMAS] = { "schemas.json", embedded_schemas, embedded_schemas_end },
    [CONTRACT_PROBLEM_CODES] = { "problem-codes.json", embedded_problem_codes,
                                 embedded_problem_codes_end },
    [CONTRACT_ENV] = { "env-contract.json", embedded_env, embedded_env_end },
    [CONTRACT_DEV_STACK] = { "dev-stack.json", embedded_dev_stack, embedded_dev_stack_end },
    [CONTRACT_OPERATION_FACTS] = { "operation-facts.json", embedded_operation_facts,
                                   embedded_operation_facts_end },
    [CONTRACT_DIALECT] = { "mvp-operations.json", embedded_dialect, embedded_dialect_end },
    [CONTRACT_SPEC] = { "SPEC.md", embedded_spec, embedded_spec_end },
};

const char *contract_file_name(enum contract_file f)
{
    return files[f].name;
}

struct bytes contract_file_bytes(enum contract_file f)
{
    return (struct bytes){ files[f].from, (size_t)(files[f].to - files[f].from) };
}
