#include "common/json.h"
#include "harness/coverage.h"
#include "harness/report_writers.h"

/* Its schema stands in docs/report.schema.json. */

static void copy_as(json_t *into, const char *name, const json_t *from, const char *key)
{
    json_t *value = json_member(from, key);
    if (value != NULL)
        json_object_set(into, name, value);
}

static void copy(json_t *into, const json_t *from, const char *key)
{
    copy_as(into, key, from, key);
}

static json_t *counts_of(const struct report *r)
{
    const struct report_counts *c = &r->counts;
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "passed",
                     (json_int_t)c->passed, "failed", (json_int_t)c->failed, "skipped",
                     (json_int_t)c->skipped, "unsupported", (json_int_t)c->unsupported,
                     "unprovisioned", (json_int_t)c->unprovisioned, "waived", (json_int_t)c->waived,
                     "broken", (json_int_t)c->broken, "vacuous", (json_int_t)c->vacuous,
                     "informational", (json_int_t)c->informational, "stale", (json_int_t)c->stale,
                     "proven", (json_int_t)c->proven, "unproven", (json_int_t)c->unproven);
}

static json_t *cases_of(const struct report *r)
{
    static const char *const kept[] = { "id",       "suite",  "title",       "clauses",
                                        "verdict",  "ms",     "message",     "where",
                                        "again",    "waived", "provisional", "informational",
                                        "exchanges" };
    size_t i;
    json_t *event, *list = json_array();
    json_array_foreach (r->cases, i, event) {
        json_t *row = json_object();
        for (size_t k = 0; k < ARRAY_LEN(kept); k++)
            copy(row, event, kept[k]);
        json_object_set_new(row, "standing",
                            json_string(report_standing_text(report_standing(r, event))));
        json_t *names = json_object_get(r->impostors, json_text(event, "id"));
        if (names != NULL)
            json_object_set(row, "impostors", names);
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *seen_of(const struct coverage_operation *op)
{
    size_t i;
    json_t *event, *list = json_array();
    json_array_foreach (op->seen, i, event) {
        json_t *row = json_object();
        copy(row, event, "status");
        copy(row, event, "code");
        copy(row, event, "count");
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *covered(size_t total, const char *word, size_t n)
{
    return json_pack("{s:I, s:I}", "total", (json_int_t)total, word, (json_int_t)n);
}

static json_t *coverage_json(const struct report *r)
{
    struct coverage c;
    coverage_of(r, &c);
    json_t *operations = json_array(), *unjudged = json_array();
    for (size_t i = 0; i < c.n_operations; i++) {
        json_t *row =
            json_pack("{s:s, s:o}", "id", c.operations[i].id, "seen", seen_of(&c.operations[i]));
        json_object_set(row, "statuses", (json_t *)c.operations[i].statuses);
        json_array_append_new(operations, row);
    }
    for (size_t i = 0; i < c.n_clauses; i++) {
        if (c.clauses[i].cover != CLAUSE_JUDGED)
            json_array_append_new(unjudged, json_string(c.clauses[i].id));
    }
    return json_pack("{s:o, s:o, s:o, s:I, s:o, s:o}", "operations",
                     covered(c.n_operations, "seen", c.operations_seen), "statuses",
                     covered(c.rows, "seen", c.rows_seen), "clauses",
                     covered(c.n_clauses, "judged", c.clauses_judged), "members_seen",
                     (json_int_t)c.members_seen, "by_operation", operations, "unjudged_clauses",
                     unjudged);
}

static json_t *notes_of(const struct report *r)
{
    size_t i;
    json_t *event, *list = json_array();
    json_array_foreach (r->notes, i, event) {
        json_t *row = json_object();
        copy(row, event, "level");
        copy(row, event, "message");
        json_array_append_new(list, row);
    }
    return list;
}

static int append(const char *data, size_t len, void *out)
{
    return buffer_append(out, data, len) ? 0 : -1;
}

void report_json(const struct report *r, struct buffer *out)
{
    json_t *document = json_pack("{s:s}", "format", "plexconf-report/1");
    copy(document, r->run, "plexconf");
    copy(document, r->run, "contract");
    copy_as(document, "run", r->run, "id");
    copy_as(document, "started", r->run, "at");
    copy_as(document, "ended", r->end, "at");
    copy(document, r->run, "argv");
    copy(document, r->run, "seed");
    copy(document, r->run, "rounds");
    copy(document, r->run, "target");
    json_object_set_new(document, "verdict", json_string(report_verdict(r)));
    json_object_set_new(document, "exit", r->finished ? json_integer(r->exit) : json_null());
    json_object_set_new(document, "seconds", json_real(r->seconds));
    json_object_set_new(document, "summary", json_string(report_summary(r)));
    json_object_set_new(document, "counts", counts_of(r));
    json_object_set_new(document, "notes", notes_of(r));
    json_object_set_new(document, "coverage", coverage_json(r));
    json_object_set_new(document, "cases", cases_of(r));
    if (json_dump_callback(document, append, out, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) != 0)
        out->overflow = true;
    buffer_char(out, '\n');
    json_decref(document);
}
