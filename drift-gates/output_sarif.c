/* SARIF 2.1.0 as code scanning services take it: every result has a place with a line from 1, a
 * rule by index and a fingerprint; excused ones carry a suppression; stale waivers are warnings. */
#include "common/json.h"
#include "common/text.h"
#include "drift-gates/output.h"

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

struct rule_list {
    const struct gate_rule **rows;
    size_t n;
};

static void add_rules(struct rule_list *l, const struct gate *gate)
{
    for (size_t i = 0; i < gate->n_rules; i++)
        l->rows[l->n++] = &gate->rules[i];
}

static struct rule_list rules_of(const struct verdict *v)
{
    const struct findings *f = v->findings;
    struct rule_list l = { 0 };
    size_t room = 0;
    for (size_t i = 0; i < f->n_outcomes; i++)
        room += f->outcomes[i].gate->n_rules;
    l.rows = arena_alloc_array(f->arena, room + 1, sizeof(*l.rows));
    for (size_t i = 0; i < f->n_outcomes; i++)
        add_rules(&l, f->outcomes[i].gate);
    return l;
}

static size_t index_of(const struct rule_list *l, const struct gate_rule *rule)
{
    size_t i = 0;
    while (i < l->n && l->rows[i] != rule)
        i++;
    return i;
}

static json_t *text_json(const char *text)
{
    return json_pack("{s:s}", "text", text);
}

static json_t *rules_json(struct arena *a, const struct rule_list *l)
{
    json_t *list = json_array();
    for (size_t i = 0; i < l->n; i++) {
        const struct gate_rule *r = l->rows[i];
        const char *help = arena_printf(a, "%s Source: %s.", r->mend, r->source);
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o, s:o, s:o, s:{s:s}}", "id", r->id, "name",
                                        r->id, "shortDescription", text_json(r->title),
                                        "fullDescription", text_json(r->why), "help",
                                        text_json(help), "defaultConfiguration", "level", "error"));
    }
    return list;
}

/* A relative reference: all but what needs no escaping in a path is percent-encoded. */
static const char *uri_of(struct arena *a, const char *path)
{
    struct buffer b;
    buffer_init_arena(&b, strlen(path) * 3, a);
    for (const char *c = path; *c != '\0'; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                     (*c >= '0' && *c <= '9') || strchr("-._~/", *c) != NULL;
        if (plain)
            buffer_char(&b, *c);
        else
            buffer_printf(&b, "%%%02X", (unsigned char)*c);
    }
    return b.data;
}

static json_t *location_json(struct arena *a, const struct place *p)
{
    /* A finding about the tree as a whole stands on the settings: a place must be a file. */
    const char *file = p->file == NULL ? SETTINGS_FILE : p->file;
    json_t *artifact = json_pack("{s:s}", "uri", uri_of(a, file));
    if (file[0] != '/')
        json_object_set_new(artifact, "uriBaseId", json_string("%SRCROOT%"));
    json_t *location = json_pack("{s:{s:o, s:{s:i}}}", "physicalLocation", "artifactLocation",
                                 artifact, "region", "startLine", p->line > 0 ? p->line : 1);
    if (p->path != NULL)
        json_object_set_new(location, "logicalLocations",
                            json_pack("[{s:s}]", "fullyQualifiedName", output_line(a, p->path)));
    return location;
}

static json_t *suppression_json(struct arena *a, const struct finding *f)
{
    bool in_source = text_equal(f->excused_by, EXCUSED_BY_SOURCE);
    return json_pack("[{s:s, s:s, s:s}]", "kind", in_source ? "inSource" : "external", "status",
                     "accepted", "justification", output_line(a, f->excused));
}

static json_t *result_json(struct arena *a, const struct rule_list *l, const struct finding *f,
                           const char *level)
{
    json_t *result =
        json_pack("{s:s, s:I, s:s, s:o, s:[o], s:{s:s}}", "ruleId", f->rule->id, "ruleIndex",
                  (json_int_t)index_of(l, f->rule), "level", level, "message",
                  text_json(output_line(a, f->message)), "locations", location_json(a, &f->where),
                  "partialFingerprints", "plexconfGate/v1", f->fingerprint);
    if (f->other.file != NULL)
        json_object_set_new(result, "relatedLocations",
                            json_pack("[o]", location_json(a, &f->other)));
    if (f->excused != NULL)
        json_object_set_new(result, "suppressions", suppression_json(a, f));
    return result;
}

static json_t *results_json(const struct verdict *v, const struct rule_list *l)
{
    struct arena *a = v->findings->arena;
    json_t *list = json_array();
    for (size_t i = 0; i < v->findings->n; i++)
        json_array_append_new(list, result_json(a, l, &v->findings->rows[i], "error"));
    for (size_t i = 0; i < v->stale->n; i++)
        json_array_append_new(list, result_json(a, l, &v->stale->rows[i], "warning"));
    return list;
}

static json_t *notifications_json(const struct verdict *v)
{
    const struct findings *f = v->findings;
    json_t *list = json_array();
    for (size_t i = 0; i < f->n_outcomes; i++) {
        const struct gate_outcome *o = &f->outcomes[i];
        const char *said =
            o->error != NULL ? output_line(f->arena, o->error) : output_unlooked(v, o->gate);
        if (said == NULL)
            continue;
        const char *line = arena_printf(f->arena, "%s: %s%s", o->gate->name,
                                        o->error != NULL ? "" : "not looked at: ", said);
        json_array_append_new(list,
                              json_pack("{s:s, s:o}", "level", o->error != NULL ? "error" : "note",
                                        "message", text_json(line)));
    }
    return list;
}

void output_sarif(const struct verdict *v, struct output_style style, struct buffer *out)
{
    struct arena *a = v->findings->arena;
    struct rule_list l = rules_of(v);
    (void)style;
    json_t *driver = json_pack("{s:s, s:s, s:o}", "name", "plexconf gate", "semanticVersion",
                               PLEXCONF_VERSION, "rules", rules_json(a, &l));
    json_t *invocation =
        json_pack("{s:b, s:i, s:o}", "executionSuccessful", v->n_broken == 0, "exitCode", v->exit,
                  "toolExecutionNotifications", notifications_json(v));
    json_t *root =
        json_pack("{s:s, s:s, s:[{s:{s:o}, s:[o], s:s, s:o}]}", "$schema", SCHEMA, "version",
                  "2.1.0", "runs", "tool", "driver", driver, "invocations", invocation,
                  "columnKind", "utf16CodeUnits", "results", results_json(v, &l));
    buffer_text(out, json_dump_pretty(a, json_own(a, root)));
    buffer_char(out, '\n');
}
