/* Reading the contract's files. */
#include "common/arena.h"
#include "common/file.h"
#include "common/json.h"
#include "reference/generate/tables.h"

enum { FILE_CAP = 8 * 1024 * 1024 };

static bool read_member(struct arena *a, const char *directory, const char *file,
                        const char *member, json_t **out, struct error *e)
{
    json_t *whole = NULL;
    const char *path = path_join(a, directory, file);
    if (!json_parse_file(a, path, FILE_CAP, &whole, e))
        return error_prefix(e, "%s", path);
    *out = member == NULL ? whole : json_member(whole, member);
    if (*out == NULL)
        return error_set(e, "%s: has no member '%s'", path, member ? member : "");
    return true;
}

bool contract_read(struct arena *a, const char *directory, struct contract *out, struct error *e)
{
    return read_member(a, directory, "operations.json", "operations", &out->operations, e) &&
           read_member(a, directory, "mvp-operations.json", "operations", &out->dialect, e) &&
           read_member(a, directory, "problem-codes.json", "problem_codes", &out->problems, e) &&
           read_member(a, directory, "schemas.json", "schemas", &out->schemas, e) &&
           read_member(a, directory, "dev-stack.json", NULL, &out->dev_stack, e);
}
