/* openapi.gen.json: the contract as the OpenAPI 3.1.0 document that GetOpenAPI serves. */
#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "reference/generate/tables.h"

/* {"application/json": SCHEMA} → {"application/json": {"schema": SCHEMA}} */
static json_t *content_of(const json_t *contract_content)
{
    json_t *content = json_object(), *schema;
    const char *media;
    json_object_foreach ((json_t *)contract_content, media, schema) {
        json_t *entry = json_object();
        json_object_set(entry, "schema", schema);
        json_object_set_new(content, media, entry);
    }
    return content;
}

static const char *status_words(const char *status)
{
    static const struct {
        const char *status, *words;
    } known[] = { { "101", "Switching protocols" },
                  { "200", "Done" },
                  { "201", "Created" },
                  { "202", "Accepted" },
                  { "204", "Done, nothing to say" },
                  { "303", "See elsewhere" },
                  { "400", "The request is malformed" },
                  { "401", "No caller could be told from the credential" },
                  { "403", "The caller may not do this" },
                  { "404", "There is no such object" },
                  { "409", "The state forbids it" },
                  { "410", "It is gone" },
                  { "413", "The body is too large" },
                  { "422", "The values do not fit together" },
                  { "429", "Too many requests" },
                  { "500", "The server failed" },
                  { "501", "This surface is not provisioned" },
                  { "502", "What lies behind failed" },
                  { "503", "Unavailable for now" } };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (text_equal(known[i].status, status))
            return known[i].words;
    return "Answer";
}

static json_t *responses_of(const json_t *contract_responses)
{
    json_t *responses = json_object(), *response;
    const char *status;
    json_object_foreach ((json_t *)contract_responses, status, response) {
        json_t *out = json_object();
        json_object_set_new(out, "description", json_string(status_words(status)));
        if (json_member(response, "headers") != NULL)
            json_object_set(out, "headers", json_member(response, "headers"));
        if (json_object_size(json_member(response, "content")) > 0)
            json_object_set_new(out, "content", content_of(json_member(response, "content")));
        json_object_set_new(responses, status, out);
    }
    return responses;
}

/* Each scheme alone is enough: alternatives, not a conjunction. */
static json_t *security_of(const json_t *schemes)
{
    json_t *security = json_array(), *scheme;
    size_t i;
    json_array_foreach ((json_t *)schemes, i, scheme) {
        json_t *one = json_object();
        json_object_set_new(one, json_string_value(scheme), json_array());
        json_array_append_new(security, one);
    }
    return security;
}

static json_t *operation_of(const json_t *operation)
{
    json_t *out = json_object(), *tags = json_array();
    json_array_append(tags, json_member(operation, "tag"));
    json_object_set(out, "operationId", json_member(operation, "operationId"));
    json_object_set_new(out, "tags", tags);
    json_object_set(out, "parameters", json_member(operation, "params"));
    json_t *request = json_member(operation, "request");
    if (request != NULL) {
        json_t *body = json_object();
        json_object_set_new(body, "required", json_boolean(json_flag(request, "required", false)));
        json_object_set_new(body, "content", content_of(json_member(request, "content")));
        json_object_set_new(out, "requestBody", body);
    }
    json_object_set_new(out, "responses", responses_of(json_member(operation, "responses")));
    json_object_set_new(out, "security", security_of(json_member(operation, "security")));
    return out;
}

static json_t *paths_of(struct arena *a, const json_t *operations)
{
    json_t *paths = json_object(), *operation;
    size_t i;
    json_array_foreach ((json_t *)operations, i, operation) {
        const char *path = json_text(operation, "path");
        json_t *item = json_object_get(paths, path);
        if (item == NULL) {
            item = json_object();
            json_object_set_new(paths, path, item);
        }
        json_object_set_new(item, text_lower(a, json_text(operation, "method")),
                            operation_of(operation));
    }
    return paths;
}

static json_t *security_schemes(void)
{
    return json_pack("{s:{s:s,s:s,s:s},s:{s:s,s:s,s:s},s:{s:s,s:s}}", "operatorBearer", "type",
                     "http", "scheme", "bearer", "bearerFormat", "JWT", "sessionCookie", "type",
                     "apiKey", "in", "cookie", "name", "plexsphere_session", "nskBearer", "type",
                     "http", "scheme", "bearer");
}

bool openapi_write(struct arena *a, const struct contract *c, const char *path, struct error *e)
{
    json_t *components = json_object();
    json_object_set(components, "schemas", c->schemas);
    json_object_set_new(components, "securitySchemes", security_schemes());
    json_t *document =
        json_own(a, json_pack("{s:s,s:{s:s,s:s},s:o,s:o}", "openapi", "3.1.0", "info", "title",
                              "plexsphere API", "version", "v1", "paths",
                              paths_of(a, c->operations), "components", components));
    if (document == NULL)
        return error_set(e, "%s: the document could not be built", path);
    const char *text = json_dump(a, document);
    return file_write_atomic(path, text, strlen(text), 0644, e);
}
