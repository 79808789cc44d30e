#include "harness/contract.h"

#include <openssl/evp.h>
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "harness/contract_data.h"
#include "harness/schema.h"
#include "harness/spec_clauses.h"

#define PATH_SEGMENTS_MAX 16

struct segment {
    const char *text;
    size_t len;
};

/* An operation's path, cut at the slashes; a template segment has text NULL. */
struct route {
    struct segment segments[PATH_SEGMENTS_MAX];
    size_t n;
};

static struct contract loaded;
static struct route *routes;    /* beside loaded.ops */
static json_t *operation_index; /* id → position */
static json_t *clause_index;    /* id → clause */
static json_t *code_index;      /* code → [row] */

const struct contract *contract(void)
{
    return &loaded;
}

/* ---- loading ------------------------------------------------------------------------------ */

static bool read_json(enum contract_file f, json_t **out, struct error *e)
{
    struct bytes b = contract_file_bytes(f);
    if (!json_parse(loaded.arena, b.data, b.len, out, e))
        return error_prefix(e, "%s", contract_file_name(f));
    return true;
}

static bool read_member(enum contract_file f, const char *member, json_t **out, struct error *e)
{
    json_t *document;
    if (!read_json(f, &document, e))
        return false;
    *out = json_member(document, member);
    if (*out == NULL || json_is_null(*out))
        return error_set(e, "%s: member %s is missing", contract_file_name(f), member);
    return true;
}

static bool read_clauses(struct error *e)
{
    if (!spec_clauses_parse(loaded.arena, contract_file_bytes(CONTRACT_SPEC), &loaded.clauses, e))
        return error_prefix(e, "SPEC.md");
    if (json_array_size(loaded.clauses) == 0)
        return error_set(e, "SPEC.md: no clause at all");
    clause_index = json_own(loaded.arena, json_object());
    size_t i;
    json_t *clause;
    json_array_foreach (loaded.clauses, i, clause)
        json_object_set(clause_index, json_text(clause, "id"), clause);
    return true;
}

static bool cut_path(const char *path, struct route *out)
{
    out->n = 0;
    if (*path != '/')
        return false;
    while (*path == '/') {
        const char *start = path + 1;
        size_t len = strcspn(start, "/?");
        if (out->n == PATH_SEGMENTS_MAX)
            return false;
        out->segments[out->n++] = (struct segment){ start, len };
        path = start + len;
    }
    return true;
}

static bool is_template(const struct segment *s)
{
    return s->len > 1 && s->text[0] == '{' && s->text[s->len - 1] == '}';
}

static bool understand_contents(const json_t *contents, struct error *e)
{
    const char *media;
    json_t *schema;
    json_object_foreach ((json_t *)(uintptr_t)contents, media, schema)
        if (!schema_understood(schema, e))
            return error_prefix(e, "%s", media);
    return true;
}

static bool understand_operation(const json_t *row, struct error *e)
{
    const char *status;
    json_t *response;
    if (!understand_contents(json_member(json_member(row, "request"), "content"), e))
        return error_prefix(e, "request");
    json_object_foreach (json_member(row, "responses"), status, response)
        if (!understand_contents(json_member(response, "content"), e))
            return error_prefix(e, "response %s", status);
    return true;
}

static bool read_operation(size_t i, const json_t *row, struct error *e)
{
    struct contract_operation *op = &loaded.ops[i];
    const json_t *security = json_member(row, "security");
    *op = (struct contract_operation){ .id = json_text(row, "operationId"),
                                       .tag = json_text(row, "tag"),
                                       .method = json_text(row, "method"),
                                       .path = json_text(row, "path"),
                                       .bearer = json_array_has_text(security, "operatorBearer"),
                                       .cookie = json_array_has_text(security, "sessionCookie"),
                                       .nsk = json_array_has_text(security, "nskBearer"),
                                       .row = row };
    if (op->id == NULL || op->tag == NULL || op->method == NULL || op->path == NULL)
        return error_set(e, "operations.json: row %zu: operationId, tag, method or path is missing",
                         i);
    if (!cut_path(op->path, &routes[i]))
        return error_set(e, "operations.json: %s: path %s has more than %d segments", op->id,
                         op->path, PATH_SEGMENTS_MAX);
    for (size_t s = 0; s < routes[i].n; s++)
        if (is_template(&routes[i].segments[s]))
            routes[i].segments[s].text = NULL;
    if (json_object_get(operation_index, op->id) != NULL)
        return error_set(e, "operations.json: %s stands there twice", op->id);
    json_object_set_new(operation_index, op->id, json_integer((json_int_t)i));
    if (!understand_operation(row, e))
        return error_prefix(e, "operations.json: %s", op->id);
    return true;
}

static bool read_operations(struct error *e)
{
    loaded.n_ops = json_array_size(loaded.operations);
    if (loaded.n_ops == 0)
        return error_set(e, "operations.json: no operation at all");
    loaded.ops = arena_alloc_array(loaded.arena, loaded.n_ops, sizeof *loaded.ops);
    routes = arena_alloc_array(loaded.arena, loaded.n_ops, sizeof *routes);
    operation_index = json_own(loaded.arena, json_object());
    for (size_t i = 0; i < loaded.n_ops; i++)
        if (!read_operation(i, json_array_get(loaded.operations, i), e))
            return false;
    return true;
}

static bool understand_schemas(struct error *e)
{
    const char *name;
    json_t *schema;
    json_object_foreach (loaded.schemas, name, schema)
        if (!schema_understood(schema, e))
            return error_prefix(e, "schemas.json: %s", name);
    return true;
}

static bool index_codes(struct error *e)
{
    size_t i;
    json_t *row;
    code_index = json_own(loaded.arena, json_object());
    json_array_foreach (loaded.problem_codes, i, row) {
        const char *code = json_text(row, "code");
        if (code == NULL || json_int(row, "status", 0) == 0 ||
            !json_is_array(json_member(row, "operations")))
            return error_set(e,
                             "problem-codes.json: row %zu: code, status or operations is missing",
                             i);
        json_t *rows = json_object_get(code_index, code);
        if (rows == NULL) {
            rows = json_array();
            json_object_set_new(code_index, code, rows);
        }
        json_array_append(rows, row);
    }
    return true;
}

static const char *digest_of_all(void)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    for (enum contract_file f = 0; f < CONTRACT_FILES; f++) {
        struct bytes b = contract_file_bytes(f);
        EVP_DigestUpdate(context, b.data, b.len + 1); /* the NUL after each file parts them */
    }
    EVP_DigestFinal_ex(context, hash, &len);
    EVP_MD_CTX_free(context);
    return hex_encode(loaded.arena, hash, len);
}

static bool load(struct error *e)
{
    return read_member(CONTRACT_SCHEMAS, "schemas", &loaded.schemas, e) && understand_schemas(e) &&
           read_member(CONTRACT_OPERATIONS, "operations", &loaded.operations, e) &&
           read_operations(e) &&
           read_member(CONTRACT_PROBLEM_CODES, "problem_codes", &loaded.problem_codes, e) &&
           index_codes(e) && read_json(CONTRACT_ENV, &loaded.env, e) &&
           read_json(CONTRACT_DEV_STACK, &loaded.dev_stack, e) &&
           read_member(CONTRACT_OPERATION_FACTS, "operations", &loaded.operation_facts, e) &&
           read_member(CONTRACT_DIALECT, "operations", &loaded.dialect, e) && read_clauses(e);
}

bool contract_load(struct error *e)
{
    if (loaded.arena != NULL)
        return true;
    loaded.arena = arena_create();
    if (!load(e)) {
        arena_destroy(loaded.arena);
        loaded = (struct contract){ 0 };
        return false;
    }
    loaded.digest = digest_of_all();
    return true;
}

/* ---- asking ------------------------------------------------------------------------------- */

const struct contract_operation *contract_operation(const char *id)
{
    const json_t *at = id == NULL ? NULL : json_object_get(operation_index, id);
    return at == NULL ? NULL : &loaded.ops[json_integer_value(at)];
}

static bool segment_fits(const struct segment *want, const struct segment *have)
{
    if (want->text == NULL)
        return have->len > 0;
    return want->len == have->len && memcmp(want->text, have->text, want->len) == 0;
}

static bool route_fits(const struct route *want, const struct route *have)
{
    if (want->n != have->n)
        return false;
    for (size_t i = 0; i < want->n; i++)
        if (!segment_fits(&want->segments[i], &have->segments[i]))
            return false;
    return true;
}

/* A literal beats a template at the first segment where two fitting routes differ. */
static bool more_literal(const struct route *a, const struct route *b)
{
    for (size_t i = 0; i < a->n; i++)
        if ((a->segments[i].text == NULL) != (b->segments[i].text == NULL))
            return a->segments[i].text != NULL;
    return false;
}

/* method NULL: any. */
static const struct contract_operation *find(const char *method, const struct route *have)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < loaded.n_ops; i++) {
        if (method != NULL && strcmp(loaded.ops[i].method, method) != 0)
            continue;
        if (route_fits(&routes[i], have) &&
            (best == SIZE_MAX || more_literal(&routes[i], &routes[best])))
            best = i;
    }
    return best == SIZE_MAX ? NULL : &loaded.ops[best];
}

/* "…/{id}:rollback" becomes "…/{id}/rollback"; false when the last segment has no colon. */
static bool cut_action(struct route *r)
{
    struct segment *last = &r->segments[r->n - 1];
    const char *colon = memrchr(last->text, ':', last->len);
    if (colon == NULL || colon == last->text || r->n == PATH_SEGMENTS_MAX)
        return false;
    size_t before = (size_t)(colon - last->text);
    r->segments[r->n] = (struct segment){ colon + 1, last->len - before - 1 };
    last->len = before;
    r->n++;
    return true;
}

static const struct contract_operation *find_either_spelling(const char *method, const char *path)
{
    struct route have;
    if (!cut_path(path, &have))
        return NULL;
    const struct contract_operation *op = find(method, &have);
    /* Rulings (head): action paths are accepted as /{id}:verb too; every action is a POST. */
    if (op == NULL && (method == NULL || strcmp(method, "POST") == 0) && cut_action(&have)) {
        op = find("POST", &have);
        /* The verb is a literal of the contract: an id with a colon in it is no action. */
        if (op != NULL && routes[op - loaded.ops].segments[have.n - 1].text == NULL)
            op = NULL;
    }
    return op;
}

const struct contract_operation *contract_match(const char *method, const char *path)
{
    return find_either_spelling(method, path);
}

bool contract_knows_path(const char *path)
{
    return find_either_spelling(NULL, path) != NULL;
}

static const json_t *response_row(const struct contract_operation *op, int status)
{
    if (status < 100 || status > 999)
        return NULL;
    char key[4] = { (char)('0' + status / 100), (char)('0' + status / 10 % 10),
                    (char)('0' + status % 10), '\0' };
    return json_member(json_member(op->row, "responses"), key);
}

static void *first_content(const struct contract_operation *op, int status)
{
    return json_object_iter(json_member(response_row(op, status), "content"));
}

const json_t *contract_response(const struct contract_operation *op, int status, bool *listed)
{
    *listed = response_row(op, status) != NULL;
    void *content = first_content(op, status);
    return content == NULL ? NULL : json_object_iter_value(content);
}

const char *contract_media_type(const struct contract_operation *op, int status)
{
    void *content = first_content(op, status);
    return content == NULL ? NULL : json_object_iter_key(content);
}

const json_t *contract_response_headers(const struct contract_operation *op, int status)
{
    return json_member(response_row(op, status), "headers");
}

const char *contract_ref_name(const json_t *schema)
{
    static const char prefix[] = "#/components/schemas/";
    const char *ref = json_text(schema, "$ref");
    return ref != NULL && text_starts(ref, prefix) ? ref + sizeof prefix - 1 : NULL;
}

const json_t *contract_schema(const char *name)
{
    return name == NULL ? NULL : json_object_get(loaded.schemas, name);
}

const json_t *contract_clause(const char *id)
{
    return id == NULL ? NULL : json_object_get(clause_index, id);
}

/* ---- codes -------------------------------------------------------------------------------- */

/* Codes that only a ruling names; they are never `named`. */
static const struct {
    const char *code;
    int status;
    const char *operation; /* NULL: many */
} ruled_codes[] = {
    { "surface_not_provisioned", 501, NULL }, /* ruling 3: everywhere but meta */
    { "token_invalid", 403, "PostRegister" }, /* ruling 10 */
    { "authz_unavailable", 503, NULL },       /* ruling 25: where somebody is authorised */
};

static bool ruled_at(size_t i, const char *operation)
{
    const struct contract_operation *op = contract_operation(operation);
    if (op == NULL)
        return true;
    if (ruled_codes[i].operation != NULL)
        return strcmp(ruled_codes[i].operation, operation) == 0;
    return ruled_codes[i].status == 501 ? strcmp(op->tag, "meta") != 0
                                        : op->bearer || op->cookie || op->nsk;
}

/* operation NULL: at any. */
static bool ruled(const char *operation, int status, const char *code)
{
    for (size_t i = 0; i < ARRAY_LEN(ruled_codes); i++)
        if (ruled_codes[i].status == status && strcmp(ruled_codes[i].code, code) == 0 &&
            ruled_at(i, operation))
            return true;
    return false;
}

/* Problem-codes.json says it per operation; a row without the mark is named unless it is derived
 * some way. */
static bool row_names(const json_t *row, const char *operation)
{
    const json_t *named = json_member(row, "named");
    if (json_is_object(named))
        return json_flag(named, operation, false);
    if (json_is_boolean(named))
        return json_is_true(named);
    return json_member(row, "kind") == NULL && json_member(row, "basis") == NULL;
}

enum code_standing contract_code(const char *operation, int status, const char *code)
{
    enum code_standing standing = CODE_UNKNOWN;
    size_t i;
    json_t *row;
    json_array_foreach (json_object_get(code_index, code), i, row) {
        if (json_int(row, "status", 0) != status || strcmp(code, "unnamed") == 0 ||
            !json_flag(row, "emit", true) ||
            !json_array_has_text(json_member(row, "operations"), operation))
            continue;
        if (row_names(row, operation))
            return CODE_NAMED;
        standing = CODE_UNNAMED;
    }
    return standing == CODE_UNKNOWN && ruled(operation, status, code) ? CODE_UNNAMED : standing;
}

bool contract_code_exists(int status, const char *code)
{
    size_t i;
    json_t *row;
    if (strcmp(code, "unnamed") == 0)
        return false;
    json_array_foreach (json_object_get(code_index, code), i, row)
        if (json_int(row, "status", 0) == status)
            return true;
    return ruled(NULL, status, code);
}

bool contract_code_open(const char *operation, int status)
{
    size_t i;
    json_t *row;
    json_array_foreach (json_object_get(code_index, "unnamed"), i, row)
        if (json_int(row, "status", 0) == status &&
            json_array_has_text(json_member(row, "operations"), operation))
            return true;
    return false;
}
