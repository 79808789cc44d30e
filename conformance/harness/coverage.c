#include "harness/coverage.h"

#include "common/json.h"
#include "common/text.h"

/* {operation id: [seen events]} */
static json_t *seen_by_operation(const struct report *r)
{
    json_t *index = json_own(r->arena, json_object()), *event;
    size_t i;
    json_array_foreach (r->seen, i, event) {
        const char *id = json_text(event, "operation");
        if (id == NULL)
            continue;
        if (json_object_get(index, id) == NULL)
            json_object_set_new(index, id, json_array());
        json_array_append(json_object_get(index, id), event);
    }
    return index;
}

static size_t count_rows_seen(const struct coverage_operation *op)
{
    size_t i, n = 0;
    json_t *listed, *event;
    json_array_foreach (op->statuses, i, listed) {
        size_t k;
        json_array_foreach (op->seen, k, event) {
            if (json_int(event, "status", 0) == json_integer_value(listed)) {
                n++;
                break;
            }
        }
    }
    return n;
}

static void cover_operations(const struct report *r, struct coverage *c)
{
    const json_t *rows = json_member(r->contract, "operations");
    json_t *index = seen_by_operation(r);
    c->n_operations = json_array_size(rows);
    c->operations = arena_alloc_array(r->arena, c->n_operations + 1, sizeof(*c->operations));
    for (size_t i = 0; i < c->n_operations; i++) {
        const json_t *row = json_array_get(rows, i);
        struct coverage_operation *op = &c->operations[i];
        const char *id = json_text(row, "id");
        *op = (struct coverage_operation){ .id = id == NULL ? "" : id,
                                           .method = json_text(row, "method"),
                                           .path = json_text(row, "path"),
                                           .statuses = json_member(row, "statuses") };
        op->seen = json_object_get(index, op->id);
        op->rows = json_array_size(op->statuses);
        op->rows_seen = count_rows_seen(op);
        c->rows += op->rows;
        c->rows_seen += op->rows_seen;
        c->operations_seen += json_array_size(op->seen) > 0;
    }
}

/* {clause id: [case events]} */
static json_t *cases_by_clause(const struct report *r)
{
    json_t *index = json_own(r->arena, json_object()), *event, *clause;
    size_t i, k;
    json_array_foreach (r->cases, i, event) {
        json_array_foreach (json_member(event, "clauses"), k, clause) {
            const char *id = json_string_value(clause);
            if (id == NULL)
                continue;
            if (json_object_get(index, id) == NULL)
                json_object_set_new(index, id, json_array());
            json_array_append(json_object_get(index, id), event);
        }
    }
    return index;
}

static void cover_clause(const struct report *r, struct coverage_clause *c, const json_t *cases)
{
    size_t i;
    json_t *event;
    json_array_foreach (cases, i, event) {
        enum standing s = report_standing(r, event);
        bool failed = s == STANDING_FAILED || s == STANDING_WAIVED || s == STANDING_INFORMATIONAL;
        c->failed += failed;
        c->judged += failed || s == STANDING_PASSED || s == STANDING_UNPROVISIONED;
    }
    if (json_array_size(cases) > 0)
        c->cover = c->judged > 0 ? CLAUSE_JUDGED : CLAUSE_UNJUDGED;
}

static void cover_clauses(const struct report *r, struct coverage *c)
{
    const json_t *rows = json_member(r->contract, "clauses");
    json_t *index = cases_by_clause(r);
    c->n_clauses = json_array_size(rows);
    c->clauses = arena_alloc_array(r->arena, c->n_clauses + 1, sizeof(*c->clauses));
    for (size_t i = 0; i < c->n_clauses; i++) {
        const json_t *row = json_array_get(rows, i);
        const char *id = json_text(row, "id");
        c->clauses[i] = (struct coverage_clause){ .id = id == NULL ? "" : id,
                                                  .level = json_text(row, "level"),
                                                  .source = json_text(row, "source"),
                                                  .text = json_text(row, "text") };
        cover_clause(r, &c->clauses[i], json_object_get(index, c->clauses[i].id));
        c->clauses_judged += c->clauses[i].cover == CLAUSE_JUDGED;
    }
}

void coverage_of(const struct report *r, struct coverage *out)
{
    size_t i;
    json_t *event;
    *out = (struct coverage){ 0 };
    cover_operations(r, out);
    cover_clauses(r, out);
    json_array_foreach (r->seen_members, i, event) {
        out->members_seen += json_array_size(json_member(event, "members"));
    }
}
