/* operations.gen.def: one row an operation of the contract. */
#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "reference/generate/tables.h"

static bool lists(const json_t *row, const char *operation)
{
    return json_int(row, "status", 0) == 501 &&
           json_array_has_text(json_member(row, "operations"), operation);
}

/* The operation's own 501 where the catalogue names one for the unwired surface, else the general
 * code (ruling 3): a code of one branch only (`not_provisioned` of the jwt-bearer grant) is not the
 * surface's. Meta has none. */
static const char *unprovisioned(const struct contract *c, const struct problem_set *s,
                                 const json_t *operation)
{
    const char *id = json_text(operation, "operationId");
    if (text_equal(json_text(operation, "tag"), "meta"))
        return "PROBLEM_NONE";
    const char *own = NULL;
    size_t i;
    json_t *row;
    json_array_foreach (c->problems, i, row) {
        const struct problem_entry *entry = problem_set_find(s, json_text(row, "code"), 501);
        if (entry == NULL || !lists(row, id))
            continue;
        if (own == NULL || text_equal(entry->code, "surface_not_provisioned"))
            own = entry->name;
    }
    return own != NULL ? own : problem_set_find(s, "surface_not_provisioned", 501)->name;
}

static bool security_text(struct arena *a, const json_t *operation, const char **out,
                          struct error *e)
{
    static const struct {
        const char *scheme, *bit;
    } known[] = { { "operatorBearer", "SECURITY_BEARER" },
                  { "sessionCookie", "SECURITY_COOKIE" },
                  { "nskBearer", "SECURITY_NSK" } };
    const char *text = NULL;
    size_t i;
    json_t *scheme;
    json_array_foreach (json_member(operation, "security"), i, scheme) {
        const char *bit = NULL;
        for (size_t k = 0; k < ARRAY_LEN(known); k++)
            if (text_equal(json_string_value(scheme), known[k].scheme))
                bit = known[k].bit;
        if (bit == NULL)
            return error_set(e, "operations.json: %s: security scheme '%s' is not known",
                             json_text(operation, "operationId"), json_string_value(scheme));
        text = text == NULL ? bit : arena_printf(a, "%s | %s", text, bit);
    }
    *out = text == NULL ? "0" : text;
    return true;
}

struct writing {
    struct arena *arena;
    const struct contract *contract;
    const struct problem_set *problems;
    struct buffer out;
};

static bool write_row(struct writing *w, const char *macro, const json_t *operation,
                      struct error *e)
{
    const char *security = NULL;
    if (!security_text(w->arena, operation, &security, e))
        return false;
    buffer_printf(&w->out, "%s(%s, \"%s\", \"%s\", %s, %s)\n", macro,
                  json_text(operation, "operationId"), json_text(operation, "method"),
                  json_text(operation, "path"), security,
                  unprovisioned(w->contract, w->problems, operation));
    return true;
}

/* The dialect's own rows stand behind the published ones, under another name (ruling 1). */
static bool write_rows(struct writing *w, struct error *e)
{
    size_t i;
    json_t *operation;
    json_array_foreach (w->contract->operations, i, operation)
        if (!write_row(w, "OPERATION_ROW", operation, e))
            return false;
    json_array_foreach (w->contract->dialect, i, operation)
        if (json_flag(operation, "own", false) && !write_row(w, "DIALECT_ROW", operation, e))
            return false;
    return true;
}

bool operations_write(struct arena *a, const struct contract *c, const struct problem_set *s,
                      const char *path, struct error *e)
{
    struct writing w = { a, c, s, { 0 } };
    buffer_init_arena(&w.out, 1024 * 1024, a);
    buffer_text(&w.out, "/* Made from operations.json and mvp-operations.json by contract_tables. "
                        "*/\n");
    if (!write_rows(&w, e))
        return false;
    struct buffer b = w.out;
    if (b.overflow)
        return error_set(e, "%s: longer than 1 MiB", path);
    return file_write_atomic(path, b.data, b.len, 0644, e);
}

/* The control plane's own announcement is the first sentence of its paragraph (ruling 17). */
bool insecure_default_write(struct arena *a, const struct contract *c, const char *path,
                            struct error *e)
{
    size_t i;
    json_t *dependency;
    json_array_foreach (json_member(c->dev_stack, "dependencies"), i, dependency) {
        const char *sentence = json_text(dependency, "prod_delta_first_sentence");
        if (sentence == NULL)
            continue;
        struct buffer b;
        buffer_init_arena(&b, 64 * 1024, a);
        buffer_text(&b, "/* Made from dev-stack.json by contract_tables. */\n\"");
        buffer_json_escaped(&b, sentence, strlen(sentence));
        buffer_text(&b, "\"\n");
        return file_write_atomic(path, b.data, b.len, 0644, e);
    }
    return error_set(e, "dev-stack.json: no dependency has prod_delta_first_sentence");
}
