#include "drift-gates/problem_codes/problem_set.h"

#include <ctype.h>

#include "common/json.h"
#include "common/text.h"

/* Reasons inside a 200 or inside PermissionDenied are no Problem codes, and `unnamed` marks a
 * status that the contract leaves without one (ruling 3). A reason of no kind is a plain Problem's
 * code. */
static bool is_answered(const json_t *row)
{
    static const char *const reasons[] = { "out_of_scope", "insufficient_relation",
                                           "caveat_violation" };
    const char *code = json_text(row, "code"), *kind = json_text(row, "kind");
    bool answered = code != NULL && json_int(row, "status", 0) >= 400 &&
                    !text_equal(code, "unnamed") && !text_equal(kind, "check_reason") &&
                    !text_equal(kind, "import_outcome_reason");
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        answered = answered && !(text_equal(code, reasons[i]) && kind != NULL);
    return answered;
}

struct problem *problem_set_find(const struct problem_set *s, const char *code, int status)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->rows[i].status == status && text_equal(s->rows[i].code, code))
            return &s->rows[i];
    }
    return NULL;
}

struct problem *problem_set_named(const struct problem_set *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++) {
        if (text_equal(s->rows[i].name, name))
            return &s->rows[i];
    }
    return NULL;
}

bool problem_set_has_code(const struct problem_set *s, const char *code)
{
    for (size_t i = 0; i < s->n; i++) {
        if (text_equal(s->rows[i].code, code))
            return true;
    }
    return false;
}

static bool has_two_statuses(const struct problem_set *s, const struct problem *p)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->rows[i].status != p->status && text_equal(s->rows[i].code, p->code))
            return true;
    }
    return false;
}

static const char *name_of(struct arena *a, const struct problem_set *s, const struct problem *p)
{
    char *name = has_two_statuses(s, p) ? arena_printf(a, "PROBLEM_%s_%d", p->code, p->status)
                                        : arena_printf(a, "PROBLEM_%s", p->code);
    for (char *c = name; *c != '\0'; c++)
        *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
    return name;
}

/* A 501 is made from the operation's row and names no code in a source. */
static bool is_built(const json_t *row, const json_t *facts)
{
    const json_t *operation;
    size_t i;
    if (json_int(row, "status", 0) == 501)
        return false;
    json_array_foreach (facts, i, operation) {
        if (json_flag(operation, "judged", false) &&
            json_array_has_text(json_object_get(row, "operations"),
                                json_text(operation, "operationId")))
            return true;
    }
    return false;
}

bool problem_set_read(struct gate_run *g, struct problem_set *out, struct error *e)
{
    const json_t *codes, *operations, *row;
    size_t i;
    if (!settings_contract(g->settings, CONTRACT_PROBLEM_CODES, &codes, e) ||
        !settings_contract(g->settings, CONTRACT_OPERATION_FACTS, &operations, e))
        return false;
    *out = (struct problem_set){ .catalogue = json_object_get(codes, "problem_codes") };
    operations = json_object_get(operations, "operations");
    if (!json_is_array(out->catalogue))
        return error_set(e, "problem-codes.json: has no list problem_codes");
    out->rows =
        arena_alloc_array(g->arena, json_array_size(out->catalogue) + 1, sizeof(*out->rows));
    json_array_foreach (out->catalogue, i, row) {
        int status = (int)json_int(row, "status", 0);
        if (!is_answered(row))
            continue;
        struct problem *p = problem_set_find(out, json_text(row, "code"), status);
        if (p == NULL) {
            p = &out->rows[out->n++];
            *p = (struct problem){ .code = json_text(row, "code"), .status = status };
        }
        p->built = p->built || is_built(row, operations);
    }
    for (i = 0; i < out->n; i++)
        out->rows[i].name = name_of(g->arena, out, &out->rows[i]);
    return true;
}
