#include "reference/plexd/problem.h"

#include <string.h>

#include "common/json.h"

#define CODE_CAP 64

const char *problem_code(struct arena *a, struct bytes body)
{
    json_t *object;
    if (!json_parse(a, body.data, body.len, &object, NULL))
        return "";
    const char *code = json_text(object, "code");
    if (code == NULL)
        return "";
    size_t len = strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return code[len] == '\0' && len <= CODE_CAP ? code : "";
}

const char *problem_text(struct arena *a, const struct http_answer *answer)
{
    if (answer->status == 0)
        return arena_printf(a, "no answer: %s", answer->error.text);
    const char *code = problem_code(a, answer->body);
    return arena_printf(a, "%d%s%s", answer->status, code[0] != '\0' ? " " : "", code);
}
