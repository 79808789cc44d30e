#include "suites/capabilities/capabilities.h"

#include <stdarg.h>

#include "common/buffer.h"
#include "common/json.h"
#include "common/text.h"

json_t *manifest(void)
{
    return json_pack("{s:s, s:s}", "binary_version", "v0.1.0", "binary_checksum", CHECKSUM_A);
}

json_t *declared_hook(const char *name)
{
    return json_pack("{s:s, s:s}", "name", name, "checksum", CHECKSUM_A);
}

json_t *discovered_hook(const char *name)
{
    return json_pack("{s:s, s:s}", "name", name, "image_digest", DIGEST_A);
}

json_t *with_hooks(json_t *body, const char *member, json_t *first, ...)
{
    va_list more;
    json_t *hooks = json_array();
    va_start(more, first);
    for (json_t *hook = first; hook; hook = va_arg(more, json_t *))
        json_array_append_new(hooks, hook);
    va_end(more);
    json_object_set_new(body, member, hooks);
    return body;
}

const char *capabilities_path(struct world *w, const char *node)
{
    return path(w, "/v1/nodes/%s/capabilities", node);
}

struct exchange *reporting(struct world *w, const struct own_node *n, json_t *body)
{
    return put(w, capabilities_path(w, n->id), .bearer = n->nsk, .json = body);
}

void expect_changed(struct world *w, const struct own_node *n, json_t *body, const char *fields)
{
    struct reply *r = accept(judged(reporting(w, n, body)), 200);
    struct buffer said;
    size_t i;
    json_t *field;
    instant_in(w, r, "/accepted_at");
    buffer_init_arena(&said, 4096, w->arena);
    json_array_foreach (expect_member(r, "/fields_changed"), i, field) {
        buffer_text(&said, i > 0 ? " " : "");
        buffer_text(&said, json_is_string(field) ? json_string_value(field) : "?");
    }
    expect(w, text_equal(said.data, fields), "fields_changed is \"%s\", expected \"%s\"", said.data,
           fields);
    bool host_key = text_contains(fields, "ssh_host_key_fingerprint");
    expect(w,
           json_is_boolean(expect_member(r, "/host_key_changed")) &&
               json_is_true(expect_member(r, "/host_key_changed")) == host_key,
           "host_key_changed is not %s", host_key ? "true" : "false");
}
