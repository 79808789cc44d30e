#include "harness/rules.h"

#include <string.h>
#include <strings.h>

#include "common/json.h"
#include "common/number.h"
#include "common/text.h"
#include "common/url.h"
#include "harness/agent.h"
#include "harness/dialect.h"
#include "harness/profile.h"
#include "harness/schema.h"
#include "harness/schema_format.h"

#define PROBLEM_TYPE "https://plexsphere.com/errors/"
#define PROBLEM_MEDIA "application/problem+json"

/* ---- status ------------------------------------------------------------------------------- */

/* Ruling 5: what the server's library refuses before it has a request is outside. */
static bool refused_before_parsing(const struct exchange *x)
{
    if (x->reply.status == 414 || x->reply.status == 431)
        return true;
    if (x->reply.status != 400)
        return false;
    for (const unsigned char *c = (const unsigned char *)x->path; *c != '\0'; c++)
        if (*c <= ' ' || *c >= 0x7f)
            return true;
    return x->path[0] != '/';
}

/* Statuses the contract gives to operations that do not list them. */
static bool global_status(const struct exchange *x)
{
    const struct contract_operation *op = x->op;
    bool secured = op->bearer || op->cookie || op->nsk;
    switch (x->reply.status) {
    case 401:
    case 403: return secured;
    case 413: return json_member(op->row, "request") != NULL;
    case 501: /* ruling 3: everywhere but meta */ return strcmp(op->tag, "meta") != 0;
    case 503: /* ruling 25 */ return secured && text_equal(exchange_code(x), "authz_unavailable");
    default: return false;
    }
}

/* No operation: the path is unknown (404), or its method is (405); what comes before routing may
 * come too. */
static bool unrouted_status(const struct exchange *x, struct error *e)
{
    static const int allowed[] = { 400, 401, 403, 404, 405, 413 };
    if (!text_starts(x->path, "/v1/"))
        return true;
    if (x->dialect != NULL)
        return dialect_lists(x->dialect, x->reply.status) ||
               error_set(e, "the MVP dialect's %s does not list status %d",
                         json_text(x->dialect, "operationId"), x->reply.status);
    for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
        if (x->reply.status == allowed[i])
            return true;
    return error_set(e, "the contract has no such %s, which is 404 or 405",
                     contract_knows_path(x->path) ? "method on this path" : "path");
}

static bool rule_status(const struct exchange *x, struct error *e)
{
    bool listed;
    const char *code = exchange_code(x);
    if (x->reply.status < 100 || x->reply.status > 599)
        return error_set(e, "no status of HTTP");
    if (x->op == NULL)
        return unrouted_status(x, e);
    contract_response(x->op, x->reply.status, &listed);
    /* The catalogue knows a few codes at statuses that the operation does not list. */
    if (listed || global_status(x) ||
        (code != NULL && contract_code(x->op->id, x->reply.status, code) != CODE_UNKNOWN))
        return true;
    return error_set(e, "%s does not list status %d", x->op->id, x->reply.status);
}

/* ---- media type and body ------------------------------------------------------------------ */

static bool has_no_body(const struct exchange *x)
{
    int status = x->reply.status;
    return status < 200 || status == 204 || status == 304 || strcmp(x->method, "HEAD") == 0;
}

/* What the contract says, else the Problem of an error; NULL: nothing is said. The probes outside
 * /v1
 * (/livez, /readyz) answer errors in a form of their own. */
static const char *expected_media_type(const struct exchange *x)
{
    const char *media = x->op == NULL ? NULL : contract_media_type(x->op, x->reply.status);
    bool ours = x->op != NULL || text_starts(x->path, "/v1/");
    return media == NULL && ours && x->reply.status >= 400 ? PROBLEM_MEDIA : media;
}

static bool rule_media_type(const struct exchange *x, struct error *e)
{
    const char *want = has_no_body(x) ? NULL : expected_media_type(x);
    if (want == NULL || strcmp(want, x->reply.media_type) == 0)
        return true;
    if (x->reply.media_type[0] == '\0')
        return error_set(e, "media type is missing, expected %s", want);
    return error_set(e, "media type is %.80s, expected %s", x->reply.media_type, want);
}

static bool rule_no_body(const struct exchange *x, struct error *e)
{
    bool listed = false;
    if (x->reply.body.len == 0)
        return true;
    if (has_no_body(x))
        return error_set(e, "has a body of %zu bytes where there is none", x->reply.body.len);
    if (x->op == NULL || x->reply.status >= 300)
        return true;
    (void)contract_response(x->op, x->reply.status, &listed);
    return !listed || contract_media_type(x->op, x->reply.status) != NULL ||
           error_set(e, "has a body of %zu bytes where the contract has none", x->reply.body.len);
}

static bool media_is_json(const char *media)
{
    return media != NULL && (strcmp(media, "application/json") == 0 || text_ends(media, "+json"));
}

static bool rule_json(const struct exchange *x, struct error *e)
{
    if (has_no_body(x) || !media_is_json(expected_media_type(x)) || x->reply.json != NULL)
        return true;
    if (x->reply.body.len == 0)
        return error_set(e, "the body is missing");
    return error_set(e, "the body is not JSON: %s", x->not_json.text);
}

/* A 403 that no relation decided (CSRF, a foreign cursor) is a plain Problem also where the
 * operation declares PermissionDenied: its code is in the catalogue and says so. */
static bool plain_refusal(const struct exchange *x)
{
    const char *code = exchange_code(x);
    return x->reply.status == 403 && code != NULL && strcmp(code, "permission_denied") != 0 &&
           json_member(x->reply.json, "reason") == NULL &&
           contract_code(x->op->id, 403, code) != CODE_UNKNOWN;
}

static bool shaped(const struct exchange *x, const char *name, struct error *e)
{
    return schema_validate(x->w->arena, contract_schema(name), x->reply.json, e) ||
           error_prefix(e, "body is no %s", name);
}

static bool rule_schema(const struct exchange *x, struct error *e)
{
    bool listed = false;
    if (x->op == NULL || x->reply.json == NULL || has_no_body(x))
        return true;
    const json_t *schema = contract_response(x->op, x->reply.status, &listed);
    if (schema == NULL || !media_is_json(contract_media_type(x->op, x->reply.status)) ||
        plain_refusal(x))
        return true; /* rule_problem judges what is left */
    const char *name = contract_ref_name(schema);
    return schema_validate(x->w->arena, schema, x->reply.json, e) ||
           error_prefix(e, "body is no %s", name == NULL ? "valid answer" : name);
}

/* ---- headers ------------------------------------------------------------------------------ */

static bool header_value_fits(struct arena *a, const json_t *schema, const char *value)
{
    int64_t number;
    if (text_equal(json_text(schema, "type"), "integer"))
        return number_parse(value, json_int(schema, "minimum", INT64_MIN), INT64_MAX, &number);
    const char *format = json_text(schema, "format");
    if (format == NULL)
        return value[0] != '\0';
    json_t *text = json_own(a, json_string(value));
    return text != NULL && schema_format_holds(a, format, text);
}

/* `required` is said of few; a Location is what a 201 is for. */
static bool header_is_required(const struct exchange *x, const char *name, const json_t *header)
{
    return json_flag(header, "required", false) ||
           (strcmp(name, "Location") == 0 && x->reply.status < 400);
}

static bool rule_headers(const struct exchange *x, struct error *e)
{
    const char *name;
    json_t *header;
    if (x->op == NULL)
        return true;
    const json_t *headers = contract_response_headers(x->op, x->reply.status);
    json_object_foreach ((json_t *)(uintptr_t)headers, name, header) {
        const char *value = http_answer_header(&x->answer, name);
        if (value == NULL && header_is_required(x, name, header))
            return error_set(e, "header %s is missing", name);
        if (value != NULL && !header_value_fits(x->w->arena, json_member(header, "schema"), value))
            return error_set(e, "header %s: \"%.80s\" is not what the contract says", name, value);
    }
    return true;
}

/* ---- Problems ----------------------------------------------------------------------------- */

static bool is_problem(const struct exchange *x)
{
    return x->reply.status >= 400 && x->reply.json != NULL &&
           text_equal(expected_media_type(x), PROBLEM_MEDIA);
}

static bool instance_is(const struct exchange *x, const char *instance, const char *wanted)
{
    char *decoded;
    return strcmp(instance, wanted) == 0 ||
           (url_decode(x->w->arena, wanted, strlen(wanted), &decoded) &&
            strcmp(instance, decoded) == 0);
}

static bool rule_instance(const struct exchange *x, const char *instance, struct error *e)
{
    const char *base_path = x->w->profile->base_path;
    size_t base = base_path == NULL ? 0 : strlen(base_path);
    /* Behind a base path the target may see either. */
    return instance_is(x, instance, x->request_path) ||
           instance_is(x, instance, x->request_path + base) ||
           error_set(e, "instance is \"%.120s\", not the request's path", instance);
}

static bool rule_code(const struct exchange *x, const char *code, struct error *e)
{
    const char *operation = x->op == NULL ? NULL : x->op->id;
    int status = x->reply.status;
    if (operation != NULL && contract_code(operation, status, code) != CODE_UNKNOWN)
        return true;
    if (contract_code_exists(status, code))
        return true;
    /* Where the contract leaves the code open, a target that claims no rulings may have its own. */
    if (operation == NULL || contract_code_open(operation, status))
        return !x->w->claims_rulings ||
               error_set(e, "code %.80s stands in no row of the catalogue with status %d", code,
                         status);
    return error_set(e, "code %.80s stands in no row of the catalogue with status %d", code,
                     status);
}

static bool rule_problem(const struct exchange *x, struct error *e)
{
    const json_t *body = x->reply.json;
    if (!is_problem(x))
        return true;
    if (!shaped(x, "Problem", e))
        return false;
    const char *type = json_text(body, "type"), *code = json_text(body, "code");
    if (json_int(body, "status", 0) != x->reply.status)
        return error_set(e, "the body says status %lld", (long long)json_int(body, "status", 0));
    if (!text_starts(type, PROBLEM_TYPE) || type[sizeof PROBLEM_TYPE - 1] == '\0')
        return error_set(e, "type is \"%.120s\", which does not begin with " PROBLEM_TYPE, type);
    if (json_text(body, "title")[0] == '\0')
        return error_set(e, "title is empty");
    if (!rule_instance(x, json_text(body, "instance"), e))
        return false;
    if (json_member(body, "reason") != NULL && !shaped(x, "PermissionDenied", e))
        return false;
    return code == NULL || rule_code(x, code, e);
}

/* What a 5xx must not tell: the words of a database, of a runtime, of a file system. Statements are
 * looked for as they are written: "select" and "update" are also ordinary words. */
static const char *internal_word(const char *text)
{
    static const char *const exact[] = { "SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM" };
    static const char *const any_case[] = {
        "select *", "insert into", "delete from", "postgres", "pq:",       "pgx",
        "libpq",    "sqlstate",    "goroutine",   "panic:",   "traceback", "errno",
        "segfault", "stack trace", ".go:",        ".c:",      ".py\"",     "/usr/",
        "/home/",   "/var/",       "/etc/",       "/tmp/",
    };
    for (size_t i = 0; i < ARRAY_LEN(exact); i++)
        if (strstr(text, exact[i]) != NULL)
            return exact[i];
    for (size_t i = 0; i < ARRAY_LEN(any_case); i++)
        if (strcasestr(text, any_case[i]) != NULL)
            return any_case[i];
    return NULL;
}

static bool rule_internals(const struct exchange *x, struct error *e)
{
    const char *name;
    json_t *member;
    if (x->reply.status < 500 || !json_is_object(x->reply.json) || !is_problem(x))
        return true;
    json_object_foreach (x->reply.json, name, member) {
        const char *text = json_string_value(member);
        /* The instance is what the client itself wrote. */
        if (text == NULL || strcmp(name, "instance") == 0)
            continue;
        const char *word = internal_word(text);
        if (word != NULL)
            return error_set(e, "%.40s tells internals (\"%s\")", name, word);
    }
    return true;
}

static bool rule_secrets(const struct exchange *x, struct error *e)
{
    return !x->leaks || error_set(e, "holds a secret that it was not asked to issue");
}

bool rules_hold(const struct exchange *x, struct error *e)
{
    static bool (*const rules[])(const struct exchange *x, struct error *e) = {
        rule_status, rule_media_type, rule_no_body, rule_json,
        rule_schema, rule_headers,    rule_problem, rule_internals,
    };
    if (!rule_secrets(x, e))
        return false;
    if (x->ask.agent != NULL)
        return node_api_rules_hold(x, e);
    if (refused_before_parsing(x))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (!rules[i](x, e))
            return false;
    return true;
}
