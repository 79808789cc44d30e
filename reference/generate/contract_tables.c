/* contract_tables CONTRACT_DIR OUT_DIR — the contract's JSON becomes the tables the reference
 * compiles in. */
#include <stdio.h>
#include <stdlib.h>

#include "common/arena.h"
#include "common/file.h"
#include "reference/generate/tables.h"

static bool generate(struct arena *a, const char *contract_directory, const char *out,
                     struct error *e)
{
    struct contract contract;
    struct problem_set problems;
    return contract_read(a, contract_directory, &contract, e) &&
           problem_set_of(a, &contract, &problems, e) && directory_make(out, 0755, e) &&
           problems_write(a, &problems, path_join(a, out, "problem_codes.gen.def"), e) &&
           operations_write(a, &contract, &problems, path_join(a, out, "operations.gen.def"), e) &&
           insecure_default_write(a, &contract, path_join(a, out, "insecure_default.gen.def"), e) &&
           openapi_write(a, &contract, path_join(a, out, "openapi.gen.json"), e);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: contract_tables CONTRACT_DIR OUT_DIR\n");
        return 2;
    }
    struct arena *a = arena_create();
    struct error e = { "" };
    bool ok = generate(a, argv[1], argv[2], &e);
    if (!ok)
        fprintf(stderr, "contract_tables: %s\n", e.text);
    arena_destroy(a);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
