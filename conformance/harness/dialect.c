#include "harness/dialect.h"

#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "harness/contract.h"

/* Templates stand between slashes; a path ends at its query. */
static bool fits(const char *template, const char *path)
{
    while (*template != '\0') {
        if (*template == '{') {
            size_t len = strcspn(path, "/?");
            if (len == 0)
                return false;
            template = strchr(template, '}') + 1;
            path += len;
        } else if (*template ++ != *path++) {
            return false;
        }
    }
    return *path == '\0' || *path == '?';
}

const json_t *dialect_operation(const char *method, const char *path, bool shared)
{
    size_t i;
    json_t *row;
    json_array_foreach (contract()->dialect, i, row)
        if ((shared || json_flag(row, "own", false)) &&
            text_equal(json_text(row, "method"), method) && fits(json_text(row, "path"), path))
            return row;
    return NULL;
}

bool dialect_lists(const json_t *row, int status)
{
    size_t i;
    json_t *one;
    json_array_foreach (json_member(row, "statuses"), i, one)
        if (json_integer_value(one) == status)
            return true;
    return status == 501;
}

int dialect_success(const json_t *row)
{
    return (int)json_integer_value(json_array_get(json_member(row, "statuses"), 0));
}
