/* suites/posture/generate.c — posture/<VARIABLE>/off and posture/<VARIABLE>/malformed, from
 * env-contract.json. */
#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "suites/derived/derived.h"
#include "suites/posture/posture.h"

static const json_t *variable_of(const struct world *w)
{
    return w->row->data;
}

static const char *name_of(const json_t *variable)
{
    return json_text(variable, "name");
}

/* Blank refuses the boot instead of switching a surface off (ruling 14). */
static bool must_be_set(const char *name)
{
    return text_equal(name, "PLEXSPHERE_NSK_WRAP_KEY_B64") ||
           text_starts(name, "PLEXSPHERE_PROVISIONING_BROKER_");
}

/* Read only when PLEXSPHERE_S3_ENDPOINT is set; PLEXSPHERE_ARTIFACTS_CURSOR_HMAC_KEY only with its
 * registry. */
static const struct change *companions(const char *name)
{
    static const struct change s3[] = { { "PLEXSPHERE_S3_ENDPOINT", "https://objects.example.net" },
                                        { "PLEXSPHERE_S3_REGION", "eu-central-1" },
                                        { NULL, NULL } };
    static const struct change none[] = { { NULL, NULL } };
    return text_starts(name, "PLEXSPHERE_S3_") ? s3 : none;
}

static const struct change *with(struct world *w, const char *name, const char *value)
{
    const struct change *more = companions(name);
    struct change *all = arena_alloc_array(w->arena, 4, sizeof *all);
    size_t n = 0;
    for (; more->name; more++)
        all[n++] = *more;
    all[n] = (struct change){ name, value };
    return all;
}

static const char *const off_values[] = { NULL, "", "  \t" };

/* Not everything went off with it: an operation that the variable does not rule asks for a
 * credential. */
static void another_surface_is_on(struct world *w, const struct booted *b, const json_t *variable)
{
    bool rules_whoami = json_array_has_text(json_member(variable, "operations"), "GetAuthWhoami");
    refuse(get(w, rules_whoami ? "/v1/domains" : "/v1/auth/whoami", .base_url = b->base_url), 401,
           "unauthenticated");
}

/* ENV-003: 501 on exactly its operations. The twin is the world's own target, booted with the
 * variable set. */
static void run_off(struct world *w)
{
    const json_t *variable = variable_of(w);
    const char *name = name_of(variable);
    for (size_t i = 0; i < ARRAY_LEN(off_values); i++) {
        struct booted *b = posture_ready(w, with(w, name, off_values[i]));
        size_t j;
        json_t *id;
        json_array_foreach (json_member(variable, "operations"), j, id) {
            const struct contract_operation *op = contract_operation(json_string_value(id));
            if (!profile_claims(w->profile, fact_feature(op)))
                continue;
            refuse(posture_ask(w, b, op), 501, NULL);
            struct reply *twin = send_and_judge(posture_ask(w, NULL, op));
            expect(w, twin->status != 501, "%s answers 501 although %s is set", op->id, name);
        }
        another_surface_is_on(w, b, variable);
    }
}

/* ENV-005, ENV-006 */
static void run_refused_when_blank(struct world *w)
{
    const char *name = name_of(variable_of(w));
    for (size_t i = 0; i < ARRAY_LEN(off_values); i++)
        posture_refused(w, with(w, name, off_values[i]), name, NULL);
    posture_ready(w, NULL);
}

/* ENV-010: blank is the default. */
static void run_default(struct world *w)
{
    const char *name = name_of(variable_of(w));
    for (size_t i = 0; i < ARRAY_LEN(off_values); i++)
        posture_ready(w, with(w, name, off_values[i]));
}

/* What no reading of a parse rule accepts; ends with NULL. */
static const char *const *malformed_values(const char *parse)
{
    static const char *const hex[] = { "not-hex-at-all-", "abcd", NULL };
    static const char *const key[] = { "!!!not base64!!!", "c2hvcnQta2V5LXNob3J0", NULL };
    static const char *const url[] = { "no url at all", "://missing.example.net", NULL };
    static const char *const duration[] = { "soonish", "12", "1 hour", NULL };
    static const char *const integer[] = { "plenty", "1.5", "-77", NULL };
    static const char *const flag[] = { "perhaps", "yes!", NULL };
    static const struct {
        const char *parse;
        const char *const *values;
    } table[] = {
        { "hex-key", hex },       { "base64-32", key }, { "url", url },   { "url-list", url },
        { "duration", duration }, { "int", integer },   { "bool", flag },
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (text_equal(table[i].parse, parse))
            return table[i].values;
    return NULL;
}

/* ENV-004 */
static void run_malformed(struct world *w)
{
    const char *name = name_of(variable_of(w));
    const char *const *values = malformed_values(json_text(variable_of(w), "parse"));
    for (; *values; values++)
        posture_refused(w, with(w, name, *values), name, *values);
    posture_ready(w, with(w, name, json_text(w->profile->boot_env, name)));
}

static struct case_row *new_row(struct arena *a, const json_t *variable, const char *arm,
                                const char *title, const char *clause)
{
    struct case_row *row = arena_alloc(a, sizeof *row);
    *row = (struct case_row){
        .id = arena_printf(a, "posture/%s/%s", name_of(variable), arm),
        .suite = "posture",
        .title = arena_printf(a, "%s %s", name_of(variable), title),
        .clauses = { clause },
        .needs = { "posture" },
        .flags = CASE_OWN_TARGET | CASE_UNJUDGED,
        .budget_ms = 60000,
        .data = variable,
        .file = __FILE__,
        .line = __LINE__,
    };
    return row;
}

/* The feature whose operations the variable rules: a judged one where there is one. NULL: it rules
 * none. */
static const char *feature_of(const json_t *variable)
{
    const char *found = NULL;
    size_t i;
    json_t *id;
    json_array_foreach (json_member(variable, "operations"), i, id) {
        const struct contract_operation *op = contract_operation(json_string_value(id));
        if (!found || fact_judged(op))
            found = fact_feature(op);
    }
    return found;
}

static void add_blank(struct arena *a, const json_t *variable)
{
    const char *name = name_of(variable);
    struct case_row *row;
    if (must_be_set(name)) {
        row = new_row(a, variable, "blank", "blank refuses the boot",
                      text_starts(name, "PLEXSPHERE_NSK") ? "ENV-005" : "ENV-006");
        row->run = run_refused_when_blank;
    } else if (feature_of(variable)) {
        row = new_row(a, variable, "off", "blank turns exactly its operations to 501", "ENV-003");
        row->needs[1] = feature_of(variable);
        row->run = run_off;
    } else {
        row = new_row(a, variable, "default", "blank means its default", "ENV-010");
        row->run = run_default;
    }
    case_register(row);
}

static void add_malformed(struct arena *a, const json_t *variable)
{
    const char *name = name_of(variable);
    if (!malformed_values(json_text(variable, "parse")))
        return;
    if (text_equal(name, "PLEXSPHERE_ARTIFACTS_CURSOR_HMAC_KEY") ||
        text_equal(name, "PLEXSPHERE_AUDIT_ALLOW_INSECURE_PEPPER"))
        return; /* the first is read only beside its registry; the second is a switch: all but
                   "true" is off */
    struct case_row *row =
        new_row(a, variable, "malformed", "malformed refuses the boot without printing its value",
                "ENV-004");
    row->run = run_malformed;
    case_register(row);
}

static void generate(void)
{
    size_t i;
    json_t *variable;
    json_array_foreach (json_member(contract()->env, "env"), i, variable) {
        if (!text_equal(json_text(variable, "reader"), "plexsphere") ||
            text_equal(name_of(variable), "PLEXSPHERE_DSN") || /* cases.c */
            text_equal(name_of(variable), "PLEXSPHERE_S3_REGION"))
            continue;
        add_blank(contract()->arena, variable);
        add_malformed(contract()->arena, variable);
    }
}

__attribute__((constructor)) static void announce(void)
{
    case_generators_add(generate);
}
