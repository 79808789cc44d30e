#include "harness/contract_data.h"

/* The assembler reads the files; CMakeLists.txt makes this object depend on them. */
#define EMBED(name, file)                                                                          \
    __asm__(".section .rodata\n"                                                                   \
            ".balign 16\n"                                                                         \
            ".globl contract_data_" #name "\n"                                                     \
            ".hidden contract_data_" #name "\n"                                                    \
            "contract_data_" #name ":\n"                                                           \
            ".incbin \"" file "\"\n"                                                               \
            ".globl contract_data_" #name "_end\n"                                                 \
            ".hidden contract_data_" #name "_end\n"                                                \
            "contract_data_" #name "_end:\n"                                                       \
            ".byte 0\n"                                                                            \
            ".previous\n");                                                                        \
    extern const unsigned char contract_data_##name[] __attribute__((visibility("hidden")));       \
    extern const unsigned char contract_data_##name##_end[] __attribute__((visibility("hidden")))

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
    [CONTRACT_OPERATIONS] = { "operations.json", contract_data_operations,
                              contract_data_operations_end },
    [CONTRACT_SCHEMAS] = { "schemas.json", contract_data_schemas, contract_data_schemas_end },
    [CONTRACT_PROBLEM_CODES] = { "problem-codes.json", contract_data_problem_codes,
                                 contract_data_problem_codes_end },
    [CONTRACT_ENV] = { "env-contract.json", contract_data_env, contract_data_env_end },
    [CONTRACT_DEV_STACK] = { "dev-stack.json", contract_data_dev_stack,
                             contract_data_dev_stack_end },
    [CONTRACT_OPERATION_FACTS] = { "operation-facts.json", contract_data_operation_facts,
                                   contract_data_operation_facts_end },
    [CONTRACT_DIALECT] = { "mvp-operations.json", contract_data_dialect,
                           contract_data_dialect_end },
    [CONTRACT_SPEC] = { "SPEC.md", contract_data_spec, contract_data_spec_end },
};

const char *contract_file_name(enum contract_file f)
{
    return files[f].name;
}

struct bytes contract_file_bytes(enum contract_file f)
{
    return (struct bytes){ files[f].from, (size_t)(files[f].to - files[f].from) };
}
