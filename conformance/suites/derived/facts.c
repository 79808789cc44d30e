/* suites/derived/facts.c — what the contract's data says of an operation, asked in words. */
#include "suites/derived/derived.h"

#include <string.h>

#include "common/json.h"
#include "common/text.h"

/* Asked thousands of times while cases are made: rows by the operation's place in the contract. */
static const json_t *fact_row(const struct contract_operation *op)
{
    static const json_t **rows;
    if (rows == NULL) {
        size_t i;
        json_t *row;
        rows = arena_alloc_array(contract()->arena, contract()->n_ops, sizeof *rows);
        json_array_foreach (contract()->operation_facts, i, row) {
            const struct contract_operation *of = contract_operation(json_text(row, "operationId"));
            if (of != NULL)
                rows[of - contract()->ops] = row;
        }
    }
    return rows[op - contract()->ops];
}

const char *fact_feature(const struct contract_operation *op)
{
    return json_text(fact_row(op), "feature");
}

const char *fact_order(const struct contract_operation *op)
{
    return json_text(fact_row(op), "order");
}

bool fact_judged(const struct contract_operation *op)
{
    return json_flag(fact_row(op), "judged", false);
}

bool fact_node_too(const struct contract_operation *op)
{
    return json_flag(fact_row(op), "node_too", false);
}

const char *fact_denial(const struct contract_operation *op)
{
    return json_text(fact_row(op), "denial");
}

size_t fact_body_cap(const struct contract_operation *op)
{
    return (size_t)json_int(fact_row(op), "body_cap", 0);
}

bool operation_lists(const struct contract_operation *op, int status)
{
    bool listed = false;
    contract_response(op, status, &listed);
    return listed;
}

bool operation_has_query(const struct contract_operation *op, const char *name)
{
    size_t i;
    json_t *param;
    json_array_foreach (json_member(op->row, "params"), i, param)
        if (text_equal(json_text(param, "in"), "query") &&
            text_equal(json_text(param, "name"), name))
            return true;
    return false;
}

bool operation_takes_json(const struct contract_operation *op)
{
    return json_at(op->row, "/request/content/application~1json") != NULL;
}

int operation_success(const struct contract_operation *op)
{
    static const int order[] = { 200, 201, 204, 202 };
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        if (operation_lists(op, order[i]))
            return order[i];
    return 0;
}

const char *operation_param(struct arena *a, const struct contract_operation *op, size_t *at)
{
    const char *open = strchr(op->path + *at, '{');
    if (!open)
        return NULL;
    const char *close = strchr(open, '}');
    *at = (size_t)(close - op->path) + 1;
    return arena_strndup(a, open + 1, (size_t)(close - open) - 1);
}

bool operation_is_action(const struct contract_operation *op)
{
    const char *verb = strrchr(op->path, '/');
    if (op->nsk || !text_equal(op->method, "POST") || verb == op->path || verb[-1] != '}' ||
        verb[1] == '{')
        return false;
    for (size_t i = 0; i < contract()->n_ops; i++) /* a collection has a sibling that reads it */
        if (&contract()->ops[i] != op && text_equal(contract()->ops[i].path, op->path))
            return false;
    return true;
}
